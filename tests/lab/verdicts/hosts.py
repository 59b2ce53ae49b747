"""Not the firewall: the hosts and their applications."""

from firewalled import graded
from packet import RST
from registry import verdict_scenario
from verdicts.silent import HALF, IDLE, half_closed, keep_alive, live

OTHER = {"client": "server", "server": "client"}
LATE = ["host reset late data/certain", "host reset late data/likely", "host reset late data/possible"]
SILENT = ["none", "application silent/possible"]
GONE = ["peer gone/likely", "peer gone/possible"]


@verdict_scenario("late-data-{side}-closes", "the {side} closes completely instead of its half; its host resets the {peer}'s late data at once", sides=True, real=False, past=False)
@verdict_scenario("late-data-{side}-closes-past-clock", "the {side} closes completely instead of its half; its host resets the {peer}'s late data, after longer than the firewall's timer, which has not run out", sides=True, real=False, past=True, fin_timeout=60)
@verdict_scenario("late-data-{side}-closes-orphan-gone", "the {side} closes completely and its host forgets the connection in FIN-WAIT-2; then late data is answered by a reset", sides=True, real=False, past=True, fin_timeout=3)
@verdict_scenario("late-data-{side}-closes-distant", "the {side} closes completely; its host resets late data, over a path of 20 ms", sides=True, real=False, past=True, delay=0.01)
@verdict_scenario("late-data-{side}-closes-ttl-128", "the {side} closes completely instead of its half; its host, with an initial TTL of 128, resets the {peer}'s late data", sides=True, real=False, past=True, ttl=128)
def late_data(lab, side, past):
    pair = lab.pair()
    near, far = pair[side], pair[OTHER[side]]
    near.close()
    lab.pause(max(lab.half, 4) + 1 if past else 0.3)
    far.send(500)
    lab.settle(0.5)
    lab.judge(pair, "host reset late data", LATE, LATE)
    lab.reset(pair, side, "answer to late data after close", "reset after FIN")


@verdict_scenario("unread-data-{side}", "the {side} closes without having read everything: its host resets", sides=True, real=False, length=3000)
@verdict_scenario("unread-much-data-{side}", "the {side} closes without having read much: its host resets", sides=True, real=False, length=60_000)
def unread(lab, side, length):
    pair = lab.pair()
    near, far = pair[side], pair[OTHER[side]]
    far.send(length)
    lab.settle()
    near.close()
    lab.settle(0.5)
    lab.judge(pair, "none")
    lab.reset(pair, side, "unread data at close", "abort")


@verdict_scenario("application-silent-after-{side}-closes", "the {side} closes its half and the {peer}'s application never answers", sides=True, real=False)
def application_silent_half(lab, side):
    pair = lab.pair()
    half_closed(lab, side, pair)
    lab.pause(max(lab.half + 2, lab.span + 1))
    lab.judge(pair, "application silent", SILENT, SILENT)


@verdict_scenario("application-silent-after-{side}-closes-kept-alive", "the {side} closes its half and sends keep-alives, which are answered; the {peer}'s application neither sends nor closes", sides=True, real=False)
def application_silent_kept_alive(lab, side):
    pair = lab.pair()
    keep_alive(pair[side], 1, 1, 9)
    half_closed(lab, side, pair)
    lab.pause(lab.span + 3)
    said = ["application silent/likely"]
    lab.judge(pair, "application silent", said, said)


@verdict_scenario("application-silent-until-the-client-gives-up", "the client asks, its keep-alives are answered, its question is not: it aborts", real=False)
def application_silent_given_up(lab):
    pair = lab.pair()
    keep_alive(pair.client, 1, 1, 9)
    pair.client.send(300)
    lab.pause(lab.span + 3)
    pair.client.abort()
    lab.settle(0.4)
    said = ["application silent/possible"]
    lab.judge(pair, "application silent", said, said)
    lab.reset(pair, "client", "abort")


@verdict_scenario("application-silent-after-{side}-asks", "the {side} asks and the {peer}'s application never answers", sides=True, real=False)
def application_silent(lab, side):
    pair = lab.pair()
    live(lab, side)
    pair[side].send(300)
    lab.pause(max(lab.idle + 2, lab.span + 1))
    lab.judge(pair, "application silent", SILENT, SILENT)


@verdict_scenario("power-lost-{side}-half-closed", "the {side} closes its half and loses its power: the {peer}'s data is never answered", sides=True, real=False)
def power_lost_half_closed(lab, side):
    pair = lab.pair()
    near, far = half_closed(lab, side, pair)
    lab.unplug(side)
    lab.beyond(lab.half)
    far.send(500)
    lab.silence(far)
    lab.by_speaker(pair, far, "peer gone", graded(HALF, "likely", "possible"), twin=True)


@verdict_scenario("power-lost-{side}-idle", "the {side} loses its power while nothing is said: the {peer}'s data is never answered", sides=True, real=False)
def power_lost_idle(lab, side):
    pair = lab.pair()
    lab.unplug(side)
    lab.beyond(lab.idle)
    pair[OTHER[side]].send(500)
    lab.silence(pair[OTHER[side]])
    lab.by_speaker(pair, pair[OTHER[side]], "peer gone", graded(IDLE, "possible"), twin=True)


@verdict_scenario("power-lost-{side}-half-closed-and-busy", "the {side} loses its power with a half-closed connection and a busy one", sides=True, real=False, half_close=True)
@verdict_scenario("power-lost-{side}-idle-and-busy", "the {side} loses its power with an idle connection and a busy one", sides=True, real=False, half_close=False)
def power_lost_altogether(lab, side, half_close):
    pair, busy = lab.pair(), lab.pair()
    lab.chat(busy, every=0.2)
    if half_close:
        half_closed(lab, side, pair)
    lab.pause(lab.half if half_close else lab.idle)
    lab.unplug(side)
    lab.pause(0.5)
    far = pair[OTHER[side]]
    far.send(500)
    lab.silence(far)
    lab.by_speaker(pair, far, "peer gone", [*GONE, "path outage/possible", "none", *graded(HALF if half_close else IDLE, "possible")])
    lab.by_speaker(busy, busy[OTHER[side]], "peer gone", [*GONE, "path outage/possible", "none"])


@verdict_scenario("orphan-gone-{side}-swallows-resets", "the {side} closes, its host forgets FIN-WAIT-2 and its own firewall swallows the resets: late data is never answered", sides=True, real=False, fin_timeout=2)
def swallowed(lab, side):
    pair = lab.pair()
    live(lab, side)
    near, far = pair[side], pair[OTHER[side]]
    lab.topology.__dict__[side].run("nft", "-f", "-", feed="add table inet own\nadd chain inet own out { type filter hook output priority 0; }\n"
                                    "add rule inet own out tcp flags & rst == rst drop\n")
    near.close()
    lab.beyond(lab.half)
    far.send(500)
    lab.silence(far)
    # A Linux host with its usual 60 s would still have been there: the packets are those of a firewall's kill.
    # Before the filter that swallows them nobody sees the resets: both captures are those of the speaking side.
    said = [*graded(HALF, "likely", "possible"), *GONE]
    lab.judge(pair, "peer gone", said, said, twin=True)


@verdict_scenario("keep-alives-{side}-peer-gone", "the {side}'s keep-alives were answered until the {peer} lost its power", sides=True, real=False)
def keep_alives_peer_gone(lab, side):
    pair = lab.pair()
    keep_alive(pair[side], 1, 1, 4)
    lab.exchange(pair)
    lab.pause(3.4)
    lab.unplug(OTHER[side])
    lab.wait_for(side, lambda p: p.outgoing and p.flags & RST, within=20)
    lab.settle()
    lab.by_speaker(pair, pair[side], "peer gone", [*GONE, "none"])
    lab.reset(pair, side, "keep-alive failure")


@verdict_scenario("half-close-{side}-answered-in-time", "the {side} closes its half and is answered before the timer", sides=True)
def answered_in_time(lab, side):
    pair = lab.pair()
    near, far = half_closed(lab, side, pair)
    lab.pause(0.6 * lab.half)
    far.send(500)
    near.receive(500)
    far.shutdown()
    lab.settle(max(0.5, lab.closing + 0.5))
    lab.judge(pair, "none")


@verdict_scenario("half-close-{side}-kept-alive", "the {side} closes its half; the {peer} goes on for three times the timer, which every packet refreshes", sides=True)
def kept_alive(lab, side):
    pair = lab.pair()
    near, far = half_closed(lab, side, pair)
    for _ in range(6):
        lab.pause(0.5 * lab.half)
        far.send(200)
        near.receive(200)
    far.shutdown()
    lab.settle(1)
    lab.judge(pair, "none")


@verdict_scenario("idle-{side}-kept-alive", "the {side}'s keep-alives keep the entry alive for three times the idle timer", sides=True)
def idle_kept_alive(lab, side):
    pair = lab.pair()
    keep_alive(pair[side], max(1, lab.idle // 2), 1, 5)
    lab.exchange(pair)
    lab.pause(3 * lab.idle)
    lab.exchange(pair)
    lab.settle(0.5)
    lab.judge(pair, "none")
