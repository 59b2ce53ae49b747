"""The same addresses and ports again: old connections, half-open ones, and numbers near the wrap."""

from packet import RST, SYN
from registry import both_sides, scenario

WRAP = 2**32


def _close(lab, near, far):
    near.close()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})


@both_sides("port-reuse-{side}-in-time-wait", "a new connection on the same ports while the {side} is in TIME-WAIT of the old one")
def port_reuse(lab, side):
    # A client may call again out of TIME-WAIT where this is allowed and the clock of its timestamps has gone on.
    lab.sysctl("net.ipv4.tcp_tw_reuse", 1)
    near, far = lab.open(side)
    _close(lab, near, far)
    lab.pause(2.2)
    lab.connect()
    server = lab.accept(lab.server.listeners[0])
    lab.step("new handshake", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    client = lab.connections[-1]["ends"]["client"]
    client.send(300)
    server.receive(300)
    lab.step("new data", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    _close(lab, client, server)
    lab.expect("client", "four segments")


@scenario("port-reuse-after-reset", "a new connection on the same ports after a reset of the old one")
def port_reuse_after_reset(lab):
    client, server = lab.open()
    client.abort()
    lab.step("reset", {"client": "CLOSED", "server": "CLOSED"})
    client = lab.connect()
    server = lab.accept(lab.server.listeners[0])
    lab.step("new handshake", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    _close(lab, server, client)
    lab.expect("server", "four segments")


@scenario("client-restarts-and-reconnects", "the client restarts and calls again from the same port: challenge ACK, reset, new handshake")
@scenario("client-restarts-and-reconnects-ipv6", "the client restarts and calls again from the same port, over IPv6", ipv=6)
def client_restarts(lab):
    client, server = lab.open()
    client.send(300)
    server.receive(300)
    lab.step("data", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    client.vanish()
    lab.step("restart", {"client": "CLOSED", "server": "ESTABLISHED"})
    client = lab.connect()
    server = lab.accept(lab.server.listeners[0])
    lab.step("new handshake", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    client.send(300)
    server.receive(300)
    _close(lab, client, server)
    lab.expect("client", "four segments")


@scenario("client-restarts-reset-lost", "the client restarts and calls again; the reset that answers the challenge ACK is lost once")
def client_restarts_reset_lost(lab):
    client, server = lab.open()
    client.vanish()
    lab.step("restart", {"client": "CLOSED", "server": "ESTABLISHED"})
    lost = lab.firewall.drop(client.out, flags="rst")
    lab.connect()
    lab.wait_for("client", lambda p: p.outgoing and p.flags & RST, 1)
    lab.step("challenge ACK, reset lost", {"client": "SYN-SENT", "server": "ESTABLISHED"})
    lost.remove()
    lab.accept(lab.server.listeners[0])
    lab.step("new handshake", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    lab.expect("none", "open")


@scenario("server-restarts-and-client-closes", "the server restarts; the client's FIN is answered by a reset")
def server_restarts(lab):
    client, server = lab.open()
    server.vanish()
    lab.step("restart", {"client": "ESTABLISHED", "server": "CLOSED"})
    client.close()
    lab.step("client's FIN", {"client": "CLOSED", "server": "CLOSED"})
    lab.expect("client", "reset after FIN")


@scenario("wrap-in-data", "the client's sequence numbers wrap within its data", first_sequence=WRAP - 700)
@scenario("wrap-at-syn", "the client's SYN has the last sequence number before the wrap", first_sequence=WRAP - 1)
@scenario("wrap-at-fin", "the client's FIN has the last sequence number before the wrap", first_sequence=WRAP - 2 - 900)
@scenario("wrap-after-fin", "the client's FIN is the first sequence number after the wrap", first_sequence=WRAP - 1 - 900)
def wrap(lab, first_sequence):
    client, server = lab.open(first_sequence=first_sequence)
    syn = next(p for p in lab.captures["client"].packets if p.flags & SYN)
    assert syn.sequence == first_sequence, f"the kernel chose {syn.sequence} itself"
    client.send(900)
    server.receive(900)
    lab.step("data", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    server.send(300)
    client.receive(300)
    _close(lab, client, server)
    lab.expect("client", "four segments")


@scenario("wrap-fin-before-data", "the sequence numbers wrap in lost data that the FIN overtakes", first_sequence=WRAP - 400)
def wrap_fin_before_data(lab, first_sequence):
    client, server = lab.open(first_sequence=first_sequence)
    lost = lab.firewall.drop(client.out, data=True)
    client.send(900)
    client.shutdown()
    lab.step("data lost, FIN arrived", {"client": "FIN-WAIT-1", "server": "ESTABLISHED"})
    lost.remove()
    server.receive(900)
    lab.step("data repeated", {"client": "FIN-WAIT-2", "server": "CLOSE-WAIT"})
    server.close()
    lab.step("second FIN", {"client": "TIME-WAIT", "server": "CLOSED"})
    lab.expect("client", "four segments")
