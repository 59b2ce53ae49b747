"""Print an annotated review of a capture: what it holds, which connections to look at first, and these as ladders.

captures/review runs this, with tcpstate loaded into tshark. tshark reads the capture once, in two passes, so that
what is known only at the end stands with the connection; this reads its fields and lays them out.

Exit status: 0 reviewed; 1 nothing or only a part could be reviewed; 2 wrong use (no capture, unknown filter).
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

import comments
import document
import ladder
import reading
import summary
from connection import Connection
from words import Paint, plural

HINT = "--all shows each, --stream N one of them"
LADDERS = 12          # shown without --all
KEPT_COMPLETELY = 2000  # connections; beyond that only those keep their packets that are worth a look from the start


def read(lines, on_progress, streams=(), keep_all=False):
    """All connections of tshark's output, in order of their first packet, and the number of frames read."""
    connections, frames = {}, 0
    for line in lines:
        frames += 1
        if frames % 20000 == 0:
            on_progress(frames)
        segments = reading.packets(line)
        if len(segments) > 1:
            reading.share_out(segments[0].steps, segments, connections)
        for packet in segments:
            if streams and packet.stream not in streams:
                continue
            if packet.stream not in connections:
                connections[packet.stream] = Connection(packet)
            connection = connections[packet.stream]
            keep = keep_all or len(connections) <= KEPT_COMPLETELY or packet.marks.get("verdict") or packet.flags & 4
            connection.add(packet, bool(keep))
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


def print_review(connections, chosen, paint, out):
    def put(lines):
        for line in lines:
            print(line.rstrip(), file=out)

    put(summary.lines(connections, chosen.name, paint))
    every = chosen.all or chosen.stream or len(connections) == 1
    urgent = summary.urgent(connections)
    if every:
        laddered = connections
    else:
        laddered = urgent[:LADDERS]
        if urgent:
            print(file=out)
            put(summary.list_lines("Worth looking at first", urgent, paint, HINT, judged=True))
        streams = {connection.stream for connection in urgent}
        others = [connection for connection in connections if connection.stream not in streams]
        print(file=out)
        put(summary.list_lines("The others" if urgent else "Nothing strange", others, paint, HINT))
    for connection in laddered:
        print(file=out)
        put(ladder.lines(connection, paint))
    if not every and len(urgent) > len(laddered):
        print(f"\n{len(urgent) - len(laddered):,} more ladders of these: --all, or --stream N", file=out)


def review(chosen, paint, out):
    """Run tshark and print the review. Returns the exit status."""
    options = list(chosen.options)
    if chosen.profile:
        options = ["-o", f"tcpstate.profile:{chosen.profile}", *options]
    interactive = sys.stderr.isatty()
    progress = (lambda count: print(f"\r{count:,} packets read", end="", file=sys.stderr, flush=True)) \
        if interactive else (lambda count: None)
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        with subprocess.Popen(reading.command(chosen.tshark, chosen.file, options), stdout=subprocess.PIPE, stderr=errors,
                              text=True, errors="replace") as run:
            connections, frames = read(run.stdout, progress, set(chosen.stream), chosen.all or chosen.json or bool(chosen.write))
        errors.seek(0)
        message, partial = complaint_of(errors.read(), chosen.name)
    if frames >= 20000 and interactive:
        print("\r\033[K", end="", file=sys.stderr)
    if message:
        print(f"review: {message}", file=sys.stderr)
    if run.returncode and not partial and not connections:
        return 2
    if not connections:
        what = (f"no TCP stream {', '.join(map(str, chosen.stream))}" if frames and chosen.stream
                else f"{plural(frames, 'packet')}, none of them TCP" if frames
                else f"no packet passes {' '.join(options)}" if options else "it holds no packets")
        print(f"review: {chosen.name}: {what}; nothing to review.", file=sys.stderr)
        return 1
    if chosen.json:
        document.write(connections, os.path.basename(chosen.name), not partial, out)
    else:
        print_review(connections, chosen, paint, out)
    out.flush()
    if chosen.write:
        number = comments.write(chosen.file, chosen.write, comments.of(connections))
        print(f"review: {plural(number, 'packet')} with comments", file=sys.stderr)
    return 1 if partial or run.returncode else 0


def arguments_of(words):
    parser = argparse.ArgumentParser(prog="review", description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--tshark", default="tshark", help="tshark that has the plugin")
    parser.add_argument("--name", help="name to print for the file")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    parser.add_argument("--all", action="store_true", help="a ladder of every connection")
    parser.add_argument("--stream", type=int, action="append", default=[], help="only this tcp.stream; may be repeated")
    parser.add_argument("--profile", help="the firewall on the path")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--write", metavar="OUT.pcapng", help="a copy of the capture with the review as packet comments")
    parser.add_argument("file")
    parser.add_argument("options", nargs=argparse.REMAINDER, help="options for tshark")
    chosen = parser.parse_args(words)
    chosen.name = chosen.name or chosen.file
    return chosen


def main(words=None):
    chosen = arguments_of(words)
    colour = chosen.color == "always" or chosen.color == "auto" and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    try:
        status = review(chosen, Paint(colour), sys.stdout)
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except FileNotFoundError as error:
        print(f"review: {error.filename} is not installed; captures/review installs it", file=sys.stderr)
        status = 2
    except (OSError, RuntimeError) as error:
        print(f"review: {error}", file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        status = 130
    return status


if __name__ == "__main__":
    sys.exit(main())
