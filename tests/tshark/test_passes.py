"""The fields of a packet do not depend on how the file is read, nor on what other preferences say.

One exception, by contract: what is said of the connection as a whole is known so far in a first pass, and the final
answer in every later one. It is compared between the later passes. So is the reading of a RST that a later packet of its
alleged sender disproves. An expert item that needs the end of the capture appears in later passes only; one that a first
pass shows stands on the same packet in every other.
"""

import pytest

# Said of the connection: names, or how they begin if they end with a dot.
OF_THE_CONNECTION = ("tcpstate.close.", "tcpstate.keep_alive", "tcpstate.keep_alive.", "tcpstate.verdict",
                     "tcpstate.verdict.", "tcpstate.killed", "tcpstate.firewall.at_risk")
# Expert items of what happens at a packet; the others judge the connection.
OF_THE_PACKET = {f"tcpstate.expert.{name}" for name in (
    "active_close", "half_close", "simultaneous_close", "midstream", "unacceptable_reset")}
READINGS = ("tcpstate.reset.cause", "tcpstate.reset.origin", "tcpstate.half_open")
OTHER_PREFERENCES = ["tcp.relative_sequence_numbers:FALSE", "tcp.analyze_sequence_numbers:FALSE",
                     "tcp.desegment_tcp_streams:FALSE", "ip.defragment:FALSE"]
FRAGMENTS = "ip.flags.mf == 1 || ip.frag_offset > 0 || ipv6.fraghdr"


# They say nothing while they are 0: hidden in the packet's tree, and so in what sharkd gives; there for filters, columns
# and -T fields.
HIDDEN_IF_NOTHING = ("tcpstate.close.initiator", "tcpstate.close.kind", "tcpstate.verdict")


def is_expert(name):
    return name.startswith("tcpstate.expert.")


def of_the_packet(name):
    if is_expert(name):
        return name in OF_THE_PACKET
    return not any(name == each or (each.endswith(".") and name.startswith(each)) for each in OF_THE_CONNECTION)


@pytest.fixture(scope="module")
def packet_fields(wireshark):
    return sorted(name for name in wireshark.types if of_the_packet(name))


def test_every_way_of_reading(wireshark, packet_fields, sample):
    every = sorted(wireshark.types)
    one = wireshark.fields(sample, every)
    assert any(packet["tcpstate.states"] for packet in one), "no packet of this sample is annotated"

    two = wireshark.fields(sample, every, "-2")
    first, later = only(packet_fields, one), only(packet_fields, two)
    assert later == [disproved(before, after) for before, after in zip(first, later, strict=True)]
    for packet, other in zip(one, two, strict=True):
        lost = {name for name in filter(is_expert, packet) if packet[name] and not other[name]}
        assert not lost, f"frame {packet['frame.number']}"

    sharkd = wireshark.sharkd_fields(sample)
    assert len(sharkd) == len(two)
    for packet, other in zip(two, sharkd, strict=True):
        frame = packet.pop("frame.number")
        assert spelt_alike(wireshark, packet) == spelt_alike(wireshark, other), f"frame {frame}"


def disproved(before, after):
    """The first pass's packet with what a later pass may say of its RST instead: forged, by a middlebox."""
    changed = {name for name in READINGS if before[name] != after[name]}
    if changed and after["tcpstate.reset.cause"] == ["9"] and after["tcpstate.reset.origin"] == ["2"]:
        return {**before, **{name: after[name] for name in changed}}
    return before


def only(names, packets):
    return [{name: packet[name] for name in ["frame.number", *names]} for packet in packets]


def spelt_alike(wireshark, packet):
    """A packet's fields without those it does not carry; times in one resolution; of an expert item that it is there."""
    alike = {}
    for name, values in packet.items():
        if name in HIDDEN_IF_NOTHING:
            values = [value for value in values if value != "0"]
        elif name == "tcpstate.verdict.summary":
            values = []  # for columns; hidden in the tree, which says it in two items
        if is_expert(name):
            values = ["here"] * len(values)
        elif wireshark.types[name] == "FT_RELATIVE_TIME":
            values = [f"{float(value):.9f}" for value in values]
        if values:
            alike[name] = values
    return alike


@pytest.mark.parametrize("preference", OTHER_PREFERENCES)
def test_other_preferences_change_nothing(wireshark, packet_fields, all_samples, preference):
    """Reassembly of IP left out of account where there are fragments: the end of such a segment is not known then."""
    whole = {"-Y": f"!({FRAGMENTS})"} if preference.startswith("ip.") else {}
    options = [word for option in whole.items() for word in option]
    standard = wireshark.fields(all_samples, packet_fields, *options)
    assert wireshark.fields(all_samples, packet_fields, "-o", preference, *options) == standard


def test_read_filter_keeps_the_record_of_its_packet(wireshark, packet_fields, all_samples):
    """Under a read filter, frames that it rejects share their number with the next one: no Record may go astray."""
    fields = ["tcp.flags.fin", *packet_fields]
    whole = [packet for packet in wireshark.fields(all_samples, fields) if "1" in packet["tcp.flags.fin"]]
    kept = wireshark.fields(all_samples, fields, "-2", "-R", "tcp.flags.fin == 1")
    for packet in whole + kept:
        del packet["frame.number"]
    assert kept == whole


def test_display_filter_changes_nothing(wireshark, packet_fields, all_samples):
    whole = [packet for packet in wireshark.fields(all_samples, packet_fields) if packet["tcpstate.transition"]]
    assert wireshark.fields(all_samples, packet_fields, "-Y", "tcpstate.transition") == whole
