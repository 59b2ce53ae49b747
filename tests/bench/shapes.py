"""Traffic of one shape without end, to see whether what a packet costs stays the same however much there is.

Each function yields (time in nanoseconds, packet) for ever; `tests/bench/generate --shape NAME` takes as many as asked for.
"""

import itertools
import struct

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
START = 1_700_000_000 * 10**9
MICROSECOND, SECOND = 10**3, 10**9
SERVER, SERVER_PORT = 0xC0000201, 5001  # 192.0.2.1; nothing in Wireshark claims the port
LENGTH = 100  # payload of a data segment

ETHERNET = bytes.fromhex("0200000000020200000000010800")
PACK = struct.Struct("!14sBBHHHBBHIIHHIIBBHHH").pack
PAYLOAD = bytes(LENGTH)


class Ends:
    """Makes the packets of a client and the server; numbers are those of the wire."""

    def __init__(self, number):
        # 50,000 ports of an address in 10/8, then the next one.
        self.address, self.port = 0x0A000000 + number // 50_000, 10_000 + number % 50_000
        self.identification = 0

    def client(self, flags, seq, ack=0, length=0):
        return self.packet(self.address, SERVER, self.port, SERVER_PORT, flags, seq, ack, length, 64)

    def server(self, flags, seq, ack=0, length=0):
        return self.packet(SERVER, self.address, SERVER_PORT, self.port, flags, seq, ack, length, 52)

    def packet(self, source, destination, port, other_port, flags, seq, ack, length, hop_limit):
        self.identification = self.identification % 0xFFFF + 1
        return PACK(ETHERNET, 0x45, 0, 40 + length, self.identification, 0x4000, hop_limit, 6, 0, source, destination,
                    port, other_port, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 5 << 4, flags, 501, 0, 0) + PAYLOAD[:length]


def handshake(ends, now):
    for packet in (ends.client(SYN, 1000), ends.server(SYN | ACK, 5000, 1001), ends.client(ACK, 1001, 5001)):
        now += 100 * MICROSECOND
        yield now, packet


def syn_flood():
    """Each connection is half-open for good: a SYN from another address and port, the server's answer, and nothing more."""
    now = START
    for number in itertools.count():
        ends = Ends(number)
        yield now, ends.client(SYN, 1000 + number)
        yield now + 50 * MICROSECOND, ends.server(SYN | ACK, 5000 + number, 1001 + number)
        now += 100 * MICROSECOND


def one_connection():
    """One connection: data, and an acknowledgement for every second segment."""
    ends, now, seq = Ends(0), START, 5001
    yield from handshake(ends, now)
    now += SECOND
    for number in itertools.count():
        now += 50 * MICROSECOND
        yield now, ends.server(ACK, seq, 1001, LENGTH)
        seq += LENGTH
        if number % 2:
            yield now + 10 * MICROSECOND, ends.client(ACK, 1001, seq)


def simple(exchanges):
    """Connections one after the other, nothing lost: handshake, requests and answers, and a close of four segments."""
    now = START
    for number in itertools.count():
        ends = Ends(number)
        client, server = 1001, 5001
        for now, packet in handshake(ends, now):
            yield now, packet
        for _ in range(exchanges):
            packets = (ends.client(PSH | ACK, client, server, LENGTH), ends.server(PSH | ACK, server, client + LENGTH, LENGTH),
                       ends.client(ACK, client + LENGTH, server + LENGTH))
            client, server = client + LENGTH, server + LENGTH
            for packet in packets:
                now += 100 * MICROSECOND
                yield now, packet
        for packet in (ends.client(FIN | ACK, client, server), ends.server(ACK, server, client + 1),
                       ends.server(FIN | ACK, server, client + 1), ends.client(ACK, client + 1, server + 1)):
            now += 100 * MICROSECOND
            yield now, packet


def simple_short():
    """13 packets each."""
    return simple(2)


def simple_long():
    """67 packets each."""
    return simple(20)


def holes():
    """One connection of which the capture lacks every second segment, and nothing is acknowledged: holes without end."""
    ends, now, seq = Ends(0), START, 5001
    yield from handshake(ends, now)
    now += SECOND
    while True:
        now += 50 * MICROSECOND
        yield now, ends.server(ACK, seq, 1001, LENGTH)
        seq += 2 * LENGTH


def repeated():
    """One segment again and again, with a second between: a peer that no longer answers, by someone who does not give up."""
    ends, now = Ends(0), START
    yield from handshake(ends, now)
    while True:
        now += SECOND
        yield now, ends.server(ACK, 5001, 1001, LENGTH)


def reused_ports():
    """The same addresses and ports for every connection: handshake, FIN, FIN, ACK."""
    ends, now = Ends(0), START
    for number in itertools.count():
        client, server = 1000 + 100_000 * number, 5000 + 100_000 * number
        for packet in (ends.client(SYN, client), ends.server(SYN | ACK, server, client + 1),
                       ends.client(ACK, client + 1, server + 1), ends.client(FIN | ACK, client + 1, server + 1),
                       ends.server(FIN | ACK, server + 1, client + 2), ends.client(ACK, client + 2, server + 2)):
            now += 100 * MICROSECOND
            yield now, packet


def resets():
    """RSTs of nobody's connection, each to another port."""
    now = START
    for number in itertools.count():
        now += 100 * MICROSECOND
        yield now, Ends(number).client(RST | ACK, 1000 + number, 5000)


def killed():
    """Connections of which each dies half-closed: the client's FIN, 60 s of silence, and six copies that nobody answers."""
    now = START
    for number in itertools.count():
        ends, begin = Ends(number), now
        yield from handshake(ends, begin)
        yield begin + 400 * MICROSECOND, ends.client(FIN | ACK, 1001, 5001)
        yield begin + 500 * MICROSECOND, ends.server(ACK, 5001, 1002)
        for wait in (60, 61, 63, 67, 75, 91):
            yield begin + wait * SECOND, ends.server(ACK, 5001, 1002, LENGTH)
        # One after the other, since the times of a capture go forward.
        now = begin + 100 * SECOND


SHAPES = {"syn-flood": syn_flood, "one-connection": one_connection, "simple-short": simple_short,
          "simple-long": simple_long, "holes": holes, "repeated": repeated,
          "reused-ports": reused_ports, "resets": resets, "killed": killed}
