"""What a connection's packets add up to."""

from array import array

from . import terms
from .fields import AT, texts
from .terms import FIN, RST, SIDES, SYN

ANY = "any"  # tcpstate.firewall.profile where no device is chosen: its clock is an example


class Verdict:
    """What ended a connection, as the plugin puts it."""

    __slots__ = ("number", "confidence", "reason", "advice", "evidence", "timer_min", "timer_max", "basis", "needed")

    def __init__(self, packet):
        self.number = packet.number("verdict")
        self.confidence = packet.number("verdict.confidence")
        self.reason = texts(packet.row[AT["verdict.reason"]])
        self.advice = texts(packet.row[AT["verdict.advice"]])
        self.evidence = [int(frame) for frame in texts(packet.row[AT["verdict.evidence"]])]
        self.timer_min = packet.length_of_time("verdict.timer_min")
        self.timer_max = packet.length_of_time("verdict.timer_max")
        self.basis = packet.number("verdict.timer_basis")
        self.needed = packet.length_of_time("verdict.needed")

    @property
    def words(self):
        return terms.VERDICTS.get(self.number, f"verdict {self.number}")

    @property
    def sure(self):
        return terms.CONFIDENCES.get(self.confidence, "")


class Shown:
    """A packet that is worth a line of its own, and how many came since the one before. Kept in the spool."""

    __slots__ = ("frame", "time", "flags", "length", "sender", "client", "server", "steps", "marks", "size", "skipped")

    def __init__(self, *values):
        for name, value in zip(self.__slots__, values):
            setattr(self, name, value)

    def values(self):
        return tuple(getattr(self, name) for name in self.__slots__)


class Connection:
    """A connection as far as it has been read. Of its packets only places in the spool are kept."""

    __slots__ = ("stream", "client", "server", "start", "end", "count", "bytes", "shown", "skipped", "last_shown",
                 "kind", "initiator", "client_state", "server_state", "half_closed", "reset", "resetter", "fin", "at_risk",
                 "killed", "half_open", "strange", "verdict", "verdict_text", "evidence", "midstream", "again", "waiting",
                 "clock", "expired", "heard")

    def __init__(self, first):
        ends = [terms.endpoint(*end) for end in first.ends()]
        self.client, self.server = ends if first.sender == "client" else ends[::-1]
        self.stream = first.stream
        self.start = self.end = first.time
        self.count = self.bytes = 0
        self.shown = array("Q")
        self.skipped = [0, 0, 0, 0]  # since the last shown packet: packets and bytes of the client, of the server
        self.kind = self.initiator = 0
        self.client_state, self.server_state = first.client, first.server
        self.half_closed = None  # (duration, bytes) at the last packet that has them
        self.reset = None        # the frame that reset it, and its sender
        self.resetter = None
        self.fin = None          # the side that sent the first FIN
        self.at_risk = self.killed = self.midstream = False
        self.half_open = 0       # the most telling number of terms.HALF_OPEN
        self.strange = 0         # resets of another's making, or that had to be refused
        self.verdict = None
        self.verdict_text = None
        self.evidence = set()    # of the verdict, the frames of this connection
        self.last_shown = None
        self.again = 0           # packets that were captured before
        self.waiting = None      # what asks for an answer and has none: its side, how often, since when, its latest time
        self.clock = None        # name and length of the firewall's timer that ran last
        self.heard = set()       # the sides that sent something
        self.expired = False     # the chosen firewall's entry was gone

    def add(self, packet, spool):
        """Take in a packet. Returns what was put into the spool, if it is worth a line of its own."""
        first = self.count + self.again == 0
        self.end = packet.time
        self.client_state, self.server_state = packet.client, packet.server
        self.of_the_connection(packet)
        if packet.flags & FIN and not self.fin:
            self.fin = packet.sender
        duration = packet.length_of_time("half_close.duration")
        if duration is not None:
            self.half_closed = (duration, packet.number("half_close.bytes"))
        # A second sighting of a packet, behind a router say, would say the same again.
        again = packet.flag("duplicate")
        if again:
            self.again += 1
        else:
            self.count += 1
            self.bytes += packet.length
            self.heard.add(packet.sender)
            self.wait(packet)
        marks = {}
        expires = self.expires(packet)
        if not again and (packet.marked() or packet.flags & RST or first or expires):
            marks = self.of_the_packet(packet, first)
            if expires and "tcp_wait_risk" not in marks:
                marks["expired"] = list(self.clock)
        if self.verdict and packet.frame in self.verdict.evidence:
            marks["evidence"] = True
            self.evidence.add(packet.frame)
        if not marks and (again or not packet.steps):
            if again:
                return None
            side = 0 if packet.sender == "client" else 2
            self.skipped[side] += 1
            self.skipped[side + 1] += packet.length
            return None
        size = int(packet.text("frame.cap_len") or -1)
        shown = Shown(packet.frame, packet.time, packet.flags, packet.length, packet.sender, packet.client,
                      packet.server, packet.steps, marks, size, self.skipped)
        self.shown.append(spool.put(shown.values()))
        self.last_shown = packet.frame
        self.skipped = [0, 0, 0, 0]
        return shown

    def wait(self, packet):
        """Keeps what asks for an answer: SYNs, payload and FINs since the other side was last seen."""
        if self.waiting and self.waiting[0] != packet.sender:
            self.waiting = None
        if packet.flags & RST:
            self.waiting = None
        elif packet.length or packet.flags & (SYN | FIN):
            _, count, since, _ = self.waiting or (None, 0, packet.time, None)
            self.waiting = (packet.sender, count + 1, since, packet.time)

    def unanswered(self):
        """(how many segments, over which time) one side has sent in vain at the end; None if it is too little to mention."""
        if self.waiting is None or self.reset is not None:
            return None
        side, count, since, latest = self.waiting
        heard = self.client_state != "SYN-SENT" if side == "client" else True
        if count < (3 if heard else 2) or latest - since < terms.SECOND or (heard and len(self.heard) < 2):
            return None
        return count, latest - since

    def expires(self, packet):
        """Whether this packet is the first to come after the chosen firewall's entry has run out."""
        if name := packet.text("firewall.timer"):
            self.clock = (name, packet.length_of_time("firewall.timeout"))
        gone = packet.flag("firewall.expired")
        first, self.expired = gone and not self.expired, gone
        return first and packet.text("firewall.profile") != ANY

    def of_the_connection(self, packet):
        """What every packet says about the connection. With several segments in a frame each has its own."""
        self.kind = int(packet.of(AT["close.kind"]) or 0)
        self.initiator = int(packet.of(AT["close.initiator"]) or 0)
        if int(packet.of(AT["verdict"]) or 0):
            # The texts are long, mostly the same again, and on every packet.
            text = packet.row[AT["verdict"]:]
            if text != self.verdict_text:
                self.verdict, self.verdict_text = Verdict(packet), text
        else:
            self.verdict = self.verdict_text = None
        self.at_risk = packet.flag("firewall.at_risk")
        self.killed = packet.flag("killed")

    def of_the_packet(self, packet, first):
        """What the plugin marks on this packet; only what is there."""
        marks = {}
        for name in ("active_close", "passive_close", "half_close"):
            if number := packet.number(name):
                marks[name] = SIDES[number]
        for name in ("simultaneous_close", "simultaneous_open"):
            if packet.flag(name):
                marks[name] = True
        if packet.flag("midstream"):
            self.midstream = True
            if first:
                marks["midstream"] = True
        for name in ("tcp_wait_expired", "fin_unacknowledged", "tcp_wait_risk"):
            if packet.text(f"expert.{name}"):
                marks[name] = True
        if "tcp_wait_risk" in marks:
            marks["timer"] = [packet.text("firewall.timer"), packet.length_of_time("firewall.timeout"),
                              packet.text("firewall.profile") != ANY]
        if number := packet.number("half_open"):
            marks["half_open"] = number
            # An unfinished handshake is the least of them: every scan leaves some.
            self.half_open = min(self.half_open or number, number)
        if packet.flags & RST:
            self.of_a_reset(packet, marks)
        return marks

    def of_a_reset(self, packet, marks):
        for name in ("cause", "origin", "acceptance"):
            marks[name] = packet.number(f"reset.{name}")
        refused, middlebox = marks["acceptance"] == 3, marks["origin"] == 2
        if refused or middlebox:
            self.strange += 1
        if self.reset is None and not refused:
            self.reset, self.resetter = packet.frame, f"in the {packet.sender}'s name" if middlebox else f"by the {packet.sender}"

    def ladder(self, spool):
        """The packets that are worth a line, in order."""
        return (Shown(*spool.get(place)) for place in self.shown)

    def close(self):
        """How it closed, in a few words."""
        kind = terms.KINDS[self.kind] if self.kind < len(terms.KINDS) else f"close kind {self.kind}"
        initiator = terms.INITIATORS.get(self.initiator)
        by = f" by the {initiator}" if initiator in SIDES.values() else ""
        first = f", the {initiator} first" if by else ""
        reset = f" {self.resetter} in frame {self.reset}" if self.reset is not None else ""
        fin = f"the {self.fin}'s FIN" if self.fin else "a FIN"
        return {
            "open": self.opening(),
            "four segments": f"closed in four segments{first}",
            "three segments": f"closed in three segments{first}",
            "simultaneous": "closed by both sides at once: simultaneous close",
            "half-close": f"half-close in use{by}",
            "reset": f"reset{reset}",
            "reset after FIN": f"reset{reset} after {fin}",
            "unfinished": f"close not finished: nothing closes after {fin}",
        }.get(kind, kind)

    def opening(self):
        """The same with numbers."""
        standing = self.standing()
        if standing == "never opened" and self.waiting:
            return f"{standing}: {terms.plural(self.waiting[1], 'SYN')} unanswered"
        return "open at the end of the capture" if standing == "still open" else standing

    def standing(self):
        """Where it stands, if neither side has closed."""
        if self.client_state == "SYN-SENT":
            return "never opened"
        if "SYN-RECEIVED" in (self.client_state, self.server_state):
            return "handshake not finished"
        return "still open"

    def how(self):
        """How it closed, and for how long it was half-closed."""
        line = self.close()
        if self.half_closed:
            duration, size = self.half_closed
            line += f"; half-closed for {terms.span(duration)}"
            line += f", {terms.plural(size, 'byte')} after the FIN" if size else ""
        return line


def clock_words(name, timeout):
    """A timer with its length: "TCP wait of 30 s"."""
    return (name or "timer") + (f" of {terms.round_span(timeout)}" if timeout is not None else "")


def run_out(name, timeout, chosen):
    """That a timer has run out: of the chosen firewall, or of one as there are many."""
    clock = clock_words(name, timeout)
    return f"the firewall's {clock} has run out" if chosen else f"a {clock} would have run out"


def words_of_marks(marks, flags):
    """The marks of a packet in words: (alarming, words) pairs."""
    found = []
    if "midstream" in marks:
        found.append((False, "begins in mid-stream, no handshake"))
    if "simultaneous_open" in marks:
        found.append((False, "simultaneous open: the SYNs cross"))
    if "active_close" in marks:
        found.append((False, f"active close by the {marks['active_close']}"))
    if "passive_close" in marks:
        found.append((False, f"passive close by the {marks['passive_close']}"))
    if "simultaneous_close" in marks:
        found.append((False, "simultaneous close: the FINs cross"))
    if "half_close" in marks:
        found.append((False, f"half-close by the {marks['half_close']} in use"))
    if "fin_unacknowledged" in marks:
        found.append((True, "FIN never acknowledged"))
    if "tcp_wait_risk" in marks:
        name, timeout, chosen = marks["timer"]
        found.append((True, run_out(name, timeout, chosen)))
    if "expired" in marks:
        found.append((True, run_out(*marks["expired"], True)))
    if "tcp_wait_expired" in marks:
        found.append((True, "killed: a firewall's TCP wait has expired"))
    if "half_open" in marks and not (marks["half_open"] == 4 and "fin_unacknowledged" in marks):
        found.append((True, f"half-open: {terms.HALF_OPEN.get(marks['half_open'], marks['half_open'])}"))
    if flags & RST:
        by = {1: " by the endpoint", 2: " by a middlebox"}.get(marks.get("origin"), "")
        acceptance = {1: ", accepted", 2: ", not proven to be accepted", 3: ", refused"}.get(marks.get("acceptance"), "")
        found.append((True, f"reset{by}{acceptance}"))
        # 9 would only say it again.
        if marks.get("cause") in terms.CAUSES and marks["cause"] != 9:
            found.append((True, terms.CAUSES[marks["cause"]]))
    return found
