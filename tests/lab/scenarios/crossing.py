"""FINs and data that cross on a path with latency: only acknowledgement numbers tell what each end knew."""

import socket

from lab import ScenarioFailed
from packet import FIN
from registry import both_sides, scenario

DELAY = 0.02


def _freeze_acknowledgements(lab, near, far, both):
    """Of each direction's FINs the first arrives, and no acknowledgement of one does: the ends stay where the FINs put them."""
    for end in (near, far) if both else (near,):
        lab.firewall.drop(end.back, without="fin")
        lab.firewall.drop(end.back, flags="fin", after=1)


@scenario("simultaneous-close", "two FINs cross: both ends pass through CLOSING to TIME-WAIT", delay=DELAY)
@scenario("simultaneous-close-ipv6", "two FINs cross, over IPv6", ipv=6, delay=DELAY)
@scenario("simultaneous-close-no-timestamps", "two FINs cross, without timestamps", delay=DELAY, sysctl="net.ipv4.tcp_timestamps")
def simultaneous_close(lab, sysctl=None):
    if sysctl:
        lab.sysctl(sysctl, 0)
    client, server = lab.open()
    client.send(300)
    server.receive(300)
    lab.step("data", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    client.shutdown()
    server.shutdown()
    lab.step("both FINs", {"client": "TIME-WAIT", "server": "TIME-WAIT"})
    lab.expect("both", "simultaneous")


@scenario("simultaneous-close-with-data", "two FINs cross, each with the last data of its side", delay=DELAY)
def simultaneous_close_with_data(lab):
    client, server = lab.open()
    for end in (client, server):
        end.cork()
        end.send(400)
    for end in (client, server):
        end.shutdown()
    lab.step("both FINs", {"client": "TIME-WAIT", "server": "TIME-WAIT"})
    lab.expect("both", "simultaneous")


@scenario("closing-frozen", "two FINs cross and their ACKs are lost: both ends stay in CLOSING", delay=DELAY)
@scenario("closing-frozen-ipv6", "two FINs cross and their ACKs are lost, over IPv6", ipv=6, delay=DELAY)
@scenario("closing-frozen-no-sack", "two FINs cross and their ACKs are lost, without SACK", delay=DELAY, sysctl="net.ipv4.tcp_sack")
def closing_frozen(lab, sysctl=None):
    if sysctl:
        lab.sysctl(sysctl, 0)
    client, server = lab.open()
    _freeze_acknowledgements(lab, client, server, both=True)
    client.shutdown()
    server.shutdown()
    lab.step("both FINs, ACKs lost", {"client": "CLOSING", "server": "CLOSING"})
    lab.wait_for("client", lambda p: p.outgoing and p.flags & FIN, 2)
    lab.step("FINs repeated and lost", {"client": "CLOSING", "server": "CLOSING"})
    lab.firewall.clear()
    lab.step("all arrives", {"client": "TIME-WAIT", "server": "TIME-WAIT"})
    lab.expect("both", "simultaneous")


@both_sides("closing-frozen-{side}", "two FINs cross and only the ACK to the {side} is lost: it stays in CLOSING", delay=DELAY)
def closing_frozen_one(lab, side):
    near, far = lab.open(side)
    _freeze_acknowledgements(lab, near, far, both=False)
    near.shutdown()
    far.shutdown()
    lab.step("both FINs, one ACK lost", {near: "CLOSING", far: "TIME-WAIT"})
    lab.firewall.clear()
    lab.step("FIN repeated", {near: "TIME-WAIT", far: "TIME-WAIT"})
    lab.expect("both", "simultaneous")


@both_sides("crossing-fin-lost-{side}", "two FINs cross and the {side}'s is lost: it waits in CLOSING, its peer in FIN-WAIT-2", delay=DELAY)
def crossing_fin_lost(lab, side):
    near, far = lab.open(side)
    lost = lab.firewall.drop(near.out, flags="fin")
    near.shutdown()
    far.shutdown()
    lab.step("one FIN lost", {near: "CLOSING", far: "FIN-WAIT-2"})
    lost.remove()
    lab.step("FIN repeated", {near: "TIME-WAIT", far: "TIME-WAIT"})
    lab.expect("both", "simultaneous")


@both_sides("crossing-fins-lost-{side}-first", "two FINs cross and both are lost; the {side}'s comes through first", delay=DELAY)
def crossing_fins_lost(lab, side):
    near, far = lab.open(side)
    own, other = lab.firewall.drop(near.out), lab.firewall.drop(far.out)
    near.shutdown()
    far.shutdown()
    lab.step("both FINs lost", {near: "FIN-WAIT-1", far: "FIN-WAIT-1"})
    own.remove()
    lab.step("one FIN repeated", {near: "FIN-WAIT-1", far: "CLOSING"})
    other.remove()
    lab.step("other FIN repeated", {near: "TIME-WAIT", far: "TIME-WAIT"})
    lab.expect("both", "simultaneous")


@both_sides("data-crosses-{side}-fin", "data of the {peer} crosses the {side}'s FIN: no half-close in use", delay=DELAY)
def data_crosses_fin(lab, side):
    near, far = lab.open(side)
    far.send(900)
    near.shutdown()
    near.receive(900)
    lab.step("FIN and data crossed", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "four segments")


@both_sides("fin-after-crossing-data-{side}", "the {side}'s FIN acknowledges no data of the {peer} that is under way", delay=DELAY)
def fin_after_crossing_data(lab, side):
    near, far = lab.open(side)
    far.tcp(socket.TCP_NODELAY, 1)
    for _ in range(3):
        far.send(600)
    near.send(300)
    near.shutdown()
    near.receive(1800)
    lab.step("data both ways, FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.receive_end()
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "four segments")


@both_sides("{side}-close-crosses-data", "the {side} closes completely while data of the {peer} is under way: resets, numbered one before the FIN's end",
            delay=0.003)
def close_crosses_data(lab, side):
    near, far = lab.open(side)
    far.send(500)
    near.close()
    lab.step("FIN, data, reset", {near: "CLOSED", far: "CLOSED"})
    if not lab.count(near.role, lambda p: p.outgoing and p.flags & FIN):
        raise ScenarioFailed("the data came before the close")
    lab.expect(side, "reset after FIN")


@scenario("fin-crosses-reset", "the client's FIN crosses the server's reset", delay=DELAY)
def fin_crosses_reset(lab):
    client, server = lab.open()
    client.shutdown()
    server.abort()
    lab.step("FIN and reset", {"client": "CLOSED", "server": "CLOSED"})
    # Each host sees another order: reset after FIN at the client, FIN after reset at the server.
