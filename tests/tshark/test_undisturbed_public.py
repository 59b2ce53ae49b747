"""With and without the plugin the same output, as in test_undisturbed.py, on captures that others have published.

They are no part of the project: TCPSTATE_PUBLIC_CAPTURES names a folder with captures, and without it the tests are
skipped, unless there is such a folder beside the repository's: ../shared/captures.
"""

import json
import os
from pathlib import Path

import pytest
from conftest import REPOSITORY
from test_undisturbed import OUR_LINE, by_packet, insertions

FOLDER = Path(os.environ.get("TCPSTATE_PUBLIC_CAPTURES") or REPOSITORY.parent / "shared" / "captures")
CAPTURES = sorted(path for path in FOLDER.rglob("*") if path.suffix in (".pcap", ".pcapng", ".cap") and path.is_file())
# A packet's details as JSON take a kilobyte for each hundred bytes, and difflib some seconds for each thousand packets.
LARGE, PACKETS_OF_A_LARGE_ONE = 1_000_000, 1000


def pytest_generate_tests(metafunc):
    # Without captures one test, which says so.
    if "public" in metafunc.fixturenames:
        metafunc.parametrize("public", CAPTURES or [None], scope="module",
                             ids=[str(path.relative_to(FOLDER)) for path in CAPTURES] or ["none"])


@pytest.fixture(scope="module")
def capture(public, wireshark):
    if public is None:
        pytest.skip(f"no captures in {FOLDER}; TCPSTATE_PUBLIC_CAPTURES names another folder")
    return wireshark.readable(public)


def both(wireshark, capture, *options):
    """The output without and with the plugin; of a large file its first packets."""
    if capture.stat().st_size > LARGE:
        options = ("-c", str(PACKETS_OF_A_LARGE_ONE), *options)
    return (wireshark.read(capture, *options, plugin=plugin, expected=None) for plugin in (False, True))


@pytest.mark.parametrize("passes", [[], ["-2"]], ids=["one_pass", "two_passes"])
def test_packet_list_and_statistics(wireshark, capture, passes):
    without, with_plugin = both(wireshark, capture, *passes, "-z", "conv,tcp", "-z", "io,phs")
    assert without
    assert with_plugin == without


def test_details(wireshark, capture):
    without, with_plugin = (by_packet(text) for text in both(wireshark, capture, "-V"))
    assert len(without) == len(with_plugin)
    for old, new in zip(without, with_plugin, strict=True):
        for block in insertions(old, new):
            assert block[0].startswith(OUR_LINE), block
            assert all(line.startswith((" ", OUR_LINE)) or not line for line in block), block


def test_json(wireshark, capture):
    without, with_plugin = (json.loads(text, object_pairs_hook=list) for text in both(wireshark, capture, "-T", "json"))
    for old, new in zip(without, with_plugin, strict=True):
        layers = dict(dict(new)["_source"])["layers"]
        layers[:] = [pair for pair in layers if pair[0] != "tcpstate"]
        assert new == old
