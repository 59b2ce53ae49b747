"""What tests/run makes of its arguments and of reports."""

import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("arguments", "complaint"), [
    (["--only", "nonsense"], "no part 'nonsense'"),
    (["--only", "engine,nonsense"], "no part 'nonsense'"),
    (["--wireshark", "3.6"], "no Wireshark version '3.6'"),
    (["--wireshark"], "usage:"),
    (["nonsense"], "no option nonsense"),
])
def test_wrong_arguments_are_refused_before_anything_happens(arguments, complaint):
    done = subprocess.run([REPOSITORY / "tests/run", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr


def counts(tmp_path, cases):
    report = tmp_path / "report.xml"
    report.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    script = REPOSITORY / ".ci/lib/junit.py"
    run = [["/usr/bin/python3", script, report], ["/usr/bin/python3", script, "--names", report]]
    return [subprocess.run(each, capture_output=True, text=True, timeout=60, check=True).stdout for each in run]


def test_each_outcome_is_counted_once(tmp_path):
    numbers, names = counts(tmp_path, """
        <testcase classname="a" name="good" status="run"/>
        <testcase classname="a" name="bad"><failure/><error/></testcase>
        <testcase name="teardown"><error/></testcase>
        <testcase name="not-built" status="notrun"/>
        <testcase name="later"><skipped message="needs root"/></testcase>
        <testcase name="wrong"><skipped type="pytest.xfail" message="not mended yet"/></testcase>
        <testcase name="off" status="disabled"/>""")
    assert numbers == "2 3 2\n"
    assert names == ("failed: a.bad\nfailed: teardown\nfailed: not-built\nskipped: later (needs root)\n"
                     "known: wrong (not mended yet)\nskipped: off \n")


def test_an_empty_report_counts_nothing(tmp_path):
    assert counts(tmp_path, "") == ["0 0 0\n", ""]
