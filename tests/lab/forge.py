"""Resets that neither host sent: a raw socket in the firewall's namespace puts them on the wire in a host's name."""

import socket
import struct

from packet import RST


def _sum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def reset(namespace, source, target, sequence, ttl=64, identification=0, acknowledgement=None):
    """source and target: (IPv4 address, port). With an acknowledgement number the reset carries ACK."""
    flags = RST | (16 if acknowledgement is not None else 0)
    header = struct.pack("!HHIIBBHHH", source[1], target[1], sequence % 2**32, acknowledgement or 0, 5 << 4, flags, 0, 0, 0)
    addresses = socket.inet_aton(source[0]) + socket.inet_aton(target[0])
    check = _sum(addresses + struct.pack("!BBH", 0, 6, len(header)) + header)
    header = header[:16] + struct.pack("!H", check) + header[18:]
    packet = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, identification, 0x4000, ttl, 6, 0, addresses[:4], addresses[4:]) + header
    with namespace.entered():
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    with raw:
        raw.sendto(packet, (target[0], 0))
