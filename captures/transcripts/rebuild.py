#!/usr/bin/python3
"""Rebuild the four published transcripts as captures, packet by packet, from what is printed in them.

    captures/transcripts/rebuild.py [FOLDER]

writes four pcapng files into FOLDER (default: beside this script), the same bytes in every run. What the
transcripts do not print is chosen here; captures/README.md lists it.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parents[1] / "tests" / "tshark"))

from pcapng import (  # noqa: E402
    EOL, NOP, SACK_PERMITTED, Capture, Endpoint, flag_bits, mss, timestamps, window_scale, ACK, SYN)

CLIENT = "10.0.18.11"


class Transcript:
    """A connection as it is printed: the numbers of each line, and the checks that a rebuilt frame fits them."""

    def __init__(self, name, start, port, server, client_isn, server_isn, server_ttl, server_padded=False,
                 client_shift=4, server_shift=0):
        self.name = name
        self.capture = Capture(start=start)  # the printed times count from the printed capture's first packet
        client = Endpoint(CLIENT, port, isn=client_isn, ip_id=0x1100, ttl=64)
        server = Endpoint(server, 80, isn=server_isn, ip_id=0x2200, ttl=server_ttl, padded=server_padded)
        self.client, self.server = client, server
        self.shift = {id(client): client_shift, id(server): server_shift}

    def line(self, printed, time, direction, length, flags, seq, ack, win, data=b"", options=()):
        """One printed line. `win` is as printed: scaled, except in a SYN."""
        shift = 0 if flag_bits(flags) & SYN else self.shift[id(direction.sender)]
        if win % (1 << shift):
            sys.exit(f"{self.name}: packet {printed}: window {win} is no multiple of the scale {1 << shift}")
        packet = self.capture.at(time, direction, flags, seq=seq, ack=ack if flag_bits(flags) & ACK else None,
                                 window=win >> shift, options=list(options), data=data)
        frame = packet.frame()
        if len(frame) != length:
            sys.exit(f"{self.name}: packet {printed}: the rebuilt frame has {len(frame)} bytes, {length} are printed")

    def write(self, folder):
        path = folder / f"{self.name}.pcapng"
        self.capture.write(path, interfaces=["client"])
        print(f"{path.name}: {len(self.capture.frames)} packets")


def ts(value, echo):
    """Timestamps as every stack sends them outside a SYN: two NOPs before, so that the numbers are aligned."""
    return [NOP, NOP, timestamps(value, echo)]


def syn_options(tsval):
    """The client's SYN: 24 bytes in the printed order (that of macOS)."""
    return [mss(1460), NOP, window_scale(4), NOP, NOP, timestamps(tsval, 0), SACK_PERMITTED, EOL, EOL]


def http(first_lines, size, complete=True):
    """An HTTP header of `size` bytes: the lines, then one made-up field that fills it up, then the empty line.

    Incomplete: without the empty line, as where the printed analyser still waits for the rest of the header.
    """
    head = "".join(f"{line}\r\n" for line in first_lines)
    tail = "\r\n\r\n" if complete else "\r\n"
    fill = size - len(head) - len("X-Rebuilt: ") - len(tail)
    if fill < 1:
        sys.exit(f"HTTP header {first_lines[0]!r}: {size} bytes are too few")
    return (head + "X-Rebuilt: " + "." * fill + tail).encode()


def request(method, host, size):
    return http([f"{method} / HTTP/1.1", f"Host: {host}", "Accept: */*"], size)


def server_active_close():
    server = "64.124.19.179"
    t = Transcript("server-active-close-55876", "2013-06-22T23:21:42Z", 55876, server, 0x3A5C1E00, 0x91B7D400, 52,
                   server_padded=True, server_shift=7)
    c, s = t.client, t.server
    linux = [mss(1430), NOP, NOP, SACK_PERMITTED, NOP, window_scale(7)]
    t.line(21, "15.184532", c > s, 78, "SYN", 0, 0, 65535, options=syn_options(816445360))
    t.line(22, "15.286232", s > c, 66, "SYN,ACK", 0, 1, 5840, options=linux)
    t.line(23, "15.286279", c > s, 54, "ACK", 1, 1, 262144)
    t.line(24, "15.286337", c > s, 205, "PSH,ACK", 1, 1, 262144, request("GET", server, 151))
    t.line(25, "15.377931", s > c, 60, "ACK", 1, 152, 6912)
    t.line(33, "25.378766", s > c, 60, "FIN,ACK", 1, 152, 6912)
    t.line(34, "25.379010", c > s, 54, "ACK", 152, 2, 262144)
    t.line(35, "25.379271", c > s, 54, "FIN,ACK", 152, 2, 262144)
    t.line(36, "25.467514", s > c, 60, "ACK", 2, 153, 6912)
    return t


def client_active_close():
    server = "15.193.113.27"
    t = Transcript("client-active-close-56154", "2013-06-22T23:30:20Z", 56154, server, 0x51D20F40, 0x0C77A980, 49)
    c, s = t.client, t.server
    syn_ack = [mss(1380), SACK_PERMITTED, NOP, NOP, NOP, window_scale(0), NOP, NOP, timestamps(3823454198, 816940518)]
    answer = http(["HTTP/1.1 200 OK", "Server: rebuilt", "Content-Type: text/html"], 317)
    t.line(1, "0.000000", c > s, 78, "SYN", 0, 0, 65535, options=syn_options(816940518))
    t.line(2, "0.044037", s > c, 78, "SYN,ACK", 0, 1, 32768, options=syn_ack)
    t.line(3, "0.044278", c > s, 66, "ACK", 1, 1, 131328, options=ts(816940561, 3823454198))
    t.line(4, "0.044447", c > s, 208, "PSH,ACK", 1, 1, 131328, request("HEAD", server, 142), ts(816940561, 3823454198))
    t.line(5, "0.151665", s > c, 383, "PSH,ACK", 1, 143, 32768, answer, ts(3823454209, 816940561))
    t.line(6, "0.151972", c > s, 66, "ACK", 143, 318, 131008, options=ts(816940667, 3823454209))
    t.line(7, "0.152167", c > s, 66, "FIN,ACK", 143, 318, 131072, options=ts(816940667, 3823454209))
    t.line(8, "0.198413", s > c, 66, "ACK", 318, 144, 32768, options=ts(3823454213, 816940561))
    t.line(9, "0.198646", c > s, 66, "ACK", 144, 318, 131072, options=ts(816940711, 3823454213))
    t.line(10, "0.203468", s > c, 66, "FIN,ACK", 318, 144, 32768, options=ts(3823454213, 816940667))
    t.line(11, "0.203732", c > s, 66, "ACK", 144, 319, 131072, options=ts(816940715, 3823454213))
    return t


def three_segments():
    server = "140.211.167.51"
    t = Transcript("three-segments-56421", "2013-06-22T23:40:09Z", 56421, server, 0x7E019A60, 0xD4402B10, 50,
                   server_shift=7)
    c, s = t.client, t.server
    syn_ack = [mss(1380), SACK_PERMITTED, timestamps(2005662022, 817520647), NOP, window_scale(7)]
    answer = http(["HTTP/1.1 200 OK", "Server: rebuilt"], 189, complete=False)
    t.line(1, "0.145392", c > s, 78, "SYN", 0, 0, 65535, options=syn_options(817520647))
    t.line(2, "0.236713", s > c, 74, "SYN,ACK", 0, 1, 14480, options=syn_ack)
    t.line(3, "0.237021", c > s, 66, "ACK", 1, 1, 131328, options=ts(817520736, 2005662022))
    t.line(4, "0.237193", c > s, 207, "PSH,ACK", 1, 1, 131328, request("HEAD", server, 141), ts(817520736, 2005662022))
    t.line(5, "0.330093", s > c, 66, "ACK", 1, 142, 15616, options=ts(2005662116, 817520736))
    t.line(6, "0.331312", s > c, 255, "PSH,ACK", 1, 142, 15616, answer, ts(2005662116, 817520736))
    t.line(7, "0.331584", c > s, 66, "ACK", 142, 190, 131136, options=ts(817520829, 2005662116))
    t.line(8, "0.331977", c > s, 66, "FIN,ACK", 142, 190, 131136, options=ts(817520829, 2005662116))
    t.line(9, "0.428806", s > c, 66, "FIN,ACK", 190, 143, 15616, options=ts(2005662210, 817520829))
    t.line(10, "0.429067", c > s, 66, "ACK", 143, 191, 131136, options=ts(817520925, 2005662210))
    return t


def simultaneous_close():
    server = "156.151.59.35"
    t = Transcript("simultaneous-close-56155", "2013-06-22T23:30:20Z", 56155, server, 0x2F88C3A0, 0xE60D5170, 244)
    c, s = t.client, t.server
    syn_ack = [mss(1430), NOP, window_scale(0), NOP, NOP, timestamps(1863626880, 816946451), SACK_PERMITTED, EOL, EOL]
    answer = http(["HTTP/1.0 301 Moved Permanently", f"Location: http://{server}/x", "Content-Length: 0"], 137)
    t.line(12, "6.023331", c > s, 78, "SYN", 0, 0, 65535, options=syn_options(816946451))
    t.line(13, "6.126083", s > c, 78, "SYN,ACK", 0, 1, 4290, options=syn_ack)
    t.line(14, "6.126398", c > s, 66, "ACK", 1, 1, 131872, options=ts(816946553, 1863626880))
    t.line(15, "6.126548", c > s, 209, "PSH,ACK", 1, 1, 131872, request("HEAD", server, 143), ts(816946553, 1863626880))
    t.line(16, "6.249165", s > c, 203, "PSH,ACK", 1, 144, 4433, answer, ts(1863627001, 816946553))
    t.line(17, "6.249460", c > s, 66, "ACK", 144, 138, 131728, options=ts(816946674, 1863627001))
    t.line(18, "6.249666", s > c, 66, "FIN,ACK", 138, 144, 4433, options=ts(1863627001, 816946553))
    t.line(19, "6.249714", c > s, 66, "FIN,ACK", 144, 138, 131728, options=ts(816946674, 1863627001))
    t.line(20, "6.249827", c > s, 66, "FIN,ACK", 144, 139, 131728, options=ts(816946674, 1863627001))
    t.line(21, "6.354273", s > c, 66, "ACK", 139, 145, 4433, options=ts(1863627108, 816946674))
    t.line(22, "6.354555", c > s, 66, "ACK", 145, 139, 131728, options=ts(816946777, 1863627108))
    t.line(23, "6.355058", s > c, 66, "ACK", 139, 145, 4433, options=ts(1863627108, 816946674))
    return t


TRANSCRIPTS = (server_active_close, client_active_close, three_segments, simultaneous_close)


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    folder.mkdir(parents=True, exist_ok=True)
    for transcript in TRANSCRIPTS:
        transcript().write(folder)


if __name__ == "__main__":
    main()
