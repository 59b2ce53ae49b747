#!/usr/bin/python3
"""Compares the plugin's states with the kernel's, for every capture of a lab folder and from both vantage points.

The endpoint on the capture's own side must agree at every visible sample. The far endpoint may differ only where a packet
was lost on the way; each such difference is printed with the packet that explains it, and one without fails.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import plugins  # noqa: E402  (tests/plugins.py)

NUMBERS = {0: "UNKNOWN", 1: "CLOSED", 2: "LISTEN", 3: "SYN-SENT", 4: "SYN-RECEIVED", 5: "ESTABLISHED", 6: "FIN-WAIT-1",
           7: "FIN-WAIT-2", 8: "CLOSE-WAIT", 9: "LAST-ACK", 10: "CLOSING", 11: "TIME-WAIT"}
INITIATORS = {0: "none", 1: "client", 2: "server", 3: "both"}
KINDS = {0: "open", 1: "four segments", 2: "three segments", 3: "simultaneous", 4: "half-close", 5: "reset",
         6: "reset after FIN", 7: "unfinished"}
FIELDS = ("frame.number", "frame.time_epoch", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport", "tcp.flags",
          "tcpstate.sender", "tcpstate.client.state", "tcpstate.server.state", "tcpstate.close.initiator", "tcpstate.close.kind")
SYN, RST, ACK = 2, 4, 16
OTHER = {"client": "server", "server": "client"}


class Row(NamedTuple):
    """One packet as the plugin annotates it, with the states by address rather than by role."""
    frame: int
    time: float
    source: tuple
    target: tuple
    flags: int
    states: dict     # {end: state}
    initiator: str   # by the lab's roles is not known here: client or server as the plugin sees it
    kind: str
    client: tuple    # the end which the plugin takes for the client


class Result(NamedTuple):
    near: int = 0
    far: int = 0
    near_misses: tuple = ()
    tied: tuple = ()       # far misses with the lost packet that explains them
    untied: tuple = ()
    closes: int = 0
    close_tied: tuple = ()
    close_misses: tuple = ()

    def __add__(self, other):
        return Result(*(a + b for a, b in zip(self, other)))


class Tshark:
    """Runs tshark with the plugin as an ordinary user: as root it would ignore personal plugins."""

    def __init__(self, plugin, program, version):
        self.home = tempfile.TemporaryDirectory(prefix="tcpstate-lab-")
        os.chmod(self.home.name, 0o755)
        led = plugins.place(Path(self.home.name), version, [program], plugin)
        drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        environment = {**os.environ, **led, "HOME": self.home.name, "TZ": "UTC", "LC_ALL": "C.UTF-8"}
        environment.pop("XDG_CONFIG_HOME", None)
        self._command, self._environment = [*drop, program], environment
        fields = self.run("-G", "fields")
        if "\ttcpstate.states\t" not in fields:
            raise SystemExit(f"compare.py: {program} did not load {plugin}: is it built for Wireshark {version}?")

    def run(self, *arguments, feed=None):
        result = subprocess.run([*self._command, *arguments], stdin=feed or subprocess.DEVNULL, capture_output=True, text=True,
                                env=self._environment, cwd="/", timeout=120)
        if result.returncode != 0:
            raise SystemExit(f"compare.py: tshark {' '.join(arguments[:4])} ... failed: {result.stderr.strip()}")
        return result.stdout

    @contextlib.contextmanager
    def readable(self, feed):
        """The path of a copy that the ordinary user can read, for two passes cannot read from a pipe."""
        with tempfile.NamedTemporaryFile(dir=self.home.name, suffix=".pcapng") as copy:
            shutil.copyfileobj(feed, copy)
            copy.flush()
            os.chmod(copy.name, 0o644)
            yield copy.name

    def rows(self, capture):
        options = [option for field in FIELDS for option in ("-e", field)]
        with open(capture, "rb") as feed:  # read by us: the capture may lie where the ordinary user cannot look
            output = self.run("-n", "-r", "-", "-Y", "tcp && !icmp && !icmpv6", "-T", "fields", "-E", "occurrence=f", *options, feed=feed)
        return [row(line.split("\t")) for line in output.splitlines()]


def row(values):
    value = dict(zip(FIELDS, values))
    source = (value["ip.src"] or value["ipv6.src"], int(value["tcp.srcport"]))
    target = (value["ip.dst"] or value["ipv6.dst"], int(value["tcp.dstport"]))
    number = {name: int(value[f"tcpstate.{name}"] or 0) for name in ("sender", "client.state", "server.state", "close.initiator", "close.kind")}
    client, server = (source, target) if number["sender"] == 1 else (target, source)
    return Row(int(value["frame.number"]), float(value["frame.time_epoch"]), source, target, int(value["tcp.flags"], 16),
               {client: NUMBERS[number["client.state"]], server: NUMBERS[number["server.state"]]},
               INITIATORS[number["close.initiator"]], KINDS[number["close.kind"]], client)


def ends(connection):
    return {role: (connection[role][0], connection[role][1]) for role in ("client", "server")}


def agrees(sample, role, seen, end, rows):
    """Whether the plugin's state is the kernel's. `ss` shows no socket for CLOSED, and for a listener without a child neither."""
    if sample[f"{role}_raw"] != "absent":
        return seen == sample[role]
    # A server's end is in LISTEN as long as it has done nothing but to answer a SYN, and no ACK took it further: a reset
    # undoes SYN-RECEIVED (RFC 9293 3.10.7.4).
    opening = max((i for i, row in enumerate(rows) if row.flags & (SYN | ACK) == SYN), default=0)
    own = [row for row in rows[opening:] if row.source == end]
    peers = [row for row in rows[opening:] if row.source != end]
    if role == "server" and all(row.flags & (SYN | ACK) == SYN | ACK for row in own) and not any(row.flags & (ACK | RST) == ACK for row in peers):
        return seen == "LISTEN"
    return seen == "CLOSED"


def explanation(truth, connection, moment, last_good):
    """The lost packet that explains a miss of the far endpoint: one not yet made good, or lost since the two last agreed."""
    for loss in truth["losses"]:
        if loss["time"] <= moment and (loss["repaired"] is None or loss["repaired"] > moment or loss["time"] > last_good):
            return loss
    return None


def fin_lost_on_the_way_to(vantage, truth):
    return next((loss for loss in truth["losses"] if loss["direction"] == f"to-{vantage}" and "FIN" in loss["what"]), None)


def compare(truth, vantage, rows):
    near = far = closes = 0
    near_misses, tied, untied, close_tied, close_misses = [], [], [], [], []
    last_good = {}
    for sample in truth["samples"]:
        connection = truth["connections"][sample["connection"]]
        both = ends(connection)
        seen = [row for row in rows if row.time <= sample["time"] and {row.source, row.target} == set(both.values())]
        if not seen:
            continue
        for role in ("client", "server"):
            if not sample[f"{role}_visible"]:
                continue
            state = seen[-1].states[both[role]]
            good = agrees(sample, role, state, both[role], seen)
            text = f"{truth['scenario']}.{vantage} frame {seen[-1].frame}, '{sample['after']}': {role} {state}, the kernel says {sample[role]}"
            if role == vantage:
                near += 1
                if not good:
                    near_misses.append(text)
            else:
                far += 1
                if good:
                    last_good[sample["connection"]] = sample["time"]
                else:
                    loss = explanation(truth, connection, sample["time"], last_good.get(sample["connection"], 0))
                    if loss:
                        tied.append(f"{text}; lost {loss['direction']}: {loss['what']}")
                    else:
                        untied.append(text)
    expected = truth["expected"]
    if rows and truth["connections"]:
        last = truth["connections"][-1]
        own = [row for row in rows if {row.source, row.target} == set(ends(last).values())]
        if own and expected["kind"]:
            closes += 1
            row = own[-1]
            initiator = row.initiator
            if initiator in OTHER and row.client != ends(last)["client"]:
                initiator = OTHER[initiator]  # two SYNs crossed: each capture takes its own host for the client
            if (initiator, row.kind) != (expected["initiator"], expected["kind"]):
                text = (f"{truth['scenario']}.{vantage} frame {row.frame}: close {row.kind} by {initiator}, "
                        f"the script did {expected['kind']} by {expected['initiator']}")
                loss = fin_lost_on_the_way_to(vantage, truth)
                if loss:
                    close_tied.append(f"{text}; lost on the way here: {loss['what']}")
                else:
                    close_misses.append(text)
    return Result(near, far, tuple(near_misses), tuple(tied), tuple(untied), closes, tuple(close_tied), tuple(close_misses))


def main():
    parser = argparse.ArgumentParser(description="Compare the plugin's states with the kernel's in a folder of lab captures.")
    parser.add_argument("folder", type=Path, help="folder with NAME.truth.json and NAME.{client,server}.pcapng")
    parser.add_argument("--plugin", type=Path, required=True, help="the built tcpstate.so")
    parser.add_argument("--tshark", default="tshark", help="the tshark to run (default: the one in PATH)")
    parser.add_argument("--version", default="4.0", help="its major and minor version, which names the plugin folder (default 4.0)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="tsharks side by side (default 2)")
    parser.add_argument("--quiet", action="store_true", help="do not list the far endpoint's misses that a lost packet explains")
    arguments = parser.parse_args()
    if not arguments.plugin.is_file():
        sys.exit(f"compare.py: there is no plugin {arguments.plugin}: build it first (cmake --build build)")
    work = []
    for path in sorted(arguments.folder.glob("*.truth.json")):
        truth = json.loads(path.read_text())
        for vantage in ("client", "server"):
            capture = path.with_name(f"{truth['scenario']}.{vantage}.pcapng")
            if capture.exists():
                work.append((truth, vantage, capture))
    if not work:
        sys.exit(f"compare.py: no captures with truth files in {arguments.folder}")
    tshark = Tshark(arguments.plugin, arguments.tshark, arguments.version)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(lambda item: compare(item[0], item[1], tshark.rows(item[2])), work))
    total = sum(results, Result())
    for title, lines in (("far endpoint, explained by a loss", () if arguments.quiet else total.tied), ("FAR ENDPOINT WITHOUT A LOSS", total.untied),
                         ("close, explained by a loss", () if arguments.quiet else total.close_tied), ("NEAR ENDPOINT", total.near_misses), ("CLOSE", total.close_misses)):
        for line in lines:
            print(f"{title}: {line}")
    print(f"{len(work)} captures of {len({truth['scenario'] for truth, _, _ in work})} scenarios")
    print(f"near endpoint: {total.near - len(total.near_misses)} of {total.near} samples as the kernel says")
    far_good = total.far - len(total.tied) - len(total.untied)
    print(f"far endpoint:  {far_good} of {total.far} samples ({100 * far_good / max(1, total.far):.1f} %), "
          f"{len(total.tied)} misses tied to a lost packet, {len(total.untied)} without")
    print(f"close initiator and kind: {total.closes - len(total.close_misses) - len(total.close_tied)} of {total.closes} as the script did, "
          f"{len(total.close_tied)} misses tied to a lost FIN")
    return 1 if total.near_misses or total.untied or total.close_misses or not total.near else 0


if __name__ == "__main__":
    sys.exit(main())
