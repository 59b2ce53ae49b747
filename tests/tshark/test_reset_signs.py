"""The page docs/resets.md: every line is true of its sample, and no longer once the sign is taken away.

What is expected is worked out by hand, beside each test, from the packets (TTLs, times, numbers), from RFC 9293 and
from the truth files, which know who sent each RST because they know the script.
"""

import dataclasses
import json
import re

import pytest
from conftest import CAPTURES, REPOSITORY, VALUES
from edit import Sample
from pcapng import ACK, RST, Capture

PAGE = REPOSITORY / "docs" / "resets.md"
FIREWALL = CAPTURES / "firewall"
LAB = CAPTURES / "lab"

FIELDS = ["frame.time_epoch", "tcp.srcport", "tcp.dstport", "tcpstate.sender", "tcpstate.states", "tcpstate.reset.cause",
          "tcpstate.reset.origin", "tcpstate.reset.acceptance", "tcpstate.verdict", "tcpstate.verdict.confidence",
          "tcpstate.verdict.reason", "tcpstate.half_open", "tcpstate.close.kind", "tcpstate.killed"]

NONE, IDLE, HALF_CLOSED, FORGED, REJECTED, HOST_RESETS = "0", "2", "1", "4", "5", "10"  # tcpstate.verdict
POSSIBLE, LIKELY, CERTAIN = "2", "3", "4"  # tcpstate.verdict.confidence


# --- the page ------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Line:
    """A row of a table on the page."""

    statement: str
    sample: str
    frames: tuple
    options: tuple
    filter: str


def page_lines():
    found = []
    for row in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        link = re.search(r"\]\(\.\./captures/([^)]+)\), frames? ([\d, ]+)", row)
        if row.startswith("|") and link:
            options = tuple(word for option in re.findall(r"`-o ([^`]+)`", cells[2]) for word in ("-o", option))
            frames = tuple(int(number) for number in re.findall(r"\d+", link.group(2)))
            found.append(Line(cells[0].strip("| "), link.group(1), frames, options, cells[3].strip("`| ")))
    return found


LINES = page_lines()


def test_the_page_has_its_lines():
    """A table that the reader above does not understand would be tested by nobody."""
    rows = [row for row in PAGE.read_text().splitlines() if row.startswith("|") and not row.startswith("|---")]
    headings = [row for row in rows if "| sample | filter |" in row]
    assert len(headings) == 4 and len(LINES) == len(rows) - len(headings)
    causes = {line.statement for line in LINES} & set(VALUES["tcpstate.reset.cause"].values())
    assert len(causes) == len(VALUES["tcpstate.reset.cause"]) - 2  # the two that the test makes, below


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.statement)
def test_a_line_of_the_page(wireshark, line):
    """The filter finds the frames that are named, and no others."""
    packets = wireshark.fields(CAPTURES / line.sample, [], "-2", *line.options, "-Y", f"tcp.flags.reset && {line.filter}")
    assert tuple(int(packet["frame.number"][0]) for packet in packets) == line.frames


@pytest.mark.parametrize("line", [line for line in LINES if line.sample.startswith("firewall/")],
                         ids=lambda line: line.statement)
def test_a_line_agrees_with_the_truth(wireshark, line):
    """What the page says of a RST is what the script did: its origin exactly, its cause among those that it can have."""
    name, side, _ = line.sample.removeprefix("firewall/").split(".")
    truth = json.loads((FIREWALL / f"{name}.truth.json").read_text())
    packets = wireshark.fields(CAPTURES / line.sample, FIELDS, "-2", *line.options)
    for packet in (packets[frame - 1] for frame in line.frames):
        time = int(packet["frame.time_epoch"][0].replace(".", ""))
        origin, = (seen["origin"] for seen in truth["resets_seen"] if (seen["at"], seen["time"]) == (side, time))
        assert VALUES["tcpstate.reset.origin"][int(packet["tcpstate.reset.origin"][0])] == origin
        sender = VALUES["tcpstate.sender"][int(packet["tcpstate.sender"][0])]
        ports = {int(packet[f"tcp.{end}port"][0]) for end in ("src", "dst")}
        causes, = (each["causes"] for each in truth["resets"]
                   if each["sender"] == sender and {each["client_port"], each["server_port"]} == ports)
        assert VALUES["tcpstate.reset.cause"][int(packet["tcpstate.reset.cause"][0])] in causes


# --- the sign removed, or put on -----------------------------------------------------------------------------


@pytest.fixture
def see(wireshark):
    """Reads a changed sample in two passes; gives a function from a frame's number in the sample to its packet."""

    def read(sample, *preferences):
        path = wireshark.new("changed.pcapng")
        sample.write(path)
        wireshark.give(path)
        options = [word for preference in preferences for word in ("-o", f"tcpstate.{preference}")]
        packets = wireshark.fields(path, [*FIELDS, "tcp.checksum.status", "ip.checksum.status"], "-2", *options,
                                   "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
        return lambda number: Seen(packets[sample.place(number) - 1])

    return read


class Seen:
    """What stands at a packet, by name."""

    def __init__(self, packet):
        self.packet = packet

    def value(self, field):
        values = self.packet[f"tcpstate.{field}"]
        return values[0] if values else None

    def named(self, field):
        value = self.value(field)
        return VALUES[f"tcpstate.{field}"][int(value)] if value is not None else None

    @property
    def cause(self):
        return self.named("reset.cause")

    @property
    def origin(self):
        return self.named("reset.origin")

    @property
    def acceptance(self):
        return self.named("reset.acceptance")

    @property
    def verdict(self):
        """The verdict and how sure it is; none without one."""
        return self.value("verdict"), self.value("verdict.confidence")

    @property
    def reason(self):
        return " ".join(self.packet["tcpstate.verdict.reason"])


def firewall(name):
    return Sample.read(FIREWALL / f"{name}.pcapng")


def last(sample):
    return sample.frames[-1].number


NO_VERDICT = (NONE, None)
EDITED = [
    ("spoofed-exact-to-client.client", 19), ("rejected-by-reset-from-elsewhere.client", 18),
    ("reset-by-rule-server-sends-distant.server", 20), ("late-data-client-closes-past-clock.server", 20)]


@pytest.mark.parametrize(("name", "frame"), EDITED)
def test_an_edit_is_the_only_difference(wireshark, tmp_path, name, frame):
    """Written unchanged, a sample keeps every byte and time; a changed TTL keeps the checksums right."""
    sample = firewall(name)
    again = Sample.read(sample.write(tmp_path / "again.pcapng"))
    assert [(each.time, each.data) for each in again.frames] == [(each.time, each.data) for each in sample.frames]
    sums = ["ip.checksum.status", "ip.ttl", "ip.id"]
    sample.hop_limit(frame, 200)
    sample.identification(frame, 0xABCD)
    path = wireshark.new("edited.pcapng")
    sample.write(path)
    wireshark.give(path)
    check = ["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"]
    was, now = (wireshark.fields(each, sums, *check) for each in (FIREWALL / f"{name}.pcapng", path))
    assert now[frame - 1] == {"frame.number": [str(frame)], "ip.checksum.status": ["1"], "ip.ttl": ["200"],
                              "ip.id": ["0xabcd"]}
    assert was[:frame - 1] + was[frame:] == now[:frame - 1] + now[frame:]


class TestDistance:
    """Three hops or more: strong. One or two: weak, a second sign is needed. None: the host's own place."""

    # The server's packets come with 63 (one hop away), the RST with 100 (28 hops), 0.61 s after the client's last.
    SPOOFED = "spoofed-exact-to-client.client"
    # The client's own come with 63, one hop away, and so does its RST, which is the host's.
    LATE = "late-data-client-closes-past-clock.server"

    def test_removed_the_server_s_later_data_still_shows_it(self, see):
        """Frame 20 is the server's, 0.3 s after "its" RST: now that is the only sign, and it suffices."""
        sample = firewall(self.SPOOFED)
        sample.hop_limit(19, 63)
        reset = see(sample)(19)
        assert (reset.origin, reset.verdict) == ("middlebox", (FORGED, LIKELY))
        assert "hop limit" not in reset.reason and "went on after it (frame 20)" in reset.reason

    def test_removed_with_all_that_follows(self, see):
        """The RST has the server's hop count and the exact number, and is the last packet: nobody is accused."""
        sample = firewall(self.SPOOFED)
        sample.hop_limit(19, 63)
        sample.drop_after(19)
        reset = see(sample)(19)
        assert (reset.origin != "middlebox", reset.verdict) == (True, NO_VERDICT)
        assert reset.acceptance == "accepted"

    @pytest.mark.parametrize(("hop_limit", "origin"), [
        (62, "unknown"), (61, "unknown"), (126, "unknown"), (125, "unknown"), (124, "middlebox"), (250, "middlebox")])
    def test_the_threshold(self, see, hop_limit, origin):
        """The server is one hop away. 62 and 126 are two, 61 and 125 three: routing, perhaps. 124 is four, 250 five."""
        sample = firewall(self.SPOOFED)
        sample.drop_after(19)
        sample.hop_limit(19, hop_limit)
        reset = see(sample)(19)
        assert (reset.origin, reset.verdict) == (origin, (FORGED, LIKELY) if origin == "middlebox" else NO_VERDICT)

    def test_refused_from_the_server_s_own_distance(self, see):
        """The server's packets come with 123; a RST to the SYN with 123 is a closed port, and no verdict."""
        sample = firewall("rejected-by-reset-from-elsewhere.client")
        sample.hop_limit(18, 123)
        reset = see(sample)(18)
        assert (reset.cause, reset.origin, reset.verdict) == ("refused", "endpoint", NO_VERDICT)

    def test_refused_by_a_host_never_seen_before(self, see):
        """The same RST without the connection before it: no baseline, no accusation."""
        sample = firewall("rejected-by-reset-from-elsewhere.client")
        sample.drop(*range(1, 17))
        reset = see(sample)(18)
        assert (reset.cause, reset.origin, reset.verdict) == ("refused", "unknown", NO_VERDICT)

    def test_after_a_fin_the_accusation_becomes_an_acquittal(self, see):
        """TCP wait of 3 s, data after 3.6 s. From 64 where the server has 123: the firewall. From 123: the server's host."""
        sample = firewall("half-closed-server-closes-reset-from-elsewhere.client")
        reset = see(sample, "half_closed_timeout:3")(20)
        assert (reset.cause, reset.verdict, reset.value("killed")) == ("after idle expiry", (HALF_CLOSED, LIKELY), "1")
        sample.hop_limit(20, 123)
        reset = see(sample, "half_closed_timeout:3")(20)
        assert (reset.cause, reset.origin) == ("answer to late data after close", "endpoint")
        assert (reset.verdict[0], reset.value("killed")) == (HOST_RESETS, None)

    def test_before_the_clock_no_timer_is_blamed(self, see):
        """The same RST from elsewhere, where the clock is longer (30 s) than the 3.6 s: forged, and no timer."""
        reset = see(firewall("half-closed-server-closes-reset-from-elsewhere.client"))(20)
        assert (reset.cause, reset.verdict, reset.value("killed")) == ("forged by a middlebox", (FORGED, LIKELY), None)

    def test_put_on_a_host_s_reset(self, see):
        """A host's own late-data reset, but from 28 hops away: the acquittal goes."""
        sample = firewall(self.LATE)
        assert see(sample)(20).verdict == (HOST_RESETS, LIKELY)
        sample.hop_limit(20, 100)
        reset = see(sample)(20)
        assert (reset.cause, reset.origin, reset.verdict) == ("forged by a middlebox", "middlebox", (FORGED, LIKELY))

    def test_one_hop_off_needs_a_second_sign(self, see):
        """64 instead of 63 may be routing: nobody is named. With the identification of frame 19 (0x7fa9) copied, it is not."""
        sample = firewall(self.LATE)
        sample.hop_limit(20, 64)
        assert see(sample)(20).origin == "unknown"
        sample.identification(20, 0x7FA9)
        reset = see(sample)(20)
        assert (reset.origin, reset.verdict) == ("middlebox", (FORGED, LIKELY))
        assert "identification is copied" in reset.reason

    def test_a_copied_identification_alone(self, see):
        """At the host's own distance the same number is a coincidence of two counters."""
        sample = firewall(self.LATE)
        sample.identification(20, 0x7FA9)
        assert see(sample)(20).origin == "endpoint"

    def test_several_distances_of_one_host(self, see):
        """Two paths: half of the client's packets come over four hops more. A RST over either is the client's."""
        for hop_limit in (63, 59):
            sample = firewall(self.LATE)
            for number in (4, 8, 11, 13, 16):  # five of its ten packets, 1 3 4 7 8 10 12 14 16 17
                if sample[number].source == sample[1].source:
                    sample.hop_limit(number, 59)
            sample.hop_limit(20, hop_limit)
            assert see(sample)(20).origin == "endpoint", hop_limit

    def test_too_few_other_packets(self, see):
        """Two packets of the client beside its SYN, in the lab's sample: not known, and the verdict only possible."""
        sample = Sample.read(LAB / "client-orphan-late-data.server.pcapng")
        reset = see(sample)(7)
        assert (reset.cause, reset.origin) == ("answer to late data after close", "unknown")
        assert reset.verdict == (HOST_RESETS, POSSIBLE)
        sample.hop_limit(7, 128)  # far away, if there were a baseline
        assert see(sample)(7).origin == "unknown"


class TestRoundTrip:
    """Faster than half the round trip. The client is 20 ms away; frame 20 answers frame 19 after 54 us, from 64 for 63."""

    RULE = "reset-by-rule-server-sends-distant.server"

    @pytest.mark.parametrize(("milliseconds", "origin"), [(1, "middlebox"), (9, "middlebox"), (11, "unknown"), (21, "unknown")])
    def test_delayed(self, see, milliseconds, origin):
        """Half of 20.4 ms is 10.2 ms. Later than that only the one hop of difference is left, which is routing."""
        sample = firewall(self.RULE)
        sample.delay(20, milliseconds / 1000)
        reset = see(sample)(20)
        assert (reset.origin, reset.verdict) == (origin, (FORGED, LIKELY) if origin == "middlebox" else NO_VERDICT)

    def test_alone(self, see):
        """From the client's own distance: still too fast, likely."""
        sample = firewall(self.RULE)
        sample.hop_limit(20, 63)
        reset = see(sample)(20)
        assert (reset.origin, reset.verdict) == ("middlebox", (FORGED, LIKELY))

    def test_with_a_distance_it_is_certain(self, see):
        sample = firewall(self.RULE)
        sample.hop_limit(20, 100)
        reset = see(sample)(20)
        assert (reset.origin, reset.verdict) == ("middlebox", (FORGED, CERTAIN))
        assert "faster than half" in reset.reason and "hop limit 100" in reset.reason
        sample.delay(20, 0.021)
        assert see(sample)(20).verdict == NO_VERDICT, "farther away than the host, and as late: the path may have changed"

    def test_too_few_round_trips(self, see):
        """Only the handshake and two exchanges: a round trip, but no smallest one to rely on."""
        sample = firewall(self.RULE)
        sample.drop(*range(10, 19))
        assert see(sample)(20).origin == "unknown"

    def test_after_the_timer_a_hop_is_a_second_sign(self, see):
        """4.5 s of quiet with a timer of 4 s. Delayed, from 64 for 63: still not the host's; from 63: it is."""
        sample = firewall("idle-server-speaks-reset-distant.server")
        sample.delay(18, 0.025)
        reset = see(sample, "idle_timeout:4")(18)
        assert (reset.cause, reset.origin) == ("after idle expiry", "middlebox")
        assert "faster" not in reset.reason
        sample.hop_limit(18, 63)
        reset = see(sample, "idle_timeout:4")(18)
        assert (reset.cause, reset.origin) == ("half-open peer answers", "endpoint")
        assert reset.verdict == NO_VERDICT and reset.value("killed") is None


class TestWhatHappensNext:
    # The forger has the server's own TTL. Frame 20 is 300 new bytes of the server, 0.3 s later, frame 21 the RST for them.
    SAME = "spoofed-exact-to-client-same-ttl.client"

    def test_the_alleged_sender_says_nothing_more(self, see):
        sample = firewall(self.SAME)
        assert see(sample)(19).verdict == (FORGED, LIKELY)
        sample.drop(20, 21)
        reset = see(sample)(19)
        assert reset.origin != "middlebox" and reset.verdict == NO_VERDICT

    def test_the_alleged_sender_only_repeats_itself(self, see):
        """A repetition that the RST overtook by 50 us: what frame 17 brought is no news, and accuses nobody."""
        sample = firewall(self.SAME)
        sample.drop(21)
        sample.move(20, sample[19].time + 50_000)
        sample.sequence(20, sample[17].sequence)
        assert see(sample)(19).verdict == NO_VERDICT

    def test_put_on_a_host_s_reset(self, see):
        """From the server's own distance, and the server sends 300 new bytes after it: no host does that."""
        sample = firewall("spoofed-exact-to-client.client")
        sample.hop_limit(19, 63)
        sample.drop(21)
        assert see(sample)(19).origin == "middlebox"

    def test_challenge_ack(self, see):
        """5000 bytes beyond the next number. The client asks (20) and goes on (21 to 23): it lives."""
        sample = firewall("spoofed-in-window-to-client.client")
        packets = see(sample)
        assert (packets(19).acceptance, packets(23).named("close.kind")) == ("unproven", "open")
        assert packets(23).value("states") == "ESTABLISHED/ESTABLISHED"

    @pytest.mark.parametrize("proof", [20, 22])
    def test_one_of_the_proofs_is_enough(self, see, proof):
        """The challenge ACK, or the server's answer to data that the client sent after the RST."""
        sample = firewall("spoofed-in-window-to-client.client")
        sample.drop(*{20, 21, 22, 23} - ({20} if proof == 20 else {21, 22, 23}))
        assert see(sample)(last(sample)).named("close.kind") == "open"

    def test_silence_accepts_it(self, see):
        """Without the challenge and what follows: an unproven reset followed by silence is a reset."""
        sample = firewall("spoofed-in-window-to-client.client")
        sample.drop_after(19)
        reset = see(sample)(19)
        assert (reset.acceptance, reset.named("close.kind")) == ("unproven", "reset")
        assert reset.origin == "middlebox", "its 28 hops still say who sent it"


class TestTwoPlaces:
    """The RST never passed where its alleged sender's packets pass first: no hop count or time is needed."""

    def test_never_sent(self, see):
        """The server's frame 20, behind the RST, passes both places: the first one was still being captured."""
        sample = firewall("spoofed-exact-to-client-same-ttl.client")
        sample.second_interface(2, without=(19,))
        reset = see(sample)(19)
        assert (reset.origin, reset.verdict) == ("middlebox", (FORGED, CERTAIN))
        assert "never at interface 1" in reset.reason

    def test_seen_at_both(self, see):
        """With the RST at the second interface too (and without the server's later data), the sign is gone."""
        sample = firewall("spoofed-exact-to-client-same-ttl.client")
        sample.drop_after(19)
        sample.second_interface(2)
        reset = see(sample)(19)
        assert (reset.origin != "middlebox", reset.verdict) == (True, NO_VERDICT)

    def test_one_place(self, see):
        sample = firewall("spoofed-exact-to-client-same-ttl.client")
        sample.drop_after(19)
        assert see(sample)(19).verdict == NO_VERDICT


class TestNumbers:
    """The two causes without a sample, and what a number says."""

    @pytest.mark.parametrize("beyond", [-1, -5000, 2**30])
    def test_unacceptable(self, see, beyond):
        """Before the next number, or far beyond the window (63 << 10 at most): refused, and the client goes on."""
        sample = firewall("spoofed-in-window-to-client.client")
        sample.sequence(19, sample[19].sequence - 5000 + beyond)
        packets = see(sample)
        assert (packets(19).cause, packets(19).acceptance) == ("unacceptable", "refused")
        assert packets(19).verdict == (FORGED, POSSIBLE), "28 hops away: perhaps another host behind the address"
        assert packets(20).value("states") == "ESTABLISHED/ESTABLISHED"

    def test_unacceptable_from_the_host_s_own_distance(self, see):
        """A guess with the right TTL: the number is no host's, the distance is nobody's proof."""
        sample = firewall("spoofed-in-window-to-client.client")
        sample.sequence(19, sample[19].sequence - 10000)
        sample.hop_limit(19, 63)
        reset = see(sample)(19)
        assert (reset.cause, reset.origin, reset.verdict) == ("unacceptable", "unknown", NO_VERDICT)

    def test_reset_after_fin(self, see):
        """The client half-closes, the server's FIN, 1.6 s later, is made a RST: an abort after a FIN, from its own host."""
        sample = Sample.read(LAB / "client-half-close-silent.client.pcapng")
        fin = next(frame for frame in sample.frames if frame.flags & 1 and frame.source == sample[3].source)
        sample.drop_after(fin.number)
        sample.flags(fin.number, RST | ACK)
        reset = see(sample)(fin.number)
        assert (reset.cause, reset.acceptance) == ("reset after FIN", "accepted")
        assert reset.named("close.kind") == "reset after FIN"
        assert reset.verdict == NO_VERDICT


# --- what only looks like a sign -----------------------------------------------------------------------------


def conversation(*, round_trip, client_trip=0, rounds=8, client_ttl=64, server_ttl=50, opening=True):
    """The client asks every 0.1 s; the server is `round_trip` away and back, the client `client_trip` (0: seen beside it).

    Gives the capture, both ends and the time after that.
    """
    capture = Capture()
    connection = capture.connection("10.0.0.1:40000", "10.0.0.2:80", padded=True)
    client, server = connection.client, connection.server
    client.ttl, server.ttl = client_ttl, server_ttl
    if opening:
        capture.at(0, client > server, "SYN")
        capture.at(round_trip, server > client, "SYN,ACK")
        capture.at(round_trip + client_trip, client > server, "ACK")
    else:
        client.next_seq = server.next_seq = 1
    for number in range(1, rounds + 1):
        capture.at(number / 10, client > server, "PSH,ACK", data=b"x" * 100)
        capture.at(number / 10 + round_trip, server > client, "PSH,ACK", data=b"y" * 100)
        capture.at(number / 10 + round_trip + client_trip, client > server, "ACK")
    return capture, client, server, (rounds + 1) / 10


def resets(wireshark, capture):
    """The resets of a capture, read in two passes."""
    packets = wireshark.fields(wireshark.write(capture), [*FIELDS, "tcp.flags.reset"], "-2")
    return [Seen(packet) for packet in packets if packet["tcp.flags.reset"] == ["1"]]


class TestOnlySeemsTooFast:
    """A RST is no answer to the latest segment because it comes after it."""

    def test_answer_to_data_further_back(self, see):
        """The server streams; the RST for its first late segment comes while the last one is 0.1 ms old.

        The client's own RST: its distance (63), the number of its FIN, a whole round trip after frame 19, which it answers.
        """
        sample = firewall("reset-late-data-storm-client.server")
        sample.move(27, sample[28].time - 100_000)
        reset = see(sample)(28)
        assert (reset.cause, reset.origin) == ("answer to late data after close", "endpoint")
        assert reset.verdict[0] == HOST_RESETS

    def test_abort_that_crosses_data(self, wireshark):
        """The server aborts (RST with ACK) 4 ms before the client's latest 100 bytes can reach it: 801 acknowledges none."""
        capture, client, server, time = conversation(round_trip=0.020)
        capture.at(time, client > server, "PSH,ACK", data=b"x" * 100)
        capture.at(time + 0.006, server > client, "RST,ACK", ack=801)
        reset, = resets(wireshark, capture)
        assert (reset.cause, reset.origin, reset.verdict) == ("abort", "endpoint", NO_VERDICT)

    def test_abort_right_after_its_own_data(self, wireshark):
        """The server sends and aborts 1 ms later, 20 ms away. In between lies the client's ACK, which it has not seen."""
        capture, client, server, time = conversation(round_trip=0.020)
        capture.at(time, server > client, "PSH,ACK", data=b"bye")
        capture.at(time + 0.00002, client > server, "ACK")
        capture.at(time + 0.001, server > client, "RST,ACK")
        reset, = resets(wireshark, capture)
        assert (reset.cause, reset.origin, reset.verdict) == ("abort", "endpoint", NO_VERDICT)

    def test_answer_of_a_host_that_thinks(self, wireshark):
        """Begun in the middle: all that is known is that an answer takes 20 ms. Then the server's process is gone.

        Its host resets within 0.2 ms, from where all its packets come: a fast network and a slow application.
        """
        capture, client, server, time = conversation(round_trip=0.020, opening=False)
        capture.at(time, client > server, "PSH,ACK", data=b"x" * 100)
        capture.at(time + 0.0002, server > client, "RST", ip_id=0, window=0)
        reset, = resets(wireshark, capture)
        assert reset.origin != "middlebox" and reset.verdict == NO_VERDICT

    def test_answer_of_a_host_that_delays_its_acks(self, wireshark):
        """A one-way stream (a log, a sensor), begun in the middle: every ACK waits 40 ms, the RST does not."""
        capture = Capture()
        connection = capture.connection("10.0.0.1:40000", "10.0.0.2:514")
        client, server = connection.client, connection.server
        client.next_seq = server.next_seq = 1
        for number in range(10):
            capture.at(number, client > server, "PSH,ACK", data=b"x" * 100)
            capture.at(number + 0.040, server > client, "ACK")
        capture.at(10, client > server, "PSH,ACK", data=b"x" * 100)
        capture.at(10.0002, server > client, "RST", ip_id=0, window=0)
        reset, = resets(wireshark, capture)
        assert reset.origin != "middlebox" and reset.verdict == NO_VERDICT


class TestOnlySeemsDistant:
    LATE = "late-data-server-closes-orphan-gone.client"

    def test_one_hop_more_at_sixty(self, see):
        """All of the server's packets come with 61, three hops from 64; its RST with 60: one hop more, not three fewer."""
        sample = firewall(self.LATE)
        sample.hop_limits(20, 2)
        sample.hop_limit(20, 60)
        reset = see(sample)(20)
        assert reset.origin != "middlebox" and reset.verdict[0] != FORGED

    def test_many_hosts_behind_one_address(self, wireshark):
        """A translated address with six hosts behind it. The RST has its own connection's hop limit, as six packets before."""
        capture = Capture()
        flows = []
        for number, ttl in enumerate((62, 120, 250, 40, 105, 235)):
            connection = capture.connection(f"10.0.0.1:{40000 + number}", "10.0.0.2:80")
            connection.client.ttl = ttl
            flows.append(connection)
        for group, start in ((flows[:4], 0), (flows[4:], 10)):
            for step in range(6):
                for connection in group:
                    client, server = connection.client, connection.server
                    if step == 0:
                        capture.at(start, client > server, "SYN")
                        capture.at(start, server > client, "SYN,ACK")
                        capture.at(start, client > server, "ACK")
                    capture.at(start + step + 1, client > server, "PSH,ACK", data=b"x")
                    capture.at(start + step + 1, server > client, "ACK")
        capture.at(20, flows[4].client > flows[4].server, "RST,ACK")
        reset, = resets(wireshark, capture)
        assert reset.origin != "middlebox" and reset.verdict == NO_VERDICT

    def test_one_hop_more_after_a_long_quiet(self, wireshark):
        """400 s of quiet, and the path has changed by a hop. The RST takes the whole 20 ms: the host has restarted.

        Not excluded is a firewall right before the host, so that "possible" is not too much.
        """
        capture, client, server, time = conversation(round_trip=0.020)
        capture.at(time + 400, client > server, "PSH,ACK", data=b"x" * 100)
        capture.at(time + 400.020, server > client, "RST", ttl=49, ip_id=0, window=0)
        reset, = resets(wireshark, capture)
        assert reset.verdict[1] in (None, POSSIBLE) and reset.value("killed") is None


class TestOnlySeemsUnsent:
    @pytest.mark.parametrize("name", ["late-data-server-closes-orphan-gone.client", "spoofed-exact-to-client-same-ttl.client"])
    def test_the_first_capture_had_ended(self, see, name):
        """Two captures merged, of which the one beside the sender ends early: nothing of it is seen there any more."""
        sample = firewall(name)
        reset = sample.resets()[0]
        sample.drop_after(reset)
        sample.second_interface(2, without=range(11, reset + 1))
        seen = see(sample)(reset)
        assert seen.origin != "middlebox" and seen.verdict[0] != FORGED


class TestOnlySeemsTheHost:
    """An acquittal needs more than that nothing speaks against the host."""

    @pytest.mark.parametrize("hop_limit", [127, 254])
    def test_another_initial_value(self, see, hop_limit):
        """All of the server's packets come with 63, from 64; the forger begins with 128 or 255, as many hops away."""
        sample = firewall("spoofed-exact-to-client.client")
        sample.drop_after(19)
        sample.hop_limit(19, hop_limit)
        assert see(sample)(19).origin == "unknown"

    def test_a_page_in_the_server_s_name(self, wireshark):
        """A proxy answers with its own page (one packet, TTL 62) and a RST (62); the server's 16 packets have 50."""
        capture, client, server, time = conversation(round_trip=0.020)
        capture.at(time, client > server, "PSH,ACK", data=b"GET /forbidden")
        capture.at(time + 0.015, server > client, "PSH,ACK", data=b"blocked", ttl=62)
        capture.at(time + 0.015, server > client, "RST,ACK", ttl=62)
        reset, = resets(wireshark, capture)
        assert reset.origin != "endpoint"

    def test_resets_to_both_ends_at_once(self, wireshark):
        """At a place 10 ms from both ends: after 61 s of quiet both ends are reset within 20 us, each in the other's name.

        Neither RST can be an answer to the other (nobody answers a RST, and the ends are 20 ms apart).
        """
        capture, client, server, time = conversation(round_trip=0.020, client_trip=0.020)
        capture.at(time + 60, client > server, "RST")
        capture.at(time + 60.00002, server > client, "RST")
        first, second = resets(wireshark, capture)
        assert (first.origin, second.origin) == ("middlebox", "middlebox")
        assert first.cause == second.cause
        assert first.value("verdict") != "16", "not the peer's own timer"
        assert "neither end can have caused both" in second.reason

    @pytest.mark.parametrize(("apart", "client_trip"), [(0.020, 0.020), (0.005, 0.020), (0.00002, 0)],
                             ids=["timers that one packet started", "too far apart", "beside the client"])
    def test_resets_of_both_ends_themselves(self, wireshark, apart, client_trip):
        """What one packet causes at both ends is seen a whole round trip apart; beside an end, it may be seen at once."""
        capture, client, server, time = conversation(round_trip=0.020, client_trip=client_trip)
        capture.at(time + 60, client > server, "RST")
        capture.at(time + 60 + apart, server > client, "RST")
        first, second = resets(wireshark, capture)
        assert "middlebox" not in (first.origin, second.origin)

    def test_a_bare_reset_that_answers_nothing(self, see):
        """0.61 s after the client's last ACK, where a round trip is 0.1 ms: that ACK has not found a restarted host."""
        sample = firewall("spoofed-exact-to-client.client")
        sample.hop_limit(19, 63)
        sample.drop_after(19)
        reset = see(sample)(19)
        assert reset.cause != "half-open peer answers" and reset.value("half_open") is None

    def test_late_data_answered_from_one_hop_off(self, see):
        """The translating device, one hop nearer (64 for 63), as the truth says; under the default clock of 30 s."""
        truth = json.loads((FIREWALL / "translated-half-closed-outside-speaks.truth.json").read_text())
        assert {(each["at"], each["origin"]) for each in truth["resets_seen"]} == {("server", "middlebox")}
        assert see(firewall("translated-half-closed-outside-speaks.server"))(20).verdict[0] != HOST_RESETS
