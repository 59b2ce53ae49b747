"""What the plugin says of a capture, held against the truth, and the tables that come of it."""

import collections
import re
from typing import NamedTuple

VERDICTS = {0: "none", 1: "half-closed timer", 2: "idle timer", 3: "closing timer", 4: "forged reset", 5: "rejected", 6: "session lost",
            10: "host reset late data", 11: "peer gone", 12: "path outage", 13: "application silent", 14: "window closed", 15: "path MTU",
            16: "closed by the peer's timer"}
TIMER_KILLS = ("half-closed timer", "idle timer", "closing timer")
CONFIDENCES = {2: "possible", 3: "likely", 4: "certain"}
BASES = {0: None, 1: "first FIN", 2: "last packet", 3: "both"}
OWN_FAULT = "the lab's own fault"
CAUSES = {0: "none", 1: "refused", 2: "abort", 3: "reset after FIN", 4: "answer to late data after close", 5: "half-open peer answers",
          6: "keep-alive failure", 7: "unread data at close", 8: "after idle expiry", 9: "forged by a middlebox", 10: "unacceptable",
          11: "answer to a stale segment"}
ORIGINS = {0: "none", 1: "endpoint", 2: "middlebox", 3: "unknown"}
NAMES = {"half": "half_closed_timeout", "idle": "idle_timeout", "closing": "time_wait_timeout", "span": "evidence_span", "copies": "evidence_copies"}
FIELDS = ("frame.number", "frame.time_epoch", "tcp.srcport", "tcp.dstport", "tcp.flags", "tcpstate.verdict", "tcpstate.verdict.confidence",
          "tcpstate.verdict.timer_min", "tcpstate.verdict.timer_max", "tcpstate.verdict.timer_basis", "tcpstate.reset.cause", "tcpstate.reset.origin",
          "tcpstate.killed")
RST = 4
CLOCK = 0.25  # seconds: conntrack counts in ticks, and its clock is not the capture's


class Row(NamedTuple):
    frame: int
    time: int  # ns
    ports: tuple
    flags: int
    verdict: str
    confidence: str | None
    minimum: float | None
    maximum: float | None
    basis: str | None
    cause: str
    origin: str
    killed: bool


class Finding(NamedTuple):
    """What one capture says of one connection."""
    place: str
    truth: str
    vantage: str
    speaks: bool  # whether something could be concluded here at all
    twin: bool
    allowed: tuple
    said: str
    kind: str
    confidence: str | None
    bracket: str | None   # None: none wanted or given; "" good; otherwise what is wrong with it


class ResetFinding(NamedTuple):
    place: str
    vantage: str
    causes: tuple
    sign: bool
    cause: str
    true_origin: str
    origin: str


def path(folder, truth, vantage):
    return folder / f"{truth['scenario']}.{vantage}.pcapng"


def _two_passes(tshark, folder, truth, vantage, *options):
    preferences = [part for key, value in truth["preferences"].items() for part in ("-o", f"tcpstate.{NAMES[key]}:{value}")]
    with open(path(folder, truth, vantage), "rb") as feed, tshark.readable(feed) as copy:
        return tshark.run("-2", "-n", "-r", copy, *preferences, *options)


def read(tshark, folder, truth, vantage):
    fields = [option for field in FIELDS for option in ("-e", field)]
    output = _two_passes(tshark, folder, truth, vantage, "-Y", "tcp && !icmp", "-T", "fields", "-E", "occurrence=f", *fields)
    return [_row(dict(zip(FIELDS, line.split("\t")))) for line in output.splitlines()]


def estimates(tshark, folder, truth, vantage):
    """What the statistic infers from several connections under one timer: [(text, problem or None)], where they were killed at this place."""
    timers = {connection["judged"]["timer"] for connection in truth["connections"] if connection["judged"] and connection["judged"]["timer"]}
    if all(connection["judged"][vantage][0] == "none" for connection in truth["connections"] if connection["judged"]):
        return []
    output = _two_passes(tshark, folder, truth, vantage, "-q", "-z", "tcpstate,firewall")
    found = [(float(value), float(error), basis) for value, error, basis in
             re.findall(r"([0-9.]+) s \+/- ([0-9.]+) s since the (last packet|first FIN)", output)]
    timer, place = timers.pop(), f"{truth['scenario']} at the {vantage}"
    if not any(basis == "last packet" for *_, basis in found):
        return [(f"{place}: -z tcpstate,firewall infers no timer since the last packet", f"ESTIMATE {place}: none inferred")]
    return [(f"{place}: -z tcpstate,firewall infers {value:.2f} s +/- {error:.2f} s since the {basis}, the timer is {timer} s: "
             f"{100 * abs(value - timer) / timer:.0f} % off",
             # conntrack counts from the last packet; the other figure is what its timers look like if they were counted from the FIN.
             None if basis == "first FIN" or abs(value - timer) <= 0.2 * timer else f"ESTIMATE {place}: {value:.2f} s since the {basis} for a timer of {timer} s")
            for value, error, basis in found]


def _row(value):
    seconds, _, fraction = value["frame.time_epoch"].partition(".")
    number = lambda name: int(value[f"tcpstate.{name}"] or 0)
    duration = lambda name: float(value[f"tcpstate.{name}"]) if value[f"tcpstate.{name}"] else None
    return Row(int(value["frame.number"]), int(seconds) * 10**9 + int(fraction.ljust(9, "0")[:9]), (int(value["tcp.srcport"]), int(value["tcp.dstport"])),
               int(value["tcp.flags"], 16), VERDICTS[number("verdict")], CONFIDENCES.get(number("verdict.confidence")), duration("verdict.timer_min"),
               duration("verdict.timer_max"), BASES[number("verdict.timer_basis")], CAUSES[number("reset.cause")], ORIGINS[number("reset.origin")],
               value["tcpstate.killed"] in ("1", "True"))


def judge(truth, vantage, rows):
    """([Finding], [ResetFinding], {connection: row with the verdict})."""
    findings, resets, brackets = [], [], []
    for connection in truth["connections"]:
        own = _rows_of(connection, truth["connections"], rows)
        told = connection["judged"]
        if told is None or not own:
            continue
        last = next((row for row in reversed(own) if row.verdict != "none"), own[-1])
        said = "none" if last.verdict == "none" else f"{last.verdict}/{last.confidence}"
        allowed = tuple(told.get(vantage, ["none"]))
        place = f"{truth['scenario']}.{vantage} port {connection['client_port']}, frame {last.frame}"
        bracket = None
        if last.verdict in TIMER_KILLS and last.maximum is not None and told["timer"]:
            bracket = _bracket(connection, told["timer"], last)
            brackets.append((connection, told["timer"], last))
        if last.killed != (last.verdict in TIMER_KILLS and last.confidence in ("likely", "certain")):
            place += ", tcpstate.killed contradicts the verdict"
            said += "!"
        findings.append(Finding(place, told["truth"], vantage, allowed[0] != "none", told["twin"] or told["soon"], allowed, said, last.verdict,
                                last.confidence, bracket))
    origins = {entry["time"]: entry["origin"] for entry in truth["resets_seen"]
               if entry["at"] == vantage or vantage == "merged" and entry["at"] in ("inside", "outside")}
    for row in rows:
        if not row.flags & RST or row.time not in origins:
            continue
        entry = _reset_of(row, truth["resets"])
        resets.append(ResetFinding(f"{truth['scenario']}.{vantage} frame {row.frame}", vantage, tuple(entry["causes"]) if entry else (),
                                   entry["sign"] if entry else True, row.cause, origins[row.time], row.origin))
    return findings, resets, (truth["scenario"], vantage, brackets)


def _rows_of(connection, connections, rows):
    """Of one incarnation: from its beginning to that of the next with the same ports."""
    ports = {connection["client_port"], connection["server_port"]}
    later = [other["began"] for other in connections if {other["client_port"], other["server_port"]} == ports and other["began"] > connection["began"]]
    begin, end = connection["began"] * 1e9, min(later, default=float("inf")) * 1e9
    return [row for row in rows if set(row.ports) == ports and begin <= row.time < end]


def _reset_of(row, resets):
    fitting = [entry for entry in resets if {entry["client_port"], entry["server_port"]} == set(row.ports) and entry["began"] * 1e9 <= row.time
               and row.ports[0] == entry[f"{entry['sender']}_port"]]
    return max(fitting, key=lambda entry: entry["began"], default=None)


def _bracket(connection, timer, row):
    """What is wrong with the bracket, or ""."""
    passed, lost, fin = connection["last_passed"], connection["first_lost"], connection["first_fin"]
    if passed and connection.get("died") and connection["died"] < passed + timer - CLOCK:
        return f"{OWN_FAULT}: the entry died {connection['died'] - passed:.2f} s after the last packet that passed, not {timer} s"
    # Counted from the FIN, the entry lived until the timer had run from the last packet that renewed it.
    true = timer if row.basis == "last packet" or not fin else passed + timer - fin
    if not row.minimum - CLOCK <= true <= row.maximum + CLOCK:
        return f"({row.minimum:.2f} s, {row.maximum:.2f} s] by {row.basis} does not hold {true:.2f} s"
    if passed and lost and row.maximum - row.minimum > lost - passed + CLOCK:
        return f"({row.minimum:.2f} s, {row.maximum:.2f} s] is wider than from last forwarded to first lost, {lost - passed:.2f} s"
    return ""


def report(results, truths, inferred):
    """Prints the tables; true if nothing is wrong."""
    findings = [finding for result in results for finding in result[0]]
    resets = [finding for result in results for finding in result[1]]
    problems = []
    for finding in findings:
        if finding.said not in finding.allowed:
            false_kill = finding.kind in TIMER_KILLS and finding.confidence != "possible" and finding.truth not in TIMER_KILLS and not finding.twin
            problems.append(f"{'FALSE KILL' if false_kill else 'WRONG'} {finding.place}: {finding.said}, allowed: {', '.join(finding.allowed)} ({finding.truth})")
        if finding.bracket and not finding.bracket.startswith(OWN_FAULT):
            problems.append(f"BRACKET {finding.place}: {finding.bracket}")
    # A busy machine delays what the lab sends or notes. A few of these prove nothing; many would hide what is wrong.
    faults = [f"{finding.place}: {finding.bracket}" for finding in findings if (finding.bracket or "").startswith(OWN_FAULT)]
    for fault in faults:
        print(f"not counted, {fault}")
    if len(faults) > max(2, len(findings) // 50):
        problems.append(f"LAB {len(faults)} brackets cannot be judged by the lab's own fault")
    for finding in resets:
        if finding.origin != finding.true_origin and finding.origin != "unknown" and finding.sign:
            problems.append(f"RESET ORIGIN {finding.place}: {finding.origin}, truly {finding.true_origin}")
        if finding.sign and finding.causes and finding.cause not in finding.causes:
            problems.append(f"RESET CAUSE {finding.place}: {finding.cause}, truly {finding.causes[0]}")
        if not finding.causes:
            problems.append(f"RESET {finding.place}: {finding.cause} from {finding.true_origin}, of which the script says nothing")
    _print_verdicts(findings)
    _print_resets(resets)
    brackets = [finding for finding in findings if finding.bracket is not None]
    print(f"\nbrackets: {sum(not f.bracket for f in brackets)} of {len(brackets)} hold the true timer and are no wider than last forwarded to first lost")
    for text, problem in inferred:
        print(text)
        problems += [problem] if problem else []
    problems += _print_origins(resets)
    if problems:
        print()
    for problem in sorted(problems):
        print(problem)
    wanted = sum(finding.said == finding.allowed[0] for finding in findings)
    fit = sum(finding.said in finding.allowed for finding in findings)
    print(f"\n{len(truths)} scenarios, {len(findings)} verdicts: {wanted} as wanted, {fit - wanted} within what is allowed, {len(findings) - fit} wrong; "
          f"{len(problems)} problems")
    return not problems


def _print_verdicts(findings):
    print(f"\n{'verdict':28}{'at least':>10}{'given':>7}{'true':>6}{'twin':>6}{'false':>7}{'precision':>11}{'recall':>16}")
    order = ("possible", "likely", "certain")
    kinds = [kind for kind in VERDICTS.values() if kind != "none" and any(kind in (f.kind, f.truth) for f in findings)]
    for kind in kinds:
        there = [f for f in findings if f.truth == kind and f.speaks and not f.twin]
        for number, confidence in enumerate(order):
            given = [f for f in findings if f.kind == kind and f.confidence in order[number:]]
            true = sum(f.truth == kind for f in given)
            twin = sum(f.truth != kind and f.said in f.allowed for f in given)
            found = sum(f.kind == kind and f.confidence in order[number:] for f in there)
            precision = f"{100 * true / (len(given) - twin):.0f} %" if len(given) > twin else "-"
            recall = f"{found} of {len(there)}" if there else "-"
            print(f"{kind if not number else '':28}{confidence:>10}{len(given):>7}{true:>6}{twin:>6}{len(given) - true - twin:>7}{precision:>11}{recall:>16}")
    print("twin: it was something else, but the packets are the same (a kill and a lone peer without power, a lost host and a lost path);\n"
          "precision: true of those given without the twins; recall: of those places at which something can be concluded")


def _print_resets(resets):
    for vantage in sorted({finding.vantage for finding in resets}):
        own = [finding for finding in resets if finding.vantage == vantage]
        print(f"\nresets seen at the {vantage}: origin{'':22}{'endpoint':>10}{'middlebox':>11}{'unknown':>9}")
        for sign in (True, False):
            for true in ("endpoint", "middlebox"):
                counts = collections.Counter(f.origin for f in own if f.true_origin == true and f.sign == sign)
                if counts:
                    print(f"  {'truly ' + true + ('' if sign else ', no sign in the packets'):44}{counts['endpoint']:>10}{counts['middlebox']:>11}{counts['unknown']:>9}")
        counts = collections.defaultdict(collections.Counter)
        for finding in own:
            if finding.causes:
                counts[finding.causes[0]][finding.cause] += 1
        for true in sorted(counts):
            print(f"  {true:36} said: " + ", ".join(f"{cause} {number}" for cause, number in counts[true].most_common()))


def _print_origins(resets):
    """Of the resets whose packets hold a sign: at least 90 % right, none wrong; without one nobody can know."""
    problems = []
    print()
    for true in ("endpoint", "middlebox"):
        own = [finding for finding in resets if finding.sign and finding.true_origin == true]
        right = sum(finding.origin == true for finding in own)
        wrong = sum(finding.origin not in (true, "unknown") for finding in own)
        if own:
            print(f"origin of resets of an {true}, with a sign: {right} of {len(own)} right ({100 * right / len(own):.0f} %), {wrong} wrong".replace("an middle", "a middle"))
        if own and right < 0.9 * len(own):
            problems.append(f"RESET ORIGIN only {right} of {len(own)} of the {true}s were recognised")
    return problems
