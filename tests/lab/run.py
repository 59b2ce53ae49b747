#!/usr/bin/python3
"""Runs the lab: every scenario in namespaces of its own, many side by side. `run.py --help` says how."""

import argparse
import collections
import ctypes
import json
import multiprocessing
import multiprocessing.connection
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import random_scenarios
import registry
import scenarios  # noqa: F401  (fills the registry)
import topology
from lab import Lab

STATES = ("SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "LAST-ACK", "CLOSING", "TIME-WAIT", "CLOSED")
ENOUGH = 5       # samples of every state on every side
TIME_LIMIT = 120  # seconds for one scenario
ATTEMPTS = 3      # on a busy machine two things that a script does at once may be too far apart to cross
PR_SET_PDEATHSIG = 1


def parse_arguments():
    parser = argparse.ArgumentParser(description="Real Linux hosts in network namespaces, captured at both ends, with the kernel's states.")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for NAME.client.pcapng, NAME.server.pcapng and NAME.truth.json")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these fixed scenarios (no randomised ones unless --random is given)")
    parser.add_argument("--random", type=int, metavar="N", help="number of randomised scenarios (default 64)")
    parser.add_argument("--seed", type=int, metavar="S", help="seed of the randomised scenarios (default: a new one, printed)")
    parser.add_argument("--jobs", type=int, default=20, metavar="N", help="scenarios side by side (default 20)")
    parser.add_argument("--list", action="store_true", help="list the fixed scenarios and stop")
    return parser.parse_args()


def choose(arguments):
    fixed = list(registry.ALL.values())
    if arguments.only:
        unknown = sorted(set(arguments.only) - registry.ALL.keys())
        if unknown:
            sys.exit(f"run.py: no scenario is named {', '.join(unknown)}; `run.py --list` shows the names")
        fixed = [registry.ALL[name] for name in arguments.only]
    count = arguments.random if arguments.random is not None else (0 if arguments.only else 64)
    seed = arguments.seed if arguments.seed is not None else random.randrange(1_000_000)
    if count:
        print(f"seed of the randomised scenarios: {seed}", flush=True)
    return fixed + random_scenarios.make(count, seed)


def play(scenario, prefix, folder, parent):
    """In a process of its own: a scenario that hangs or crashes takes nobody along."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the runner's business, which then stops this process
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)
    try:
        settings = scenario.settings if scenario.seed is None else random_scenarios.prepare(scenario)
        arguments = scenario.arguments if scenario.seed is None else {"seed": scenario.seed}
        with (scenario.lab or Lab)(prefix, **settings) as lab:
            try:
                scenario.script(lab, **arguments)
            except Exception:
                lab.write(folder / "failed", scenario.name, scenario.shows, scenario.seed)
                raise
            lab.write(folder, scenario.name, scenario.shows, scenario.seed)
    except Exception as problem:
        message = (str(problem).splitlines() or [""])[0]
        (folder / f"{scenario.name}.error").write_text(f"{type(problem).__name__}: {message}\n{traceback.format_exc()}")
        sys.exit(1)


def run_all(chosen, folder, jobs):
    """Returns {name: reason} of what failed."""
    failed, waiting, running = {}, [(number, scenario, 1) for number, scenario in enumerate(chosen)], {}
    prefix = f"{topology.PREFIX}-{os.getpid()}"
    begin = shown = time.monotonic()
    done = 0
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                number, scenario, attempt = waiting.pop(0)
                process = multiprocessing.get_context("fork").Process(target=play, args=(scenario, f"{prefix}-{number}", folder, os.getpid()))
                process.start()
                running[process.sentinel] = (process, scenario, number, attempt, time.monotonic())
            multiprocessing.connection.wait(list(running), timeout=1)
            for sentinel, (process, scenario, number, attempt, started) in list(running.items()):
                late = time.monotonic() - started > TIME_LIMIT
                if process.is_alive() and not late:
                    continue
                if late:
                    stop(process)
                process.join()
                del running[sentinel]
                if late or process.exitcode != 0:
                    topology.remove_all(f"{prefix}-{number}-")
                    why = f"longer than {TIME_LIMIT} s" if late else reason(folder, scenario.name, process.exitcode)
                    if attempt < ATTEMPTS and not late:
                        print(f"  again: {scenario.name} ({why})", flush=True)
                        waiting.append((number, scenario, attempt + 1))
                        continue
                    failed[scenario.name] = why
                else:
                    (folder / f"{scenario.name}.error").unlink(missing_ok=True)
                done += 1
            if time.monotonic() - shown > 10 or not (waiting or running):
                shown = time.monotonic()
                print(f"  {done} of {len(chosen)} scenarios after {shown - begin:.0f} s", flush=True)
    finally:
        for process, *_ in running.values():
            stop(process)
        topology.remove_all(f"{prefix}-")
    return failed


def stop(process):
    process.terminate()
    process.join(timeout=5)
    if process.is_alive():
        process.kill()
        process.join()


def reason(folder, name, code):
    path = folder / f"{name}.error"
    return path.read_text().strip().splitlines()[0] if path.exists() else f"ended with {code}"


def count_states(folder, names):
    counts = {role: collections.Counter() for role in ("client", "server")}
    for name in names:
        for sample in json.loads((folder / f"{name}.truth.json").read_text())["samples"]:
            for role in counts:
                if sample[f"{role}_visible"]:
                    counts[role][sample[role]] += 1
    return counts


def main():
    arguments = parse_arguments()
    if arguments.list:
        for scenario in registry.ALL.values():
            print(f"{scenario.name:42} {scenario.shows}")
        return 0
    chosen = choose(arguments)
    impossible = topology.why_impossible()
    if impossible:
        print(f"The lab cannot run here: it {impossible}." if impossible.startswith("needs") else f"The lab cannot run here: {impossible}.")
        print(f"LAB: 0 run, {len(chosen)} skipped")
        return 0
    if not arguments.out:
        sys.exit("run.py: --out DIR is missing: where shall the captures go?")
    (arguments.out / "failed").mkdir(parents=True, exist_ok=True)
    topology.remove_orphans()
    for scenario in chosen:
        for kind in ("client.pcapng", "server.pcapng", "truth.json", "error"):
            (arguments.out / f"{scenario.name}.{kind}").unlink(missing_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = run_all(chosen, arguments.out, max(1, arguments.jobs))
    good = [scenario.name for scenario in chosen if scenario.name not in failed]
    counts = count_states(arguments.out, good)
    print(f"{'samples of':14}{'client':>8}{'server':>8}")
    rare = []
    for state in STATES:
        print(f"{state:14}{counts['client'][state]:8}{counts['server'][state]:8}")
        rare += [f"{state} at the {role}" for role in counts if counts[role][state] < ENOUGH]
    if rare and not arguments.only:
        print(f"fewer than {ENOUGH} samples: {', '.join(rare)}")
    for name, why in sorted(failed.items()):
        print(f"FAILED {name}: {why} (its captures: {arguments.out}/failed)")
    print(f"LAB: {len(good)} run, 0 skipped" + (f", {len(failed)} failed" if failed else ""))
    return 1 if failed or (rare and not arguments.only) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted; the namespaces are removed", file=sys.stderr)
        sys.exit(130)
