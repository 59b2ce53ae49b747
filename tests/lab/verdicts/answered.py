"""A firewall forgets a connection and answers what comes after it: by a reset in the other end's name, or by ICMP. Or it heals."""

from firewalled import graded
from registry import verdict_scenario
from verdicts.silent import HALF, IDLE, half_closed

LIKELY = ("likely", "certain")
FORGED = ("after idle expiry", "forged by a middlebox")
FAR_AWAY = 124  # the hosts' initial TTL: as if four more routers stood before each of them


@verdict_scenario("half-closed-{side}-closes-reset", "the entry of a half-closed connection runs out and the {peer}'s data is answered by a reset in the {side}'s name", sides=True, answer="reset")
@verdict_scenario("half-closed-{side}-closes-reset-from-elsewhere", "the entry of a half-closed connection runs out and the {peer}'s data is answered by a reset in the {side}'s name; the hosts are four routers away", sides=True, answer="reset", ttl=FAR_AWAY)
@verdict_scenario("half-closed-{side}-closes-reset-ttl-255", "the entry of a half-closed connection runs out and the {peer}'s data is answered by a reset in the {side}'s name; the hosts' initial TTL is 255", sides=True, answer="reset", ttl=255)
@verdict_scenario("half-closed-client-closes-reset-distant", "the entry of a half-closed connection runs out and the server's data is answered by a reset in the client's name, over a path of 20 ms", side="client", answer="reset", delay=0.01)
def half_closed_reset(lab, side):
    pair = lab.pair()
    near, far = half_closed(lab, side, pair)
    lab.forgotten(pair)
    far.send(500)
    lab.settle(0.5)
    lab.by_speaker(pair, far, HALF, graded(HALF, *LIKELY), timer=lab.half)
    lab.reset(pair, near.role, *FORGED)


@verdict_scenario("idle-{side}-speaks-reset", "the entry of an idle connection runs out and the {side}'s data is answered by a reset in the {peer}'s name", sides=True, answer="reset")
@verdict_scenario("idle-{side}-speaks-reset-from-elsewhere", "the entry of an idle connection runs out and the {side}'s data is answered by a reset in the {peer}'s name; the hosts are four routers away", sides=True, answer="reset", ttl=FAR_AWAY)
@verdict_scenario("idle-{side}-speaks-reset-ttl-128", "the entry of an idle connection runs out and the {side}'s data is answered by a reset in the {peer}'s name; the hosts' initial TTL is 128", sides=True, answer="reset", ttl=128)
@verdict_scenario("idle-server-speaks-reset-distant", "the entry of an idle connection runs out and the server's data is answered by a reset in the client's name, over a path of 20 ms: faster than the client could", side="server", answer="reset", delay=0.01)
@verdict_scenario("idle-client-speaks-reset-both-interfaces", "the entry of an idle connection runs out and the client's data is answered by a reset in the server's name; captured at both interfaces of the firewall", side="client", answer="reset", merged=True)
def idle_reset(lab, side):
    pair = lab.pair()
    lab.forgotten(pair)
    pair[side].send(500)
    lab.settle(0.5)
    lab.by_speaker(pair, pair[side], IDLE, graded(IDLE, *LIKELY), timer=lab.idle, at_merged=[*graded(IDLE, *LIKELY), "forged reset/certain"])
    lab.reset(pair, "server" if side == "client" else "client", *FORGED)


@verdict_scenario("half-closed-{side}-closes-prohibited", "the entry of a half-closed connection runs out and the {peer}'s data is answered by ICMP", sides=True, answer="prohibited")
def half_closed_prohibited(lab, side):
    pair = lab.pair()
    near, far = half_closed(lab, side, pair)
    lab.forgotten(pair)
    far.send(500)
    lab.silence(far)
    lab.by_speaker(pair, far, HALF, [*graded(HALF, "certain", "likely"), "session lost/certain"], timer=lab.half)


@verdict_scenario("idle-{side}-speaks-prohibited", "the entry of an idle connection runs out and the {side}'s data is answered by ICMP", sides=True, answer="prohibited")
def idle_prohibited(lab, side):
    pair = lab.pair()
    lab.forgotten(pair)
    pair[side].send(500)
    lab.silence(pair[side])
    lab.by_speaker(pair, pair[side], IDLE, [*graded(IDLE, "certain", "likely"), "session lost/certain"], timer=lab.idle)


@verdict_scenario("translated-outside-speaks", "behind an address translation the server speaks after the idle timer: the translating device answers itself", translate=True, real_loose=False)
@verdict_scenario("translated-outside-speaks-from-elsewhere", "behind an address translation the server speaks after the idle timer: the translating device answers itself; the hosts are four routers away", translate=True, real_loose=False, ttl=FAR_AWAY)
def translated_outside(lab, real_loose):
    pair = lab.pair()
    lab.forgotten(pair)
    pair.server.send(500)
    lab.settle(0.5)
    lab.by_speaker(pair, pair.server, IDLE, graded(IDLE, "likely", "certain", "possible"), timer=lab.idle)
    lab.reset(pair, "client", *FORGED)


@verdict_scenario("translated-half-closed-outside-speaks", "behind an address translation the client closes its half; the server's late data meets the translating device", translate=True, real_loose=False)
def translated_half_closed(lab, real_loose):
    pair = lab.pair()
    half_closed(lab, "client", pair)
    lab.forgotten(pair)
    pair.server.send(500)
    lab.settle(0.5)
    lab.by_speaker(pair, pair.server, HALF, graded(HALF, "likely", "certain", "possible"), timer=lab.half)
    lab.reset(pair, "client", *FORGED)


@verdict_scenario("translated-inside-heals", "behind an address translation that picks up connections the client speaks after the idle timer: nothing is lost", translate=True, loose=True, again=True)
@verdict_scenario("untranslated-heals", "a firewall that picks up connections: nothing is lost after the idle timer", loose=True, again=True)
def heals(lab, again):
    pair = lab.pair()
    lab.forgotten(pair)
    for _ in range(2):
        lab.exchange(pair)
    lab.settle(1)
    lab.judge(pair, "none")


@verdict_scenario("table-flushed", "the firewall loses its whole table: connections of different ages and pauses die at one moment", real=False, comes_back=False)
@verdict_scenario("table-flushed-new-connection-works", "the firewall loses its whole table: connections of different ages and pauses die at one moment, and a new connection works afterwards", real=False, comes_back=True)
def flushed(lab, comes_back):
    pairs = []
    for number in range(4):
        pairs.append(lab.pair())
        lab.chat(pairs[-1], every=0.3 + 0.15 * number)
        lab.pause(0.8)
    lab.firewall.flush()
    lab.silence(pairs[0].client)
    if comes_back:
        later = lab.pair()
        lab.judge(later, "none")
        lab.pause(2)
    said = ["session lost/possible", "session lost/likely", "session lost/certain"]
    if not comes_back:  # a host that lost its power would look the same
        said += ["peer gone/possible", "peer gone/likely", "path outage/possible", "path outage/likely", "none"]
    for pair in pairs:
        lab.judge(pair, "session lost", at_client=said, at_server=said)


@verdict_scenario("rejected-by-reset", "a rule answers the SYN by a reset in the server's name; nothing else of the server is known", rule="reject with tcp reset", known=False)
@verdict_scenario("rejected-by-reset-known-server", "a rule answers the SYN by a reset in the server's name, whose distance is known from other connections", rule="reject with tcp reset", known=True)
@verdict_scenario("rejected-by-reset-from-elsewhere", "a rule answers the SYN by a reset in the server's name, which is known to be four routers away", rule="reject with tcp reset", known=True, ttl=FAR_AWAY)
@verdict_scenario("rejected-by-icmp", "a rule answers the SYN by ICMP", rule="reject with icmpx type admin-prohibited", known=False)
def rejected(lab, rule, known):
    if known:
        lab.judge(lab.pair(), "none")
    lab.firewall.first_rule(f"tcp dport 81 {rule}")
    pair = lab.opening(81)
    lab.settle(0.6 if "tcp" in rule else 3)
    icmp = "icmp" in rule
    said = ["rejected/certain"] if icmp else ["rejected/likely", "rejected/certain"] if lab.far else ["none", "rejected/possible", "rejected/likely"]
    lab.judge(pair, "rejected", at_client=said)
    lab.reset(pair, "server", "refused", sign=lab.far)


@verdict_scenario("refused", "nobody listens: the server's own reset", known=False)
@verdict_scenario("refused-known-server", "nobody listens: the server's own reset, its distance known from another connection", known=True)
def refused(lab, known):
    if known:
        lab.judge(lab.pair(), "none")
    pair = lab.opening(81)
    lab.settle(0.6)
    lab.judge(pair, "none")
    lab.reset(pair, "server", "refused", sign=known)
