"""The case that the project began with, through a real firewall that forgets half-closed sessions after 30 s.

A half-close, data of the open side after 45 s: never answered. Its twin with data after 20 s: answered. The firewall's own
session table and the times of both hosts are in the truth files; the plugin runs with its default preferences.
"""

import json
import math

import pytest
from conftest import CAPTURES

NAME = "published-half-close-{}"
TIMER = 30
WARNINGS = ["tcpstate.expert.tcp_wait_expired", "tcpstate.expert.tcp_wait_risk", "tcpstate.expert.idle_expired",
            "tcpstate.expert.not_firewall"]


def sample(twin, vantage):
    return CAPTURES / "firewall" / f"{NAME.format(twin)}.{vantage}.pcapng"


def truth(twin):
    happened = json.loads((CAPTURES / "firewall" / f"{NAME.format(twin)}.truth.json").read_text())
    assert len(happened["connections"]) == 1
    connection = happened["connections"][0]
    gone = [line for line in happened["session_table"] if "[DESTROY]" in line]
    connection["forgotten"] = float(gone[0][1:].split("]")[0]) if gone else None
    return connection


def test_the_samples_are_what_they_are_said_to_be():
    """By the hosts' and the firewall's own clocks."""
    killed, answered = truth("unanswered"), truth("answered")
    assert killed["judged"]["timer"] == TIMER and killed["judged"]["truth"] == "half-closed timer"
    assert killed["first_lost"] - killed["first_fin"] > 45
    assert TIMER <= killed["forgotten"] - killed["last_passed"] < TIMER + 2  # conntrack looks at its entries now and then
    assert killed["forgotten"] < killed["first_lost"]
    assert answered["first_lost"] is None


@pytest.mark.parametrize("passes", [[], ["-2"]], ids=["one pass", "two passes"])
def test_the_warning_names_timer_packets_and_setting(wireshark, passes):
    path = sample("unanswered", "server")
    packets = wireshark.fields(path, ["_ws.expert.message", "tcpstate.expert.tcp_wait_expired", "tcp.flags.fin", "tcp.len",
                                      "frame.time_epoch", "tcpstate.verdict.evidence", "tcpstate.verdict.timer_min",
                                      "tcpstate.verdict.timer_max"], *passes)
    warned = [packet for packet in packets if packet["tcpstate.expert.tcp_wait_expired"]]
    assert len(warned) == 1, "one event, one item"
    text = next(text for text in warned[0]["_ws.expert.message"] if "TCP wait" in text)
    assert "TCP wait 30 s" in text and "likely" in text

    happened = truth("unanswered")
    fin = next(packet for packet in packets if packet["tcp.flags.fin"] == ["1"])
    lost = next(packet for packet in packets
                if packet["tcp.len"] == ["500"] and float(packet["frame.time_epoch"][0]) >= happened["first_lost"] - 0.01)
    evidence = warned[0]["tcpstate.verdict.evidence"]
    assert {fin["frame.number"][0], lost["frame.number"][0], warned[0]["frame.number"][0]} <= set(evidence)
    assert all(frame in text for frame in evidence)

    # What it waited for, rounded up to 5 s with at least a second to spare.
    needed = happened["first_lost"] - happened["first_fin"]
    seconds = math.ceil((math.floor(needed) + 1) / 5) * 5
    assert f"set deviceconfig setting session timeout-tcpwait {seconds}" in text

    # The true timer, counted from the last packet that passed or from the FIN, lies in the bracket.
    low, high = (float(warned[0][f"tcpstate.verdict.timer_{end}"][0]) for end in ("min", "max"))
    assert low < TIMER <= high <= needed + 0.1


def test_the_first_packet_after_the_expiry_is_noted(wireshark):
    packets = wireshark.fields(sample("unanswered", "server"), ["tcpstate.expert.tcp_wait_risk", "frame.time_epoch"])
    noted = [float(packet["frame.time_epoch"][0]) for packet in packets if packet["tcpstate.expert.tcp_wait_risk"]]
    assert len(noted) == 1 and abs(noted[0] - truth("unanswered")["first_lost"]) < 0.05


@pytest.mark.parametrize(("twin", "vantage"), [("unanswered", "client"), ("answered", "client"), ("answered", "server")])
def test_no_warning_elsewhere(wireshark, twin, vantage):
    """The side that hears nothing could not tell a kill from a slow application; the twin was answered in time."""
    for packet in wireshark.fields(sample(twin, vantage), [*WARNINGS, "tcpstate.verdict", "tcpstate.killed"], "-2"):
        assert not any(packet[name] for name in WARNINGS), packet
        assert packet["tcpstate.verdict"] == ["0"] and not packet["tcpstate.killed"]


def test_a_longer_timer_would_have_saved_it(wireshark):
    """Told that the device waits 60 s, the plugin takes back the likelihood: 45 s do not reach its clock."""
    packets = wireshark.fields(sample("unanswered", "server"), ["tcpstate.verdict", "tcpstate.verdict.confidence"], "-2", "-o",
                               "tcpstate.half_closed_timeout:60")
    assert packets[-1]["tcpstate.verdict.confidence"] == ["2"]
