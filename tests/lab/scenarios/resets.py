"""Connections that end, or do not end, by a reset."""

import socket

from packet import RST
from registry import both_sides, scenario


@both_sides("{side}-abort", "the {side} aborts an established connection")
@both_sides("{side}-abort-ipv6", "the {side} aborts an established connection, over IPv6", ipv=6)
def abort(lab, side):
    near, far = lab.open(side)
    near.send(300)
    far.receive(300)
    lab.step("data", {near: "ESTABLISHED", far: "ESTABLISHED"})
    near.abort()
    lab.step("reset", {near: "CLOSED", far: "CLOSED"})
    lab.expect("none", "reset")


@both_sides("{side}-abort-lost", "the {side}'s reset is lost; its peer's next data is answered by another one")
def abort_lost(lab, side):
    near, far = lab.open(side)
    lost = lab.firewall.drop(near.out)
    near.abort()
    lab.step("reset lost", {near: "CLOSED", far: "ESTABLISHED"})
    lost.remove()
    far.send(300)
    lab.step("data answered by a reset", {near: "CLOSED", far: "CLOSED"})
    lab.expect("none", "reset")


@both_sides("{side}-abort-after-own-fin", "the {side} closes its half and then aborts")
def abort_after_own_fin(lab, side):
    near, far = lab.open(side)
    near.shutdown()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    near.abort()
    lab.step("reset", {near: "CLOSED", far: "CLOSED"})
    lab.expect(side, "reset after FIN")


@both_sides("{peer}-abort-after-{side}-fin", "the {side} closes its half and the {peer} aborts")
def abort_after_peer_fin(lab, side):
    near, far = lab.open(side)
    near.shutdown()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.abort()
    lab.step("reset", {near: "CLOSED", far: "CLOSED"})
    lab.expect(side, "reset after FIN")


@both_sides("{peer}-abort-beyond-lost-data-after-{side}-close",
            "the {side} has closed, the {peer}'s data is lost, and so its reset is not at the next number: a closed host takes it")
def abort_beyond_lost_data(lab, side):
    near, far = lab.open(side)
    near.close()
    lab.step("FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    lab.firewall.drop(far.out, data=True)
    far.send(500)
    lab.step("data lost", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.abort()
    lab.step("reset", {near: "CLOSED", far: "CLOSED"})
    lab.expect(side, "reset after FIN")


@both_sides("{peer}-abort-beyond-lost-data-after-{side}-fin",
            "the same after a half-close: the host that still reads asks with a challenge ACK, which is lost")
def abort_beyond_lost_data_of_a_half_close(lab, side):
    near, far = lab.open(side)
    near.shutdown()
    lab.step("FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    lab.firewall.drop(far.out, data=True)
    far.send(500)
    lab.step("data lost", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    lab.firewall.drop(near.out)
    far.abort()
    lab.step("challenge ACK lost", {near: "FIN-WAIT-2", far: "CLOSED"})


@both_sides("{side}-closes-with-unread-data", "the {side} closes without having read the {peer}'s data: a reset instead of a FIN")
def unread_data(lab, side):
    near, far = lab.open(side)
    far.send(700)
    lab.step("data that nobody reads", {near: "ESTABLISHED", far: "ESTABLISHED"})
    near.close()
    lab.step("reset", {near: "CLOSED", far: "CLOSED"})
    lab.expect("none", "reset")


@both_sides("{side}-orphan-late-data", "the {side} closes completely; late data of the {peer} is answered by a reset")
@both_sides("{side}-orphan-late-data-ipv6", "the {side} closes completely; late data of the {peer} is answered by a reset, over IPv6", ipv=6)
def orphan_late_data(lab, side):
    near, far = lab.open(side)
    near.close()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.send(400)
    lab.step("late data", {near: "CLOSED", far: "CLOSED"})
    lab.expect(side, "reset after FIN")


@both_sides("{side}-orphan-late-data-reset-lost", "late data of the {peer} is answered by a reset, which is lost")
def orphan_late_data_reset_lost(lab, side):
    near, far = lab.open(side)
    near.close()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    lost = lab.firewall.drop(near.out, flags="rst")
    far.send(400)
    lab.step("late data, reset lost", {near: "CLOSED", far: "CLOSE-WAIT"})
    lost.remove()
    lab.step("data repeated", {near: "CLOSED", far: "CLOSED"})
    lab.expect(side, "reset after FIN")


@both_sides("{side}-keep-alives-unanswered", "the {side}'s keep-alive probes get no answer: it gives up with a reset")
def keep_alives_unanswered(lab, side):
    near, far = lab.open(side)
    near.option(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    near.tcp(socket.TCP_KEEPCNT, 2)
    near.tcp(socket.TCP_KEEPINTVL, 1)
    near.tcp(socket.TCP_KEEPIDLE, 1)
    lab.firewall.drop(near.back)
    lab.wait_for(near.role, lambda p: p.outgoing and p.flags & RST, 1)
    lab.step("given up", {near: "CLOSED", far: "CLOSED"})
    lab.expect("none", "reset")


@both_sides("{side}-restarts-{peer}-sends", "the {side} loses its connections without a word; the {peer}'s data is answered by a reset")
def restarted_peer_sends(lab, side):
    near, far = lab.open(side)
    near.vanish()
    lab.step("restart", {near: "CLOSED", far: "ESTABLISHED"})
    far.send(300)
    lab.step("data into the void", {near: "CLOSED", far: "CLOSED"})
    lab.expect("none", "reset")


@both_sides("{side}-restarts-while-half-closed", "the {side} closes its half and loses its connections; late data of the {peer} is answered by a reset")
def restarts_while_half_closed(lab, side):
    near, far = lab.open(side)
    near.shutdown()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    near.vanish()
    lab.step("restart", {near: "CLOSED", far: "CLOSE-WAIT"})
    far.send(300)
    lab.step("data into the void", {near: "CLOSED", far: "CLOSED"})
    lab.expect(side, "reset after FIN")


@scenario("abort-while-data-under-way", "the client's reset crosses the server's data", delay=0.02)
def abort_crosses_data(lab):
    client, server = lab.open()
    server.send(900)
    client.abort()
    lab.step("reset", {"client": "CLOSED", "server": "CLOSED"})
    lab.expect("none", "reset")


@scenario("resets-cross", "both sides abort at once", delay=0.02)
def resets_cross(lab):
    client, server = lab.open()
    client.abort()
    server.abort()
    lab.step("both resets", {"client": "CLOSED", "server": "CLOSED"})
    lab.expect("none", "reset")
