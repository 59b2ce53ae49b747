"""The names of values, and how numbers are said."""

from datetime import datetime, timezone
from decimal import Decimal

WIDTH = 100

SIDES = {1: "client", 2: "server"}
INITIATORS = {**SIDES, 3: "both"}
KINDS = ("open", "four segments", "three segments", "simultaneous", "half-close", "reset", "reset after FIN", "unfinished")
HALF_OPEN = {1: "peer restarted", 2: "peer silent", 3: "keep-alives unanswered", 4: "FIN never acknowledged",
             5: "handshake unfinished"}
ACCEPTANCE = {1: "accepted", 2: "not proven to be accepted", 3: "refused"}
CAUSES = {1: "refused", 2: "abort", 3: "after FIN", 4: "answer to late data after close", 5: "half-open peer answers",
          6: "keep-alive failure", 7: "unread data at close", 8: "after idle expiry", 9: "forged by a middlebox",
          10: "unacceptable", 11: "answer to a stale segment"}
ORIGINS = {1: "endpoint", 2: "middlebox", 3: "unknown"}
CONFIDENCES = {2: "possible", 3: "likely", 4: "certain"}
BASES = {1: "first FIN", 2: "last packet", 3: "first FIN or last packet"}
VERDICTS = {1: "killed by a firewall's half-closed timer (TCP wait)", 2: "killed by a firewall's idle timer",
            3: "killed by a firewall's closing timer", 4: "reset by a middlebox", 5: "rejected by a middlebox",
            6: "session lost on the way, no timer", 10: "not a firewall: the host resets late data",
            11: "not a firewall: the peer is gone", 12: "not a firewall: the path was interrupted",
            13: "not a firewall: the application is silent", 14: "not a firewall: the receiver's window is closed",
            15: "not a firewall timer: path MTU", 16: "not a firewall: the peer's own timer"}
FLAG_NAMES = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
# Most telling first. PSH, URG and the congestion bits say nothing about states and would widen the lines.
FLAG_ORDER = ("SYN", "FIN", "RST", "ACK")


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
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


class Paint:
    """Terminal colours, or nothing."""

    CODES = {"heading": "1", "mark": "1;33", "alarm": "1;31", "quiet": "2", "changed": "1;36"}

    def __init__(self, on):
        self.on = on

    def __call__(self, style, text):
        return f"\033[{self.CODES[style]}m{text}\033[0m" if self.on and text else text
