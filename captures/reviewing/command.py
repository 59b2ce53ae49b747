"""The options of captures/review, and the order of things.

Exit status: 0 reviewed; 1 nothing or only a part could be reviewed; 2 wrong use (no capture, unknown filter).
"""

import argparse
import os
import sys

from . import document, overview, profiles, running
from .comments import Comments
from .paint import Paint
from .pcapng import Unfit, annotate_file
from .reading import Capture
from .terms import plural

REVIEWED, IN_PART, WRONG_USE = 0, 1, 2
ABOUT = "Annotated by the review of TCP State (tcpstate): states of both ends, marks and verdicts as packet comments."


def complain(words):
    print(f"review: {words}", file=sys.stderr)


def parsed(arguments):
    parser = argparse.ArgumentParser(prog="review", description="Review a capture; captures/review calls this.",
                                     allow_abbrev=False)
    parser.add_argument("--tshark", default="tshark", help="tshark that has the plugin")
    parser.add_argument("--name", help="name to print for the file")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    parser.add_argument("--all", action="store_true", help="a ladder of every connection")
    parser.add_argument("--stream", type=int, action="append", metavar="N", help="the ladder of this connection alone")
    parser.add_argument("--profile", metavar="NAME", help="the firewall whose timers are the clock")
    parser.add_argument("--profiles", metavar="FILE", help="the engine's table of profiles")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--write-to", type=int, metavar="DESCRIPTOR", help="an open file for the annotated capture")
    parser.add_argument("--write-name", metavar="NAME", help="name to print for it")
    parser.add_argument("file")
    parser.add_argument("options", nargs=argparse.REMAINDER, help="options for tshark")
    return parser.parse_args(arguments)


def names_of_profiles(chosen):
    with open(chosen.profiles, encoding="utf-8") as file:
        return profiles.known(file.read())


def with_profile(chosen):
    """tshark's options with the profile, or None after a complaint."""
    preference = "tcpstate.profile:"
    written = [option.removeprefix("-o").partition(preference)[2] for option in chosen.options if preference in option]
    words = written if chosen.profile is None else [*written, chosen.profile]
    names = names_of_profiles(chosen) if words else []
    name = None
    for word in words:
        name, problem = profiles.chosen(word, names)
        if problem:
            complain(problem)
            return None
    return chosen.options if chosen.profile is None else ["-o", f"{preference}{name}", *chosen.options]


def missing(capture, name, options):
    """Why there is nothing to review."""
    if capture.no_capture:
        return running.no_capture(name), WRONG_USE
    if capture.frames:
        what = (f"{plural(capture.frames, 'packet')}, none of them TCP, or with TCP headers that were cut off when it was "
                "captured (snap length)")
    elif "-Y" in options or "-R" in options:
        what = f"no packet passes {' '.join(options)}"
    else:
        what = "it holds no packets"
    return f"{name}: {what}; nothing to review.", IN_PART


def unknown_streams(wanted, capture, name):
    """The complaint about streams that are not there, or None."""
    absent = sorted(set(wanted or ()) - set(capture.connections))
    if not absent:
        return None
    there = sorted(capture.connections)
    which = f"only one is {there[0]}" if len(there) == 1 else f"TCP streams are {there[0]} to {there[-1]}"
    return f"{name} has no stream {', '.join(map(str, absent))}: its {which}."


def store(chosen, path, name, comments):
    """Write the annotated capture to the descriptor that captures/review opened. Returns an exit status."""
    editcap = os.path.join(os.path.dirname(chosen.tshark), "editcap")
    with os.fdopen(chosen.write_to, "wb") as target:
        try:
            without_room = annotate_file(path, target, comments, ABOUT, editcap)
            target.flush()
        except BaseException as error:
            # captures/review keeps the file only if there is something in it.
            os.ftruncate(target.fileno(), 0)
            target.detach()
            if not isinstance(error, (Unfit, OSError)):
                raise
            complain(f"{name} could not be annotated: {error}. Nothing was written.")
            return IN_PART
    where = chosen.write_name or "the annotated capture"
    complain(f"{plural(comments.count - without_room, 'comment')} written to {where}")
    if without_room:
        complain(f"{plural(without_room, 'comment')} left out: Simple Packet Blocks have no room for comments")
        return IN_PART
    return REVIEWED


def unfit(chosen):
    """The complaint about tshark's options that would change what the review reads, or None."""
    for option in chosen.options:
        if option[:2] in ("-T", "-e", "-E", "-w", "-F", "-r", "-q", "-z"):
            return f"tshark's option {option[:2]} does not go with a review; --json and --write are its other forms"
        if option[:2] == "-R" and chosen.write_to is not None:
            return "--write and tshark's read filter -R do not go together, since -R numbers the packets anew; use -Y"
    return None


def review(chosen, paint, out):
    name = chosen.name or chosen.file
    if problem := unfit(chosen):
        complain(problem)
        return WRONG_USE
    options = with_profile(chosen)
    if options is None:
        return WRONG_USE
    streams = set(chosen.stream) if chosen.stream else None
    comments = Comments(streams) if chosen.write_to is not None else None
    capture = Capture(comments)
    outcome = running.run(chosen.tshark, chosen.file, name, options, capture)
    if outcome.message:
        complain(outcome.message)
    if outcome.status and not outcome.partial and not len(capture):
        return WRONG_USE
    if not len(capture):
        words, status = missing(capture, name, options)
        complain(words)
        return status
    if absent := unknown_streams(chosen.stream, capture, name):
        complain(absent)
        return WRONG_USE
    status = IN_PART if outcome.partial or outcome.status else REVIEWED
    # Before anything is printed: a reader such as `head` may end us at any line.
    if comments is not None:
        status = max(status, store(chosen, chosen.file, name, comments))
    lines = (document.lines(capture, name, outcome, streams) if chosen.json
             else overview.lines(capture, name, paint, chosen.all, streams))
    for line in lines:
        print(line.rstrip(), file=out)
    out.flush()
    return status


def main(arguments=None):
    chosen = parsed(arguments)
    colour = chosen.color == "always" or chosen.color == "auto" and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    try:
        if chosen.profile == "list":
            print("\n".join(profiles.table(names_of_profiles(chosen))))
            return REVIEWED
        return review(chosen, Paint(colour and not chosen.json), sys.stdout)
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REVIEWED
    except FileNotFoundError as error:
        complain(f"{error.filename} is not installed; captures/review installs it")
        return WRONG_USE
    except KeyboardInterrupt:
        return 130
