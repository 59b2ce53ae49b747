"""The two tables of what tcpstate says about public captures, each row read by hand in the packets.

verdicts.tsv has a row for each connection with a verdict, named by its first frame (tcp.stream counts otherwise in other
versions of Wireshark); resets.tsv has one for each RST; the last column says why it is right.
"""

import csv
import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERDICTS = HERE / "verdicts.tsv"
RESETS = HERE / "resets.tsv"
VERDICT_COLUMNS = ("file", "frame", "verdict", "confidence")
RESET_COLUMNS = ("file", "frame", "cause", "origin", "acceptance")
KEY = ("file", "frame")

UNREAD = "UNREAD"  # begins the reason of a row that nobody has compared with the packets
WRONG = "WRONG"  # begins the reason of a row that the packets contradict

VERDICT_WORDS = {1: "killed by a half-closed timer (TCP wait)", 2: "killed by an idle timer", 3: "killed by a closing timer",
                 4: "forged reset", 5: "rejected", 6: "session lost without a timer",
                 10: "not a firewall: host reset late data", 11: "not a firewall: peer gone",
                 12: "not a firewall: path outage", 13: "not a firewall: application silent",
                 14: "not a firewall: receiver window closed", 15: "not a firewall: path MTU",
                 16: "not a firewall: closed by the peer's own timer"}


def folder():
    """Where the captures are: they are others' and no part of this repository. None if they are not there."""
    given = os.environ.get("TCPSTATE_PUBLIC_CAPTURES")
    path = Path(given) if given else HERE.parents[2].parent / "shared" / "captures"
    return path if path.is_dir() else None


def captures():
    """Their names, relative to the folder."""
    root = folder()
    if root is None:
        return []
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.suffix in (".pcap", ".pcapng", ".cap"))


def read(table):
    """The rows of a table: each a dictionary."""
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def write(table, columns, rows):
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, (*columns, "why"), delimiter="\t", quoting=csv.QUOTE_NONE, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def is_read(row):
    """True if the reason says what the packets show, and that the row agrees with it."""
    why = row["why"] or ""
    return len(why) >= 20 and not why.startswith((UNREAD, WRONG))


def said(wireshark, path, name, words):
    """What the plugin says of a capture: its verdict rows and its reset rows, without the reasons. `words`: value strings."""
    ends = [f"{protocol}.{end}" for protocol in ("ip", "ipv6", "tcp") for end in ("src", "dst", "srcport", "dstport")
            if (protocol == "tcp") == end.endswith("port")]
    said = ["tcpstate.verdict", "tcpstate.verdict.confidence", "tcpstate.reset.cause", "tcpstate.reset.origin",
            "tcpstate.reset.acceptance"]
    verdicts, resets = {}, []
    for packet in wireshark.fields(path, ["frame.number", *ends, *said], "-2", "-Y", "tcpstate"):
        word = {field: words[field][int(packet[field][-1])] for field in said if packet[field] and packet[field][-1] != "0"}
        frame = packet["frame.number"][0]
        if "tcpstate.verdict" in word:
            verdict, confidence = word["tcpstate.verdict"], word["tcpstate.verdict.confidence"]
            # The same addresses and ports may serve several connections, each with its verdict on every packet.
            connection = frozenset(packet[end][-1] for end in ends if packet[end])
            verdicts.setdefault((connection, verdict, confidence),
                                {"file": name, "frame": frame, "verdict": verdict, "confidence": confidence})
        if "tcpstate.reset.cause" in word:
            resets.append({"file": name, "frame": frame,
                           **{column: word[f"tcpstate.reset.{column}"] for column in RESET_COLUMNS[2:]}})
    return list(verdicts.values()), resets
