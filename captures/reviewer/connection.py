"""A connection as far as it has been read, and what is worth saying of it."""

from words import ACCEPTANCE, CAUSES, CONFIDENCES, HALF_OPEN, INITIATORS, KINDS, ORIGINS, SIDES, VERDICTS

# What is worth looking at, most urgent first.
KILLED, LOST, AT_RISK, STRANGE_RESET, HALF_OPEN_NOW, ACQUITTED, ORDINARY = range(7)
RANKS = {KILLED: "killed by a timer", LOST: "ended by a middlebox", AT_RISK: "at risk", STRANGE_RESET: "strange reset",
         HALF_OPEN_NOW: "half-open", ACQUITTED: "not a firewall"}


class Connection:
    """Of its packets only those are kept that will be printed."""

    def __init__(self, first):
        ends = (first.source, first.destination)
        self.client, self.server = ends if first.sender == "client" else ends[::-1]
        self.stream = first.stream
        self.start = self.end = first.time
        self.count = 0
        self.bytes = {"client": 0, "server": 0}
        self.shown = []          # (packet, whether it is the first, what was left out before it)
        self.left_out = [0, 0, 0]  # since then: packets, bytes of the client, bytes of the server
        self.beginning_lost = False
        self.last = first
        self.half_closed = None  # (duration, bytes) at the last packet that has them
        self.resets = []
        self.fin = None          # the side that sent the first FIN
        self.half_open = 0       # tcpstate.half_open, the latest

    def add(self, packet, keep=True):
        self.count += 1
        self.end = packet.time
        self.last = packet
        self.bytes[packet.sender] += packet.length
        found = packet.marks
        if "half_close.duration" in found:
            self.half_closed = (found["half_close.duration"], found["half_close.bytes"])
        if "reset.cause" in found and "duplicate" not in found and len(self.resets) < 100:
            self.resets.append(packet)
        if "half_open" in found:
            self.half_open = found["half_open"]
        if packet.flags & 1 and not self.fin:
            self.fin = packet.sender
        first = self.count == 1
        if keep and (packet.steps or words_of_marks(packet, first)) and "duplicate" not in found:
            self.shown.append((packet, first, tuple(self.left_out)))
            self.left_out = [0, 0, 0]
        else:
            self.beginning_lost = self.beginning_lost or not keep
            self.left_out[0] += 1
            self.left_out[1 if packet.sender == "client" else 2] += packet.length

    @property
    def verdict(self):
        return self.last.marks.get("verdict", 0)

    @property
    def confidence(self):
        return self.last.marks.get("verdict.confidence", 0)

    def rank(self):
        """How urgently somebody should look at it."""
        if self.verdict in (1, 2, 3):
            return KILLED
        if self.verdict in (4, 5, 6):
            return LOST
        if "firewall.at_risk" in self.last.marks:
            return AT_RISK
        if any(reset.marks.get("reset.origin") == 2 or reset.marks.get("reset.cause") == 10 for reset in self.resets):
            return STRANGE_RESET
        if self.is_half_open():
            return HALF_OPEN_NOW
        return ACQUITTED if self.verdict else ORDINARY

    def is_half_open(self):
        """What one packet showed may have been mended by a later one."""
        if self.half_open == 5:
            return self.last.server == "SYN-RECEIVED"
        return bool(self.half_open) and self.verdict != 12

    def reset_by(self):
        """The packet that reset it."""
        return next((packet for packet in self.resets if packet.marks.get("reset.acceptance") != 3), None)

    def close(self):
        """How it closed, in a few words."""
        kind = KINDS[self.last.marks.get("close.kind", 0)]
        initiator = INITIATORS.get(self.last.marks.get("close.initiator", 0))
        by = f" by the {initiator}" if initiator in SIDES.values() else ""
        first = f", the {initiator} first" if by else ""
        packet = self.reset_by()
        reset = f" by the {packet.sender} in frame {packet.frame}" if packet else ""
        fin = f"the {self.fin}'s FIN" if self.fin else "a FIN"
        return {
            "open": "open at the end of the capture",
            "four segments": f"closed in four segments{first}",
            "three segments": f"closed in three segments{first}",
            "simultaneous": "closed by both sides at once: simultaneous close",
            "half-close": f"half-close in use{by}",
            "reset": f"reset{reset}",
            "reset after FIN": f"reset{reset} after {fin}",
            "unfinished": f"close not finished: {fin} is as far as it gets",
        }[kind]

    def judgement(self):
        """Verdict, risk or oddity in a few words; nothing if there is nothing to say."""
        if self.verdict:
            return f"{VERDICTS.get(self.verdict, 'unknown')}, {CONFIDENCES.get(self.confidence, '')}"
        rank = self.rank()
        if rank == AT_RISK:
            return "at risk: a firewall with this clock would drop its next packet"
        if rank == STRANGE_RESET:
            odd = next(packet for packet in self.resets
                       if packet.marks.get("reset.origin") == 2 or packet.marks.get("reset.cause") == 10)
            return f"frame {odd.frame}: {reset_words(odd)}"
        return f"half-open: {HALF_OPEN[self.half_open]}" if rank == HALF_OPEN_NOW else ""


def reset_words(packet):
    """Of a RST: acceptance, cause and origin."""
    found = packet.marks
    origin = ORIGINS.get(found.get("reset.origin"))
    about = [CAUSES.get(found.get("reset.cause")), f"from {'the endpoint' if origin == 'endpoint' else 'a middlebox'}"
             if origin in ("endpoint", "middlebox") else None]
    acceptance = ACCEPTANCE.get(found.get("reset.acceptance"))
    return ", ".join(filter(None, [f"reset, {acceptance}" if acceptance else "reset", *about]))


def words_of_marks(packet, first):
    """The marks of a packet in words, each short enough for the last column."""
    found = packet.marks
    words = []
    if first and "midstream" in found:
        words.append("begins in mid-stream, no handshake")
    if "simultaneous_open" in found:
        words.append("simultaneous open: the SYNs cross")
    if "active_close" in found:
        words.append(f"active close by the {found['active_close']}")
    if "passive_close" in found:
        words.append(f"passive close by the {found['passive_close']}")
    if "simultaneous_close" in found:
        words.append("simultaneous close: the FINs cross")
    if "half_close" in found:
        words.append(f"half-close by the {found['half_close']} in use")
    if "half_open" in found:
        words.append(f"half-open: {HALF_OPEN.get(found['half_open'], '')}")
    if "fin_unacknowledged" in found and found.get("half_open") != 4:
        words.append("FIN never acknowledged")
    if "tcp_wait_expired" in found:
        words.append("a firewall's TCP wait has expired")
    if packet.flags & 4:
        words.append(reset_words(packet))
    if not words and not packet.steps and str(packet.frame) in found.get("verdict.evidence", ()):
        words.append("evidence")
    return words
