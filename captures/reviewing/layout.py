"""Lines of a width that a terminal has."""

import textwrap

WIDTH = 100


def wrapped(text, first="", then="", width=WIDTH):
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=then, break_long_words=False,
                         break_on_hyphens=False)


def folded(words, width):
    """Fold a chain before its arrows, not after them, so that each line begins with where it goes."""
    glued = words.replace(" -> ", " ->\0").replace(" (", "\0(")
    lines = textwrap.wrap(glued, max(width, 24), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines]


def cut(text, width):
    return text if len(text) <= width else text[:width - 3] + "..."
