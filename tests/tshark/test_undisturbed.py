"""With the plugin, tshark prints what it prints without it, and our own lines in between; nothing else changes.

All samples are read together, so that one run covers them; whole, and cut to so many bytes a packet, as a snap length
does.
"""

import difflib
import json
import subprocess

import pytest

OUR_LINE = "TCP State, "


@pytest.fixture(scope="module", params=[None, 60, 96], ids=["whole", "cut60", "cut96"])
def capture(request, wireshark, all_samples):
    if request.param is None:
        return all_samples
    cut = wireshark.new(f"cut{request.param}.pcapng")
    subprocess.run(["editcap", "-s", str(request.param), all_samples, cut], check=True, timeout=60)
    wireshark.give(cut)
    return cut


@pytest.fixture(scope="module")
def details_without(wireshark, capture):
    return wireshark.read(capture, "-V", plugin=False)


def insertions(without, with_plugin):
    """Blocks of lines that only the output with the plugin has; anything else that differs fails."""
    if without == with_plugin:
        return []
    blocks = []
    for kind, old, old_end, new, new_end in difflib.SequenceMatcher(None, without, with_plugin, autojunk=False).get_opcodes():
        if kind == "insert":
            blocks.append(with_plugin[new:new_end])
        else:
            assert kind == "equal", f"{without[old:old_end]}\nbecame\n{with_plugin[new:new_end]}"
    return blocks


def by_packet(text):
    """tshark -V's output as lines, packet by packet: comparing all of it at once takes quadratic time."""
    packets = []
    for line in text.splitlines():
        if line.startswith("Frame ") or not packets:
            packets.append([])
        packets[-1].append(line)
    return packets


def test_details(wireshark, capture, details_without):
    without, with_plugin = by_packet(details_without), by_packet(wireshark.read(capture, "-V"))
    assert len(without) == len(with_plugin)
    segments = 0
    for old, new in zip(without, with_plugin, strict=True):
        for block in insertions(old, new):
            assert block[0].startswith(OUR_LINE), block
            # Everything below our line is indented: no other line of the outermost level is ours.
            assert all(line.startswith((" ", OUR_LINE)) or not line for line in block), block
            segments += 1
    assert segments > 50


def test_json_and_protocols(wireshark, capture):
    without, with_plugin = (json.loads(wireshark.read(capture, "-T", "json", plugin=plugin)) for plugin in (False, True))
    segments = 0
    for old, new in zip(without, with_plugin, strict=True):
        layers = new["_source"]["layers"]
        segments += layers.pop("tcpstate", None) is not None
        assert layers["frame"]["frame.protocols"] == old["_source"]["layers"]["frame"]["frame.protocols"]
        assert new == old
        assert list(layers) == list(old["_source"]["layers"])
    assert segments > 50


def test_disabled(wireshark, capture, details_without):
    assert wireshark.read(capture, "-V", "--disable-protocol", "tcpstate") == details_without


def test_summary_and_statistics(wireshark, capture):
    """Packet list and conversations are the same; in the list of expert items ours are added."""
    options = ["-z", "conv,tcp", "-z", "expert"]
    without, with_plugin = (wireshark.read(capture, *options, plugin=plugin).splitlines() for plugin in (False, True))

    def others(lines):
        # A heading counts the items under it, ours too.
        return [line for line in lines if " TCP State " not in line and not is_heading(line)]

    assert others(with_plugin) == others(without)
    assert wireshark.read(capture, "-2") == wireshark.read(capture, "-2", plugin=False)


def is_heading(line):
    words = line.split()
    return len(words) == 2 and words[0] in ("Errors", "Warns", "Notes", "Chats") and words[1].startswith("(")
