"""The rebuilt transcripts say what the printed ones say, read by plain tshark; and so does the writer behind them.

What is compared is the facts of each printed line: number, time, direction, frame length, flags, numbers, options
in their order, and for HTTP what the message is. Where today's tshark words a line otherwise than that of 2013 did
(it knows that a HEAD has no body; it takes the repeated FIN for a retransmission; it counts duplicate ACKs of a FIN
from the ACK before it) the difference is named below.
"""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from pcapng import (
    MICROSECONDS, NANOSECONDS, NOP, SACK_PERMITTED, Capture, fast_open, icmp_error, ipv4, ethernet, mac_of, mss,
    nanoseconds, timestamps, window_scale)

REPOSITORY = Path(__file__).resolve().parents[2]
TRANSCRIPTS = REPOSITORY / "captures" / "transcripts"
TSHARK = os.environ.get("TCPSTATE_TSHARK", "tshark").split()

# Number, time, > from the client or < from the server, frame length, then what the line says.
PRINTED = {
    "server-active-close-55876": """
        21 15.184532 > 78 SYN Seq=0 Win=65535 Len=0 MSS=1460 WS=16 TSval=816445360 TSecr=0 SACK_PERM=1
        22 15.286232 < 66 SYN,ACK Seq=0 Ack=1 Win=5840 Len=0 MSS=1430 SACK_PERM=1 WS=128
        23 15.286279 > 54 ACK Seq=1 Ack=1 Win=262144 Len=0
        24 15.286337 > 205 GET
        25 15.377931 < 60 ACK Seq=1 Ack=152 Win=6912 Len=0
        33 25.378766 < 60 FIN,ACK Seq=1 Ack=152 Win=6912 Len=0
        34 25.379010 > 54 ACK Seq=152 Ack=2 Win=262144 Len=0
        35 25.379271 > 54 FIN,ACK Seq=152 Ack=2 Win=262144 Len=0
        36 25.467514 < 60 ACK Seq=2 Ack=153 Win=6912 Len=0
    """,
    "client-active-close-56154": """
        1 0.000000 > 78 SYN Seq=0 Win=65535 Len=0 MSS=1460 WS=16 TSval=816940518 TSecr=0 SACK_PERM=1
        2 0.044037 < 78 SYN,ACK Seq=0 Ack=1 Win=32768 Len=0 MSS=1380 SACK_PERM=1 WS=1 TSval=3823454198 TSecr=816940518
        3 0.044278 > 66 ACK Seq=1 Ack=1 Win=131328 Len=0 TSval=816940561 TSecr=3823454198
        4 0.044447 > 208 HEAD
        5 0.151665 < 383 segment
        6 0.151972 > 66 ACK Seq=143 Ack=318 Win=131008 Len=0 TSval=816940667 TSecr=3823454209
        7 0.152167 > 66 FIN,ACK Seq=143 Ack=318 Win=131072 Len=0 TSval=816940667 TSecr=3823454209
        8 0.198413 < 66 ACK Seq=318 Ack=144 Win=32768 Len=0 TSval=3823454213 TSecr=816940561
        9 0.198646 > 66 DupACK=7#1 ACK Seq=144 Ack=318 Win=131072 Len=0 TSval=816940711 TSecr=3823454213
        10 0.203468 < 66 200
        11 0.203732 > 66 ACK Seq=144 Ack=319 Win=131072 Len=0 TSval=816940715 TSecr=3823454213
    """,
    "three-segments-56421": """
        1 0.145392 > 78 SYN Seq=0 Win=65535 Len=0 MSS=1460 WS=16 TSval=817520647 TSecr=0 SACK_PERM=1
        2 0.236713 < 74 SYN,ACK Seq=0 Ack=1 Win=14480 Len=0 MSS=1380 SACK_PERM=1 TSval=2005662022 TSecr=817520647 WS=128
        3 0.237021 > 66 ACK Seq=1 Ack=1 Win=131328 Len=0 TSval=817520736 TSecr=2005662022
        4 0.237193 > 207 HEAD
        5 0.330093 < 66 ACK Seq=1 Ack=142 Win=15616 Len=0 TSval=2005662116 TSecr=817520736
        6 0.331312 < 255 segment
        7 0.331584 > 66 ACK Seq=142 Ack=190 Win=131136 Len=0 TSval=817520829 TSecr=2005662116
        8 0.331977 > 66 FIN,ACK Seq=142 Ack=190 Win=131136 Len=0 TSval=817520829 TSecr=2005662116
        9 0.428806 < 66 FIN,ACK Seq=190 Ack=143 Win=15616 Len=0 TSval=2005662210 TSecr=817520829
        10 0.429067 > 66 ACK Seq=143 Ack=191 Win=131136 Len=0 TSval=817520925 TSecr=2005662210
    """,
    "simultaneous-close-56155": """
        12 6.023331 > 78 SYN Seq=0 Win=65535 Len=0 MSS=1460 WS=16 TSval=816946451 TSecr=0 SACK_PERM=1
        13 6.126083 < 78 SYN,ACK Seq=0 Ack=1 Win=4290 Len=0 MSS=1430 WS=1 TSval=1863626880 TSecr=816946451 SACK_PERM=1
        14 6.126398 > 66 ACK Seq=1 Ack=1 Win=131872 Len=0 TSval=816946553 TSecr=1863626880
        15 6.126548 > 209 HEAD
        16 6.249165 < 203 301
        17 6.249460 > 66 ACK Seq=144 Ack=138 Win=131728 Len=0 TSval=816946674 TSecr=1863627001
        18 6.249666 < 66 FIN,ACK Seq=138 Ack=144 Win=4433 Len=0 TSval=1863627001 TSecr=816946553
        19 6.249714 > 66 FIN,ACK Seq=144 Ack=138 Win=131728 Len=0 TSval=816946674 TSecr=1863627001
        20 6.249827 > 66 FIN,ACK Seq=144 Ack=139 Win=131728 Len=0 TSval=816946674 TSecr=1863627001
        21 6.354273 < 66 ACK Seq=139 Ack=145 Win=4433 Len=0 TSval=1863627108 TSecr=816946674
        22 6.354555 > 66 DupACK=20#1 ACK Seq=145 Ack=139 Win=131728 Len=0 TSval=816946777 TSecr=1863627108
        23 6.355058 < 66 DupACK=21#1 ACK Seq=139 Ack=145 Win=4433 Len=0 TSval=1863627108 TSecr=816946674
    """,
}

# Printed number -> what today's tshark says there instead.
TODAY = {
    # Since a HEAD is known to be answered without a body, the answer ends with its header, not with the FIN.
    ("client-active-close-56154", 5): {"message": "200"},
    ("client-active-close-56154", 10): {"message": "", "flags": "FIN,ACK", "Seq": 318, "Ack": 144, "Win": 32768, "Len": 0},
    # The FIN before it no longer counts as the ACK that is repeated.
    ("client-active-close-56154", 9): {"DupACK": "6#1"},
}

FIELDS = (
    "frame.time_epoch ip.src frame.len tcp.flags tcp.seq tcp.ack tcp.window_size tcp.len tcp.options.mss_val "
    "tcp.options.wscale.multiplier tcp.options.timestamp.tsval tcp.options.timestamp.tsecr tcp.option_kind "
    "tcp.analysis.duplicate_ack_frame tcp.analysis.duplicate_ack_num http.request.method http.response.code "
    "ip.checksum.status tcp.checksum.status"
).split()
FLAGS = {0x02: "SYN", 0x12: "SYN,ACK", 0x10: "ACK", 0x18: "PSH,ACK", 0x11: "FIN,ACK"}
OPTION_NAMES = {"2": "MSS", "3": "WS", "4": "SACK_PERM", "8": "TSval"}
# The order of MSS, WS and the others in a printed line; TSecr belongs to TSval.
OPTIONS = ("MSS", "WS", "TSval", "SACK_PERM")


def tshark(path_or_bytes, *arguments):
    """Standard output of plain tshark over a capture, which it gets through a pipe."""
    data = path_or_bytes if isinstance(path_or_bytes, bytes) else Path(path_or_bytes).read_bytes()
    checks = ("-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE")
    run = subprocess.run([*TSHARK, "-n", *checks, "-r", "-", *arguments], input=data, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, timeout=60, check=False)
    assert run.returncode == 0, run.stderr.decode()
    return run.stdout.decode()


def fields(path_or_bytes, *names):
    """One dictionary of field texts per packet."""
    arguments = [argument for name in names for argument in ("-e", name)]
    output = tshark(path_or_bytes, "-T", "fields", "-E", "occurrence=a", *arguments)
    return [dict(zip(names, line.split("\t"))) for line in output.splitlines()]


def printed_facts(line):
    """The facts of a printed line."""
    number, time, direction, length, *rest = line.split()
    facts = {"printed": int(number), "time": Decimal(time), "from": "client" if direction == ">" else "server",
             "length": int(length), "message": "", "options": []}
    for word in rest:
        name, equals, value = word.partition("=")
        if not equals and word.replace(",", "").isupper() and word not in ("GET", "HEAD"):
            facts["flags"] = word
        elif not equals:
            facts["message"] = word
        elif name == "DupACK":
            facts[name] = value
        else:
            facts[name] = int(value)
            if name in OPTIONS:
                facts["options"].append(name)
    return facts


def seen_facts(row, start, client, numbers):
    """The same facts of a packet as plain tshark sees it. `numbers` maps frame numbers to printed ones."""
    assert row["ip.checksum.status"] == row["tcp.checksum.status"] == "1", "a checksum is wrong"
    kinds = [OPTION_NAMES[kind] for kind in row["tcp.option_kind"].split(",") if kind in OPTION_NAMES]
    facts = {"time": Decimal(row["frame.time_epoch"]) - start,
             "from": "client" if row["ip.src"] == client else "server",
             "length": int(row["frame.len"]), "flags": FLAGS[int(row["tcp.flags"], 16)],
             "Seq": int(row["tcp.seq"]), "Win": int(row["tcp.window_size"]), "Len": int(row["tcp.len"]),
             "options": kinds, "message": row["http.request.method"] or row["http.response.code"]}
    if facts["Len"] and not facts["message"]:
        facts["message"] = "segment"
    if "ACK" in facts["flags"]:
        facts["Ack"] = int(row["tcp.ack"])
    if "SACK_PERM" in kinds:
        facts["SACK_PERM"] = 1
    for name, field in (("MSS", "tcp.options.mss_val"), ("WS", "tcp.options.wscale.multiplier"),
                        ("TSval", "tcp.options.timestamp.tsval"), ("TSecr", "tcp.options.timestamp.tsecr")):
        if row[field]:
            facts[name] = int(row[field])
    if row["tcp.analysis.duplicate_ack_num"]:
        first = numbers[int(row["tcp.analysis.duplicate_ack_frame"])]
        facts["DupACK"] = f"{first}#{row['tcp.analysis.duplicate_ack_num']}"
    return facts


def truth(name):
    return json.loads((TRANSCRIPTS / f"{name}.truth.json").read_text())


@pytest.fixture(scope="module", params=PRINTED)
def transcript(request):
    """Name, printed facts and facts seen by tshark of one transcript."""
    name = request.param
    told = truth(name)
    printed = [printed_facts(line) for line in PRINTED[name].split("\n") if line.strip()]
    rows = fields(TRANSCRIPTS / f"{name}.pcapng", *FIELDS)
    start = Decimal(nanoseconds(told["times_count_from"])) / 10**9
    client = told["endpoints"]["client"].rpartition(":")[0]
    numbers = {packet["frame"]: packet["printed"] for packet in told["packets"]}
    return name, printed, [seen_facts(row, start, client, numbers) for row in rows], numbers


def test_prints_what_the_transcript_prints(transcript):
    name, printed, seen, numbers = transcript
    assert len(seen) == len(printed)
    for frame, (expected, got) in enumerate(zip(printed, seen), 1):
        expected = dict(expected) | TODAY.get((name, expected["printed"]), {})
        assert numbers[frame] == expected.pop("printed")
        # A line that shows an HTTP message shows no flags, numbers or options.
        if expected["message"] or (name, numbers[frame]) in TODAY:
            expected.pop("options")
        for fact, value in expected.items():
            assert got.get(fact) == value, f"{name}, printed packet {numbers[frame]}: {fact}"
        assert got.get("DupACK") == expected.get("DupACK"), f"{name}, printed packet {numbers[frame]}"


def test_bytes_are_continuous(transcript):
    """Nothing is missing between the packets: each side's payload fills its numbers from 1 to its FIN."""
    _, _, seen, _ = transcript
    for side in ("client", "server"):
        reached = 0
        for packet in (packet for packet in seen if packet["from"] == side):
            assert packet["Seq"] <= reached
            reached = max(reached, packet["Seq"] + packet["Len"] + ("SYN" in packet["flags"]) + ("FIN" in packet["flags"]))


@pytest.mark.parametrize("name", PRINTED)
def test_rebuilding_gives_the_kept_file(name, tmp_path):
    subprocess.run([sys.executable, TRANSCRIPTS / "rebuild.py", tmp_path], check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / f"{name}.pcapng").read_bytes() == (TRANSCRIPTS / f"{name}.pcapng").read_bytes()


@pytest.mark.parametrize("name", PRINTED)
def test_truth_is_coherent(name):
    """Each packet's states follow from the packet before by the transitions written for it."""
    states = {"client": "CLOSED", "server": "LISTEN"}
    for number, packet in enumerate(truth(name)["packets"], 1):
        assert packet["frame"] == number
        for step in packet["transitions"]:
            side, before, arrow, after, *_ = step.split()
            assert (states[side], arrow) == (before, "->"), step
            states[side] = after
        assert (packet["client"], packet["server"]) == (states["client"], states["server"]), f"frame {number}"


# --- the writer --------------------------------------------------------------------------------------------


def small_capture(client, server, **isn):
    capture = Capture()
    link = capture.connection(client, server, **isn)
    c, s = link.client, link.server
    capture.at(0, c > s, "SYN", options=[mss(1400), NOP, window_scale(3), SACK_PERMITTED, timestamps(7, 0)])
    capture.at("0.000000001", s > c, "SYN,ACK", options=[mss(1300), NOP, window_scale(0), fast_open(b"cookie")])
    capture.at(0.1, c > s, "ACK", window=100)
    lost = capture.packet(c > s, "PSH,ACK", data="lost!")
    capture.at(0.2, c > s, "PSH,ACK", data="rest")
    capture.at(0.3, s > c, "ACK", ack=1, sacked=[(6, 10)])
    capture.again(0.4, lost, ttl=63, interface=1)
    capture.at(0.5, c > s, "FIN,ACK")
    capture.at(0.6, s > c, "RST")
    return capture


@pytest.mark.parametrize("isn", [{}, {"client_isn": 0xFFFFFFFC, "server_isn": 0xFFFFFFFF}], ids=["low", "wrap"])
@pytest.mark.parametrize("hosts", [("10.0.0.1:4000", "10.0.0.2:80"), ("[2001:db8::1]:4000", "[2001:db8::2]:80")],
                         ids=["ipv4", "ipv6"])
def test_writer_numbers(hosts, isn, tmp_path):
    capture = small_capture(*hosts, **isn)
    capture.write(tmp_path / "a.pcapng", interfaces=["inside"])
    rows = fields(tmp_path / "a.pcapng", "tcp.seq", "tcp.ack", "tcp.len", "tcp.flags", "tcp.window_size",
                  "tcp.checksum.status", "frame.interface_name", "tcp.options.sack_le", "tcp.options.mss_val",
                  "ip.ttl", "ipv6.hlim", "_ws.malformed")
    assert [(row["tcp.seq"], row["tcp.ack"], row["tcp.len"]) for row in rows] == [
        ("0", "0", "0"), ("0", "1", "0"), ("1", "1", "0"), ("6", "1", "4"), ("1", "1", "0"), ("1", "1", "5"),
        ("10", "1", "0"), ("1", "0", "0")]
    assert {row["tcp.checksum.status"] for row in rows} == {"1"}
    assert {row["_ws.malformed"] for row in rows} == {""}
    assert rows[2]["tcp.window_size"] == "800"  # 100 times two to the power of 3
    assert rows[4]["tcp.options.sack_le"] == "6"
    assert [row["frame.interface_name"] for row in rows] == ["inside"] * 5 + ["if1"] + ["inside"] * 2
    assert (rows[5]["ip.ttl"] or rows[5]["ipv6.hlim"]) == "63"
    assert int(rows[7]["tcp.flags"], 16) == 4


@pytest.mark.parametrize("resolution", [MICROSECONDS, NANOSECONDS])
@pytest.mark.parametrize("writer", ["write", "write_pcap"])
def test_writer_formats(writer, resolution, tmp_path):
    capture = small_capture("10.0.0.1:4000", "10.0.0.2:80")
    getattr(capture, writer)(tmp_path / "a", resolution=resolution, snaplen=60)
    rows = fields(tmp_path / "a", "frame.time_epoch", "frame.cap_len", "frame.len")
    second = Decimal(rows[1]["frame.time_epoch"])
    assert second - 1704067200 == (Decimal("0.000000001") if resolution == NANOSECONDS else 0)
    assert [row["frame.cap_len"] for row in rows][:2] == ["60", "60"]
    assert int(rows[0]["frame.len"]) == 14 + 20 + 20 + 20


def test_writer_quotes_in_icmp(tmp_path):
    capture = small_capture("10.0.0.1:4000", "10.0.0.2:80")
    quoted = capture.frames[3].frame[14:14 + 28]
    error = icmp_error("10.0.0.254", "10.0.0.1", 3, 13, quoted)
    capture.raw(0.7, ethernet(mac_of("10.0.0.254"), mac_of("10.0.0.1"), error, padded=True))
    inner = capture.frames[3].frame[14:]
    capture.raw(0.8, ethernet(mac_of("192.0.2.1"), mac_of("192.0.2.2"), ipv4("192.0.2.1", "192.0.2.2", 4, inner), vlan=5))
    capture.write(tmp_path / "a.pcapng")
    rows = fields(tmp_path / "a.pcapng", "frame.protocols", "icmp.checksum.status", "icmp.code", "ip.src", "vlan.id")
    assert (rows[-2]["frame.protocols"], rows[-2]["icmp.checksum.status"], rows[-2]["icmp.code"]) == (
        "eth:ethertype:ip:icmp:ip:tcp", "1", "13")
    assert rows[-1]["frame.protocols"].startswith("eth:ethertype:vlan:ethertype:ip:ip:tcp")
    assert (rows[-1]["ip.src"], rows[-1]["vlan.id"]) == ("192.0.2.1,10.0.0.1", "5")


def test_writer_refuses_unknown_flags():
    capture = Capture()
    link = capture.connection("10.0.0.1:1", "10.0.0.2:2")
    with pytest.raises(ValueError, match="FINN"):
        capture.at(0, link.client > link.server, "FINN,ACK")
