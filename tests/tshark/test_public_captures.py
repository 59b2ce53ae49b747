"""What we say of public captures, row by row: read by hand, and not to change unseen.

The captures are not part of this repository: the test is skipped where the folder is missing (TCPSTATE_PUBLIC_CAPTURES names
another one). public_captures/renew.py writes the tables anew; a row that nobody has read yet fails here.
"""

import difflib

import pytest
from conftest import VALUES
from public_captures import tables

NAMES = tables.captures()
MISSING = "the public captures are not there; TCPSTATE_PUBLIC_CAPTURES names their folder"
WORDS = {**VALUES, "tcpstate.verdict": tables.VERDICT_WORDS}


def lines(rows, columns):
    return [" | ".join(row[column] for column in columns) for row in rows]


def compare(table, columns, name, found):
    """Fails with the rows that vanished (-) and those that appeared (+); a changed one is both."""
    expected = [row for row in tables.read(table) if row["file"] == name]
    difference = list(difflib.unified_diff(lines(expected, columns[1:]), lines(found, columns[1:]), table.name, "the plugin",
                                           lineterm="", n=0))
    if difference:
        pytest.fail("\n".join([f"{name}: {' | '.join(columns[1:])}", *difference,
                               "Right in the packets? Then run public_captures/renew.py and say why."]), pytrace=False)


@pytest.mark.parametrize("name", NAMES or [pytest.param("", marks=pytest.mark.skip(reason=MISSING))])
def test_nothing_appears_or_vanishes(wireshark, name):
    verdicts, resets = tables.said(wireshark, tables.folder() / name, name, WORDS)
    compare(tables.VERDICTS, tables.VERDICT_COLUMNS, name, verdicts)
    compare(tables.RESETS, tables.RESET_COLUMNS, name, resets)


@pytest.mark.parametrize("table", [tables.VERDICTS, tables.RESETS], ids=lambda table: table.stem)
def test_each_row_was_read_and_is_right(table):
    rows = [" | ".join(value or "" for value in row.values()) for row in tables.read(table) if not tables.is_read(row)]
    if rows:
        pytest.fail("\n".join([f"{table.name}: no reason, or one that begins with {tables.UNREAD} or {tables.WRONG}:", *rows]),
                    pytrace=False)


@pytest.mark.skipif(not NAMES, reason=MISSING)
def test_tables_name_captures_that_exist():
    assert {row["file"] for table in (tables.VERDICTS, tables.RESETS) for row in tables.read(table)} <= set(NAMES)


def test_no_kill_is_claimed_with_confidence():
    """None of these captures went through a firewall whose timer ran out, as far as anybody knows."""
    kills = [row for row in tables.read(tables.VERDICTS) if row["verdict"].startswith("killed by")]
    assert {row["confidence"] for row in kills} <= {"possible"}


@pytest.mark.xfail(strict=True, reason="these captures hold RSTs of six causes only, as far as their packets tell")
def test_at_least_eight_causes_occur():
    assert len({row["cause"] for row in tables.read(tables.RESETS)}) >= 8
