"""What tshark prints, one line a frame, and the TCP packets in it."""

from .terms import SIDES

# The plugin's names without "tcpstate.". What the connection has stands on every packet, what a packet does only there.
PACKET_FIELDS = ("states", "sender", "transition", "midstream", "active_close", "passive_close", "half_close",
                 "simultaneous_close", "simultaneous_open", "half_close.duration", "half_close.bytes", "half_open",
                 "reset.acceptance", "reset.cause", "reset.origin", "expert.tcp_wait_risk", "expert.tcp_wait_expired",
                 "expert.fin_unacknowledged", "firewall.expired", "firewall.profile", "firewall.timer", "firewall.timeout",
                 "duplicate")
CONNECTION_FIELDS = ("close.initiator", "close.kind", "firewall.at_risk", "killed", "verdict", "verdict.confidence",
                     "verdict.reason", "verdict.advice", "verdict.evidence", "verdict.timer_min", "verdict.timer_max",
                     "verdict.timer_basis", "verdict.needed")
FIELDS = ("frame.number", "frame.time_epoch", "frame.protocols", "frame.cap_len", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
          "tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.flags", "tcp.len",
          *(f"tcpstate.{name}" for name in PACKET_FIELDS + CONNECTION_FIELDS))
# A tab in a field is printed as \t, so a tab ends it; no text has the unit separator.
SEPARATOR, AGGREGATOR = "\t", "\x1f"

AT = {name.removeprefix("tcpstate."): index for index, name in enumerate(FIELDS)}
# Columns whose being filled makes a packet more than one of many.
UNREMARKABLE = {"states", "sender", "transition", "firewall.expired", "firewall.profile", "firewall.timer", "firewall.timeout",
                "duplicate", "half_close.duration", "half_close.bytes"}
MARKS = tuple(AT[name] for name in PACKET_FIELDS if name not in UNREMARKABLE)
(FRAME, TIME, STREAM, FLAGS, LENGTH, STATES, SENDER, TRANSITION, VERDICT) = (
    AT[name] for name in ("frame.number", "frame.time_epoch", "tcp.stream", "tcp.flags", "tcp.len", "states", "sender",
                          "transition", "verdict"))


class Packet:
    """One TCP segment with what the plugin says about it."""

    __slots__ = ("frame", "time", "stream", "flags", "length", "sender", "client", "server", "steps", "row", "index",
                 "layers")

    def __init__(self, row, index, layers):
        self.row, self.index, self.layers = row, index, layers
        self.client, self.server = self.of(STATES).split("/")
        self.frame = int(row[FRAME])
        self.time = nanoseconds(row[TIME])
        self.stream = int(self.of(STREAM) or 0)
        self.flags = int(self.of(FLAGS) or "0", 0)
        self.length = int(self.of(LENGTH) or 0)
        self.sender = SIDES[int(self.of(SENDER) or 1)]
        self.steps = texts(row[TRANSITION])

    def of(self, column):
        """A field that every segment has: counted from the end, since a quoted header comes before or never."""
        text = self.row[column]
        if self.layers == 1 and AGGREGATOR not in text:
            return text
        found = text.split(AGGREGATOR)
        return found[self.index - self.layers] if len(found) >= self.layers else found[-1]

    def text(self, name):
        """A field of this packet: the last one, where a frame has several segments and not all have it."""
        return self.row[AT[name]].rpartition(AGGREGATOR)[2]

    def number(self, name):
        text = self.text(name)
        return int(text) if text else 0

    def flag(self, name):
        """A boolean field: tshark up to 4.0 prints 1, later ones True."""
        return any(text in ("1", "True") for text in texts(self.row[AT[name]]))

    def length_of_time(self, name):
        text = self.text(name)
        return nanoseconds(text) if text else None

    def marked(self):
        return any(self.row[column] for column in MARKS)

    def ends(self):
        """The addresses with ports of sender and receiver: those just above this TCP header."""
        layers = address_layers(self.row[AT["frame.protocols"]])
        family, ordinal = layers[self.index] if self.index < len(layers) and layers[self.index] else ("ip", -1)
        found = []
        for which in ("src", "dst"):
            addresses = texts(self.row[AT[f"{family}.{which}"]]) or texts(self.row[AT[f"ipv6.{which}"]]) or ["?"]
            found.append((addresses[ordinal if ordinal < len(addresses) else -1], self.of(AT[f"tcp.{which}port"])))
        return found


def texts(joined):
    return joined.split(AGGREGATOR) if joined else []


def nanoseconds(text):
    """Decimal seconds as whole nanoseconds: "1.5" is 1500000000."""
    negative = text.startswith("-")
    whole, _, rest = text.lstrip("-").partition(".")
    value = int(whole or 0) * 10**9 + int((rest + "000000000")[:9])
    return -value if negative else value


def address_layers(protocols):
    """For each live TCP layer of frame.protocols, the IP version above it and which of its kind that is.

    eth:ethertype:ip:ipv6:tcp gives [("ipv6", 0)]. What an ICMP error quotes is no live segment.
    """
    counts = {"ip": -1, "ipv6": -1}
    last, quoted, layers = None, False, []
    for protocol in protocols.split(":"):
        if protocol in counts:
            counts[protocol] += 1
            last = (protocol, counts[protocol])
        elif protocol in ("icmp", "icmpv6"):
            quoted = True
        elif protocol == "tcp" and not quoted:
            layers.append(last)
    return layers


def packets(line):
    """The live TCP segments of one line of tshark's output: none, usually one, several in a tunnel."""
    row = line.rstrip("\n").split(SEPARATOR)
    if len(row) != len(FIELDS) or not row[STATES]:
        return ()
    layers = row[STATES].count(AGGREGATOR) + 1
    if layers == 1:
        return (Packet(row, 0, 1),)
    return [Packet(row, index, layers) for index in range(layers)]


def share_out(segments, states_of):
    """Give each of several segments of a frame those of its steps that lead to its states.

    `states_of(stream)` gives the states before this frame. A mark is given to each segment: which one it belongs to
    is not printed.
    """
    steps = list(segments[0].steps)
    states = {}
    for segment in segments:
        now = states.setdefault(segment.stream, list(states_of(segment.stream)))
        segment.steps = []
        while steps and now != [segment.client, segment.server]:
            step = steps.pop(0)
            side, _, _, after = step.split()[:4]
            now[side == "server"] = after
            segment.steps.append(step)
