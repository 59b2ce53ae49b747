"""A firewall forgets a connection and drops, without a word, what comes after it."""

import socket
import time

from firewalled import graded
from lab import ScenarioFailed
from packet import FIN, RST, SYN
from registry import verdict_scenario

HALF, IDLE, CLOSING = "half-closed timer", "idle timer", "closing timer"
MERGED = {HALF: graded(HALF, "certain"), IDLE: graded(IDLE, "certain"), CLOSING: graded(CLOSING, "certain")}

DEFAULT = {"half": 0, "idle": 0, "closing": 0}  # preferences: the profile's own


def grade(kind, alive):
    """With a sign of life of the silent side; without one a host that lost its power would look the same."""
    if alive:
        return graded(kind, "likely", "certain")
    return graded(kind, "likely", "possible") if kind == HALF else graded(kind, "possible")


def live(lab, side):
    """A connection beside the others that goes on, so that its hosts are known to be alive."""
    other = lab.pair(talk=2)
    lab.chat(other)
    lab.judge(other, "none")
    return other


def half_closed(lab, side, pair):
    """The host `side` closes its half; returns its end and the other one, which may go on."""
    near, far = pair[side], pair["server" if side == "client" else "client"]
    near.shutdown()
    far.receive_end()
    lab.settle()
    return near, far


@verdict_scenario("half-closed-{side}-closes-peer-alive", "the {side} closes its half, the entry runs out, the {peer}'s data is dropped; the {side} lives", sides=True, alive=True)
@verdict_scenario("half-closed-{side}-closes", "the {side} closes its half, the entry runs out, the {peer}'s data is dropped; nothing else of the {side} is seen", sides=True)
@verdict_scenario("half-closed-{side}-closes-distant", "the {side} closes its half, the entry runs out, the {peer}'s data is dropped; the {side} lives; over a path of 20 ms", sides=True, alive=True, delay=0.01)
@verdict_scenario("half-closed-client-closes-both-interfaces", "the client closes its half, the entry runs out, the server's data is dropped; captured at both interfaces of the firewall, where other traffic passes", side="client", merged=True, alive=True)
@verdict_scenario("half-closed-client-closes-both-interfaces-alone", "the client closes its half, the entry runs out, the server's data is dropped; captured at both interfaces of the firewall, and nothing else passes there", side="client", merged=True)
@verdict_scenario("half-closed-server-closes-both-interfaces", "the server closes its half, the entry runs out, the client's data is dropped; captured at both interfaces of the firewall, where other traffic passes", side="server", merged=True, alive=True)
def half_closed_data(lab, side, alive=False):
    pair = lab.pair()
    if alive:
        live(lab, side)
    near, far = half_closed(lab, side, pair)
    lab.forgotten(pair)
    far.send(500)
    lab.silence(far)
    lab.by_speaker(pair, far, HALF, grade(HALF, alive), timer=lab.half, at_merged=MERGED[HALF] if alive else grade(HALF, alive))


@verdict_scenario("half-closed-{side}-closes-answer-flows-first", "the {side} closes its half, the {peer} sends on for longer than the timer, pauses too long, and goes on", sides=True)
def half_closed_refreshed(lab, side):
    pair = lab.pair()
    live(lab, side)
    near, far = half_closed(lab, side, pair)
    for _ in range(3):
        lab.pause(0.55 * lab.half)
        far.send(200)
        near.receive(200)
    lab.forgotten(pair)
    far.send(500)
    lab.silence(far)
    lab.by_speaker(pair, far, HALF, grade(HALF, True), timer=lab.half)


@verdict_scenario("half-closed-{side}-closes-fin-first", "the {side} closes its half, the entry runs out, the {peer} has only its FIN to send; the {side} lives", sides=True, alive=True)
@verdict_scenario("half-closed-{side}-closes-fin-first-alone", "the {side} closes its half, the entry runs out, the {peer} has only its FIN to send; nothing else of the {side} is seen", sides=True)
def half_closed_fin(lab, side, alive=False):
    pair = lab.pair()
    if alive:
        live(lab, side)
    near, far = half_closed(lab, side, pair)
    lab.forgotten(pair)
    far.shutdown()
    lab.silence(far)
    lab.by_speaker(pair, far, HALF, grade(HALF, alive), timer=lab.half)


@verdict_scenario("half-closed-{side}-closes-keep-alives", "the {side} closes its half, the entry runs out, the {peer}'s keep-alive probes are dropped and it gives up; the {side} lives", sides=True, alive=True)
@verdict_scenario("half-closed-{side}-closes-keep-alives-alone", "the {side} closes its half, the entry runs out, the {peer}'s keep-alive probes are dropped and it gives up; nothing else of the {side} is seen", sides=True)
def half_closed_keep_alives(lab, side, alive=False):
    pair = lab.pair()
    if alive:
        live(lab, side)
    far = pair["server" if side == "client" else "client"]
    keep_alive(far, lab.half + 1, 1, 5)
    half_closed(lab, side, pair)
    lab.wait_for(far.role, lambda p: p.outgoing and p.flags & RST, within=30)
    lab.settle()
    lab.by_speaker(pair, far, HALF, grade(HALF, alive), timer=lab.half)
    lab.reset(pair, far.role, "keep-alive failure", "reset after FIN")


def keep_alive(end, idle, interval, count):
    end.option(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    end.tcp(socket.TCP_KEEPIDLE, idle)
    end.tcp(socket.TCP_KEEPINTVL, interval)
    end.tcp(socket.TCP_KEEPCNT, count)


@verdict_scenario("idle-{side}-speaks-peer-alive", "nothing is said for too long, the {side}'s data is dropped; the {peer} lives", sides=True, alive=True)
@verdict_scenario("idle-{side}-speaks", "nothing is said for too long, the {side}'s data is dropped; nothing else of the {peer} is seen", sides=True)
@verdict_scenario("idle-{side}-speaks-distant", "nothing is said for too long, the {side}'s data is dropped; the {peer} lives; over a path of 20 ms", sides=True, alive=True, delay=0.01)
@verdict_scenario("idle-client-speaks-both-interfaces", "nothing is said for too long, the client's data is dropped; captured at both interfaces of the firewall, where other traffic passes", side="client", merged=True, alive=True)
def idle_data(lab, side, alive=False):
    pair = lab.pair()
    if alive:
        live(lab, side)
    lab.forgotten(pair)
    pair[side].send(500)
    lab.silence(pair[side])
    lab.by_speaker(pair, pair[side], IDLE, grade(IDLE, alive), timer=lab.idle, at_merged=MERGED[IDLE] if alive else grade(IDLE, alive))


@verdict_scenario("idle-{side}-closes", "nothing is said for too long, the {side}'s FIN is dropped; the {peer} lives", sides=True)
def idle_fin(lab, side):
    pair = lab.pair()
    live(lab, side)
    lab.forgotten(pair)
    pair[side].shutdown()
    lab.silence(pair[side])
    lab.by_speaker(pair, pair[side], IDLE, grade(IDLE, True), timer=lab.idle)


@verdict_scenario("idle-{side}-keep-alives", "the {side}'s keep-alives begin after the timer, are dropped, and it gives up; the {peer} lives", sides=True, alive=True)
@verdict_scenario("idle-{side}-keep-alives-alone", "the {side}'s keep-alives begin after the timer, are dropped, and it gives up", sides=True)
def idle_keep_alives(lab, side, alive=False):
    pair = lab.pair()
    if alive:
        live(lab, side)
    keep_alive(pair[side], lab.idle + 1, 1, 5)
    lab.exchange(pair)
    lab.wait_for(side, lambda p: p.outgoing and p.flags & RST, within=30)
    lab.settle()
    lab.by_speaker(pair, pair[side], IDLE, grade(IDLE, alive), timer=lab.idle)
    lab.reset(pair, side, "keep-alive failure")


@verdict_scenario("closing-{side}-closes-first", "both ends close, the last ACK is lost before the firewall until the entry has run out; then the {peer}'s repeated FINs are dropped", sides=True)
def closing(lab, side):
    pair = lab.pair()
    live(lab, side)
    near, far = half_closed(lab, side, pair)
    lost = lab.firewall.lose(near.out, without="psh")
    far.shutdown()
    lab.forgotten(pair, within=40)
    lost.remove()
    before = lab.count(far.role, lambda p: p.outgoing and p.flags & FIN and lab.of(far, p))
    lab.wait_for(far.role, lambda p: p.outgoing and p.flags & FIN and lab.of(far, p), before + 1, within=40)
    lab.settle(0.5)
    # Seen from the far end all copies of its FIN are alike: which of them the timer met does not show.
    lab.by_speaker(pair, far, CLOSING, [*graded(CLOSING, "likely", "possible"), "session lost/possible", "path outage/possible", "none"], timer=lab.closing)


@verdict_scenario("reused-port-after-idle", "after a silent kill the client comes again from the same port: the server still had the old connection", side="client")
def reused_port(lab, side):
    pair = lab.pair()
    lab.forgotten(pair)
    pair.client.send(500)
    lab.silence(pair.client)
    come_again(lab, pair)
    lab.by_speaker(pair, pair.client, IDLE, graded(IDLE, "certain", "likely"), timer=lab.idle)


@verdict_scenario("reused-port-soon-after-idle", "the same after four copies within a second: an interruption of the path would look like it", side="client")
def reused_port_soon(lab, side):
    pair = lab.pair()
    lab.forgotten(pair)
    pair.client.send(500)
    lab.wait_for("client", lambda p: p.outgoing and p.length == 500, 4)
    come_again(lab, pair)
    lab.by_speaker(pair, pair.client, IDLE, graded(IDLE, "possible"), timer=lab.idle)


def come_again(lab, pair):
    """The client dies without a word and opens the same connection anew."""
    pair.client.vanish()
    lab.settle(0.3)
    again = lab.opening(pair.service, pair.port)
    lab.wait_for("client", lambda p: not p.outgoing and p.flags & SYN and p.time > again.began * 1e9, within=15)
    lab.settle(0.5)
    lab.judge(again, "none")
    lab.reset(again, "client", "half-open peer answers", "answer to a stale segment")


@verdict_scenario("five-idle-connections", "five connections survive pauses below the timer and die after pauses above it", many=True, idle=4)
def five_idle(lab, many):
    live(lab, "client")
    pairs = [lab.pair() for _ in range(5)]
    below, above = (0.55, 0.65, 0.75, 0.82, 0.88), (1.12, 1.18, 1.25, 1.35, 1.5)
    survive_and_die(lab, [(p, p.client, b, a) for p, b, a in zip(pairs, below, above)], lab.idle)
    for pair in pairs:
        lab.by_speaker(pair, pair.client, IDLE, grade(IDLE, True), timer=lab.idle)


@verdict_scenario("five-half-closed-connections", "five half-closed connections survive pauses below the timer and die after pauses above it", many=True, half=4)
def five_half_closed(lab, many):
    live(lab, "client")
    pairs = [lab.pair() for _ in range(5)]
    for pair in pairs:
        half_closed(lab, "client", pair)
    # Together they bracket the timer whether it counts from the FIN or from the last packet.
    below, above = (0.05, 0.3, 0.6, 0.8, 0.9), (1.15, 1.2, 1.27, 1.35, 1.5)
    survive_and_die(lab, [(p, p.server, b, a) for p, b, a in zip(pairs, below, above)], lab.half)
    for pair in pairs:
        lab.by_speaker(pair, pair.server, HALF, grade(HALF, True), timer=lab.half)


def survive_and_die(lab, plan, timer):
    """Of each (pair, speaker, below, above): data after a pause below the timer and again after one above it, as shares of it."""
    start = time.monotonic()
    events = []
    for pair, speaker, below, above in plan:
        events += [(below * timer, speaker, pair), ((below + above) * timer, speaker, pair)]
    for moment, speaker, pair in sorted(events, key=lambda event: event[0]):
        lab.pause(max(0.0, start + moment - time.monotonic()))
        pair["server" if speaker.role == "client" else "client"].drain()
        speaker.send(200)
    for _, speaker, _, _ in plan[-1:]:
        lab.silence(speaker)
    for pair, *_ in plan:
        if lab.firewall.entry(pair.port) is not None:
            raise ScenarioFailed(f"the entry of port {pair.port} lives")


@verdict_scenario("published-half-close-unanswered", "30 s after the first FIN the firewall forgets; data after 45 s is never answered; judged with default preferences", after=45, half=30, idle=300, span=20, prefer=DEFAULT)
@verdict_scenario("published-half-close-answered", "30 s after the first FIN the firewall forgets; data after 20 s is answered; judged with default preferences", after=20, half=30, idle=300, span=20, prefer=DEFAULT)
def published(lab, after):
    pair = lab.pair()
    near, far = half_closed(lab, "client", pair)
    lab.pause(after)
    far.send(500)
    if after > lab.half:
        lab.silence(far)
        lab.by_speaker(pair, far, HALF, graded(HALF, "likely"), timer=lab.half)
        return
    near.receive(500)
    far.shutdown()
    lab.settle(1)
    lab.judge(pair, "none")
