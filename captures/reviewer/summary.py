"""The capture as a whole, and one line for each connection."""

import collections
import os

from connection import ORDINARY
from words import CONFIDENCES, KINDS, VERDICTS, plural, span

LISTED = 40


def lines(connections, name, paint):
    total = sum(connection.count for connection in connections)
    start = min(connection.start for connection in connections)
    end = max(connection.end for connection in connections)
    yield paint("heading", f"{os.path.basename(name)}: {plural(len(connections), 'TCP connection')}, "
                           f"{plural(total, 'packet')} in {span(end - start)}")
    if len(connections) == 1:
        return
    yield from counts("closed", collections.Counter(KINDS[each.last.marks.get("close.kind", 0)] for each in connections))
    judged = [each for each in connections if each.verdict]
    yield from counts("verdicts", collections.Counter(
        f"{VERDICTS.get(each.verdict, 'unknown')} ({CONFIDENCES.get(each.confidence, '')})" for each in judged), one_a_line=True)


def counts(title, counted, one_a_line=False):
    if not counted:
        return
    parts = [f"{number:,} {what}" for what, number in counted.most_common()]
    if one_a_line:
        for number, part in enumerate(parts):
            yield f"  {title + ':' if number == 0 else '':<10}{part}"
    else:
        yield f"  {title + ':':<10}{', '.join(parts)}"


def urgent(connections):
    """Those worth looking at, most urgent first."""
    ranked = [(connection.rank(), connection.stream, connection) for connection in connections]
    return [connection for rank, _, connection in sorted(ranked, key=lambda one: one[:2]) if rank != ORDINARY]


def list_lines(title, connections, paint, hint, judged=False):
    """A line each; of many only the first."""
    if not connections:
        return
    yield paint("heading", title)
    widest = max(len(ends(connection)) for connection in connections[:LISTED])
    for connection in connections[:LISTED]:
        what = connection.judgement() if judged else connection.close()
        yield f"  stream {connection.stream:<5} {ends(connection):<{widest}}  {what}".rstrip()
    if len(connections) > LISTED:
        yield f"  ... and {len(connections) - LISTED:,} more; {hint}"


def ends(connection):
    return f"{connection.client} -> {connection.server}"
