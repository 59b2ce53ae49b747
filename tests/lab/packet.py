"""What the lab itself must read from a captured frame: enough to find a packet again at the other host."""

import socket
import struct
from typing import NamedTuple

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
_NAMES = ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (PSH, "PSH"), (ACK, "ACK"))
_ND_AND_MLD = set(range(130, 138)) | {143}


class Packet(NamedTuple):
    time: int            # ns since the epoch
    outgoing: bool       # left the host at which it was captured
    source: tuple        # (address, port)
    target: tuple
    flags: int
    sequence: int
    acknowledgement: int
    length: int          # of the payload
    window: int
    identification: int  # IP identification; None in IPv6
    checksum: int

    def describe(self):
        names = ",".join(name for bit, name in _NAMES if self.flags & bit) or "no flags"
        return f"{names} seq {self.sequence} ack {self.acknowledgement} len {self.length}"

    def end(self):
        """The sequence number after the segment."""
        return (self.sequence + self.length + bool(self.flags & SYN) + bool(self.flags & FIN)) % 2**32

    def same(self):
        """Equal at both hosts for one packet, and different for a repetition of it (timestamps, identification)."""
        return (self.source, self.target, self.flags, self.sequence, self.acknowledgement, self.length, self.window,
                self.identification, self.checksum)


def at_or_after(number, other):
    """Sequence numbers compared modulo 2^32."""
    return (number - other) % 2**32 < 2**31


def makes_good(later, lost):
    """Whether a packet that arrived does what a lost one of the same sender would have done."""
    if (later.source, later.target) != (lost.source, lost.target) or (later.flags ^ lost.flags) & (SYN | RST):
        return False
    if lost.flags & RST:
        return later.sequence == lost.sequence
    if lost.end() != lost.sequence:
        return (at_or_after(lost.sequence, later.sequence) and at_or_after(later.end(), lost.end())
                and (later.flags & FIN or not lost.flags & FIN))
    return at_or_after(later.acknowledgement, lost.acknowledgement)


def belongs(frame):
    """TCP and ICMP belong into a capture; ARP, neighbour discovery and multicast reports are the lab's own noise."""
    kind = frame[12:14]
    if kind == b"\x08\x00":
        return frame[23] in (1, 6)
    if kind == b"\x86\xdd":
        return frame[20] == 6 or (frame[20] == 58 and frame[54] not in _ND_AND_MLD)
    return False


def parse(frame, time, outgoing):
    """The TCP header of an Ethernet frame, or None."""
    kind = frame[12:14]
    if kind == b"\x08\x00" and frame[23] == 6:
        start = 14 + (frame[14] & 15) * 4
        end = 14 + int.from_bytes(frame[16:18], "big")
        identification = int.from_bytes(frame[18:20], "big")
        addresses = [socket.inet_ntop(socket.AF_INET, frame[i:i + 4]) for i in (26, 30)]
    elif kind == b"\x86\xdd" and frame[20] == 6:
        start = 54
        end = 54 + int.from_bytes(frame[18:20], "big")
        identification = None
        addresses = [socket.inet_ntop(socket.AF_INET6, frame[i:i + 16]) for i in (22, 38)]
    else:
        return None
    source, target, sequence, acknowledgement, offset, flags, window, checksum = struct.unpack_from("!HHIIBBHH", frame, start)
    return Packet(time, outgoing, (addresses[0], source), (addresses[1], target), flags, sequence, acknowledgement,
                  end - start - (offset >> 4) * 4, window, identification, checksum)
