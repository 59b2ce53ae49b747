#!/usr/bin/python3
"""Write the table of captures/README.md from the truth files: a row for each sample, the lab's included.

    captures/table.py           rewrites what stands between the two comments
    captures/table.py --check   changes nothing and fails if the table is not up to date
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
BEGIN, END = "<!-- table: begin, written by captures/table.py -->", "<!-- table: end -->"
FOLDERS = {"transcripts": "published transcript, rebuilt", "lab": "lab: real Linux hosts",
           "firewall": "lab: a real firewall with connection tracking"}


def row(truth, source):
    name = truth.name.removesuffix(".truth.json")
    # A sample of the lab may be captured at both hosts: NAME.client.pcapng and NAME.server.pcapng.
    files = sorted(truth.parent.glob(f"{name}.pcapng")) + sorted(truth.parent.glob(f"{name}.*.pcapng"))
    if not files:
        sys.exit(f"{truth}: there is no capture beside it; remove it or make the capture again")
    try:
        shows = json.loads(truth.read_text())["shows"].replace("|", "\\|").strip()
    except (ValueError, KeyError) as error:
        sys.exit(f"{truth}: no sentence under \"shows\" ({error})")
    links = "<br>".join(f"[{file.name}]({file.relative_to(HERE)})" for file in files)
    return f"| {links} | {shows} | {source} |"


def table():
    rows = ["| file | what it shows | where it comes from |", "|---|---|---|"]
    for folder, source in FOLDERS.items():
        rows += [row(truth, source) for truth in sorted((HERE / folder).glob("*.truth.json"))]
    return "\n".join(rows)


def main():
    old = README.read_text()
    before, begin, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        sys.exit(f"{README} lacks the two comments {BEGIN!r} and {END!r} between which the table stands")
    new = f"{before}{BEGIN}\n{table()}\n{END}{after}"
    if "--check" in sys.argv[1:]:
        if new != old:
            sys.exit("the table of captures/README.md is not up to date: run captures/table.py")
    elif new != old:
        README.write_text(new)


if __name__ == "__main__":
    main()
