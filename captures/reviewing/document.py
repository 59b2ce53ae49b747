"""The review as one JSON document: {"capture": {...}, "connections": [...]}. A connection at a time, in one line each."""

import json
from collections import Counter

from . import terms, worth
from .connection import words_of_marks
from .terms import RST


def seconds(nanoseconds):
    """Seconds as a number; None stays None. Doubles hold a capture's nanoseconds only of differences, not of dates."""
    return None if nanoseconds is None else round(nanoseconds / terms.SECOND, 9)


def kind(connection):
    return terms.KINDS[connection.kind] if connection.kind < len(terms.KINDS) else str(connection.kind)


def verdict_kind(number):
    return next((name for name, numbers in {"none": (0,), "timer": (1, 2, 3), "middlebox": (4, 5, 6)}.items()
                 if number in numbers), "not a firewall")


def verdict(found):
    if not found:
        return None
    timer = None
    if found.timer_max is not None:
        timer = {"above": seconds(found.timer_min), "at_most": seconds(found.timer_max),
                 "counted_from": terms.BASES.get(found.basis), "needed": seconds(found.needed)}
    return {"number": found.number, "kind": verdict_kind(found.number), "words": found.words, "confidence": found.sure,
            "reason": found.reason, "advice": found.advice, "evidence": found.evidence, "bracket": timer}


def packet(shown, start):
    """A packet that changes a state or carries a mark."""
    found = {"frame": shown.frame, "seconds": seconds(shown.time - start), "sender": shown.sender,
             "flags": terms.flag_words(shown.flags), "bytes": shown.length, "client": shown.client, "server": shown.server}
    if shown.steps:
        found["transitions"] = shown.steps
    if words := [words for _, words in words_of_marks(shown.marks, shown.flags)]:
        found["marks"] = words
    return found


def connection(one, spool):
    ladder = list(one.ladder(spool))
    half_open = [{"frame": shown.frame, "how": terms.HALF_OPEN.get(shown.marks["half_open"])} for shown in ladder
                 if "half_open" in shown.marks]
    resets = [{"frame": shown.frame, "seconds": seconds(shown.time - one.start), "sender": shown.sender,
               "cause": terms.CAUSES.get(shown.marks.get("cause")), "origin": terms.ORIGINS.get(shown.marks.get("origin")),
               "acceptance": terms.ACCEPTANCES.get(shown.marks.get("acceptance"))}
              for shown in ladder if shown.flags & RST]
    group = worth.group(one)
    half_closed = one.half_closed and {"seconds": seconds(one.half_closed[0]), "bytes": one.half_closed[1]}
    return {
        "stream": one.stream, "client": one.client, "server": one.server,
        "start": terms.seconds_text(one.start, 9), "duration": seconds(one.end - one.start),
        "packets": one.count, "bytes": one.bytes, "midstream": one.midstream,
        "states": {"client": one.client_state, "server": one.server_state},
        "close": {"kind": kind(one), "initiator": terms.INITIATORS.get(one.initiator), "words": one.close(),
                  "half_closed": half_closed},
        "look": worth.TITLES[group] if group is not None else None,
        "killed": one.killed, "at_risk": one.at_risk, "verdict": verdict(one.verdict),
        "half_open": half_open, "resets": resets, "ladder": [packet(shown, one.start) for shown in ladder],
    }


def summary(capture, name, outcome):
    return {
        "file": name, "complete": not outcome.partial and outcome.status == 0, "message": outcome.message or None,
        "packets": capture.frames, "tcp_packets": capture.packets, "connections": len(capture),
        "start": None if capture.start is None else terms.seconds_text(capture.start, 9),
        "duration": None if capture.start is None else seconds(capture.end - capture.start),
        "closes": Counter(kind(one) for one in capture),
        "verdicts": Counter(one.verdict.words for one in capture if one.verdict),
        "look": Counter(worth.TITLES[number] for one in capture if (number := worth.group(one)) is not None),
    }


def lines(capture, name, outcome, streams=None):
    yield '{"capture":'
    yield json.dumps(summary(capture, name, outcome), ensure_ascii=False) + ","
    yield '"connections": ['
    waiting = None
    for one in capture:
        if streams is None or one.stream in streams:
            if waiting is not None:
                yield waiting + ","
            waiting = json.dumps(connection(one, capture.spool), ensure_ascii=False)
    if waiting is not None:
        yield waiting
    yield "]}"
