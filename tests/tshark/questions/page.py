"""docs/questions.md as it stands: what it asks, what it runs, what it says comes out."""

import re
from typing import NamedTuple


class Command(NamedTuple):
    line: str
    output: list  # lines; "..." stands for the rest


class Question(NamedTuple):
    heading: str
    commands: list
    filter: str | None     # None: a statistic answers it
    nothing_in: str | None  # the sample in which there is nothing to find


def read(page):
    """The questions, in their order."""
    return [_question(section) for section in re.split(r"^### ", page.read_text(), flags=re.MULTILINE)[1:]]


def _question(section):
    heading, _, body = section.partition("\n")
    prose = " ".join(line for line in body.split("\n## ")[0].splitlines() if not line.startswith("    "))
    chosen = re.search(r"Filter: `([^`]*)`", prose)
    nothing = re.search(r"Nothing in `([^`]*)`", prose)
    return Question(heading, list(_commands(body)), chosen and chosen[1], nothing and nothing[1])


def _commands(body):
    for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", f"{body}\n", re.MULTILINE):
        lines = [line.removeprefix("    ").rstrip() for line in block.strip("\n").split("\n")]
        while lines:
            if not lines[0].startswith("$ "):
                raise ValueError(f"a block of docs/questions.md does not begin with a command: {lines[0]}")
            line = lines.pop(0)[2:]
            while line.endswith("\\"):
                line = line[:-1] + lines.pop(0).strip()
            output = []
            while lines and not lines[0].startswith("$ "):
                output.append(lines.pop(0))
            yield Command(line, output)
