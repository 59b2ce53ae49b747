"""Says what a program shows, as a screen reader would see it (AT-SPI): exact words and their places, no guess from a picture.

Runs as the user whose program it is, in that user's D-Bus session. For each line on standard input it prints one line: the
windows of the application named by the argument as JSON, each node with its role, name, place, states and children. The
input line is a JSON list of names and roles: what is in such nodes is left out, for each cell of a table costs time.
"""

import json
import os
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402  (the version comes first)

STATES = {"checked": Atspi.StateType.CHECKED, "expanded": Atspi.StateType.EXPANDED, "focused": Atspi.StateType.FOCUSED,
          "selected": Atspi.StateType.SELECTED}
MOST_CHILDREN = 3000  # of one node: a few screens full of cells


def seen(node, without, shown=True):
    """A node with what is in it, or nothing if it is not on the screen."""
    states = node.get_state_set()
    if shown and not states.contains(Atspi.StateType.SHOWING):
        return None
    name, role = node.get_name() or "", node.get_role_name()
    box = node.get_extents(Atspi.CoordType.SCREEN)
    count = 0 if name in without or role in without else min(node.get_child_count(), MOST_CHILDREN)
    children = (node.get_child_at_index(number) for number in range(count))
    return {"role": role, "name": name, "box": [box.x, box.y, box.width, box.height],
            "states": [word for word, state in STATES.items() if states.contains(state)],
            "children": [each for each in (seen(child, without) for child in children if child) if each]}


def windows(name, without):
    Atspi.init()
    desktop = Atspi.get_desktop(0)
    found = []
    for number in range(desktop.get_child_count()):
        application = desktop.get_child_at_index(number)
        if application and application.get_name() == name:
            found += seen(application, without, shown=False)["children"]
    return found


def answer(name, line):
    try:
        print(json.dumps(windows(name, set(json.loads(line)))), flush=True)
    except GLib.Error as error:  # something went away while we looked: there is a next time
        print(error, file=sys.stderr, flush=True)
        print("[]", flush=True)


def main(name):
    for line in sys.stdin:
        # A new process for each look: the library remembers what it has seen, and can take a new window for an old one.
        child = os.fork()
        if child == 0:
            answer(name, line)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(sys.argv[1])
