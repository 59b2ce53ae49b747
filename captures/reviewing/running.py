"""tshark itself: how it is called, how far it has read, and what it complains about."""

import os
import re
import subprocess
import sys
import tempfile
import threading

from .fields import AGGREGATOR, FIELDS


def arguments(tshark, path, options):
    """tshark reads twice (-2): what is known only at the end stands on every packet then."""
    fields = [argument for name in FIELDS for argument in ("-e", name)]
    return [tshark, "-n", "-2", "-r", path, "-T", "fields", "-E", "occurrence=a", "-E", f"aggregator={AGGREGATOR}",
            *fields, *options]


class Progress:
    """A line on a terminal's stderr that says how far tshark has read. Silent in a pipe and for what is quick."""

    EVERY = 0.25  # seconds

    def __init__(self, process, path, name, stream=None):
        self.process, self.path, self.name = process, os.path.realpath(path), os.path.basename(name)
        self.stream = stream or sys.stderr
        self.frames = 0
        self.written = False
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True) if self.stream.isatty() else None

    def __enter__(self):
        if self.thread:
            self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        if self.thread:
            self.thread.join()
        if self.written:
            print("\r\033[K", end="", file=self.stream, flush=True)

    def count(self, frames):
        self.frames = frames

    def run(self):
        while not self.done.wait(self.EVERY):
            words = self.words()
            if words:
                print(f"\r\033[K{words}", end="", file=self.stream, flush=True)
                self.written = True

    def words(self):
        positions = self.positions()
        size = os.path.getsize(self.path)
        if not positions or not size:
            return ""
        # The first pass reads through the lower descriptor and closes it, the second through the other.
        if len(positions) > 1 and not self.frames:
            return f"{self.name}: first pass, {100 * positions[0] // size} %"
        return f"{self.name}: second pass, {100 * positions[-1] // size} %, {self.frames:,} packets"

    def positions(self):
        """Where tshark stands in the file, by Linux' own account; the lowest descriptor first."""
        folder = f"/proc/{self.process.pid}"
        found = []
        try:
            for number in sorted(os.listdir(f"{folder}/fd"), key=int):
                if os.path.realpath(f"{folder}/fd/{number}") == self.path:
                    with open(f"{folder}/fdinfo/{number}", encoding="ascii") as file:
                        found.append(int(file.readline().split()[1]))
        except (OSError, ValueError, IndexError):
            return []
        return found


class Outcome:
    """How tshark ended: what to say about it, and whether a review can still be had."""

    def __init__(self, status, message, partial):
        self.status, self.message, self.partial = status, message, partial


def run(tshark, path, name, options, capture):
    """Read a file into `capture` by way of tshark."""
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        with subprocess.Popen(arguments(tshark, path, options), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=errors, text=True, encoding="utf-8", errors="replace") as process:
            with Progress(process, path, name) as progress:
                capture.read(process.stdout, progress.count)
        errors.seek(0)
        message, partial = complaint(errors.read(), name)
    return Outcome(process.returncode, message, partial)


def complaint(text, name):
    """tshark's stderr in one line, and whether the file could be read up to some point."""
    lines = [re.sub(r"^\S*tshark: ", "", line.strip()) for line in text.splitlines() if line.strip()]
    # Below a filter that it does not understand tshark prints the filter, and under that a line of ^~~~.
    for number, line in enumerate(lines):
        if re.fullmatch(r"\^~*", line):
            lines[max(number - 1, 1):number + 1] = []
            break
    joined = " ".join(lines)
    if "cut short" in joined:
        return f"{name} is cut short: it ends in the middle of a packet. The review is of what could be read.", True
    if "isn't a capture file" in joined or "is not a capture file" in joined:
        return no_capture(name), False
    if "damaged or corrupt" in joined:
        detail = re.sub(r"^.*?damaged or corrupt\.?", "", joined).strip(" ()")
        return f"{name} is damaged{': ' + detail if detail else ''} The review is of what could be read before.", True
    if "aren't valid" in joined and "tcpstate." in joined:
        return "the plugin did not load into tshark, or an older one did: " + joined, False
    return (f"tshark: {joined}" if joined else ""), False


def no_capture(name):
    return f"{name} is no capture file that Wireshark knows."
