"""The review as packet comments, for a colleague who has no plugin."""

from . import terms
from .connection import words_of_marks
from .spool import Spool


def of_a_packet(shown):
    """What a packet marks and changes, in a line."""
    parts = ["evidence for the verdict"] if "evidence" in shown.marks else []
    parts += [words for _, words in words_of_marks(shown.marks, shown.flags)] + terms.chains(shown.steps)
    states = f"[{shown.client}/{shown.server}]"
    return f"TCP State: {'; '.join(parts)} {states}" if parts else f"TCP State: {states}"


def of_a_verdict(connection):
    found = connection.verdict
    lines = [f"TCP State verdict, {found.sure}: {found.words}", f"Connection: {connection.client} -> {connection.server}"]
    if found.reason:
        lines.append("Why: " + " ".join(found.reason))
    if found.advice:
        lines.append("What to change: " + " ".join(found.advice))
    if found.evidence:
        lines.append(f"Evidence: frames {', '.join(map(str, found.evidence))}")
    return "\n".join(lines)


class Comments:
    """Comments in the order of the frames: to be given to Capture(on_packet=...), and then to the writer."""

    def __init__(self, streams=None):
        self.streams = streams
        self.spool = Spool()
        self.count = 0
        self.evidence = {}  # the connections with a verdict, and the last of their own packets that proves it

    def __call__(self, connection, shown):
        if self.streams is not None and connection.stream not in self.streams:
            return
        if "evidence" in shown.marks or connection.verdict and connection.stream not in self.evidence:
            self.evidence[connection.stream] = (shown.frame, connection)
        self.count += 1
        self.spool.put((shown.frame, shown.size, of_a_packet(shown)))

    def verdicts(self):
        """The verdicts in words, by the frame where they belong. Some of the evidence may be other connections' packets."""
        found = {}
        for frame, connection in self.evidence.values():
            if connection.verdict:
                found.setdefault(frame, []).append(of_a_verdict(connection))
        return found

    def __iter__(self):
        """(frame, captured length, comments), by frame; a frame with several segments comes several times."""
        verdicts = self.verdicts()
        for frame, size, text in self.spool:
            found = [text, *verdicts.pop(frame, ())]
            self.count += len(found) - 1
            yield frame, size, found
