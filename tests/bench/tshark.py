"""Runs tshark with the plugin and without it, alone or under valgrind.

As root, Wireshark ignores personal plugins, so that it runs as an ordinary user then (uid 65534). There are two homes,
alike but for the plugin. TSHARK names another tshark than the one in PATH, TCPSTATE_PLUGIN another plugin than
build/tcpstate.so.
"""

import contextlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOBODY = 65534
# These would lead Wireshark past the home that we give it.
ELSEWHERE = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "WIRESHARK_CONFIG_DIR", "WIRESHARK_PLUGIN_DIR", "WIRESHARK_DATA_DIR",
             "WIRESHARK_RUN_FROM_BUILD_DIRECTORY", "SSLKEYLOGFILE")


class Failure(Exception):
    """Something to tell the user, with what to do."""


def find(program, package):
    found = shutil.which(program)
    if found is None:
        raise Failure(f"{program} is not installed. Debian: apt-get install {package}")
    return found


def main(run):
    """Ends the program with one line instead of a traceback where the user can do something."""
    try:
        sys.exit(run())
    except Failure as failure:
        sys.exit(f"{Path(sys.argv[0]).name}: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)


def progress(text):
    """A line that the next one replaces, for someone who looks."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


@contextlib.contextmanager
def work_folder():
    """A folder for captures and homes that the user we run as may write to."""
    with tempfile.TemporaryDirectory(prefix="tcpstate-bench.") as name:
        folder = Path(name)
        give(folder)
        yield folder


def give(path):
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)


def generate(folder, name, packets, connections, *options):
    """A capture made by tests/bench/generate."""
    path = folder / name
    subprocess.run([HERE / "generate", path, "--packets", str(packets), "--connections", str(connections),
                    *map(str, options)], check=True)
    path.chmod(0o644)
    return path


class Usage:
    """What one run took."""

    def __init__(self, used):
        self.resident = used.ru_maxrss * 1024  # bytes, at most
        self.seconds = used.ru_utime


class Tshark:
    def __init__(self, folder):
        self.folder = folder
        self.program = os.environ.get("TSHARK") or find("tshark", "tshark")
        first = subprocess.run([self.program, "--version"], capture_output=True, text=True).stdout.partition("\n")[0]
        version = re.search(r" (\d+\.\d+)\.\d+", first)
        if version is None:
            raise Failure(f"{self.program} does not tell its version")
        self.version = first
        self.homes = {True: self.make_home("with-plugin"), False: self.make_home("bare")}
        plugin = Path(os.environ.get("TCPSTATE_PLUGIN") or HERE.parents[1] / "build" / "tcpstate.so")
        if not plugin.is_file():
            raise Failure(f"no plugin {plugin}. Build it (tests/bench/run does), or name it in TCPSTATE_PLUGIN")
        plugins = self.homes[True] / ".local/lib/wireshark/plugins" / version[1] / "epan"
        plugins.mkdir(parents=True)
        shutil.copy(plugin, plugins / "tcpstate.so")
        self.check_plugin(plugin)

    def make_home(self, name):
        # Both names are of the same length: it is part of many strings that Wireshark makes.
        home = self.folder / f"home-{name:-<12}"
        home.mkdir()
        home.chmod(0o755)
        give(home)
        return home

    def check_plugin(self, plugin):
        for loaded, home in self.homes.items():
            listed = subprocess.run(self.command("-G", "plugins"), env=self.environment(loaded), capture_output=True,
                                    text=True)
            if str(home) + "/" not in listed.stdout if loaded else "tcpstate.so" in listed.stdout:
                reason = listed.stderr.strip() or "it is not in tshark -G plugins"
                raise Failure(f"Wireshark did not load {plugin}: {reason}" if loaded else
                              "tcpstate is installed for all users, so that nothing can be measured without it; "
                              "remove it first (cmake --build build --target uninstall)")

    def environment(self, plugin):
        kept = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
        return {**kept, "HOME": str(self.homes[plugin]), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def command(self, *arguments, before=()):
        drop = []
        if os.geteuid() == 0:
            drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        return [*drop, *before, self.program, *arguments]

    def run(self, capture, arguments, plugin, before=(), **environment):
        """One run over a capture, the output thrown away. `before` stands before tshark in the command."""
        words = [str(word) for word in self.command("-r", capture, *arguments, before=before)]
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(words, env={**self.environment(plugin), **environment}, cwd=self.folder,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                errors.seek(0)
                last = errors.read().decode(errors="replace").strip().splitlines()[-5:]
                raise Failure("\n  ".join([f"ended with {process.returncode}: {' '.join(words)}", *last]))
        return Usage(used)


def own_resident():
    """What a child has at least, since it begins as a copy of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
