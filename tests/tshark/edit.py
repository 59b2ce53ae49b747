"""Change single packets of a capture that exists: take a sign away from a sample, or put one on.

    sample = Sample.read(path)
    sample.hop_limit(19, 63)         as if frame 19 had come from where TTL 63 comes from
    sample.delay(20, 0.030)          later, and behind whatever comes before it then
    sample.drop(20, 21)              as if they had never been sent, or not captured
    sample.write(new_path)

A packet is named by its number in the sample as it was read, whatever has been done since; `place` tells its number in
the file that will be written. Checksums are made right where they were right before.
"""

import dataclasses
import struct

from pcapng import LINKTYPE_ETHERNET, NANOSECONDS, RST, TCP, Stored, checksum, nanoseconds, pcapng

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6  # kinds of pcapng blocks
RESOLUTION, END = 9, 0  # pcapng options
ETHERNET_HEADER = 14
IPV6_HEADER = 40


@dataclasses.dataclass(eq=False)
class Frame:
    """A captured frame with a TCP segment in it, as bytes that can be changed in place."""

    number: int  # in the sample as it was read; 0: put in later
    time: int  # nanoseconds
    interface: int
    data: bytearray

    @property
    def version(self):
        return self.data[ETHERNET_HEADER] >> 4

    @property
    def tcp_offset(self):
        if self.version == 6:
            return ETHERNET_HEADER + IPV6_HEADER
        return ETHERNET_HEADER + (self.data[ETHERNET_HEADER] & 0xF) * 4

    @property
    def end(self):
        """Behind the IP packet: short Ethernet frames are padded."""
        if self.version == 6:
            return ETHERNET_HEADER + IPV6_HEADER + self.number16(ETHERNET_HEADER + 4)
        return ETHERNET_HEADER + self.number16(ETHERNET_HEADER + 2)

    @property
    def source(self):
        """Its address and port, as bytes: who sent it, or is said to have sent it."""
        at, length = (8, 16) if self.version == 6 else (12, 4)
        address = bytes(self.data[ETHERNET_HEADER + at:ETHERNET_HEADER + at + length])
        return address + bytes(self.data[self.tcp_offset:self.tcp_offset + 2])

    @property
    def hop_limit(self):
        return self.data[ETHERNET_HEADER + (7 if self.version == 6 else 8)]

    @property
    def identification(self):
        return 0 if self.version == 6 else self.number16(ETHERNET_HEADER + 4)

    @property
    def flags(self):
        return self.data[self.tcp_offset + 13]

    @property
    def sequence(self):
        return struct.unpack_from("!I", self.data, self.tcp_offset + 4)[0]

    def number16(self, offset):
        return struct.unpack_from("!H", self.data, offset)[0]

    def is_tcp(self):
        protocol = self.data[ETHERNET_HEADER + (6 if self.version == 6 else 9)]
        return self.version in (4, 6) and protocol == TCP

    # --- checksums -------------------------------------------------------------------------------------------

    def ip_sum(self):
        """What RFC 1071 gives for the IPv4 header: 0 if its checksum is right."""
        return 0 if self.version == 6 else checksum(bytes(self.data[ETHERNET_HEADER:self.tcp_offset]))

    def tcp_sum(self):
        """The same for the segment with its pseudo header."""
        at, length = (8, 32) if self.version == 6 else (12, 8)
        addresses = bytes(self.data[ETHERNET_HEADER + at:ETHERNET_HEADER + at + length])
        segment = bytes(self.data[self.tcp_offset:self.end])
        return checksum(addresses + struct.pack("!II", len(segment), TCP) + segment)

    def change(self, offset, value):
        """Puts bytes in place of others, and keeps right what was right."""
        ip_right, tcp_right = self.ip_sum() == 0, self.tcp_sum() == 0
        self.data[offset:offset + len(value)] = value
        if ip_right and self.version == 4:
            struct.pack_into("!H", self.data, ETHERNET_HEADER + 10, 0)
            struct.pack_into("!H", self.data, ETHERNET_HEADER + 10, self.ip_sum())
        if tcp_right:
            struct.pack_into("!H", self.data, self.tcp_offset + 16, 0)
            struct.pack_into("!H", self.data, self.tcp_offset + 16, self.tcp_sum())


def options_of(body):
    """The options of a pcapng block, by number."""
    found = {}
    while len(body) >= 4:
        code, length = struct.unpack_from("<HH", body)
        if code == END:
            break
        found[code] = body[4:4 + length]
        body = body[4 + length + -length % 4:]
    return found


class Sample:
    """The frames of a pcapng file (little-endian, Ethernet, TCP over IP, as this project's own are)."""

    def __init__(self, frames, interfaces=1):
        self.frames = frames
        self.interfaces = interfaces

    @classmethod
    def read(cls, path):
        data = path.read_bytes()
        resolutions, frames, offset = [], [], 0
        while offset < len(data):
            kind, length = struct.unpack_from("<II", data, offset)
            body = data[offset + 8:offset + length - 4]
            if kind == SECTION and struct.unpack_from("<I", body)[0] != 0x1A2B3C4D:
                raise ValueError(f"{path}: not little-endian, which is all that this reads")
            if kind == INTERFACE:
                if struct.unpack_from("<H", body)[0] != LINKTYPE_ETHERNET:
                    raise ValueError(f"{path}: not Ethernet, which is all that this reads")
                resolutions.append(options_of(body[8:]).get(RESOLUTION, b"\x06")[0])
            if kind == PACKET:
                interface, high, low, kept, _ = struct.unpack_from("<IIIII", body)
                time = (high << 32 | low) * 10 ** (9 - resolutions[interface])
                frames.append(Frame(len(frames) + 1, time, interface, bytearray(body[20:20 + kept])))
            offset += length
        return cls(frames, len(resolutions))

    def __getitem__(self, number):
        for frame in self.frames:
            if frame.number == number:
                return frame
        raise KeyError(f"frame {number} is not in the sample (any more)")

    def place(self, number):
        """The number that a frame of the sample will have in the file."""
        return self.frames.index(self[number]) + 1

    def resets(self):
        return [frame.number for frame in self.frames if frame.is_tcp() and frame.flags & RST]

    # --- changes ---------------------------------------------------------------------------------------------

    def hop_limit(self, number, value):
        frame = self[number]
        frame.change(ETHERNET_HEADER + (7 if frame.version == 6 else 8), bytes([value]))

    def hop_limits(self, like, change):
        """The same number of hops more (or, below zero, fewer) for all that the sender of frame `like` has sent."""
        source = self[like].source
        for frame in self.frames:
            if frame.source == source:
                self.hop_limit(frame.number, frame.hop_limit - change)

    def identification(self, number, value):
        frame = self[number]
        if frame.version == 6:
            raise ValueError(f"frame {number}: IPv6 has no identification")
        frame.change(ETHERNET_HEADER + 4, struct.pack("!H", value))

    def sequence(self, number, value):
        frame = self[number]
        frame.change(frame.tcp_offset + 4, struct.pack("!I", value % 2**32))

    def acknowledgement(self, number, value):
        frame = self[number]
        frame.change(frame.tcp_offset + 8, struct.pack("!I", value % 2**32))

    def flags(self, number, value):
        frame = self[number]
        frame.change(frame.tcp_offset + 13, bytes([value]))

    def move(self, number, time):
        """To another moment (nanoseconds), and to the place among the others that this gives it."""
        frame = self[number]
        frame.time = time
        self.frames.sort(key=lambda each: each.time)  # stable: equal times keep their order

    def delay(self, number, seconds):
        """Later by so many seconds; earlier if below zero."""
        self.move(number, self[number].time + nanoseconds(seconds))

    def drop(self, *numbers):
        for number in numbers:
            self.frames.remove(self[number])

    def drop_after(self, number):
        """Everything behind a frame: as if the capture had ended there."""
        del self.frames[self.place(number):]

    def second_interface(self, source_of, *, without=(), passes=0.00002):
        """Every packet at a second interface too, one router away; the sender of frame `source_of` is on its side.

        What that sender sends is seen there first, what is sent to it afterwards. `without`: frames that are not.
        """
        sender = self[source_of].source
        copies = []
        for frame in self.frames:
            if frame.number in without:
                continue
            near = frame.source == sender
            copy = Frame(0, frame.time + (-1 if near else 1) * nanoseconds(passes), self.interfaces, bytearray(frame.data))
            copy.change(ETHERNET_HEADER + (7 if copy.version == 6 else 8), bytes([copy.hop_limit + (1 if near else -1)]))
            copies.append(copy)
        self.interfaces += 1
        self.frames = sorted(self.frames + copies, key=lambda each: each.time)

    def write(self, path):
        stored = [Stored(frame.time, bytes(frame.data), frame.interface) for frame in self.frames]
        names = [f"if{number}" for number in range(self.interfaces)]
        path.write_bytes(pcapng(stored, resolution=NANOSECONDS, interfaces=names))
        return path
