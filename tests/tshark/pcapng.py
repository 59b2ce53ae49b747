"""Write captures packet by packet: Ethernet, IPv4 or IPv6, TCP with options; pcapng or classic pcap.

Standard library only. A capture reads like a transcript:

    capture = Capture(start="2024-01-01T12:00:00Z")
    web = capture.connection("10.0.0.1:40000", "10.0.0.2:80")
    c, s = web.client, web.server
    capture.at(0.000, c > s, "SYN", options=[mss(1460), SACK_PERMITTED])
    capture.at(0.010, s > c, "SYN,ACK")
    capture.at(0.020, c > s, "ACK")
    capture.at(0.021, c > s, "PSH,ACK", data=b"hello")
    capture.at(5.000, s > c, "FIN,ACK", ack=6)
    capture.write("half-close.pcapng")

`c > s` is a direction. Sequence and acknowledgement numbers are relative, as Wireshark shows them: 0 is the
SYN's own number. One that is left out is the next in order: the sequence number follows what the sender has
sent, the acknowledgement number covers everything its peer has sent. So a retransmission, a hole, or an ACK that
lags is written by giving the number. Numbers wrap modulo 2^32; `client_isn=0xfffffff0` tests that.

`at` returns the packet, so that it can be sent again, at another place or changed:

    first = capture.at(1.0, c > s, "ACK", data=b"x")
    capture.again(1.0001, first, interface=1, ttl=63)          the same packet behind a router
    capture.again(1.2, first, ip_id=77)                        a retransmission

Anything else (ICMP, fragments, tunnels, damaged headers) is built from `tcp`, `ipv4`, `ipv6`, `ethernet` and
put in with `capture.raw(time, frame)`.
"""

import dataclasses
import ipaddress
import struct
from datetime import datetime, timezone
from decimal import Decimal

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))
FLAG_NAMES = {"FIN": FIN, "SYN": SYN, "RST": RST, "PSH": PSH, "ACK": ACK, "URG": URG, "ECE": ECE, "CWR": CWR}

NANOSECONDS = 9  # resolutions, as the exponent of ten that pcapng stores
MICROSECONDS = 6

LINKTYPE_ETHERNET = 1
LINKTYPE_RAW = 101

ICMP, IPIP, TCP, IPV6_IN_IP, ICMPV6 = 1, 4, 6, 41, 58

ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_VLAN = 0x0800, 0x86DD, 0x8100
SMALLEST_FRAME = 60  # Ethernet's minimum without the frame check sequence


# --- TCP options -------------------------------------------------------------------------------------------

EOL = b"\x00"
NOP = b"\x01"
SACK_PERMITTED = b"\x04\x02"


def mss(size):
    return struct.pack("!BBH", 2, 4, size)


def window_scale(shift):
    return struct.pack("!BBB", 3, 3, shift)


def timestamps(value, echo):
    return struct.pack("!BBII", 8, 10, value % 2**32, echo % 2**32)


def sack(*blocks):
    """SACK blocks as pairs of absolute sequence numbers; `Capture.at(sacked=...)` takes relative ones."""
    numbers = [edge % 2**32 for block in blocks for edge in block]
    return struct.pack(f"!BB{len(numbers)}I", 5, 2 + 4 * len(numbers), *numbers)


def fast_open(cookie=b""):
    return struct.pack("!BB", 34, 2 + len(cookie)) + cookie


# --- headers -----------------------------------------------------------------------------------------------


def checksum(data):
    """The Internet checksum (RFC 1071) of some bytes."""
    if len(data) % 2:
        data += b"\x00"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def flag_bits(flags):
    """The flags as a number: from one, or from names such as "SYN,ACK" ("" for the null scan)."""
    if isinstance(flags, int):
        return flags
    bits = 0
    for name in flags.replace("|", ",").replace(" ", ",").split(","):
        if name:
            if name.upper() not in FLAG_NAMES:
                raise ValueError(f"unknown TCP flag {name!r} in {flags!r}: use names among {', '.join(FLAG_NAMES)}")
            bits |= FLAG_NAMES[name.upper()]
    return bits


def pseudo_header(source, destination, protocol, length):
    source, destination = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    if source.version == 4:
        return source.packed + destination.packed + struct.pack("!BBH", 0, protocol, length)
    return source.packed + destination.packed + struct.pack("!I3xB", length, protocol)


def tcp(source, destination, sport, dport, seq, ack, flags, window, options=b"", data=b""):
    """A TCP segment with its checksum; numbers are absolute, options are bytes and padded to four."""
    options += EOL * (-len(options) % 4)
    if len(options) > 40:
        raise ValueError(f"{len(options)} bytes of TCP options: at most 40 fit")
    offset = (20 + len(options)) // 4
    head = struct.pack("!HHIIBBH", sport, dport, seq % 2**32, ack % 2**32, offset << 4, flag_bits(flags), window)
    tail = struct.pack("!H", 0) + options + data
    segment = head + struct.pack("!H", 0) + tail
    total = checksum(pseudo_header(source, destination, TCP, len(segment)) + segment)
    return head + struct.pack("!H", total) + tail


def ipv4(source, destination, protocol, payload, *, ttl=64, ident=0, tos=0, dont_fragment=True,
         more_fragments=False, fragment_offset=0):
    """An IPv4 packet; fragment_offset in bytes."""
    bits = dont_fragment << 14 | more_fragments << 13 | fragment_offset // 8
    head = struct.pack("!BBHHHBB", 0x45, tos, 20 + len(payload), ident, bits, ttl, protocol)
    addresses = ipaddress.IPv4Address(source).packed + ipaddress.IPv4Address(destination).packed
    return head + struct.pack("!H", checksum(head + b"\x00\x00" + addresses)) + addresses + payload


def ipv6(source, destination, protocol, payload, *, hop_limit=64, traffic_class=0, flow_label=0):
    first = 6 << 28 | traffic_class << 20 | flow_label
    addresses = ipaddress.IPv6Address(source).packed + ipaddress.IPv6Address(destination).packed
    return struct.pack("!IHBB", first, len(payload), protocol, hop_limit) + addresses + payload


def icmp_error(source, destination, kind, code, quoted, *, ttl=64, rest=0):
    """An IPv4 packet with an ICMP error that quotes the beginning of another IPv4 packet."""
    message = struct.pack("!I", rest) + quoted
    total = checksum(struct.pack("!BBH", kind, code, 0) + message)
    return ipv4(source, destination, ICMP, struct.pack("!BBH", kind, code, total) + message, ttl=ttl)


def ethernet(source_mac, destination_mac, payload, *, vlan=None, padded=False):
    """An Ethernet frame around an IP packet; its type follows from the IP version."""
    kind = ETHERTYPE_IPV6 if payload[0] >> 4 == 6 else ETHERTYPE_IPV4
    tag = struct.pack("!HH", ETHERTYPE_VLAN, vlan) if vlan is not None else b""
    frame = mac_bytes(destination_mac) + mac_bytes(source_mac) + tag + struct.pack("!H", kind) + payload
    return frame.ljust(SMALLEST_FRAME, b"\x00") if padded else frame


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", "").replace("-", ""))


def mac_of(address):
    """A locally administered MAC made from the last four bytes of an address."""
    return "02:00:" + ":".join(f"{byte:02x}" for byte in ipaddress.ip_address(address).packed[-4:])


# --- the transcript ----------------------------------------------------------------------------------------


@dataclasses.dataclass(eq=False)
class Endpoint:
    """One side of a connection, with what it has sent so far and the defaults of what it will send.

    options, window and ttl apply to its packets unless given. padded: its short frames are padded to Ethernet's
    minimum, as frames are that came over the wire, and as those of the capturing host itself are not.
    """

    address: str
    port: int
    isn: int = 0
    window: int = 65535
    options: tuple = ()
    ttl: int = 64
    ip_id: int = 1  # of its next packet
    mac: str = ""
    padded: bool = False
    next_seq: int = 0  # relative

    def __post_init__(self):
        self.mac = self.mac or mac_of(self.address)

    def __gt__(self, receiver):
        return Direction(self, receiver)


@dataclasses.dataclass(frozen=True)
class Direction:
    sender: Endpoint
    receiver: Endpoint


@dataclasses.dataclass(frozen=True)
class Connection:
    client: Endpoint
    server: Endpoint


@dataclasses.dataclass(frozen=True)
class Packet:
    """A TCP packet as plain values, with absolute numbers; `dataclasses.replace` makes a changed one."""

    source: str
    destination: str
    sport: int
    dport: int
    seq: int
    ack: int
    flags: int
    window: int
    options: bytes = b""
    data: bytes = b""
    ttl: int = 64
    ip_id: int = 0
    source_mac: str = ""
    destination_mac: str = ""
    vlan: int = None
    padded: bool = False

    def segment(self):
        return tcp(self.source, self.destination, self.sport, self.dport, self.seq, self.ack, self.flags,
                   self.window, self.options, self.data)

    def ip(self):
        if ipaddress.ip_address(self.source).version == 6:
            return ipv6(self.source, self.destination, TCP, self.segment(), hop_limit=self.ttl)
        return ipv4(self.source, self.destination, TCP, self.segment(), ttl=self.ttl, ident=self.ip_id)

    def frame(self):
        return ethernet(self.source_mac or mac_of(self.source), self.destination_mac or mac_of(self.destination),
                        self.ip(), vlan=self.vlan, padded=self.padded)


def endpoint(text, **defaults):
    """An endpoint from "10.0.0.1:80" or "[2001:db8::1]:80"."""
    address, _, port = text.rpartition(":")
    address = address.strip("[]")
    ipaddress.ip_address(address)  # a clear ValueError here rather than an odd one later
    return Endpoint(address, int(port), **defaults)


def nanoseconds(time):
    """A time in seconds (int, float, Decimal, or text such as "15.184532000") or ISO 8601, as nanoseconds."""
    if isinstance(time, str) and "T" in time:
        moment = datetime.fromisoformat(time.replace("Z", "+00:00"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        whole = int(moment.replace(microsecond=0).timestamp())
        return whole * 10**9 + moment.microsecond * 1000
    # by way of text, since 0.1 as a binary fraction is not 0.1
    return int((Decimal(str(time)) * 10**9).to_integral_value())


@dataclasses.dataclass(frozen=True)
class Stored:
    """A frame in the file."""

    time: int
    frame: bytes
    interface: int = 0


class Capture:
    """Frames in the order in which they were put in, with times counted from `start`."""

    def __init__(self, start="2024-01-01T00:00:00Z", linktype=LINKTYPE_ETHERNET):
        self.start = nanoseconds(start)
        self.linktype = linktype
        self.frames = []

    def connection(self, client, server, *, client_isn=1000, server_isn=5000, **both):
        """Two endpoints, from texts such as "10.0.0.1:40000", or ready-made ones, whose own numbers then stand."""
        if not isinstance(client, Endpoint):
            client = endpoint(client, isn=client_isn, **both)
        if not isinstance(server, Endpoint):
            server = endpoint(server, isn=server_isn, **both)
        return Connection(client, server)

    def at(self, time, direction, flags, *, seq=None, ack=None, data=b"", window=None, options=None, sacked=(),
           interface=0, ttl=None, ip_id=None, vlan=None):
        """Put in a packet. Numbers, `sacked` (SACK blocks) included, are relative; what is left out follows from before."""
        packet = self.packet(direction, flags, seq=seq, ack=ack, data=data, window=window, options=options, sacked=sacked,
                             ttl=ttl, ip_id=ip_id, vlan=vlan)
        self.again(time, packet, interface=interface)
        return packet

    def packet(self, direction, flags, *, seq=None, ack=None, data=b"", window=None, options=None, sacked=(),
               ttl=None, ip_id=None, vlan=None):
        """The packet that `at` would put in. It counts as sent: one lost before the capture is written so."""
        sender, receiver = direction.sender, direction.receiver
        bits = flag_bits(flags)
        data = data.encode() if isinstance(data, str) else bytes(data)
        if seq is None:
            seq = sender.next_seq
        if ack is None:
            ack = receiver.next_seq
        if ip_id is None:
            ip_id = sender.ip_id
            sender.ip_id = (sender.ip_id + 1) % 2**16
        length = len(data) + bool(bits & SYN) + bool(bits & FIN)
        # A reset takes no place in the sequence space; an old or a stray number does not move the sender.
        if not bits & RST:
            sender.next_seq = max(sender.next_seq, seq + length)
        chosen = list(sender.options if options is None else options)
        if sacked:
            blocks = [(receiver.isn + left, receiver.isn + right) for left, right in sacked]
            chosen += [NOP, NOP, sack(*blocks)]
        return Packet(
            sender.address, receiver.address, sender.port, receiver.port,
            (sender.isn + seq) % 2**32, (receiver.isn + ack) % 2**32 if bits & ACK else 0,
            bits, sender.window if window is None else window, b"".join(chosen), data,
            sender.ttl if ttl is None else ttl, ip_id, sender.mac, receiver.mac, vlan, sender.padded)

    def again(self, time, packet, *, interface=0, **changes):
        """Put in a packet that exists, with changes if any (fields of Packet)."""
        packet = dataclasses.replace(packet, **changes)
        self.raw(time, packet.frame() if self.linktype == LINKTYPE_ETHERNET else packet.ip(), interface=interface)
        return packet

    def raw(self, time, frame, *, interface=0):
        """Put in any bytes as a frame."""
        self.frames.append(Stored(self.start + nanoseconds(time), frame, interface))

    def write(self, path, *, resolution=NANOSECONDS, snaplen=0, interfaces=None):
        """Write pcapng. `interfaces`: their names, if the defaults will not do; snaplen cuts each frame."""
        with open(path, "wb") as file:
            file.write(pcapng(self.frames, self.linktype, resolution, snaplen, interfaces))

    def write_pcap(self, path, *, resolution=MICROSECONDS, snaplen=0):
        """Write classic pcap, which has one interface and micro- or nanoseconds."""
        with open(path, "wb") as file:
            file.write(pcap(self.frames, self.linktype, resolution, snaplen))


# --- the two file formats ----------------------------------------------------------------------------------


def pcapng_block(kind, body):
    body += b"\x00" * (-len(body) % 4)
    length = 12 + len(body)
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def pcapng_option(code, value):
    return struct.pack("<HH", code, len(value)) + value + b"\x00" * (-len(value) % 4)


def pcapng(frames, linktype=LINKTYPE_ETHERNET, resolution=NANOSECONDS, snaplen=0, interfaces=None):
    """A pcapng file with one section (little-endian whatever the machine, so that files are reproducible)."""
    count = max([frame.interface + 1 for frame in frames] + [1, len(interfaces or ())])
    names = list(interfaces or ()) + [f"if{number}" for number in range(len(interfaces or ()), count)]
    blocks = [pcapng_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    for name in names:
        options = (pcapng_option(2, name.encode()) + pcapng_option(9, bytes([resolution])) + pcapng_option(0, b""))
        blocks.append(pcapng_block(1, struct.pack("<HHI", linktype, 0, snaplen) + options))
    for stored in frames:
        kept = stored.frame[:snaplen] if snaplen else stored.frame
        ticks = stored.time // 10 ** (9 - resolution)
        head = struct.pack("<IIIII", stored.interface, ticks >> 32, ticks & 0xFFFFFFFF, len(kept), len(stored.frame))
        blocks.append(pcapng_block(6, head + kept))
    return b"".join(blocks)


def pcap(frames, linktype=LINKTYPE_ETHERNET, resolution=MICROSECONDS, snaplen=0):
    """A classic pcap file."""
    if resolution not in (MICROSECONDS, NANOSECONDS):
        raise ValueError("classic pcap has micro- or nanoseconds only")
    magic = 0xA1B23C4D if resolution == NANOSECONDS else 0xA1B2C3D4
    parts = [struct.pack("<IHHiIII", magic, 2, 4, 0, 0, snaplen or 262144, linktype)]
    for stored in frames:
        kept = stored.frame[:snaplen] if snaplen else stored.frame
        seconds, rest = divmod(stored.time, 10**9)
        parts.append(struct.pack("<IIII", seconds, rest // 10 ** (9 - resolution), len(kept), len(stored.frame)))
        parts.append(kept)
    return b"".join(parts)
