"""What Wireshark knows of the plugin before it reads a file: names, types and values that filters rely on."""

import re
import subprocess

import pytest

from conftest import CAPTURES, REPOSITORY, TYPES, VALUES

HALF_CLOSED = CAPTURES / "transcripts" / "server-active-close-55876.pcapng"  # packet 7 acknowledges the server's FIN


@pytest.fixture(scope="module")
def listing(wireshark):
    """The fields of -G fields that are ours: filter name -> its columns."""
    lines = (line.split("\t") for line in wireshark.run("-G", "fields").stdout.splitlines())
    return {line[2]: line for line in lines if line[0] == "F" and line[2].startswith("tcpstate")}


@pytest.fixture(scope="module")
def names(wireshark):
    """The value strings of -G values that are ours: filter name -> number -> name."""
    found = {}
    for line in wireshark.run("-G", "values").stdout.splitlines():
        columns = line.split("\t")
        if columns[0] == "V" and columns[1].startswith("tcpstate"):
            found.setdefault(columns[1], {})[int(columns[2], 0)] = columns[3]
    return found


def test_protocol_is_listed(wireshark):
    lines = [line.split("\t") for line in wireshark.run("-G", "protocols").stdout.splitlines()]
    assert ["TCP State", "TCP State", "tcpstate"] in [line[:3] for line in lines]


def test_plugin_shows_name_and_version(wireshark):
    version = re.search(r"project\(tcpstate VERSION ([0-9.]+)", (REPOSITORY / "CMakeLists.txt").read_text()).group(1)
    line, = (line for line in wireshark.run("-G", "plugins").stdout.splitlines() if line.startswith("tcpstate.so"))
    assert version in line.split("\t")


@pytest.mark.parametrize("field", sorted(TYPES))
def test_field_has_its_type(listing, field):
    assert field in listing
    assert listing[field][3] == TYPES[field]
    assert listing[field][4] == "tcpstate"


@pytest.mark.parametrize("field", sorted(VALUES))
def test_values_have_their_names(names, field):
    listed = names[field]
    missing = {number: name for number, name in VALUES[field].items() if listed.get(number) != name}
    assert not missing
    # One more is allowed: the phase of what belongs to no connection has a name too.
    assert set(listed) - set(VALUES[field]) <= {0}


def test_only_what_wireshark_looks_for_is_exported(wireshark):
    plugin, = wireshark.home.rglob("tcpstate.so")
    done = subprocess.run(["nm", "-D", "--defined-only", plugin], capture_output=True, text=True, check=True)
    names = {line.split()[-1] for line in done.stdout.splitlines() if not line.split()[-1].startswith(("_", "__asan"))}
    assert names == {"plugin_version", "plugin_want_major", "plugin_want_minor", "plugin_register", "plugin_describe"}


def test_filter_takes_the_name_of_a_state(wireshark):
    frames = wireshark.read(HALF_CLOSED, "-Y", 'tcpstate.server.state == "FIN-WAIT-2"', "-T", "fields", "-e", "frame.number")
    assert frames.split() == ["7"]
    by_number = wireshark.read(HALF_CLOSED, "-Y", "tcpstate.server.state == 7", "-T", "fields", "-e", "frame.number")
    assert by_number == frames


def test_filter_complains_about_a_misspelt_state(wireshark):
    done = wireshark.run("-r", wireshark.readable(HALF_CLOSED), "-Y", 'tcpstate.server.state == "FIN-WAIT2"', expected=None)
    assert done.returncode != 0
    assert "FIN-WAIT2" in done.stderr


def test_filter_complains_about_a_misspelt_field(wireshark):
    done = wireshark.run("-r", wireshark.readable(HALF_CLOSED), "-Y", "tcpstate.sever.state == 7", expected=None)
    assert done.returncode != 0


def test_filter_finds_expert_items(wireshark):
    frames = wireshark.read(HALF_CLOSED, "-Y", "tcpstate.expert.active_close", "-T", "fields", "-e", "frame.number")
    assert frames.split() == ["6"]
