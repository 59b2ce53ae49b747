"""Counts the tests in a JUnit file, as ctest and pytest write it.

    junit.py FILE              prints "passed failed skipped"
    junit.py --names FILE      prints the names of the failed tests, and of the skipped and the known ones with the reason

A test that fails as its own text says it does until something is mended (a strict xfail) has run, and found what it should:
it counts as passed, and is named as known.
"""

import sys
import xml.etree.ElementTree


def outcome(case):
    """Failed if anything in it failed, a teardown too; ctest puts "not run" into the status only."""
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") in ("fail", "notrun"):
        return "failed"
    skipped = case.find("skipped")
    if skipped is not None and skipped.get("type") == "pytest.xfail":
        return "known"
    if skipped is not None or case.get("status") == "disabled":
        return "skipped"
    return "passed"


def name(case):
    return ".".join(part for part in dict.fromkeys((case.get("classname"), case.get("name"))) if part)


def main(arguments):
    names = "--names" in arguments
    cases = list(xml.etree.ElementTree.parse(arguments[-1]).iter("testcase"))
    outcomes = [outcome(case) for case in cases]
    if not names:
        print(outcomes.count("passed") + outcomes.count("known"), outcomes.count("failed"), outcomes.count("skipped"))
        return
    for case, each in zip(cases, outcomes):
        if each == "failed":
            print("failed:", name(case))
        elif each in ("skipped", "known"):
            element = case.find("skipped")
            reason = element.get("message") if element is not None else None
            print(f"{each}:", name(case), f"({reason})" if reason else "")


main(sys.argv[1:])
