"""The samples with a truth file beside them: every packet of the transcripts, every quiet moment of the lab's."""

import json

import pytest

from conftest import CAPTURES, STATES, VALUES

TRANSCRIPTS = sorted((CAPTURES / "transcripts").glob("*.truth.json"))
LAB = [(truth, side) for truth in sorted((CAPTURES / "lab").glob("*.truth.json")) for side in ("client", "server")
       if truth.with_name(truth.name.replace(".truth.json", f".{side}.pcapng")).exists()]
MARKERS = ["active_close", "passive_close", "half_close", "simultaneous_close", "simultaneous_open"]


def named(field, values):
    """The name of a field's only value; None if it is absent."""
    assert len(values) <= 1, f"{field}: {values}"
    return VALUES[field][int(values[0])] if values else None


def markers(packet):
    """The markers of a packet, spelt as in the truth files: "active_close:server", "simultaneous_close"."""
    found = []
    for name in MARKERS:
        for value in packet[f"tcpstate.{name}"]:
            side = VALUES.get(f"tcpstate.{name}", {}).get(int(value))
            found.append(f"{name}:{side}" if side else name)
    return sorted(found)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.name.removesuffix(".truth.json"))
@pytest.mark.parametrize("passes", [[], ["-2"]], ids=["one-pass", "two-pass"])
def test_every_packet_of_a_transcript(wireshark, path, passes):
    truth = json.loads(path.read_text())
    capture = path.with_name(path.name.replace(".truth.json", ".pcapng"))
    fields = ["tcpstate.client.state", "tcpstate.server.state", "tcpstate.states", "tcpstate.transition", "tcpstate.sender",
              "tcpstate.phase", "tcpstate.midstream", "tcpstate.duplicate", "tcpstate.close.initiator", "tcpstate.close.kind",
              *(f"tcpstate.{name}" for name in MARKERS)]
    packets = wireshark.fields(capture, fields, *passes)
    assert len(packets) == len(truth["packets"])
    for expected, packet in zip(truth["packets"], packets, strict=True):
        assert int(packet["frame.number"][0]) == expected["frame"]
        seen = {
            "client": named("tcpstate.client.state", packet["tcpstate.client.state"]),
            "server": named("tcpstate.server.state", packet["tcpstate.server.state"]),
            "sender": named("tcpstate.sender", packet["tcpstate.sender"]),
            "phase": named("tcpstate.phase", packet["tcpstate.phase"]),
            "transitions": packet["tcpstate.transition"],
            "markers": markers(packet),
        }
        wanted = {name: expected[name] for name in seen} | {"markers": sorted(expected["markers"])}
        assert seen == wanted, f"packet {expected['frame']}"
        assert packet["tcpstate.states"] == [f"{expected['client']}/{expected['server']}"]
        assert packet["tcpstate.midstream"] == packet["tcpstate.duplicate"] == []

    # The connection as a whole: on its last packet in one pass, on every packet in two.
    for packet in packets if passes else packets[-1:]:
        assert named("tcpstate.close.initiator", packet["tcpstate.close.initiator"]) == truth["connection"]["initiator"]
        assert named("tcpstate.close.kind", packet["tcpstate.close.kind"]) == truth["connection"]["kind"]


@pytest.mark.parametrize(("path", "side"), LAB, ids=lambda value: getattr(value, "name", value).removesuffix(".truth.json"))
def test_near_endpoint_of_a_lab_sample(wireshark, path, side):
    """At every quiet moment the endpoint on the capture's own side is in the state that its kernel tells."""
    truth = json.loads(path.read_text())
    capture = path.with_name(path.name.replace(".truth.json", f".{side}.pcapng"))
    fields = ["frame.time_epoch", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport",
              "tcpstate.sender", "tcpstate.client.state", "tcpstate.server.state"]
    packets = [packet for packet in wireshark.fields(capture, fields) if packet["tcpstate.sender"]]
    compared = 0
    for sample in truth["samples"]:
        connection = truth["connections"][sample["connection"]]
        near, far = (tuple(connection[name]) for name in (side, "server" if side == "client" else "client"))
        state = state_at(packets, near, far, sample["time"])
        if state is None or not sample.get(f"{side}_visible", sample.get("visible", True)):
            continue
        assert same(state, sample[side]), f"{sample['after']}, at {sample['time']}: {state}, the kernel says {sample[side]}"
        compared += 1
    assert compared > 0


def state_at(packets, near, far, time):
    """The state of the near end after the last packet of the connection up to a moment; None before the first one.

    By address, not by role: where two SYNs cross, each side may take the other one for the server.
    """
    found = None
    for packet in packets:
        source = (packet["ip.src"] + packet["ipv6.src"])[0], int(packet["tcp.srcport"][0])
        destination = (packet["ip.dst"] + packet["ipv6.dst"])[0], int(packet["tcp.dstport"][0])
        if {source, destination} == {near, far} and float(packet["frame.time_epoch"][0]) <= time:
            role = int(packet["tcpstate.sender"][0])
            if source != near:
                role = 3 - role
            found = STATES[int(packet[f"tcpstate.{VALUES['tcpstate.sender'][role]}.state"][0])]
    return found


def same(state, kernel):
    """A kernel shows no socket for CLOSED, and none of the connection's own for LISTEN."""
    nothing = {"CLOSED", "LISTEN"}
    return state == kernel or (state in nothing and kernel in nothing)
