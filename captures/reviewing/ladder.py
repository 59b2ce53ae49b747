"""One connection as two lanes: the client on the left, the server on the right, the packets between them.

    frame    seconds        client                                                      server
        1   0.000000      SYN-SENT |--- SYN --------------------------------------->|   LISTEN

A state stands at its side where it changes. A packet that changes nothing and carries no mark is counted only.
"""

from . import terms
from .connection import clock_words, words_of_marks
from .layout import WIDTH, folded, wrapped

STATE = 12             # the longest name, SYN-RECEIVED
PAUSE = terms.SECOND   # from here on a pause is worth a line
HEAD, TAIL = 40, 15    # so many rows of a long ladder


def heading(connection, paint):
    """The lines above a connection's packets."""
    yield paint("heading", f"stream {connection.stream}  {connection.client} -> {connection.server}")
    again = f" ({connection.again:,} seen a second time)" if connection.again else ""
    yield (f"  {terms.plural(connection.count, 'packet')}{again}, {terms.plural(connection.bytes, 'byte')} in "
           f"{terms.span(connection.end - connection.start)} from {terms.moment(connection.start)}")
    yield from wrapped(connection.how(), "  ", "  ")
    yield ""


def verdict(connection, paint):
    """The lines below a connection's packets: what ended it, how sure that is, why, and what to change."""
    found = connection.verdict
    if found or connection.at_risk:
        yield ""
    if not found:
        if connection.at_risk:
            clock = clock_words(*(connection.clock or ("timer", None)))
            yield paint("alarm", f"  AT RISK: nothing is lost yet, but a firewall with a {clock} would drop the next packet")
        return
    yield paint("good" if found.number >= 10 else "alarm", f"  VERDICT, {found.sure}: {found.words}")
    for title, texts in (("why", found.reason), ("what to change", found.advice)):
        if texts:
            first, *rest = wrapped(f"{title}: " + " ".join(texts), "    ", "      ")
            yield "    " + paint("heading", f"{title}:") + first[4 + len(title) + 1:]
            yield from rest
    if found.evidence:
        yield from wrapped("evidence: " + evidence(found.evidence, connection.evidence), "    ", "      ")


def evidence(frames, own):
    """The frames that prove a verdict; some may be another connection's, and so not in this ladder."""
    def listed(some):
        return f"{'frame' if len(some) == 1 else 'frames'} {', '.join(map(str, some))}"
    here, elsewhere = ([frame for frame in frames if (frame in own) == wanted] for wanted in (True, False))
    parts = [f"{listed(here)}, marked *"] if here else []
    return "; ".join(parts + ([f"elsewhere (another connection, or ICMP): {listed(elsewhere)}"] if elsewhere else []))


class Lanes:
    """Draws rows of one ladder, all of the same widths."""

    def __init__(self, connection, paint):
        self.connection, self.paint = connection, paint
        self.digits = 6 if connection.end - connection.start < 1000 * terms.SECOND else 3
        last = connection.last_shown or 0
        self.frame = max(len("frame"), len(str(last)) + 1)
        self.time = max(len("seconds"), len(terms.seconds_text(connection.end - connection.start, self.digits)))
        self.left = 2 + self.frame + 1 + self.time + 2 + STATE + 1
        self.lane = WIDTH - self.left - 2 - 1 - STATE

    def title(self):
        client, server = self.connection.client, self.connection.server
        inside = self.lane + 2
        room = inside - 2
        if len(client) + len(server) + 2 <= room:
            ends = f" {client}{server:>{inside - 2 - len(client)}} "
        else:
            ends = " " * inside
        return self.paint("quiet", f"  {'frame':>{self.frame}} {'seconds':>{self.time}}  {'client':>{STATE}} {ends} server")

    def row(self, shown, states):
        """A packet's arrow between the states that it changes."""
        label = terms.flag_words(shown.flags) + (f", {terms.plural(shown.length, 'byte')}" if shown.length else "")
        alarm = "alarm" if shown.flags & terms.RST else "mark" if shown.flags & (terms.FIN | terms.SYN) else ""
        line = "-" * (self.lane - len(label) - 6)
        label = self.paint(alarm, label) if alarm else label
        arrow = f"--- {label} {line}>" if shown.sender == "client" else f"<{line} {label} ---"
        sides = []
        for side, now in (("client", shown.client), ("server", shown.server)):
            sides.append("" if states.get(side) == now else now)
            states[side] = now
        star = "*" if "evidence" in shown.marks else ""
        client = " " * (STATE - len(sides[0])) + self.paint("changed", sides[0])
        number = f"{star}{shown.frame}"
        return (f"  {number:>{self.frame}} {self.clock(shown.time):>{self.time}}  {client} |{arrow}| "
                f"{self.paint('changed', sides[1])}")

    def clock(self, time):
        return terms.seconds_text(time - self.connection.start, self.digits)

    def note(self, style, words):
        """Words below an arrow."""
        for line in folded(words, self.lane - 4):
            yield f"{' ' * self.left}|    {self.paint(style, line)}{' ' * (self.lane - 4 - len(line))}|"

    def gap(self, words):
        """What is left out between two arrows."""
        return f"{' ' * self.left}" + self.paint("quiet", f":{words:^{self.lane}}:")

    def notes(self, shown):
        for alarming, words in words_of_marks(shown.marks, shown.flags):
            yield from self.note("alarm" if alarming else "mark", words)
        # The states at the sides show where a single step leads; a longer way is told.
        for chain in terms.chains(shown.steps):
            if chain.count("->") > 1 or "(" in chain:
                yield from self.note("changed", chain)


def between(skipped, pause):
    """Packets that have no line of their own, and a pause, in words."""
    client, client_bytes, server, server_bytes = skipped
    words = [f"{terms.plural(count, 'packet')} {arrow}" for count, arrow in ((client, "->"), (server, "<-")) if count]
    if client_bytes + server_bytes:
        words.append(terms.plural(client_bytes + server_bytes, "byte"))
    if pause >= PAUSE:
        words.append(f"in {terms.span(pause)}" if words else f"{terms.span(pause)} of silence")
    return ", ".join(words)


def alike_rows(one, other):
    """Whether a packet says what the one before said: one of many resets, say."""
    return (not other.steps and not any(other.skipped) and "evidence" not in other.marks and other.marks ==
            {name: value for name, value in one.marks.items() if name != "evidence"}
            and (one.sender, one.flags, one.client, one.server) == (other.sender, other.flags, other.client, other.server))


def grouped(connection, spool):
    """(packet, how many after it say the same, the time of the last of them), in order."""
    first, more, end = None, 0, 0
    for shown in connection.ladder(spool):
        if first and alike_rows(first, shown):
            more, end = more + 1, shown.time
            continue
        if first:
            yield first, more, end
        first, more, end = shown, 0, shown.time
    if first:
        yield first, more, end


def rows(connection, spool, paint, whole):
    """The packets of a connection, within WIDTH columns."""
    lanes = Lanes(connection, paint)
    yield lanes.title()
    count = 0
    if not whole and len(connection.shown) > HEAD + TAIL + 1:
        count = sum(1 for _ in grouped(connection, spool))
    hidden = count - HEAD - TAIL if count > HEAD + TAIL + 1 else 0
    states, previous = {}, None
    for number, (shown, more, end) in enumerate(grouped(connection, spool)):
        if HEAD <= number < HEAD + hidden:
            if number == HEAD:
                yield lanes.gap(f"{hidden:,} more rows, --stream {connection.stream} shows them")
            states = {"client": shown.client, "server": shown.server}
            previous = end
            continue
        pause = 0 if previous is None else shown.time - previous
        if words := between(shown.skipped, pause):
            yield lanes.gap(words)
        yield lanes.row(shown, states).rstrip()
        yield from lanes.notes(shown)
        if more:
            took = end - shown.time
            yield lanes.gap(f"{more:,} more like it" + (f", in {terms.span(took)}" if took >= PAUSE else ""))
        previous = end
    rest = 0 if previous is None else connection.end - previous
    if words := between(connection.skipped, rest):
        yield lanes.gap(words)


def lines(connection, spool, paint, whole=False):
    """All of it."""
    yield from heading(connection, paint)
    yield from rows(connection, spool, paint, whole)
    yield from verdict(connection, paint)
