"""Beside other post-dissectors, TRANSUM, MATE and one in Lua, ours says what it says alone, and they say what they say
without us.

MATE and Lua are compiled into Debian's Wireshark; where one of the three is missing its tests are skipped.
"""

import os
import re
from pathlib import Path

import pytest
from test_undisturbed import OUR_LINE, by_packet, insertions

HERE = Path(__file__).parent / "lua"
PASSES = pytest.mark.parametrize("passes", [[], ["-2"]], ids=["one_pass", "two_passes"])


class Neighbour:
    def __init__(self, line, arguments, passes=(1, 2)):
        self.line = line  # with which its subtree begins
        self.arguments = arguments  # that load it; {folder} holds our files
        self.passes = passes  # in which it shows something


NEIGHBOURS = {
    # It knows requests and answers by ports, and shows its times in a second pass.
    "transum": Neighbour("TRANSUM RTE Data", ["--enable-protocol", "transum", "-o", "transum.tcp_port_ranges:1-65535"], (2,)),
    "mate": Neighbour("MATE segment", ["-o", "mate.config:{folder}/neighbour.mate"]),
    "lua": Neighbour("Reader of three TCP fields", ["-X", "lua_script:{folder}/reader.lua"]),
}


@pytest.fixture(scope="module")
def folder(wireshark):
    """Our files, where tshark's user can read them."""
    files = [wireshark.readable(HERE / name) for name in ("reader.lua", "neighbour.mate")]
    folder = wireshark.new("neighbours")
    folder.mkdir()
    for file in files:
        os.link(file, folder / file.name.split("-", 1)[1])
    wireshark.give(folder)
    return folder


@pytest.fixture(scope="module", params=[*NEIGHBOURS, "all"])
def beside(request, wireshark, folder):
    """The names of the neighbours, and tshark's arguments that load them."""
    names = list(NEIGHBOURS) if request.param == "all" else [request.param]
    there = wireshark.run("-G", "plugins", plugin=False).stdout
    for name in names:
        if name == "lua":
            missing = re.search(r"(with |\+)Lua ", about(wireshark)) is None
        else:
            missing = f"{name}.so" not in there
        if missing:
            pytest.skip(f"this Wireshark has no {name}: that it and tcpstate leave each other alone is NOT tested")
    return names, [word.format(folder=folder) for name in names for word in NEIGHBOURS[name].arguments]


def about(wireshark):
    """What tshark says it is compiled with, in one line."""
    return " ".join(wireshark.run("--version", plugin=False).stdout.split())


@PASSES
def test_our_fields(wireshark, all_samples, beside, passes):
    names = sorted(wireshark.types)
    alone = wireshark.fields(all_samples, names, *passes)
    assert sum(bool(packet["tcpstate.states"]) for packet in alone) > 1000
    assert wireshark.fields(all_samples, names, *passes, *beside[1]) == alone


@PASSES
def test_their_output(wireshark, all_samples, beside, passes):
    names, arguments = beside
    without, with_plugin = (wireshark.read(all_samples, *passes, *arguments, "-V", plugin=plugin) for plugin in (False, True))
    for name in names:
        shown = sum(line.startswith(NEIGHBOURS[name].line) for line in without.splitlines())
        assert shown > 100 or len(passes) + 1 not in NEIGHBOURS[name].passes, f"{name} itself shows nothing"
    without, with_plugin = by_packet(without), by_packet(with_plugin)
    assert len(without) == len(with_plugin)
    ours = 0
    for old, new in zip(without, with_plugin, strict=True):
        for block in insertions(old, new):
            assert block[0].startswith(OUR_LINE), block
            assert all(line.startswith((" ", OUR_LINE)) or not line for line in block), block
            ours += 1
    assert ours > 1000


@PASSES
def test_packet_list_and_statistics(wireshark, all_samples, beside, passes):
    # Not the protocol hierarchy: it lists what is in a packet's tree, and MATE has Wireshark 4.4 build one for each packet.
    words = [*passes, *beside[1], "-z", "conv,tcp", "-z", "endpoints,tcp"]
    assert wireshark.read(all_samples, *words) == wireshark.read(all_samples, *words, plugin=False)


def test_statistics_of_ours(wireshark, all_samples, beside):
    words = ["-q", "-z", "tcpstate,tree", "-z", "tcpstate,connections", "-z", "tcpstate,firewall"]
    alone = wireshark.read(all_samples, *words)
    assert len(alone.splitlines()) > 100
    assert wireshark.read(all_samples, *words, *beside[1]) == alone
