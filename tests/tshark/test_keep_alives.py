"""Keep-alives: counted, answered or not, and whether they come often enough for the chosen firewall."""

import pytest
from pcapng import Capture

FIELDS = ["tcpstate.keep_alive", "tcpstate.keep_alive.answered", "tcpstate.keep_alive.quiet", "tcpstate.keep_alive.sufficient",
          "tcpstate.verdict", "tcpstate.verdict.confidence", "tcpstate.verdict.reason"]


def kept_alive(wireshark, every, *, half=False):
    """A request that is acknowledged and not answered; then three keep-alives of the client, each answered."""
    capture = Capture()
    c, s = (lambda connection: (connection.client, connection.server))(capture.connection("10.0.0.1:40000", "10.0.0.2:80"))
    capture.at(0, c > s, "SYN")
    capture.at(0.01, s > c, "SYN,ACK")
    capture.at(0.02, c > s, "ACK")
    capture.at(0.03, c > s, "PSH,ACK", data=b"0123456789")
    capture.at(0.04, s > c, "ACK")
    if half:
        capture.at(0.05, c > s, "FIN,ACK")
        capture.at(0.06, s > c, "ACK")
    following = 12 if half else 11
    for number in range(1, 4):
        capture.at(number * every, c > s, "ACK", seq=following - 1)  # RFC 9293 section 3.8.4: SEG.SEQ = SND.NXT - 1
        capture.at(number * every + 0.01, s > c, "ACK", ack=following)
    return wireshark.write(capture)


def probes(wireshark, path, profile="panos-6.1"):
    packets = wireshark.fields(path, FIELDS, "-2", "-o", f"tcpstate.profile:{profile}")
    return packets, [packet for packet in packets if packet["tcpstate.keep_alive"]]


def test_they_are_counted_and_measured(wireshark):
    packets, found = probes(wireshark, kept_alive(wireshark, 100))
    assert [packet["frame.number"] for packet in found] == [["6"], ["8"], ["10"]]
    assert {(*packet["tcpstate.keep_alive"], *packet["tcpstate.keep_alive.answered"]) for packet in found} == {("3", "3")}
    # The first comes 99.96 s after the packet before, the others 99.99 s.
    assert {packet["tcpstate.keep_alive.quiet"][0] for packet in found} == {"99.990000000"}


@pytest.mark.parametrize(("every", "profile", "sufficient"), [
    (100, "panos-6.1", "1"),        # TCP session timeout 3600 s, started again by every packet
    (3700, "panos-6.1", "0"),
    (3000, "panos-6.1", "1"),
])
def test_the_profile_says_whether_they_suffice(wireshark, every, profile, sufficient):
    _, found = probes(wireshark, kept_alive(wireshark, every), profile)
    assert {packet["tcpstate.keep_alive.sufficient"][0] for packet in found} == {sufficient}


def test_the_user_s_own_time_counts(wireshark):
    path = kept_alive(wireshark, 100)
    for seconds, sufficient in ((120, "1"), (90, "0")):
        packets = wireshark.fields(path, FIELDS, "-2", "-o", f"tcpstate.idle_timeout:{seconds}")
        assert packets[5]["tcpstate.keep_alive.sufficient"] == [sufficient]


def test_a_silent_application_is_named(wireshark):
    """Half-closed, everything acknowledged, probes answered for 300 s: the network did its work."""
    packets, _ = probes(wireshark, kept_alive(wireshark, 100, half=True))
    assert {(*packet["tcpstate.verdict"], *packet["tcpstate.verdict.confidence"]) for packet in packets} == {("13", "3")}
    assert "keep-alives were answered 3 times" in packets[0]["tcpstate.verdict.reason"][0]


def test_an_open_connection_at_rest_is_no_silent_application(wireshark):
    packets, _ = probes(wireshark, kept_alive(wireshark, 100))
    assert {packet["tcpstate.verdict"][0] for packet in packets} == {"0"}
