"""The review of a capture: its layout, its words and its complaints.

Most tests feed it with the fields that tshark would print, taken from the truth of the rebuilt transcripts or
written here, so that they test the review alone. The last ones run captures/review itself.
"""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pcapng import Capture

REPOSITORY = Path(__file__).resolve().parents[2]
CAPTURES = REPOSITORY / "captures"
TRANSCRIPTS = CAPTURES / "transcripts"
FIREWALL = CAPTURES / "firewall"

sys.dont_write_bytecode = True
sys.path.insert(0, str(CAPTURES / "reviewer"))

import reading  # noqa: E402
import words as said  # noqa: E402

KINDS = {kind: str(number) for number, kind in enumerate(said.KINDS)}
SIDES = {"none": "0", "client": "1", "server": "2", "both": "3"}
CLIENT, SERVER = ("10.0.0.1", 40000), ("10.0.0.2", 80)


def row(frame, time, sender, flags, client, server, steps=(), size=0, stream=0, protocols="eth:ethertype:ip:tcp", **more):
    """One line of tshark's output, as a dictionary by field name; `more` has __ for the dots."""
    source, destination = (CLIENT, SERVER) if sender == "client" else (SERVER, CLIENT)
    return {
        "frame.number": str(frame), "frame.time_epoch": f"{1700000000 + time:.9f}", "frame.protocols": protocols,
        "ip.src": source[0], "ip.dst": destination[0], "tcp.stream": str(stream), "tcp.srcport": str(source[1]),
        "tcp.dstport": str(destination[1]), "tcp.flags": f"0x{flags:04x}", "tcp.len": str(size),
        "tcpstate.states": f"{client}/{server}", "tcpstate.sender": SIDES[sender], "tcpstate.transition": "|".join(steps),
    } | {"tcpstate." + name.replace("__", "."): str(value) for name, value in more.items()}


@pytest.fixture
def run(tmp_path):
    """Runs the review over given rows by way of a stand-in for tshark."""
    def run(rows, errors="", status=0, options=(), expected=0, **environment):
        lines = "".join("\t".join(line.get(field, "") for field in reading.FIELDS) + "\n" for line in rows)
        (tmp_path / "rows").write_text(lines)
        (tmp_path / "errors").write_text(errors)
        fake = tmp_path / "tshark"
        fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/arguments\ncat {tmp_path}/rows\n'
                        f'cat {tmp_path}/errors >&2\nexit {status}\n')
        fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
        done = subprocess.run([sys.executable, CAPTURES / "reviewer", "--tshark", fake, "--name", "sample.pcapng",
                               *environment.pop("arguments", ()), "sample", *options], capture_output=True, text=True,
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


RUNG = re.compile(r" *(\d+) ([A-Z0-9-]+) *\|(<?-+.*-+>?)\| ([A-Z0-9-]+)(.*)$")


def printed(output, frame):
    """The lines that belong to a frame: its rung and what stands below in the last column."""
    lines = output.splitlines()
    first = next(number for number, line in enumerate(lines) if (found := RUNG.match(line)) and int(found[1]) == frame)
    found = [lines[first]]
    for line in lines[first + 1:]:
        if not re.match(r" {18}\| {34}\| {8}", line):
            break
        found.append(line)
    return found


def words(lines):
    """Those lines as one text, without the lane between the hosts."""
    return re.sub(r"\s+", " ", " ".join(re.sub(r"^ {18}\| {34}\|", "", line) for line in lines))


def test_simultaneous_close(run):
    output = run(rows_of_truth("simultaneous-close-56155"))
    assert "closed by both sides at once: simultaneous close" in output
    rung = RUNG.match(printed(output, 8)[0])
    assert (rung[2], rung[4]) == ("CLOSING", "CLOSING") and rung[3].startswith("-- FIN,ACK ") and rung[3].endswith(" --->")
    crossing = words(printed(output, 8))
    assert "active close by the client" in crossing
    assert "simultaneous close: the FINs cross" in crossing
    assert "client CLOSE-WAIT -> ESTABLISHED (corrected) -> FIN-WAIT-1 -> CLOSING" in crossing
    assert "server" not in crossing  # one step, which the state at the side shows
    assert RUNG.match(printed(output, 7)[0])[3].startswith("<--- FIN,ACK ")
    assert RUNG.match(printed(output, 9)[0])[4] == "TIME-WAIT"


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
    """Those and no others as rungs, within 100 columns; between them how many were left out."""
    truth = json.loads((TRANSCRIPTS / f"{name}.truth.json").read_text())
    output = run(rows_of_truth(name))
    shown = [int(found[1]) for found in map(RUNG.match, output.splitlines()) if found]
    assert shown == [packet["frame"] for packet in truth["packets"] if packet["transitions"] or packet["markers"]]
    assert max(len(line) for line in output.splitlines()) <= 100
    left_out = sum(int(number) for number in re.findall(r"\| +(\d+) packets?\b", output))
    assert len(shown) + left_out == len(truth["packets"])


def test_reset_and_midstream(run):
    output = run([
        row(7, 0, "server", 0x18, "ESTABLISHED", "ESTABLISHED",
            ["client UNKNOWN -> ESTABLISHED", "server UNKNOWN -> ESTABLISHED"], size=1000, midstream="True", close__kind=5),
        row(9, 0.25, "client", 0x14, "ESTABLISHED", "ESTABLISHED", midstream="True", reset__acceptance=3, reset__cause=10,
            close__kind=5),
        row(12, 1.5, "server", 0x04, "CLOSED", "CLOSED", ["server ESTABLISHED -> CLOSED", "client ESTABLISHED -> CLOSED"],
            midstream="True", reset__acceptance=1, reset__cause=2, reset__origin=1, close__kind=5)])
    assert "stream 0  10.0.0.1:40000 -> 10.0.0.2:80" in output  # the client's end, though the server sends first
    assert "reset by the server in frame 12" in output          # not in frame 9: that one was refused
    assert "begins in mid-stream" in words(printed(output, 7))
    assert "begins in mid-stream" not in words(printed(output, 12))
    assert "reset, refused, unacceptable" in words(printed(output, 9))
    assert "reset, accepted, abort, from the endpoint" in words(printed(output, 12))
    assert "1.500000" in printed(output, 12)[0] and "ACK 1000 B" in printed(output, 7)[0]


def test_half_close_in_use(run):
    output = run([
        row(1, 0, "client", 0x11, "FIN-WAIT-1", "CLOSE-WAIT", ["client ESTABLISHED -> FIN-WAIT-1"], active_close=1, close__kind=4,
            close__initiator=1),
        row(2, 45, "server", 0x18, "FIN-WAIT-2", "CLOSE-WAIT", size=70, half_close=1, half_close__duration="45.000000000",
            half_close__bytes=70, close__kind=4, close__initiator=1, expert__tcp_wait_expired="1")])
    assert "half-close in use by the client; half-closed for 45.00 s, 70 bytes after the FIN" in output
    assert "half-close by the client in use" in words(printed(output, 2))
    assert "TCP wait has expired" in words(printed(output, 2))


def test_tunnel_ipv6_in_ipv4(run):
    """The addresses are those just above the TCP header, and two segments of a frame are two packets."""
    inner = row(1, 0, "client", 0x02, "SYN-SENT", "LISTEN", ["client CLOSED -> SYN-SENT"],
                protocols="eth:ethertype:ip:ipv6:tcp:http") | {"ipv6.src": "2001:db8::1", "ipv6.dst": "2001:db8::2"}
    assert "[2001:db8::1]:40000 -> [2001:db8::2]:80" in run([inner])
    two = row(2, 1, "client", 0x02, "SYN-SENT", "LISTEN") | {
        "frame.protocols": "eth:ethertype:ip:tcp:data:ip:tcp", "ip.src": "10.0.0.1|192.0.2.1", "ip.dst": "10.0.0.2|192.0.2.2",
        "tcp.stream": "0|1", "tcp.srcport": "40000|7", "tcp.dstport": "80|9", "tcp.flags": "0x0002|0x0012", "tcp.len": "0|5",
        "tcpstate.states": "SYN-SENT/LISTEN|ESTABLISHED/SYN-RECEIVED", "tcpstate.sender": "1|2",
        "tcpstate.transition": "client CLOSED -> SYN-SENT|server LISTEN -> SYN-RECEIVED|client SYN-SENT -> ESTABLISHED"}
    output = run([two], arguments=["--all"])
    assert "stream 1  192.0.2.2:9 -> 192.0.2.1:7" in output
    upper, lower = output.split("stream 1")
    assert "SYN-SENT" in upper and "SYN-RECEIVED" not in upper
    assert "SYN-RECEIVED" in lower and "SYN-SENT" not in lower


def test_quoted_in_icmp_is_no_packet(run):
    quoted = row(1, 0, "client", 0x02, "", "") | {"tcpstate.states": "", "frame.protocols": "eth:ethertype:ip:icmp:ip:tcp"}
    run([quoted], expected=1)
    assert "1 packet, none of them TCP" in run.errors


@pytest.mark.parametrize("errors, status, said", [
    ('tshark: The file "sample" appears to have been cut short in the middle of a packet.\n', 2, "cut short"),
    ('tshark: The file "sample" isn\'t a capture file in a format TShark understands.\n', 2, "no capture file"),
    ('tshark: "foo" is not a valid protocol or protocol field.\n    foo == 1\n    ^~~\n', 2, '"foo" is not a valid'),
])
def test_complaints_are_one_line(run, errors, status, said):
    run([], errors, status, expected=1 if "cut" in said else 2)
    first = run.errors.splitlines()[0]
    assert said in first
    assert len(run.errors.splitlines()) <= 2


def test_cut_short_shows_what_could_be_read(run):
    rows = rows_of_truth("three-segments-56421")[:4]
    output = run(rows, 'tshark: The file "x" appears to have been cut short in the middle of a packet.', 2, expected=1)
    assert RUNG.match(printed(output, 1)[0])[2] == "SYN-SENT"
    assert "sample.pcapng is cut short" in run.errors


def test_options_go_to_tshark(run, tmp_path):
    run(rows_of_truth("three-segments-56421"), options=["-Y", "tcp.port == 80", "-d", "tcp.port==80,http"])
    assert (tmp_path / "arguments").read_text().splitlines()[-4:] == ["-Y", "tcp.port == 80", "-d", "tcp.port==80,http"]


def test_colour(run):
    rows = rows_of_truth("simultaneous-close-56155")
    assert "\033[" not in run(rows)  # a pipe
    coloured = run(rows, arguments=["--color", "always"])
    assert "\033[" in coloured
    assert re.sub(r"\033\[[0-9;]*m", "", coloured) == run(rows)


@pytest.mark.parametrize("seconds, text", [("0.000048", "48 us"), ("0.0123", "12.3 ms"), ("45", "45.00 s"), ("119.5", "119.50 s"),
                                           ("125", "2 min 05 s"), ("7322", "2 h 02 min")])
def test_span(seconds, text):
    assert said.span(seconds) == text


# --- the command itself ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def command():
    """Runs captures/review, from the root folder."""
    if not (REPOSITORY / ".ci" / "prepare").exists():
        pytest.skip("there is no .ci/prepare")
    if os.environ.get("TCPSTATE_WIRESHARK_MM", "4.0") != "4.0":
        pytest.skip("captures/review uses the machine's own Wireshark")

    def command(*arguments, **options):
        return subprocess.run([CAPTURES / "review", *arguments], capture_output=True, text=True, cwd="/", timeout=600,
                              check=False, **options)
    return command


def test_command_default_sample(command):
    done = command()
    assert done.returncode == 0, done.stderr
    assert "closed by both sides at once: simultaneous close" in done.stdout
    assert "simultaneous close: the FINs cross" in words(printed(done.stdout, 8))
    assert max(len(line) for line in done.stdout.splitlines()) <= 100


@pytest.mark.parametrize("name", [path.name.removesuffix(".truth.json") for path in TRANSCRIPTS.glob("*.truth.json")])
def test_command_agrees_with_the_truth(command, name):
    """What the plugin makes of the sample reads as its truth reads."""
    done = command(TRANSCRIPTS / f"{name}.pcapng")
    assert done.returncode == 0, done.stderr
    truth = json.loads((TRANSCRIPTS / f"{name}.truth.json").read_text())
    for packet in truth["packets"]:
        if packet["transitions"] or packet["markers"]:
            rung = RUNG.match(printed(done.stdout, packet["frame"])[0])
            assert (rung[2], rung[4]) == (packet["client"], packet["server"])
            assert rung[3].startswith("--" if packet["sender"] == "client" else "<---")


def test_command_file_that_only_its_owner_can_read(command, tmp_path):
    """Also for root, as whom tshark runs under another uid."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    copy = private / "mine.pcapng"
    shutil.copy(TRANSCRIPTS / "three-segments-56421.pcapng", copy)
    copy.chmod(0o600)
    done = command(copy)
    assert done.returncode == 0, done.stderr
    assert "closed in three segments, the client first" in done.stdout
    with open(copy, "rb") as file:
        assert "closed in three segments, the client first" in command("-", stdin=file).stdout


def test_command_complaints(command, tmp_path):
    nothing = command(tmp_path / "missing.pcapng")
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert "no such file" in nothing.stderr

    (tmp_path / "note.txt").write_text("This is no capture.\n" * 20)
    text = command(tmp_path / "note.txt")
    assert text.returncode == 2
    assert "no capture file" in text.stderr

    whole = (TRANSCRIPTS / "three-segments-56421.pcapng").read_bytes()
    (tmp_path / "cut.pcapng").write_bytes(whole[:-30])
    cut = command(tmp_path / "cut.pcapng")
    assert cut.returncode == 1
    assert "cut short" in cut.stderr
    assert RUNG.match(printed(cut.stdout, 1)[0])[2] == "SYN-SENT"

    udp = Capture()
    udp.raw(0, bytes.fromhex("ffffffffffff0200000000010806000108000604000102000000000a0a0000010000000000000a000002"))
    udp.write(tmp_path / "arp.pcapng")
    arp = command(tmp_path / "arp.pcapng")
    assert arp.returncode == 1
    assert "none of them TCP" in arp.stderr

    unknown = command("-Y", "tcpstat")
    assert unknown.returncode == 2
    assert "tcpstat" in unknown.stderr


# --- several connections -----------------------------------------------------------------------------------


VERDICT = {"verdict": 2, "verdict__confidence": 3, "verdict__reason": "It spoke.|Nobody answered.", "verdict__advice": "Change it.",
           "verdict__evidence": "1|3", "verdict__timer_min": "10.5", "verdict__timer_max": "20", "verdict__timer_basis": 2,
           "verdict__needed": "20"}


def several():
    """Stream 0 is ordinary, stream 1 killed, stream 2 at risk, stream 3 reset strangely."""
    def one(stream, frame, **more):
        return row(frame, stream, "client", 0x18, "ESTABLISHED", "ESTABLISHED",
                   ["client UNKNOWN -> ESTABLISHED"], size=10, stream=stream, **more)
    return [one(0, 1), one(1, 2, **VERDICT), one(2, 3, firewall__at_risk="True"),
            row(4, 9, "server", 0x04, "CLOSED", "CLOSED", stream=3, reset__cause=9, reset__origin=2, reset__acceptance=1,
                close__kind=5)]


def test_what_is_worth_looking_at_comes_first(run):
    output = run(several())
    assert output.splitlines()[0] == "sample.pcapng: 4 TCP connections, 4 packets in 9.00 s"
    assert re.search(r"closed: +3 open, 1 reset", output)
    assert re.search(r"verdicts: +1 killed by a firewall's idle timer \(likely\)", output)
    first, others = output.split("Worth looking at first\n")[1].split("The others\n")
    assert re.findall(r"^  stream (\d+)", first, re.MULTILINE) == ["1", "2", "3"]
    listed, *ladders = re.split(r"^stream ", others, flags=re.MULTILINE)
    assert re.findall(r"^  stream (\d+)", listed, re.MULTILINE) == ["0"]
    assert [ladder[0] for ladder in ladders] == ["1", "2", "3"]
    assert "VERDICT, likely: killed by a firewall's idle timer" in output
    assert "why: It spoke. Nobody answered." in output and "what to change: Change it." in output
    assert "evidence: frames 1, 3" in output


def test_all_and_stream(run):
    def ladders(output):
        return re.findall(r"^stream (\d+)", output, re.MULTILINE)
    assert ladders(run(several(), arguments=["--all"])) == ["0", "1", "2", "3"]
    assert ladders(run(several(), arguments=["--stream", "0", "--stream", "2"])) == ["0", "2"]
    assert run(several(), arguments=["--stream", "7"], expected=1) == ""
    assert "no TCP stream 7" in run.errors


def test_many_ordinary_connections_are_listed_in_short(run):
    rows = [row(frame, frame, "client", 0x02, "SYN-SENT", "LISTEN", ["client CLOSED -> SYN-SENT"], stream=frame)
            for frame in range(100)]
    output = run(rows)
    assert "Nothing strange" in output
    assert "... and 60 more; --all shows each" in output
    assert len(output.splitlines()) < 60


def test_json(run):
    document = json.loads(run(several(), arguments=["--json"]))
    assert document["complete"] is True
    by_stream = {each["stream"]: each for each in document["connections"]}
    assert by_stream[0]["verdict"] is None and by_stream[0]["close"] == {"kind": "open", "initiator": "none"}
    assert by_stream[1]["verdict"] == {
        "number": 2, "text": "killed by a firewall's idle timer", "confidence": "likely",
        "reason": ["It spoke.", "Nobody answered."], "advice": ["Change it."], "evidence": [1, 3],
        "timer": {"above": "10.5", "at_most": "20", "since": "last packet", "needed": "20"}}
    assert by_stream[2]["at_risk"] is True
    assert by_stream[3]["resets"] == [{"frame": 4, "sender": "server", "cause": "forged by a middlebox",
                                       "origin": "middlebox",
                                       "acceptance": "accepted"}]


# Samples whose truth is one connection with a verdict that its packets prove.
@pytest.mark.parametrize("capture", ["published-half-close-unanswered.server", "idle-client-speaks-peer-alive.client",
                                     "spoofed-exact-to-client.client", "late-data-client-closes-past-clock.server"])
def test_command_json_agrees_with_the_truth(command, capture):
    happened = json.loads((FIREWALL / f"{capture.split('.')[0]}.truth.json").read_text())
    chosen = happened["preferences"]
    done = command(FIREWALL / f"{capture}.pcapng", "--json", "-o", f"tcpstate.half_closed_timeout:{chosen['half']}", "-o",
                   f"tcpstate.idle_timeout:{chosen['idle']}", "-o", f"tcpstate.evidence_span:{chosen['span']}")
    assert done.returncode == 0, done.stderr
    short = {"half-closed timer": 1, "idle timer": 2, "forged reset": 4, "host reset late data": 10}
    said_of = {int(each["client"].rpartition(":")[2]): each["verdict"] for each in json.loads(done.stdout)["connections"]}
    for connection in happened["connections"]:
        allowed = {tuple(text.split("/")) for text in connection["judged"][capture.split(".")[1]] if text != "none"}
        verdict = said_of[connection["client_port"]]
        if not allowed:
            assert verdict is None
        else:
            assert (verdict["number"], verdict["confidence"]) in {(short[kind], sure) for kind, sure in allowed}


def test_command_writes_comments(command, tmp_path):
    """A colleague without the plugin reads them; the packets stay what they are."""
    source, target = FIREWALL / "published-half-close-unanswered.server.pcapng", tmp_path / "out.pcapng"
    done = command(source, "--write", target)
    assert done.returncode == 0, done.stderr

    def bare(path, *fields):
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        words_ = [word for field in fields for word in ("-e", field)]
        return subprocess.run(["tshark", "-r", path, "-T", "fields", *words_], capture_output=True, text=True, check=True,
                              env={**os.environ, "HOME": str(home)}).stdout.splitlines()
    same = ("frame.number", "frame.time_epoch", "frame.len", "tcp.seq_raw", "tcp.ack_raw", "tcp.checksum")
    assert bare(target, *same) == bare(source, *same)
    comments = dict(line.split("\t") for line in bare(target, "frame.number", "frame.comment"))
    assert "active close by the client" in comments["17"] and "evidence for the verdict in frame 27" in comments["17"]
    assert "VERDICT, likely: killed by a firewall's half-closed timer" in comments["27"]
    assert "timeout-tcpwait 50" in comments["27"]
    assert comments["20"] == ""

    # Classic pcap has no room for comments: the copy is pcapng. What is there already stays.
    again = command(target, "--write", tmp_path / "twice.pcapng")
    assert again.returncode == 0, again.stderr
    twice = dict(line.split("\t") for line in bare(tmp_path / "twice.pcapng", "frame.number", "frame.comment"))
    assert twice["17"].count("active close by the client") == 2


def test_command_refuses_what_would_hurt(command, tmp_path):
    copy = tmp_path / "mine.pcapng"
    shutil.copy(TRANSCRIPTS / "three-segments-56421.pcapng", copy)
    before = copy.read_bytes()
    for arguments, complaint in (((copy, "--write", copy), "is the capture itself"),
                                 ((copy, "--write", tmp_path / "no" / "out.pcapng"), "its folder is not there"),
                                 ((copy, "--stream", "x"), "number of a tcp.stream"),
                                 ((copy, "--profile", "panoss"), "there are: any panos-6.1"),
                                 ((copy, "--write"), "needs a value")):
        done = command(*arguments)
        assert done.returncode == 2 and complaint in done.stderr
    assert copy.read_bytes() == before


def test_command_takes_a_profile(command):
    """PAN-OS 6.1 and later keep a half-closed session for 120 s: 45 s do not reach that."""
    capture = FIREWALL / "published-half-close-unanswered.server.pcapng"
    assert "VERDICT, likely" in command(capture).stdout
    for name in ("panos", "panos-6.1"):
        assert "VERDICT, possible" in command(capture, "--profile", name).stdout
    assert "timeout-tcpwait 50" in command(capture, "--profile=panos-6.0").stdout


def test_table_is_up_to_date():
    """The table of captures/README.md has a row for every sample, as captures/table.py writes it."""
    done = subprocess.run([sys.executable, CAPTURES / "table.py", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
