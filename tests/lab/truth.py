"""The true states: what the kernel of each host says (`ss -tan`, with request sockets, orphans and TIME-WAIT)."""

STATES = {
    "ESTAB": "ESTABLISHED", "SYN-SENT": "SYN-SENT", "SYN-RECV": "SYN-RECEIVED", "FIN-WAIT-1": "FIN-WAIT-1",
    "FIN-WAIT-2": "FIN-WAIT-2", "CLOSE-WAIT": "CLOSE-WAIT", "LAST-ACK": "LAST-ACK", "CLOSING": "CLOSING",
    "TIME-WAIT": "TIME-WAIT", "UNCONN": "CLOSED",
}
ABSENT = "absent"
# States that the host's own FIN brings: before it is sent (closed receive window) no packet can show them.
SHOWN_BY_FIN = {"FIN-WAIT-1", "LAST-ACK", "CLOSING"}
# States that need an own FIN sent before the peer's was received.
SHOWN_BY_CROSSING = {"CLOSING", "TIME-WAIT"}


def sockets(namespace):
    """{(local, peer): raw state}, each end an (address, port)."""
    found = {}
    for line in namespace.run("ss", "-tanH").splitlines():
        state, _, _, local, peer = line.split()[:5]
        if state != "LISTEN":
            found[_end(local), _end(peer)] = state
    return found


def _end(text):
    address, _, port = text.rpartition(":")
    return address.strip("[]").removeprefix("::ffff:"), int(port)


def state(raw):
    """The RFC 9293 name. No socket is the fictional state CLOSED; a listener without a child shows nothing either."""
    return "CLOSED" if raw == ABSENT else STATES[raw]
