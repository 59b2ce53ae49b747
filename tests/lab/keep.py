#!/usr/bin/python3
"""Keeps some of a run's captures as samples: `keep.py DIR` copies them with their truth files to captures.

DIR is a folder of run.py (states, to captures/lab) or of judge.py (verdicts, to captures/firewall). A sample is kept from both
vantage points where the two differ tellingly, otherwise from one; its truth file is NAME.truth.json in either folder.
"""

import shutil
import sys
from pathlib import Path

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
LARGEST, TOGETHER = 80_000, 1_500_000
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
    "client-fin-wait-1-frozen": ("client",),
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

VERDICTS = {
    "published-half-close-unanswered": BOTH,
    "published-half-close-answered": BOTH,
    "half-closed-client-closes-peer-alive": BOTH,
    "half-closed-server-closes-reset-from-elsewhere": ("client",),
    "half-closed-client-closes-prohibited": ("server",),
    "idle-client-speaks-peer-alive": ("client",),
    "idle-client-speaks": ("client",),
    "idle-server-speaks-reset-distant": ("server",),
    "idle-client-keep-alives": ("client",),
    "translated-outside-speaks": ("server",),
    "translated-half-closed-outside-speaks": BOTH,
    "reused-port-after-idle": ("client",),
    "table-flushed-new-connection-works": ("client",),
    "five-idle-connections": ("client",),
    "late-data-client-closes-past-clock": ("server",),
    "late-data-server-closes-orphan-gone": ("client",),
    "power-lost-client-half-closed": ("server",),
    "power-lost-client-half-closed-and-busy": ("server",),
    "outage-recovers-client-after-idle": ("client",),
    "half-close-client-kept-alive": ("server",),
    "path-mtu": ("client",),
    "rejected-by-reset-from-elsewhere": ("client",),
    "rejected-by-icmp": ("client",),
    "spoofed-exact-to-client": ("client",),
    "spoofed-exact-to-client-same-ttl": ("client",),
    "spoofed-in-window-to-client": ("client",),
    "reset-by-rule-server-sends-distant": ("server",),
    "reset-late-data-storm-client": ("server",),
    "unread-data-client": ("server",),
    "unread-much-data-client": ("server",),
    "application-silent-after-client-closes-kept-alive": ("client",),
    "application-silent-until-the-client-gives-up": ("client",),
}


def main():
    if len(sys.argv) != 2:
        sys.exit("keep.py: name the folder of a lab run (run.py --out DIR, or judge.py --out DIR)")
    source = Path(sys.argv[1])
    verdicts = any(source.glob("*.verdict.json"))
    folder, kind, program, chosen = ("firewall", "verdict", "judge.py", VERDICTS) if verdicts else ("lab", "truth", "run.py", CHOSEN)
    samples = CAPTURES / folder
    files = []
    for name, sides in chosen.items():
        files += [source / f"{name}.{kind}.json", *(source / f"{name}.{side}.pcapng" for side in sides)]
    missing = [file.name for file in files if not file.exists()]
    if missing:
        sys.exit(f"keep.py: {source} has no {', '.join(missing)}: run the whole of {program} into it first")
    large = [file.name for file in files if file.stat().st_size > LARGEST]
    if large or sum(file.stat().st_size for file in files) > TOGETHER:
        sys.exit(f"keep.py: too large to be kept: {', '.join(large) or 'all of it together'}")
    shutil.rmtree(samples, ignore_errors=True)
    samples.mkdir(parents=True)
    for file in files:
        shutil.copyfile(file, samples / file.name.replace(".verdict.json", ".truth.json"))
    print(f"{len(files)} files, {sum(file.stat().st_size for file in files)} bytes in {samples}; now write the table: captures/table.py")


if __name__ == "__main__":
    main()
