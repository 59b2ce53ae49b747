"""Closed receive windows: probes, and FINs that wait unsent behind data."""

import socket

from registry import both_sides, scenario

SMALL = 4096


def _small_buffer(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)


def _fill(end):
    """Queue more than the peer's window takes."""
    total = 0
    while total < 24_000 and (sent := end.send(8000)):
        total += sent
    return total


def _open(lab, side):
    """Both hosts have small receive buffers; returns the ends."""
    return lab.open(side, prepare=_small_buffer, accept_prepare=_small_buffer)


def _is_probe(packet):
    return packet.outgoing and packet.length <= 1


@both_sides("{side}-zero-window-probes", "the {peer} does not read: its window closes, the {side} probes; then all is read")
def zero_window(lab, side):
    near, far = _open(lab, side)
    total = _fill(near)
    lab.step("window closed", {near: "ESTABLISHED", far: "ESTABLISHED"})
    lab.pause(1)
    lab.step("probes", {near: "ESTABLISHED", far: "ESTABLISHED"})
    far.receive(total)
    lab.step("all read", {near: "ESTABLISHED", far: "ESTABLISHED"})
    near.close()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "four segments")


@both_sides("{side}-closes-behind-zero-window", "the {side} closes while the {peer}'s window is closed: its FIN waits until the data was read")
def closes_behind_zero_window(lab, side):
    near, far = _open(lab, side)
    total = _fill(near)
    near.shutdown()
    lab.step("FIN waits unsent", {near: "FIN-WAIT-1", far: "ESTABLISHED"})
    lab.pause(0.5)
    far.receive(total)
    far.receive_end()
    lab.step("all read", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "four segments")


@scenario("both-close-with-data-unsent", "both sides close while their data still waits for the other's window")
def both_close_with_data_unsent(lab):
    client, server = _open(lab, "client")
    to_server, to_client = _fill(client), _fill(server)
    client.shutdown()
    server.shutdown()
    lab.step("both FINs wait unsent", {"client": "FIN-WAIT-1", "server": "FIN-WAIT-1"})
    server.receive(to_server)
    server.receive_end()
    # From here on the kernels are in states that no packet shows: the server's FIN will cover the client's, although it was
    # queued before. The lab finds that out by itself.
    lab.step("the server has read all", {"client": "FIN-WAIT-2", "server": "CLOSING"})
    client.receive(to_client)
    client.receive_end()
    lab.step("all read", {"client": "TIME-WAIT", "server": "TIME-WAIT"})


@scenario("window-scaling-transfer", "a transfer through a scaled window, closed by the client", delay=0.005)
def window_scaling(lab):
    client, server = lab.open()
    for _ in range(5):
        client.send(40_000)
        server.receive(40_000)
    lab.step("data", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    client.close()
    server.receive_end()
    lab.step("first FIN", {"client": "FIN-WAIT-2", "server": "CLOSE-WAIT"})
    server.close()
    lab.step("second FIN", {"client": "TIME-WAIT", "server": "CLOSED"})
    lab.expect("client", "four segments")
