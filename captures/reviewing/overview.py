"""The capture as a whole, in the terminal: the sum, what to look at first, and a line for each other connection."""

import os
from collections import Counter

from . import ladder, terms, worth
from .layout import WIDTH, cut, wrapped

LADDERS = 5   # of each group of what is worth looking at
LINES = 30    # of the list of the others


def counted(counter):
    return ", ".join(f"{count:,} {words}" for words, count in counter.most_common())


def summary(capture, name, paint):
    """What the capture holds, how its connections closed, and what became of them."""
    yield paint("heading", f"{os.path.basename(name)}: {terms.plural(len(capture), 'TCP connection')}, "
                           f"{terms.plural(capture.packets, 'packet')}")
    if len(capture) == 1:  # the rest stands with the connection itself
        return
    yield f"  {terms.span(capture.end - capture.start)} from {terms.moment(capture.start)}"
    closes = Counter(connection.standing() if connection.kind == 0 else terms.KINDS[connection.kind] for connection in capture)
    yield from wrapped(f"closed:   {counted(closes)}", "  ", " " * 12)
    verdicts = Counter(f"{found.words} ({found.sure})" for found in (each.verdict for each in capture) if found)
    yield from wrapped(f"verdicts: {counted(verdicts) or 'none'}", "  ", " " * 12)
    looks = [f"{len(connections):,} {worth.LOOKS[number]}" for number, connections in worth.groups(capture)
             if number is not None]
    yield from wrapped(f"look at:  {', '.join(looks) or 'nothing strange'}", "  ", " " * 12)


def list_line(connection):
    """A connection in one line."""
    words = worth.in_words(connection)
    about = "; ".join(filter(None, (words, connection.how())))
    ends = f"{connection.client} -> {connection.server}"
    return cut(f"  {connection.stream:>6}  {ends:<42}  {about}", WIDTH)


def listed(connections, paint, limit=LINES):
    """A line each, at most `limit` of them."""
    yield paint("quiet", f"  {'stream':>6}  {'client -> server':<42}  close")
    for connection in connections[:limit]:
        yield list_line(connection)
    if len(connections) > limit:
        yield f"  ... and {len(connections) - limit:,} more, --all shows them"


def lines(capture, name, paint, everything=False, streams=None):
    """The review."""
    yield from summary(capture, name, paint)
    if streams is not None or everything or len(capture) == 1:
        whole = streams is not None
        for connection in capture:
            if streams is None or connection.stream in streams:
                yield ""
                yield from ladder.lines(connection, capture.spool, paint, whole)
        return
    for number, connections in worth.groups(capture):
        yield ""
        if number is None:
            yield paint("heading", f"NOTHING STRANGE: {terms.plural(len(connections), 'connection')}")
            yield from listed(connections, paint)
            continue
        meaning = worth.MEANINGS.get(number)
        yield paint("heading", f"{worth.TITLES[number].upper()}: {terms.plural(len(connections), 'connection')}"
                               + (f" ({meaning})" if meaning else ""))
        for connection in connections[:LADDERS]:
            yield ""
            yield from ladder.lines(connection, capture.spool, paint)
        if len(connections) > LADDERS:
            yield ""
            yield from listed(connections[LADDERS:], paint)
