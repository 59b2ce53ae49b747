"""Makes the README's pictures: see the script `pictures` beside this."""

import subprocess
import sys
from pathlib import Path

import window

CAPTURES = window.REPOSITORY / "captures"
SIMULTANEOUS = CAPTURES / "transcripts/simultaneous-close-56155.pcapng"
KILLED = CAPTURES / "firewall/published-half-close-unanswered.server.pcapng"


def simultaneous_close(path):
    """Packet 8, whose FIN crosses the other one, with its subtree."""
    with window.opened(SIMULTANEOUS, 8, size=(1360, 800), upper=300) as shown:
        shown.unfold("TCP State, ")
        write(shown, path)


def killed(path):
    """The last packet of a killed connection, with the verdict, its reasons and the advice."""
    with window.opened(KILLED, 27, size=(1360, 1020), upper=362) as shown:
        shown.unfold("TCP State, ")
        shown.unfold("[Verdict: ")
        write(shown, path)


def flow_graph(path):
    """Statistics > Flow Graph: the marks of the Info column make it a ladder of states."""
    with window.opened(SIMULTANEOUS, 8, size=(1000, 510), upper=325) as shown:
        shown.menu("Statistics", "Flow Graph", opens="Flow")
        frame = shown.xdotool("search", "--onlyvisible", "--name", "Wireshark · Flow").split()[0]
        shown.xdotool("windowmove", frame, 0, 0, "windowsize", "--sync", frame, *shown.size)
        write(shown, path)


def write(shown, path):
    width, height = shown.size
    shown.xdotool("mousemove", width - 1, height - 1)
    # 64 colours are enough for letters and rules, and a third of the size.
    subprocess.run(["convert", shown.still(), "-strip", "+dither", "-colors", "64", "-define", "png:compression-level=9", path],
                   check=True, timeout=60)
    print(f"{path}: {path.stat().st_size} bytes")


def main(folder):
    simultaneous_close(folder / "wireshark-simultaneous-close.png")
    killed(folder / "wireshark-killed.png")
    flow_graph(folder / "wireshark-flow-graph.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
