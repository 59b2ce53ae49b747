"""The table of tests/coverage, from llvm-cov's JSON: coverage.py [--uncovered] TESTS FUZZ."""

import json
import pathlib
import sys


def lines_of(file):
    """The lines that hold code, each with the greatest number of times that anything on it ran."""
    counts = {}
    segments = file["segments"]
    for (line, _, count, has_count, *_), (last, column, *_) in zip(segments, segments[1:]):
        if has_count:
            for number in range(line, last + (column > 1)):
                counts[number] = max(counts.get(number, 0), count)
    return counts


def branches_of(file):
    """Each outcome of each branch, by its place: a template or an inline function has several instances."""
    outcomes = {}
    for line, column, _, _, taken, missed, *_ in file["branches"]:
        for outcome, count in ((True, taken), (False, missed)):
            place = (line, column, outcome)
            outcomes[place] = max(outcomes.get(place, 0), count)
    return outcomes


def read(path):
    files = json.loads(pathlib.Path(path).read_text())["data"][0]["files"]
    return {pathlib.Path(file["filename"]).name: (lines_of(file), branches_of(file)) for file in files}


def either(measured):
    """What one or the other reached, of one file."""
    merged = ({}, {})
    for kinds in measured:
        for into, counts in zip(merged, kinds):
            for place, count in counts.items():
                into[place] = max(into.get(place, 0), count)
    return merged


def share(counts):
    """Covered, all and the share of several tables of counts."""
    every = [count for table in counts for count in table.values()]
    hit = sum(count > 0 for count in every)
    return f"{hit:5}/{len(every):<5}{100 * hit / len(every):6.1f}" if every else " " * 17


def main(arguments):
    uncovered = "--uncovered" in arguments
    columns = [read(path) for path in arguments[-2:]]
    columns.append({name: either([column[name] for column in columns if name in column])
                    for name in set().union(*columns)})
    names = sorted(set().union(*columns))
    print(f"{'':26} {'GoogleTest':^36} {'fuzzing':^36} {'both':^36}")
    print(f"{'':26}" + " {:^18} {:^17}".format("lines %", "branches %") * 3)
    for name in names:
        cells = [share([column[name][kind]]) if name in column else " " * 17 for column in columns for kind in (0, 1)]
        print(f"{name:26} " + "  ".join(cells))
    total = [share([column[name][kind] for name in column]) for column in columns for kind in (0, 1)]
    print(f"{'postdissector/inference':26} " + "  ".join(total))
    if uncovered:
        print("\nreached by neither:")
        for name in names:
            missed = [number for number, count in sorted(columns[2].get(name, ({}, {}))[0].items()) if count == 0]
            if missed:
                print(f"  {name}: " + " ".join(map(str, missed)))


main(sys.argv[1:])
