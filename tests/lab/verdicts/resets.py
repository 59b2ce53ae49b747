"""Resets of every cause that a kernel, a rule or a raw socket can produce."""

import forge
from packet import RST, SYN
from registry import verdict_scenario
from topology import CLIENT, SERVER
from verdicts.hosts import LATE, OTHER
from verdicts.silent import keep_alive

ADDRESS = {"client": CLIENT[4], "server": SERVER[4]}
FORGED = ["forged reset/likely", "forged reset/certain"]
DISTANT = 0.01


@verdict_scenario("reset-abort-{side}", "the {side}'s application aborts", sides=True, real=False)
@verdict_scenario("reset-abort-{side}-distant", "the {side}'s application aborts, over a path of 20 ms", sides=True, real=False, delay=DISTANT)
def abort(lab, side):
    pair = lab.pair(talk=6)
    lab.settle(0.3)
    pair[side].abort()
    lab.settle(0.4)
    lab.judge(pair, "none")
    lab.reset(pair, side, "abort")


@verdict_scenario("reset-killed-{side}", "the {side}'s administrator kills the socket", sides=True, real=False)
def killed(lab, side):
    pair = lab.pair(talk=6)
    lab.topology.__dict__[side].run("ss", "-K", "state", "established", f"( {'sport' if side == 'client' else 'dport'} = :{pair.port} )")
    lab.settle(0.4)
    lab.judge(pair, "none")
    lab.reset(pair, side, "abort")


@verdict_scenario("reset-unread-{side}-distant", "the {side} closes with unread data, over a path of 20 ms", sides=True, real=False, delay=DISTANT)
def unread(lab, side):
    pair = lab.pair(talk=6)
    pair[OTHER[side]].send(3000)
    lab.settle(0.3)
    pair[side].close()
    lab.settle(0.4)
    lab.judge(pair, "none")
    lab.reset(pair, side, "unread data at close", "abort")


@verdict_scenario("reset-late-data-storm-{side}", "the {side} closes completely and the {peer} had much under way: one reset for each segment", sides=True, real=False, delay=DISTANT)
def storm(lab, side):
    pair = lab.pair(talk=6)
    near, far = pair[side], pair[OTHER[side]]
    near.close()
    far.send(9000)
    lab.settle(0.5)
    lab.judge(pair, "host reset late data", ["none", *LATE], ["none", *LATE])
    lab.reset(pair, side, "answer to late data after close", "reset after FIN", "answer to a stale segment", "unread data at close", "abort")


@verdict_scenario("reset-restarted-{side}", "the {side} restarts; the {peer}'s data is answered by a reset", sides=True, real=False)
@verdict_scenario("reset-restarted-{side}-distant", "the {side} restarts; the {peer}'s data is answered by a reset, over a path of 20 ms", sides=True, real=False, delay=DISTANT)
def restarted(lab, side):
    pair = lab.pair(talk=6)
    pair[side].vanish()
    lab.pause(0.5)
    pair[OTHER[side]].send(300)
    lab.settle(0.4)
    lab.judge(pair, "none")
    lab.reset(pair, side, "half-open peer answers")


@verdict_scenario("reset-restarted-client-reconnects", "the client restarts and connects from the same port: challenge ACK, reset, new connection", real=False, distant=False)
@verdict_scenario("reset-restarted-client-reconnects-distant", "the client restarts and connects from the same port over a path of 20 ms: challenge ACK, reset, new connection", real=False, distant=True, delay=DISTANT)
def reconnects(lab, distant):
    pair = lab.pair(talk=6)
    pair.client.vanish()
    lab.settle(0.3)
    again = lab.opening(pair.service, pair.port)
    lab.wait_for("client", lambda p: not p.outgoing and p.flags & SYN and p.time > again.began * 1e9, within=15)
    lab.settle(0.4)
    lab.judge(pair, "none")
    lab.judge(again, "none")
    lab.reset(again, "client", "half-open peer answers", "answer to a stale segment")


@verdict_scenario("reset-keep-alive-failure-{side}-distant", "the {side}'s keep-alives are lost: it gives up", sides=True, real=False, delay=DISTANT)
def keep_alive_failure(lab, side):
    pair = lab.pair(talk=6)
    keep_alive(pair[side], 1, 1, 3)
    lab.exchange(pair)
    lab.pause(2.5)
    lab.firewall.drop(pair[side].back)
    lab.wait_for(side, lambda p: p.outgoing and p.flags & RST, within=15)
    lab.settle(0.3)
    lab.by_speaker(pair, pair[side], "path outage", ["peer gone/possible", "peer gone/likely", "path outage/possible", "none"])
    # At the other end the probes were answered: nothing there shows why it gave up.
    lab.reset(pair, side, "keep-alive failure", "abort")


@verdict_scenario("reset-refused-distant", "nobody listens, over a path of 20 ms", real=False, delay=DISTANT)
def refused(lab):
    lab.judge(lab.pair(talk=6), "none")
    pair = lab.opening(81)
    lab.settle(0.5)
    lab.judge(pair, "none")
    lab.reset(pair, "server", "refused")


def next_number(lab, role, pair):
    """The sequence number after what that host has sent in the connection."""
    return [p for p in lab.captures[role].packets if p.outgoing and pair.port in (p.source[1], p.target[1])][-1].end()


def forged(lab, pair, victim, offset, ttl):
    """A reset to `victim` in its peer's name, `offset` bytes from the number that it waits for."""
    alleged = OTHER[victim]
    ports = {"client": pair.port, "server": pair.service}
    forge.reset(lab.topology.firewall, (ADDRESS[alleged], ports[alleged]), (ADDRESS[victim], ports[victim]),
                next_number(lab, alleged, pair) + offset, ttl)


@verdict_scenario("spoofed-exact-to-{side}", "somebody on the way resets the {side} in the {peer}'s name, from another distance", sides=True, real=False, ttl_of_forger=100)
@verdict_scenario("spoofed-exact-to-{side}-same-ttl", "somebody on the way resets the {side} in the {peer}'s name and with its TTL: only that the {peer} goes on shows it", sides=True, real=False, ttl_of_forger=63)
@verdict_scenario("spoofed-exact-to-{side}-distant", "somebody on the way resets the {side} in the {peer}'s name, from another distance, over a path of 20 ms", sides=True, real=False, ttl_of_forger=100, delay=DISTANT)
def spoofed_exact(lab, side, ttl_of_forger):
    pair = lab.pair(talk=6)
    lab.settle(0.5)
    forged(lab, pair, side, 0, ttl_of_forger)
    lab.settle(0.3)
    pair[OTHER[side]].send(300)  # the other end knows nothing of it and is answered by the victim's host
    lab.settle(0.5)
    lab.by_speaker(pair, pair[side], "forged reset", FORGED, silent=["none"])
    lab.reset(pair, OTHER[side], "forged by a middlebox")
    lab.reset(pair, side, "half-open peer answers", "answer to a stale segment")


@verdict_scenario("spoofed-both", "somebody on the way resets both ends at once, in each other's name", real=False, ttl_of_forger=100)
def spoofed_both(lab, ttl_of_forger):
    pair = lab.pair(talk=6)
    lab.settle(0.5)
    forged(lab, pair, "client", 0, ttl_of_forger)
    forged(lab, pair, "server", 0, ttl_of_forger)
    lab.settle(0.5)
    lab.judge(pair, "forged reset", FORGED, FORGED)
    for role in ("client", "server"):
        lab.reset(pair, role, "forged by a middlebox")


@verdict_scenario("spoofed-in-window-to-{side}", "a forged reset inside the window: the {side} answers by a challenge ACK and goes on", sides=True, real=False, offset=5000)
@verdict_scenario("spoofed-outside-to-{side}", "a forged reset outside the window: the {side} ignores it", sides=True, real=False, offset=200_000_000)
@verdict_scenario("spoofed-below-to-{side}", "a forged reset below the window: the {side} ignores it", sides=True, real=False, offset=-1000)
def spoofed_unacceptable(lab, side, offset):
    pair = lab.pair(talk=6)
    lab.settle(0.5)
    forged(lab, pair, side, offset, 100)
    lab.settle(0.5)
    lab.exchange(pair)
    lab.settle(0.3)
    lab.by_speaker(pair, pair[side], "forged reset", ["none", "forged reset/possible", *FORGED])
    lab.reset(pair, OTHER[side], "unacceptable", "forged by a middlebox")


@verdict_scenario("reset-by-rule-{side}-sends", "a rule added in mid-stream rejects what the {side} sends, by a reset in the {peer}'s name", sides=True, real=False, ttl=124)
@verdict_scenario("reset-by-rule-server-sends-distant", "a rule added in mid-stream rejects what the server sends, by a reset in the name of the client, 20 ms away: faster than it could", side="server", real=False, ttl=64, delay=DISTANT)
def by_rule(lab, side):
    pair = lab.pair(talk=6)
    lab.settle(0.3)
    lab.firewall.first_rule(f'iifname "{"inside" if side == "client" else "outside"}" meta l4proto tcp reject with tcp reset')
    pair[side].send(300)
    lab.settle(0.5)
    lab.by_speaker(pair, pair[side], "forged reset", FORGED)
    lab.reset(pair, OTHER[side], "forged by a middlebox")
