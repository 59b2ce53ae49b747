"""Reads what callgrind writes: who spent how many instructions, who called whom.

The format is described in the manual of valgrind, chapter "Callgrind Format Specification".
"""

import re
from collections import Counter

NAME = re.compile(r"\((\d+)\)(?: (.*))?")


class Profile:
    """Functions are pairs (object file, name). `minus` makes differences of two runs."""

    def __init__(self, path=None):
        self.own = Counter()  # instructions of a function without what it calls
        self.calls = Counter()  # number of calls from one function to another
        self.below = Counter()  # instructions of those calls, with all that they call
        if path is not None:
            with open(path, encoding="utf-8", errors="replace") as file:
                self.read(file)

    def read(self, lines):
        names = {}

        def named(kind, text):
            number, name = NAME.fullmatch(text).groups()
            if name is not None:
                names[kind, number] = name
            return names[kind, number]

        place = function = called_place = called = None
        count = None
        for line in lines:
            key, equals, value = line.rstrip("\n").partition("=")
            if equals and key == "ob":
                place = named("object", value)
            elif equals and key == "fn":
                function = place, named("function", value)
            elif equals and key == "cob":
                called_place = named("object", value)
            elif equals and key == "cfn":
                called = called_place or place, named("function", value)
            elif equals and key == "calls":
                count = int(value.split()[0])
            elif line[:1] in "0123456789+-*" and function is not None:
                cost = int((line.split() + ["0"])[1])
                if count is None:
                    self.own[function] += cost
                else:
                    self.calls[function, called] += count
                    self.below[function, called] += cost
                    count = called_place = None
            elif line.startswith("totals:"):
                break

    def minus(self, other):
        result = Profile()
        for mine, theirs, difference in ((self.own, other.own, result.own), (self.calls, other.calls, result.calls),
                                         (self.below, other.below, result.below)):
            difference.update(mine)
            difference.subtract(theirs)
        return result
