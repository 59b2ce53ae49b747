"""What truly happened in a sample: its truth file, and its packets as Wireshark without the plugin reads them."""

import json
import re
from typing import NamedTuple

FIN, SYN, RST, ACK = 1, 2, 4, 16
BEYOND = 1 << 31  # half of the sequence numbers: what is further ahead lies behind
FIELDS = ("frame.number", "frame.time_epoch", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport",
          "tcp.flags", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.analysis.keep_alive")


class Packet(NamedTuple):
    frame: int
    time: int  # ns
    source: tuple  # address, port
    destination: tuple
    flags: int
    seq: int
    ack: int
    length: int
    keep_alive: bool

    def has(self, flag):
        return bool(self.flags & flag)

    def opens(self):
        return self.has(SYN) and not self.has(ACK)

    @property
    def end(self):
        """The number after its last byte, SYN and FIN counted."""
        return (self.seq + self.length + self.has(SYN) + self.has(FIN)) % (1 << 32)


def reached(number, mark):
    """Whether a sequence number is at the mark or past it."""
    return (number - mark) % (1 << 32) < BEYOND


class Connection:
    """One connection: its packets in this capture, and what its truth file says of it."""

    def __init__(self, packets):
        self.packets = packets
        self.client, self.server = packets[0].source, packets[0].destination
        self.told = {}       # the entry of the truth file
        self.kernels = []    # ({address: state}) at the quiet moments, in the lab without a firewall
        self.incarnation = 0  # which one with these two endpoints
        self.before = None   # the one before it with the same endpoints

    def frames(self):
        return {packet.frame for packet in self.packets}

    def sent_by(self, endpoint, flag=0):
        return [packet for packet in self.packets if packet.source == endpoint and (packet.has(flag) or not flag)]

    def first_fin(self):
        return next((packet for packet in self.packets if packet.has(FIN)), None)

    def judged(self, vantage):
        """The verdicts that may be given here, (kind, confidence), the wanted one first; None: the truth does not say."""
        if "judged" not in self.told:
            return None
        return [tuple(allowed.split("/")) if allowed != "none" else ("none", None) for allowed in self.told["judged"][vantage]]

    def lost_at(self):
        """When its first packet was lost, ns; None if none was."""
        seconds = self.told.get("first_lost")
        return round(seconds * 1e9) if seconds else None

    def acknowledged(self, fin):
        """When the other end was first seen to have a FIN, ns; None if never."""
        return next((packet.time for packet in self.sent_by(fin.destination) if packet.has(ACK) and reached(packet.ack, fin.end)
                     and not packet.opens()), None)

    def half_closed(self, packet):
        """For how long, ns, when this packet was sent; None if it was not half-closed, for all that RFC 9293 says.

        From the first FIN on, once it is acknowledged, to the other FIN or a RST.
        """
        fin = self.first_fin()
        if fin is None:
            return None
        since = self.acknowledged(fin)
        over = [other for other in self.packets if other.frame <= packet.frame
                and (other.has(RST) or other.has(FIN) and other.source == fin.destination)]
        return packet.time - fin.time if since is not None and packet.time >= since and not over else None


class Sample:
    """A capture and everything that is known about it."""

    def __init__(self, wireshark, path):
        self.path = path
        name = re.fullmatch(r"(.*?)(?:\.(client|server))?\.pcapng", path.name)
        self.vantage = name[2]
        self.truth = json.loads(path.with_name(f"{name[1]}.truth.json").read_text())
        self.kind = "firewall" if "resets_seen" in self.truth else "transcript" if "packets" in self.truth else "lab"
        self.packets = _packets(wireshark, path)
        self.connections = _connections(self.packets)
        if self.kind == "firewall":
            self._tell_firewalled()
        elif self.kind == "lab":
            self._tell_kernels()

    def preferences(self):
        return self.truth.get("preferences", {})

    def _tell_firewalled(self):
        told = sorted(self.truth["connections"], key=lambda entry: entry["began"])
        for connection in self.connections:
            ports = {connection.client[1], connection.server[1]}
            same = [entry for entry in told if {entry["client_port"], entry["server_port"]} == ports]
            # A translated connection has other ports outside; alone in its capture it is that one.
            connection.told = same[connection.incarnation] if same else told[0]

    def _tell_kernels(self):
        for connection in self.connections:
            same = [number for number, entry in enumerate(self.truth["connections"])
                    if {tuple(entry["client"]), tuple(entry["server"])} == {connection.client, connection.server}]
            number = same[connection.incarnation]
            ends = {side: tuple(self.truth["connections"][number][side]) for side in ("client", "server")}
            connection.kernels = [{ends[side]: sample[side] for side in ends} for sample in self.truth["samples"]
                                  if sample["connection"] == number]


def _packets(wireshark, path):
    wanted = [word for field in FIELDS for word in ("-e", field)]
    output = wireshark.read(path, "-Y", "tcp && !icmp && !icmpv6", "-T", "fields", *wanted, plugin=False)
    return [_packet(dict(zip(FIELDS, line.split("\t"), strict=True))) for line in output.splitlines()]


def _packet(value):
    seconds, _, fraction = value["frame.time_epoch"].partition(".")
    return Packet(int(value["frame.number"]), int(seconds) * 10**9 + int(fraction.ljust(9, "0")[:9]),
                  (value["ip.src"] or value["ipv6.src"], int(value["tcp.srcport"])),
                  (value["ip.dst"] or value["ipv6.dst"], int(value["tcp.dstport"])), int(value["tcp.flags"], 16),
                  int(value["tcp.seq_raw"]), int(value["tcp.ack_raw"]), int(value["tcp.len"]),
                  bool(value["tcp.analysis.keep_alive"]))


def _connections(packets):
    """By endpoints; a SYN with another number than its sender's last one begins the next with the same endpoints."""
    found, opened = {}, {}
    for packet in packets:
        key = frozenset((packet.source, packet.destination))
        if packet.opens():
            again = opened.get(packet.source + packet.destination) not in (None, packet.seq)
            opened[packet.source + packet.destination] = packet.seq
            if again:
                found[key].append([])
        found.setdefault(key, [[]])[-1].append(packet)
    connections = []
    for incarnations in found.values():
        before = None
        for number, own in enumerate(incarnations):
            connection = Connection(own)
            connection.incarnation, connection.before = number, before
            before = connection
            connections.append(connection)
    return connections
