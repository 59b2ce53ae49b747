"""Puts comments into a capture: every block of the input is kept, packets get comments in addition.

Reads pcapng (draft-ietf-opsawg-pcapng); any other format is turned into pcapng by editcap on the way.
"""

import struct
import subprocess

SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, ENHANCED_PACKET = 0x0A0D0D0A, 1, 2, 3, 6
# Blocks that Wireshark counts as frames too: systemd journal, sysdig and Falco events, custom blocks.
OTHER_FRAMES = {9, 0x204, 0x208, 0x216, 0x21B, 0x221, 0x222, 0x223, 0x227, 0x228, 0xBAD, 0x40000BAD}
MAGIC = 0x1A2B3C4D
END_OF_OPTIONS, COMMENT = 0, 1
LONGEST_COMMENT = 65000  # bytes; an option's length has 16 bits


class Unfit(Exception):
    """The capture cannot be annotated; the text says why."""


def padded(data):
    return data + bytes(-len(data) % 4)


def options_end(data, place, order):
    """Where the options from `place` on end: before opt_endofopt, if there is one."""
    while place + 4 <= len(data):
        code, size = struct.unpack_from(order + "HH", data, place)
        if code == END_OF_OPTIONS:
            break
        place += 4 + size + -size % 4
    return min(place, len(data))


def with_comments(body, place, order, comments):
    """A block's body with further comments; its options begin at `place`."""
    end = options_end(body, place, order)
    added = b""
    for comment in comments:
        text = comment.encode()[:LONGEST_COMMENT].decode(errors="ignore").encode()
        added += struct.pack(order + "HH", COMMENT, len(text)) + padded(text)
    return body[:end] + added + struct.pack(order + "HH", END_OF_OPTIONS, 0)


def blocks(file):
    """(byte order, type, body) of every block. A block that is cut short ends it."""
    order = "<"
    while len(head := file.read(8)) == 8:
        if head[:4] == struct.pack("<I", SECTION):
            magic = file.read(4)
            order = "<" if magic == struct.pack("<I", MAGIC) else ">"
            head += magic
        kind, size = struct.unpack(order + "II", head[:8])
        if size < 12 or size % 4 or len(head) > size:
            return
        rest = file.read(size - len(head))
        if len(rest) < size - len(head):
            return
        yield order, kind, head[8:] + rest[:-4]


def written(order, kind, body):
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def captured_length(order, body):
    """How many bytes of the packet a packet block has, by its own account."""
    captured = struct.unpack_from(order + "I", body, 12)[0] if len(body) >= 20 else len(body)
    if 20 + captured > len(body):
        raise Unfit("a packet block is damaged")
    return captured


def annotate(source, target, comments, capture_comment):
    """Copies pcapng from one file to another. `comments` gives (frame, captured length, texts) by frame.

    Returns how many comments found no room, since a Simple Packet Block has no options.
    """
    waiting = iter(comments)
    due = next(waiting, None)
    frame = without_room = 0
    for order, kind, body in blocks(source):
        if kind == SECTION:
            # Blocks grow, so the section's length is not known any more: -1 says so.
            body = body[:8] + struct.pack(order + "q", -1) + body[16:]
            if capture_comment:
                body = with_comments(body, 16, order, [capture_comment])
                capture_comment = None
        elif kind in OTHER_FRAMES:
            frame += 1
        elif kind in (OLD_PACKET, SIMPLE_PACKET, ENHANCED_PACKET):
            frame += 1
            texts = []
            while due and due[0] == frame:
                if kind != SIMPLE_PACKET and due[1] not in (-1, captured_length(order, body)):
                    raise Unfit(f"frame {frame} is not where it should be")
                texts += due[2]
                due = next(waiting, None)
            if texts and kind == SIMPLE_PACKET:
                without_room += len(texts)
            elif texts:
                captured = captured_length(order, body)
                body = with_comments(body, 20 + captured + -captured % 4, order, texts)
        target.write(written(order, kind, body))
    if due:
        raise Unfit(f"it ends before frame {due[0]}")
    return without_room


def annotate_file(path, target, comments, capture_comment, editcap="editcap"):
    """The same from a file of any format."""
    with open(path, "rb") as source:
        if source.read(4) == struct.pack("<I", SECTION):
            source.seek(0)
            return annotate(source, target, comments, capture_comment)
    with subprocess.Popen([editcap, "-F", "pcapng", path, "-"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as converter:
        try:
            without_room = annotate(converter.stdout, target, comments, capture_comment)
        except Unfit as error:
            converter.stdout.close()
            words = converter.stderr.read().decode(errors="replace").strip()
            raise Unfit(f"{error}{'; ' + words if words else ''}") from None
        converter.stderr.read()
    return without_room
