"""How connections close in good order: four segments, three, with data, half-closed."""

import socket

from registry import both_sides, scenario

QUICKACK = socket.TCP_QUICKACK


def _exchange(lab, near, far):
    near.send(400)
    far.receive(400)
    far.send(600)
    near.receive(600)
    lab.step("request and answer", {near: "ESTABLISHED", far: "ESTABLISHED"})


@both_sides("{side}-active-close", "the {side} closes first, in four segments")
@both_sides("{side}-active-close-ipv6", "the {side} closes first, in four segments, over IPv6", ipv=6)
@both_sides("{side}-active-close-distant", "the {side} closes first, over a path of 20 ms", delay=0.02)
@both_sides("{side}-active-close-no-sack", "the {side} closes first, without SACK", sysctl="net.ipv4.tcp_sack")
@both_sides("{side}-active-close-no-timestamps", "the {side} closes first, without timestamps", sysctl="net.ipv4.tcp_timestamps")
@both_sides("{side}-active-close-no-scaling", "the {side} closes first, without window scaling", sysctl="net.ipv4.tcp_window_scaling")
def active_close(lab, side, sysctl=None):
    if sysctl:
        lab.sysctl(sysctl, 0)
    near, far = lab.open(side)
    _exchange(lab, near, far)
    near.close()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.receive_end()
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "four segments")


@both_sides("{side}-three-segments", "the {peer}'s FIN is the first to acknowledge the {side}'s: three segments")
def three_segments(lab, side):
    near, far = lab.open(side)
    _exchange(lab, near, far)
    # An interactive connection: the kernel delays the ACK, and the application is faster.
    far.tcp(QUICKACK, 0)
    near.close()
    far.receive_end()
    far.close()
    lab.step("both FINs", {near: "TIME-WAIT", far: "CLOSED"})
    seen = lab.count(far.role, lambda p: p.outgoing and p.flags & 1)
    lab.expect(side, "three segments" if seen == 1 and _acknowledged_by_fin(lab, far) else "four segments")


def _acknowledged_by_fin(lab, far):
    packets = lab.captures[far.role].packets
    first = next(i for i, p in enumerate(packets) if not p.outgoing and p.flags & 1)
    return next(p for p in packets[first + 1:] if p.outgoing).flags & 1


@both_sides("{side}-fin-with-data", "the {side}'s FIN carries data, and so does the {peer}'s")
def fin_with_data(lab, side):
    near, far = lab.open(side)
    for end, states in ((near, {near: "FIN-WAIT-2", far: "CLOSE-WAIT"}), (far, {near: "TIME-WAIT", far: "CLOSED"})):
        end.cork()
        end.send(500)
        end.shutdown()
        lab.step(f"{end.role}'s FIN with data", states)
    lab.expect(side, "half-close")


@both_sides("{side}-half-close", "the {side} closes its half, the {peer} sends on and closes later")
@both_sides("{side}-half-close-ipv6", "the {side} closes its half, the {peer} sends on and closes later, over IPv6", ipv=6)
def half_close(lab, side):
    near, far = lab.open(side)
    near.send(400)
    far.receive(400)
    near.shutdown()
    far.receive_end()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    for number in (1, 2, 3):
        lab.pause(0.4)
        far.send(500)
        near.receive(500)
        lab.step(f"data {number} on the open half", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "half-close")


@both_sides("{side}-half-close-silent", "the {side} closes its half; the {peer} says nothing for 1.6 s and then closes")
def half_close_silent(lab, side):
    near, far = lab.open(side)
    _exchange(lab, near, far)
    near.shutdown()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    lab.pause(1.6)
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "half-close")


@both_sides("{side}-half-close-last-data-in-fin", "the {side} closes its half; the answer comes together with the {peer}'s FIN")
def half_close_last_data_in_fin(lab, side):
    near, far = lab.open(side)
    near.send(400)
    near.shutdown()
    far.receive_end()
    lab.step("request and FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.cork()
    far.send(700)
    far.shutdown()
    near.receive(700)
    lab.step("answer with FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "half-close")


@both_sides("{side}-closes-{peer}-never", "the {side} closes and the {peer} never does")
def never_closed(lab, side):
    near, far = lab.open(side)
    _exchange(lab, near, far)
    near.close()
    far.receive_end()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    lab.pause(2)
    lab.step("two seconds later", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    # Half-closed for longer than the threshold, but no packet says so before the capture ends.
    lab.expect(side, "unfinished")


@scenario("keep-alives", "an idle connection kept alive by probes, then closed by the client")
def keep_alives(lab):
    client, server = lab.open()
    _exchange(lab, client, server)
    client.option(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    client.tcp(socket.TCP_KEEPIDLE, 1)
    client.tcp(socket.TCP_KEEPINTVL, 1)
    lab.wait_for("client", lambda p: p.outgoing and p.length == 0, lab.count("client", lambda p: p.outgoing and p.length == 0) + 2)
    lab.step("two probes", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    client.close()
    server.receive_end()
    lab.step("first FIN", {"client": "FIN-WAIT-2", "server": "CLOSE-WAIT"})
    server.close()
    lab.step("second FIN", {"client": "TIME-WAIT", "server": "CLOSED"})
    lab.expect("client", "four segments")


@both_sides("{side}-half-close-keep-alives", "half-closed by the {side} and kept alive by the {peer}'s probes, which are no new data")
def half_close_keep_alives(lab, side):
    near, far = lab.open(side)
    _exchange(lab, near, far)
    far.option(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    far.tcp(socket.TCP_KEEPIDLE, 1)
    far.tcp(socket.TCP_KEEPINTVL, 1)
    near.shutdown()
    lab.step("first FIN", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    lab.wait_for(far.role, lambda p: p.outgoing and p.length == 0, lab.count(far.role, lambda p: p.outgoing and p.length == 0) + 2)
    lab.step("two probes", {near: "FIN-WAIT-2", far: "CLOSE-WAIT"})
    far.close()
    lab.step("second FIN", {near: "TIME-WAIT", far: "CLOSED"})
    lab.expect(side, "half-close")
