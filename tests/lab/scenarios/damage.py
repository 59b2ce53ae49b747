"""Closes on a path that loses, delays and repeats segments."""

from packet import FIN
from registry import both_sides, scenario


@both_sides("{side}-fin-lost", "the {side}'s FIN is lost and repeated")
@both_sides("{side}-fin-lost-ipv6", "the {side}'s FIN is lost and repeated, over IPv6", ipv=6)
def fin_lost(lab, side):
    near, far = lab.open(side)
    near.send(300)
    far.receive(300)
    lost = lab.firewall.drop(near.out)
    near.close()
    lab.step("FIN lost", {near: "FIN-WAIT-1", far: "ESTABLISHED"})
    lab.wait_for(near.role, lambda p: p.outgoing and p.flags & FIN, 2)
    lab.step("repetition lost too", {near: "FIN-WAIT-1", far: "ESTABLISHED"})
    lost.remove()
    lab.step("FIN repeated", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "four segments")


@both_sides("{side}-fin-ack-lost", "the ACK of the {side}'s FIN is lost")
def fin_ack_lost(lab, side):
    near, far = lab.open(side)
    lost = lab.firewall.drop(far.out)
    near.close()
    lab.step("ACK lost", {near: "FIN-WAIT-1", far: "CLOSE-WAIT"})
    lost.remove()
    lab.step("FIN repeated", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "four segments")


@both_sides("{peer}-second-fin-lost", "the second FIN, the {peer}'s, is lost and repeated: LAST-ACK against FIN-WAIT-2")
def second_fin_lost(lab, side):
    near, far = lab.open(side)
    near.close()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    lost = lab.firewall.drop(far.out)
    far.close()
    lab.step("second FIN lost", {near: "FIN-WAIT-2", far: "LAST-ACK"})
    lost.remove()
    lab.step("second FIN repeated", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "four segments")


@both_sides("{side}-last-ack-lost", "the last ACK, the {side}'s, is lost: the {peer} waits in LAST-ACK and repeats its FIN")
@both_sides("{side}-last-ack-lost-ipv6", "the last ACK, the {side}'s, is lost, over IPv6", ipv=6)
def last_ack_lost(lab, side):
    near, far = lab.open(side)
    near.close()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    lost = lab.firewall.drop(near.out)
    far.close()
    lab.step("last ACK lost", {near: "TIME-WAIT", far: "LAST-ACK"})
    lab.wait_for(far.role, lambda p: p.outgoing and p.flags & FIN, 2)
    lab.step("lost again", {near: "TIME-WAIT", far: "LAST-ACK"})
    lost.remove()
    lab.step("second FIN repeated", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "four segments")


@both_sides("{side}-fin-wait-1-frozen", "everything of the {side} is lost from its FIN on")
def fin_wait_1_frozen(lab, side):
    near, far = lab.open(side)
    near.send(300)
    far.receive(300)
    lab.firewall.drop(near.out)
    near.close()
    lab.step("FIN lost", {near: "FIN-WAIT-1", far: "ESTABLISHED"})
    lab.wait_for(near.role, lambda p: p.outgoing and p.flags & FIN, 3)
    lab.step("lost three times", {near: "FIN-WAIT-1", far: "ESTABLISHED"})
    lab.expect(side, "unfinished")


@both_sides("{side}-fin-before-data", "the {side}'s FIN arrives before the data in front of it, which was lost once")
def fin_before_data(lab, side):
    near, far = lab.open(side)
    lost = lab.firewall.drop(near.out, data=True)
    near.send(500)
    near.shutdown()
    lab.step("data lost, FIN arrived", {near: "FIN-WAIT-1", far: "ESTABLISHED"})
    lost.remove()
    far.receive(500)
    lab.step("data repeated", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "four segments")


@both_sides("{side}-fin-overtakes-data", "the {side}'s FIN overtakes the data in front of it; nothing is lost", delay=0.005)
def fin_overtakes_data(lab, side):
    near, far = lab.open(side)
    lab.relay.hold(near.out, lambda p: p.length > 0, 0.1)
    near.send(500)
    near.shutdown()
    far.receive(500)
    lab.step("FIN, then data", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "four segments")


@both_sides("{side}-fin-twice", "the {side}'s FIN arrives twice", delay=0.005)
def fin_twice(lab, side):
    near, far = lab.open(side)
    lab.relay.duplicate(near.out, lambda p: p.flags & FIN)
    near.close()
    lab.step("FIN twice", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "four segments")


@both_sides("{side}-time-wait-assassinated", "the {peer}'s FIN arrives twice: the second ACK of it finds no socket, and the reset ends the {side}'s TIME-WAIT",
            delay=0.005)
def time_wait_assassinated(lab, side):
    near, far = lab.open(side)
    near.close()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    lab.relay.duplicate(far.out, lambda p: p.flags & FIN)
    far.close()
    lab.step("second FIN twice", {near: "CLOSED", far: "CLOSED"})
    lab.expect(side, "four segments")


@both_sides("{side}-half-close-with-loss", "half-closed by the {side}; the {peer}'s data on the open half is lost and repeated")
def half_close_with_loss(lab, side):
    near, far = lab.open(side)
    near.shutdown()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    lost = lab.firewall.drop(far.out)
    far.send(800)
    lab.step("data lost", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    lost.remove()
    near.receive(800)
    lab.step("data repeated", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "half-close")


@both_sides("{side}-close-all-acks-lost", "the {side} closes, the {peer} answers, and no segment of the {peer} arrives")
def close_all_acks_lost(lab, side):
    near, far = lab.open(side)
    lost = lab.firewall.drop(far.out)
    near.close()
    lab.step("first FIN, ACK lost", {near: "FIN-WAIT-1", far: "CLOSE-WAIT"})
    far.close()
    lab.step("second FIN lost", {near: "FIN-WAIT-1", far: "LAST-ACK"})
    lost.remove()
    lab.step("all arrives", {near: "TIME-WAIT", far: "CLOSED"})
    # Lost on the way: the packets at the near side look like three segments, those at the far side like four.
    lab.expect(side, None)


@scenario("transfer-with-loss", "a transfer with lost segments and SACK, then a close by the server", delay=0.003)
@scenario("transfer-with-loss-no-sack", "a transfer with lost segments, without SACK", delay=0.003, sysctl="net.ipv4.tcp_sack")
def transfer_with_loss(lab, sysctl=None):
    if sysctl:
        lab.sysctl(sysctl, 0)
    client, server = lab.open()
    for skipped in (3, 4, 9):
        lab.relay.hold(client.back, lambda p, n=[skipped]: p.length > 0 and n.append(n.pop() - 1) is None and n[0] == 0, 0.05)
    lost = lab.firewall.drop(server.out, data=True, percent=15)
    server.send(30_000)
    server.shutdown()
    client.receive(30_000)
    lost.remove()
    lab.step("all data and the FIN", {"client": "CLOSE-WAIT", "server": "FIN-WAIT-2"})
    client.close()
    lab.step("second FIN", {"client": "CLOSED", "server": "TIME-WAIT"})
    lab.expect("server", "four segments")
