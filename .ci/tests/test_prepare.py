"""The foundation of the commands: packages, builds, and running as a user for whom Wireshark loads the plugin."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0

# A project that builds in no time, in place of ours.
CMAKE = """
cmake_minimum_required(VERSION 3.20)
project(stand-in LANGUAGES NONE)
set(TCPSTATE_WORD "plain" CACHE STRING "")
add_custom_command(OUTPUT tcpstate.so COMMAND ${CMAKE_COMMAND} -E echo ${TCPSTATE_WORD} > tcpstate.so VERBATIM
    DEPENDS ${CMAKE_SOURCE_DIR}/source)
add_custom_target(tcpstate DEPENDS tcpstate.so)
"""


@pytest.fixture(name="project")
def fixture_project(tmp_path):
    """A copy of what is tested, in a folder whose name has a blank, around the stand-in."""
    project = tmp_path / "a project"
    project.mkdir()
    shutil.copytree(REPOSITORY / ".ci", project / ".ci", ignore=shutil.ignore_patterns("tests", "__pycache__"))
    shutil.copy(REPOSITORY / ".debian-packages", project)
    (project / "CMakeLists.txt").write_text(CMAKE)
    (project / "source").write_text("")
    return Project(project)


class Project:
    def __init__(self, folder):
        self.folder = folder
        self.bin = folder.parent / "bin"
        self.bin.mkdir()
        self.calls = folder.parent / "calls"
        self.environment = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}",
                            "XDG_CACHE_HOME": str(folder.parent / "cache"), "TMPDIR": str(folder.parent / "tmp")}
        (folder.parent / "tmp").mkdir()
        for name in ("TCPSTATE_BUILD_DIR", "TSHARK"):
            self.environment.pop(name, None)
        self.fake("tshark", 'echo "TShark (Wireshark) 4.0.17 (Git v4.0.17)."')

    def fake(self, name, script):
        """Puts a command of ours before the real one; it notes how it was called."""
        path = self.bin / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>{self.calls!s}\n{script}\n')
        path.chmod(0o755)

    def called(self, name):
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line for line in lines if line.startswith(name + " ")]

    def bash(self, script, **options):
        """Runs a script that sources .ci/prepare, in strict mode and from another folder."""
        return subprocess.run(["bash", "-c", f'set -euo pipefail; source "{self.folder}/.ci/prepare"; {script}'],
                              capture_output=True, text=True, timeout=120, check=False, cwd="/", stdin=subprocess.DEVNULL,
                              env=self.environment, **options)


# --- packages --------------------------------------------------------------------------------------------------


def groups():
    """The groups of .debian-packages, read without .ci/prepare."""
    found, current = {}, None
    for line in (REPOSITORY / ".debian-packages").read_text().splitlines():
        words = line.partition("#")[0].strip()
        if words.startswith("["):
            current = found.setdefault(words.strip("[]"), [])
        elif words:
            current.append(words)
    return found


def pretend_installed(project, packages):
    lines = "".join(f"installed {package}\\n" for package in packages)
    project.fake("dpkg-query", f"printf '{lines}'")
    project.fake("apt-get", "")
    project.fake("sudo", '[[ $1 != -n ]] || shift; "$@"')


def test_every_package_says_why_it_is_needed():
    for line in (REPOSITORY / ".debian-packages").read_text().splitlines():
        if line and line[0] not in "#[":
            assert re.fullmatch(r"[a-z0-9][a-z0-9.+-]+ +# \S.*", line), line


@pytest.mark.parametrize("group", ["build", "review", "test", "lab", "gui", "bench", "lint", "packages", "coverage"])
def test_group_is_read_as_it_is_written(project, group):
    done = project.bash(f"prepare_group {group}")
    assert done.stdout.split() == sorted(groups()[group])


def test_nothing_is_called_when_nothing_is_missing(project):
    pretend_installed(project, groups()["build"] + groups()["test"])
    done = project.bash("prepare_packages build test")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not project.called("apt-get") and not project.called("sudo")


def test_only_what_is_missing_is_installed(project):
    pretend_installed(project, set(groups()["build"]) - {"cmake", "tshark"})
    done = project.bash("prepare_packages build")
    assert done.returncode == 0, done.stderr
    update, install = project.called("apt-get")
    assert update.endswith(" update")
    assert install.endswith(" --no-install-recommends install cmake tshark")


def test_a_package_removed_but_for_its_settings_counts_as_missing(project):
    pretend_installed(project, set(groups()["review"]) - {"python3"})
    others = "".join(f"echo 'installed {name}'; " for name in sorted(set(groups()["review"]) - {"python3"}))
    project.fake("dpkg-query", f"{others}echo 'config-files python3'")
    assert project.bash("prepare_packages review").returncode == 0
    assert project.called("apt-get")[-1].endswith(" install python3")


def test_a_failed_installation_says_what_to_do(project):
    pretend_installed(project, [])
    project.fake("apt-get", '[[ $* != *install* ]] || { echo "E: no such thing"; exit 100; }')
    done = project.bash("prepare_packages review")
    assert done.returncode != 0
    assert "E: no such thing" in done.stderr and "then try:" in done.stderr


def test_an_unknown_group_is_an_error(project):
    done = project.bash("prepare_packages build nonsense")
    assert done.returncode != 0 and "no group [nonsense]" in done.stderr


@pytest.mark.skipif(not AS_ROOT, reason="needs root, to become a user without sudo")
def test_without_root_and_without_sudo_it_says_so(project):
    pretend_installed(project, [])
    (project.bin / "sudo").unlink()
    for name in ("bash", "env", "dirname", "readlink", "sed", "sort", "grep", "tail", "wc"):
        (project.bin / name).symlink_to(shutil.which(name))
    project.environment["PATH"] = str(project.bin)  # no other folder: the machine may have a sudo
    for each in (project.folder.parent, *project.folder.parent.parents):
        if each.owner() == "root" and each.is_relative_to("/tmp") and each != Path("/tmp"):
            each.chmod(0o755)
    project.calls.touch()
    project.calls.chmod(0o666)
    done = project.bash("prepare_packages review", user=65534, group=65534, extra_groups=[])
    assert done.returncode != 0
    assert "needs root, and there is no sudo here" in done.stderr
    assert "apt-get install --no-install-recommends python3" in done.stderr
    assert not project.called("apt-get")


# --- builds ----------------------------------------------------------------------------------------------------


def test_build_names_plugin_tshark_and_version(project):
    done = project.bash('prepare_build; printf "%s\\n" "$PLUGIN" "$TSHARK" "$WIRESHARK_MM"')
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{project.folder}/build/tcpstate.so", f"{project.bin}/tshark", "4.0"]
    assert Path(done.stdout.splitlines()[0]).read_text() == "plain\n"


def test_a_second_build_does_nothing_and_says_nothing(project):
    project.bash("prepare_build")
    before = (project.folder / "build/tcpstate.so").stat().st_mtime_ns
    done = project.bash("prepare_build")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (project.folder / "build/tcpstate.so").stat().st_mtime_ns == before


def test_an_option_holds_for_one_build_only(project):
    built = project.folder / "build/tcpstate.so"
    project.bash("prepare_build -DTCPSTATE_WORD=special")
    assert built.read_text() == "special\n"
    project.bash("prepare_build")
    assert built.read_text() == "plain\n"


def test_a_moved_source_folder_builds_again(project):
    project.bash("prepare_build")
    project.folder = project.folder.rename(project.folder.parent / "elsewhere")
    done = project.bash("prepare_build; echo $PLUGIN")
    assert (done.returncode, done.stdout.strip()) == (0, f"{project.folder}/build/tcpstate.so"), done.stderr


def test_a_failed_build_shows_the_end_of_its_log(project):
    (project.folder / "source").unlink()
    done = project.bash("prepare_build")
    assert done.returncode != 0
    assert "the build of tcpstate failed" in done.stderr and "missing and no known rule to make it" in done.stderr


def test_the_build_folder_can_be_chosen(project):
    project.environment["TCPSTATE_BUILD_DIR"] = str(project.folder.parent / "other place")
    done = project.bash("prepare_build; echo $PLUGIN")
    assert done.stdout.strip() == f"{project.folder.parent}/other place/tcpstate.so", done.stderr
    assert not (project.folder / "build").exists()


@pytest.mark.skipif(not AS_ROOT, reason="needs root, to give a folder away")
def test_a_build_folder_of_someone_else_is_left_alone(project):
    project.bash("prepare_build")
    os.chown(project.folder / "build", 65534, 65534)
    before = sorted(project.folder.glob("build/**/*"))
    (project.folder / "build/tcpstate.so").write_text("theirs")
    done = project.bash("prepare_build; echo $PLUGIN")
    assert "belongs to nobody: building in" in done.stderr
    assert Path(done.stdout.strip()).parent.parent == project.folder.parent / "cache/tcpstate"
    assert Path(done.stdout.strip()).read_text() == "plain\n"
    assert (project.folder / "build/tcpstate.so").read_text() == "theirs"
    assert sorted(project.folder.glob("build/**/*")) == before


def test_a_tshark_that_does_not_say_its_version_is_an_error(project):
    project.fake("tshark", "echo nonsense")
    done = project.bash("prepare_build")
    assert done.returncode != 0 and "does not say its version (it printed: nonsense)" in done.stderr


# --- running ---------------------------------------------------------------------------------------------------


def test_as_user_has_a_home_of_its_own_with_the_plugin(project):
    done = project.bash('prepare_build; as_user bash -c \'id -u; echo $HOME; cd; pwd; stat -c "%a" . ; '
                        'cat .local/lib/wireshark/plugins/4.0/epan/tcpstate.so; touch writable\'; trap -p EXIT')
    assert done.returncode == 0, done.stderr
    uid, home, there, mode, plugin = done.stdout.splitlines()
    assert uid == (str(65534) if AS_ROOT else str(os.geteuid()))
    assert there == home and not Path(home).exists(), "it is removed in the end"
    assert mode == "755" and plugin == "plain"


def test_as_user_passes_arguments_input_and_status_on(project):
    done = project.bash("echo word | as_user bash -c 'cat; printf \"<%s>\" \"$@\"; exit 7' _ 'a b' '' '*' || echo $?")
    assert done.stdout == "word\n<a b><><*>7\n", done.stderr


def test_as_user_leaves_the_callers_trap_alone(project):
    done = project.bash("trap 'echo mine' EXIT; as_user true; as_user false || true")
    assert done.stdout == "mine\n"


def test_as_user_shuts_out_what_would_lead_past_the_home(project):
    project.environment.update(WIRESHARK_PLUGIN_DIR="/nowhere", XDG_CONFIG_HOME="/nowhere", WIRESHARK_CONFIG_DIR="/nowhere")
    done = project.bash("as_user env")
    assert "/nowhere" not in done.stdout


def test_as_user_is_not_led_to_an_installed_plugin(project):
    """Wireshark prefers what is installed for all users to what is in the HOME, however old."""
    installed = project.folder / "plugins of all/4.0/epan"
    installed.mkdir(parents=True)
    (installed / "tcpstate.so").write_text("old")
    (installed / "mate.so").write_text("neighbour")
    project.fake("tshark", f"if [[ $1 == -G ]]; then printf 'Global Plugins:\\t%s\\n' '{installed.parent}'; "
                           "else echo 'TShark (Wireshark) 4.0.17'; fi")
    done = project.bash("prepare_build; as_user bash -c 'cd \"$WIRESHARK_PLUGIN_DIR/4.0/epan\" && "
                        "cat tcpstate.so && readlink mate.so'")
    assert done.stdout == f"plain\n{installed}/mate.so\n", done.stderr
    assert (installed / "tcpstate.so").read_text() == "old"


def test_a_step_keeps_its_output_and_its_status(project):
    done = project.bash('log=$(mktemp); prepare_step work "$log" bash -c "echo out; echo err >&2; exit 3" || echo $?; '
                        'cat "$log"; rm "$log"')
    assert (done.stdout, done.stderr) == ("3\nout\nerr\n", "")


def test_a_long_step_says_what_it_does(project):
    done = project.bash('log=$(mktemp); prepare_step "long work" "$log" sleep 3.5; rm "$log"')
    assert "tcpstate: long work ..." in done.stderr and re.search(r"long work: [345] s", done.stderr)


def test_many_quick_steps_leave_the_callers_trap_alone(project):
    done = project.bash('log=$(mktemp); trap \'rm "$log"; echo mine\' EXIT; '
                        'for i in {1..200}; do prepare_step work "$log" true; done')
    assert (done.returncode, done.stdout, done.stderr) == (0, "mine\n", "")
