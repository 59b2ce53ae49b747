"""How connections open: SYNs that get lost, answered late, refused, or cross."""

from packet import ACK, SYN
from registry import scenario
from relay import TO_CLIENT, TO_SERVER


@scenario("handshake", "a handshake and nothing more")
@scenario("handshake-ipv6", "a handshake and nothing more, over IPv6", ipv=6)
def handshake(lab):
    lab.open()
    lab.expect("none", "open")


@scenario("syn-to-silence", "a SYN and its repetitions that nobody answers")
@scenario("syn-to-silence-ipv6", "a SYN and its repetitions that nobody answers, over IPv6", ipv=6)
def syn_to_silence(lab):
    lab.listen()
    lab.firewall.drop(TO_SERVER)
    lab.connect()
    lab.step("SYN", {"client": "SYN-SENT", "server": "CLOSED"})
    lab.wait_for("client", lambda p: p.flags & SYN, 2)
    lab.step("SYN repeated", {"client": "SYN-SENT", "server": "CLOSED"})
    lab.expect("none", "open")


@scenario("syn-lost", "the first SYN is lost, its repetition is answered")
def syn_lost(lab):
    listener = lab.listen()
    lost = lab.firewall.drop(TO_SERVER, flags="syn")
    lab.connect()
    lab.step("SYN lost", {"client": "SYN-SENT", "server": "CLOSED"})
    lost.remove()
    lab.accept(listener)
    lab.step("SYN repeated", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    lab.expect("none", "open")


@scenario("syn-ack-lost", "the SYN-ACK is lost and repeated")
@scenario("syn-ack-lost-ipv6", "the SYN-ACK is lost and repeated, over IPv6", ipv=6)
def syn_ack_lost(lab):
    listener = lab.listen()
    lost = lab.firewall.drop(TO_CLIENT)
    lab.connect()
    lab.step("SYN-ACK lost", {"client": "SYN-SENT", "server": "SYN-RECEIVED"})
    lost.remove()
    lab.accept(listener)
    lab.step("SYN-ACK repeated", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    lab.expect("none", "open")


@scenario("handshake-ack-lost", "the ACK that ends the handshake is lost; the repeated SYN-ACK brings another one")
def handshake_ack_lost(lab):
    listener = lab.listen()
    lost = lab.firewall.drop(TO_SERVER, without="syn")
    lab.connect()
    lab.step("ACK lost", {"client": "ESTABLISHED", "server": "SYN-RECEIVED"})
    lost.remove()
    lab.accept(listener)
    lab.step("SYN-ACK repeated", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    lab.expect("none", "open")


@scenario("handshake-ack-lost-data-tells", "the ACK that ends the handshake is lost; the client's first data does its work")
def handshake_ack_lost_data_tells(lab):
    listener = lab.listen()
    lab.firewall.drop(TO_SERVER, without="syn", data=False, first=1)
    client = lab.connect()
    lab.step("ACK lost", {"client": "ESTABLISHED", "server": "SYN-RECEIVED"})
    client.send(300)
    server = lab.accept(listener)
    server.receive(300)
    lab.step("data", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    lab.expect("none", "open")


@scenario("handshake-ack-lost-client-closes", "the server is still in SYN-RECEIVED when the client has closed; the FIN's arrival ends both")
def handshake_ack_lost_client_closes(lab):
    listener = lab.listen()
    lost = lab.firewall.drop(TO_SERVER, without="syn")
    client = lab.connect()
    lab.step("ACK lost", {"client": "ESTABLISHED", "server": "SYN-RECEIVED"})
    client.shutdown()
    lab.step("client's FIN lost too", {"client": "FIN-WAIT-1", "server": "SYN-RECEIVED"})
    lost.remove()
    lab.accept(listener)
    lab.step("FIN repeated", {"client": "FIN-WAIT-2", "server": "CLOSE-WAIT"})
    lab.expect("client", "unfinished")


@scenario("syn-repeated-late-answer", "the SYN-ACK comes later than the client repeats its SYN; nothing is lost", delay=0.005)
def syn_repeated_late_answer(lab):
    listener = lab.listen()
    lab.relay.hold(TO_CLIENT, lambda p: p.flags & SYN, 1.3)
    client = lab.connect()
    lab.wait_for("client", lambda p: p.flags & (SYN | ACK) == SYN, 2)
    server = lab.accept(listener)
    lab.step("late SYN-ACK", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    client.shutdown()
    lab.step("client's FIN", {"client": "FIN-WAIT-2", "server": "CLOSE-WAIT"})
    server.close()
    lab.step("server's FIN", {"client": "TIME-WAIT", "server": "CLOSED"})
    lab.expect("client", "four segments")


@scenario("syn-ack-late-and-unanswered", "an old SYN-ACK comes after the handshake and gets no answer: it says nothing about its sender", delay=0.005)
def syn_ack_late_and_unanswered(lab):
    listener = lab.listen()
    # The first SYN-ACK is overtaken by the second, whose copy takes the one challenge ACK that the client has to give in half a second.
    lab.relay.hold(TO_CLIENT, lambda p: p.flags & SYN, 1.3)
    lab.relay.duplicate(TO_CLIENT, lambda p: p.flags & SYN)
    lab.connect()
    lab.accept(listener)
    lab.wait_for("client", lambda p: not p.outgoing and p.flags & SYN, 3)
    lab.step("late SYN-ACK", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    lab.expect("none", "open")


@scenario("refused", "nobody listens: the SYN is answered by a reset")
@scenario("refused-ipv6", "nobody listens: the SYN is answered by a reset, over IPv6", ipv=6)
def refused(lab):
    lab.connect()
    lab.step("SYN", {"client": "CLOSED", "server": "CLOSED"})
    lab.expect("none", "reset")


@scenario("refused-reset-lost", "nobody listens and the reset is lost; the SYN is repeated")
def refused_reset_lost(lab):
    lost = lab.firewall.drop(TO_CLIENT)
    lab.connect()
    lab.step("reset lost", {"client": "SYN-SENT", "server": "CLOSED"})
    lost.remove()
    lab.step("SYN repeated", {"client": "CLOSED", "server": "CLOSED"})
    lab.expect("none", "reset")


@scenario("connect-given-up", "the client resets an unfinished handshake: the server goes back to LISTEN")
def connect_given_up(lab):
    lab.listen()
    lost = lab.firewall.drop(TO_SERVER, without="syn")
    client = lab.connect()
    lab.step("ACK lost", {"client": "ESTABLISHED", "server": "SYN-RECEIVED"})
    lost.remove()
    client.abort()
    lab.step("client's reset", {"client": "CLOSED", "server": "CLOSED"})
    lab.expect("none", "reset")


@scenario("fast-open", "TCP Fast Open: payload on the SYN, the answer at once")
@scenario("fast-open-ipv6", "TCP Fast Open: payload on the SYN, over IPv6", ipv=6)
def fast_open(lab):
    lab.sysctl("net.ipv4.tcp_fastopen", 0x607)
    listener = lab.listen(prepare=lambda sock: sock.setsockopt(6, 23, 5))
    client = lab.connect(fast_open=300)
    server = lab.accept(listener)
    server.receive(300)
    lab.step("data on the SYN", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    server.send(400)
    client.receive(400)
    lab.step("answer", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    client.shutdown()
    server.receive_end()
    lab.step("client's FIN", {"client": "FIN-WAIT-2", "server": "CLOSE-WAIT"})
    server.close()
    lab.step("server's FIN", {"client": "TIME-WAIT", "server": "CLOSED"})
    lab.expect("client", "four segments")


@scenario("fast-open-server-sends-early", "TCP Fast Open: the server sends while it is still in SYN-RECEIVED")
def fast_open_server_sends_early(lab):
    lab.sysctl("net.ipv4.tcp_fastopen", 0x607)
    listener = lab.listen(prepare=lambda sock: sock.setsockopt(6, 23, 5))
    lost = lab.firewall.drop(TO_SERVER, without="syn")
    client = lab.connect(fast_open=300)
    server = lab.accept(listener)
    server.receive(300)
    lab.step("ACK lost", {"client": "ESTABLISHED", "server": "SYN-RECEIVED"})
    server.send(400)
    client.receive(400)
    lab.step("server's data, its ACK lost", {"client": "ESTABLISHED", "server": "SYN-RECEIVED"})
    lost.remove()
    client.send(300)
    lab.step("client's data", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    lab.expect("none", "open")


def _cross(lab):
    """Both hosts call each other; returns the two ends, client first."""
    connection = lab.connection()
    client = lab.client.connect(connection["client"][1], connection["server"], lab.ipv)
    server = lab.server.connect(connection["server"][1], connection["client"], lab.ipv)
    connection["ends"].update(client=client, server=server)
    return client, server


@scenario("simultaneous-open", "two SYNs cross: both ends pass through SYN-RECEIVED", delay=0.03)
@scenario("simultaneous-open-ipv6", "two SYNs cross, over IPv6", ipv=6, delay=0.03)
def simultaneous_open(lab):
    client, server = _cross(lab)
    lab.step("both SYNs", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    client.send(300)
    server.receive(300)
    lab.step("data", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    client.shutdown()
    server.receive_end()
    lab.step("client's FIN", {"client": "FIN-WAIT-2", "server": "CLOSE-WAIT"})
    server.close()
    lab.step("server's FIN", {"client": "TIME-WAIT", "server": "CLOSED"})
    lab.expect("client", "four segments")


@scenario("simultaneous-open-frozen", "two SYNs cross and every answer is lost: both ends stay in SYN-RECEIVED", delay=0.03)
@scenario("simultaneous-open-frozen-ipv6", "two SYNs cross and every answer is lost, over IPv6", ipv=6, delay=0.03)
def simultaneous_open_frozen(lab):
    for direction in (TO_SERVER, TO_CLIENT):
        lab.firewall.drop(direction, after=1)
    _cross(lab)
    lab.step("both SYNs", {"client": "SYN-RECEIVED", "server": "SYN-RECEIVED"})
    lab.wait_for("client", lambda p: p.outgoing and p.flags & (SYN | ACK) == SYN | ACK, 2)
    lab.step("SYN-ACKs repeated and lost", {"client": "SYN-RECEIVED", "server": "SYN-RECEIVED"})
    lab.firewall.clear()
    lab.step("SYN-ACKs repeated", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    lab.expect("none", "open")


@scenario("simultaneous-open-one-way", "two SYNs cross, the answers to the client are lost: it stays in SYN-RECEIVED", side="client", delay=0.03)
@scenario("simultaneous-open-other-way", "two SYNs cross, the answers to the server are lost: it stays in SYN-RECEIVED", side="server", delay=0.03)
def simultaneous_open_one_way(lab, side):
    peer = "server" if side == "client" else "client"
    lost = lab.firewall.drop(TO_CLIENT if side == "client" else TO_SERVER, after=1)
    _cross(lab)
    lab.step("answers lost", {side: "SYN-RECEIVED", peer: "ESTABLISHED"})
    lost.remove()
    lab.step("answers arrive", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    lab.expect("none", "open")


@scenario("simultaneous-open-syn-lost", "two SYNs cross, the client's is lost and repeated", side="client", delay=0.03)
@scenario("simultaneous-open-server-syn-lost", "two SYNs cross, the server's is lost and repeated", side="server", delay=0.03)
@scenario("simultaneous-open-syn-lost-ipv6", "two SYNs cross, the client's is lost and repeated, over IPv6", side="client", ipv=6, delay=0.03)
@scenario("simultaneous-open-server-syn-lost-ipv6", "two SYNs cross, the server's is lost and repeated, over IPv6", side="server", ipv=6, delay=0.03)
def simultaneous_open_syn_lost(lab, side):
    peer = "server" if side == "client" else "client"
    lost = [lab.firewall.drop(direction) for direction in (TO_SERVER, TO_CLIENT)]
    _cross(lab)
    lab.step("both SYNs lost", {"client": "SYN-SENT", "server": "SYN-SENT"})
    lost[0 if peer == "client" else 1].remove()
    lab.step("the peer's SYN repeated", {side: "SYN-RECEIVED", peer: "SYN-SENT"})
    lab.firewall.clear()
    lab.step("all arrives", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
    lab.expect("none", "open")
