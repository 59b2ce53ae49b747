"""docs/questions.md: its commands print what is pasted there, and its filters select what truly happened, in every sample.

The truth is in the files beside the samples: what hosts, firewall and session table did (questions/answers.py). The page is
read as it stands (questions/page.py), so that page and test cannot drift apart.
"""

import re
import shlex
import subprocess

import pytest
from conftest import CAPTURES, REPOSITORY, SAMPLES
from questions import page
from questions.answers import ANSWERS, TIMERS, killed
from questions.happened import Sample
from test_statistics import NOTHING_INFERRED, statistic, table

QUESTIONS = page.read(REPOSITORY / "docs" / "questions.md")
FILTERS = [question.filter for question in QUESTIONS if question.filter]
ORDINARY = CAPTURES / "transcripts" / "three-segments-56421.pcapng"
OWN = sorted((REPOSITORY / "tests" / "tshark" / "questions").glob("*.pcapng"))
ALL = [*SAMPLES, *OWN]
PREFERENCES = {"half": "half_closed_timeout", "idle": "idle_timeout", "closing": "time_wait_timeout", "span": "evidence_span",
               "copies": "evidence_copies"}
CLOCK = 0.25  # seconds: conntrack counts in ticks, and its clock is not the capture's

by_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.heading)
by_sample = pytest.mark.parametrize("capture", ALL, ids=lambda path: path.name.removesuffix(".pcapng"))
by_firewalled = pytest.mark.parametrize("capture", [path for path in ALL if path.parent.name == "firewall"],
                                        ids=lambda path: path.name.removesuffix(".pcapng"))


@pytest.fixture(scope="module")
def known(wireshark):
    """Each sample with its truth, read once."""
    samples = {}

    def get(capture):
        if capture not in samples:
            samples[capture] = Sample(wireshark, capture)
        return samples[capture]

    return get


@pytest.fixture(scope="module")
def selected(wireshark, known):
    """The frames that a filter selects, under the sample's own preferences and in all passes; one sharkd tries all filters."""
    frames = {}

    def get(capture, chosen):
        if capture not in frames:
            requests = [{"method": "setconf", "params": {"name": f"tcpstate.{PREFERENCES[name]}", "value": str(value)}}
                        for name, value in known(capture).preferences().items()]
            requests.append({"method": "load", "params": {"file": str(wireshark.readable(capture))}})
            requests += [{"method": "frames", "params": {"filter": each}} for each in ANSWERS]
            answers = wireshark.sharkd(requests)[-len(ANSWERS):]
            frames[capture] = {each: {frame["num"] for frame in answer} for each, answer in zip(ANSWERS, answers, strict=True)}
        return frames[capture][chosen]

    return get


# --- the page ----------------------------------------------------------------------------------------------------


@by_question
def test_a_question_is_complete(question):
    """A command with output, a filter whose truth is known (or a statistic), a sample in which there is nothing to find."""
    assert question.commands and question.commands[-1].output
    assert question.filter in ANSWERS or any(" -z tcpstate," in command.line for command in question.commands)
    assert question.nothing_in and (REPOSITORY / question.nothing_in) in ALL


def test_no_question_stands_twice():
    assert len({question.heading for question in QUESTIONS}) == len(QUESTIONS) >= 20
    assert len(set(FILTERS)) == len(FILTERS)


@by_question
def test_the_commands_print_what_is_pasted(wireshark, question):
    captures = {}  # by the name on the page: where tshark can read it
    for command in question.commands:
        first, counted, rest = command.line.partition(" | sort | uniq -c")
        assert rest == "", "the page's commands end with tshark's words, or with this pipe"
        words = shlex.split(first)
        for word in words:
            if word.startswith(("captures/", "tests/")):
                captures[word] = wireshark.readable(REPOSITORY / word)
        if words[0] == "mergecap":
            merged = words[words.index("-w") + 1]
            captures[merged] = wireshark.new(merged)
            subprocess.run([str(captures.get(word, word)) for word in words], check=True, timeout=60)
            wireshark.give(captures[merged])
            continue
        assert words[0] == "tshark"
        printed = wireshark.run(*(captures.get(word, word) for word in words[1:])).stdout
        if counted:
            printed = subprocess.run(["sh", "-c", "sort | uniq -c"], input=printed, capture_output=True, text=True, check=True,
                                     timeout=60, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stdout
        lines = [line.replace("\t", "  ").rstrip() for line in printed.strip("\n").splitlines()]
        pasted = command.output
        if pasted[-1:] == ["..."]:
            beginning = "\n".join(pasted[:-1]).rstrip("\n").split("\n")
            assert lines[:len(beginning)] == beginning and len(lines) > len(pasted)
        else:
            assert lines == pasted


@pytest.mark.parametrize("question", [each for each in QUESTIONS if each.filter], ids=lambda question: question.heading)
def test_nothing_is_found_where_the_page_says_so(selected, question):
    assert selected(REPOSITORY / question.nothing_in, question.filter) == set()
    assert selected(ORDINARY, question.filter) == set()


def test_no_timer_is_inferred_where_the_page_says_so(wireshark, known):
    [question] = [question for question in QUESTIONS if not question.filter]
    capture = REPOSITORY / question.nothing_in
    for path in (capture, ORDINARY):
        assert [row for row in timers(wireshark, known(path)) if row["Inferred timer"] != "-"] == []


# --- against what truly happened ---------------------------------------------------------------------------------


@by_sample
def test_the_filters_select_what_happened(known, selected, capture):
    for chosen, answer in ANSWERS.items():
        wanted, refused = answer(known(capture))
        found = selected(capture, chosen)
        assert [frames for frames in wanted if not frames & found] == [], f"not found by {chosen}"
        assert found & refused == set(), f"found by {chosen}, but it did not happen"


@pytest.mark.parametrize("chosen", ANSWERS)
def test_a_filter_has_something_to_find_and_something_to_refuse(known, chosen):
    """Otherwise the test above would say nothing."""
    answers = [ANSWERS[chosen](known(capture)) for capture in ALL]
    assert any(wanted for wanted, _ in answers)
    assert sum(bool(refused) for _, refused in answers) > 30


def options(sample):
    return [word for name, value in sample.preferences().items() for word in ("-o", f"tcpstate.{PREFERENCES[name]}:{value}")]


def timers(wireshark, sample):
    """The rows of the statistic's table of timers."""
    output = statistic(wireshark, sample.path, "firewall", passes=["-2"], options=options(sample))
    return [] if NOTHING_INFERRED in output else table(output, "Timers")


def kills(sample):
    """Connections that the firewall's timer killed, as this capture must tell."""
    return [connection for connection in sample.connections
            if all(killed(*allowed) for allowed in connection.judged(sample.vantage))]


@by_firewalled
def test_the_inferred_timer_is_the_firewalls(wireshark, known, capture):
    sample = known(capture)
    dead = kills(sample)
    inferred = [row for row in timers(wireshark, sample) if row["Inferred timer"] != "-"]
    if dead:
        assert inferred
    if not any(kind in TIMERS for connection in sample.connections for kind, _ in connection.judged(sample.vantage)):
        assert inferred == []
    for row in inferred if dead else []:
        true = dead[0].told["judged"]["timer"]
        low, high = re.fullmatch(r"(?:up to|([0-9.]+) to) ([0-9.]+)", row["Since the last packet (s)"]).groups()
        assert float(low or 0) - CLOCK <= true <= float(high) + CLOCK
        narrow = re.search(r"([0-9.]+) s \+/- [0-9.]+ s since the last packet", row["Inferred timer"])
        if len(dead) >= 5:
            assert narrow and abs(float(narrow[1]) - true) <= 0.2 * true


@by_firewalled
def test_the_needed_timer_would_have_sufficed(wireshark, known, capture):
    """At least the time from the last packet that passed to the first one that was lost, and no more than since the FIN."""
    sample = known(capture)
    for connection in kills(sample):
        packets = wireshark.fields(capture, ["tcpstate.verdict.needed"], "-2", *options(sample),
                                   "-Y", f"frame.number == {connection.packets[0].frame}")
        needed = float(packets[0]["tcpstate.verdict.needed"][0])
        told = connection.told
        since = told["first_fin"] or told["last_passed"]
        assert told["first_lost"] - told["last_passed"] - CLOCK <= needed <= told["first_lost"] - since + CLOCK
