"""What we say of public captures, row by row: read by hand, and not to change unseen.

The captures are not part of this repository: the test is skipped where the folder is missing (TCPSTATE_PUBLIC_CAPTURES names
another one). public_captures/renew.py writes the tables anew; a row that nobody has read yet fails here.
"""

import pytest
from conftest import VALUES
from public_captures import tables

NAMES = tables.captures()
WORDS = {**VALUES, "tcpstate.verdict": tables.VERDICT_WORDS}


def rows(table, name, columns):
    return [tuple(row[column] for column in columns) for row in tables.read(table) if row["file"] == name]


@pytest.mark.parametrize("name", NAMES or [pytest.param("", marks=pytest.mark.skip(
    reason="the public captures are not there; TCPSTATE_PUBLIC_CAPTURES names their folder"))])
def test_nothing_appears_or_vanishes(wireshark, name):
    verdicts, resets = tables.said(wireshark, tables.folder() / name, name, WORDS)
    assert [tuple(row.values()) for row in verdicts] == rows(tables.VERDICTS, name, tables.VERDICT_COLUMNS)
    assert [tuple(row.values()) for row in resets] == rows(tables.RESETS, name, tables.RESET_COLUMNS)


@pytest.mark.parametrize("table", [tables.VERDICTS, tables.RESETS], ids=lambda table: table.stem)
def test_each_row_was_read(table):
    unread = [row for row in tables.read(table) if len(row["why"] or "") < 20]
    assert not unread


@pytest.mark.skipif(not NAMES, reason="the public captures are not there")
def test_tables_name_captures_that_exist():
    assert {row["file"] for table in (tables.VERDICTS, tables.RESETS) for row in tables.read(table)} <= set(NAMES)


def test_no_kill_is_claimed_with_confidence():
    """None of these captures went through a firewall whose timer ran out, as far as anybody knows."""
    kills = [row for row in tables.read(tables.VERDICTS) if row["verdict"].startswith("killed by")]
    assert {row["confidence"] for row in kills} <= {"possible"}
