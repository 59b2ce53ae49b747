"""What tshark prints, read back: one line a frame, its fields, and of these the live TCP segments."""

import dataclasses
from decimal import Decimal

from words import SIDES

FIELDS = (
    "frame.number", "frame.time_epoch", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
    "tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.flags", "tcp.len",
    "tcpstate.states", "tcpstate.sender", "tcpstate.transition", "tcpstate.midstream",
    "tcpstate.active_close", "tcpstate.passive_close", "tcpstate.half_close", "tcpstate.simultaneous_close",
    "tcpstate.simultaneous_open", "tcpstate.half_close.duration", "tcpstate.half_close.bytes",
    "tcpstate.reset.acceptance", "tcpstate.close.initiator", "tcpstate.close.kind",
    "tcpstate.expert.tcp_wait_expired", "tcpstate.expert.fin_unacknowledged", "tcpstate.reset.cause",
    "tcpstate.reset.origin", "tcpstate.firewall.at_risk", "tcpstate.verdict", "tcpstate.verdict.confidence",
    "tcpstate.verdict.reason", "tcpstate.verdict.advice", "tcpstate.verdict.evidence",
    "tcpstate.half_open", "tcpstate.verdict.timer_min", "tcpstate.verdict.timer_max", "tcpstate.verdict.timer_basis",
    "tcpstate.verdict.needed", "tcpstate.duplicate",
)
SEPARATOR, AGGREGATOR = "\t", "|"


def command(tshark, path, options):
    """The words that make tshark print those fields. Two passes: what is known only at the end stands with every packet."""
    fields = [argument for name in FIELDS for argument in ("-e", name)]
    return [tshark, "-n", "-2", "-r", path, "-T", "fields", "-E", "occurrence=a", "-E", f"aggregator={AGGREGATOR}",
            *fields, *options]


@dataclasses.dataclass(slots=True)
class Packet:
    """One TCP segment with what the plugin says about it."""

    frame: int
    time: Decimal
    stream: int
    source: str
    destination: str
    flags: int
    length: int
    sender: str
    client: str
    server: str
    steps: list
    marks: dict


def truth_value(text):
    """A boolean field: tshark up to 4.0 prints 1, later ones True."""
    return text in ("1", "True")


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
    texts = line.rstrip("\n").split(SEPARATOR)
    row = {name: text.split(AGGREGATOR) if text else [] for name, text in zip(FIELDS, texts)}
    states = row["tcpstate.states"]
    if not states:
        return []
    layers = address_layers(row["frame.protocols"][0])
    found = []
    for index, pair in enumerate(states):
        client, server = pair.split("/")

        def value(name, default=None, index=index):
            """A field that every segment has: counted from the end, since a quoted header comes before or never."""
            texts = row[name]
            return texts[index - len(states)] if len(texts) >= len(states) else texts[-1] if texts else default

        family, ordinal = layers[index] if index < len(layers) and layers[index] else ("ip", -1)
        sources = row[f"{family}.src"] or row["ipv6.src"]
        destinations = row[f"{family}.dst"] or row["ipv6.dst"]
        ordinal = ordinal if ordinal < len(sources) else -1
        found.append(Packet(
            frame=int(row["frame.number"][0]), time=Decimal(row["frame.time_epoch"][0]),
            stream=int(value("tcp.stream", "0")),
            source=endpoint(sources[ordinal], value("tcp.srcport")),
            destination=endpoint(destinations[ordinal], value("tcp.dstport")),
            flags=int(value("tcp.flags", "0"), 0), length=int(value("tcp.len", "0")),
            sender=SIDES[int(value("tcpstate.sender", "1"))], client=client, server=server,
            steps=row["tcpstate.transition"],
            # A mark of a frame with several segments is given to each: which one it belongs to is not printed.
            marks=marks(row)))
    return found


def share_out(steps, segments, connections):
    """Give each of several segments of a frame those of its steps that lead to its states."""
    steps = list(steps)
    states = {}
    for segment in segments:
        before = connections.get(segment.stream)
        at_start = ({"client": before.last.client, "server": before.last.server} if before
                    else {"client": "CLOSED", "server": "LISTEN"})
        now = states.setdefault(segment.stream, at_start)
        segment.steps = []
        while steps and now != {"client": segment.client, "server": segment.server}:
            step = steps.pop(0)
            side, _, _, after = step.split()[:4]
            now[side] = after
            segment.steps.append(step)


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


NUMBERS = ("reset.acceptance", "reset.cause", "reset.origin", "close.initiator", "close.kind", "verdict", "verdict.confidence",
           "verdict.timer_basis", "half_open")
TEXTS = ("verdict.reason", "verdict.advice", "verdict.evidence")
TIMES = ("verdict.timer_min", "verdict.timer_max", "verdict.needed")


def marks(row):
    """What the plugin marks, by the field's name without the prefix; only what is there."""
    found = {}
    for name in ("active_close", "passive_close", "half_close"):
        if row[f"tcpstate.{name}"]:
            found[name] = SIDES[int(row[f"tcpstate.{name}"][0])]
    for name in ("simultaneous_close", "simultaneous_open", "midstream", "duplicate"):
        if any(truth_value(text) for text in row[f"tcpstate.{name}"]):
            found[name] = True
    for name in ("tcp_wait_expired", "fin_unacknowledged"):
        if row[f"tcpstate.expert.{name}"]:
            found[name] = True
    for name in NUMBERS:
        if row[f"tcpstate.{name}"]:
            found[name] = int(row[f"tcpstate.{name}"][-1])
    for name in TEXTS:
        if row[f"tcpstate.{name}"]:
            found[name] = row[f"tcpstate.{name}"]
    for name in TIMES:
        if row[f"tcpstate.{name}"]:
            found[name] = Decimal(row[f"tcpstate.{name}"][-1])
    if any(truth_value(text) for text in row["tcpstate.firewall.at_risk"]):
        found["firewall.at_risk"] = True
    if row["tcpstate.half_close.duration"]:
        found["half_close.duration"] = Decimal(row["tcpstate.half_close.duration"][-1])
        found["half_close.bytes"] = int((row["tcpstate.half_close.bytes"] or ["0"])[-1])
    return found
