"""Where other Wireshark versions are looked for, and what is said when they are not there."""

import os
import subprocess
from pathlib import Path

import pytest

FETCH = Path(__file__).with_name("fetch")
EXEC = Path(__file__).with_name("exec")

ONE_LINE = """
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main contrib
deb-src http://sources.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
deb http://mirror.example/debian bookworm-updates main
deb cdrom:[Debian]/ bookworm main
deb https://vendor.example/cloud cloud-sdk stable
"""
DEB822 = """
Types: deb deb-src
URIs: http://first.example/debian http://second.example/debian/
Suites: bookworm bookworm-updates
Components: main non-free
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main
"""


def run(environment, *arguments):
    return subprocess.run([FETCH, *arguments], capture_output=True, text=True, timeout=120, check=False,
                          env={**os.environ, **environment})


@pytest.fixture(name="apt")
def fixture_apt(tmp_path):
    """An apt whose sources are ours, and fakes of the commands that would ask the network."""
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "bin").mkdir()
    configuration = tmp_path / "apt.conf"
    configuration.write_text(f'Dir::Etc::SourceList "{tmp_path}/sources.list";\n'
                             f'Dir::Etc::SourceParts "{tmp_path}/sources.list.d";\n'
                             f'Dir::State::Lists "{tmp_path}/lists";\n')
    return tmp_path, {"APT_CONFIG": str(configuration), "XDG_CACHE_HOME": str(tmp_path / "cache")}


@pytest.mark.parametrize(("name", "text", "expected"), [
    ("sources.list", ONE_LINE, ["http://mirror.example/debian"]),
    ("sources.list.d/more.list", ONE_LINE, ["http://mirror.example/debian"]),
    ("sources.list.d/debian.sources", DEB822, ["http://first.example/debian", "http://second.example/debian"]),
], ids=["sources.list", "list", "sources"])
def test_sources_are_read_in_every_form(apt, name, text, expected):
    folder, environment = apt
    (folder / name).write_text(text)
    done = run(environment, "--sources")
    assert sorted(done.stdout.split()) == expected, done.stderr


def test_no_source_at_all_says_where_to_look(apt):
    done = run(apt[1], "4.4")
    assert done.returncode != 0 and "Look at /etc/apt/sources.list.d" in done.stderr


def test_a_suite_that_has_moved_on_is_named(apt):
    folder, environment = apt
    (folder / "sources.list").write_text("deb http://mirror.example/debian bookworm main\n")
    for name, script in {"apt-cache": 'echo "  Candidate: 4.8.1-1"',
                         "apt-get": '[[ $* == *--print-uris ]] && exec /usr/bin/apt-get "$@"; exit 0'}.items():
        (folder / "bin" / name).write_text(f"#!/bin/bash\n{script}\n")
        (folder / "bin" / name).chmod(0o755)
    done = run({**environment, "PATH": f"{folder}/bin:{os.environ['PATH']}"}, "4.6")
    assert done.returncode != 0 and done.stdout == ""
    assert "found no Wireshark 4.6" in done.stderr
    assert "testing has moved on to 4.8.1-1" in done.stderr and "unstable has moved on to 4.8.1-1" in done.stderr
    assert "name the one that has it now in suites_of" in done.stderr
    assert not (folder / "cache/tcpstate/wireshark-4.6").exists()


def test_what_is_there_is_not_fetched_again(apt):
    folder, environment = apt
    kept = folder / "cache/tcpstate/wireshark-4.4"
    kept.mkdir(parents=True)
    (kept / "complete").write_text("tree/usr/lib/cmake\n")
    done = run(environment, "4.4")  # there is no source: fetching would fail
    assert (done.returncode, done.stdout) == (0, f"{kept}\n"), done.stderr


@pytest.mark.parametrize("arguments", [[], ["/nonexistent", "tshark"], ["/tmp"]])
def test_exec_refuses_what_is_no_fetched_version(arguments):
    done = subprocess.run([EXEC, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "usage: exec FOLDER PROGRAM" in done.stderr
