#!/usr/bin/python3
"""Print an annotated review of a capture: each TCP connection, and of its packets those that say something.

captures/review runs this, with tcpstate loaded into tshark. tshark reads the capture once, in two passes, so that
what is known only at the end stands with the connection; this script reads its fields and lays them out.

Exit status: 0 reviewed; 1 nothing or only a part could be reviewed; 2 wrong use (no capture, unknown filter).
"""

import argparse
import dataclasses
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from datetime import datetime, timezone
from decimal import Decimal

WIDTH = 100

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
)
SEPARATOR, AGGREGATOR = "\t", "|"

SIDES = {1: "client", 2: "server"}
KINDS = ("open", "four segments", "three segments", "simultaneous", "half-close", "reset", "reset after FIN", "unfinished")
ACCEPTANCE = {1: "reset, accepted", 2: "reset, not proven to be accepted", 3: "reset, refused"}
CAUSES = {1: "refused", 2: "abort", 3: "after FIN", 4: "answer to late data after close", 5: "half-open peer answers",
          6: "keep-alive failure", 7: "unread data at close", 8: "after idle expiry", 9: "forged by a middlebox",
          10: "unacceptable", 11: "answer to a stale segment"}
ORIGINS = {1: "from the endpoint", 2: "from a middlebox"}
CONFIDENCES = {2: "possible", 3: "likely", 4: "certain"}
VERDICTS = {1: "killed by a firewall's half-closed timer (TCP wait)", 2: "killed by a firewall's idle timer",
            3: "killed by a firewall's closing timer", 4: "reset by a middlebox", 5: "rejected by a middlebox",
            6: "session lost on the way, no timer", 10: "not a firewall: the host resets late data",
            11: "not a firewall: the peer is gone", 12: "not a firewall: the path was interrupted",
            13: "not a firewall: the application is silent", 14: "not a firewall: the receiver's window is closed",
            15: "not a firewall timer: path MTU", 16: "not a firewall: the peer's own timer"}
FLAG_NAMES = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
# Most telling first. PSH, URG and the congestion bits say nothing about states and would widen the column.
FLAG_ORDER = ("SYN", "FIN", "RST", "ACK")


# --- what tshark prints ------------------------------------------------------------------------------------


@dataclasses.dataclass
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


def marks(row):
    """What the plugin marks, by the field's name without the prefix; only what is there."""
    found = {}
    for name in ("active_close", "passive_close", "half_close"):
        if row[f"tcpstate.{name}"]:
            found[name] = SIDES[int(row[f"tcpstate.{name}"][0])]
    for name in ("simultaneous_close", "simultaneous_open", "midstream"):
        if any(truth_value(text) for text in row[f"tcpstate.{name}"]):
            found[name] = True
    for name in ("tcp_wait_expired", "fin_unacknowledged"):
        if row[f"tcpstate.expert.{name}"]:
            found[name] = True
    for name in ("reset.acceptance", "reset.cause", "reset.origin", "close.initiator", "close.kind", "verdict",
                 "verdict.confidence"):
        if row[f"tcpstate.{name}"]:
            found[name] = int(row[f"tcpstate.{name}"][-1])
    for name in ("verdict.reason", "verdict.advice", "verdict.evidence"):
        if row[f"tcpstate.{name}"]:
            found[name] = row[f"tcpstate.{name}"]
    if any(truth_value(text) for text in row["tcpstate.firewall.at_risk"]):
        found["firewall.at_risk"] = True
    if row["tcpstate.half_close.duration"]:
        found["half_close.duration"] = Decimal(row["tcpstate.half_close.duration"][-1])
        found["half_close.bytes"] = int((row["tcpstate.half_close.bytes"] or ["0"])[-1])
    return found


# --- a connection ------------------------------------------------------------------------------------------


class Connection:
    """A connection as far as it has been read. Only the packets that will be printed are kept."""

    def __init__(self, first):
        ends = (first.source, first.destination)
        self.client, self.server = ends if first.sender == "client" else ends[::-1]
        self.stream = first.stream
        self.start = self.end = first.time
        self.count = 0
        self.shown = []
        self.last = first
        self.half_closed = None  # (duration, bytes) at the last packet that has them
        self.reset = None        # the packet that reset it
        self.fin = None          # the side that sent the first FIN

    def add(self, packet):
        self.count += 1
        self.end = packet.time
        self.last = packet
        if "half_close.duration" in packet.marks:
            self.half_closed = (packet.marks["half_close.duration"], packet.marks["half_close.bytes"])
        if packet.flags & 4 and not self.reset and packet.marks.get("reset.acceptance") != 3:
            self.reset = packet
        if packet.flags & 1 and not self.fin:
            self.fin = packet.sender
        if packet.steps or words_of_marks(packet, self.count == 1):
            self.shown.append((packet, self.count == 1))

    def close(self):
        """How it closed, in a few words."""
        kind = KINDS[self.last.marks.get("close.kind", 0)]
        initiator = {**SIDES, 3: "both"}.get(self.last.marks.get("close.initiator", 0))
        by = f" by the {initiator}" if initiator in SIDES.values() else ""
        first = f", the {initiator} first" if by else ""
        reset = f" by the {self.reset.sender} in frame {self.reset.frame}" if self.reset else ""
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
    if "fin_unacknowledged" in found:
        words.append("FIN never acknowledged")
    if "tcp_wait_expired" in found:
        words.append("a firewall's TCP wait has expired")
    if packet.flags & 4:
        words.append(ACCEPTANCE.get(found.get("reset.acceptance"), "reset"))
        about = [CAUSES.get(found.get("reset.cause")), ORIGINS.get(found.get("reset.origin"))]
        if any(about):
            words.append(", ".join(filter(None, about)))
    return words


def chains(steps):
    """Transitions in words: those of one side that follow each other become one chain."""
    found = []
    previous = None
    for step in steps:
        side, before, _, after, *rest = step.split()
        tail = " ".join([after, *rest])
        if previous == (side, before):
            found[-1] += f" -> {tail}"
        else:
            found.append(f"{side} {before} -> {tail}")
        previous = (side, after)
    return found


# --- layout ------------------------------------------------------------------------------------------------


class Paint:
    """Terminal colours, or nothing."""

    CODES = {"heading": "1", "mark": "1;33", "alarm": "1;31", "quiet": "2", "changed": "1;36"}

    def __init__(self, on):
        self.on = on

    def __call__(self, style, text):
        return f"\033[{self.CODES[style]}m{text}\033[0m" if self.on and text else text


def span(seconds):
    """A length of time with a unit that keeps it short."""
    seconds = Decimal(seconds)
    if seconds < 0:
        return f"-{span(-seconds)}"
    for limit, factor, unit in ((Decimal("0.001"), 10**6, "us"), (Decimal(1), 1000, "ms"), (Decimal(120), 1, "s")):
        if seconds < limit:
            return f"{seconds * factor:.{0 if unit == 'us' else 1 if unit == 'ms' else 2}f} {unit}"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def moment(time):
    whole = datetime.fromtimestamp(int(time), timezone.utc)
    return f"{whole:%Y-%m-%d %H:%M:%S}.{int(time % 1 * 1000):03} UTC"


def flag_words(flags):
    names = [name for name in FLAG_ORDER if flags & 1 << FLAG_NAMES.index(name)]
    return ",".join(names) or ("none" if flags == 0 else ",".join(n for b, n in enumerate(FLAG_NAMES) if flags & 1 << b))


def plural(count, noun):
    return f"{count} {noun}{'' if count == 1 else 's'}"


def heading(connection, paint):
    """The lines above a connection's packets."""
    yield paint("heading", f"stream {connection.stream}  {connection.client} -> {connection.server}")
    yield f"  {plural(connection.count, 'packet')} in {span(connection.end - connection.start)} from {moment(connection.start)}"
    line = connection.close()
    if connection.half_closed:
        duration, size = connection.half_closed
        line += f"; half-closed for {span(duration)}" + (f", {plural(size, 'byte')} after the FIN" if size else "")
    yield from textwrap.wrap(line, WIDTH, initial_indent="  ", subsequent_indent="  ")


def verdict(connection, paint):
    """The lines below a connection's packets: what ended it, how sure that is, why, and what to change."""
    found = connection.last.marks
    if not found.get("verdict"):
        if "firewall.at_risk" in found:
            yield paint("mark", "  at risk: nothing is lost yet, but a firewall with this clock would drop the next packet")
        return
    words = f"VERDICT, {CONFIDENCES.get(found.get('verdict.confidence'), '')}: {VERDICTS.get(found['verdict'], 'unknown')}"
    yield paint("alarm", f"  {words}")
    for name, title in (("verdict.reason", "why"), ("verdict.advice", "what to change")):
        if found.get(name):
            yield from textwrap.wrap(f"{title}: " + " ".join(found[name]), WIDTH, initial_indent="    ",
                                     subsequent_indent="      ", break_long_words=False)
    if found.get("verdict.evidence"):
        yield f"    evidence: frames {', '.join(found['verdict.evidence'])}"


def table(connection, paint):
    """The packets of a connection, within WIDTH columns."""
    rows = []
    for packet, first in connection.shown:
        seconds = packet.time - connection.start
        rows.append((str(packet.frame), f"{seconds:.6f}" if seconds < 1000 else f"{seconds:.3f}",
                     flag_words(packet.flags), str(packet.length)))
    sizes = [max(len(title), *(len(row[column]) for row in rows)) if rows else len(title)
             for column, title in enumerate(("frame", "seconds", "flags", "bytes"))]
    frame, time, flags, size = sizes
    left = 2 + frame + 1 + time + 1 + 2 + 1 + flags + 1 + size + 2 + 13 + 13
    yield paint("quiet", f"  {'frame':>{frame}} {'seconds':>{time}}    {'flags':<{flags}} {'bytes':>{size}}  "
                         f"{'client':<13}{'server':<13}what happens")
    for (packet, first), row in zip(connection.shown, rows):
        arrow = "->" if packet.sender == "client" else "<-"
        changed = {step.split()[0] for step in packet.steps}
        states = "".join(paint("changed" if side in changed else "quiet", getattr(packet, side)) +
                         " " * (13 - len(getattr(packet, side))) for side in ("client", "server"))
        alarm = packet.marks.keys() & {"tcp_wait_expired", "fin_unacknowledged"} or packet.flags & 4
        lines = [paint("alarm" if alarm else "mark", line) for words in words_of_marks(packet, first)
                 for line in folded(words, WIDTH - left)]
        lines += [line for words in chains(packet.steps) for line in folded(words, WIDTH - left)]
        yield (f"  {row[0]:>{frame}} {row[1]:>{time}} {arrow} {row[2]:<{flags}} {row[3]:>{size}}  {states}"
               + (lines[0] if lines else ""))
        for line in lines[1:]:
            yield " " * left + line


def folded(words, width):
    """Fold a chain before its arrows, not after them, so that each line begins with where it goes."""
    glued = words.replace(" -> ", " ->\0").replace(" (", "\0(")
    lines = textwrap.wrap(glued, max(width, 24), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines]


# --- running tshark ----------------------------------------------------------------------------------------


def command(tshark, path, options):
    fields = [argument for name in FIELDS for argument in ("-e", name)]
    return [tshark, "-n", "-2", "-r", path, "-T", "fields", "-E", "occurrence=a", "-E", f"aggregator={AGGREGATOR}",
            *fields, *options]


def read(lines, on_progress):
    """All connections of tshark's output, in order of their first packet, and the number of frames read."""
    connections, frames = {}, 0
    for line in lines:
        frames += 1
        if frames % 20000 == 0:
            on_progress(frames)
        segments = packets(line)
        if len(segments) > 1:
            share_out(segments[0].steps, segments, connections)
        for packet in segments:
            if packet.stream not in connections:
                connections[packet.stream] = Connection(packet)
            connections[packet.stream].add(packet)
    return list(connections.values()), frames


def complaint_of(text, name):
    """tshark's stderr in one line: (what to say, whether the rest of the review stands)."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    joined = " ".join(re.sub(r"^\S*tshark: ", "", line) for line in lines)
    if "cut short" in joined:
        return f"{name} is cut short: it ends in the middle of a packet. The review is of what could be read.", True
    if "isn't a capture file" in joined or "is not a capture file" in joined:
        return f"{name} is no capture file that Wireshark knows.", False
    if "aren't valid" in joined and "tcpstate." in joined:
        return "the plugin did not load into tshark, or an older one did: " + joined, False
    return (f"tshark: {joined}" if joined else ""), False


def review(tshark, path, name, options, paint, out):
    """Run tshark and print the review. Returns the exit status."""
    progress = (lambda count: print(f"\r{count} packets read", end="", file=sys.stderr, flush=True)) \
        if sys.stderr.isatty() else (lambda count: None)
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        with subprocess.Popen(command(tshark, path, options), stdout=subprocess.PIPE, stderr=errors,
                              text=True, errors="replace") as run:
            connections, frames = read(run.stdout, progress)
        errors.seek(0)
        message, partial = complaint_of(errors.read(), name)
    if frames >= 20000 and sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    if message:
        print(f"review: {message}", file=sys.stderr)
    if run.returncode and not partial and not connections:
        return 2
    if not connections:
        what = (f"{plural(frames, 'packet')}, none of them TCP" if frames
                else f"no packet passes {' '.join(options)}" if options else "it holds no packets")
        print(f"review: {name}: {what}; nothing to review.", file=sys.stderr)
        return 1
    total = sum(connection.count for connection in connections)
    print(paint("heading", f"{os.path.basename(name)}: {plural(len(connections), 'TCP connection')}, {plural(total, 'packet')}"), file=out)
    for connection in connections:
        print(file=out)
        for line in (*heading(connection, paint), *table(connection, paint), *verdict(connection, paint)):
            print(line.rstrip(), file=out)
    out.flush()
    return 1 if partial or run.returncode else 0


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="review", description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--tshark", default="tshark", help="tshark that has the plugin")
    parser.add_argument("--name", help="name to print for the file")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    parser.add_argument("file")
    parser.add_argument("options", nargs=argparse.REMAINDER, help="options for tshark")
    chosen = parser.parse_args(arguments)
    colour = chosen.color == "always" or chosen.color == "auto" and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    try:
        status = review(chosen.tshark, chosen.file, chosen.name or chosen.file, chosen.options, Paint(colour), sys.stdout)
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except FileNotFoundError as error:
        print(f"review: {error.filename} is not installed; captures/review installs it", file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        status = 130
    return status


if __name__ == "__main__":
    sys.exit(main())
