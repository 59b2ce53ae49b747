"""Not the firewall: the path, the receiver's window, and captures that show too little."""

from firewalled import graded
from registry import verdict_scenario
from verdicts.silent import HALF, IDLE, half_closed, live

OTHER = {"client": "server", "server": "client"}
OUTAGE = ["path outage/likely", "path outage/possible", "none"]


def outage(lab):
    return [lab.firewall.drop(direction) for direction in ("to-server", "to-client")]


@verdict_scenario("outage-recovers-{side}-speaks", "nothing passes for some seconds while the {side} sends; then it goes on", sides=True, real=False, quiet=False, half=3)
@verdict_scenario("outage-recovers-{side}-after-idle", "nothing passes for some seconds after a pause longer than the firewall's timer; then it goes on", sides=True, real=False, quiet=True)
def recovers(lab, side, quiet):
    pair = lab.pair()
    if quiet:
        lab.beyond(lab.idle)
    rules = outage(lab)
    pair[side].send(500)
    lab.wait_for(side, lambda p: p.outgoing and p.length == 500, 6, within=20)
    for rule in rules:
        rule.remove()
    pair[OTHER[side]].receive(500)
    lab.exchange(pair)
    lab.settle(0.5)
    lab.by_speaker(pair, pair[side], "path outage", OUTAGE, silent=OUTAGE)


@verdict_scenario("outage-recovers-half-closed-{side}-closes", "nothing passes for some seconds while the {peer} answers a half-close; then it goes on", sides=True, real=False)
def recovers_half_closed(lab, side):
    pair = lab.pair()
    near, far = half_closed(lab, side, pair)
    lab.beyond(lab.half)
    rules = outage(lab)
    far.send(500)
    lab.wait_for(far.role, lambda p: p.outgoing and p.length == 500, 6, within=20)
    for rule in rules:
        rule.remove()
    near.receive(500)
    far.shutdown()
    lab.settle(0.5)
    lab.by_speaker(pair, far, "path outage", OUTAGE, silent=OUTAGE)


@verdict_scenario("outage-stays", "nothing passes any more, in the middle of the traffic of three connections", real=False, busy=3)
@verdict_scenario("outage-stays-single", "nothing passes any more, in the middle of the traffic of one connection", real=False, busy=1)
def stays(lab, busy):
    pairs = [lab.pair() for _ in range(busy)]
    for number, pair in enumerate(pairs):
        lab.chat(pair, every=0.3 + 0.1 * number)
    lab.pause(1)
    outage(lab)
    lab.silence(pairs[0].client)
    said = ["peer gone/possible", "peer gone/likely", "path outage/possible", "path outage/likely", "none"]
    if busy > 1:  # a firewall that lost its table would look the same
        said.append("session lost/possible")
    for pair in pairs:
        lab.judge(pair, "path outage", said, said)


@verdict_scenario("outage-stays-half-closed-and-busy", "nothing passes any more, with a half-closed connection and a busy one", real=False, side="client")
def stays_half_closed(lab, side):
    pair, busy = lab.pair(), lab.pair()
    near, far = half_closed(lab, side, pair)
    lab.chat(busy, every=0.25)
    lab.pause(lab.half)
    outage(lab)
    lab.pause(0.5)
    far.send(500)
    lab.silence(far)
    said = ["peer gone/likely", "peer gone/possible", "path outage/possible", "path outage/likely", "none"]
    lab.by_speaker(pair, far, "path outage", [*said, *graded(HALF, "possible")])
    lab.judge(busy, "path outage", said, said)


@verdict_scenario("zero-window-{side}", "the {side} reads nothing and its window stays closed: the {peer}'s probes are answered", sides=True, real=False)
def zero_window(lab, side):
    pair = lab.pair()
    near, far = pair[side], pair[OTHER[side]]
    for _ in range(60):
        far.send(200_000)
        lab.pause(0.05)
    lab.wait_for(side, lambda p: p.outgoing and p.window == 0 and lab.of(near, p), 1)
    lab.pause(2.2 * lab.span + 8)
    lab.by_speaker(pair, far, "window closed", ["window closed/likely", "window closed/possible", "window closed/certain", "none"],
                   silent=["window closed/likely", "window closed/possible", "window closed/certain", "none"])


@verdict_scenario("path-mtu", "the middle link takes only small packets and the ICMP that says so is lost", real=False, quiet=False)
@verdict_scenario("path-mtu-after-idle", "the middle link takes only small packets and the ICMP that says so is lost, after a pause longer than the firewall's timer", real=False, quiet=True)
@verdict_scenario("path-mtu-half-closed", "the middle link takes only small packets and the ICMP that says so is lost, in a half-closed connection past the timer", real=False, quiet=True, half_close=True)
def path_mtu(lab, quiet, half_close=False):
    lab.topology.firewall.run("ip", "link", "set", "outside", "mtu", "1300")
    lab.topology.firewall.run("nft", "-f", "-", feed="add table inet own\nadd chain inet own out { type filter hook output priority 0; }\n"
                              "add rule inet own out meta l4proto icmp drop\n")
    pair = lab.pair()
    if half_close:
        half_closed(lab, "server", pair)
    if quiet:
        lab.beyond(max(lab.idle, lab.half))
    pair.client.send(1448)
    lab.silence(pair.client)
    kinds = [*graded(HALF, "possible", "likely")] if half_close else graded(IDLE, "possible") if quiet else []
    # After a pause a lost segment cannot be told from a kill, be it the first large one: the long answer to a half-close is that, too.
    lab.by_speaker(pair, pair.client, "path MTU", ["path MTU/possible", "path MTU/likely", "peer gone/possible", "none", *kinds], twin=quiet)


@verdict_scenario("capture-ends-too-soon-half-closed", "a kill whose capture ends after two copies", half_close=True)
@verdict_scenario("capture-ends-too-soon-idle", "a kill whose capture ends after two copies", half_close=False)
def ends_too_soon(lab, half_close):
    pair = lab.pair()
    live(lab, "client")
    if half_close:
        half_closed(lab, "client", pair)
    lab.forgotten(pair)
    pair.server.send(500)
    lab.wait_for("server", lambda p: p.outgoing and p.length == 500, 2)
    lab.end_capture()
    kind = HALF if half_close else IDLE
    lab.by_speaker(pair, pair.server, kind, ["none", f"{kind}/possible"], soon=True)


@verdict_scenario("one-direction-half-closed", "a kill of which only the speaking side's packets were captured", half_close=True)
@verdict_scenario("one-direction-idle", "a kill of which only the speaking side's packets were captured", half_close=False)
def one_direction(lab, half_close):
    pair = lab.pair()
    if half_close:
        half_closed(lab, "client", pair)
    lab.forgotten(pair)
    pair.server.send(500)
    lab.silence(pair.server)
    kind = HALF if half_close else IDLE
    lab.one_way("server")
    lab.by_speaker(pair, pair.server, kind, graded(kind, "likely", "possible") if half_close else graded(kind, "possible"),
                   timer=lab.half if half_close else lab.idle)
