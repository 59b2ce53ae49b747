"""The fields of a packet do not depend on how the file is read, nor on what other preferences say.

One exception, by contract: what is said of the connection as a whole is known so far in a first pass, and the final
answer in every later one. It is compared between the later passes.
"""

import pytest

from conftest import CONNECTION_FIELDS, TYPES

EXPERTS = {name for name in TYPES if name.startswith("tcpstate.expert.")}
PACKET_FIELDS = sorted(set(TYPES) - CONNECTION_FIELDS)
OTHER_PREFERENCES = ["tcp.relative_sequence_numbers:FALSE", "tcp.analyze_sequence_numbers:FALSE",
                     "tcp.desegment_tcp_streams:FALSE", "ip.defragment:FALSE"]
FRAGMENTS = "ip.flags.mf == 1 || ip.frag_offset > 0 || ipv6.fraghdr"


def test_every_way_of_reading(wireshark, sample):
    one = wireshark.fields(sample, PACKET_FIELDS)
    assert any(packet["tcpstate.states"] for packet in one), "no packet of this sample is annotated"

    two = wireshark.fields(sample, sorted(TYPES), "-2")
    assert [{name: packet[name] for name in one[0]} for packet in two] == one

    sharkd = wireshark.sharkd_fields(sample)
    assert len(sharkd) == len(two)
    for packet, other in zip(two, sharkd, strict=True):
        frame = packet.pop("frame.number")
        assert spelt_alike(packet) == spelt_alike(other), f"frame {frame}"


def spelt_alike(packet):
    """A packet's fields without those it does not carry; times in one resolution; of an expert item that it is there."""
    alike = {}
    for name, values in packet.items():
        if name in EXPERTS:
            values = ["here"] * len(values)
        elif TYPES[name] == "FT_RELATIVE_TIME":
            values = [f"{float(value):.9f}" for value in values]
        if values:
            alike[name] = values
    return alike


@pytest.mark.parametrize("preference", OTHER_PREFERENCES)
def test_other_preferences_change_nothing(wireshark, all_samples, preference):
    """Reassembly of IP left out of account where there are fragments: the end of such a segment is not known then."""
    whole = {"-Y": f"!({FRAGMENTS})"} if preference.startswith("ip.") else {}
    options = [word for option in whole.items() for word in option]
    standard = wireshark.fields(all_samples, PACKET_FIELDS, *options)
    assert wireshark.fields(all_samples, PACKET_FIELDS, "-o", preference, *options) == standard


def test_read_filter_keeps_the_record_of_its_packet(wireshark, all_samples):
    """Under a read filter, frames that it rejects share their number with the next one: no Record may go astray."""
    fields = ["tcp.flags.fin", *PACKET_FIELDS]
    whole = [packet for packet in wireshark.fields(all_samples, fields) if "1" in packet["tcp.flags.fin"]]
    kept = wireshark.fields(all_samples, fields, "-2", "-R", "tcp.flags.fin == 1")
    for packet in whole + kept:
        del packet["frame.number"]
    assert kept == whole


def test_display_filter_changes_nothing(wireshark, all_samples):
    whole = [packet for packet in wireshark.fields(all_samples, PACKET_FIELDS) if packet["tcpstate.transition"]]
    assert wireshark.fields(all_samples, PACKET_FIELDS, "-Y", "tcpstate.transition") == whole
