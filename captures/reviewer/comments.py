"""The review inside the capture: what it says of a packet becomes a comment of that packet.

editcap makes a pcapng file of whatever Wireshark reads; this adds comments to its Enhanced Packet Blocks.
"""

import struct
import subprocess
import textwrap

from connection import words_of_marks
from words import CONFIDENCES, VERDICTS

SECTION_HEADER, ENHANCED_PACKET = 0x0A0D0D0A, 6
BIG, LITTLE = b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"
COMMENT = 1


def of(connections):
    """The comments, by frame number."""
    found = {}
    for connection in connections:
        for packet, first, _ in connection.shown:
            words = [*words_of_marks(packet, first), *packet.steps]
            if words:
                found.setdefault(packet.frame, []).append(
                    f"tcpstate: client {packet.client}, server {packet.server}: " + "; ".join(words))
        if connection.verdict:
            marks = connection.last.marks
            evidence = [int(frame) for frame in marks.get("verdict.evidence", [])] or [connection.last.frame]
            text = (f"tcpstate: VERDICT, {CONFIDENCES.get(connection.confidence, '')}: {VERDICTS.get(connection.verdict, '')}. "
                    f"Why: {' '.join(marks.get('verdict.reason', []))} "
                    f"What to change: {' '.join(marks.get('verdict.advice', []))} "
                    f"Evidence: frames {', '.join(map(str, evidence))}.")
            found.setdefault(evidence[-1], []).append(textwrap.shorten(text, 60000))
            for frame in evidence[:-1]:
                found.setdefault(frame, []).append(f"tcpstate: evidence for the verdict in frame {evidence[-1]}")
    return found


def write(source, target, comments):
    """Copies the capture with the comments. Returns how many packets got one."""
    with subprocess.Popen(["editcap", "-F", "pcapng", source, "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        with open(target, "wb") as out:
            written = add(run.stdout, out, comments)
        errors = run.stderr.read().decode(errors="replace").strip()
    if run.returncode and not written:
        raise RuntimeError(errors or f"editcap ended with status {run.returncode}")
    return written


def add(source, out, comments):
    """Copies pcapng block by block; those of packets that have comments get them. Returns how many."""
    order, frame, written = "<", 0, 0
    while len(head := source.read(8)) == 8:
        if head[:4] == b"\x0a\x0d\x0d\x0a":
            magic = source.read(4)
            order = ">" if magic == BIG else "<"
            head += magic
        kind, length = struct.unpack(order + "II", head[:8])
        body = head[8:] + source.read(length - len(head))
        if len(body) != length - 8:
            break  # cut short
        if kind == ENHANCED_PACKET:
            frame += 1
            if frame in comments:
                body = commented(body, comments[frame], order)
                written += 1
                out.write(struct.pack(order + "II", kind, len(body) + 8))
                out.write(body)
                continue
        out.write(head[:8])
        out.write(body)
    return written


def commented(body, texts, order):
    """The rest of a packet block (after type and length) with more comments, its trailing length included."""
    captured, = struct.unpack_from(order + "I", body, 12)
    options_at = 20 + (captured + 3) // 4 * 4
    options = b""
    for text in texts:
        value = text.encode()[:65000]
        options += struct.pack(order + "HH", COMMENT, len(value)) + value + b"\0" * (-len(value) % 4)
    rest = body[options_at:-4] or struct.pack(order + "HH", 0, 0)
    new = body[:options_at] + options + rest
    return new + struct.pack(order + "I", len(new) + 12)
