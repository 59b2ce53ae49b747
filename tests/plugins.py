"""Where a Wireshark under test finds its plugins: one tcpstate, or none, whatever is installed for all users."""

import os
import shutil
import subprocess
from pathlib import Path


def place(home, version, program, plugin=None):
    """Puts `plugin` where a Wireshark with this HOME looks; without one there is no tcpstate at all.

    Wireshark prefers what is installed for all users to what is in the HOME. Where tcpstate is installed, it is led to a folder
    of links to everything else instead. Returns what the environment needs for that. `program` is the command of tshark.
    """
    target = home / ".local/lib/wireshark/plugins" / version / "epan"
    environment = {}
    installed = folder_for_all(program)
    if installed and (installed / "epan/tcpstate.so").exists():
        links = home / "plugins" / version
        for path in installed.rglob("*.so"):
            link = links / path.relative_to(installed)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
        (links / "epan/tcpstate.so").unlink()
        target = links / "epan"
        environment = {"WIRESHARK_PLUGIN_DIR": str(home / "plugins")}
    target.mkdir(parents=True, exist_ok=True)
    if plugin:
        shutil.copy(plugin, target / "tcpstate.so")
        (target / "tcpstate.so").chmod(0o644)
    return environment


def folder_for_all(program):
    """The folder of the plugins that are installed for all users; None if tshark names none."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WIRESHARK_")}
    done = subprocess.run([*program, "-G", "folders"], capture_output=True, text=True, check=False, timeout=60, env=kept)
    for line in done.stdout.splitlines():
        title, _, folder = line.partition(":")
        if title == "Global Plugins":
            return Path(folder.strip())
    return None
