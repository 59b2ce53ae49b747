"""Attempts to make the plugin say something false about who killed a connection.

Each case is a capture of something that truly happens: its docstring says what, and what an honest observer may say of
these packets. What must never be said, and what must, is worked out by hand from RFC 9293 and from what real stacks do,
never from the plugin's output. Every case is read in two passes, and in one, where what must never be said must not stand
on the connection's last packet either.
"""

import dataclasses
import re

import pytest
from conftest import VALUES
from pcapng import Capture, SACK_PERMITTED, ethernet, icmp_error, mss, timestamps, window_scale

# When Linux sends a lost segment: at once and again, with a round trip of a few milliseconds.
LINUX = (0, 0.2, 0.4, 0.8, 1.7, 3.3, 6.7, 13.4, 26.7, 53.5)
# And Windows, which gives up after five repetitions.
WINDOWS = (0, 0.3, 0.9, 2.1, 4.5, 9.3)

FIELDS = ["tcp.stream", "tcpstate.verdict", "tcpstate.verdict.confidence", "tcpstate.verdict.reason", "tcpstate.killed",
          "tcpstate.reset.cause", "tcpstate.reset.origin", "tcpstate.half_open"]

POSSIBLE, LIKELY, CERTAIN = 2, 3, 4
TIMER = range(1, 4)
FORGED, REJECTED, LOST = 4, 5, 6
ACQUITTAL = range(10, 17)

# What may be said of a connection, and of a reset of it, in words.
SAYINGS = {
    "killed": lambda seen: seen.killed or (seen.verdict in TIMER and seen.confidence >= LIKELY),
    "killed for certain": lambda seen: seen.verdict in TIMER and seen.confidence == CERTAIN,
    "killed, perhaps": lambda seen: seen.verdict in TIMER,
    "forged": lambda seen: seen.verdict == FORGED and seen.confidence >= LIKELY,
    "forged for certain": lambda seen: seen.verdict == FORGED and seen.confidence == CERTAIN,
    "rejected": lambda seen: seen.verdict == REJECTED and seen.confidence >= LIKELY,
    "lost for certain": lambda seen: seen.verdict == LOST and seen.confidence == CERTAIN,
    "lost": lambda seen: seen.verdict == LOST and seen.confidence >= LIKELY,
    "not a firewall": lambda seen: seen.verdict in ACQUITTAL and seen.confidence >= LIKELY,
    "not a firewall, for certain": lambda seen: seen.verdict in ACQUITTAL and seen.confidence == CERTAIN,
    "peer gone": lambda seen: seen.verdict == 11 and seen.confidence >= LIKELY,
    "host resets late data": lambda seen: seen.verdict == 10,
    "anything": lambda seen: seen.verdict != 0,
    "dead": lambda seen: seen.verdict != 0,
    "reset by a middlebox": lambda seen: "middlebox" in seen.origins,
    "restarted": lambda seen: "half-open peer answers" in seen.causes or "peer restarted" in seen.half_open,
    "peer gone is not excluded": lambda seen: "Not excluded: peer gone" in seen.reason,
    "FIN-WAIT-2 is not excluded": lambda seen: "FIN-WAIT-2" in seen.reason,
    "somebody spoke": lambda seen: re.search(r"The (client|server) spoke", seen.reason) is not None,
    "nothing was heard": lambda seen: "nothing was heard of it since" in seen.reason,
    "past 3600 s": lambda seen: re.search(r"past TCP, 3600 s", seen.reason) is not None,
    "the host may have slept": lambda seen: re.search(r"suspend|asleep|slept|the host|its host", seen.reason) is not None,
    "interval of a known timer": lambda seen: " Fits " in seen.reason,
    "another host is not excluded": lambda seen: "another host behind the same address" in seen.reason,
    "nothing arrives": lambda seen: seen.verdict == LOST and "nothing that the client sends arrives" in seen.reason,
    "path MTU": lambda seen: seen.verdict == 15,
    "past 30 s": lambda seen: re.search(r"past TCP wait, 30 s", seen.reason) is not None,
}


class Misjudged(AssertionError):
    """The plugin says what it must not, or does not say what it must."""


class Seen:
    """What stands at the last packet of a connection, and at its resets."""

    def __init__(self, packets):
        last = packets[-1]
        self.verdict = int((last["tcpstate.verdict"] or ["0"])[0])
        self.confidence = int((last["tcpstate.verdict.confidence"] or ["0"])[0])
        self.reason = " ".join(last["tcpstate.verdict.reason"])
        self.killed = last["tcpstate.killed"] == ["1"]
        self.causes = self.names(packets, "tcpstate.reset.cause")
        self.origins = self.names(packets, "tcpstate.reset.origin")
        self.half_open = self.names(packets, "tcpstate.half_open")
        self.frame = last["frame.number"][0]

    @staticmethod
    def names(packets, field):
        return [VALUES[field][int(value)] for packet in packets for value in packet[field]]

    def __str__(self):
        return (f"verdict {self.verdict}, confidence {self.confidence}, killed {self.killed}, resets {self.causes} "
                f"{self.origins} at frame {self.frame}: {self.reason}")


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    build: object
    never: tuple
    must: tuple
    preferences: tuple
    xfail: str
    one_pass: bool


CASES = []


def case(*, never=(), must=(), preferences=(), xfail=None, one_pass=True):
    """Registers a capture. one_pass: what must never be said is known before the end of the file."""

    def register(build):
        assert build.__doc__, build.__name__
        assert not {*never, *must} - set(SAYINGS), build.__name__
        CASES.append(Case(build.__name__, build, tuple(never), tuple(must), tuple(preferences), xfail, one_pass))
        return build

    return register


class Story:
    """A capture in which stream 0 is the connection in question."""

    def __init__(self, *, client="10.1.0.1:40000", server="10.2.0.2:443", trip=0.0005, client_ttl=64, server_ttl=58,
                 rounds=4, midstream=False, mirrored=0, options=()):
        """trip: seconds from the client to the server and back, seen beside the client; mirrored: seen beside the server."""
        self.capture = Capture()
        self.trip = trip
        self.sorted = True
        self.stream = "0"
        self.ports = 50000
        connection = self.capture.connection(client, server)
        self.client, self.server = connection.client, connection.server
        self.client.ttl, self.server.ttl = client_ttl, server_ttl
        self.client.options = self.server.options = tuple(options)
        self.server.ip_id = 20000
        if mirrored:
            self.trip = mirrored
            self.mirrored_open(self.client, self.server, 0, mirrored)
            self.mirrored_talk(self.client, self.server, 0.1, 8, mirrored)
            return
        if midstream:
            self.client.next_seq = self.server.next_seq = 1
        else:
            self.open(self.client, self.server, 0)
        if rounds:
            self.talk(self.client, self.server, 0.1, rounds)

    def at(self, time, direction, flags, **more):
        return self.capture.at(round(time, 6), direction, flags, **more)

    def again(self, time, packet, **changes):
        return self.capture.again(round(time, 6), packet, **changes)

    def open(self, client, server, time, trip=None):
        trip = self.trip if trip is None else trip
        self.at(time, client > server, "SYN", options=[mss(1460), SACK_PERMITTED, b"\x01", window_scale(7)])
        self.at(time + trip, server > client, "SYN,ACK", options=[mss(1460), SACK_PERMITTED, b"\x01", window_scale(7)])
        self.at(time + trip + 0.00002, client > server, "ACK")

    def talk(self, client, server, time, rounds=1, *, every=0.1, trip=None, size=100):
        """Question and answer, `rounds` times; gives the time of the last packet."""
        trip = self.trip if trip is None else trip
        end = time
        for number in range(rounds):
            end = time + number * every
            self.at(end, client > server, "PSH,ACK", data=b"q" * size)
            self.at(end + trip, server > client, "PSH,ACK", data=b"a" * size)
            self.at(end + trip + 0.00002, client > server, "ACK")
        return end + trip + 0.00002

    def other(self, time, *, rounds=4, every=0.1, client=None, server=None, client_ttl=None, server_ttl=None, trip=None):
        """Another connection between the same addresses, unless others are given; gives its ends."""
        self.ports += 1
        connection = self.capture.connection(f"{client or self.client.address}:{self.ports}",
                                             f"{server or self.server.address}:443")
        near, far = connection.client, connection.server
        near.ttl = self.client.ttl if client_ttl is None else client_ttl
        far.ttl = self.server.ttl if server_ttl is None else server_ttl
        near.ip_id, far.ip_id = self.ports, self.ports - 20000
        self.open(near, far, time, trip)
        if rounds:
            self.talk(near, far, time + 0.1, rounds, every=every, trip=trip)
        return near, far

    def copies(self, time, direction, *, times=LINUX, flags="PSH,ACK", data=b"late" * 10, **more):
        """A segment and its repetitions, all unanswered; gives the first of them and the time of the last."""
        first = self.at(time, direction, flags, data=data, **more)
        for number, later in enumerate(times[1:], 1):
            self.again(time + later, first, ip_id=(first.ip_id + number) % 65536)
        direction.sender.ip_id = (first.ip_id + len(times)) % 65536
        return first, time + times[-1]

    def half_close(self, time, direction):
        """A FIN and its acknowledgement."""
        self.at(time, direction, "FIN,ACK")
        self.at(time + self.trip, direction.receiver > direction.sender, "ACK")

    def icmp(self, time, packet, code, sender, *, kind=3, ttl=60):
        quoted = packet.ip()[:28]
        message = icmp_error(sender, packet.source, kind, code, quoted, ttl=ttl)
        self.capture.raw(round(time, 6), ethernet("02:00:00:00:00:99", "02:00:00:00:00:01", message))

    def bystander(self, time, interface=0):
        """A packet that has to do with nobody: the capture goes on."""
        if not hasattr(self, "stranger"):
            both = self.capture.connection("192.0.2.1:50", "192.0.2.9:60")
            self.stranger = both
        both = self.stranger
        self.at(time, both.client > both.server, "PSH,ACK", data=b"x", interface=interface)
        self.at(time + 0.001, both.server > both.client, "ACK", interface=interface)

    def packet_before(self, direction):
        """A keep-alive: the byte before the next one, without payload. It is not put in."""
        return self.capture.packet(direction, "ACK", seq=direction.sender.next_seq - 1)

    def other_ends(self, port=443):
        """The ends of another connection, of which nothing is put in."""
        self.ports += 1
        connection = self.capture.connection(f"{self.client.address}:{self.ports}", f"{self.server.address}:{port}")
        connection.client.ttl, connection.server.ttl = self.client.ttl, self.server.ttl
        return connection.client, connection.server

    def close(self, time):
        self.half_close(time, self.client > self.server)
        self.half_close(time + 0.1, self.server > self.client)

    def reborn(self):
        """The client's end of a new incarnation on the same ports, and the server's old end."""
        fresh = self.capture.connection(f"{self.client.address}:{self.client.port}",
                                        f"{self.server.address}:{self.server.port}",
                                        client_isn=2_000_000_000, server_isn=3_000_000_000)
        fresh.client.ttl, fresh.server.ttl = self.client.ttl, self.server.ttl
        fresh.client.ip_id, fresh.server.ip_id = 7000, 27000
        self.fresh_server = fresh.server
        # What the server had received before the copies: all but the 40 bytes of the first of them.
        self.received = self.client.isn + self.client.next_seq - 40
        return fresh.client, self.server

    def old_numbers(self):
        """For the ACK of a server that still has the old connection, relative to the new client's number."""
        return {"ack": (self.received - 2_000_000_000) % 2**32}

    def old_ack(self):
        """The number of the RST that answers it: what it acknowledged."""
        return (self.received - 2_000_000_000) % 2**32

    def twice(self, time, direction, flags, *, nearer, ttl, **more):
        """A packet at interface `nearer` and then at the other one, one hop on; gives it."""
        packet = self.at(time, direction, flags, interface=nearer, ttl=ttl, **more)
        self.again(time + 0.0001, packet, interface=1 - nearer, ttl=ttl - 1)
        return packet

    def two_places_of_server(self, *, lossy=False):
        """Interface 0 beside the server, interface 1 a hop nearer to the client; a conversation seen at both."""
        for number in range(8):
            time = 1 + number / 10
            self.twice(time, self.client > self.server, "PSH,ACK", data=b"q" * 50, nearer=1, ttl=60)
            if lossy and number in (1, 3, 4, 6):
                self.at(time + 0.001, self.server > self.client, "PSH,ACK", data=b"a" * 50, interface=1, ttl=57)
            else:
                self.twice(time + 0.001, self.server > self.client, "PSH,ACK", data=b"a" * 50, nearer=0, ttl=58)

    def two_places_of_client(self, time, *, lost=False):
        """Interface 0 beside the client, interface 1 farther on. Copies at `time`: seen at both, or lost in between."""
        for number in range(8):
            moment = 1 + number / 10
            self.twice(moment, self.client > self.server, "PSH,ACK", data=b"q" * 50, nearer=0, ttl=64)
            self.twice(moment + 0.001, self.server > self.client, "PSH,ACK", data=b"a" * 50, nearer=1, ttl=58)
        first = self.at(time, self.client > self.server, "PSH,ACK", data=b"late")
        for number, later in enumerate(LINUX):
            copy = self.again(time + later, first, ip_id=8000 + number) if number else first
            if not lost:
                self.again(time + later + 0.0001, copy, interface=1, ttl=63)

    def other_two_places(self, time):
        """Another connection, seen at both places."""
        near, far = self.other_ends()
        near.ip_id, far.ip_id = 9000, 29000
        self.twice(time, near > far, "SYN", nearer=0, ttl=64)
        self.twice(time + 0.001, far > near, "SYN,ACK", nearer=1, ttl=58)
        for number in range(4):
            self.twice(time + 1 + 10 * number, near > far, "PSH,ACK", data=b"q" * 50, nearer=0, ttl=64)
            self.twice(time + 1.001 + 10 * number, far > near, "PSH,ACK", data=b"a" * 50, nearer=1, ttl=58)

    def other_from_server(self, time, trip):
        """Another connection, captured beside the server: the client is `trip` away and back."""
        near, far = self.other_ends()
        near.ip_id, far.ip_id = 9000, 29000
        self.mirrored_open(near, far, time, trip)
        self.mirrored_talk(near, far, time + 1, 10, trip)

    def mirrored_open(self, client, server, time, trip):
        self.at(time, client > server, "SYN", options=[mss(1460)])
        self.at(time + 0.0001, server > client, "SYN,ACK", options=[mss(1460)])
        self.at(time + trip, client > server, "ACK")

    def mirrored_talk(self, client, server, time, rounds, trip):
        for number in range(rounds):
            moment = time + number / 10
            self.at(moment, server > client, "PSH,ACK", data=b"a" * 100)
            self.at(moment + trip, client > server, "PSH,ACK", data=b"q" * 100)

    def write(self, wireshark):
        if self.sorted:
            self.capture.frames.sort(key=lambda stored: stored.time)
        return wireshark.write(self.capture)


def parameters():
    for each in CASES:
        marks = [pytest.mark.xfail(strict=True, raises=Misjudged, reason=each.xfail)] if each.xfail else []
        yield pytest.param(each, id=each.name, marks=marks)


def seen_by(wireshark, path, each, stream, *options):
    preferences = [word for preference in each.preferences for word in ("-o", f"tcpstate.{preference}")]
    packets = wireshark.fields(path, FIELDS, *options, *preferences)
    return Seen([packet for packet in packets if packet["tcp.stream"][:1] == [stream]])

# --- the plain kills and their twins: what the rest is measured against ---------------------------------------


@case(must=["killed"], never=["killed for certain"])
def idle_kill_with_a_sign_of_life(story):
    """A firewall forgets after 350 s of quiet; the server answers on another connection in the middle of the copies."""
    story.copies(400, story.client > story.server)
    story.other(410)
    story.other(440)


@case(must=["killed, perhaps", "peer gone is not excluded"], never=["killed"])
def idle_and_nothing_else_is_heard(story):
    """The same packets as of a server without power: at most possible, and that must be said."""
    story.copies(400, story.client > story.server)


@case(must=["killed", "peer gone is not excluded"], never=["killed for certain"])
def half_closed_past_the_clock(story):
    """TCP wait of 30 s; nothing else of the client. Likely, and that the client may be gone must be said."""
    story.half_close(1, story.client > story.server)
    story.copies(46, story.server > story.client)


# --- what the capture hides -----------------------------------------------------------------------------------


@case(never=["killed", "not a firewall", "lost"])
def pure_acks_are_filtered_half_closed(story):
    """The client sends its request and its FIN (nc -N, rsh), the server answers 40 s later with 30 lines in 30 s and closes.

    The capture filter lets pass only SYN, FIN, RST and PSH, so that the client's pure ACKs are missing. No line is ever
    repeated: a sender without acknowledgements stops after a window's worth and repeats. The client received everything.
    """
    story.at(1, story.client > story.server, "FIN,ACK")
    for line in range(30):
        story.at(41 + line, story.server > story.client, "PSH,ACK", data=b"line %03d" % line)
    story.at(71.5, story.server > story.client, "FIN,ACK")


@case(never=["killed", "not a firewall", "lost"])
def pure_acks_are_filtered_after_a_quiet(story):
    """The same filter; a client that logs a line each 5 s begins 400 s after the handshake. Other connections are alive."""
    for line in range(20):
        story.at(400 + 5 * line, story.client > story.server, "PSH,ACK", data=b"log line %04d" % line)
    story.other(420)
    story.other(480)


@case(never=["killed", "not a firewall", "lost"])
def asymmetric_routing_after_a_quiet(story):
    """After 400 s of quiet the way back avoids the capture. The client's acknowledgement numbers go on rising.

    It acknowledges what the capture does not show: the server answers. Another connection is seen both ways.
    """
    answered = story.server.next_seq
    for number in range(12):
        story.at(400 + 3 * number, story.client > story.server, "PSH,ACK", data=b"q" * 100, ack=answered + 500 * number)
    story.other(410)
    story.other(440)


@case(never=["not a firewall"])
def the_capture_misses_acks_for_a_while(story):
    """The capture drops the server's ACKs for 8 s. The client sends new data each second and repeats none: no outage."""
    for number in range(8):
        story.at(10 + number, story.client > story.server, "PSH,ACK", data=b"q" * 50)
    story.talk(story.client, story.server, 18, 5)


@case(never=["killed"])
def asymmetric_routing_half_closed(story):
    """Half-closed by the client, and the client's ACKs take another way: the server streams 200 segments in 25 s."""
    story.half_close(1, story.client > story.server)
    for number in range(200):
        story.at(40 + number / 8, story.server > story.client, "ACK", data=b"x" * 1000)
    story.bystander(100)


@case(never=["killed", "killed, perhaps", "not a firewall"])
def only_one_direction(story):
    """A capture filter on the source address: nothing of the server is ever seen, so that nothing is known of it."""
    story.copies(400, story.client > story.server)
    story.capture.frames = [each for each in story.capture.frames if each.frame[26:30] != bytes([10, 2, 0, 2])]


@case(never=["killed", "not a firewall"])
def the_capture_ends_early(story):
    """Two copies, and the capture ends after 1 s. Too little for anything above possible."""
    story.copies(400, story.client > story.server, times=LINUX[:4])


@case(must=["killed, perhaps"], never=["killed"], preferences=["half_closed_timeout:120"])
def half_closed_before_the_chosen_clock(story):
    """The device's timer is known to be 120 s; the death came 45 s after the FIN. Nothing says that it was that timer."""
    story.half_close(1, story.client > story.server)
    story.copies(46, story.server > story.client)


@case(never=["killed"])
def duplicated_keep_alives_over_ipv6(story):
    """Two real keep-alives 60 s apart, each shown twice by the SPAN port (IPv6, same interface, same hop limit).

    Three are needed, and the server answers elsewhere.
    """
    probe = story.packet_before(story.client > story.server)
    for time in (400, 460):
        story.again(time, probe)
        story.again(time + 0.00001, probe)
    story.other(430)
    story.other(470)


duplicated_keep_alives_over_ipv6.story = {"client": "[2001:db8:1::1]:40000", "server": "[2001:db8:2::2]:443"}


@case(never=["anything"])
def two_captures_whose_clocks_differ(story):
    """Two captures of one conversation, merged; the clock of the second is 2 s late. Everything was closed in order."""
    end = story.talk(story.client, story.server, 5, 10, every=1)
    story.close(end + 1)
    for stored in list(story.capture.frames):
        frame = bytearray(stored.frame)
        story.capture.frames.append(dataclasses.replace(stored, time=stored.time + 2 * 10**9, frame=bytes(frame), interface=1))


@case(never=["killed"])
def overlapping_addresses_on_a_trunk(story):
    """Two customers use the same addresses in VLAN 10 and VLAN 20. The first one's server has lost its power.

    What the second one's server says is no sign of life of the first one.
    """
    story.copies(400, story.client > story.server, vlan=10)
    near, far = story.other_ends()
    far.ip_id = 12345
    for number, time in enumerate((410, 420, 440)):
        story.at(time, near > far, "PSH,ACK", data=b"q", vlan=20)
        story.at(time + 0.0005, far > near, "PSH,ACK", data=b"a", vlan=20)


@case(never=["killed"])
def keep_alives_that_this_peer_never_answers(story):
    """A controller whose TCP ignores segments without data (RFC 9293 section 3.8.4 knows such).

    It left two keep-alives without an answer and went on talking. Later three more, after 400 s of quiet, and the client
    gives up. That this peer does not answer keep-alives was seen before: they show nothing.
    """
    for time in (60, 75):
        story.again(time, story.packet_before(story.client > story.server))
    story.at(90, story.server > story.client, "PSH,ACK", data=b"status")
    story.at(90.0001, story.client > story.server, "ACK")
    for time in (490, 505, 520):
        story.again(time, story.packet_before(story.client > story.server))
    story.other(510)
    story.at(535, story.client > story.server, "RST,ACK")


# --- clocks ---------------------------------------------------------------------------------------------------


@case(never=["killed"])
def the_clock_is_set_forward_before_the_loss(story):
    """The capturing host's clock jumps 400 s forward (first NTP answer) in a conversation; then the client loses its data path.

    The TCP timestamps say how long the quiet was: 100 ms. Another connection goes on.
    """
    for number in range(5):
        stamp = 1000 + number * 100
        story.at(1 + number / 10, story.client > story.server, "PSH,ACK", data=b"q",
                 options=[b"\x01\x01", timestamps(stamp, 50000 + number * 100)])
        story.at(1.001 + number / 10, story.server > story.client, "PSH,ACK", data=b"a",
                 options=[b"\x01\x01", timestamps(50001 + number * 100, stamp)])
    first = story.at(401.5, story.client > story.server, "PSH,ACK", data=b"q",
                     options=[b"\x01\x01", timestamps(1500, 50401)])
    for later in LINUX[1:]:
        stamp = timestamps(1500 + int(later * 1000), 50401)
        story.again(401.5 + later, first, options=b"\x01\x01" + stamp, ip_id=first.ip_id + int(later * 10) + 1)
    story.other(410)
    story.other(440)


@case(never=["killed", "not a firewall"])
def the_clock_is_set_back(story):
    """The clock steps back 500 s between the copies, which then lie before everything else. No accusation from that."""
    story.sorted = False
    story.copies(400, story.client > story.server, times=(0, 0.2, 0.4))
    story.copies(-100, story.client > story.server, times=(0, 0.8, 2.5, 5.9), seq=story.client.next_seq - 40)
    story.talk(story.client, story.server, -80, 3)


@case(never=["killed", "peer gone"])
def the_clock_is_set_forward_between_the_copies(story):
    """Six copies in 3 s are cut short by a clock step of 60 s and the end of the capture: their span is not 63 s.

    The copies' TCP timestamps say 3.4 s.
    """
    first = story.at(400, story.client > story.server, "PSH,ACK", data=b"q", options=[b"\x01\x01", timestamps(400000, 9)])
    for later in (0.2, 0.4, 0.8, 1.7):
        options = b"\x01\x01" + timestamps(400000 + int(later * 1000), 9)
        story.again(400 + later, first, options=options, ip_id=int(later * 10) + 7)
    story.again(463.4, first, options=b"\x01\x01" + timestamps(403400, 9), ip_id=999)
    story.other(463.5)


# --- signs of life that are none ------------------------------------------------------------------------------


@case(never=["killed"])
def another_client_behind_the_same_address(story):
    """The client (hop limit 60, four hops away) leaves: a phone that went to sleep behind a translated address.

    What is heard of that address is another host, with hop limit 121: seven hops. It says nothing about the first one.
    """
    story.copies(400, story.server > story.client)
    story.other(405, client_ttl=121)
    story.other(440, client_ttl=121)


another_client_behind_the_same_address.story = {"client_ttl": 60}


@case(never=["killed"])
def another_backend_behind_the_same_address(story):
    """The load balancer's address: the backend 6 hops away loses its power, another one, 9 hops away, answers elsewhere."""
    story.copies(400, story.client > story.server)
    story.other(405, server_ttl=55)
    story.other(440, server_ttl=55)


@case(never=["killed"])
def a_reset_of_a_device_as_a_sign_of_life(story):
    """The server has lost its power. The client tries again; the router in front rejects the SYN in the server's name.

    That RST comes from 1 hop away (63), the server's packets from 6 (58): it says nothing about the server's life.
    """
    story.copies(400, story.client > story.server)
    for time in (408, 418, 440):
        near, far = story.other_ends()
        story.at(time, near > far, "SYN")
        story.at(time + 0.0002, far > near, "RST,ACK", ttl=63, window=0, seq=0)


@case(never=["killed"])
def a_syn_proxy_as_a_sign_of_life(story):
    """The server has lost its power; a SYN proxy two hops away answers for it (hop limit 253, its own 250), then nothing."""
    story.copies(400, story.client > story.server)
    for time in (408, 440):
        near, far = story.other_ends()
        story.at(time, near > far, "SYN")
        story.at(time + 0.0002, far > near, "SYN,ACK", ttl=62)
        story.at(time + 0.0003, near > far, "ACK")
        story.at(time + 0.0004, near > far, "PSH,ACK", data=b"hello")


@case(never=["killed for certain", "not a firewall"])
def asleep_and_awake_again(story):
    """A laptop sleeps. The server (Windows) speaks after 400 s, gives up after 9 s and aborts. 30 s later the laptop wakes.

    It opens a new connection: it was alive afterwards, not while it was silent. A timer fits as well: never certain. And
    the server's RST, 10 s after its own last copy, is its giving up, no idle timer of the server.
    """
    _, last = story.copies(400, story.server > story.client, times=WINDOWS)
    story.at(last + 10, story.server > story.client, "RST,ACK")
    story.other(last + 40)
    story.bystander(last + 60)


@case(never=["killed"])
def in_flight_when_the_path_broke(story):
    """A satellite path of 600 ms breaks. Busy connection: its last answers are under way, then it falls silent too.

    The server speaks on the idle connection at that moment; the client's last packet elsewhere comes 50 ms later and was
    sent before. Then the other connection repeats its data just as long: the path, not a timer.
    """
    near, far = story.other(399, rounds=0)
    story.at(399.99, near > far, "PSH,ACK", data=b"q" * 100)
    story.copies(400, story.server > story.client)
    story.at(400.05, near > far, "PSH,ACK", data=b"q" * 100)
    story.copies(400.3, far > near)


in_flight_when_the_path_broke.story = {"trip": 0.6}


@case(must=["FIN-WAIT-2 is not excluded"], never=["killed for certain"])
def windows_client_has_left_fin_wait_2(story):
    """The client's application closed; after 120 s Windows forgets FIN-WAIT-2, and its firewall swallows the resets.

    The server speaks 130 s after the FIN. The client's other connections live. A firewall on the way fits as well: what is
    not excluded has to be said, a sign of life or not.
    """
    story.half_close(1, story.client > story.server)
    story.copies(131, story.server > story.client)
    story.other(140)
    story.other(170)


@case(never=["killed for certain", "not a firewall"])
def restarted_behind_a_host_firewall_that_swallows(story):
    """The Windows server restarts in the quiet; its own firewall drops segments without a connection, and it answers new ones.

    The packets are those of a timer on the way: no more than likely, and no acquittal.
    """
    story.copies(400, story.client > story.server)
    story.other(415)
    story.other(450)


@case(never=["killed"])
def the_speaker_has_lost_its_own_network(story):
    """A laptop roams to a dead access point and hears nobody any more; the capture is on the laptop.

    Its half-closed connection (the server closed its half 40 s ago) and its busy connections to three other servers
    repeat into the void at the same time, those in the middle of an exchange. Nothing at all is received.
    """
    busy = [story.other(40 + number / 100, server=f"10.3.0.{number}", rounds=5) for number in range(1, 4)]
    story.half_close(1, story.server > story.client)
    for near, far in busy:
        story.copies(41, near > far)
    story.copies(41.2, story.client > story.server)


@case(never=["killed"])
def the_address_was_given_to_another_machine(story):
    """A laptop (Linux, TTL 64) leaves the LAN; its address goes to a Windows machine (128), which swallows foreign segments.

    Both are no hop away, and still the hop limit shows that it is not the same host that was heard.
    """
    story.copies(400, story.server > story.client)
    story.other(405, client_ttl=128)
    story.other(440, client_ttl=128)


@case(never=["killed"])
def another_connection_outlived_a_longer_quiet(story):
    """Two connections between the same hosts and to the same port. One was quiet for 900 s, and went on as ever.

    The other one dies after 400 s (one of two equal-cost paths has failed). An idle timer of up to 400 s between these
    hosts is refuted by the first; one survivor beats every timer that fits.
    """
    near, far = story.other(1)
    story.talk(near, far, 901, 3)
    story.talk(story.client, story.server, 50, 6, every=100)
    story.copies(951, story.client > story.server)
    story.talk(near, far, 960, 20, every=1)


@case(never=["killed"])
def a_short_outage_and_the_capture_ends(story):
    """Nothing passes for 4 s, just when the client speaks after 400 s. Then another connection works, and the capture ends.

    The next copy, due at 6.7 s, would have been answered. No copy was sent after the sign of life: nothing died yet.
    """
    story.copies(400, story.client > story.server, times=LINUX[:6])
    story.other(404, rounds=1)


@case(never=["killed"])
def a_long_outage_and_the_capture_ends(story):
    """The same with an outage of 45 s, which ends between the copies at 26.7 s and 53.5 s, and a capture that ends at 50 s."""
    near, far = story.other(398)
    story.copies(400, story.client > story.server, times=LINUX[:9])
    story.copies(400.2, near > far, times=LINUX[:9], data=b"busy")
    story.other(446, rounds=3)


@case(never=["killed"])
def signs_of_life_by_a_late_clock(story):
    """Two captures merged, the clock of the second 30 s late. The server loses its power in the middle of other traffic.

    What the second capture shows of it 20 s later are the same packets (numbers, identification) as in the first.
    """
    story.other(380, rounds=40, every=0.5)
    before = [stored for stored in story.capture.frames if stored.time >= story.capture.start + 380 * 10**9]
    for stored in before:
        story.capture.frames.append(dataclasses.replace(stored, time=stored.time + 30 * 10**9, interface=1))
    story.copies(401, story.client > story.server)


@case(never=["lost", "killed"])
def a_laptop_without_network(story):
    """The capturing laptop's radio is off: five connections to five servers, of different ages and pauses, all repeat.

    Not one packet is received. It is the laptop's own network, not a firewall that lost five sessions.
    """
    others = [story.other(start, server=f"10.3.0.{number}", rounds=4)
              for number, start in enumerate((100, 250, 380, 399), 1)]
    for number, (near, far) in enumerate([*others, (story.client, story.server)]):
        story.copies(400 + number / 10, near > far)


# --- survived longer than the timer that is blamed -------------------------------------------------------------


@case(never=["killed", "past 30 s"])
def power_lost_in_a_long_half_close(story):
    """The client closed its half and acknowledged data each second for 200 s; then it loses its power.

    200 s after the FIN everything still passed, and the quiet before the loss was 1 s. A timer of 30 s is refuted.
    """
    story.half_close(1, story.client > story.server)
    for second in range(2, 201):
        story.at(second, story.server > story.client, "PSH,ACK", data=b"tick")
        story.at(second + 0.001, story.client > story.server, "ACK")
    story.copies(201, story.server > story.client)


@case(never=["killed"])
def power_lost_in_a_long_half_close_of_a_shared_address(story):
    """The same, a tick each half second, with another connection of that address alive."""
    story.half_close(1, story.client > story.server)
    for tick in range(2, 401):
        story.at(tick / 2, story.server > story.client, "PSH,ACK", data=b"tick")
        story.at(tick / 2 + 0.001, story.client > story.server, "ACK")
    story.copies(200.5, story.server > story.client)
    story.other(210)
    story.other(240)


@case(never=["killed", "past 30 s"])
def half_closed_outlived_a_longer_quiet(story):
    """95 s of quiet after the FIN were survived, and 100 s after it data passed. Dead after 40 s more of quiet.

    Neither way to count leaves room for 30 s; nothing else of the client is heard. No more than possible.
    """
    story.half_close(1, story.client > story.server)
    story.at(96, story.server > story.client, "PSH,ACK", data=b"x")
    story.at(96.001, story.client > story.server, "ACK")
    story.copies(136, story.server > story.client)


@case(never=["killed"])
def the_poll_survived_the_same_quiet_before(story):
    """A pool polls each 300 s; twice it was answered, the third time one of two equal-cost paths is broken.

    The same quiet was outlived twice: no idle timer. Another connection, on the other path, lives.
    """
    story.talk(story.client, story.server, 300)
    story.talk(story.client, story.server, 600)
    story.copies(899.9, story.client > story.server)
    story.other(905)
    story.other(940)


@case(never=["killed"])
def power_lost_while_closing(story):
    """Half-closed for 39 s with a tick each second; then the server sends the rest and its FIN, of which the rest is lost.

    The client asks for it (a duplicate ACK) and loses its power. No pause at all before; another connection of that
    (shared) address lives. No closing timer of 15 s: 39 s after the first FIN everything passed.
    """
    story.half_close(1, story.client > story.server)
    for second in range(2, 40):
        story.at(second, story.server > story.client, "PSH,ACK", data=b"tick")
        story.at(second + 0.001, story.client > story.server, "ACK")
    acknowledged = story.server.next_seq
    rest = story.at(40, story.server > story.client, "PSH,ACK", data=b"rest" * 50)
    story.at(40.0001, story.server > story.client, "FIN,ACK")
    story.at(40.0006, story.client > story.server, "ACK", ack=acknowledged)
    for number, later in enumerate(LINUX[1:]):
        story.again(40 + later, rest, ip_id=3000 + number)
    story.other(45)
    story.other(70)


# --- refuted by what comes after --------------------------------------------------------------------------------


@case(never=["killed"])
def suspended_and_resumed_then_the_host_resets_late_data(story):
    """The client's machine is suspended after its close(). The server's data goes unanswered for 54 s; then it resumes.

    Its host answers the next copy with its own RST (hop limit 64, as ever; the late data's acknowledgement number). Data
    and RST crossed the path: no entry had run out.
    """
    story.half_close(1, story.client > story.server)
    first, _ = story.copies(46, story.server > story.client)
    story.again(46 + 107, first, ip_id=31000)
    story.at(153.0006, story.client > story.server, "RST", window=0, ip_id=0)


@case(never=["killed", "peer gone"])
def restarted_server_resets_the_next_copy(story):
    """The server reboots after 400 s of quiet. A new connection is answered first, then a copy of the old one: by a RST.

    It comes from the server's own distance, 6 hops. The copy passed, and so did the RST: the server had forgotten.
    """
    first, _ = story.copies(400, story.client > story.server)
    story.other(445)
    story.again(507, first, ip_id=41000)
    story.at(507.0006, story.server > story.client, "RST", window=0, ip_id=0)


@case(never=["killed"])
def challenge_ack_after_a_short_outage(story):
    """A quiet of 5 s, an outage of 2 s, in which the client dies. Started again, it connects from its fixed port.

    The server still has the old connection and answers the SYN with an ACK. That shows that the two copies never arrived;
    it blames no timer, least of all for certain: no idle timer is 5 s.
    """
    story.copies(5.5, story.client > story.server, times=(0, 0.2))
    client, server = story.reborn()
    story.at(10, client > server, "SYN")
    story.at(10.0005, server > client, "ACK", **story.old_numbers())
    story.at(10.0006, client > server, "RST", seq=story.old_ack())
    story.at(11, client > server, "SYN")
    story.at(11.0005, story.fresh_server > client, "SYN,ACK")
    story.at(11.0006, client > story.fresh_server, "ACK")


@case(never=["killed for certain"])
def challenge_ack_after_an_outage_past_a_timer(story):
    """The same after 400 s of quiet: timers of 350 s exist, but two copies within 0.2 s are an ordinary loss or an outage."""
    story.copies(400, story.client > story.server, times=(0, 0.2))
    client, server = story.reborn()
    story.at(406, client > server, "SYN")
    story.at(406.0005, server > client, "ACK", **story.old_numbers())
    story.at(406.0006, client > server, "RST", seq=story.old_ack())


@case(never=["not a firewall"])
def healed_by_the_inside(story):
    """A translating gateway forgets after 600 s. What the server says is dropped, until the client speaks by itself.

    That makes a new entry (conntrack picks up, Google Cloud VPC), and the server's next copy passes. The end of that
    silence was no answer to a copy: it does not show that nothing had dropped the session.
    """
    first, _ = story.copies(660, story.server > story.client, times=LINUX[:9])
    story.at(700, story.client > story.server, "PSH,ACK", data=b"heartbeat", ack=story.server.next_seq - 40)
    story.at(700.0005, story.server > story.client, "ACK")
    story.again(713.5, first, ip_id=41001, ack=story.client.isn + story.client.next_seq)
    story.at(713.5005, story.client > story.server, "ACK")


@case(never=["peer gone", "not a firewall"])
def host_unreachable_for_a_moment(story):
    """A router reports "host unreachable" while routes change (a soft error, RFC 5461); a second later everything goes on.

    The connection works for a minute more and is closed in order.
    """
    packet = story.at(10, story.client > story.server, "PSH,ACK", data=b"hello")
    story.icmp(10.0002, packet, 1, "10.9.9.9")
    story.again(10.2, packet, ip_id=777)
    story.at(10.2005, story.server > story.client, "ACK")
    end = story.talk(story.client, story.server, 11, 20, every=3)
    story.close(end + 1)


@case(never=["lost for certain", "lost", "killed"])
def prohibited_for_a_moment(story):
    """One segment is answered with ICMP "prohibited" (a rule base being loaded, or somebody's forgery); its copy passes.

    The connection works for a minute more and is closed in order: the session was not lost.
    """
    packet = story.at(10, story.client > story.server, "PSH,ACK", data=b"hello")
    story.icmp(10.0002, packet, 13, "10.9.9.9")
    story.again(10.2, packet, ip_id=777)
    story.at(10.2005, story.server > story.client, "ACK")
    end = story.talk(story.client, story.server, 11, 20, every=3)
    story.close(end + 1)


@case(never=["lost", "killed", "anything"])
def prohibited_quotes_what_was_never_sent(story):
    """A forged ICMP "prohibited" quotes a sequence number a billion away from the connection's (RFC 5927). It goes on."""
    packet = story.at(10, story.client > story.server, "PSH,ACK", data=b"hello")
    forged = dataclasses.replace(packet, seq=(packet.seq + 10**9) % 2**32)
    story.at(10.0005, story.server > story.client, "ACK")
    story.icmp(11, forged, 13, "10.9.9.9")
    end = story.talk(story.client, story.server, 12, 5)
    story.close(end + 1)


# --- ICMP from hosts, and policy ---------------------------------------------------------------------------------


@case(never=["killed"])
def restarted_host_rejects_by_its_own_firewall(story):
    """The client restarts; 70 s after its FIN the server speaks, and firewalld on the client itself answers with ICMP
    "host prohibited" (3/10) from the client's own address. That is the end, no device on the way.
    """
    story.half_close(1, story.client > story.server)
    packet = story.at(71, story.server > story.client, "PSH,ACK", data=b"late")
    story.icmp(71.0006, packet, 10, story.client.address)
    again = story.again(71.2, packet, ip_id=4242)
    story.icmp(71.2006, again, 10, story.client.address)


@case(never=["killed"])
def restarted_idle_host_rejects_by_its_own_firewall(story):
    """The same without a FIN after 4000 s of quiet, longer than any common idle timer."""
    packet = story.at(4000, story.server > story.client, "PSH,ACK", data=b"late")
    story.icmp(4000.0006, packet, 10, story.client.address)


@case(never=["killed"])
def policy_change_in_a_half_close(story):
    """Half-closed for 60 s with data each second, all acknowledged. Then a new rule answers with ICMP "prohibited".

    1 s before, 60 s after the FIN, everything passed: no timer of 30 s, by neither way to count.
    """
    story.half_close(1, story.client > story.server)
    for second in range(2, 62):
        story.at(second, story.server > story.client, "PSH,ACK", data=b"tick")
        story.at(second + 0.001, story.client > story.server, "ACK")
    packet = story.at(62, story.server > story.client, "PSH,ACK", data=b"tick")
    story.icmp(62.0002, packet, 13, "10.9.9.9")
    again = story.again(62.2, packet, ip_id=4242)
    story.icmp(62.2002, again, 13, "10.9.9.9")


@case(never=["lost for certain"])
def prohibited_after_a_known_idle_timer(story):
    """A device with 600 s idle answers what has no entry with ICMP "prohibited". 650 s of quiet before.

    Whether a timer or a new policy: a timer of 600 s is known, so that "no timer" must not be said for certain.
    """
    packet = story.at(650, story.client > story.server, "PSH,ACK", data=b"late")
    story.icmp(650.0002, packet, 13, "10.9.9.9")
    again = story.again(650.2, packet, ip_id=4242)
    story.icmp(650.2002, again, 13, "10.9.9.9")


# --- resets: distance ----------------------------------------------------------------------------------------------


@case(never=["killed", "forged"])
def path_change_after_a_quiet(story):
    """In 400 s of quiet the path grew by four hops (50 to 46), and the server restarted. Its RST takes the whole 20 ms.

    Everything that it sends afterwards comes over the four hops more as well: its own distance by then.
    """
    story.at(400, story.client > story.server, "PSH,ACK", data=b"late")
    story.at(400.0201, story.server > story.client, "RST", ttl=46, window=0, ip_id=0)
    story.other(402, server_ttl=46, rounds=10)


path_change_after_a_quiet.story = {"trip": 0.02, "server_ttl": 50, "rounds": 8}


@case(never=["killed", "forged"])
def path_change_seen_only_in_the_reset(story):
    """The same without anything afterwards: the RST comes from four hops *farther* than its host, after a whole round trip.

    A device on the way is nearer than the host. What comes from farther away, as late as from the host, is another path.
    """
    story.at(400, story.client > story.server, "PSH,ACK", data=b"late")
    story.at(400.0201, story.server > story.client, "RST", ttl=46, window=0, ip_id=0)


path_change_seen_only_in_the_reset.story = {"trip": 0.02, "server_ttl": 50, "rounds": 8}


@case(never=["killed"])
def one_hop_farther_on_a_lan(story):
    """A LAN of 0.5 ms: the standby router has taken over, one hop more (57 for 58), and the server restarted in the quiet.

    A hop or two is routing; a device on the way would be nearer, not farther. The round trip is too short to help.
    """
    story.at(400, story.client > story.server, "PSH,ACK", data=b"late")
    story.at(400.0006, story.server > story.client, "RST", ttl=57, window=0, ip_id=0)


@case(never=["killed", "forged"])
def anycast_moves_to_another_site(story):
    """An anycast address: after 400 s the route leads to another site, three hops nearer, 4 ms instead of 20 ms away.

    That site knows nothing of the connection and resets it itself. All that the address says afterwards comes from there.
    """
    story.at(400, story.client > story.server, "PSH,ACK", data=b"late")
    story.at(400.0041, story.server > story.client, "RST", ttl=53, window=0, ip_id=0)
    story.other(400.5, server_ttl=53, trip=0.004, rounds=10)


anycast_moves_to_another_site.story = {"trip": 0.02, "server_ttl": 50, "rounds": 8}


@case(never=["killed", "forged", "reset by a middlebox"])
def bgp_with_a_ttl_of_one(story):
    """External BGP: both routers send with TTL 1. One restarts; its RST comes from no socket, with the default of 255.

    They share a wire: 1 and 255 are both no hop at all. Nothing can stand between them.
    """
    end = story.talk(story.client, story.server, 30, 5, every=30)
    story.at(end + 30, story.client > story.server, "PSH,ACK", data=b"keepalive")
    story.at(end + 30.0006, story.server > story.client, "RST", ttl=255, window=0, ip_id=0)


bgp_with_a_ttl_of_one.story = {"server": "10.1.0.2:179", "client_ttl": 1, "server_ttl": 1}


@case(never=["killed", "forged", "reset by a middlebox"])
def an_application_with_a_ttl_of_its_own(story):
    """The application sends with TTL 255 (RFC 5082), five hops away: 250. It ends; the kernel resets with 64: 59.

    255 - 250 and 64 - 59 are the same distance. That 59 could also be 60 - 1 makes it no other host's.
    """
    story.at(10, story.client > story.server, "PSH,ACK", data=b"q")
    story.at(10.0006, story.server > story.client, "RST", ttl=59, window=0, ip_id=0)


an_application_with_a_ttl_of_its_own.story = {"server_ttl": 250}


@case(must=["reset by a middlebox"])
def a_device_five_hops_nearer(story):
    """The server's packets come with 57 (64 - 7), the RST for what the client says in mid-traffic with 62 (64 - 2).

    Nearly nobody starts with 60; and 62 cannot have started there. Five hops are no routing.
    """
    story.at(10, story.client > story.server, "PSH,ACK", data=b"q")
    story.at(10.0002, story.server > story.client, "RST", ttl=62, window=0, ip_id=0)


a_device_five_hops_nearer.story = {"server_ttl": 57}


@case(never=["rejected"])
def bgp_refused_with_a_ttl_of_one(story):
    """External BGP with TTL 1; then its process is gone, and the kernel refuses the new SYN with TTL 255: the same wire."""
    story.close(10)
    near, far = story.other_ends(port=179)
    story.at(20, near > far, "SYN", ttl=1)
    story.at(20.0005, far > near, "RST,ACK", seq=0, ttl=255, window=0, ip_id=0)
    story.stream = "1"


bgp_refused_with_a_ttl_of_one.story = {"server": "10.1.0.2:179", "client_ttl": 1, "server_ttl": 1}


@case(must=["killed"], never=["past 3600 s"])
def reset_by_a_device_after_six_minutes(story):
    """A device three hops nearer answers after 400 s of quiet. Timers of 350 s fit; 400 s are not past one of 3600 s."""
    story.at(400, story.client > story.server, "PSH,ACK", data=b"late")
    story.at(400.0002, story.server > story.client, "RST", ttl=123, window=0, ip_id=0)


reset_by_a_device_after_six_minutes.story = {"server_ttl": 118}


@case(must=["killed"], never=["somebody spoke", "past 3600 s"])
def reset_by_a_device_at_its_timer(story):
    """A device three hops nearer tells the client by a RST, 350 s after the last packet. Nobody had said anything."""
    story.at(350.42, story.server > story.client, "RST", ttl=123, window=0, ip_id=0)


reset_by_a_device_at_its_timer.story = {"server_ttl": 118}


@case(never=["killed"])
def the_server_answers_after_the_reset(story):
    """After 400 s of quiet the client asks for something forbidden. Somebody beside the path injects a RST (4 hops nearer).

    14 ms later the server's own answer arrives, which acknowledges the question: it passed, and no entry had run out.
    """
    story.at(400, story.client > story.server, "PSH,ACK", data=b"GET /forbidden")
    answer = story.server.next_seq
    story.at(400.006, story.server > story.client, "RST", ttl=54, window=0, ip_id=0)
    story.at(400.0205, story.server > story.client, "PSH,ACK", data=b"200 OK" * 20, seq=answer)
    story.at(400.0206, story.client > story.server, "RST", window=0)


the_server_answers_after_the_reset.story = {"trip": 0.02, "server_ttl": 50, "rounds": 8}


@case(never=["killed"], one_pass=False)  # the first of them does not know of the others
def everything_is_reset_at_one_moment(story):
    """Somebody clears the session table of a firewall that tells both ends: four connections are reset within 2 ms.

    They had been quiet for 400, 300, 20 and 0.5 s, and spoke with four servers: a moment, no timer. The RSTs come from 123,
    the servers' packets with 118.
    """
    others = [story.other(start, server=f"10.3.0.{number}", rounds=6) for number, start in enumerate((100, 380, 399), 1)]
    for number, (near, far) in enumerate([(story.client, story.server), *others]):
        story.at(400.6 + number * 0.0005, far > near, "RST", ttl=123, window=0, ip_id=0)


everything_is_reset_at_one_moment.story = {"server_ttl": 118, "rounds": 8}


@case(never=["forged for certain", "killed"])
def two_backends_and_one_strayed_segment(story):
    """Two backends of one address: a segment strays to the wrong one, which resets; the right one goes on."""
    story.at(10, story.client > story.server, "PSH,ACK", data=b"q" * 100)
    story.at(10.0005, story.server > story.client, "RST", window=0, ip_id=0)
    story.at(10.5, story.server > story.client, "PSH,ACK", data=b"a" * 100, ack=story.client.next_seq - 100)


@case(never=["forged", "killed"])
def port_reused_by_the_translation(story):
    """A translated address: host A (hop limit 60) closed its connection hours ago and sends a late RST for it.

    The same public port now belongs to host B (hop limit 121). The number fits nothing of B's: refused, and nobody's attack.
    """
    story.at(50, story.client > story.server, "RST", seq=900_000_000, ttl=60, window=0, ip_id=5)
    story.talk(story.client, story.server, 60, 3)


port_reused_by_the_translation.story = {"client_ttl": 121}


@case(never=["killed"])
def one_hop_farther_half_closed(story):
    """The client closed completely; 12 s later its host resets late data, by a path that is a hop longer now (63 for 64).

    A LAN, so that the round trip says nothing. That some device has a timer of 10 s does not make routing a second sign.
    """
    story.half_close(1, story.client > story.server)
    story.at(13, story.server > story.client, "PSH,ACK", data=b"late")
    story.at(13.0006, story.client > story.server, "RST", ttl=63, window=0, ip_id=0)


# --- resets: time -------------------------------------------------------------------------------------------------


@case(never=["killed", "forged"])
def vpn_reconnects_over_a_faster_network(story):
    """The inner addresses of a VPN stay: 60 ms over LTE, and after 400 s of quiet 8 ms over Wi-Fi, the same hops inside.

    The client's application ended meanwhile; its host resets from its own distance after 8 ms, which is all it takes now.
    """
    story.at(400, story.server > story.client, "PSH,ACK", data=b"late")
    story.at(400.008, story.client > story.server, "RST", window=0, ip_id=0)
    story.other_from_server(401, trip=0.008)


vpn_reconnects_over_a_faster_network.story = {"mirrored": 0.06}


@case(never=["forged", "reset by a middlebox"])
def the_segment_that_it_answers_is_missing(story):
    """The server's process is gone. The client sends twice, 19.5 ms apart; the capture lost the first of the two.

    The RST answers the first after its whole 20 ms and comes 0.5 ms after the second. The hole before the second shows
    that a segment is missing from the capture. (The client had delayed its ACK of the last answer until then.)
    """
    story.capture.frames.pop()
    story.client.next_seq += 100
    story.at(10.0195, story.client > story.server, "PSH,ACK", data=b"q" * 100)
    story.at(10.0201, story.server > story.client, "RST", window=0, ip_id=0)


the_segment_that_it_answers_is_missing.story = {"trip": 0.02, "server_ttl": 50, "rounds": 8}


@case(never=["forged", "killed"])
def bare_abort_that_crosses_a_question(story):
    """NetScaler aborts idle connections with a RST without ACK and a code in the window (9854), from the server's distance.

    It is under way when the client asks: 4 ms after the question, 20 ms from the server. It answers nothing: a host
    without the connection announces no window. (The client had delayed its ACK of the last answer.)
    """
    story.capture.frames.pop()
    story.at(70, story.client > story.server, "PSH,ACK", data=b"q" * 100)
    story.at(70.004, story.server > story.client, "RST", window=9854)


bare_abort_that_crosses_a_question.story = {"trip": 0.02, "server_ttl": 50, "rounds": 8}


# --- resets: two places -----------------------------------------------------------------------------------------------


@case(never=["forged", "forged for certain"])
def the_near_capture_ends_right_before_the_reset(story):
    """Two captures merged. The one at the server ends (its file is full) before the server's own RST, which the other shows.

    Nothing at all is seen at the server's place afterwards: that the RST was not seen there shows nothing.
    """
    story.two_places_of_server()
    story.at(5, story.server > story.client, "RST,ACK", interface=1, ttl=57)
    story.bystander(8, interface=1)


the_near_capture_ends_right_before_the_reset.story = {"rounds": 0, "server_ttl": 58}


@case(never=["forged for certain"])
def the_near_capture_loses_packets(story):
    """The SPAN port at the server loses packets: four of the server's segments were seen at the far place only.

    So was its RST, from its own distance. A place that loses packets proves nothing by one more.
    """
    story.two_places_of_server(lossy=True)
    story.at(5, story.server > story.client, "RST,ACK", interface=1, ttl=57)
    story.bystander(6, interface=0)
    story.bystander(8, interface=1)


the_near_capture_loses_packets.story = {"rounds": 0, "server_ttl": 58}


@case(never=["not a firewall"])
def both_places_before_the_firewall(story):
    """Captured in a container and on its host: every segment passes both, long before the firewall on the way.

    Idle for 400 s, then nothing comes back, while the server answers elsewhere. That the segments passed between the two
    places says nothing about the rest of the way.
    """
    story.two_places_of_client(400)
    story.other(410)
    story.other(440)


both_places_before_the_firewall.story = {"rounds": 0}


@case(never=["killed for certain"])
def an_outage_between_the_two_places(story):
    """Captures at both ends of a WAN link, merged. The link breaks in a quiet of 3 s and stays broken to the end.

    At the far place only the local traffic there goes on. Seen here, never there: dropped between, but by no timer of 3 s.
    """
    story.two_places_of_client(5, lost=True)
    for time in (6, 12, 40, 70):
        story.bystander(time, interface=1)


an_outage_between_the_two_places.story = {"rounds": 0}


@case(never=["killed for certain"])
def a_content_rule_between_the_two_places(story):
    """The device between the two places is an intrusion prevention: it drops this one request, after a pause of 2 s."""
    story.two_places_of_client(4, lost=True)
    story.other_two_places(10)


a_content_rule_between_the_two_places.story = {"rounds": 0}


@case(never=["killed for certain", "lost for certain"])
def a_broken_way_between_the_two_places(story):
    """The same in a quiet of 400 s, which timers of 350 s would explain: but nothing else passed between the places either."""
    story.two_places_of_client(400, lost=True)
    for time in (401, 410, 440, 470):
        story.bystander(time, interface=1)


a_broken_way_between_the_two_places.story = {"rounds": 0}


@case(must=["killed for certain"])
def a_timer_between_the_two_places(story):
    """After 400 s of quiet the copies come in and never go out, while another connection passes both places."""
    story.two_places_of_client(400, lost=True)
    story.other_two_places(401)


a_timer_between_the_two_places.story = {"rounds": 0}


@case(must=["lost for certain"], never=["killed", "killed, perhaps"])
def an_intrusion_prevention_drops_a_busy_half_close(story):
    """The server has closed its half, the client uploads on. 3 s later the device between the places drops what it sends.

    Dropped in between, that is certain. But nothing had paused, and no timer is known that ends 3 s after a FIN.
    """
    story.two_places_of_client(200, lost=True)
    story.capture.frames = [stored for stored in story.capture.frames if stored.time < 100]
    client, server = story.client, story.server
    client.next_seq -= 4
    story.twice(2, server > client, "FIN,ACK", nearer=1, ttl=58)
    for number in range(15):
        story.twice(2.01 + number / 5, client > server, "PSH,ACK", data=b"q" * 50, nearer=0, ttl=64)
        story.twice(2.011 + number / 5, server > client, "ACK", nearer=1, ttl=58)
    story.copies(5, client > server)
    story.other_two_places(6)


an_intrusion_prevention_drops_a_busy_half_close.story = {"rounds": 0}


@case(never=["forged for certain"])
def the_near_capture_loses_the_reset_only(story):
    """The server's own RST; the capture at the server has lost this one packet and no other."""
    story.two_places_of_server()
    story.at(5, story.server > story.client, "RST,ACK", interface=1, ttl=57)
    story.other_two_places(6)


the_near_capture_loses_the_reset_only.story = {"rounds": 0, "server_ttl": 58}


# --- who lives behind an address ------------------------------------------------------------------------------------------


@case(must=["killed, perhaps"], never=["killed"])
def a_colleague_behind_the_same_translator(story):
    """A laptop behind an office's public address is closed; 400 s later the server pushes to it and hears nothing.

    A colleague behind the same address, with the same distance, works on. That is no sign of life of the laptop.
    """
    story.copies(400, story.server > story.client)
    story.other(410)
    story.other(440)


a_colleague_behind_the_same_translator.story = {"client": "203.0.113.7:40000", "client_ttl": 116, "trip": 0.02}


@case(must=["killed", "another host is not excluded"], never=["killed for certain"])
def a_client_with_an_address_of_its_own(story):
    """The same with a private address, which is mostly one host's: likely, and it is said what would excuse the firewall."""
    story.copies(400, story.server > story.client)
    story.other(410)
    story.other(440)


@case(never=["killed"])
def the_same_port_again_after_two_copies(story):
    """After 400 s of quiet two copies in 0.2 s, then a SYN from the same port, and the server answers for the old connection.

    It never got the copies. An interruption of half a second shows the same.
    """
    story.copies(400, story.client > story.server, times=LINUX[:2])
    fresh, old = story.reborn()
    story.at(400.4, fresh > old, "SYN")
    story.at(400.4005, old > fresh, "ACK", **story.old_numbers())


@case(must=["not a firewall"], never=["killed"])
def one_server_over_a_trunk(story):
    """A router's trunk: the clients' packets in VLAN 10, the server's in VLAN 20. The server loses its power at 45 s.

    A connection that it had opened itself falls silent in the middle of an exchange; so the half-closed one died of the same.
    """
    client, server = story.client, story.server
    story.at(0, client > server, "SYN", vlan=10)
    story.at(0.0005, server > client, "SYN,ACK", vlan=20)
    story.at(0.0006, client > server, "ACK", vlan=10)
    story.at(1, server > client, "FIN,ACK", vlan=20)
    story.at(1.0005, client > server, "ACK", vlan=10)
    other = story.capture.connection(f"{server.address}:50001", f"{client.address}:22")
    other.client.ttl, other.server.ttl = server.ttl, client.ttl
    story.at(2, other.client > other.server, "SYN", vlan=20)
    story.at(2.0005, other.server > other.client, "SYN,ACK", vlan=10)
    story.at(2.0006, other.client > other.server, "ACK", vlan=20)
    for time in range(3, 46):
        story.at(time, other.client > other.server, "PSH,ACK", data=b"status", vlan=20)
        story.at(time + 0.0005, other.server > other.client, "PSH,ACK", data=b"thanks", vlan=10)
        story.at(time + 0.001, other.client > other.server, "ACK", vlan=20)
    story.copies(45.2, other.server > other.client, vlan=10)
    story.copies(46, client > server, vlan=10)


one_server_over_a_trunk.story = {"midstream": True, "rounds": 0}


@case(never=["killed"])
def a_gateway_answers_keep_alives_elsewhere(story):
    """The server, 6 hops away, loses its power. A gateway 2 hops away answers keep-alives in its name, in every connection."""
    near, far = story.other(1)
    for time in (60, 120, 180, 240, 300, 360, 405, 415, 425):
        probe = story.packet_before(near > far)
        story.at(time, near > far, "ACK", seq=probe.seq)
        story.at(time + 0.0003, far > near, "ACK", ttl=62)
    story.at(30, story.client > story.server, "ACK", seq=story.packet_before(story.client > story.server).seq)
    story.at(30.0003, story.server > story.client, "ACK", ttl=62)
    story.copies(400, story.client > story.server)


@case(must=["killed"], never=["not a firewall"])
def a_stray_segment_without_ack(story):
    """A plain kill, and afterwards a segment in the server's name without an ACK bit: its acknowledgement field says nothing."""
    story.copies(400, story.client > story.server)
    story.other(410)
    story.other(440)
    story.at(470, story.server > story.client, "PSH", data=b"x", ack=story.client.next_seq)


@case(must=["killed"])
def a_healthy_upload_of_large_segments_beside_it(story):
    """A large segment is lost for good after 400 s of quiet. Another connection uploads large ones, each pair acknowledged."""
    story.talk(story.client, story.server, 1, 3, size=1400)
    story.copies(400, story.client > story.server, data=b"l" * 1400)
    near, far = story.other(402)
    for number in range(500):
        time = 403 + number / 20
        story.at(time, near > far, "PSH,ACK", data=b"u" * 1400)
        story.at(time + 0.001, near > far, "PSH,ACK", data=b"u" * 1400)
        story.at(time + 0.021, far > near, "ACK")


@case(must=["path MTU"], never=["lost", "killed", "killed, perhaps"])
def two_uploads_into_a_new_tunnel(story):
    """At 3 s a tunnel comes into the path. Two uploads lose their large segments from then on, a third passes small ones."""
    client, server = story.client, story.server
    near, far = story.other(1)
    small, peer = story.other(1.5, rounds=0)
    story.talk(client, server, 2, 10, size=1400)
    story.talk(near, far, 2.05, 10, size=1400)
    story.talk(small, peer, 2.07, 300, size=80)
    story.copies(3.02, client > server, data=b"l" * 1400)
    story.copies(3.06, near > far, data=b"l" * 1400)


@case(must=["nothing arrives"], never=["killed", "killed, perhaps", "lost", "not a firewall"])
def the_ack_of_the_handshake_is_dropped(story):
    """Asymmetric routing past a stateful firewall: the SYN went through it, the ACK and all that follows is dropped.

    The server repeats its SYN-ACK. It is alive, and hears nothing; a full accept queue looks the same.
    """
    client, server = story.client, story.server
    story.open(client, server, 0)
    story.copies(0.01, client > server, times=(0, 0.3, 0.9, 2.1, 4.5, 9.3, 19, 38))
    for time in (1, 3, 7, 15):
        story.at(time, server > client, "SYN,ACK", seq=0, ack=1)
        story.at(time + 0.0001, client > server, "ACK")


the_ack_of_the_handshake_is_dropped.story = {"midstream": True, "rounds": 0}


@case(never=["anything"])
def two_captures_with_clocks_far_apart(story):
    """A log line each 3 s, each acknowledged. The captures of both ends are merged, and their clocks are 40 s apart."""
    client, server = story.client, story.server
    packets = []
    for number in range(30):
        time = 1 + 3 * number
        packets.append((time, story.at(time, server > client, "PSH,ACK", data=b"line")))
        packets.append((time + 0.0005, story.at(time + 0.0005, client > server, "ACK")))
    for time, packet in packets:
        story.again(time + 40, packet, interface=1, ttl=packet.ttl - 1)


two_captures_with_clocks_far_apart.story = {"rounds": 0}


# --- acquittals that go too far -----------------------------------------------------------------------------------------


@case(never=["not a firewall, for certain"])
def a_device_right_beside_the_host_resets(story):
    """A virtual wire right in front of the closer, without a hop of its own, resets what comes 130 s after the FIN.

    It has the host's distance and its round trip. The packets are those of the host; so the acquittal cannot be certain.
    """
    story.half_close(1, story.client > story.server)
    story.at(131, story.server > story.client, "PSH,ACK", data=b"late")
    story.at(131.02, story.client > story.server, "RST", window=0, ip_id=0)


a_device_right_beside_the_host_resets.story = {"mirrored": 0.02}


@case(never=["not a firewall, for certain"])
def reset_at_the_idle_timer_of_a_cloud(story):
    """240.02 s after the last packet a RST in the server's name, from its own distance: a load balancer that stands for it."""
    story.at(240.42, story.server > story.client, "RST,ACK")


@case(must=["host resets late data"], never=["killed"])
def closed_and_reset_by_its_own_host(story):
    """The commonest of all: close() with data still coming, the host's own RST at once."""
    story.half_close(1, story.client > story.server)
    story.at(1.2, story.server > story.client, "PSH,ACK", data=b"late")
    story.at(1.2001, story.client > story.server, "RST", window=0, ip_id=0)


@case(never=["restarted", "killed"])
def the_fin_was_before_the_capture(story):
    """The capture begins after the server's close; then the client speaks, and the server's host resets.

    Whether it had closed or restarted was before the capture.
    """
    story.at(1, story.server > story.client, "ACK")
    story.at(20, story.client > story.server, "PSH,ACK", data=b"late")
    story.at(20.0006, story.server > story.client, "RST", window=0, ip_id=0)


the_fin_was_before_the_capture.story = {"midstream": True, "rounds": 0}


@case(never=["anything"])
def accept_queue_overflow_with_abort(story):
    """tcp_abort_on_overflow: the server answers the last ACK of the handshake with a bare RST."""
    story.at(0.0006, story.server > story.client, "RST", window=0, ip_id=0)


accept_queue_overflow_with_abort.story = {"rounds": 0}


@case(never=["killed", "killed, perhaps", "not a firewall"])
def accept_queue_overflow_without_abort(story):
    """The server drops the last ACK of the handshake and repeats its SYN-ACK; the client's request is not taken.

    The server is heard all the time, so that no path was interrupted, and it has answered nothing in the end.
    """
    first = story.at(0.01, story.client > story.server, "PSH,ACK", data=b"q")
    for number, later in enumerate((1, 3, 7, 15, 31)):
        story.at(later, story.server > story.client, "SYN,ACK", seq=0, ack=1)
        story.at(later + 0.00002, story.client > story.server, "ACK")
        story.again(later + 0.3, first, ip_id=900 + number)
    for later in (40, 53):
        story.again(later, first, ip_id=1000 + later)


accept_queue_overflow_without_abort.story = {"rounds": 0}


@case(never=["killed", "killed, perhaps", "not a firewall"])
def application_pings_answered(story):
    """HTTP/2 pings each 45 s, answered, for an hour, then an orderly close: nothing to say."""
    end = story.talk(story.client, story.server, 45, 80, every=45, size=17)
    story.close(end + 1)


@case(never=["killed", "killed, perhaps"])
def the_last_ack_was_lost(story):
    """Closed in order by both; the last ACK is lost, its sender's machine is switched off: the FIN is repeated."""
    story.at(20, story.client > story.server, "FIN,ACK")
    story.at(20.0005, story.server > story.client, "ACK")
    first = story.at(20.01, story.server > story.client, "FIN,ACK")
    for number, later in enumerate(LINUX[1:]):
        story.again(20.01 + later, first, ip_id=3000 + number)


@case(must=["killed"])
def killed_long_after_an_outage(story):
    """An outage of 7 s at the beginning, repaired. Then 400 s of quiet and a plain kill, with signs of life.

    What was repaired does not explain the death: "not a firewall" is false.
    """
    first, _ = story.copies(10, story.client > story.server, times=LINUX[:6])
    story.again(16.7, first, ip_id=11111)
    story.at(16.7005, story.server > story.client, "ACK")
    story.talk(story.client, story.server, 17, 3)
    story.copies(420, story.client > story.server)
    story.other(430)
    story.other(450)


@case(must=["killed"])
def killed_long_after_a_closed_window(story):
    """The server's window is closed for 25 s, and opens. Then 400 s of quiet and a plain kill, with signs of life."""
    for number in range(8):
        story.again(5 + 4 * number, story.packet_before(story.client > story.server))
        story.at(5.0005 + 4 * number, story.server > story.client, "ACK", window=0)
    story.at(34, story.server > story.client, "ACK")
    story.talk(story.client, story.server, 35, 3)
    story.copies(440, story.client > story.server)
    story.other(450)
    story.other(470)


@case(never=["not a firewall"])
def keep_alives_answered_by_a_device(story):
    """Half-closed by the client. A satellite gateway two hops away (hop limit 62, the server's 58) answers its keep-alives.

    The server behind it may be long gone: they do not show that its host works.
    """
    story.half_close(1, story.client > story.server)
    for time in range(15, 120, 15):
        story.again(time, story.packet_before(story.client > story.server))
        story.at(time + 0.0002, story.server > story.client, "ACK", ttl=62)


@case(must=["the host may have slept"])
def suspended_and_resumed(story):
    """The server's virtual machine is suspended for 50 s and answers the copy after that. The path was never interrupted.

    No firewall, that is right. But whether the path or the host was away the packets do not tell, and it has to be said.
    """
    first, _ = story.copies(10, story.client > story.server, times=LINUX[:9])
    story.again(63.5, first, ip_id=11111)
    story.at(63.5005, story.server > story.client, "ACK")
    story.close(65)


@case(never=["lost", "killed"])
def restarted_host_rejects_in_mid_traffic(story):
    """The client restarts within a minute; its own firewall, at its own address, answers the server with ICMP 3/10."""
    packet = story.at(70, story.server > story.client, "PSH,ACK", data=b"late")
    story.icmp(70.0006, packet, 10, story.client.address)
    again = story.again(70.2, packet, ip_id=4242)
    story.icmp(70.2006, again, 10, story.client.address)


@case(never=["killed"])
def the_path_takes_only_small_packets_since(story):
    """In 400 s of quiet a tunnel has come into the path. Segments of 1460 bytes passed before and are lost now.

    Another connection shows it: its small segments pass, its large ones are repeated at the same time.
    """
    story.talk(story.client, story.server, 1, 3, size=1460)
    story.copies(402, story.client > story.server, data=b"x" * 1460)
    near, far = story.other(405)
    story.copies(406, near > far, data=b"y" * 1460)
    story.other(425)


# --- deaths with evidence ------------------------------------------------------------------------------------------------


@case(must=["killed"], never=["killed for certain"])
def idle_kill_of_a_close(story):
    """A pool closes a connection idle for an hour and more; the FIN is never answered. The server answers elsewhere."""
    first = story.at(3700, story.client > story.server, "FIN,ACK")
    for number, later in enumerate(LINUX[1:]):
        story.again(3700 + later, first, ip_id=3000 + number)
    story.other(3705)
    story.other(3740)


@case(must=["killed, perhaps"], never=["killed for certain", "nothing was heard"], one_pass=False)
def idle_kill_of_an_impatient_application(story):
    """400 s idle; the driver gives up after 10 s, aborts and connects anew, which is answered at once (JDBC).

    A timer, or an outage of 10 s. But the server has been heard since, and the reason must not deny it.
    """
    story.copies(400, story.client > story.server, times=LINUX[:7])
    story.at(410, story.client > story.server, "RST,ACK")
    story.other(410.1)


@case(must=["killed"])
def idle_kill_shown_by_keep_alives(story):
    """After two hours Linux sends nine keep-alives, 75 s apart, and gives up. The server is heard elsewhere all the time."""
    for number in range(9):
        story.again(7200 + 75 * number, story.packet_before(story.client > story.server))
    for time in range(7210, 7900, 50):
        story.other(time)
    story.at(7875, story.client > story.server, "RST,ACK")


@case(must=["killed", "interval of a known timer"])
def idle_kill_begun_in_the_middle(story):
    """The capture begins in the middle of the connection; both ends are seen to talk, then 400 s of quiet and the kill."""
    story.copies(400, story.client > story.server)
    story.other(410)
    story.other(440)


idle_kill_begun_in_the_middle.story = {"midstream": True}


@case(must=["dead"])
def probes_of_a_closed_window_go_unanswered(story):
    """The server's window closes; two probes are answered, the next nine over 500 s are not. Somebody died there."""
    story.at(5, story.server > story.client, "ACK", window=0)
    probe = story.packet_before(story.client > story.server)
    for time in (5.2, 5.7):
        story.again(time, probe)
        story.at(time + 0.0005, story.server > story.client, "ACK", window=0)
    for number, time in enumerate((7, 9, 14, 23, 41, 77, 150, 270, 390, 510)):
        story.again(time, probe, ip_id=5000 + number)


@case(must=["dead"], never=["killed", "lost"])
def only_one_direction_dies(story):
    """The firewall drops only what the server sends. Captured at the server: it repeats its answer for 54 s in vain, and
    the client's question, whose acknowledgement never arrives, comes again and again.
    """
    question = story.at(400, story.client > story.server, "PSH,ACK", data=b"q" * 100)
    answer = story.at(400.01, story.server > story.client, "PSH,ACK", data=b"a" * 100)
    for number, later in enumerate(LINUX[1:]):
        story.again(400.2 + later, question, ip_id=6000 + number)
        story.at(400.2001 + later, story.server > story.client, "ACK", options=[])
        story.again(400.3 + later, answer, ip_id=26000 + number)
    story.other(410)
    story.other(440)


# --- the test --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", parameters())
def test_what_is_said(wireshark, each):
    """Two passes: what must be said is said. Both ways: what must never be said is not."""
    story = Story(**getattr(each.build, "story", {}))
    each.build(story)
    path = story.write(wireshark)
    final = seen_by(wireshark, path, each, story.stream, "-2")
    wrong = [saying for saying in each.never if SAYINGS[saying](final)]
    missing = [saying for saying in each.must if not SAYINGS[saying](final)]
    at_once = seen_by(wireshark, path, each, story.stream)
    hasty = [saying for saying in each.never if SAYINGS[saying](at_once)] if each.one_pass else []
    if wrong or missing or hasty:
        raise Misjudged(f"said: {wrong}, said in one pass: {hasty}, not said: {missing}\n"
                        f"two passes: {final}\none pass: {at_once}")


@pytest.mark.parametrize("each", [pytest.param(each, id=each.name) for each in CASES])
def test_the_capture_is_sound(wireshark, each):
    """A case with a damaged packet, or without its connection, would show nothing."""
    story = Story(**getattr(each.build, "story", {}))
    each.build(story)
    fields = ["tcp.stream", "tcp.checksum.status", "ip.checksum.status", "_ws.malformed"]
    packets = wireshark.fields(story.write(wireshark), fields, "-o", "tcp.check_checksum:TRUE", "-o",
                               "ip.check_checksum:TRUE")
    assert any(packet["tcp.stream"][:1] == [story.stream] for packet in packets)
    for packet in packets:
        # Of a segment quoted in an ICMP error only the beginning is there: its checksum cannot be checked.
        assert packet["tcp.checksum.status"][:1] in (["1"], ["2"], []), packet
        assert "0" not in packet["ip.checksum.status"] and not packet["_ws.malformed"], packet


def test_every_saying_is_used():
    """A saying that no case mentions would be tested by nobody."""
    assert set(SAYINGS) == {saying for each in CASES for saying in (*each.never, *each.must)}
