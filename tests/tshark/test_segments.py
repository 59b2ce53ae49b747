"""Which packets are annotated, and what is read of them: tunnels, ICMP errors, IPv6, damaged and cut headers."""

import pytest

from pcapng import (
    ICMP, IPIP, SACK_PERMITTED, TCP, Capture, ethernet, icmp_error, ipv4, ipv6, mac_of, mss, tcp, timestamps, window_scale)

STATES = ["tcpstate.states"]
HANDSHAKE = ["SYN-SENT/LISTEN", "ESTABLISHED/SYN-RECEIVED", "ESTABLISHED/ESTABLISHED"]
CLIENT_CLOSE = ["FIN-WAIT-1/CLOSE-WAIT", "FIN-WAIT-2/CLOSE-WAIT", "TIME-WAIT/LAST-ACK", "TIME-WAIT/CLOSED"]


def handshake(capture, connection, start=0.0):
    client, server = connection.client, connection.server
    capture.at(start, client > server, "SYN", options=[mss(1460)])
    capture.at(start + 0.01, server > client, "SYN,ACK", options=[mss(1460)])
    capture.at(start + 0.02, client > server, "ACK")


def client_close(capture, connection, start=1.0):
    client, server = connection.client, connection.server
    capture.at(start, client > server, "FIN,ACK")
    capture.at(start + 0.01, server > client, "ACK")
    capture.at(start + 0.02, server > client, "FIN,ACK")
    capture.at(start + 0.03, client > server, "ACK")


def states(packets):
    return [";".join(packet["tcpstate.states"]) for packet in packets]


def between(source, destination, payload):
    return ethernet(mac_of(source), mac_of(destination), payload)


def test_ipv6(wireshark):
    capture = Capture()
    connection = capture.connection("[2001:db8::1]:40000", "[2001:db8::2]:443")
    handshake(capture, connection)
    client_close(capture, connection)
    assert states(wireshark.fields(wireshark.write(capture), STATES)) == HANDSHAKE + CLIENT_CLOSE


def test_ip_in_ip_has_one_subtree(wireshark):
    """A tunnel's outer header is no TCP: one segment, one subtree."""
    capture, inner = Capture(), Capture()
    connection = inner.connection("10.0.0.1:40000", "10.0.0.2:80")
    for flags, way in (("SYN", connection.client > connection.server), ("SYN,ACK", connection.server > connection.client)):
        packet = inner.packet(way, flags)
        outer = ipv4("192.0.2.1", "192.0.2.2", IPIP, packet.ip())
        capture.raw(len(capture.frames) / 100, between("192.0.2.1", "192.0.2.2", outer))
    packets = wireshark.fields(wireshark.write(capture), [*STATES, "frame.protocols"])
    assert states(packets) == HANDSHAKE[:2]
    assert packets[0]["frame.protocols"] == ["eth:ethertype:ip:ip:tcp"]


def two_layers():
    """Frames that hold two TCP segments each: an 802.11 A-MSDU with two subframes, one segment of each connection."""
    capture = Capture(linktype=105)
    first = capture.connection("10.0.0.1:40000", "10.0.0.2:80")
    second = capture.connection("10.0.0.1:40001", "10.0.0.2:80")
    pairs = [("SYN", "client"), ("SYN,ACK", "server"), ("ACK", "client"), ("FIN,ACK", "client")]
    for number, (flags, sender) in enumerate(pairs):
        subframes = b""
        for connection in (first, second):
            way = (connection.client > connection.server) if sender == "client" else (connection.server > connection.client)
            packet = capture.packet(way, flags)
            body = bytes.fromhex("aaaa030000000800") + packet.ip()
            subframe = bytes.fromhex("020000000002" "020000000001") + len(body).to_bytes(2, "big") + body
            subframes += subframe + b"\x00" * (-len(subframe) % 4)
        # A QoS data frame; bit 7 of QoS control says that it holds an A-MSDU.
        header = bytes.fromhex("8801" "0000" "020000000002" "020000000001" "020000000002" "0000" "8000")
        capture.raw(number / 100, header + subframes)
    return capture


def test_two_segments_in_a_frame_have_two_subtrees(wireshark):
    capture = wireshark.write(two_layers())
    expected = [f"{state};{state}" for state in [*HANDSHAKE, "FIN-WAIT-1/CLOSE-WAIT"]]
    assert states(wireshark.fields(capture, STATES)) == expected
    assert states(wireshark.fields(capture, STATES, "-2")) == expected
    assert [";".join(packet["tcpstate.states"]) for packet in wireshark.sharkd_fields(capture)] == expected
    details = wireshark.read(capture, "-V").splitlines()
    assert len([line for line in details if line.startswith("TCP State, ")]) == 8


def test_quoted_in_an_icmp_error_is_not_live(wireshark):
    """A quoted FIN or RST moves nothing, whether a few bytes of it are quoted or all."""
    capture = Capture()
    connection = capture.connection("10.0.0.1:40000", "10.0.0.2:80")
    handshake(capture, connection)
    quoted = tcp("10.0.0.1", "10.0.0.2", 40000, 80, 1001, 5001, "FIN,ACK", 65535)
    for number, bytes_quoted in enumerate((8, 20)):
        original = ipv4("10.0.0.1", "10.0.0.2", TCP, quoted)[: 20 + bytes_quoted]
        error = icmp_error("192.0.2.9", "10.0.0.1", 3, 1, original)
        capture.raw(0.5 + number / 100, between("192.0.2.9", "10.0.0.1", error))
    client_close(capture, connection)
    packets = wireshark.fields(wireshark.write(capture), [*STATES, "tcpstate"])
    assert states(packets) == [*HANDSHAKE, "", "", *CLIENT_CLOSE]
    assert [packet["tcpstate"] != [] for packet in packets[3:5]] == [False, False]


def test_other_protocols_are_not_annotated(wireshark):
    capture = Capture()
    capture.raw(0, between("10.0.0.1", "10.0.0.2", ipv4("10.0.0.1", "10.0.0.2", ICMP, b"\x08\x00\xf7\xff" + b"\x00" * 4)))
    capture.raw(1, b"\x00" * 5)
    assert states(wireshark.fields(wireshark.write(capture), STATES)) == ["", ""]


def test_options_and_payload_do_not_hide_the_fin(wireshark):
    """The FIN stands after the payload; options of any kind lie between the header and it."""
    capture = Capture()
    connection = capture.connection("10.0.0.1:40000", "10.0.0.2:80")
    client, server = connection.client, connection.server
    every = [mss(1460), window_scale(7), SACK_PERMITTED, timestamps(1, 0)]
    capture.at(0.00, client > server, "SYN", options=every)
    capture.at(0.01, server > client, "SYN,ACK", options=every)
    capture.at(0.02, client > server, "ACK", options=[timestamps(2, 1)])
    capture.at(1.00, client > server, "FIN,PSH,ACK", data=b"last words", options=[b"\x01\x01", timestamps(3, 1)])
    capture.at(1.01, server > client, "ACK", ack=11)  # of the payload, not of the FIN
    capture.at(1.02, server > client, "ACK", ack=12)
    packets = wireshark.fields(wireshark.write(capture), STATES)
    assert states(packets)[3:] == ["FIN-WAIT-1/CLOSE-WAIT", "FIN-WAIT-1/CLOSE-WAIT", "FIN-WAIT-2/CLOSE-WAIT"]


@pytest.mark.parametrize(("tcp_bytes", "annotated"), [(13, False), (14, True), (15, True), (17, True), (19, True), (20, True)])
def test_header_cut_by_the_snap_length(wireshark, tcp_bytes, annotated):
    """Ports, numbers and flags are enough: 14 bytes."""
    capture = Capture()
    connection = capture.connection("10.0.0.1:40000", "10.0.0.2:80")
    handshake(capture, connection)
    capture.at(0.5, connection.client > connection.server, "PSH,ACK", data=b"x" * 100)
    client_close(capture, connection)
    packets = wireshark.fields(wireshark.write(capture, snaplen=14 + 20 + tcp_bytes), STATES)
    expected = [*HANDSHAKE, HANDSHAKE[-1], *CLIENT_CLOSE]
    assert states(packets) == (expected if annotated else [""] * len(expected))


@pytest.mark.parametrize("offset", [0, 4, 15])
def test_impossible_data_offset_is_no_segment(wireshark, offset):
    capture = Capture()
    connection = capture.connection("10.0.0.1:40000", "10.0.0.2:80")
    handshake(capture, connection)
    segment = bytearray(capture.packet(connection.client > connection.server, "FIN,ACK").segment())
    segment[12] = offset << 4
    capture.raw(0.5, between("10.0.0.1", "10.0.0.2", ipv4("10.0.0.1", "10.0.0.2", TCP, bytes(segment))))
    capture.at(0.6, connection.server > connection.client, "PSH,ACK", ack=1, data=b"still here")
    packets = wireshark.fields(wireshark.write(capture), STATES)
    assert states(packets)[3:] == ["", "ESTABLISHED/ESTABLISHED"]


def fragmented(capture, packet, start, size):
    """An IP packet in pieces of `size` bytes."""
    segment = packet.segment()
    for offset in range(0, len(segment), size):
        piece = ipv4(packet.source, packet.destination, TCP, segment[offset:offset + size], ident=77, dont_fragment=False,
                     more_fragments=offset + size < len(segment), fragment_offset=offset)
        capture.raw(start + offset / 1e6, between(packet.source, packet.destination, piece))


def test_fragments_count_once_they_are_reassembled(wireshark):
    """The FIN of a fragmented segment stands after all of its payload, not after the first fragment's."""
    capture = Capture()
    connection = capture.connection("10.0.0.1:40000", "10.0.0.2:80")
    handshake(capture, connection)
    fragmented(capture, capture.packet(connection.client > connection.server, "FIN,ACK", data=b"x" * 180), 0.5, 80)
    capture.at(0.6, connection.server > connection.client, "ACK", ack=61)  # as if the first fragment were all
    capture.at(0.7, connection.server > connection.client, "ACK", ack=182)
    path = wireshark.write(capture)
    assert states(wireshark.fields(path, STATES))[3:] == [
        "", "", "FIN-WAIT-1/CLOSE-WAIT", "FIN-WAIT-1/CLOSE-WAIT", "FIN-WAIT-2/CLOSE-WAIT"]
    # Without reassembly nothing shows where the FIN stands: it is left out rather than put in the wrong place.
    apart = states(wireshark.fields(path, STATES, "-o", "ip.defragment:FALSE"))[3:]
    assert apart == [HANDSHAKE[-1], "", "", HANDSHAKE[-1], HANDSHAKE[-1]]


def test_ipv6_extension_headers(wireshark):
    capture = Capture()
    segment = tcp("2001:db8::1", "2001:db8::2", 40000, 80, 1000, 0, "SYN", 65535)
    hop_by_hop = bytes([TCP, 0, 1, 4, 0, 0, 0, 0])
    capture.raw(0, between("2001:db8::1", "2001:db8::2", ipv6("2001:db8::1", "2001:db8::2", 0, hop_by_hop + segment)))
    assert states(wireshark.fields(wireshark.write(capture), STATES)) == HANDSHAKE[:1]


def test_snap_length_does_not_shorten_the_payload(wireshark):
    """What is not captured was sent all the same: the ACK of a FIN behind cut payload is one."""
    capture = Capture()
    connection = capture.connection("10.0.0.1:40000", "10.0.0.2:80")
    handshake(capture, connection)
    capture.at(0.5, connection.client > connection.server, "FIN,PSH,ACK", data=b"x" * 500)
    capture.at(0.6, connection.server > connection.client, "ACK", ack=501)
    capture.at(0.7, connection.server > connection.client, "ACK", ack=502)
    packets = wireshark.fields(wireshark.write(capture, snaplen=60), STATES)
    assert states(packets)[3:] == ["FIN-WAIT-1/CLOSE-WAIT", "FIN-WAIT-1/CLOSE-WAIT", "FIN-WAIT-2/CLOSE-WAIT"]


def test_exception_in_a_dissector_above_loses_no_packet(wireshark):
    """HTTP, cut short, throws past the tee: neither that packet nor the next one may suffer."""
    capture = Capture()
    connection = capture.connection("10.0.0.1:40000", "10.0.0.2:53")  # DNS over TCP: its length says more follows
    handshake(capture, connection)
    query = b"\x00\x40" + b"\x12\x34\x01\x00\x00\x01" + b"\x3f" * 58
    capture.at(0.5, connection.client > connection.server, "PSH,ACK", data=query)
    client_close(capture, connection)
    path = wireshark.write(capture, snaplen=14 + 20 + 20 + 10)
    packets = wireshark.fields(path, [*STATES, "_ws.short", "_ws.malformed", "_ws.unreassembled"])
    assert packets[3]["_ws.short"] or packets[3]["_ws.malformed"], "the packet was meant to break its dissector"
    assert states(packets) == [*HANDSHAKE, HANDSHAKE[-1], *CLIENT_CLOSE]


def test_disabled_tcp_state_leaves_tcp(wireshark):
    capture = Capture()
    handshake(capture, capture.connection("10.0.0.1:40000", "10.0.0.2:80"))
    packets = wireshark.fields(wireshark.write(capture), [*STATES, "tcp.flags.syn"], "--disable-protocol", "tcpstate")
    assert states(packets) == ["", "", ""]
    assert [packet["tcp.flags.syn"] for packet in packets] == [["1"], ["1"], ["0"]]


def test_disabled_tcp_leaves_nothing(wireshark):
    capture = Capture()
    handshake(capture, capture.connection("10.0.0.1:40000", "10.0.0.2:80"))
    path = wireshark.write(capture)
    assert states(wireshark.fields(path, STATES, "--disable-protocol", "tcp")) == ["", "", ""]
    assert (wireshark.read(path, "-V", "--disable-protocol", "tcp")
            == wireshark.read(path, "-V", "--disable-protocol", "tcp", plugin=False))
