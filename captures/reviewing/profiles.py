"""The names of the firewall profiles.

tshark takes any word for -o tcpstate.profile without complaint, and goes on with the default. So the names are read
from the engine's own table.
"""

import difflib
import re

# The preference knows these besides the table.
FURTHER = [("panos", "the same as panos-6.1"), ("own", "the first ticked row of the table of own devices")]


def known(source):
    """(name, device) pairs from the text of the engine's table of profiles."""
    pairs = re.findall(r'\{"([a-z0-9.-]+)",\s*"((?:[^"\\]|\\.)*)"', source)
    return pairs + FURTHER


def chosen(word, pairs):
    """(the preference's name for what the user wrote, None) or (None, what to say)."""
    name = word.lower()
    names = [each for each, _ in pairs]
    if name in names:
        return name, None
    near = difflib.get_close_matches(name, names, 3)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return None, "\n".join([f'there is no firewall profile "{word}".{hint} The names are:', *table(pairs)])


def table(pairs):
    width = max(len(name) for name, _ in pairs)
    return [f"  {name:<{width}}  {device}" for name, device in pairs]
