"""The profile "TCP State" as an installation leaves it, and what its files say."""

import csv
import os
import re
import subprocess
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
PROFILE = "TCP State"


def find_plugin():
    given = os.environ.get("TCPSTATE_PLUGIN")
    return Path(given) if given else REPOSITORY / "build" / "tcpstate.so"


def cmake(*words, **environment):
    done = subprocess.run(["cmake", *words], capture_output=True, text=True, check=False, timeout=120,
                          env={**os.environ, **environment})
    if done.returncode:
        raise RuntimeError(f"cmake {' '.join(map(str, words))} fails:\n{done.stdout}{done.stderr}")


def install(target):
    """Installs the profile below `target` and returns its folder."""
    build = find_plugin().parent
    with tempfile.TemporaryDirectory(prefix="tcpstate-profile-") as scratch:
        if not (build / "cmake_install.cmake").exists():  # a plugin that was carried away from its build folder
            build = scratch
            cmake("-S", REPOSITORY, "-B", build, "-DTCPSTATE_TESTS=OFF")
        cmake("--install", build, "--component", "profile", DESTDIR=str(target))
    return next(path.parent for path in target.rglob("dfilter_buttons"))


def lines(path):
    """The lines of a file of a profile, without comments and empty ones."""
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def saved_filters(folder):
    """Name -> filter of the saved display filters."""
    return dict(re.fullmatch(r'"(.*?)" (.*)', line).groups() for line in lines(folder / "dfilters"))


def buttons(folder):
    """Label -> filter of the filter buttons."""
    return {label: text.replace(r"\x22", '"')
            for _, label, text, _ in csv.reader(lines(folder / "dfilter_buttons"))}


class ColourRule:
    """A colouring rule: its name, its filter, and its colours as three numbers from 0 to 1."""

    def __init__(self, line):
        name, text, colours = re.fullmatch(r"!?@(.*?)@(.*)@(\[.*\]\[.*\])", line).groups()
        numbers = [int(number) / 65535 for number in re.findall(r"\d+", colours)]
        self.name, self.filter, self.background, self.text = name, text, numbers[:3], numbers[3:]


def colour_rules(folder):
    """The colouring rules, the first first."""
    return [ColourRule(line) for line in lines(folder / "colorfilters")]
