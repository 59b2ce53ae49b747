"""Counts the instructions of tshark with valgrind, so that the figure repeats on any machine, however busy it is.

A capture and its first part are read: the difference over the difference in packets is free of what starting costs. The
seed of Wireshark's hash tables, random otherwise, is fixed, and so are addresses, since tables are also keyed by those.
"""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

from callgrind import Profile
from tshark import HERE, Failure, find, generate, progress


class InstructionCounter:
    def __init__(self, tshark):
        self.tshark = tshark
        self.folder = folder = tshark.folder
        self.valgrind = find("valgrind", "valgrind")
        self.setarch = find("setarch", "util-linux")
        self.seed = folder / "fixed_seed.so"
        subprocess.run([os.environ.get("CXX") or find("c++", "g++"), "-O2", "-shared", "-fPIC", "-o", self.seed,
                        HERE / "fixed_seed.cpp"], check=True)
        self.seed.chmod(0o644)

    def make_captures(self, packets, per_connection, seed):
        """Mixed traffic, and the first quarter of it."""
        self.few = self.folder / "few.pcapng"
        self.many = generate(self.folder, "many.pcapng", packets, max(1, packets // per_connection), "--seed", seed,
                             "--prefix", packets // 4, self.few)
        self.few.chmod(0o644)
        self.slope = packets - packets // 4

    def under_valgrind(self, capture, arguments, plugin, *tool):
        self.tshark.run(capture, arguments, plugin, before=[self.setarch, "-R", self.valgrind, *tool],
                        LD_PRELOAD=str(self.seed))

    def instructions(self, capture, arguments, plugin, name):
        """Those of one run; `name` is different in runs at the same time."""
        log = self.folder / f"{capture.stem}-{name}.log".replace(" ", "-")
        self.under_valgrind(capture, arguments, plugin, "--tool=cachegrind", "--cache-sim=no",
                            "--cachegrind-out-file=/dev/null", f"--log-file={log}")
        counted = re.search(r"I +refs: +([\d,]+)", log.read_text())
        if counted is None:
            raise Failure(f"valgrind counted no instructions: {log.read_text()}")
        log.unlink()
        return int(counted[1].replace(",", ""))

    def profile(self, capture, arguments, plugin, name):
        """Which functions a run spends them in."""
        out = self.folder / f"{capture.stem}-{name}.callgrind".replace(" ", "-")
        self.under_valgrind(capture, arguments, plugin, "--tool=callgrind", f"--callgrind-out-file={out}",
                            f"--log-file={out}.log")
        return Profile(out)

    def per_packet(self, runs, jobs):
        """{key: instructions per packet} of {key: (arguments, whether the plugin is there)}."""
        counts = {}
        with ThreadPoolExecutor(jobs) as pool:
            wanted = [(key, capture) for capture in (self.many, self.few) for key in runs]
            started = {(key, capture): pool.submit(self.instructions, capture, *runs[key], "-".join(key))
                       for key, capture in wanted}
            for number, (pair, run) in enumerate(started.items(), 1):
                counts[pair] = run.result()
                progress(f"{number}/{len(started)} runs")
        progress("")
        return {key: (counts[key, self.many] - counts[key, self.few]) / self.slope for key in runs}
