"""The words for the plugin's numbers, and for lengths of time."""

from datetime import datetime, timezone

SECOND = 10**9  # times are whole nanoseconds, as captures have them

SIDES = {1: "client", 2: "server"}
OTHER = {"client": "server", "server": "client"}
INITIATORS = {0: "none", 1: "client", 2: "server", 3: "both"}
KINDS = ("open", "four segments", "three segments", "simultaneous", "half-close", "reset", "reset after FIN", "unfinished")
ACCEPTANCES = {1: "accepted", 2: "unproven", 3: "refused"}
CAUSES = {1: "refused", 2: "abort", 3: "reset after FIN", 4: "answer to late data after close", 5: "half-open peer answers",
          6: "keep-alive failure", 7: "unread data at close", 8: "after idle expiry", 9: "forged by a middlebox",
          10: "unacceptable", 11: "answer to a stale segment"}
ORIGINS = {1: "endpoint", 2: "middlebox", 3: "unknown"}
HALF_OPEN = {1: "peer restarted or has forgotten it", 2: "peer silent", 3: "keep-alives unanswered", 4: "FIN never acknowledged",
             5: "handshake unfinished"}
CONFIDENCES = {2: "possible", 3: "likely", 4: "certain"}
BASES = {1: "first FIN", 2: "last packet", 3: "both fit"}
VERDICTS = {0: "none", 1: "killed by a firewall's half-closed timer (TCP wait)", 2: "killed by a firewall's idle timer",
            3: "killed by a firewall's closing timer", 4: "reset by a middlebox", 5: "rejected by a middlebox",
            6: "session lost on the way, no timer", 10: "not a firewall: the host resets late data",
            11: "not a firewall: the peer is gone", 12: "not a firewall: the path was interrupted",
            13: "not a firewall: the application is silent", 14: "not a firewall: the receiver's window is closed",
            15: "not a firewall timer: path MTU", 16: "not a firewall: the peer's own timer"}

FLAG_NAMES = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
# Most telling first. PSH, URG and the congestion bits say nothing about states.
FLAG_ORDER = ("SYN", "FIN", "RST", "ACK")
FIN, SYN, RST = 1, 2, 4


def flag_words(flags):
    """The flags that matter for states; the others only where they are all there is."""
    names = [name for name in FLAG_ORDER if flags & 1 << FLAG_NAMES.index(name)]
    return ", ".join(names or [name for bit, name in enumerate(FLAG_NAMES) if flags & 1 << bit]) or "no flags"


def plural(count, noun):
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def span(nanoseconds):
    """A length of time with a unit that keeps it short."""
    if nanoseconds < 0:
        return f"-{span(-nanoseconds)}"
    seconds = nanoseconds / SECOND
    # The limits are those at which rounding would reach the next unit.
    if nanoseconds < 999_500:
        return f"{nanoseconds / 1000:.0f} us"
    if nanoseconds < 999_950_000:
        return f"{nanoseconds / 10**6:.1f} ms"
    if seconds < 119.995:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{plural(days, 'day')} {hours:02} h"
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def round_span(nanoseconds):
    """The same for a round number, as timers are: "30 s", not "30.00 s"."""
    return f"{nanoseconds // SECOND:,} s" if nanoseconds % SECOND == 0 else span(nanoseconds)


def seconds_text(nanoseconds, digits=6):
    """A number of seconds, cut and not rounded, so that two equal texts are never in the wrong order."""
    sign = "-" if nanoseconds < 0 else ""
    whole, rest = divmod(abs(nanoseconds), SECOND)
    return f"{sign}{whole}.{rest:09}"[:len(sign) + len(str(whole)) + 1 + digits]


def moment(nanoseconds):
    """A point in time, as a person writes it."""
    whole, rest = divmod(nanoseconds, SECOND)
    try:
        return f"{datetime.fromtimestamp(whole, timezone.utc):%Y-%m-%d %H:%M:%S}.{rest // 10**6:03} UTC"
    except (ValueError, OverflowError, OSError):  # a damaged time stamp
        return f"{seconds_text(nanoseconds)} s since 1970"


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


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
