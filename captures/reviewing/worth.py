"""Which connections to look at first, the worst first."""

from . import terms

KILLED, PERHAPS_KILLED, AT_RISK, HALF_OPEN, STRANGE, UNANSWERED, ACQUITTED = range(7)
TITLES = ("killed on the way", "perhaps killed on the way", "at risk", "half-open", "strange resets",
          "unanswered at the end", "not the firewall")
LOOKS = ("killed on the way", "perhaps killed on the way", "at risk", "half-open", "with strange resets", "unanswered at the end",
         "judged not to be the firewall's doing")
LIKELY = 3  # tcpstate.verdict.confidence
MEANINGS = {
    PERHAPS_KILLED: "possible, no more: the packets fit other explanations as well",
    AT_RISK: "nothing is lost yet, but a firewall with this clock would drop the next packet",
    HALF_OPEN: "one side is gone, or never came, and the other one does not know",
    STRANGE: "a RST that did not come from its sender, or that had to be refused",
    UNANSWERED: "too little, or too short, for a verdict on who is to blame",
    ACQUITTED: "it ended badly, and the packets say why",
}


def group(connection):
    """The worst that there is to say about a connection, or None."""
    verdict = connection.verdict.number if connection.verdict else 0
    if verdict in (1, 2, 3, 6):
        return KILLED if connection.verdict.confidence >= LIKELY else PERHAPS_KILLED
    if connection.at_risk:
        return AT_RISK
    if verdict in (4, 5):
        return STRANGE
    if half_open(connection):
        return HALF_OPEN
    if verdict:
        # A verdict says more than its resets: a host that resets late data sends a RST for each segment, and all but
        # the first have to be refused.
        return ACQUITTED
    if connection.strange:
        return STRANGE
    return UNANSWERED if connection.unanswered() else None


def half_open(connection):
    """What a packet showed may have been mended by a later one: a handshake that was late, but finished."""
    return connection.half_open and (connection.half_open != 5 or "SYN-RECEIVED" in (connection.client_state,
                                                                                     connection.server_state))


def unanswered(connection):
    found = connection.unanswered()
    return f"{terms.plural(found[0], 'segment')} over {terms.span(found[1])} unanswered" if found else ""


def rank(connection):
    """Sorts the connections of a group: the surest and most telling first, then as in the file."""
    verdict = connection.verdict
    if verdict:
        return (-verdict.confidence, verdict.number, connection.stream)
    return (0, connection.half_open, connection.stream)


def groups(connections):
    """(group, its connections) pairs, worst group first; then those without anything strange as (None, ...)."""
    found = {}
    for connection in connections:
        found.setdefault(group(connection), []).append(connection)
    for number in range(len(TITLES)):
        if number in found:
            yield number, sorted(found[number], key=rank)
    if None in found:
        yield None, found[None]


def in_words(connection):
    """What is worth knowing about a connection, for its line in a list."""
    which = group(connection)
    verdict = connection.verdict
    if verdict:
        return f"{verdict.words}, {verdict.sure}"
    return {
        AT_RISK: "at risk",
        HALF_OPEN: f"half-open: {terms.HALF_OPEN.get(connection.half_open, '')}",
        STRANGE: terms.plural(connection.strange, "strange reset"),
        UNANSWERED: unanswered(connection),
    }.get(which, "")
