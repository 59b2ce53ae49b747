"""Runs tshark and sharkd with the plugin, and without it.

As root, Wireshark ignores personal plugins; so everything runs as an ordinary user (uid 65534 if we are root), with
a home of its own in which the plugin is the only thing, or nothing. Captures are copied to where that user can read.

The environment chooses another Wireshark: TCPSTATE_TSHARK and TCPSTATE_SHARKD are commands (words separated by
blanks), run as they stand: they drop privileges themselves. TCPSTATE_PLUGIN is the plugin built for it,
TCPSTATE_WIRESHARK_MM its version as in the plugin folder's name ("4.4").
"""

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
CAPTURES = REPOSITORY / "captures"
SAMPLES = sorted(CAPTURES.rglob("*.pcap*"))
NOBODY = 65534
AGGREGATOR = "\x1f"  # between the values of a field: no text holds it

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import plugins  # noqa: E402  (tests/plugins.py)


def sample_name(path):
    return str(path.relative_to(CAPTURES)) if path.is_relative_to(CAPTURES) else path.name


def pytest_generate_tests(metafunc):
    """A test with an argument `sample` runs once for each capture under captures/."""
    if "sample" in metafunc.fixturenames:
        metafunc.parametrize("sample", SAMPLES, ids=sample_name)


# --- the contract --------------------------------------------------------------------------------------------

STATES = ["UNKNOWN", "CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
          "CLOSE-WAIT", "LAST-ACK", "CLOSING", "TIME-WAIT"]  # numbers of RFC 4022, 0 for not known
SIDES = {1: "client", 2: "server"}

# The values of the enumerations, by field.
VALUES = {
    "tcpstate.client.state": dict(enumerate(STATES)),
    "tcpstate.server.state": dict(enumerate(STATES)),
    "tcpstate.sender": SIDES,
    "tcpstate.active_close": SIDES,
    "tcpstate.passive_close": SIDES,
    "tcpstate.half_close": SIDES,
    "tcpstate.phase": {1: "opening", 2: "established", 3: "half-closed", 4: "closing", 5: "closed", 6: "reset",
                       7: "half-closing"},
    "tcpstate.reset.acceptance": {1: "accepted", 2: "unproven", 3: "refused"},
    "tcpstate.close.initiator": {0: "none", 1: "client", 2: "server", 3: "both"},
    "tcpstate.close.kind": {0: "open", 1: "four segments", 2: "three segments", 3: "simultaneous", 4: "half-close",
                            5: "reset", 6: "reset after FIN", 7: "unfinished"},
    "tcpstate.half_open": {1: "peer restarted", 2: "peer silent", 3: "keep-alives unanswered", 4: "FIN never acknowledged",
                           5: "handshake unfinished"},
    "tcpstate.reset.cause": {1: "refused", 2: "abort", 3: "reset after FIN", 4: "answer to late data after close",
                             5: "half-open peer answers", 6: "keep-alive failure", 7: "unread data at close",
                             8: "after idle expiry", 9: "forged by a middlebox", 10: "unacceptable",
                             11: "answer to a stale segment"},
    "tcpstate.reset.origin": {1: "endpoint", 2: "middlebox", 3: "unknown"},
    "tcpstate.verdict.confidence": {2: "possible", 3: "likely", 4: "certain"},
    "tcpstate.verdict.timer_basis": {1: "first FIN", 2: "last packet", 3: "both fit"},
}

# Fields and their types.
TYPES = {
    **{field: "FT_UINT8" for field in VALUES},
    "tcpstate.states": "FT_STRING",
    "tcpstate.transition": "FT_STRING",
    "tcpstate.midstream": "FT_BOOLEAN",
    "tcpstate.duplicate": "FT_BOOLEAN",
    "tcpstate.half_close.duration": "FT_RELATIVE_TIME",
    "tcpstate.half_close.bytes": "FT_UINT64",
    "tcpstate.simultaneous_close": "FT_BOOLEAN",
    "tcpstate.simultaneous_open": "FT_BOOLEAN",
    "tcpstate.keep_alive": "FT_UINT32",
    "tcpstate.keep_alive.answered": "FT_UINT32",
    "tcpstate.keep_alive.quiet": "FT_RELATIVE_TIME",
    "tcpstate.keep_alive.sufficient": "FT_BOOLEAN",
    **{f"tcpstate.firewall.{name}": "FT_STRING" for name in ("profile", "phase", "timer")},
    **{f"tcpstate.firewall.{name}": "FT_RELATIVE_TIME" for name in ("timeout", "remaining")},
    **{f"tcpstate.firewall.{name}": "FT_BOOLEAN" for name in ("expired", "at_risk")},
    "tcpstate.verdict": "FT_UINT8",
    **{f"tcpstate.verdict.{name}": "FT_STRING" for name in ("summary", "reason", "advice")},
    "tcpstate.verdict.evidence": "FT_FRAMENUM",
    **{f"tcpstate.verdict.{name}": "FT_RELATIVE_TIME" for name in ("timer_min", "timer_max", "needed")},
    "tcpstate.killed": "FT_BOOLEAN",
    **{f"tcpstate.expert.{name}": "FT_NONE" for name in (
        "active_close", "half_close", "simultaneous_close", "midstream", "fin_unacknowledged", "unacceptable_reset",
        "tcp_wait_expired", "tcp_wait_risk", "idle_expired", "half_open", "forged_reset", "not_firewall")},
}

# --- running -------------------------------------------------------------------------------------------------


def command(variable, program):
    """The words that run a program, and whether we have to drop root's privileges ourselves."""
    given = os.environ.get(variable)
    if given:
        return given.split()
    found = shutil.which(program)
    if found is None:
        pytest.exit(f"{program} is not installed (Debian: apt-get install tshark wireshark-common), and {variable} "
                    "does not name another one", returncode=2)
    if os.geteuid() == 0:
        return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", found]
    return [found]


def find_plugin():
    given = os.environ.get("TCPSTATE_PLUGIN")
    plugin = Path(given) if given else REPOSITORY / "build" / "tcpstate.so"
    if not plugin.exists():
        pytest.exit(f"the plugin is missing: {plugin}. Build it (tests/run does), or set TCPSTATE_PLUGIN to its file",
                    returncode=2)
    return plugin


class Wireshark:
    """tshark and sharkd of one version, and a folder that they can read."""

    def __init__(self, folder):
        self.folder = folder
        self.tshark_command = command("TCPSTATE_TSHARK", "tshark")
        self.sharkd_command = command("TCPSTATE_SHARKD", "sharkd")
        self.plugin_folders = {}  # {home: what leads Wireshark there}
        self.version = os.environ.get("TCPSTATE_WIRESHARK_MM") or self.installed_version()
        self.home = self.make_home("with", find_plugin())
        self.bare_home = self.make_home("without", None)
        self.copies = {}
        self.numbers = itertools.count()
        self.types = self.registered_types()

    def installed_version(self):
        done = subprocess.run([*self.tshark_command, "--version"], capture_output=True, text=True, timeout=60,
                              check=True, env=self.environment(self.folder))
        for word in done.stdout.split():  # "TShark (Wireshark) 4.0.17 (...)"
            if word[0].isdigit():
                return ".".join(word.split(".")[:2])
        raise RuntimeError(f"cannot read the version from: {done.stdout[:100]!r}")

    def registered_types(self):
        """The plugin's fields and their types, as tshark lists them."""
        lines = (line.split("\t") for line in self.run("-G", "fields").stdout.splitlines())
        return {line[2]: line[3] for line in lines if line[0] == "F" and line[2].startswith("tcpstate.")}

    def make_home(self, name, plugin):
        home = self.folder / name
        home.mkdir()
        self.plugin_folders[home] = plugins.place(home, self.version, self.tshark_command, plugin)
        self.give(home)
        return home

    def give(self, path):
        """Makes a file or folder readable for the user that tshark runs as."""
        path.chmod(0o755 if path.is_dir() else 0o644)
        if os.geteuid() == 0:
            for each in [path, *path.rglob("*")] if path.is_dir() else [path]:
                os.chown(each, NOBODY, NOBODY, follow_symlinks=False)

    def environment(self, home):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("WIRESHARK_", "XDG_")) or name == "WIRESHARK_LOG_LEVEL"}
        return {**kept, **self.plugin_folders.get(home, {}), "HOME": str(home), "TZ": "UTC", "LC_ALL": "C.UTF-8",
                "WIRESHARK_ABORT_ON_DISSECTOR_BUG": "1"}

    def readable(self, capture):
        """A copy of a capture that tshark's user can read."""
        if self.folder in capture.parents:
            return capture
        if capture not in self.copies:
            copy = self.new(capture.name)
            shutil.copy(capture, copy)
            self.give(copy)
            self.copies[capture] = copy
        return self.copies[capture]

    def new(self, name):
        """The path for a new capture."""
        return self.folder / f"{next(self.numbers)}-{name}"

    def write(self, capture, name="made.pcapng", **options):
        """Writes a Capture of pcapng.py and returns its path."""
        path = self.new(name)
        capture.write(path, **options)
        self.give(path)
        return path

    def run(self, *arguments, plugin=True, expected=0):
        """Runs tshark and returns what it did; `expected` is its exit status, None for any."""
        words = [*self.tshark_command, *(str(word) for word in arguments)]
        done = subprocess.run(words, capture_output=True, text=True, errors="surrogateescape", timeout=300, check=False,
                              stdin=subprocess.DEVNULL,
                              env=self.environment(self.home if plugin else self.bare_home), cwd=self.folder)
        assert expected is None or done.returncode == expected, f"{words}\n{done.stderr}"
        assert "Dissector bug" not in done.stderr, f"{words}\n{done.stderr}"
        return done

    def read(self, capture, *options, plugin=True, expected=0):
        """tshark's output for a capture."""
        return self.run("-r", self.readable(capture), *options, plugin=plugin, expected=expected).stdout

    def fields(self, capture, names, *options):
        """One dictionary a packet: field -> list of its values, as text; 1 for true."""
        names = ["frame.number", *(name for name in names if name != "frame.number")]
        wanted = [word for name in names for word in ("-e", name)]
        output = self.read(capture, "-T", "fields", "-E", "separator=/t", "-E", f"aggregator={AGGREGATOR}", "-E", "occurrence=a",
                           *wanted, *options)
        packets = []
        for line in output.splitlines():
            values = [value.split(AGGREGATOR) if value else [] for value in line.split("\t")]
            packets.append({name: [plain(value) for value in each] for name, each in zip(names, values, strict=True)})
        return packets

    def sharkd_fields(self, capture, *preferences):
        """The same by way of sharkd: one dictionary a packet, of tcpstate's fields that it carries."""
        requests = [{"method": "setconf", "params": {"name": name, "value": value}} for name, value in preferences]
        requests += [{"method": "load", "params": {"file": str(self.readable(capture))}}, {"method": "status"}]
        frames = self.sharkd(requests)[-1]["frames"]
        requests = requests[:-1] + [{"method": "frame", "params": {"frame": number, "proto": True}}
                                    for number in range(1, frames + 1)]
        return [named(tree_fields(answer.get("tree", []))) for answer in self.sharkd(requests)[-frames:]]

    def sharkd(self, requests):
        lines = "".join(json.dumps({"jsonrpc": "2.0", "id": number, **request}) + "\n"
                        for number, request in enumerate(requests, 1))
        done = subprocess.run([*self.sharkd_command, "-"], input=lines, capture_output=True, text=True, timeout=120,
                              check=False, env=self.environment(self.home), cwd=self.folder)
        answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        assert len(answers) == len(requests), f"{len(requests)} requests, {len(answers)} answers\n{done.stderr}"
        for answer in answers:
            assert "error" not in answer, answer
        return [answer["result"] for answer in answers]


def plain(value):
    """One spelling for truth: 4.0 prints 1, later versions print True."""
    return {"True": "1", "False": "0", "true": "1", "false": "0"}.get(value, value)


def named(found):
    """With the states by name, which the tree hides beside the two states themselves."""
    sides = (found.get(f"tcpstate.{side}.state", []) for side in ("client", "server"))
    names = ["/".join(STATES[int(state)] for state in pair) for pair in zip(*sides, strict=True)]
    return {**found, "tcpstate.states": names} if names else found


def tree_fields(nodes):
    """tcpstate's fields in sharkd's tree, from the filters that it gives for each item."""
    found = {}
    for node in nodes:
        name, equals, value = node.get("f", "").partition(" == ")
        if name.startswith("tcpstate."):
            if not equals:
                value = node["f"]  # an expert item has no value: tshark prints its text, here it is there or not
            elif value.startswith('"'):
                value = json.loads(value)
            found.setdefault(name, []).append(plain(value))
        for inner, values in tree_fields(node.get("n", [])).items():
            found.setdefault(inner, []).extend(values)
    return found


@pytest.fixture(scope="session")
def all_samples(wireshark):
    """All samples, one after the other in one capture: where only with and without are compared, one run will do."""
    together = wireshark.new("all-samples.pcapng")
    subprocess.run(["mergecap", "-a", "-w", together, *SAMPLES], check=True, timeout=60)
    wireshark.give(together)
    return together


@pytest.fixture(scope="session")
def wireshark():
    folder = Path(tempfile.mkdtemp(prefix="tcpstate-tests-"))
    folder.chmod(0o755)
    try:
        under_test = Wireshark(folder)
        loaded = under_test.run("-G", "plugins").stdout
        assert "tcpstate.so" in loaded, (
            f"the plugin {find_plugin()} was not loaded by {under_test.tshark_command} (Wireshark {under_test.version}); "
            f"is it built for that version?\n{under_test.run('--version', expected=None).stderr}")
        yield under_test
    finally:
        shutil.rmtree(folder, ignore_errors=True)
