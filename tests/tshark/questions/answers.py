"""What each filter of docs/questions.md must and must not select in a sample, said by its truth alone.

An answer is (wanted, refused): of each set of frames in `wanted` at least one must be selected, and none of `refused`. What the
truth leaves open is in neither.
"""

from questions.happened import ACK, FIN, RST, SYN, reached

SECOND = 10**9
CLOCK = SECOND // 4  # conntrack counts in ticks, and its clock is not the capture's
TIMERS = ("half-closed timer", "idle timer", "closing timer")
ACQUITTED = ("host reset late data", "peer gone", "path outage", "application silent", "window closed", "path MTU",
             "closed by the peer's timer")
ORDERLY = ("four segments", "three segments", "simultaneous", "half-close")
UNACKNOWLEDGED = ("FIN-WAIT-1", "CLOSING", "LAST-ACK")  # RFC 9293 section 3.3.2: these wait for the acknowledgement of a FIN
FIRST_COPY_ONLY = {"crossing-fins-lost-client-first.client.pcapng"}  # the crossing FIN was lost before it came to this capture


def each(frames):
    return [{frame} for frame in frames]


def all_frames(sample):
    return {packet.frame for packet in sample.packets}


# --- verdicts ----------------------------------------------------------------------------------------------------


def verdict(belongs, *, without_firewall=lambda sample, connection: False):
    """By the verdicts that the truth allows: `belongs(kind, confidence)` is true, false, or None for "may be".

    `without_firewall` is the same for the samples through no firewall, whose truth does not speak of verdicts.
    """
    def answer(sample):
        wanted, refused = [], set()
        for connection in sample.connections:
            allowed = connection.judged(sample.vantage)
            said = [without_firewall(sample, connection)] if allowed is None else [belongs(*each_) for each_ in allowed]
            if all(said):
                wanted += each(connection.frames())
            elif all(one is False for one in said):
                refused |= connection.frames()
        return wanted, refused
    return answer


def killed(kind, sure):
    return kind in TIMERS and sure in ("likely", "certain")


def kind_is(name):
    return lambda kind, sure: kind == name


def acquitted_without_firewall(sample, connection):
    """Hosts that reset late data are there, too: only an orderly close tells that nothing is to be explained."""
    orderly = sample.kind == "transcript" or sample.truth["expected"]["kind"] in ORDERLY
    return False if orderly and not any(packet.has(RST) for packet in connection.packets) else None


def basis_is_last_packet(sample):
    """Idle kills. After a FIN no packet can tell it from a clock that the FIN starts, unless one passed beyond that clock."""
    wanted, refused = [], set()
    for connection in sample.connections:
        allowed = connection.judged(sample.vantage) or [("none", None)]
        told = connection.told
        if all(kind == "idle timer" for kind, _ in allowed):
            wanted += each(connection.frames())
        elif not any(kind in TIMERS for kind, _ in allowed):
            refused |= connection.frames()
        elif told["first_fin"] and told["judged"]["timer"] and told["last_passed"] - told["first_fin"] < told["judged"]["timer"]:
            refused |= connection.frames()
    return wanted, refused


def evidence(sample):
    """Of a kill the first packet that was lost, and the FIN if the timer is that after a FIN.

    Nothing else before the silent end was last heard.
    """
    wanted, refused = [], set()
    for connection in sample.connections:
        allowed = connection.judged(sample.vantage)
        if allowed is None or not any(killed(*each_) for each_ in allowed):
            refused |= connection.frames()
        elif all(killed(*each_) for each_ in allowed):
            wanted += [{packet.frame} for packet in connection.packets if abs(packet.time - connection.lost_at()) < 5_000]
            before = [packet for packet in connection.packets if packet.time < connection.lost_at() - 5_000]
            lost = connection.packets[len(before)]
            heard = max(packet.frame for packet in before if packet.source != lost.source)
            refused |= {packet.frame for packet in before if packet.frame < heard}
            if allowed[0][0] == "half-closed timer":
                wanted.append({connection.first_fin().frame})
                refused.discard(connection.first_fin().frame)
    return wanted, refused


# --- the firewall's clock ----------------------------------------------------------------------------------------


def timers(sample):
    """The timers, ns, that the plugin is told, or 30 s after a FIN and no other one within the length of any sample."""
    chosen = sample.preferences()
    return {name: (chosen.get(name) or default) * SECOND for name, default in (("half", 30), ("idle", 60), ("closing", 5))}


def expired(sample):
    """Every packet after the session table has dropped the entry; none while no timer can have run out."""
    wanted, refused = [], set()
    limit = timers(sample)
    for connection in sample.connections:
        allowed = connection.judged(sample.vantage) or [("none", None)]
        if all(killed(*each_) for each_ in allowed):
            late = [packet for packet in connection.packets if packet.time >= connection.lost_at() - 5_000]
            wanted += [{packet.frame} for packet in late if packet.source == late[0].source and not packet.has(RST)]
        fin, before = connection.first_fin(), None
        for packet in connection.packets:
            both = {each_.source for each_ in connection.packets if each_.has(FIN) and each_.frame < packet.frame}
            idle = packet.time - before.time if before else 0
            age = packet.time - fin.time if fin and packet.frame > fin.frame else 0
            if age >= limit["half"] or idle >= limit["closing" if len(both) == 2 else "idle"]:
                break
            refused.add(packet.frame)
            before = packet
    return wanted, refused


def at_risk(sample):
    """Where the half-closed entry ran out and this side said nothing; not where nothing is half-closed, or the kill is seen."""
    wanted, refused = [], set()
    for connection in sample.connections:
        allowed = connection.judged(sample.vantage) or [("none", None)]
        fins = {packet.source for packet in connection.packets if packet.has(FIN)}
        silent = connection.told.get("judged", {}).get("truth") == "half-closed timer" and allowed == [("none", None)]
        if len(fins) != 1 or all(killed(*each_) for each_ in allowed):
            refused |= connection.frames()
        elif silent and sample.packets[-1].time - connection.first_fin().time > timers(sample)["half"] + CLOCK:
            wanted.append(connection.frames())
    return wanted, refused


def keep_alives_too_rare(sample):
    """Probes that began after the timer; no other packet, and none that is sent often enough."""
    refused = all_frames(sample) - {packet.frame for packet in sample.packets if packet.keep_alive}
    wanted = []
    for connection in sample.connections:
        probes = [packet for packet in connection.packets if packet.keep_alive]
        if not probes or connection.first_fin():
            continue
        quiet = probes[0].time - max(packet.time for packet in connection.packets if packet.frame < probes[0].frame)
        if quiet > timers(sample)["idle"]:
            wanted += each(packet.frame for packet in probes)
        else:
            refused |= {packet.frame for packet in probes}
    return wanted, refused


# --- resets ------------------------------------------------------------------------------------------------------


def from_a_middlebox(sample):
    """Resets that left no host's interface."""
    seen = {entry["time"]: entry["origin"] for entry in sample.truth.get("resets_seen", []) if entry["at"] == sample.vantage}
    wanted = {packet.frame for packet in sample.packets if packet.has(RST) and seen.get(packet.time) == "middlebox"}
    return each(wanted), all_frames(sample) - wanted


def told_of_reset(sample, reset):
    """What the script says of the resets in this sender's name on these ports, the latest beginning before it."""
    fitting = [entry for entry in sample.truth.get("resets", []) if entry["began"] * SECOND <= reset.time
               and {entry["client_port"], entry["server_port"]} == {reset.source[1], reset.destination[1]}
               and entry[f"{entry['sender']}_port"] == reset.source[1]]
    return max(fitting, key=lambda entry: entry["began"], default=None)


def late_data(sample):
    """The first reset of a host that had closed and was sent data; never one whose sender sent no FIN before."""
    cause = "answer to late data after close"
    resets = [packet for packet in sample.packets if packet.has(RST)]
    wanted, refused, seen = [], all_frames(sample) - {packet.frame for packet in resets}, set()
    for reset in resets:
        told = told_of_reset(sample, reset)
        closed = any(packet.has(FIN) and packet.source == reset.source and packet.frame < reset.frame
                     for packet in sample.packets)
        if told and cause not in told["causes"] or not closed:
            refused.add(reset.frame)
        elif told and told["causes"][0] == cause and reset.source not in seen:
            wanted.append({reset.frame})
        seen.add(reset.source)
    return wanted, refused


def not_simply_accepted(sample):
    """RFC 5961 section 3.2: only the exact next number counts at once, a passed one never, and after it no other.

    Hosts take the number of a FIN as well, one before the next, for some senders do not count it.
    """
    wanted, refused = [], {packet.frame for packet in sample.packets if not packet.has(RST)}
    for connection in sample.connections:
        over = set()
        for reset in [packet for packet in connection.packets if packet.has(RST)]:
            earlier = [packet for packet in connection.packets if packet.frame < reset.frame]
            confirmed = [packet.ack for packet in earlier if packet.source == reset.destination and packet.has(ACK)]
            sent = [packet.end for packet in earlier if packet.source == reset.source and not packet.has(RST)]
            fins = [packet.end - 1 for packet in earlier if packet.source == reset.source and packet.has(FIN)]
            told = told_of_reset(sample, reset)
            passed = bool(confirmed) and not reached(reset.seq, confirmed[-1]) and reset.seq not in fins
            if reset.source in over or passed or told and told["causes"][0] == "unacceptable":
                wanted.append({reset.frame})
            elif reset.seq in fins or confirmed and sent and reset.seq == confirmed[-1] == sent[-1]:
                refused.add(reset.frame)
                over.add(reset.source)
    return wanted, refused


# --- closes and states -------------------------------------------------------------------------------------------


def closed_first(sample, connection):
    """{endpoint} that closed first, both if at once; None if the truth does not say."""
    if sample.kind == "transcript":
        who = sample.truth["connection"]["initiator"]
        return {"client": {connection.client}, "server": {connection.server}, "both": {connection.client, connection.server}}[who]
    fin = connection.first_fin()
    if sample.kind == "firewall":
        told = connection.told["first_fin"]
        if told is None:
            return None if fin else set()
        return {fin.source} if abs(fin.time - told * SECOND) < CLOCK else None
    if sample.path.name in FIRST_COPY_ONLY:
        return None
    if len(sample.truth["connections"]) == 1:
        named = sample.truth["connections"][0]
        who = sample.truth["expected"]["initiator"]
        return {tuple(named[side]) for side in ("client", "server") if who in (side, "both")}
    for ends in connection.kernels:
        waiting = {end for end, state in ends.items() if state in ("FIN-WAIT-1", "FIN-WAIT-2")}
        if len(waiting) == 1 and "CLOSE-WAIT" in ends.values():
            return waiting
    return None


def server_closes_first(sample):
    """The server's first FIN, if it closed first; no other packet."""
    wanted, refused = [], set()
    for connection in sample.connections:
        first = closed_first(sample, connection)
        fins = {packet.frame for packet in connection.sent_by(connection.server, FIN)}
        refused |= connection.frames() - fins
        if first is not None and connection.server in first:
            wanted.append({min(fins)})
        elif first is not None:
            refused |= fins
    return wanted, refused


def server_is_initiator(sample):
    """Every packet of a connection that the server alone closed first; none of another."""
    wanted, refused = [], set()
    for connection in sample.connections:
        first = closed_first(sample, connection)
        if first == {connection.server}:
            wanted += each(connection.frames())
        elif first is not None:
            refused |= connection.frames()
    return wanted, refused


def both_at_once(sample):
    """A FIN of each connection that both sides closed at once; no other packet."""
    wanted, refused = [], set()
    for connection in sample.connections:
        first = closed_first(sample, connection)
        fins = {packet.frame for packet in connection.packets if packet.has(FIN)}
        refused |= connection.frames() - fins
        if first is not None and len(first) == 2:
            wanted.append(fins - {min(fins)})
        elif first is not None:
            refused |= fins
    return wanted, refused


def half_closed_longer(seconds, *, client_closed=False):
    """Packets of a connection that is half-closed for longer.

    `client_closed`: by the client, so that the server is in CLOSE-WAIT.
    """
    def answer(sample):
        wanted, refused = [], set()
        for connection in sample.connections:
            fin = connection.first_fin()
            for packet in connection.packets:
                age = connection.half_closed(packet)
                asked = fin is not None and (not client_closed or fin.source == connection.client)
                if asked and age is not None and age > seconds * SECOND:
                    wanted.append({packet.frame})
                elif not asked or packet.time - fin.time <= seconds * SECOND:
                    refused.add(packet.frame)
        return wanted, refused
    return answer


def restarted(sample):
    """The answer of an end that still had the older connection to the SYN of the next.

    An ACK without SYN, RFC 9293 section 3.5.1.
    """
    wanted, refused = [], set()
    for connection in sample.connections:
        old = connection.before
        if old is None:
            refused |= connection.frames()
            continue
        lost = old.lost_at() is not None or any({"CLOSED", "ESTABLISHED"} == set(ends.values()) for ends in old.kernels)
        answer = connection.sent_by(connection.server)[0]
        if lost and not answer.has(SYN):
            wanted.append({answer.frame})
        elif answer.has(SYN):
            refused |= connection.frames()
    return wanted, refused


def half_open(sample):
    """A peer that came again without the connection, or was silent to the end after a kill; not where nothing was lost."""
    wanted, _ = restarted(sample)
    refused = set()
    for connection in sample.connections:
        allowed = connection.judged(sample.vantage)
        if allowed is None:
            if not sample.truth.get("losses") and not wanted:
                refused |= connection.frames()
        elif all(killed(*each_) for each_ in allowed):
            speaker = next(packet.source for packet in connection.packets if packet.time >= connection.lost_at() - 5_000)
            answered = any(packet.time > connection.lost_at() and packet.source != speaker for packet in connection.packets)
            if not answered:
                wanted.append(connection.frames() | {frame for frames in wanted for frame in frames})
        elif allowed == [("none", None)] and connection.lost_at() is None and not connection.before:
            refused |= connection.frames()
    return wanted, refused


def fin_never_acknowledged(sample):
    """A FIN whose sender's kernel still waited for its acknowledgement in the end; no FIN that was acknowledged."""
    wanted, refused = [], set()
    for connection in sample.connections:
        waited = [end for end, state in connection.kernels[-1].items() if state in UNACKNOWLEDGED] if connection.kernels else []
        for end in (connection.client, connection.server):
            fins = connection.sent_by(end, FIN)
            if end in waited and fins:
                wanted.append({packet.frame for packet in fins})
            elif fins and connection.acknowledged(fins[-1]) is not None:
                refused |= {packet.frame for packet in fins}
        refused |= {packet.frame for packet in connection.packets if not packet.has(FIN)}
    return wanted, refused


# --- by filter ---------------------------------------------------------------------------------------------------

ANSWERS = {
    "tcpstate.killed": verdict(killed),
    "tcpstate.killed && frame.number == tcpstate.verdict.evidence": evidence,
    'tcpstate.verdict.confidence == "certain"': verdict(lambda kind, sure: sure == "certain"),
    'tcpstate.half_open == "peer restarted"': restarted,
    'tcpstate.verdict == "session lost without a timer"': verdict(kind_is("session lost")),
    "tcpstate.verdict.needed": verdict(lambda kind, _: True if kind in TIMERS else False if kind == "none" else None),
    'tcpstate.verdict.timer_basis == "last packet"': basis_is_last_packet,
    "tcpstate.keep_alive.sufficient == 0": keep_alives_too_rare,
    "tcpstate.firewall.expired": expired,
    "tcpstate.half_close.duration > 30": half_closed_longer(30),
    "tcpstate.firewall.at_risk": at_risk,
    'tcpstate.reset.cause == "answer to late data after close"': late_data,
    'tcpstate.verdict == "not a firewall: application silent"': verdict(kind_is("application silent")),
    "tcpstate.verdict >= 10": verdict(lambda kind, _: kind in ACQUITTED, without_firewall=acquitted_without_firewall),
    'tcpstate.reset.origin == "middlebox"': from_a_middlebox,
    'tcpstate.verdict == "rejected"': verdict(kind_is("rejected")),
    "tcpstate.reset.acceptance > 1": not_simply_accepted,
    'tcpstate.active_close == "server"': server_closes_first,
    'tcpstate.close.initiator == "server"': server_is_initiator,
    "tcpstate.simultaneous_close": both_at_once,
    'tcpstate.server.state == "CLOSE-WAIT" && tcpstate.half_close.duration > 5': half_closed_longer(5, client_closed=True),
    "tcpstate.half_open": half_open,
    "tcpstate.expert.fin_unacknowledged": fin_never_acknowledged,
}
