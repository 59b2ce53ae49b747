"""Whatever a capture holds, tshark with the plugin ends as it does without, and prints the same; nothing breaks.

damage.py makes the captures. With TCPSTATE_SANITIZED_PLUGIN, a plugin built with -DTCPSTATE_SANITIZE=ON for the same
Wireshark, that one is loaded, and the sanitizers' libraries before tshark; without it the plain plugin. TCPSTATE_DAMAGE_RUNS
says how many captures (one of each kind by default; each is read eight times), TCPSTATE_DAMAGE_FIRST the first of them.

A capture that breaks something is kept, in the folder for temporary files; the failure says where.
"""

import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from conftest import find_plugin
from damage import KINDS, damage
from test_undisturbed import OUR_LINE, by_packet, insertions

FIRST = int(os.environ.get("TCPSTATE_DAMAGE_FIRST", 0))
RUNS = range(FIRST, FIRST + int(os.environ.get("TCPSTATE_DAMAGE_RUNS", len(KINDS))))
STATISTICS = ["-q", *(word for name in ("tree", "connections", "firewall") for word in ("-z", f"tcpstate,{name}"))]
# What the sanitizers, GLib and Wireshark print when something is wrong with a program.
ALARMS = ("Sanitizer", "runtime error", "Dissector bug", "-CRITICAL", "Assertion failed", "assertion failed")
PREFERENCES = ("tcpstate.profile:panos-6.0", "tcpstate.profile:panos", "tcpstate.evidence_copies:1",
               "tcpstate.evidence_span:1", "tcpstate.half_closed_timeout:1", "tcpstate.idle_timeout:1",
               "tcpstate.half_open_limit:1", "tcpstate.half_close_threshold:0", "tcpstate.info_column:TRUE",
               "tcp.analyze_sequence_numbers:FALSE", "tcp.desegment_tcp_streams:FALSE", "tcp.check_checksum:TRUE",
               "tcp.relative_sequence_numbers:FALSE", "ip.defragment:FALSE", "tcp.try_heuristic_first:TRUE")


class Checked:
    """tshark with the plugin to be checked, and without any."""

    def __init__(self, wireshark):
        self.wireshark = wireshark
        sanitized = os.environ.get("TCPSTATE_SANITIZED_PLUGIN")
        if sanitized and not Path(sanitized).is_file():
            pytest.exit(f"TCPSTATE_SANITIZED_PLUGIN names {sanitized}, which is no file. Build it: cmake -S . -B build-sanitize "
                        "-DTCPSTATE_SANITIZE=ON && cmake --build build-sanitize --target tcpstate", returncode=2)
        self.before = preload(sanitized) if sanitized else []
        self.home = wireshark.make_home("checked", Path(sanitized) if sanitized else find_plugin())
        # That it is loaded shows in every capture: without it, tshark refuses our fields and statistics. (tshark -G
        # plugins, which would say so too, hangs under the address sanitizer when it starts its helpers.)

    def run(self, plugin, *arguments):
        command = self.wireshark.tshark_command
        words = [*command[:-1], *(self.before if plugin else ()), command[-1], *map(str, arguments)]
        environment = {
            **self.wireshark.environment(self.home if plugin else self.wireshark.bare_home),
            # Each piece of Wireshark's memory is one of the C library's: then an address sanitizer sees its ends.
            "WIRESHARK_DEBUG_WMEM_OVERRIDE": "simple",
            # Wireshark does not free what lives as long as the program.
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1", "UBSAN_OPTIONS": "print_stacktrace=1"}
        return subprocess.run(words, capture_output=True, text=True, errors="surrogateescape", timeout=180, check=False,
                              stdin=subprocess.DEVNULL, env=environment, cwd=self.wireshark.folder)


def preload(plugin):
    """The words before tshark that load the sanitizers' libraries, which have to come before everything else."""
    needed = subprocess.run(["readelf", "-d", plugin], capture_output=True, text=True, check=True).stdout
    names = [name for name in ("libasan", "libubsan") if name in needed]
    assert names, f"{plugin} is not built with sanitizers: cmake -DTCPSTATE_SANITIZE=ON"
    compiler = os.environ.get("CXX", "g++")
    files = [subprocess.run([compiler, f"-print-file-name={name}.so"], capture_output=True, text=True, check=True).stdout.strip()
             for name in names]
    return ["env", f"LD_PRELOAD={' '.join(os.path.realpath(file) for file in files)}"]


@pytest.fixture(scope="module")
def checked(wireshark):
    return Checked(wireshark)


@pytest.fixture(scope="module")
def our_fields(wireshark):
    return [word for name in sorted(wireshark.types) for word in ("-e", name)]


@pytest.mark.parametrize("number", RUNS)
def test_damaged(checked, our_fields, number):
    kind = list(KINDS)[number % len(KINDS)]
    capture = checked.wireshark.new(f"{kind}-{number}.pcapng")
    damage(kind, number, capture)
    checked.wireshark.give(capture)
    try:
        check(checked, our_fields, capture, random.Random(number))
    except BaseException as error:
        kept = Path(tempfile.gettempdir()) / f"tcpstate-damaged-{kind}-{number}.pcapng"
        shutil.copy(capture, kept)
        error.args = (f"{error}\nthe capture is kept: {kept}", *error.args[1:])
        raise
    finally:
        capture.unlink()


def check(checked, our_fields, capture, rng):
    compare(checked, capture)
    compare(checked, capture, "-2")
    compare(checked, capture, "-V", same=same_details)
    compare(checked, capture, "-q", "-z", "conv,tcp")
    survive(checked, capture, ["-2", "-T", "fields", *our_fields], bare=["-2", "-T", "fields", "-e", "tcp.flags"])
    survive(checked, capture, STATISTICS, bare=["-q", "-z", "expert"])
    survive(checked, capture, ["-2", "-R", "tcp.flags.ack == 1", "-V"])
    chosen = [word for preference in rng.sample(PREFERENCES, 4) for word in ("-o", preference)]
    survive(checked, capture, ["-2", *STATISTICS, *chosen, "-V"], bare=["-2", "-q", "-z", "expert"])


def survive(checked, capture, arguments, bare=None):
    """Runs tshark with the plugin and without it; it ends alike, and without an alarm."""
    without = checked.run(False, "-r", capture, *(arguments if bare is None else bare))
    done = checked.run(True, "-r", capture, *arguments)
    said = f"tshark {' '.join(arguments)}\n{done.stderr[-6000:]}"
    assert not [alarm for alarm in ALARMS if alarm in done.stderr and alarm not in without.stderr], said
    assert done.returncode == without.returncode, said
    return without, done


def compare(checked, capture, *arguments, same=None):
    without, done = survive(checked, capture, list(arguments))
    if without.returncode >= 0:  # else Wireshark itself broke, and what it had printed by then is a matter of buffers
        (same or same_lines)(without.stdout, done.stdout)


def same_lines(without, with_plugin):
    assert with_plugin.splitlines() == without.splitlines()


def same_details(without, with_plugin):
    """The same but for our subtrees."""
    without, with_plugin = by_packet(without), by_packet(with_plugin)
    assert len(without) == len(with_plugin)
    for old, new in zip(without, with_plugin, strict=True):
        for block in insertions(old, new):
            assert block[0].startswith(OUR_LINE), block
            assert all(line.startswith((" ", OUR_LINE)) or not line for line in block), block
