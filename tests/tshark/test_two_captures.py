"""Two captures of one connection, from both sides of a firewall, merged as the README says."""

import json
import subprocess

import pytest
from conftest import CAPTURES

FIELDS = ["frame.interface_id", "tcp.stream", "ip.src", "tcpstate.duplicate", "tcpstate.verdict", "tcpstate.verdict.confidence",
          "tcpstate.verdict.reason"]


def merged(wireshark, name):
    path = wireshark.new(f"{name}.merged.pcapng")
    sides = [CAPTURES / "firewall" / f"{name}.{side}.pcapng" for side in ("client", "server")]
    subprocess.run(["mergecap", "-I", "none", "-w", path, *sides], check=True, timeout=60)
    wireshark.give(path)
    return path


def happened(name):
    return json.loads((CAPTURES / "firewall" / f"{name}.truth.json").read_text())


def test_dropped_in_between_is_certain(wireshark):
    """Alone, the server's capture gives likely. The client's proves that its data never came out of the firewall."""
    name = "half-closed-client-closes-peer-alive"
    truth = happened(name)
    connection = truth["connections"][0]
    assert connection["judged"]["truth"] == "half-closed timer" and "half-closed timer/likely" in connection["judged"]["server"]
    options = ["-2", "-o", f"tcpstate.half_closed_timeout:{truth['preferences']['half']}", "-o",
               f"tcpstate.evidence_span:{truth['preferences']['span']}"]
    packets = wireshark.fields(merged(wireshark, name), FIELDS, *options)
    last = [packet for packet in packets if packet["tcp.stream"] == ["0"]][-1]
    assert last["tcpstate.verdict"] == ["1"] and last["tcpstate.verdict.confidence"] == ["4"]
    # mergecap keeps the order: interface 0 is the client's side, 1 the server's.
    reason = " ".join(last["tcpstate.verdict.reason"])
    assert "seen at interface 1 and never at interface 0" in reason
    assert "Not excluded" not in reason


def test_a_capture_that_shows_nothing_since_proves_nothing(wireshark):
    """Only this connection was captured. For all that its packets tell, the client's capture ended before the server spoke."""
    name = "published-half-close-unanswered"
    last = wireshark.fields(merged(wireshark, name), FIELDS, "-2")[-1]
    assert last["tcpstate.verdict"] == ["1"] and last["tcpstate.verdict.confidence"] == ["3"]
    reason = " ".join(last["tcpstate.verdict.reason"])
    assert "never seen at interface 0" in reason and "or the capture there had ended" in reason
    assert "Not excluded: peer gone" in reason


@pytest.mark.parametrize("order", [("client", "server"), ("server", "client")])
def test_what_passed_both_sides_is_no_retransmission(wireshark, order):
    """The answered twin: each packet is seen twice, once as itself and once as a duplicate, and there is no verdict."""
    name = "published-half-close-answered"
    path = wireshark.new("both.pcapng")
    subprocess.run(["mergecap", "-I", "none", "-w", path, *(CAPTURES / "firewall" / f"{name}.{side}.pcapng" for side in order)],
                   check=True, timeout=60)
    wireshark.give(path)
    packets = wireshark.fields(path, FIELDS, "-2")
    duplicates = [packet for packet in packets if packet["tcpstate.duplicate"]]
    assert len(duplicates) * 2 == len(packets)
    assert {packet["tcpstate.verdict"][0] for packet in packets} == {"0"}


def test_translated_sides_are_not_paired(wireshark):
    """Source translation in between: the two sides have different addresses, and the plugin says so instead of guessing."""
    name = "translated-half-closed-outside-speaks"
    truth = happened(name)
    options = ["-2", "-o", f"tcpstate.half_closed_timeout:{truth['preferences']['half']}", "-o",
               f"tcpstate.idle_timeout:{truth['preferences']['idle']}"]
    packets = wireshark.fields(merged(wireshark, name), FIELDS, *options)
    assert not any(packet["tcpstate.duplicate"] for packet in packets)
    judged = [packet for packet in packets if packet["tcpstate.verdict"] == ["1"]]
    assert judged, "the outside half of it is killed"
    assert all("could not be paired" in " ".join(packet["tcpstate.verdict.reason"]) for packet in judged)
    # One capture alone has no second vantage point to be paired with.
    alone = wireshark.fields(CAPTURES / "firewall" / f"{name}.server.pcapng", FIELDS, *options)
    assert not any("could not be paired" in " ".join(packet["tcpstate.verdict.reason"]) for packet in alone)
