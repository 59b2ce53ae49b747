"""The review of a capture: its layout, its words, its options and its complaints.

Most tests feed it with the fields that tshark would print, taken from the truth of the rebuilt transcripts or
written here, so that they test the review alone. The last ones run captures/review itself.
"""

import io
import json
import os
import re
import shutil
import stat
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from pcapng import Capture

REPOSITORY = Path(__file__).resolve().parents[2]
CAPTURES = REPOSITORY / "captures"
TRANSCRIPTS, LAB, FIREWALL = (CAPTURES / name for name in ("transcripts", "lab", "firewall"))
PROFILES = REPOSITORY / "postdissector" / "inference" / "FirewallProfileTable.cpp"

sys.dont_write_bytecode = True
sys.path.insert(0, str(CAPTURES))

from reviewing import fields, pcapng as store, profiles, running, terms  # noqa: E402

KINDS = {kind: str(number) for number, kind in enumerate(terms.KINDS)}
SIDES = {"none": "0", "client": "1", "server": "2", "both": "3"}
CLIENT, SERVER = ("10.0.0.1", 40000), ("10.0.0.2", 80)
SECOND = 10**9


def row(frame, time, sender, flags, client, server, steps=(), size=0, stream=0, protocols="eth:ethertype:ip:tcp", **more):
    """One line of tshark's output, as a dictionary by field name; `more` has __ for the dots, and lists for many values."""
    source, destination = (CLIENT, SERVER) if sender == "client" else (SERVER, CLIENT)
    return {
        "frame.number": str(frame), "frame.time_epoch": f"{1700000000 + time:.9f}", "frame.protocols": protocols,
        "ip.src": source[0], "ip.dst": destination[0], "tcp.stream": str(stream), "tcp.srcport": str(source[1]),
        "tcp.dstport": str(destination[1]), "tcp.flags": f"0x{flags:04x}", "tcp.len": str(size),
        "tcpstate.states": f"{client}/{server}", "tcpstate.sender": SIDES[sender], "tcpstate.transition": several(*steps),
    } | {"tcpstate." + name.replace("__", "."): several(*value) if isinstance(value, (list, tuple)) else str(value)
         for name, value in more.items()}


def several(*values):
    """Several values of a field, as tshark is asked to print them."""
    return fields.AGGREGATOR.join(map(str, values))


VERDICT = {"verdict": 2, "verdict__confidence": 3, "verdict__reason": ["It spoke.", "Nobody answered."], "killed": "True",
           "verdict__advice": ["Change it."], "verdict__timer_min": "10.500000000", "verdict__timer_max": "20.000000001",
           "verdict__timer_basis": 2, "verdict__needed": "20.000000001"}


@pytest.fixture
def run(tmp_path):
    """Runs the review over given rows by way of a stand-in for tshark."""
    def run(rows, errors="", status=0, options=(), expected=0, arguments=(), **environment):
        lines = "".join("\t".join(line.get(field, "") for field in fields.FIELDS) + "\n" for line in rows)
        (tmp_path / "rows").write_text(lines)
        (tmp_path / "errors").write_text(errors)
        fake = tmp_path / "tshark"
        fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/arguments\ncat {tmp_path}/rows\n'
                        f'cat {tmp_path}/errors >&2\nexit {status}\n')
        fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
        done = subprocess.run([sys.executable, CAPTURES / "review.py", "--tshark", fake, "--name", "sample.pcapng",
                               "--profiles", PROFILES, *arguments, "sample", *options], capture_output=True, text=True,
                              timeout=30, check=False, env={**os.environ, **environment})
        assert done.returncode == expected, done.stderr
        run.errors = done.stderr
        return done.stdout
    return run


def rows_of_truth(name):
    """What a right plugin makes tshark print for a rebuilt transcript."""
    truth = json.loads((TRANSCRIPTS / f"{name}.truth.json").read_text())
    connection = {"close__kind": KINDS[truth["connection"]["kind"]],
                  "close__initiator": SIDES[truth["connection"]["initiator"]]}
    rows = []
    for packet in truth["packets"]:
        more = dict(connection)
        for marker in packet["markers"]:
            what, _, who = marker.partition(":")
            more[what] = SIDES[who] if who else "1"
        if "half_closed" in packet:
            more["half_close__duration"] = packet["half_closed"]["duration"]
            more["half_close__bytes"] = packet["half_closed"]["bytes"]
        flags = 0x11 if packet["markers"] else 0x10
        rows.append(row(packet["frame"], packet["frame"] / 100, packet["sender"], flags, packet["client"],
                        packet["server"], packet["transitions"], **more))
    return rows


# frame, seconds, state of the client, arrow, state of the server
RUNG = re.compile(r" +\*?(\d+) +(\d+\.\d+)  +([A-Z0-9-]*) ?\|(<-* .* ---|--- .* -*>)\| ?([A-Z0-9-]*)$")


def rungs(output):
    """The packets of the ladders, by frame: (line number, match)."""
    return {int(found[1]): (number, found) for number, line in enumerate(output.splitlines()) if (found := RUNG.match(line))}


def notes(output, frame):
    """What stands between the lanes below a packet, as one text."""
    lines = output.splitlines()
    found = []
    for line in lines[rungs(output)[frame][0] + 1:]:
        if not (note := re.match(r" +\|    (.*)\|$", line)):
            break
        found.append(note[1].strip())
    return " ".join(found)


def sides(output, frame):
    found = rungs(output)[frame][1]
    return found[3], found[5]


def ladders(output):
    return [int(stream) for stream in re.findall(r"^stream (\d+)  ", output, re.MULTILINE)]


# --- one connection ----------------------------------------------------------------------------------------


def test_simultaneous_close(run):
    output = run(rows_of_truth("simultaneous-close-56155"))
    assert "closed by both sides at once: simultaneous close" in output
    assert sides(output, 8) == ("CLOSING", "CLOSING")
    crossing = notes(output, 8)
    assert "active close by the client" in crossing
    assert "simultaneous close: the FINs cross" in crossing
    assert "client CLOSE-WAIT -> ESTABLISHED (corrected) -> FIN-WAIT-1 -> CLOSING" in crossing
    assert "server" not in crossing.replace("by the server", "")  # one step, which the state at the side shows
    assert sides(output, 9) == ("", "TIME-WAIT")                  # the client's does not change
    assert rungs(output)[7][1][4].startswith("<---") and rungs(output)[8][1][4].endswith("-->")


@pytest.mark.parametrize("name, close, half_closed", [
    ("server-active-close-55876", "closed in four segments, the server first", "half-closed for 505 us"),
    ("client-active-close-56154", "closed in four segments, the client first", "half-closed for 51.3 ms"),
    ("three-segments-56421", "closed in three segments, the client first", None),
])
def test_how_it_closed(run, name, close, half_closed):
    output = run(rows_of_truth(name))
    assert close in output
    assert half_closed in output if half_closed else "half-closed for" not in output


@pytest.mark.parametrize("name", [path.name.removesuffix(".truth.json") for path in TRANSCRIPTS.glob("*.truth.json")])
def test_shows_the_packets_that_say_something(run, name):
    """Those and no others, within 100 columns; the others are counted."""
    truth = json.loads((TRANSCRIPTS / f"{name}.truth.json").read_text())
    output = run(rows_of_truth(name))
    assert list(rungs(output)) == [packet["frame"] for packet in truth["packets"] if packet["transitions"] or packet["markers"]]
    assert max(len(line) for line in output.splitlines()) <= 100
    counted = sum(int(number) for line in output.splitlines() if re.match(r" +:.*:$", line)
                  for number in re.findall(r"(\d+) packets? (?:->|<-)", line))
    assert counted + len(rungs(output)) == len(truth["packets"])


def test_reset_and_midstream(run):
    both = ["client UNKNOWN -> ESTABLISHED", "server UNKNOWN -> ESTABLISHED"]
    output = run([
        row(7, 0, "server", 0x18, "ESTABLISHED", "ESTABLISHED", both, size=1000, midstream="True", close__kind=5),
        row(9, 0.25, "client", 0x14, "ESTABLISHED", "ESTABLISHED", midstream="True", reset__acceptance=3, reset__cause=10,
            reset__origin=2, close__kind=5),
        row(12, 1.5, "server", 0x04, "CLOSED", "CLOSED", ["server ESTABLISHED -> CLOSED", "client ESTABLISHED -> CLOSED"],
            midstream="True", reset__acceptance=1, reset__cause=2, reset__origin=1, close__kind=5)])
    assert "stream 0  10.0.0.1:40000 -> 10.0.0.2:80" in output  # the client's end, though the server sends first
    assert "reset by the server in frame 12" in output          # not in frame 9: that one was refused
    assert "begins in mid-stream" in notes(output, 7)
    assert "begins in mid-stream" not in notes(output, 12)
    assert notes(output, 9) == "reset by a middlebox, refused unacceptable"
    assert notes(output, 12) == "reset by the endpoint, accepted abort"
    assert rungs(output)[12][1][2] == "1.500000"
    assert rungs(output)[7][1][4].startswith("<---") and rungs(output)[7][1][4].endswith("- ACK, 1,000 bytes ---")


def test_half_close_in_use(run):
    output = run([
        row(1, 0, "client", 0x11, "FIN-WAIT-1", "CLOSE-WAIT", ["client ESTABLISHED -> FIN-WAIT-1"], active_close=1, close__kind=4,
            close__initiator=1),
        row(2, 45, "server", 0x18, "FIN-WAIT-2", "CLOSE-WAIT", size=70, half_close=1, half_close__duration="45.000000000",
            half_close__bytes=70, close__kind=4, close__initiator=1, expert__tcp_wait_risk="x", expert__tcp_wait_expired="x",
            firewall__timer="TCP wait", firewall__timeout="30.000000000")])
    assert "half-close in use by the client; half-closed for 45.00 s, 70 bytes after the FIN" in output
    assert "half-close by the client in use" in notes(output, 2)
    assert "the firewall's TCP wait of 30 s has run out" in notes(output, 2)
    assert "TCP wait has expired" in notes(output, 2)
    assert re.search(r"^ +: +45\.00 s of silence +:$", output, re.MULTILINE)


def test_pause_counts_what_has_no_line(run):
    """Between two lines: how many packets each way, their bytes, and how long it took if that is a second or more."""
    def plain(frame, time, sender, size):
        return row(frame, time, sender, 0x10, "ESTABLISHED", "ESTABLISHED", size=size)
    output = run([row(1, 0, "client", 0x02, "SYN-SENT", "LISTEN", ["client CLOSED -> SYN-SENT"]),
                  plain(2, 0.1, "client", 5), plain(3, 0.2, "server", 1000), plain(4, 0.3, "client", 0),
                  row(5, 3, "client", 0x11, "FIN-WAIT-1", "CLOSE-WAIT", ["client ESTABLISHED -> FIN-WAIT-1"], active_close=1),
                  plain(6, 3.2, "server", 0)])
    gaps = [line.strip(" :") for line in output.splitlines() if re.match(r" +:.*:$", line)]
    assert gaps == ["2 packets ->, 1 packet <-, 1,005 bytes, in 3.00 s", "1 packet <-"]


def test_a_storm_of_resets_is_one_line(run):
    rows = [row(1, 0, "client", 0x11, "FIN-WAIT-1", "CLOSE-WAIT", ["client ESTABLISHED -> FIN-WAIT-1"], active_close=1)]
    rows += [row(frame, frame, "client", 0x04, "CLOSED", "CLOSED", reset__acceptance=3, reset__cause=4, reset__origin=1)
             for frame in range(2, 502)]
    output = run(rows)
    assert list(rungs(output)) == [1, 2]
    assert "499 more like it, in 8 min 19 s" in output


def test_a_long_ladder_is_cut_except_on_request(run):
    # Alternating flags: no two neighbours are alike.
    rows = [row(frame, frame, "client", 0x14 if frame % 2 else 0x04, "CLOSED", "CLOSED", reset__acceptance=3)
            for frame in range(1, 301)]
    short, whole = run(rows), run(rows, arguments=["--stream", "0"])
    assert len(rungs(short)) == 55 and "245 more rows, --stream 0 shows them" in short
    assert len(rungs(whole)) == 300 and "more rows" not in whole


def test_a_second_sighting_has_no_line(run):
    one = row(1, 0, "client", 0x11, "FIN-WAIT-1", "CLOSE-WAIT", ["client ESTABLISHED -> FIN-WAIT-1"], active_close=1)
    again = one | {"frame.number": "2", "tcpstate.duplicate": "True", "tcpstate.transition": ""}
    output = run([one, again])
    assert list(rungs(output)) == [1] and "1 packet (1 seen a second time)" in output


def test_verdict_below_the_ladder(run):
    plain = {**VERDICT, "verdict__evidence": [1, 3]}
    output = run([row(1, 0, "client", 0x18, "ESTABLISHED", "ESTABLISHED", size=10, midstream="True", **plain),
                  row(2, 1, "client", 0x18, "ESTABLISHED", "ESTABLISHED", size=10, **plain),
                  row(3, 2, "client", 0x18, "ESTABLISHED", "ESTABLISHED", size=10, **plain)])
    assert list(rungs(output)) == [1, 3]  # the evidence has lines
    assert re.search(r"^ +\*3 ", output, re.MULTILINE) and not re.search(r"^ +\*2 ", output, re.MULTILINE)
    below = output[output.index("VERDICT"):]
    assert below.startswith("VERDICT, likely: killed by a firewall's idle timer\n")
    assert "why: It spoke. Nobody answered." in below
    assert "what to change: Change it." in below
    assert "evidence: frames 1, 3, marked *" in below


def test_tunnel_ipv6_in_ipv4(run):
    """The addresses are those just above the TCP header, and two segments of a frame are two packets."""
    inner = row(1, 0, "client", 0x02, "SYN-SENT", "LISTEN", ["client CLOSED -> SYN-SENT"],
                protocols="eth:ethertype:ip:ipv6:tcp:http") | {"ipv6.src": "2001:db8::1", "ipv6.dst": "2001:db8::2"}
    assert "[2001:db8::1]:40000 -> [2001:db8::2]:80" in run([inner])
    two = row(2, 1, "client", 0x02, "SYN-SENT", "LISTEN") | {
        "frame.protocols": "eth:ethertype:ip:tcp:data:ip:tcp", "ip.src": several("10.0.0.1", "192.0.2.1"),
        "ip.dst": several("10.0.0.2", "192.0.2.2"), "tcp.stream": several(0, 1), "tcp.srcport": several(40000, 7),
        "tcp.dstport": several(80, 9), "tcp.flags": several("0x0002", "0x0012"), "tcp.len": several(0, 5),
        "tcpstate.states": several("SYN-SENT/LISTEN", "ESTABLISHED/SYN-RECEIVED"), "tcpstate.sender": several(1, 2),
        "tcpstate.close.kind": several(0, 5), "tcpstate.verdict": several(0, 0),
        "tcpstate.transition": several("client CLOSED -> SYN-SENT", "server LISTEN -> SYN-RECEIVED",
                                       "client SYN-SENT -> ESTABLISHED")}
    output = run([two], arguments=["--all"])
    assert "stream 1  192.0.2.2:9 -> 192.0.2.1:7" in output
    upper, lower = output.split("stream 1")
    assert sides(upper, 2) == ("SYN-SENT", "LISTEN") and "never opened: 1 SYN unanswered" in upper
    assert sides(lower, 2) == ("ESTABLISHED", "SYN-RECEIVED") and "reset" in lower


def test_quoted_in_icmp_is_no_packet(run):
    quoted = row(1, 0, "client", 0x02, "", "") | {"tcpstate.states": "", "frame.protocols": "eth:ethertype:ip:icmp:ip:tcp"}
    run([quoted], expected=1)
    assert "1 packet, none of them TCP" in run.errors


# --- many connections --------------------------------------------------------------------------------------


def of_every_sort():
    """Stream 0 is ordinary, 1 has a strange reset, 2 a half-open peer, 3 is at risk, 4 was killed, 5 acquitted."""
    def one(stream, **more):
        return row(stream + 1, stream, "client", 0x18, "ESTABLISHED", "ESTABLISHED", ["client UNKNOWN -> ESTABLISHED"], size=10,
                   stream=stream, **more)
    return [one(0), one(1) | {"tcp.flags": "0x0004", "tcpstate.reset.origin": "2", "tcpstate.reset.acceptance": "1"},
            one(2, half_open=1), one(3, firewall__at_risk="True"), one(4, **VERDICT),
            one(5, **{**VERDICT, "verdict": 10, "killed": "", "verdict__confidence": 4})]


def test_worth_looking_at_first(run):
    """A ladder of each, in order of severity; the ordinary one has a line."""
    output = run(of_every_sort())
    assert ladders(output) == [4, 3, 2, 1, 5]
    titles = re.findall(r"^([A-Z][A-Z -]+): 1 connection", output, re.MULTILINE)
    assert titles == ["KILLED ON THE WAY", "AT RISK", "HALF-OPEN", "STRANGE RESETS", "NOT THE FIREWALL", "NOTHING STRANGE"]
    assert "AT RISK: nothing is lost yet" in output
    assert re.search(r"^ +0  10\.0\.0\.1:40000 -> 10\.0\.0\.2:80 +open at the end", output, re.MULTILINE)
    assert output.splitlines()[0] == "sample.pcapng: 6 TCP connections, 6 packets"
    head = re.sub(r"\n {12}", " ", output.split("\n\n")[0])
    assert "5.00 s from 2023-11-14 22:13:20.000 UTC" in head
    assert "closed:   6 still open" in head
    assert "1 killed by a firewall's idle timer (likely)" in head
    assert "1 not a firewall: the host resets late data (certain)" in head
    assert "look at:  1 killed on the way, 1 at risk, 1 half-open, 1 with strange resets, 1 judged not to be the" in head


def test_unanswered_at_the_end(run):
    """Seven SYNs over a minute, and five segments over 6 s: too little for a verdict, and not nothing."""
    opens = ["client CLOSED -> SYN-SENT"]
    syns = [row(number + 1, 10 * number, "client", 0x02, "SYN-SENT", "LISTEN", [] if number else opens) for number in range(7)]
    output = run(syns)
    assert "never opened: 7 SYNs unanswered" in output
    # In a capture with others it has a heading of its own.
    other = row(50, 0, "client", 0x18, "ESTABLISHED", "ESTABLISHED", ["client UNKNOWN -> ESTABLISHED"], stream=1)
    titles = re.findall(r"^([A-Z][A-Z -]+): 1 connection", run([*syns, other]), re.MULTILINE)
    assert titles == ["UNANSWERED AT THE END", "NOTHING STRANGE"]

    def data(frame, time, sender):
        return row(frame, time, sender, 0x18, "ESTABLISHED", "ESTABLISHED", [], size=100)
    dying = [data(1, 0, "server"), *(data(2 + number, 1 + number * 1.5, "client") for number in range(5))]
    assert "UNANSWERED AT THE END: 1 connection" in run([*dying, other])
    # One that is answered is not; nor is one whose other direction was never captured, nor what came within a moment.
    for fine in ([*dying, data(9, 8, "server")], dying[1:],
                 [data(1, 0, "server"), *(data(2 + number, 1 + number / 10, "client") for number in range(5))]):
        assert "UNANSWERED" not in run([*fine, other])


def test_only_possible_is_perhaps_killed(run):
    output = run([row(1, 0, "client", 0x18, "ESTABLISHED", "ESTABLISHED", ["client UNKNOWN -> ESTABLISHED"], size=10,
                      **{**VERDICT, "killed": "", "verdict__confidence": 2, "verdict__evidence": "1\x1f7"})], arguments=["--all"])
    assert "VERDICT, possible" in output
    assert "evidence: frame 1, marked *; elsewhere (another connection, or ICMP): frame 7" in output
    overview = run([row(1, 0, "client", 0x18, "ESTABLISHED", "ESTABLISHED", [], stream=0),
                    row(2, 1, "client", 0x18, "ESTABLISHED", "ESTABLISHED", [], stream=1,
                        **{**VERDICT, "killed": "", "verdict__confidence": 2})])
    assert "look at:  1 perhaps killed on the way" in overview
    assert re.search("^PERHAPS KILLED ON THE WAY: 1 connection", overview, re.MULTILINE)
    assert not re.search("^KILLED", overview, re.MULTILINE)


def test_all_and_stream(run):
    assert ladders(run(of_every_sort(), arguments=["--all"])) == [0, 1, 2, 3, 4, 5]
    assert ladders(run(of_every_sort(), arguments=["--stream", "5", "--stream", "0"])) == [0, 5]
    assert run(of_every_sort(), arguments=["--stream", "6"], expected=2) == ""
    assert "no stream 6: its TCP streams are 0 to 5" in run.errors


def test_many_connections_are_cut_and_stay_linear(run):
    rows = [row(number + 1, number, "client", 0x02, "SYN-SENT", "LISTEN", ["client CLOSED -> SYN-SENT"], stream=number)
            for number in range(20000)]
    output = run(rows)
    assert len(output.splitlines()) < 50
    assert "... and 19,970 more, --all shows them" in output
    # A flood of one sort does not hide the next: five ladders of each, and a list.
    for each in rows:
        each["tcpstate.half_open"] = "2"
    rows[777] |= {"tcp.flags": "0x0004", "tcpstate.reset.origin": "2", "tcpstate.half_open": ""}
    output = run(rows)
    assert ladders(output) == [0, 1, 2, 3, 4, 777]
    assert "HALF-OPEN: 19,999 connections" in output and "half-open: peer silent" in output


def test_a_late_handshake_is_not_half_open(run):
    def rows(server):
        return [row(1, 0, "client", 0x02, "SYN-SENT", "LISTEN", stream=0, half_open=5),
                row(2, 1, "client", 0x10, "ESTABLISHED", server, stream=0),
                row(3, 2, "client", 0x02, "SYN-SENT", "LISTEN", stream=1)]
    assert "HALF-OPEN" not in run(rows("ESTABLISHED"))
    assert "HALF-OPEN" in run(rows("SYN-RECEIVED"))


# --- what tshark says, and what is passed on ---------------------------------------------------------------


@pytest.mark.parametrize("errors, status, said", [
    ('tshark: The file "sample" appears to have been cut short in the middle of a packet.\n', 1, "cut short"),
    ('tshark: The file "sample" appears to be damaged or corrupt.\n(pcap: the packet is too big)\n', 1, "too big"),
    ('tshark: The file "sample" isn\'t a capture file in a format TShark understands.\n', 2, "no capture file"),
    ('tshark: "foo" is not a valid protocol or protocol field.\n    foo == 1\n    ^~~\n', 2, '"foo" is not a valid'),
])
def test_complaints_are_one_line(run, errors, status, said):
    run([], errors, 2, expected=status)
    first = run.errors.splitlines()[0]
    assert said in first and "^" not in first
    assert len(run.errors.splitlines()) <= 2


def test_cut_short_shows_what_could_be_read(run):
    rows = rows_of_truth("three-segments-56421")[:4]
    cut = 'tshark: The file "x" appears to have been cut short in the middle of a packet.'
    assert sides(run(rows, cut, 2, expected=1), 1) == ("SYN-SENT", "LISTEN")
    assert "sample.pcapng is cut short" in run.errors
    document = json.loads(run(rows, cut, 2, expected=1, arguments=["--json"]))
    assert document["capture"]["complete"] is False and "cut short" in document["capture"]["message"]


def test_options_go_to_tshark(run, tmp_path):
    run(rows_of_truth("three-segments-56421"), options=["-Y", "tcp.port == 80", "-d", "tcp.port==80,http"],
        arguments=["--profile", "PanOS-6.0"])
    assert (tmp_path / "arguments").read_text().splitlines()[-6:] == [
        "-o", "tcpstate.profile:panos-6.0", "-Y", "tcp.port == 80", "-d", "tcp.port==80,http"]


@pytest.mark.parametrize("option", ["-T", "-w", "-ejson"])
def test_options_that_would_change_what_is_read_are_refused(run, option):
    assert run([], options=[option, "x"], expected=2) == ""
    assert option[:2] in run.errors


def test_profiles_are_those_of_the_plugin(run):
    """tshark takes any name without a word."""
    run([], arguments=["--profile", "panos-60"], expected=2)
    assert 'no firewall profile "panos-60". Did you mean panos-6.0' in run.errors
    listed = run([], arguments=["--profile", "list"])
    names = [line.split()[0] for line in listed.splitlines()]
    assert {"any", "panos", "panos-6.0", "panos-6.1", "cisco-asa", "netfilter", "own"} < set(names)
    assert len(names) == len(set(names)) > 40
    assert names == [name for name, _ in profiles.known(PROFILES.read_text())]


def test_colour(run):
    rows = of_every_sort()
    assert "\033[" not in run(rows)  # a pipe
    coloured = run(rows, arguments=["--color", "always"])
    assert "\033[" in coloured
    assert re.sub(r"\033\[[0-9;]*m", "", coloured) == run(rows)
    assert "\033[" not in run(rows, arguments=["--json", "--color", "always"])


@pytest.mark.parametrize("seconds, text", [("0.000048", "48 us"), ("0.0123", "12.3 ms"), ("45", "45.00 s"), ("119.5", "119.50 s"),
                                           ("0.9999999", "1.00 s"), ("119.999", "1 min 59 s"), ("125", "2 min 05 s"),
                                           ("7322", "2 h 02 min"), ("180000", "2 days 02 h"), ("-45", "-45.00 s")])
def test_span(seconds, text):
    assert terms.span(fields.nanoseconds(seconds)) == text


def test_times_keep_their_nanoseconds():
    assert fields.nanoseconds("1795237253.154870739") == 1795237253154870739
    assert terms.seconds_text(1795237253154870739, 9) == "1795237253.154870739"
    assert fields.nanoseconds("-15.5") == -15 * SECOND - SECOND // 2


# --- JSON --------------------------------------------------------------------------------------------------


def test_json(run):
    rows = of_every_sort()
    rows[4]["tcpstate.verdict.evidence"] = several(5, 77)
    document = json.loads(run(rows, arguments=["--json"]))
    assert document["capture"]["connections"] == 6 and document["capture"]["complete"] is True
    assert document["capture"]["start"] == "1700000000.000000000"
    by_stream = {one["stream"]: one for one in document["connections"]}
    assert [by_stream[stream]["look"] for stream in range(6)] == [
        None, "strange resets", "half-open", "at risk", "killed on the way", "not the firewall"]
    assert by_stream[0]["verdict"] is None and by_stream[0]["states"] == {"client": "ESTABLISHED", "server": "ESTABLISHED"}
    assert by_stream[1]["resets"] == [{"frame": 2, "seconds": 0.0, "sender": "client", "cause": None, "origin": "middlebox",
                                       "acceptance": "accepted"}]
    assert by_stream[2]["half_open"] == [{"frame": 3, "how": "peer restarted or has forgotten it"}]
    assert by_stream[4]["killed"] is True
    assert by_stream[4]["verdict"] == {
        "number": 2, "kind": "timer", "words": "killed by a firewall's idle timer", "confidence": "likely",
        "reason": ["It spoke.", "Nobody answered."], "advice": ["Change it."], "evidence": [5, 77],
        "bracket": {"above": 10.5, "at_most": 20.000000001, "counted_from": "last packet", "needed": 20.000000001}}
    assert by_stream[5]["verdict"]["kind"] == "not a firewall"
    only = json.loads(run(rows, arguments=["--json", "--stream", "3"]))
    assert [one["stream"] for one in only["connections"]] == [3] and only["capture"]["connections"] == 6


# --- packet comments ---------------------------------------------------------------------------------------


def block(order, kind, body):
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


@pytest.mark.parametrize("order", "<>")
def test_comments_keep_everything_else(order):
    """Other blocks and options stay byte for byte; the section's length is no longer given."""
    def option(code, value):
        return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)
    section = struct.pack(order + "IHHq", store.MAGIC, 1, 0, 1234) + option(1, b"mine") + option(0, b"")
    interface, custom = bytes(8), struct.pack(order + "I", 4242) + b"secret!!"
    packet = struct.pack(order + "IIIII", 0, 1, 2, 5, 5) + b"hello\0\0\0"
    old = option(1, "é".encode()) + option(2, struct.pack(order + "I", 9)) + option(0, b"")
    source = (block(order, store.SECTION, section) + block(order, 1, interface) + block(order, 6, packet)
              + block(order, 6, packet + old) + block(order, 0xBAD, custom)
              + block(order, 3, struct.pack(order + "I", 5) + b"hello\0\0\0") + block(order, 6, packet))
    target = io.BytesIO()
    comments = [(1, 5, ["one"]), (2, 5, ["two"]), (2, 5, ["three"]), (4, 5, ["no room"]), (5, -1, ["last"])]
    assert store.annotate(io.BytesIO(source), target, comments, None) == 1
    assert target.getvalue() == (
        block(order, store.SECTION, section[:8] + b"\xff" * 8 + section[16:]) + block(order, 1, interface)
        + block(order, 6, packet + option(1, b"one") + option(0, b""))
        + block(order, 6, packet + old[:-4] + option(1, b"two") + option(1, b"three") + option(0, b""))
        + block(order, 0xBAD, custom) + block(order, 3, struct.pack(order + "I", 5) + b"hello\0\0\0")
        + block(order, 6, packet + option(1, b"last") + option(0, b"")))
    with pytest.raises(store.Unfit, match="frame 1 is not where it should be"):
        store.annotate(io.BytesIO(source), io.BytesIO(), [(1, 6, ["one"])], None)
    for damaged in (bytes(4), struct.pack(order + "IIIII", 0, 1, 2, 5000, 5) + b"hello\0\0\0"):
        with pytest.raises(store.Unfit, match="damaged"):
            store.annotate(io.BytesIO(source[:len(section) + 12] + block(order, 6, damaged)), io.BytesIO(),
                           [(1, -1, ["one"])], None)
    with pytest.raises(store.Unfit, match="before frame 9"):
        store.annotate(io.BytesIO(source), io.BytesIO(), [(9, 5, ["one"])], None)


# --- the command itself ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def command():
    """Runs captures/review, from the root folder."""
    if not (REPOSITORY / ".ci" / "prepare").exists():
        pytest.skip("there is no .ci/prepare")
    if os.environ.get("TCPSTATE_WIRESHARK_MM", "4.0") != "4.0":
        pytest.skip("captures/review uses the machine's own Wireshark")

    # What the first one says about the build is not the test's.
    subprocess.run([CAPTURES / "review", "--profile", "list"], capture_output=True, timeout=600, check=True)

    def command(*arguments, expected=0, **options):
        done = subprocess.run([CAPTURES / "review", *arguments], capture_output=True, text=True, cwd="/", timeout=600,
                              check=False, **options)
        assert done.returncode == expected, done.stderr
        return done
    return command


def test_command_default_sample(command):
    done = command()
    assert "closed by both sides at once: simultaneous close" in done.stdout
    assert "simultaneous close: the FINs cross" in notes(done.stdout, 8)
    assert max(len(line) for line in done.stdout.splitlines()) <= 100
    assert "\033" not in done.stdout and done.stderr == ""


@pytest.mark.parametrize("name", [path.name.removesuffix(".truth.json") for path in TRANSCRIPTS.glob("*.truth.json")])
def test_command_agrees_with_the_truth(command, name):
    """What the plugin makes of the sample reads as its truth reads."""
    output = command(TRANSCRIPTS / f"{name}.pcapng").stdout
    truth = json.loads((TRANSCRIPTS / f"{name}.truth.json").read_text())
    before = {"client": None, "server": None}
    for packet in truth["packets"]:
        if packet["transitions"] or packet["markers"]:
            now = {"client": packet["client"], "server": packet["server"]}
            assert sides(output, packet["frame"]) == tuple(now[side] if now[side] != before[side] else "" for side in now)
            for chain in terms.chains(packet["transitions"]):
                assert chain.count("->") == 1 and "(" not in chain or chain in notes(output, packet["frame"])
            before = now


@pytest.mark.parametrize("capture", ["lab/client-active-close.client", "lab/server-half-close.client",
                                     "lab/simultaneous-close.server", "lab/refused-ipv6.client"])
def test_json_agrees_with_the_kernel(command, capture):
    """How it closed and by whom, and the final states, as the lab's kernels had them where the capture was made."""
    folder, _, name = capture.partition("/")
    name, _, side = name.rpartition(".")
    truth = json.loads((CAPTURES / folder / f"{name}.truth.json").read_text())
    document = json.loads(command(CAPTURES / f"{capture}.pcapng", "--json").stdout)
    (found,) = document["connections"]
    expected = truth["expected"]
    assert (found["close"]["kind"], found["close"]["initiator"]) == (expected["kind"], expected.get("initiator", "none"))
    last = [sample for sample in truth["samples"] if sample.get("visible", True)][-1:]
    for sample in last:
        assert found["states"][side] == sample[side]
    address, port = truth["connections"][0]["client"]
    assert found["client"] == terms.endpoint(address, port)


JUDGED = {"none": (0,), "half-closed timer": (1,), "idle timer": (2,), "closing timer": (3,), "forged reset": (4,)}


@pytest.mark.parametrize("capture", ["five-idle-connections.client", "published-half-close-unanswered.server",
                                     "published-half-close-answered.server", "spoofed-exact-to-client.client",
                                     "half-closed-client-closes-peer-alive.server"])
def test_json_agrees_with_the_firewall(command, capture):
    """The verdict is one that the truth allows, and the firewall's true timer lies in the bracket."""
    name, _, side = capture.rpartition(".")
    truth = json.loads((FIREWALL / f"{name}.truth.json").read_text())
    preferences = {"half_closed_timeout": "half", "idle_timeout": "idle", "time_wait_timeout": "closing", "evidence_span": "span",
                   "evidence_copies": "copies"}
    options = [word for option, key in preferences.items() for word in ("-o", f"tcpstate.{option}:{truth['preferences'][key]}")]
    document = json.loads(command(FIREWALL / f"{capture}.pcapng", "--json", *options).stdout)
    found = {int(one["client"].rpartition(":")[2]): one for one in document["connections"]}
    for one in truth["connections"]:
        verdict = found[one["client_port"]]["verdict"]
        allowed = [text.partition("/") for text in one["judged"][side]]
        said = (verdict["number"] if verdict else 0, verdict["confidence"] if verdict else "")
        assert said in [(number, sure) for kind, _, sure in allowed for number in JUDGED[kind]]
        if one["judged"]["timer"] and verdict:
            assert verdict["bracket"]["above"] < one["judged"]["timer"] <= verdict["bracket"]["at_most"]
        if verdict and verdict["number"] in (1, 2, 3):
            assert verdict["evidence"] and found[one["client_port"]]["killed"]


def test_json_tells_who_sent_a_reset(command):
    truth = json.loads((FIREWALL / "spoofed-exact-to-client.truth.json").read_text())
    document = json.loads(command(FIREWALL / "spoofed-exact-to-client.client.pcapng", "--json").stdout)
    (one,) = document["connections"]
    began = fields.nanoseconds(one["start"])
    found = {began + round(reset["seconds"] * SECOND): reset for reset in one["resets"]}
    for seen in (seen for seen in truth["resets_seen"] if seen["at"] == "client"):
        near = min(found, key=lambda time: abs(time - seen["time"]))
        assert abs(near - seen["time"]) < 1000 and found[near]["origin"] == seen["origin"]
    assert [reset["cause"] for reset in one["resets"]][0] in truth["resets"][0]["causes"]


def comments_of(path):
    """What somebody without the plugin reads, by frame, and the whole capture's comment."""
    clean = {**os.environ, "HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}
    done = subprocess.run(["tshark", "-r", path, "-Y", "frame.comment", "-T", "fields", "-E", "aggregator=\x1f", "-e",
                           "frame.number",
                           "-e", "frame.comment"], capture_output=True, text=True, check=True, env=clean)
    plugins = subprocess.run(["tshark", "-G", "plugins"], capture_output=True, text=True, check=True, env=clean).stdout
    assert "tcpstate" not in plugins
    return {int(line.split("\t")[0]): line.split("\t")[1] for line in done.stdout.splitlines()}


@pytest.mark.parametrize("kind", ["pcapng", "pcap", "nsecpcap", "gz"])
def test_write_makes_comments(command, tmp_path, kind):
    """Marks and the verdict on their packets, from any format; times and bytes stay."""
    sample = FIREWALL / "published-half-close-unanswered.server.pcapng"
    source, target = tmp_path / f"source.{kind}", tmp_path / "annotated.pcapng"
    if kind == "pcapng":
        # It has a comment already.
        subprocess.run(["editcap", "-a", "17:seen before", sample, source], check=True)
    elif kind == "gz":
        with open(source, "wb") as file:
            subprocess.run(["gzip", "-c", sample], stdout=file, check=True)
    else:
        subprocess.run(["editcap", "-F", kind, sample, source], check=True)
    done = command(source, "--write", target)
    assert "8 comments written to" in done.stderr and "VERDICT" in done.stdout
    found = comments_of(target)
    assert list(found) == [1, 2, 3, 17, 18, 19, 27]
    assert "active close by the client" in found[17] and "[FIN-WAIT-1/CLOSE-WAIT]" in found[17]
    assert ("seen before" in found[17]) == (kind == "pcapng")
    assert "verdict, likely: killed by a firewall's half-closed timer" in found[27]
    assert "Evidence: frames 17, 19, 27" in found[27]
    # The capture is otherwise the same: times, lengths and bytes as tshark prints them.
    plain = [subprocess.run(["tshark", "-r", path, "-x", "-t", "e"], capture_output=True, text=True, check=True).stdout
             for path in (source, target)]
    assert plain[0] == plain[1]
    assert source.exists() and sorted(path.name for path in tmp_path.iterdir()) == [target.name, source.name]


def test_write_where_the_evidence_is_another_connections(command, tmp_path):
    """A sign of life on another connection is evidence too: the verdict stands on the connection's own last one."""
    sample = FIREWALL / "idle-client-speaks-peer-alive.client.pcapng"
    timers = ("-o", "tcpstate.idle_timeout:4", "-o", "tcpstate.evidence_span:3")
    target = tmp_path / "annotated.pcapng"
    command(sample, "--write", target, *timers)
    found = comments_of(target)
    document = json.loads(command(sample, "--json", *timers).stdout)
    one, = [one for one in document["connections"] if one["verdict"]]
    own = [packet["frame"] for packet in one["ladder"]]
    evidence = one["verdict"]["evidence"]
    assert set(evidence) - set(own), "the sign of life"
    last = max(frame for frame in evidence if frame in own)
    assert f"Connection: {one['client']} -> {one['server']}" in found[last]


def test_write_leaves_nothing_behind(command, tmp_path):
    """The input is never overwritten, and what cannot be reviewed leaves no file."""
    source = tmp_path / "mine.pcapng"
    shutil.copy(TRANSCRIPTS / "three-segments-56421.pcapng", source)
    before = source.read_bytes()
    (tmp_path / "link.pcapng").symlink_to(source)
    for name in ("mine.pcapng", "link.pcapng"):
        assert "overwrite the capture itself" in command(source, "--write", tmp_path / name, expected=2).stderr
    assert "no plain file" in command(source, "--write", tmp_path, expected=2).stderr
    assert "there is no folder" in command(source, "--write", tmp_path / "none" / "out", expected=2).stderr
    command(source, "--write", tmp_path / "out", "-Y", "tcp.port == 1", expected=1)
    command(source, "--write", tmp_path / "out", "-Y", "nonsense ==", expected=2)
    assert source.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.pcapng", "mine.pcapng"]


def test_command_file_that_only_its_owner_can_read(command, tmp_path):
    """Also for root, as whom tshark runs under another uid; and what is written is the caller's."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    copy = private / "mine.pcapng"
    shutil.copy(TRANSCRIPTS / "three-segments-56421.pcapng", copy)
    copy.chmod(0o600)
    done = command(copy, "--write", private / "out.pcapng")
    assert "closed in three segments, the client first" in done.stdout
    assert (private / "out.pcapng").stat().st_uid == os.geteuid()
    assert 8 in comments_of(private / "out.pcapng")
    with open(copy, "rb") as file:
        assert "closed in three segments, the client first" in command("-", stdin=file).stdout


def test_command_profile_changes_the_clock(command):
    """A FIN is answered after 45 s: past 30 s, not past 120 s."""
    sample = FIREWALL / "published-half-close-answered.server.pcapng"
    document = {name: json.loads(command("--profile", name, "--json", sample).stdout) for name in ("panos-6.0", "panos")}
    early, late = (document[name]["connections"][0] for name in ("panos-6.0", "panos"))
    assert early["verdict"] is None and late["verdict"] is None  # it was answered after 20 s
    sample = FIREWALL / "published-half-close-unanswered.server.pcapng"
    assert "has run out" in command("--profile=panos-6.0", sample).stdout
    assert "has run out" not in command("--profile=panos", sample).stdout
    assert "Did you mean panos" in command("--profile", "panoss", expected=2).stderr
    assert "panos-6.0" in command("--profile", "list").stdout


def test_command_complaints(command, tmp_path):
    nothing = command(tmp_path / "missing.pcapng", expected=2)
    assert nothing.stdout == "" and "no such file" in nothing.stderr
    assert "is a folder" in command(tmp_path, expected=2).stderr

    (tmp_path / "empty.pcap").touch()
    assert "is empty: 0 bytes" in command(tmp_path / "empty.pcap", expected=2).stderr
    assert "standard input is empty" in command("-", stdin=subprocess.DEVNULL, expected=2).stderr

    (tmp_path / "note.txt").write_text("This is no capture.\n" * 20)
    assert "no capture file" in command(tmp_path / "note.txt", expected=2).stderr
    # Wireshark opens pictures too.
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + bytes(17))
    assert "no capture file" in command(tmp_path / "picture.png", expected=2).stderr

    whole = (TRANSCRIPTS / "three-segments-56421.pcapng").read_bytes()
    (tmp_path / "cut.pcapng").write_bytes(whole[:-30])
    cut = command(tmp_path / "cut.pcapng", "--write", tmp_path / "out.pcapng", expected=1)
    assert "cut short" in cut.stderr
    assert sides(cut.stdout, 1) == ("SYN-SENT", "LISTEN")
    assert 1 in comments_of(tmp_path / "out.pcapng")

    arp = Capture()
    arp.raw(0, bytes.fromhex("ffffffffffff0200000000010806000108000604000102000000000a0a0000010000000000000a000002"))
    arp.write(tmp_path / "arp.pcapng")
    assert "none of them TCP" in command(tmp_path / "arp.pcapng", expected=1).stderr

    assert "tcpstat" in command("-Y", "tcpstat", expected=2).stderr
    assert "no packet passes -Y tcp.port == 1" in command("-Y", "tcp.port == 1", expected=1).stderr
    assert "unknown preference" in command("-o", "nonsense.x:1", expected=2).stderr


@pytest.mark.parametrize("arguments, said", [
    (("--nonsense",), "no option --nonsense"), (("--stream", "x"), "needs a number"),
    (("--stream",), "needs the number of a connection"),
    (("a", "b"), "one file at a time"), (("--profile=",), "needs a name"), (("--write=",), "needs the name"),
])
def test_wrong_words(command, arguments, said):
    done = command(*arguments, expected=2)
    assert said in done.stderr and len(done.stderr.splitlines()) == 1


def test_help_states_the_exit_status(command):
    said = command("--help").stdout
    assert "exit status: 0  reviewed" in said
    assert max(map(len, said.splitlines())) <= 120


def test_a_reader_that_stops_early_is_no_error(command):
    done = subprocess.run(f"{CAPTURES}/review | head -n 1; echo ${{PIPESTATUS[0]}}", shell=True, executable="/bin/bash",
                          capture_output=True, text=True, check=True)
    complaints = [line for line in done.stderr.splitlines() if "building" not in line]  # said where that takes a while
    assert done.stdout.splitlines()[1] == "0" and not complaints


def test_colour_on_a_terminal(command):
    """script(1) gives it a terminal; NO_COLOR takes the colours away."""
    def on_a_terminal(**environment):
        return subprocess.run(["script", "-qec", f"{CAPTURES}/review", "/dev/null"], capture_output=True, text=True, check=True,
                              stdin=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm", **environment}).stdout
    assert "\033[1m" in on_a_terminal()
    assert "\033[1m" not in on_a_terminal(NO_COLOR="1")


def test_progress_is_where_tshark_stands_in_the_file(tmp_path):
    """By the descriptors of a process that has the file open twice, as tshark has in its first pass, and then once."""
    path = tmp_path / "big.pcap"
    path.write_bytes(bytes(1000))
    script = ("import os, sys; a = os.open(sys.argv[1], 0); b = os.open(sys.argv[1], 0); os.read(a, 250); print(flush=True)\n"
              "sys.stdin.readline(); os.close(a); os.read(b, 990); print(flush=True); sys.stdin.readline()")
    words_ = [sys.executable, "-c", script, path]
    with subprocess.Popen(words_, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        progress = running.Progress(process, path, "folder/big.pcap", io.StringIO())
        process.stdout.readline()
        assert progress.words() == "big.pcap: first pass, 25 %"
        process.stdin.write("\n")
        process.stdin.flush()
        process.stdout.readline()
        progress.count(12345)
        assert progress.words() == "big.pcap: second pass, 99 %, 12,345 packets"
        assert progress.thread is None  # a pipe gets none of it


def test_table_is_up_to_date():
    """The table of captures/README.md has a row for every sample, as captures/table.py writes it."""
    done = subprocess.run([sys.executable, CAPTURES / "table.py", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
