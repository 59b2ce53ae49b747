"""A connection as a ladder in the terminal: the client's states left, the server's right, what passes between them."""

import textwrap

from connection import words_of_marks
from words import CONFIDENCES, VERDICTS, WIDTH, flag_words, moment, plural, span

FRAME, STATE, LANE = 5, 12, 34
BARE = " " * (FRAME + 1 + STATE) + "|"
LEFT = len(BARE) + LANE + len("| ") + STATE + 1  # where the words begin


def lines(connection, paint):
    yield from heading(connection, paint)
    yield from rungs(connection, paint)
    yield from verdict(connection, paint)


def heading(connection, paint):
    yield paint("heading", f"stream {connection.stream}  {connection.client} -> {connection.server}")
    yield f"  {plural(connection.count, 'packet')} in {span(connection.end - connection.start)} from {moment(connection.start)}"
    line = connection.close()
    if connection.half_closed:
        duration, size = connection.half_closed
        line += f"; half-closed for {span(duration)}" + (f", {plural(size, 'byte')} after the FIN" if size else "")
    yield from textwrap.wrap(line, WIDTH, initial_indent="  ", subsequent_indent="  ")


def rungs(connection, paint):
    yield paint("quiet", f"{'frame':>{FRAME}} {'client':<{STATE}}{' ' * (LANE + 2)} server")
    states = {"client": None, "server": None}
    for packet, first, left_out in connection.shown:
        yield from between(left_out, paint, connection.beginning_lost and first)
        sides = {}
        for side in states:
            state = getattr(packet, side)
            style = "quiet" if state == states[side] else "changed"
            sides[side] = paint(style, state) + " " * (STATE - len(state))
            states[side] = state
        seconds = packet.time - connection.start
        time = f"{seconds:.6f}" if seconds < 1000 else f"{seconds:.3f}"
        what = flag_words(packet.flags) + (f" {packet.length} B" if packet.length else "")
        words = words_of_marks(packet, first)
        alarm = packet.marks.keys() & {"tcp_wait_expired", "fin_unacknowledged", "half_open"} or packet.flags & 4
        notes = [paint("alarm" if alarm else "mark", line) for text in words for line in folded(text, WIDTH - LEFT)]
        notes += [line for text in chains(packet.steps) for line in folded(text, WIDTH - LEFT)]
        yield (f"{packet.frame:>{FRAME}} {sides['client']}|{arrow(packet.sender, what, time)}| {sides['server']} "
               + (notes[0] if notes else "")).rstrip()
        for note in notes[1:]:
            yield (BARE + " " * LANE + "|").ljust(LEFT) + note
    yield from between(tuple(connection.left_out), paint, connection.beginning_lost and not connection.shown)


def between(left_out, paint, unknown):
    """What passed between two rungs."""
    packets, client, server = left_out
    text = ""
    if unknown:
        text = "its beginning is not kept"
    elif packets:
        data = [f"{size:,} B {sign}" for size, sign in ((client, "->"), (server, "<-")) if size]
        text = ", ".join(filter(None, [plural(packets, "packet"), " ".join(data)]))
        text = text if len(text) <= LANE else plural(packets, "packet")
    if text:
        yield paint("quiet", f"{BARE}{text:^{LANE}}|")


def arrow(sender, what, time):
    """One rung: what and when, on an arrow of LANE characters."""
    if sender == "client":
        return f"-- {what} ".ljust(LANE - len(time) - 6, "-") + f" {time} --->"
    return f"<--- {what} ".ljust(LANE - len(time) - 4, "-") + f" {time} --"


def chains(steps):
    """Steps that the states at the sides do not show: several of one side at once, and corrections."""
    found, previous = [], None
    for step in steps:
        side, before, _, after, *rest = step.split()
        tail = " ".join([after, *rest])
        if previous == (side, before):
            found[-1] += f" -> {tail}"
        else:
            found.append(f"{side} {before} -> {tail}")
        previous = (side, after)
    return [chain for chain in found if chain.count("->") > 1 or "(corrected)" in chain]


def folded(words, width):
    """Fold a chain before its arrows, not after them, so that each line begins with where it goes."""
    glued = words.replace(" -> ", " ->\0").replace(" (", "\0(")
    texts = textwrap.wrap(glued, max(width, 24), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return [text.replace("\0", " ") for text in texts]


def verdict(connection, paint):
    """What ended it, how sure that is, why, and what to change."""
    found = connection.last.marks
    if not connection.verdict:
        if "firewall.at_risk" in found:
            yield paint("mark", "  at risk: nothing is lost yet, but a firewall with this clock would drop the next packet")
        return
    confidence, text = CONFIDENCES.get(connection.confidence, ""), VERDICTS.get(connection.verdict, "unknown")
    yield paint("alarm", f"  VERDICT, {confidence}: {text}")
    for name, title in (("verdict.reason", "why"), ("verdict.advice", "what to change")):
        if found.get(name):
            yield from textwrap.wrap(f"{title}: " + " ".join(found[name]), WIDTH, initial_indent="    ",
                                     subsequent_indent="      ", break_long_words=False, break_on_hyphens=False)
    if found.get("verdict.evidence"):
        yield f"    evidence: frames {', '.join(found['verdict.evidence'])}"
