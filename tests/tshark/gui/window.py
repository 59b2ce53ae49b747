"""A Wireshark window without a screen: the program under Xvfb, with the plugin and the profile "TCP State".

What it shows is read by way of the accessibility bus (accessibility.py), with exact words and places; keys and clicks
come from xdotool. Runs as an ordinary user (uid 65534 if we are root), because Wireshark ignores personal plugins as root.
"""

import contextlib
import itertools
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import plugins  # noqa: E402  (tests/plugins.py)
import profile_files  # noqa: E402

REPOSITORY = profile_files.REPOSITORY
NOBODY = 65534
PROGRAMS = {"wireshark": "wireshark", "Xvfb": "xvfb", "xdotool": "xdotool", "import": "imagemagick",
            "cmake": "cmake", "dbus-daemon": "dbus-daemon"}  # and their Debian packages
TYPELIB = "gir1.2-atspi-2.0"
REGISTRY = Path("/usr/libexec/at-spi-bus-launcher")

# Nothing that asks, nothing that looks for interfaces.
PREFERENCES = """gui.update.enabled: FALSE
gui.ask_unsaved: FALSE
capture.no_interface_load: TRUE
capture.no_extcap: TRUE
"""


def missing():
    """The Debian packages that are missing."""
    packages = {package for program, package in PROGRAMS.items() if shutil.which(program) is None}
    if not REGISTRY.exists():
        packages.add("at-spi2-core")
    done = subprocess.run([sys.executable, "-c", "import gi; gi.require_version('Atspi', '2.0')"], capture_output=True,
                          check=False, timeout=60)
    if done.returncode:
        packages |= {"python3-gi", TYPELIB}
    return sorted(packages)


def wait_for(what, condition, seconds=40):
    """The first true value of condition(), called again and again."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


class Node:
    """Something on the screen: a window, a row's cell, a menu's entry."""

    def __init__(self, plain):
        self.role, self.name, self.box, self.states = (plain[key] for key in ("role", "name", "box", "states"))
        self.children = [Node(child) for child in plain["children"]]

    def all(self, role=None, name=None):
        """This node and those in it, of a role and of a name if given, in their order. A name may be a pattern."""
        if role in (None, self.role) and (name is None or (
                name.search(self.name) if isinstance(name, re.Pattern) else name == self.name)):
            yield self
        for child in self.children:
            yield from child.all(role, name)

    def first(self, role=None, name=None):
        return next(self.all(role, name), None)

    def same(self, other):
        return self.plain() == other.plain()

    def plain(self):
        return self.role, self.name, self.box, [child.plain() for child in self.children]

    def rows(self):
        """The cells of a table or tree, a list for each row from top to bottom."""
        rows = {}
        for cell in self.all("table cell"):
            rows.setdefault(cell.box[1], []).append(cell)
        return [sorted(cells, key=lambda cell: cell.box[0]) for _, cells in sorted(rows.items())]

    def columns(self):
        headers = sorted(self.all("table column header"), key=lambda header: header.box[0])
        return [header.name for header in headers]

    def texts(self):
        return [[cell.name for cell in row] for row in self.rows()]


class Window:
    """Wireshark with one capture."""

    def __init__(self, folder, size, environment, reader):
        self.folder = folder
        self.size = size
        self.environment = environment
        self.reader = reader
        self.log = folder / "wireshark.log"
        self.shots = 0

    # --- what is on the screen -----------------------------------------------------------------------------------

    def windows(self, *wanted):
        """All windows that are open, the newest last. Packet list and menus only on demand: they cost time."""
        without = [name for name in ("Packet list", "menu bar", "Main Toolbar") if name not in wanted]
        self.reader.stdin.write(json.dumps(without).encode() + b"\n")
        self.reader.stdin.flush()
        if not select.select([self.reader.stdout], [], [], 60)[0]:
            raise TimeoutError("the accessibility bus does not answer")
        line = self.reader.stdout.readline()
        if not line:
            raise RuntimeError(f"accessibility.py has ended; it says:\n{self.log.read_text()}")
        return [Node(plain) for plain in json.loads(line) or []]

    def find(self, role, name, title=None):
        """The node of that role and name, in the window whose title has `title`; None if there is none now."""
        for window in reversed(self.windows(name, "menu bar" if role == "menu item" else None)):
            if title is None or title in window.name:
                found = window.first(role, name)
                if found:
                    return found
        return None

    def see(self, role, name, title=None, seconds=40):
        """The same, waited for, and for its coming to rest: found twice with the same content at the same place."""
        before = None

        def at_rest():
            nonlocal before
            now = self.find(role, name, title)
            same = now is not None and before is not None and now.same(before)
            before = now
            return now if same else None
        return wait_for(f"a {role} '{name}' in the window '{title or 'any'}'", at_rest, seconds)

    def gone(self, title):
        wait_for(f"the end of the window '{title}'", lambda: not any(title in window.name for window in self.windows()))

    def details(self):
        """The rows of the packet details: one cell each."""
        trees = [tree for window in self.windows() for tree in window.all("tree", "Packet details")]
        return [row[0] for tree in trees for row in tree.rows()]

    def shown_frame(self):
        """The number of the packet whose details are shown, by their first line (which must not be scrolled away)."""
        rows = self.details()
        words = re.match(r"Frame (\d+):", rows[0].name) if rows else None
        return int(words[1]) if words else None

    # --- input ---------------------------------------------------------------------------------------------------

    def xdotool(self, *words):
        done = subprocess.run(["xdotool", *(str(word) for word in words)], env=self.environment, capture_output=True,
                              text=True, timeout=60, check=False)
        return done.stdout.strip()

    def click(self, node, repeat=1):
        """A click on a node, near its left end: a cell may be wider than the window."""
        x, y, width, height = node.box
        self.click_at(x + min(width // 2, 40), y + height // 2, repeat)

    def click_at(self, x, y, repeat=1):
        self.xdotool("mousemove", x, y, "click", "--repeat", repeat, "--delay", 60, 1)

    def until(self, what, condition, action, between=lambda: None):
        """Does something until it has its effect: on a busy machine a click may come too early, or a place have moved."""
        for _ in range(4):
            action()
            with contextlib.suppress(TimeoutError):
                return wait_for(what, condition, 8)
            between()
        raise TimeoutError(f"{what}: not after several tries")

    def menu(self, *path, opens=None):
        """Chooses from the menu bar, and waits for the window that opens; it bears the last entry's name unless `opens` does."""
        def choose():
            with contextlib.suppress(TimeoutError):
                self.click(self.see("menu item", path[0], seconds=8))
                for name in path[1:]:
                    # What opens a window has an ellipsis.
                    self.click(self.see("menu item", re.compile(rf"^{re.escape(name)}…?$"), seconds=8))
        title = " · " + (opens or path[-1])
        self.until(f"the window '{title}'", lambda: self.find(None, None, title), choose,
                   lambda: self.xdotool("key", "Escape", "Escape", "Escape"))

    def go_to(self, frame):
        """Selects a packet in the packet list."""
        def select():
            packets = self.see("tree", "Packet list").rows()
            self.click(next(row[0] for row in packets if row[0].name == str(frame)))
        self.until(f"the details of packet {frame}", lambda: self.shown_frame() == frame, select)

    def below(self, start):
        """The line of the details that starts with this, and the lines in its subtree: those that follow further right."""
        rows = self.details()
        number = next((number for number, row in enumerate(rows) if row.name.startswith(start)), None)
        if number is None:
            return None, []
        inner = itertools.takewhile(lambda row: row.box[0] > rows[number].box[0], rows[number + 1:])
        return rows[number], list(inner)

    def unfold(self, start):
        """Opens the subtree of the details whose first line starts with this, and returns the lines in it."""
        def click_arrow():
            line, inner = self.below(start)
            if line and not inner:
                x, y, _, height = line.box
                self.click_at(x - 10, y + height // 2)
        self.until(f"the subtree '{start}'", lambda: self.below(start)[1], click_arrow)
        self.see("tree", "Packet details")  # at rest
        return self.below(start)[1]

    def clear_filter(self):
        """Empties the display filter, if there is one."""
        self.click(self.see("text", "Display filter entry"))
        self.xdotool("key", "ctrl+a", "BackSpace", "Return")

    def close(self, title):
        self.click(self.see("push button", "Close", title))
        self.gone(title)

    # --- pictures ------------------------------------------------------------------------------------------------

    def shot(self, window="root"):
        self.shots += 1
        path = self.folder / f"shot-{self.shots}.png"
        subprocess.run(["import", "-window", window, path], env=self.environment, check=True, timeout=60)
        return path

    def still(self, window="root"):
        """A picture of a window that has come to rest: two in a row are the same."""
        def settled(before=[None]):
            shot = self.shot(window)
            content = shot.read_bytes()
            same = content == before[0]
            before[0] = content
            return shot if same else None
        return wait_for("the window at rest", settled)


# --- starting and ending -----------------------------------------------------------------------------------------


def end(process):
    """Ends a process that we started and what it started, which is in a session of its own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)


def write_home(home, size, capture, plugin, upper):
    """A personal folder with the plugin and the installed profile, and a window of the wanted size.

    Returns what the environment needs for it.
    """
    led = plugins.place(home, os.environ.get("TCPSTATE_WIRESHARK_MM") or "4.0", ["tshark"], plugin)
    config = home / ".config/wireshark"
    profile = config / "profiles" / profile_files.PROFILE
    profile.parent.mkdir(parents=True)
    shutil.copytree(profile_files.install(home / "staged"), profile)
    with (profile / "preferences").open("a", encoding="utf-8") as preferences:
        preferences.write(PREFERENCES)
    (config / "preferences").write_text(PREFERENCES)
    (config / "recent_common").write_text(
        f"gui.geometry_main_x: 0\ngui.geometry_main_y: 0\ngui.geometry_main_width: {size[0]}\n"
        f"gui.geometry_main_height: {size[1]}\ngui.geometry_main_maximized: FALSE\n")
    with (profile / "recent").open("a", encoding="utf-8") as recent:
        recent.write(f"gui.byte_view_show: FALSE\ngui.geometry_main_upper_pane: {upper}\n"
                     f"gui.geometry_main_lower_pane: {size[1] - upper}\n")
    (home / "run").mkdir(mode=0o700)
    shutil.copy(capture, home / capture.name)
    shutil.copy(Path(__file__).with_name("accessibility.py"), home)
    return led


class Processes:
    """Starts programs, as an ordinary user, and ends them all."""

    def __init__(self, log):
        self.log = log
        self.started = []
        self.user = []
        if os.geteuid() == 0:
            self.user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]

    def start(self, *words, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": self.log, "stderr": self.log, "start_new_session": True, **options}
        process = subprocess.Popen([*self.user, *words], **options)
        self.started.append(process)
        return process

    def start_saying(self, *words, **options):
        """Starts a program that writes one line, such as its address, to the file number that is put for {}."""
        read, write = os.pipe()
        self.start(*(word.format(write) for word in words), pass_fds=[write], **options)
        os.close(write)
        with os.fdopen(read) as line:
            said = line.readline().strip()
        if not said:
            raise RuntimeError(f"{words[0]} does not start; it says:\n{Path(self.log.name).read_text()}")
        return said

    def end(self):
        for process in reversed(self.started):
            end(process)


def start_display(processes, size, environment):
    """Starts a display in memory and returns its name."""
    for _ in range(3):
        # The server chooses a free number and says which. On a machine with several of them it may be the wrong one: one in
        # another container can own the same name.
        display = ":" + processes.start_saying(
            "Xvfb", "-displayfd", "{}", "-screen", "0", f"{size[0]}x{size[1]}x24", "-ac", "-noreset", "-nolisten", "tcp",
            env=environment)

        def answers():
            done = subprocess.run(["xdotool", "getdisplaygeometry"], capture_output=True, text=True, check=False, timeout=60,
                                  env={**environment, "DISPLAY": display})  # noqa: B023
            return done.stdout.split() == [str(length) for length in size]
        with contextlib.suppress(TimeoutError):
            wait_for("an answer of the display", answers, 10)
            return display
    raise RuntimeError(f"Xvfb starts, but nobody can draw on it; it says:\n{Path(processes.log.name).read_text()}")


def start_wireshark(processes, window, capture, frame):
    """Starts Wireshark and waits until it shows the packet, and is seen on the accessibility bus."""
    for _ in range(3):
        program = processes.start("wireshark", "-C", profile_files.PROFILE, "-r", str(capture), "-g", str(frame),
                                  env=window.environment, cwd=window.folder)

        def ready():
            if program.poll() is not None:  # noqa: B023
                raise RuntimeError(f"Wireshark has ended; it says:\n{window.log.read_text()}")
            return window.shown_frame() == frame
        with contextlib.suppress(TimeoutError):
            return wait_for("Wireshark with the packet", ready, 25)
        end(program)
    raise TimeoutError(f"Wireshark does not show packet {frame}; it says:\n{window.log.read_text()}")


@contextlib.contextmanager
def opened(capture, frame=1, size=(1200, 800), upper=300, plugin=True):
    """A Window on a capture with that packet selected; everything of it is gone at the end."""
    home = Path(tempfile.mkdtemp(prefix="tcpstate-window-", dir="/tmp"))
    log = (home / "wireshark.log").open("w", encoding="utf-8")
    processes = Processes(log)
    try:
        home.chmod(0o755)
        led = write_home(home, size, capture, profile_files.find_plugin() if plugin else None, upper)
        if os.geteuid() == 0:
            for each in [home, *home.rglob("*")]:
                os.chown(each, NOBODY, NOBODY, follow_symlinks=False)
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("WIRESHARK_", "XDG_", "QT_", "DBUS_"))}
        environment |= led | {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "LC_ALL": "C.UTF-8", "TZ": "UTC",
                              "QT_QPA_PLATFORM": "xcb", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
        environment["DISPLAY"] = start_display(processes, size, environment)
        environment["DBUS_SESSION_BUS_ADDRESS"] = processes.start_saying(
            "dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address={}", env=environment, cwd=home)
        reader = processes.start(sys.executable, "accessibility.py", "Wireshark", env=environment, cwd=home,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        window = Window(home, size, environment, reader)
        window.windows()  # starts what is behind the bus: a program that comes earlier may never be seen on it
        start_wireshark(processes, window, home / capture.name, frame)
        yield window
    finally:
        processes.end()
        log.close()
        shutil.rmtree(home, ignore_errors=True)
