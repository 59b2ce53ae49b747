#!/usr/bin/python3
"""Damages captures, the same way for the same seed:

    tests/tshark/damage.py --kind headers --seed 5 DAMAGED.pcapng [CAPTURE...]

Without a capture some of captures/ are taken. What each kind does is in its docstring below. Captures have to be pcapng,
little-endian, with Ethernet or raw IP, as everything under captures/ is. Standard library, and editcap and randpkt of
Wireshark for the kinds that are named after them.
"""

import argparse
import dataclasses
import ipaddress
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from pcapng import ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_VLAN, LINKTYPE_ETHERNET, TCP, pcapng_block

SAMPLES = Path(__file__).resolve().parents[2] / "captures"
AT_A_TIME = 12  # captures in one damaged file, if none are named
PACKET_BLOCK = 6
SECTION_BLOCK = 0x0A0D0D0A
INTERFACE_BLOCK = 1
NO_TCP = -1
# Where arithmetic modulo 2^32, signs and lengths turn over.
EDGES_32 = (0, 1, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 1)
EDGES_16 = (0, 1, 19, 20, 2**15, 2**16 - 1)
EDGES_8 = (0, 1, 2, 3, 4, 127, 128, 255)


@dataclasses.dataclass
class Packet:
    """An Enhanced Packet Block; whatever else a file holds is a Block."""

    interface: int
    ticks: int
    data: bytearray
    length: int  # on the wire
    linktype: int = LINKTYPE_ETHERNET

    def block(self):
        head = struct.pack("<IIIII", self.interface, self.ticks >> 32 & 0xFFFFFFFF, self.ticks & 0xFFFFFFFF,
                           len(self.data), self.length)
        return pcapng_block(PACKET_BLOCK, head + bytes(self.data))


@dataclasses.dataclass
class Block:
    bytes: bytes

    def block(self):
        return self.bytes


def read(path):
    """The blocks of a pcapng file, packets as Packets."""
    content = path.read_bytes()
    blocks, linktypes, position = [], [], 0
    while position < len(content):
        kind, length = struct.unpack_from("<II", content, position)
        if kind == SECTION_BLOCK and struct.unpack_from("<I", content, position + 8)[0] != 0x1A2B3C4D:
            raise ValueError(f"{path} is not little-endian pcapng")
        block = content[position:position + length]
        position += length
        if kind == SECTION_BLOCK:
            linktypes = []
        elif kind == INTERFACE_BLOCK:
            linktypes.append(struct.unpack_from("<H", block, 8)[0])
        if kind != PACKET_BLOCK:
            blocks.append(Block(block))
            continue
        interface, high, low, captured, original = struct.unpack_from("<IIIII", block, 8)
        data = bytearray(block[28:28 + captured])
        blocks.append(Packet(interface, high << 32 | low, data, original, linktypes[interface]))
    return blocks


def headers(packet):
    """Where the IP header and the TCP header of a packet begin; NO_TCP if it has none to be found."""
    data, position = packet.data, 0
    if packet.linktype == LINKTYPE_ETHERNET:
        position = 14
        kind = int.from_bytes(data[12:14], "big")
        while kind == ETHERTYPE_VLAN:
            kind = int.from_bytes(data[position + 2:position + 4], "big")
            position += 4
        if kind not in (ETHERTYPE_IPV4, ETHERTYPE_IPV6):
            return position, NO_TCP
    if len(data) < position + 20:
        return position, NO_TCP
    if data[position] >> 4 == 4:
        tcp = position + 4 * (data[position] & 15)
        protocol = data[position + 9]
    else:
        tcp = position + 40
        protocol = data[position + 6]
    return position, tcp if protocol == TCP and len(data) >= tcp + 20 else NO_TCP


# --- what can happen to a packet -------------------------------------------------------------------------------


def put(packet, position, size, value):
    packet.data[position:position + size] = (value % 256**size).to_bytes(size, "big")


def near(rng, packet, position, size, edges):
    """Another number: somewhere, at an edge, or close to what it was."""
    old = int.from_bytes(packet.data[position:position + size], "big")
    put(packet, position, size, rng.choice((rng.getrandbits(8 * size), rng.choice(edges), old + rng.choice(
        (-2, -1, 1, 2, 1460, -1460, 65535, -65535)))))


def damage_sequence(rng, packet, _ip, tcp):
    near(rng, packet, tcp + rng.choice((4, 8)), 4, EDGES_32)


def damage_flags(rng, packet, _ip, tcp):
    if rng.random() < 0.5:
        packet.data[tcp + 13] = rng.getrandbits(8)
    else:
        packet.data[tcp + 13] ^= 1 << rng.randrange(8)


def damage_offset(rng, packet, _ip, tcp):
    packet.data[tcp + 12] = rng.getrandbits(4) << 4 | packet.data[tcp + 12] & 15


def damage_window(rng, packet, _ip, tcp):
    near(rng, packet, tcp + 14, 2, EDGES_16)


def damage_ports(rng, packet, _ip, tcp):
    source, destination = packet.data[tcp:tcp + 2], packet.data[tcp + 2:tcp + 4]
    packet.data[tcp:tcp + 4] = rng.choice((destination + source, source + source, bytes(4)))


def damage_options(rng, packet, _ip, tcp):
    """Another kind or length among the options; or options where data were."""
    size = rng.choice((24, 32, 40, 60))
    if len(packet.data) < tcp + size:
        size = len(packet.data) - tcp & ~3
    if size <= 20:
        return damage_offset(rng, packet, _ip, tcp)
    packet.data[tcp + 12] = size // 4 << 4 | packet.data[tcp + 12] & 15
    position = tcp + 20
    while position < tcp + size:
        length = rng.choice(EDGES_8)
        option = bytes([rng.choice((0, 1, 2, 3, 4, 5, 8, 19, 30, 34, 253, rng.getrandbits(8))), length]) + rng.randbytes(
            max(0, min(length, 40) - 2))
        option = option[:tcp + size - position]
        packet.data[position:position + len(option)] = option
        position += max(1, len(option) + rng.choice((0, 0, 0, -1)))


def damage_ip_length(rng, packet, ip, _tcp):
    near(rng, packet, ip + (2 if packet.data[ip] >> 4 == 4 else 4), 2, EDGES_16)


def damage_ip_header(rng, packet, ip, _tcp):
    if packet.data[ip] >> 4 == 4:
        place = rng.choice((0, 1, 4, 5, 6, 7, 8, 9))  # version and length, identification, fragments, TTL, protocol
    else:
        place = rng.choice((0, 1, 6, 7))
    packet.data[ip + place] = rng.choice((rng.getrandbits(8), rng.choice(EDGES_8)))


def damage_address(rng, packet, ip, _tcp):
    """Both ends the same address, or sender and receiver exchanged: what was a client's is the server's."""
    first, size = (12, 4) if packet.data[ip] >> 4 == 4 else (8, 16)
    source = packet.data[ip + first:ip + first + size]
    destination = packet.data[ip + first + size:ip + first + 2 * size]
    packet.data[ip + first:ip + first + 2 * size] = rng.choice((destination + source, source + source))


HEADER_DAMAGES = (damage_sequence, damage_sequence, damage_sequence, damage_flags, damage_flags, damage_flags, damage_offset,
                  damage_window, damage_ports, damage_options, damage_options, damage_ip_length, damage_ip_length,
                  damage_ip_header, damage_address)


# --- what can happen to a capture ------------------------------------------------------------------------------


def packets_of(blocks):
    return [block for block in blocks if isinstance(block, Packet)]


def write(path, blocks):
    path.write_bytes(b"".join(block.block() for block in blocks))


def together(sources):
    return [block for source in sources for block in read(source)]


def kind_headers(rng, sources, target):
    """One packet in five has numbers, flags, lengths, options or addresses changed in its TCP or IP header."""
    blocks = together(sources)
    for packet in packets_of(blocks):
        ip, tcp = headers(packet)
        if tcp == NO_TCP:
            continue
        while rng.random() < 0.2:
            rng.choice(HEADER_DAMAGES)(rng, packet, ip, tcp)
    write(target, blocks)


def kind_cut(rng, sources, target):
    """Packets captured in part: one snap length for all, or each another; some say a length that they never had."""
    blocks = together(sources)
    snap_length = rng.choice((None, rng.randrange(14, 90)))
    for packet in packets_of(blocks):
        if snap_length is None and rng.random() < 0.5:
            continue
        del packet.data[snap_length or rng.randrange(len(packet.data) + 1):]
        if rng.random() < 0.05:
            packet.length = rng.choice((len(packet.data), 65535, 262144))
    write(target, blocks)


def kind_order(rng, sources, target):
    """Packets exchanged, repeated, left out; times that stand still, go back or leap by years."""
    blocks = together(sources)
    places = [index for index, block in enumerate(blocks) if isinstance(block, Packet)]
    for index, following in zip(places, places[1:]):
        chance = rng.random()
        first, second = blocks[index], blocks[following]
        if following != index + 1:
            continue  # another file begins in between
        if chance < 0.1:
            blocks[index], blocks[following] = second, first
        elif chance < 0.15:
            blocks[index] = dataclasses.replace(second, data=bytearray(second.data))
        elif chance < 0.2:
            first.ticks = second.ticks
        elif chance < 0.23:
            first.ticks = rng.choice((0, 2**63, 2**64 - 1, first.ticks + 10**17, max(0, first.ticks - 10**12)))
    write(target, [block for block in blocks if not isinstance(block, Packet) or rng.random() > 0.05])


def kind_splice(rng, sources, target):
    """Packets of one file among those of the others, with the addresses and ports of their neighbour."""
    blocks = together(sources)
    donors = packets_of(blocks)
    for packet in packets_of(blocks):
        if rng.random() > 0.15:
            continue
        donor = rng.choice(donors)
        (ip, tcp), (other_ip, other_tcp) = headers(packet), headers(donor)
        if NO_TCP in (tcp, other_tcp) or packet.data[ip] >> 4 != donor.data[other_ip] >> 4:
            continue
        size = 8 if packet.data[ip] >> 4 == 4 else 32
        first = 12 if size == 8 else 8
        addresses, ports = packet.data[ip + first:ip + first + size], packet.data[tcp:tcp + 4]
        if donor.linktype != packet.linktype:
            continue
        packet.data = bytearray(donor.data)
        packet.length = donor.length
        packet.data[other_ip + first:other_ip + first + size] = addresses
        packet.data[other_tcp:other_tcp + 4] = ports
    write(target, blocks)


def kind_random(rng, _sources, target):
    """Random TCP packets between a few ends, with few sequence numbers, so that they meet."""
    ends = [(ipaddress.ip_address(address).packed, port) for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3")
            for port in (80, 40000)]
    numbers = [rng.getrandbits(32) for _ in range(3)] + list(EDGES_32)
    ticks = 10**18
    blocks = [Block(pcapng_block(SECTION_BLOCK, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))]
    # Each with nanoseconds.
    blocks += [Block(pcapng_block(INTERFACE_BLOCK, struct.pack("<HHIHHBxxxHH", LINKTYPE_ETHERNET, 0, 0, 9, 1, 9, 0, 0)))
               for _ in range(2)]
    for _ in range(1500):
        ticks += int(rng.expovariate(1 / 10 ** rng.randint(3, 11)))
        (source, source_port), (destination, port) = rng.sample(ends, 2)
        payload = rng.randbytes(rng.choice((0, 0, 0, 1, 2, 1460)))
        options = rng.randbytes(4 * rng.choice((0, 0, 0, 1, 3, 10)))
        flags = rng.choice((0x02, 0x12, 0x10, 0x10, 0x18, 0x11, 0x11, 0x14, 0x04, rng.getrandbits(8)))
        seq, ack = (rng.choice(numbers) + rng.choice((0, 0, 1, 2, 1460, -1)) & 0xFFFFFFFF for _ in range(2))
        segment = struct.pack("!HHIIBBHHH", source_port, port, seq, ack, 80 + 4 * len(options), flags, rng.choice(EDGES_16),
                              0, 0) + options + payload
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), rng.randrange(4), 0x4000, rng.choice((64, 63, 52, 255)),
                             TCP, 0, source, destination)
        data = bytearray(b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + header + segment)
        blocks.append(Packet(rng.randrange(2), ticks, data, len(data)))
    write(target, blocks)


def kind_editcap(rng, sources, target):
    """Any byte of a packet, with a chance of one in a hundred to one in ten, by editcap -E."""
    with tempfile.NamedTemporaryFile(suffix=".pcapng") as whole:
        write(Path(whole.name), together(sources))
        subprocess.run(["editcap", "-E", str(rng.choice((0.01, 0.03, 0.1))), "--seed", str(rng.getrandbits(31)), whole.name,
                        target], check=True, timeout=60, stderr=subprocess.DEVNULL)


def kind_randpkt(rng, _sources, target):
    """Packets of randpkt: this kind is another one each time, for randpkt takes no seed."""
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for kind, count in (("tcp", 300), ("ip", 300), ("ipv6", 100), ("icmp", 200), ("eth", 100), ("tds", 100)):
            parts.append(f"{folder}/{kind}.pcap")
            size = str(rng.choice((200, 1500, 5000)))
            subprocess.run(["randpkt", "-b", size, "-c", str(count), "-t", kind, parts[-1]], check=True, timeout=60,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run(["mergecap", "-a", "-w", target, *parts], check=True, timeout=60)


def kind_file(rng, sources, target):
    """The file itself: cut anywhere, or with a few bytes changed anywhere, its blocks' lengths too."""
    content = bytearray(b"".join(block.block() for block in together(sources)))
    if rng.random() < 0.5:
        del content[rng.randrange(len(content)):]
    else:
        for _ in range(rng.randint(1, 20)):
            content[rng.randrange(len(content))] = rng.getrandbits(8)
    target.write_bytes(content)


KINDS = {name.removeprefix("kind_"): function for name, function in list(globals().items()) if name.startswith("kind_")}


def damage(kind, seed, target, sources=()):
    """Writes a damaged capture to `target`; without `sources` from some of the samples."""
    # Each kind with numbers of its own.
    rng = random.Random(f"{kind} {seed}")
    sources = sources or rng.sample(sorted(SAMPLES.rglob("*.pcapng")), AT_A_TIME)
    KINDS[kind](rng, sources, target)


def main():
    kinds = "\n".join(f"  {name:9} {function.__doc__}" for name, function in KINDS.items())
    parser = argparse.ArgumentParser(description=__doc__, epilog=f"kinds:\n{kinds}",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("target", type=Path)
    parser.add_argument("sources", type=Path, nargs="*")
    arguments = parser.parse_args()
    damage(arguments.kind, arguments.seed, arguments.target, arguments.sources)


if __name__ == "__main__":
    sys.exit(main())
