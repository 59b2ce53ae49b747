"""What the reader sees: the subtree's first line, marks, expert items, the Info column; and what preferences change."""

import re

import pytest

from pcapng import Capture, mss

EXPERTS = ["active_close", "half_close", "simultaneous_close", "midstream", "fin_unacknowledged", "unacceptable_reset",
           "tcp_wait_expired"]


@pytest.fixture
def capture():
    return Capture()


@pytest.fixture
def pair(capture):
    """The two ends of a connection with its handshake at the beginning of the capture."""
    connection = capture.connection("10.0.0.1:40000", "10.0.0.2:80")
    client, server = connection.client, connection.server
    capture.at(0.00, client > server, "SYN", options=[mss(1460)])
    capture.at(0.01, server > client, "SYN,ACK", options=[mss(1460)])
    capture.at(0.02, client > server, "ACK")
    return client, server


def top_lines(wireshark, path, *options):
    """The first line of each packet's subtree."""
    return [line for line in wireshark.read(path, "-V", *options).splitlines() if line.startswith("TCP State")]


def experts(wireshark, path, *options):
    """(frame, name) of the expert items, by field."""
    fields = [f"tcpstate.expert.{name}" for name in EXPERTS]
    return [(int(packet["frame.number"][0]), name) for packet in wireshark.fields(path, fields, *options)
            for name in EXPERTS for _ in packet[f"tcpstate.expert.{name}"]]


def expert_window(wireshark, path, *options):
    """(severity, group, summary) as -z expert lists ours: it runs without a tree, like the GUI's window."""
    found, severity = [], None
    for line in wireshark.read(path, "-q", "-z", "expert", *options).splitlines():
        words = line.split()
        if len(words) == 2 and words[1].startswith("("):
            severity = words[0]
        elif "TCP State" in line:
            found.append((severity, words[1], line.split("TCP State", 1)[1].strip()))
    return found


def half_close(capture, pair, *, data_after, answered):
    """The client closes its half; the server goes on later, unanswered if the path is dead by then."""
    client, server = pair
    capture.at(1.00, client > server, "FIN,ACK")
    capture.at(1.01, server > client, "ACK")
    time = 1.00 + data_after
    first = capture.at(time, server > client, "PSH,ACK", data=b"x" * 100)
    if answered:
        capture.at(time + 0.01, client > server, "ACK")
        return
    for copy in range(1, 9):
        capture.again(time + 0.2 * 2 ** copy, first, ip_id=100 + copy)


def test_first_line(wireshark, capture, pair):
    half_close(capture, pair, data_after=20, answered=True)
    assert top_lines(wireshark, wireshark.write(capture)) == [
        "TCP State, client SYN-SENT, server LISTEN",
        "TCP State, client ESTABLISHED, server SYN-RECEIVED",
        "TCP State, client ESTABLISHED, server ESTABLISHED",
        "TCP State, client FIN-WAIT-1, server CLOSE-WAIT, active close",
        "TCP State, client FIN-WAIT-2, server CLOSE-WAIT, half-closed 0.010 s",
        "TCP State, client FIN-WAIT-2, server CLOSE-WAIT, half-closed 20.0 s, half-close in use",
        "TCP State, client FIN-WAIT-2, server CLOSE-WAIT, half-closed 20.0 s",
    ]


def test_half_close_in_use(wireshark, capture, pair):
    half_close(capture, pair, data_after=20, answered=True)
    path = wireshark.write(capture)
    packets = wireshark.fields(path, ["tcpstate.half_close", "tcpstate.half_close.duration", "tcpstate.half_close.bytes"])
    assert [packet["tcpstate.half_close"] for packet in packets] == [[], [], [], [], [], ["1"], []]
    durations = [float(packet["tcpstate.half_close.duration"][0]) for packet in packets[4:]]
    assert durations == pytest.approx([0.01, 20.00, 20.01])
    assert [packet["tcpstate.half_close.bytes"] for packet in packets[4:]] == [["0"], ["100"], ["100"]]
    assert experts(wireshark, path) == [(4, "active_close"), (6, "half_close")]


def test_transition_says_why(wireshark, capture, pair):
    half_close(capture, pair, data_after=20, answered=True)
    lines = [line.strip() for line in wireshark.read(wireshark.write(capture), "-V", "-Y", "frame.number == 5").splitlines()]
    line, = (line for line in lines if line.startswith("[Transition: "))
    assert line.startswith("[Transition: client FIN-WAIT-1 -> FIN-WAIT-2: ")
    assert "RFC 9293 section 3.10.7.4" in line


def test_every_item_is_generated(wireshark, capture, pair):
    """Nothing of it stands in the packet, so Wireshark shows each line in brackets."""
    half_close(capture, pair, data_after=45, answered=False)
    inside, seen = False, 0
    for line in wireshark.read(wireshark.write(capture), "-V").splitlines():
        if line.startswith("TCP State"):
            inside = True
        elif not line.startswith(" "):
            inside = False
        elif inside:
            assert line.strip().startswith("[") and line.strip().endswith("]"), line
            seen += 1
    assert seen > 50


def test_killed_by_tcp_wait(wireshark, capture, pair):
    """Data 45 s after the first FIN, never answered: a firewall that waits 30 s has dropped the session."""
    half_close(capture, pair, data_after=45, answered=False)
    path = wireshark.write(capture)
    assert [name for _, name in experts(wireshark, path)].count("tcp_wait_expired") == 1
    warning, = (item for item in expert_window(wireshark, path) if item[0] == "Warns")
    assert "TCP wait" in warning[2]
    assert "30 s" in warning[2]
    assert expert_window(wireshark, path, "-2") == expert_window(wireshark, path)


def test_answered_in_time_is_no_kill(wireshark, capture, pair):
    half_close(capture, pair, data_after=20, answered=True)
    assert "tcp_wait_expired" not in [name for _, name in experts(wireshark, wireshark.write(capture))]


@pytest.mark.parametrize(("preference", "killed"), [
    ("half_closed_timeout:120", False),  # the firewall would have waited longer
    ("half_closed_timeout:44", True),
    ("half_closed_timeout:0", True),  # the profile's: 30 s
    ("evidence_copies:50", False),
    ("evidence_span:3000", False),
])
def test_preferences_of_the_verdict(wireshark, capture, pair, preference, killed):
    half_close(capture, pair, data_after=45, answered=False)
    names = [name for _, name in experts(wireshark, wireshark.write(capture), "-o", f"tcpstate.{preference}")]
    assert ("tcp_wait_expired" in names) == killed


@pytest.mark.parametrize(("threshold", "in_use"), [(1000, ["1"]), (1989, ["1"]), (1991, []), (5000, [])])
def test_half_close_threshold(wireshark, capture, pair, threshold, in_use):
    """Without data, a half-close is in use after a time that counts from the FIN's acknowledgement."""
    client, server = pair
    capture.at(1.00, client > server, "FIN,ACK")
    capture.at(1.01, server > client, "ACK")
    capture.at(3.00, server > client, "FIN,ACK")
    packets = wireshark.fields(wireshark.write(capture), ["tcpstate.half_close"], "-o",
                               f"tcpstate.half_close_threshold:{threshold}")
    assert packets[-1]["tcpstate.half_close"] == in_use


@pytest.mark.parametrize(("preference", "used", "default"), [
    ("evidence_copies:0", "1", 5), ("evidence_copies:1000", "100", 5), ("evidence_span:0", "1", 20),
    ("half_closed_timeout:99999999", "2592000", 0), ("half_close_threshold:4000000", "3600000", 1000)])
def test_preference_out_of_range_is_told(wireshark, capture, pair, preference, used, default):
    done = wireshark.run("-r", wireshark.write(capture), "-o", f"tcpstate.{preference}")
    name, value = preference.split(":")
    line, = (line for line in done.stderr.splitlines() if f"tcpstate.{name}" in line)
    assert f"{value} " in line
    assert f"{used} is used instead" in line
    assert f"the default is {default}" in line


def test_preference_in_range_is_taken_silently(wireshark, capture, pair):
    done = wireshark.run("-r", wireshark.write(capture), "-o", "tcpstate.evidence_copies:100", "-o",
                         "tcpstate.half_close_threshold:0")
    assert "tcpstate" not in done.stderr


def test_preferences_have_sentences(wireshark):
    """Every preference is there with its default and a description that ends as a sentence does."""
    text = wireshark.run("-G", "currentprefs").stdout
    for name, default in {"half_closed_timeout": "0", "evidence_copies": "5", "evidence_span": "20",
                          "half_close_threshold": "1000", "info_column": "FALSE"}.items():
        before, found, after = text.partition(f"\n#tcpstate.{name}: ")
        assert found, name
        assert after.split("\n")[0] == default
        description = before.rsplit("\n\n", 1)[-1].splitlines()
        assert any(line.rstrip().endswith(".") for line in description), description


def test_info_column(wireshark, capture, pair):
    client, server = pair
    capture.at(0.5, client > server, "PSH,ACK", data=b"x")
    capture.at(1.00, server > client, "FIN,ACK")
    capture.at(1.01, client > server, "ACK")
    path = wireshark.write(capture)
    marks = ["[client SYN-SENT]", "[server SYN-RECEIVED]", "[server ESTABLISHED]", None,
             "[server FIN-WAIT-1, active close]", "[server FIN-WAIT-2]"]
    plain = wireshark.read(path, plugin=False).splitlines()
    marked = wireshark.read(path, "-o", "tcpstate.info_column:TRUE").splitlines()
    assert marked == [with_mark(line, mark) for line, mark in zip(plain, marks, strict=True)]
    assert wireshark.read(path).splitlines() == plain


def with_mark(line, mark):
    """A line of tshark with a mark before its Info text, which begins with the ports."""
    return re.sub(r"(?=40000 |80 )", f"{mark} ", line, count=1) if mark else line


def test_midstream(wireshark, capture):
    connection = capture.connection("10.0.0.1:40000", "10.0.0.2:80")
    for number in range(3):
        capture.at(number, connection.client > connection.server, "PSH,ACK", data=b"x", seq=100 + number, ack=500)
    path = wireshark.write(capture)
    packets = wireshark.fields(path, ["tcpstate.midstream", "tcpstate.states", "tcpstate.sender"])
    assert [packet["tcpstate.midstream"] for packet in packets] == [["1"]] * 3
    assert [packet["tcpstate.states"] for packet in packets] == [["ESTABLISHED/ESTABLISHED"]] * 3
    assert [packet["tcpstate.sender"] for packet in packets] == [["1"]] * 3  # port 80 is the server's
    assert experts(wireshark, path) == [(1, "midstream")]
    assert expert_window(wireshark, path)[0][:2] == ("Chats", "Assumption")


def test_simultaneous_open(wireshark, capture):
    connection = capture.connection("10.0.0.1:5000", "10.0.0.2:6000")
    client, server = connection.client, connection.server
    capture.at(0.000, client > server, "SYN")
    capture.at(0.001, server > client, "SYN")
    capture.at(0.020, client > server, "SYN,ACK", seq=0, ack=1)
    capture.at(0.021, server > client, "SYN,ACK", seq=0, ack=1)
    packets = wireshark.fields(wireshark.write(capture), ["tcpstate.simultaneous_open", "tcpstate.states"])
    assert [packet["tcpstate.simultaneous_open"] for packet in packets] == [[], ["1"], [], []]
    # RFC 9293 figure 8: each end is in SYN-RECEIVED once it has the other's SYN.
    assert packets[1]["tcpstate.states"] == ["SYN-RECEIVED/SYN-RECEIVED"]
    assert packets[3]["tcpstate.states"] == ["ESTABLISHED/ESTABLISHED"]


def test_reset_acceptance(wireshark, capture, pair):
    client, server = pair
    capture.at(0.5, client > server, "RST,ACK", seq=1_000_000)  # far outside the window of 65535
    capture.at(0.6, client > server, "RST,ACK", seq=1)  # exactly what the server expects
    path = wireshark.write(capture)
    packets = wireshark.fields(path, ["tcpstate.reset.acceptance", "tcpstate.states"])
    assert [packet["tcpstate.reset.acceptance"] for packet in packets] == [[], [], [], ["3"], ["1"]]
    assert packets[3]["tcpstate.states"] == ["ESTABLISHED/ESTABLISHED"]
    assert packets[4]["tcpstate.states"] == ["CLOSED/CLOSED"]
    assert experts(wireshark, path) == [(4, "unacceptable_reset")]
    assert top_lines(wireshark, path)[3:] == ["TCP State, client ESTABLISHED, server ESTABLISHED, reset refused",
                                              "TCP State, client CLOSED, server CLOSED, reset accepted"]


def test_duplicate(wireshark, capture, pair):
    """The same packet on both sides of a router: equal identification, a smaller TTL, at once."""
    client, server = pair
    fin = capture.at(1.0, client > server, "FIN,ACK")
    capture.again(1.0001, fin, ttl=63)
    capture.at(1.01, server > client, "ACK")
    packets = wireshark.fields(wireshark.write(capture), ["tcpstate.duplicate", "tcpstate.states", "tcpstate.active_close"])
    assert [packet["tcpstate.duplicate"] for packet in packets] == [[], [], [], [], ["1"], []]
    assert [packet["tcpstate.active_close"] for packet in packets] == [[], [], [], ["1"], [], []]
    assert packets[-1]["tcpstate.states"] == ["FIN-WAIT-2/CLOSE-WAIT"]


def test_unacknowledged_fin_is_noted_in_every_way_of_reading(wireshark, capture, pair):
    """The FIN is sent again and again and nothing comes back to the end of the capture."""
    client, server = pair
    fin = capture.at(1.0, client > server, "FIN,ACK")
    for copy in range(1, 10):
        capture.again(1.0 + 0.2 * 2 ** copy, fin, ip_id=1000 + copy)
    path = wireshark.write(capture)
    for options in ([], ["-2"]):
        assert "fin_unacknowledged" in [name for _, name in experts(wireshark, path, *options)], options


def test_connection_is_known_to_the_end_in_two_passes(wireshark, capture, pair):
    client, server = pair
    capture.at(1.00, client > server, "FIN,ACK")
    capture.at(1.01, server > client, "FIN,ACK")
    capture.at(1.02, client > server, "ACK")
    path = wireshark.write(capture)
    kinds = [packet["tcpstate.close.kind"] for packet in wireshark.fields(path, ["tcpstate.close.kind"])]
    assert (kinds[0], kinds[-1]) == (["0"], ["2"])
    final = wireshark.fields(path, ["tcpstate.close.kind", "tcpstate.close.initiator"], "-2")
    assert {tuple(packet["tcpstate.close.kind"]) for packet in final} == {("2",)}
    assert {tuple(packet["tcpstate.close.initiator"]) for packet in final} == {("1",)}


def test_a_second_file_starts_clean(wireshark, capture, pair):
    """sharkd reads one file after the other in one process: nothing of the first is left in the second."""
    client, server = pair
    capture.at(1.00, client > server, "RST,ACK")
    path = wireshark.write(capture)
    frame = {"method": "frame", "params": {"frame": 1, "proto": True}}
    load = {"method": "load", "params": {"file": str(path)}}
    answers = wireshark.sharkd([load, frame, load, frame, load, frame])
    assert answers[1] == answers[3] == answers[5]
    assert "SYN-SENT" in str(answers[5])


def test_columns_can_show_the_states(wireshark, capture, pair):
    """A custom column needs no details pane: the value is there although the tree is not."""
    done = wireshark.read(wireshark.write(capture), "-o", 'gui.column.format:"S","%Cus:tcpstate.states:0:R"')
    assert [line.strip() for line in done.splitlines()] == [
        "SYN-SENT/LISTEN", "ESTABLISHED/SYN-RECEIVED", "ESTABLISHED/ESTABLISHED"]
