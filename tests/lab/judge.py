#!/usr/bin/python3
"""Runs the scenarios of verdicts and resets and judges the plugin's judgement. `judge.py --help` says how.

What a capture must say stands in its truth file (firewalled.Site.judge); tables of precision, recall and confusion follow.
"""

import argparse
import concurrent.futures
import json
import random
import signal
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import judging
import registry
import run
import topology
import verdicts  # noqa: F401  (fills the registry)
from compare import Tshark
from firewalled import Site

SHORT_SPAN, DEFAULT_SPAN = 3, 20
TIMERS = (2, 8)  # seconds, from and to


def parse_arguments():
    parser = argparse.ArgumentParser(description="Firewalls that forget connections, and what only looks like it, judged by the plugin.")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the captures and their truth files")
    parser.add_argument("--plugin", type=Path, help="the built tcpstate.so; without it the captures are made and not judged")
    parser.add_argument("--tshark", default="tshark", help="the tshark to run (default: the one in PATH)")
    parser.add_argument("--version", default="4.0", help="its major and minor version, which names the plugin folder (default 4.0)")
    parser.add_argument("--no-run", action="store_true", help="judge the captures that DIR holds already (captures/lab and captures/firewall too; needs no root)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only the scenarios whose name begins so")
    parser.add_argument("--repeats", type=int, default=1, metavar="N",
                        help=f"run everything N times, each time with other timers from {TIMERS[0]} to {TIMERS[1]} s")
    parser.add_argument("--span", type=int, metavar="S", help=f"evidence_span in seconds (default {SHORT_SPAN}; {DEFAULT_SPAN} with several repeats)")
    parser.add_argument("--seed", type=int, metavar="S", help="seed of the timers and pauses (default: a new one, printed)")
    parser.add_argument("--jobs", type=int, default=32, metavar="N", help="scenarios side by side (default 32)")
    parser.add_argument("--list", action="store_true", help="list the scenarios and stop")
    return parser.parse_args()


def choose(arguments):
    if not arguments.only:
        return list(registry.VERDICTS.values())
    chosen = [scenario for name, scenario in registry.VERDICTS.items() if name.startswith(tuple(arguments.only))]
    if not chosen:
        sys.exit("judge.py: no scenario's name begins so; `judge.py --list` shows the names")
    return chosen


def repetitions(chosen, arguments):
    """The first repeat has the scenarios' own timers; each further one draws its own."""
    span = arguments.span or (SHORT_SPAN if arguments.repeats == 1 else DEFAULT_SPAN)
    seed = arguments.seed if arguments.seed is not None else random.randrange(1_000_000)
    print(f"seed of timers and pauses: {seed}; evidence_span {span} s", flush=True)
    result = []
    for number in range(arguments.repeats):
        draw = random.Random(f"{seed} {number}")
        for scenario in chosen:
            settings = {"span": span, "seed": f"{seed} {number} {scenario.name}", **scenario.settings}
            if number and "prefer" not in settings:
                settings.update(half=draw.randint(*TIMERS), idle=draw.randint(*TIMERS), closing=draw.randint(2, 4))
            name = scenario.name if arguments.repeats == 1 else f"{scenario.name}.{number + 1}"
            result.append(replace(scenario, name=name, settings=settings, lab=Site))
    return result


def judge(arguments):
    # A kept sample has its truth under the name that all samples have.
    files = sorted(arguments.out.glob("*.verdict.json")) or sorted(arguments.out.glob("*.truth.json"))
    truths = [truth for truth in (json.loads(path.read_text()) for path in files) if "resets_seen" in truth]
    truths = [truth for truth in truths if not arguments.only or truth["scenario"].startswith(tuple(arguments.only))]
    if not truths:
        sys.exit(f"judge.py: {arguments.out} has no captures with truth files of this kind (NAME.verdict.json; of samples NAME.truth.json)")
    tshark = Tshark(arguments.plugin, arguments.tshark, arguments.version)
    # Of a kept sample there may be one vantage point only.
    work = [(truth, vantage) for truth in truths for vantage in truth["captures"] if judging.path(arguments.out, truth, vantage).exists()]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda item: judging.judge(*item, judging.read(tshark, arguments.out, *item)), work))
    estimates = [line for item in work if item[0]["scenario"].startswith("five-") for line in judging.estimates(tshark, arguments.out, *item)]
    return judging.report(results, truths, estimates)


def main():
    arguments = parse_arguments()
    if arguments.list:
        for scenario in registry.VERDICTS.values():
            print(f"{scenario.name:52} {scenario.shows}")
        return 0
    if not arguments.out:
        sys.exit("judge.py: --out DIR is missing: where shall the captures go?")
    failed = {}
    if not arguments.no_run:
        chosen = repetitions(choose(arguments), arguments)
        impossible = topology.why_impossible()
        if impossible:
            print(f"The lab cannot run here: {impossible}.\nVERDICTS: 0 run, {len(chosen)} skipped")
            return 0
        (arguments.out / "failed").mkdir(parents=True, exist_ok=True)
        for scenario in chosen:
            for path in arguments.out.glob(f"{scenario.name}.*"):
                path.unlink()
        topology.remove_orphans()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        failed = run.run_all(chosen, arguments.out, max(1, arguments.jobs))
        for name, why in sorted(failed.items()):
            print(f"FAILED {name}: {why} (its captures: {arguments.out}/failed)")
    good = judge(arguments) if arguments.plugin else True
    if not arguments.no_run:
        print(f"VERDICTS: {len(chosen) - len(failed)} run, 0 skipped" + (f", {len(failed)} failed" if failed else ""))
    return 0 if good and not failed else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted; the namespaces are removed", file=sys.stderr)
        sys.exit(130)
