"""docs/questions.md: its commands print what is pasted there, and its filters select what truly happened.

The truth is in the files beside the samples: what hosts, firewall and session table did. The page is read as it stands, so
that page and test cannot drift apart.
"""

import json
import re
import shlex

import pytest
from conftest import CAPTURES, REPOSITORY
from test_statistics import JUDGED, truth_of

PAGE = REPOSITORY / "docs" / "questions.md"
ORDINARY = CAPTURES / "transcripts" / "three-segments-56421.pcapng"
PREFERENCES = {"half": "half_closed_timeout", "idle": "idle_timeout", "closing": "time_wait_timeout", "span": "evidence_span",
               "copies": "evidence_copies"}
ACQUITTED = ("host reset late data", "peer gone", "path outage", "application silent", "window closed", "path MTU", "peer timer")


def questions():
    """(heading, commands with their output, filter) of each question."""
    found = []
    for section in PAGE.read_text().split("\n## ")[1:]:
        heading, _, body = section.partition("\n")
        commands = []
        for line in re.findall(r"^    (.*)$|^$", body, re.MULTILINE):
            if line.startswith("$ tshark "):
                commands.append((line[2:], []))
            elif commands and (line or "-z" in commands[-1][0]):
                commands[-1][1].append(line.rstrip())
        chosen = re.search(r"^Filter: `(.*)`$", body, re.MULTILINE)
        found.append((heading, [(command, strip(output)) for command, output in commands], chosen and chosen[1]))
    return found


def strip(lines):
    """Without empty lines at both ends."""
    text = "\n".join(lines).strip("\n")
    return text.split("\n") if text else []


QUESTIONS = questions()
COMMANDS = [pytest.param(command, output, id=heading) for heading, commands, _ in QUESTIONS for command, output in commands]
FILTERS = sorted({chosen for _, _, chosen in QUESTIONS if chosen})


def test_there_are_enough():
    assert len(QUESTIONS) >= 12 and all(commands for _, commands, _ in QUESTIONS)


@pytest.mark.parametrize(("command", "pasted"), COMMANDS)
def test_the_command_prints_what_is_pasted(wireshark, command, pasted):
    words = shlex.split(command)[1:]
    words = [wireshark.readable(REPOSITORY / word) if word.startswith("captures/") else word for word in words]
    printed = [line.replace("\t", "  ").rstrip() for line in wireshark.run(*words).stdout.strip("\n").splitlines()]
    assert pasted, "nothing is pasted"
    beginning = pasted[:pasted.index("...")] if "..." in pasted else pasted
    assert printed[:len(beginning)] == beginning
    assert "..." in pasted or len(printed) == len(pasted)


@pytest.mark.parametrize("chosen", FILTERS)
def test_an_ordinary_connection_answers_none(wireshark, chosen):
    assert wireshark.read(ORDINARY, "-2", "-Y", chosen) == ""


# --- against what truly happened ---------------------------------------------------------------------------------


def firewall_samples():
    for path in sorted((CAPTURES / "firewall").glob("*.truth.json")):
        happened = json.loads(path.read_text())
        for vantage in ("client", "server"):
            capture = path.with_name(f"{happened['scenario']}.{vantage}.pcapng")
            if capture.exists():
                yield pytest.param(capture, vantage, happened, id=capture.name)


def selected(wireshark, capture, happened, chosen):
    """The client's ports and the times (ns) of the packets that a filter selects, under the sample's own preferences."""
    chosen_ = {f"tcpstate.{PREFERENCES[name]}": value for name, value in happened["preferences"].items()}
    options = [word for name, value in chosen_.items() for word in ("-o", f"{name}:{value}")]
    packets = wireshark.fields(capture, ["tcp.srcport", "tcp.dstport", "frame.time_epoch"], "-2", *options, "-Y", chosen)
    ports = {max(int(packet["tcp.srcport"][0]), int(packet["tcp.dstport"][0])) for packet in packets}
    return ports, {int(packet["frame.time_epoch"][0].replace(".", "")) for packet in packets}


def kinds(wanted):
    """Whether a verdict that the truth allows, "kind/confidence", belongs to the question."""
    return {
        "tcpstate.killed": lambda kind, sure: kind.endswith(" timer") and kind != "peer timer" and sure in ("likely", "certain"),
        "tcpstate.verdict >= 10": lambda kind, sure: kind in ACQUITTED,
        'tcpstate.verdict == "rejected"': lambda kind, sure: kind == "rejected",
        'tcpstate.verdict == "session lost without a timer"': lambda kind, sure: kind == "session lost",
    }[wanted]


@pytest.mark.parametrize(("capture", "vantage", "happened"), firewall_samples())
@pytest.mark.parametrize("chosen", ["tcpstate.killed", "tcpstate.verdict >= 10", 'tcpstate.verdict == "rejected"',
                                    'tcpstate.verdict == "session lost without a timer"'])
def test_verdicts_select_what_happened(wireshark, capture, vantage, happened, chosen):
    assert chosen in FILTERS
    ports, _ = selected(wireshark, capture, happened, chosen)
    for port in {connection["client_port"] for connection in happened["connections"]}:
        # One port may have had two connections, one after the other.
        said = [connection["judged"][vantage] for connection in happened["connections"] if connection["client_port"] == port]
        belongs = [[allowed != "none" and kinds(chosen)(*allowed.split("/")) for allowed in each] for each in said]
        if any(all(each) for each in belongs):
            assert port in ports
        elif not any(any(each) for each in belongs):
            assert port not in ports


@pytest.mark.parametrize(("capture", "vantage", "happened"), firewall_samples())
def test_forged_resets_are_those_that_no_host_sent(wireshark, capture, vantage, happened):
    chosen = 'tcpstate.reset.origin == "middlebox"'
    assert chosen in FILTERS
    _, times = selected(wireshark, capture, happened, chosen)
    here = [reset for reset in happened["resets_seen"] if reset["at"] == vantage]
    assert times == {reset["time"] for reset in here if reset["origin"] == "middlebox"}


# Where both SYNs cross, the server's is the first in the server's own file: there it is the client.
ROLES_KNOWN = [sample for sample in JUDGED if sample.name != "simultaneous-open.server.pcapng"]


@pytest.mark.parametrize("judged", ROLES_KNOWN, ids=lambda judged: judged.name)
def test_closes_select_what_the_hosts_did(wireshark, judged):
    _, truth = truth_of(judged)
    first = bool(wireshark.read(judged, "-2", "-Y", 'tcpstate.active_close == "server"'))
    crossing = bool(wireshark.read(judged, "-2", "-Y", "tcpstate.simultaneous_close"))
    assert first == (truth["initiator"] in ("server", "both"))
    assert crossing == (truth["initiator"] == "both")
