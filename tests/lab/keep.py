#!/usr/bin/python3
"""Keeps some of a run's captures as samples: `keep.py DIR` copies them with their truth files to captures/lab.

A sample is kept from both vantage points where the two differ tellingly, otherwise from one.
"""

import shutil
import sys
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[2] / "captures" / "lab"
LARGEST, TOGETHER = 60_000, 1_500_000
BOTH = ("client", "server")
CHOSEN = {
    "client-active-close": BOTH,
    "server-active-close-ipv6": ("server",),
    "client-three-segments": ("server",),
    "server-fin-with-data": ("client",),
    "server-half-close": ("client",),
    "client-half-close-silent": ("client",),
    "client-half-close-keep-alives": ("server",),
    "simultaneous-close": BOTH,
    "closing-frozen": ("client",),
    "crossing-fin-lost-client": BOTH,
    "crossing-fins-lost-client-first": BOTH,
    "data-crosses-client-fin": BOTH,
    "server-close-crosses-data": BOTH,
    "client-fin-lost": BOTH,
    "client-last-ack-lost": ("server",),
    "client-fin-before-data": BOTH,
    "client-fin-overtakes-data": ("server",),
    "server-time-wait-assassinated": ("server",),
    "syn-ack-lost": ("server",),
    "syn-ack-late-and-unanswered": ("client",),
    "handshake-ack-lost-data-tells": ("server",),
    "fast-open-server-sends-early": ("server",),
    "simultaneous-open": BOTH,
    "simultaneous-open-syn-lost": ("server",),
    "refused-ipv6": ("client",),
    "connect-given-up": ("server",),
    "client-orphan-late-data": ("server",),
    "server-closes-with-unread-data": ("client",),
    "client-restarts-and-reconnects": BOTH,
    "port-reuse-server-in-time-wait": ("client",),
    "client-closes-behind-zero-window": ("client",),
    "wrap-fin-before-data": ("client",),
}


def main():
    if len(sys.argv) != 2:
        sys.exit("keep.py: name the folder of a lab run (run.py --out DIR)")
    source = Path(sys.argv[1])
    files = []
    for name, sides in CHOSEN.items():
        files += [source / f"{name}.truth.json", *(source / f"{name}.{side}.pcapng" for side in sides)]
    missing = [file.name for file in files if not file.exists()]
    if missing:
        sys.exit(f"keep.py: {source} has no {', '.join(missing)}: run the whole lab into it first")
    large = [file.name for file in files if file.stat().st_size > LARGEST]
    if large or sum(file.stat().st_size for file in files) > TOGETHER:
        sys.exit(f"keep.py: too large to be kept: {', '.join(large) or 'all of it together'}")
    shutil.rmtree(SAMPLES, ignore_errors=True)
    SAMPLES.mkdir(parents=True)
    for file in files:
        shutil.copyfile(file, SAMPLES / file.name)
    print(f"{len(files)} files, {sum(file.stat().st_size for file in files)} bytes in {SAMPLES}; now write the table: captures/table.py")


if __name__ == "__main__":
    main()
