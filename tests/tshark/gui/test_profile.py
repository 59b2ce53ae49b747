"""The profile "TCP State": every filter in it selects what it promises, and its colours can be told apart by everybody.

Where a sample has the condition, the packets are those of its truth file or of the sample's description; where none has, a
capture is made that does. No packet of an ordinary close in three segments is marked as anything else.
"""

import itertools

import profile_files
import pytest
from pcapng import Capture

SOURCE = profile_files.REPOSITORY / "plugin/profile" / profile_files.PROFILE
CAPTURES = profile_files.REPOSITORY / "captures"
BUTTONS = profile_files.buttons(SOURCE)
SAVED = profile_files.saved_filters(SOURCE)
RULES = profile_files.colour_rules(SOURCE)

THREE_SEGMENTS = CAPTURES / "transcripts/three-segments-56421.pcapng"
KILLED = CAPTURES / "firewall/published-half-close-unanswered.server.pcapng"
SIMULTANEOUS = CAPTURES / "transcripts/simultaneous-close-56155.pcapng"
# The client has called close(): it resets the server's late data, packet 20.
LATE_DATA = CAPTURES / "firewall/late-data-client-closes-past-clock.server.pcapng"
FOREIGN_RESET = CAPTURES / "firewall/half-closed-server-closes-reset-from-elsewhere.client.pcapng"
RESTARTED = CAPTURES / "lab/client-restarts-and-reconnects.server.pcapng"


def handshake(capture):
    web = capture.connection("10.0.0.1:40000", "10.0.0.2:80")
    client, server = web.client, web.server
    capture.at(0.00, client > server, "SYN")
    capture.at(0.01, server > client, "SYN,ACK")
    capture.at(0.02, client > server, "ACK")
    return client, server


def stuck(closer_is_client):
    """One side closes, and the other one leaves its own side open for 61 seconds and then speaks."""
    capture = Capture()
    client, server = handshake(capture)
    closer, open_side = (client, server) if closer_is_client else (server, client)
    capture.at(1.00, closer > open_side, "FIN,ACK")
    capture.at(1.01, open_side > closer, "ACK")
    capture.at(62.0, open_side > closer, "PSH,ACK", data=b"late")
    capture.at(62.1, closer > open_side, "ACK")
    return capture


def half_closed_beyond_the_clock():
    """The server speaks 40 s after the client's FIN, and is heard: nothing is lost, for there is no firewall."""
    capture = Capture()
    client, server = handshake(capture)
    capture.at(1.0, client > server, "FIN,ACK")
    capture.at(1.1, server > client, "ACK")
    capture.at(41.0, server > client, "PSH,ACK", data=b"in time")
    capture.at(41.1, client > server, "ACK")
    return capture


def unacknowledged_fin():
    """The FIN, packet 4, and its copies, and nothing comes back."""
    capture = Capture()
    client, server = handshake(capture)
    fin = capture.at(1.0, client > server, "FIN,ACK")
    for number, time in enumerate((1.3, 1.9, 3.1, 5.5, 10.3, 19.9, 39.1)):
        capture.again(time, fin, ip_id=500 + number)
    return capture


def refused_reset():
    """A RST far outside of the window: RFC 9293 section 3.10.7.4 has it dropped."""
    capture = Capture()
    client, server = handshake(capture)
    capture.at(1.0, server > client, "RST", seq=3_000_000_000)
    capture.at(1.1, client > server, "PSH,ACK", data=b"still here")
    capture.at(1.2, server > client, "ACK", seq=1)
    return capture


def frames(first, last):
    return list(range(first, last + 1))


# Name: a capture with the condition, and the packets that it selects there. A file, or a function that makes one.
SELECTED = {
    "Which sessions did the firewall kill?": (KILLED, frames(1, 27)),
    "Killed: the packets that prove it": (KILLED, [17, 19, 27]),
    "Which deaths were not the firewall?": (LATE_DATA, frames(1, 20)),
    "Which packets would have met an expired session?": (KILLED, frames(19, 27)),
    "Which connections would not survive their next packet?": (half_closed_beyond_the_clock, frames(1, 7)),
    "Who closes first: the client": (KILLED, [17]),
    "Who closes first: the server": (lambda: stuck(closer_is_client=False), [4]),
    "Did both sides close at once?": (SIMULTANEOUS, [8]),
    "Which connections use a half-close?": (KILLED, [19]),
    "Which half-closes last longer than 30 s?": (half_closed_beyond_the_clock, [6, 7]),
    "Who is stuck in CLOSE-WAIT: the client": (lambda: stuck(closer_is_client=False), [6, 7]),
    "Who is stuck in CLOSE-WAIT: the server": (lambda: stuck(closer_is_client=True), [6, 7]),
    "Which connections are half-open?": (RESTARTED, [7, 8]),
    "Which FINs were never acknowledged?": (unacknowledged_fin, [8]),  # the fifth copy, tcpstate.evidence_copies
    "Which RSTs did not come from their sender?": (FOREIGN_RESET, [20]),
    "Which RSTs had to be refused?": (refused_reset, [4]),
    "Who answers late data with a RST?": (LATE_DATA, [20]),
    "Which packets change a state?": (SIMULTANEOUS, [1, 2, 3, 7, 8, 9, 10]),
    "Closes": (SIMULTANEOUS, [7, 8]),
    "Half-closed": (KILLED, frames(18, 27)),
    "Killed": (KILLED, frames(1, 27)),
    "Resets": (LATE_DATA, [20]),
    "Transitions": (SIMULTANEOUS, [1, 2, 3, 7, 8, 9, 10]),
    "TCP State: killed by a timer, evidence": (KILLED, [17, 19, 27]),
    "TCP State: reset by a middlebox": (FOREIGN_RESET, [20]),
    "TCP State: killed by a timer": (KILLED, frames(1, 27)),
    "TCP State: half-closed": (KILLED, frames(18, 27)),
    "TCP State: closing": (SIMULTANEOUS, [7, 8, 9]),
}
FILTERS = {**SAVED, **BUTTONS, **{rule.name: rule.filter for rule in RULES}}

# An ordinary close, FIN, FIN+ACK and ACK (packets 8, 9 and 10): what may be said of it, and nothing else.
ORDINARY = {
    "Who closes first: the client": [8],
    "Which packets change a state?": [1, 2, 3, 8, 9, 10],
    "Transitions": [1, 2, 3, 8, 9, 10],
    "Closes": [8, 9],
    "TCP State: closing": [8, 9],
}


@pytest.fixture(scope="module", name="installed")
def installed_profile(tmp_path_factory):
    return profile_files.install(tmp_path_factory.mktemp("profile"))


def test_nothing_is_forgotten():
    assert list(SELECTED) == list(FILTERS)


@pytest.mark.parametrize("name", FILTERS)
def test_filter(wireshark, name):
    capture, wanted = SELECTED[name]
    path = wireshark.write(capture()) if callable(capture) else capture

    def selected(file):
        numbers = wireshark.read(file, "-2", "-Y", FILTERS[name], "-T", "fields", "-e", "frame.number")
        return [int(number) for number in numbers.split()]
    assert selected(path) == wanted
    assert selected(THREE_SEGMENTS) == ORDINARY.get(name, [])


# --- colours -----------------------------------------------------------------------------------------------------


def linear(part):
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def luminance(colour):
    red, green, blue = map(linear, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """WCAG 2.1, from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


# How a colour looks without one kind of cone: Machado, Oliveira and Fernandes 2009, severity 1, for linear light.
SIGHTS = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def lab(colour, sight):
    """CIE L*a*b* (white D65) of a colour as seen that way."""
    light = [linear(part) for part in colour]
    seen = [min(1, max(0, sum(weight * part for weight, part in zip(row, light)))) for row in SIGHTS[sight]]
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = [sum(weight * part for weight, part in zip(row, seen)) for row in to_xyz]
    x, y, z = (part ** (1 / 3) if part > (6 / 29) ** 3 else part / (3 * (6 / 29) ** 2) + 4 / 29
               for part in (part / white for part, white in zip(xyz, (0.9505, 1, 1.089))))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one, other, sight):
    """CIE 1976 colour difference: 2.3 is just noticeable."""
    return sum((a - b) ** 2 for a, b in zip(lab(one, sight), lab(other, sight))) ** 0.5


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_text_is_readable(rule):
    """Text and background are both given, so that a dark theme changes neither; 7 to 1 is WCAG's strictest level."""
    assert contrast(rule.background, rule.text) >= 7


@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_differ_for_everybody(sight):
    close = [(one.name, other.name) for one, other in itertools.combinations(RULES, 2)
             if distance(one.background, other.background, sight) < 10]
    assert not close


def test_own_rules_come_before_wiresharks(installed):
    rules = [rule.name for rule in profile_files.colour_rules(installed)]
    assert rules[:len(RULES)] == [rule.name for rule in RULES]
    if len(rules) == len(RULES):
        pytest.skip("the Wireshark that the profile is built for has no colouring rules of its own where they were looked for")
    assert {"Bad TCP", "TCP RST"} <= set(rules[len(RULES):])


# --- the files ---------------------------------------------------------------------------------------------------


def test_buttons():
    assert list(BUTTONS) == ["Closes", "Half-closed", "Killed", "Resets", "Transitions"]


def test_installed_profile_is_complete(installed):
    assert sorted(path.name for path in installed.iterdir()) == sorted(path.name for path in SOURCE.iterdir())
    for name in ("preferences", "recent", "dfilters", "dfilter_buttons"):
        assert (installed / name).read_bytes() == (SOURCE / name).read_bytes()


def test_every_column_has_a_width():
    """A column without one would be as narrow as its title."""
    columns = [line.strip().rstrip(",").split('"')[3] for line in profile_files.lines(SOURCE / "preferences")
               if line.startswith("\t")]
    widths = [line.strip().split(", ")[0].strip('"') for line in profile_files.lines(SOURCE / "recent") if line.startswith("\t")]
    assert [column.split(":0:")[0] for column in columns] == widths


def test_tshark_takes_the_profile(wireshark, installed):
    """tshark -C: the columns, and not a word of complaint."""
    home = wireshark.home / ".config/wireshark/profiles" / profile_files.PROFILE
    home.mkdir(parents=True)
    for path in installed.iterdir():
        (home / path.name).write_bytes(path.read_bytes())
    wireshark.give(wireshark.home)
    done = wireshark.run("-C", profile_files.PROFILE, "-r", wireshark.readable(SIMULTANEOUS))
    assert done.stderr == ""
    closing = done.stdout.splitlines()[7]
    assert "CLOSING" in closing and "client CLOSE-WAIT -> ESTABLISHED (corrected)" in closing
    assert "simultaneous close]" in closing
