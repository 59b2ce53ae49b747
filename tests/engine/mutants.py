#!/usr/bin/python3
"""Break each transition and each rule of judgement in turn, and see a test of the engine fail.

    tests/engine/mutants.py [--only transitions|rules] [--jobs N]

Each row of the table in Transition.cpp is left out once. Of the rules, each `if` with a block in the files below is turned to
never. A mutant that no test notices survives: either a test is missing, or the line makes no
difference (EQUIVALENT says why, and is printed). Exit status 1 if one survives unexplained, or is explained and dies.
"""

import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
INFERENCE = ROOT / "postdissector/inference"
RULES = ["JudgeSilence.cpp", "JudgeReset.cpp", "Judge.cpp", "ObserverJudge.cpp", "ObserverFinish.cpp", "ResetCause.cpp",
         "Reset.cpp"]
FLAGS = ["-std=c++20", "-O0", f"-I{ROOT}", f"-I{INFERENCE}"]
# File and condition -> why turning it to never changes nothing that could be seen.
EQUIVALENT = {
    ("Reset.cpp", "!receiver.hasAckSent"):
        "an end that was revived has just acknowledged, and whom a synchronised end has heard is known by its numbers; "
        "the line guards against reading an acknowledgement that was never sent",
    ("ObserverJudge.cpp", "record.cause == ResetCause::none"):
        "what follows concerns frames that a verdict names as a RST, which have a cause; the line spares all others the look",
    ("ObserverFinish.cpp", "latest.lost <= moment"):
        "a silence begins after the other side's latest packet, unless the clock of the capture runs backwards",
}


def compiled(source, target):
    return subprocess.run(["g++", *FLAGS, "-c", str(source), "-o", str(target)], capture_output=True).returncode == 0


def noticed(objects, replaced, source_text, folder, number):
    """True if the tests fail, or nothing compiles, with this text instead of that file."""
    source, target, program = (folder / f"{number}{end}" for end in (".cpp", ".o", ""))
    source.write_text(source_text)
    if not compiled(source, target):
        return None
    parts = [str(target if name == replaced else path) for name, path in objects.items()]
    subprocess.run(["g++", *parts, "-lgtest", "-lgtest_main", "-lpthread", "-o", str(program)], check=True)
    try:
        done = subprocess.run([str(program), "--gtest_brief=1"], capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return True
    finally:
        for path in (source, target, program):
            path.unlink(missing_ok=True)
    return done.returncode != 0


def without_rows(text):
    """Each row of the machine left out."""
    for found in re.finditer(r"^    \{(\w+), (\w+), (\w+), (?:true|false),.*?\},$", text, re.M | re.S):
        row = f"row {found[1]} + {found[2]} -> {found[3]}"
        yield row, row, text[:found.start()] + text[found.end():]


def without_rules(name, text):
    """Each `if (...) {` never taken."""
    for found in re.finditer(r"^( +)(\} else )?if \((.*?)\) \{$", text, re.M | re.S):
        condition = " ".join(found[3].split())
        changed = f"{found[1]}{found[2] or ''}if (false && ({found[3]})) {{"
        line = text.count("\n", 0, found.start()) + 1
        yield condition, f"{name}:{line} never: {condition}", text[:found.start()] + changed + text[found.end():]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["transitions", "rules"])
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    mutants = []
    if chosen.only != "rules":
        mutants += [("Transition.cpp", *each) for each in without_rows((INFERENCE / "Transition.cpp").read_text())]
    if chosen.only != "transitions":
        for name in RULES:
            mutants += [(name, *each) for each in without_rules(name, (INFERENCE / name).read_text())]
    with tempfile.TemporaryDirectory() as place, concurrent.futures.ThreadPoolExecutor(chosen.jobs) as pool:
        folder = pathlib.Path(place)
        sources = [*INFERENCE.glob("*.cpp"), *(ROOT / "tests/engine").glob("*.cpp"), ROOT / "postdissector/records.cpp"]
        objects = {source.name: folder / f"{source.name}.o" for source in sources}
        if not all(pool.map(lambda source: compiled(source, objects[source.name]), sources)):
            sys.exit("mutants.py: the engine or its tests do not compile; on Debian: apt-get install g++ libgtest-dev")
        whole = INFERENCE / "Transition.cpp"
        if noticed(objects, whole.name, whole.read_text(), folder, "whole"):
            sys.exit("mutants.py: the engine's tests fail as they are; mend that first")
        print(f"{len(mutants)} mutants", flush=True)
        outcomes = pool.map(lambda each: noticed(objects, each[1][0], each[1][3], folder, each[0]), enumerate(mutants))
        survivors = dead = invalid = 0
        explained = []
        for (name, key, what, _), outcome in zip(mutants, outcomes):
            why = EQUIVALENT.get((name, key))
            if outcome is None:
                invalid += 1
            elif outcome:
                dead += 1
                if why:
                    survivors += 1
                    print(f"dies, though EQUIVALENT says that it cannot: {what}", flush=True)
            elif why:
                explained.append((what, why))
            else:
                survivors += 1
                print(f"survives: {what}", flush=True)
    for what, why in explained:
        print(f"makes no difference: {what}\n    {why}")
    print(f"{dead} mutants killed, {survivors} survive unexplained, {len(explained)} make no difference, "
          f"{invalid} do not compile")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
