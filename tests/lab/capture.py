"""A capture at one host: every frame in the order in which the host saw it, with the kernel's nanosecond timestamps."""

import errno
import socket
import struct
import time

from packet import belongs, parse

ETH_P_ALL = 3
PACKET_OUTGOING = 4
PACKET_STATISTICS = 6
SOL_PACKET = 263
SO_RCVBUFFORCE = 33
SO_TIMESTAMPNS = 35
BUFFER = 32 * 1024 * 1024


class Capture:
    def __init__(self, namespace, interface, name):
        self.name = name
        self.frames = []   # (time, outgoing, bytes): what the file will hold
        self.packets = []  # the TCP packets among them, parsed
        with namespace.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.bind((interface, ETH_P_ALL))

    def drain(self):
        """Take over what the kernel has collected; the timestamps are the kernel's, so this need not be prompt."""
        while True:
            try:
                frame, extra, _, address = self._socket.recvmsg(65536, 128)
            except BlockingIOError:
                return
            except OSError as problem:
                if problem.errno == errno.ENETDOWN:  # said once, when somebody pulls the cable
                    continue
                raise
            if not belongs(frame):
                continue
            stamp = time.time_ns()
            for level, kind, data in extra:
                if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                    seconds, nanoseconds = struct.unpack("qq", data[:16])
                    stamp = seconds * 1_000_000_000 + nanoseconds
            outgoing = address[2] == PACKET_OUTGOING
            self.frames.append((stamp, outgoing, frame))
            packet = parse(frame, stamp, outgoing)
            if packet:
                self.packets.append(packet)

    def last(self):
        return self.frames[-1][0] if self.frames else 0

    def close(self):
        """Raises if the kernel had to leave out frames: such a capture proves nothing."""
        self.drain()
        _, dropped = struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        self._socket.close()
        if dropped:
            raise RuntimeError(f"the capture at the {self.name} lost {dropped} frames")


def _option(code, value):
    return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def _block(kind, body):
    length = 12 + len(body)
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def write_pcapng(path, frames, name):
    """Ethernet, nanoseconds; nothing in it names the machine on which it was made."""
    end = _option(0, b"")
    with open(path, "wb") as file:
        file.write(_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _option(4, b"tcpstate lab") + end))
        file.write(_block(1, struct.pack("<HHI", 1, 0, 0) + _option(2, name.encode()) + _option(9, b"\x09") + end))
        for stamp, outgoing, frame in frames:
            flags = _option(2, struct.pack("<I", 2 if outgoing else 1)) + end
            head = struct.pack("<IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame))
            file.write(_block(6, head + frame + b"\0" * (-len(frame) % 4) + flags))
