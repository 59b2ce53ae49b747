"""Writes the tables anew from what the plugin says now; the reasons of rows that have not changed stay.

    TCPSTATE_PLUGIN=build/tcpstate.so python3 -B tests/tshark/public_captures/renew.py

A new row's reason is UNREAD, a changed row's is UNREAD with what it was before: read the packets, and write down why the
row is right, or mend the plugin. The test refuses both, and reasons that begin with WRONG.
"""

import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conftest import VALUES, Wireshark  # noqa: E402
from public_captures import tables  # noqa: E402


def with_reasons(found, old, columns):
    """Adds to each row the reason of the old row that says the same, or a mark that nobody has read it."""
    same = {tuple(row[column] for column in columns): row["why"] for row in old}
    before = {tuple(row[column] for column in tables.KEY): row for row in old}
    for row in found:
        why = same.get(tuple(row[column] for column in columns))
        if why is None:
            was = before.get(tuple(row[column] for column in tables.KEY))
            why = tables.UNREAD
            if was:
                changed = ", ".join(was[column] for column in columns if was[column] != row[column])
                why = f"{tables.UNREAD}, was {changed}: {was['why']}"
        yield {**row, "why": why}


def main():
    home = Path(tempfile.mkdtemp(prefix="tcpstate-renew-"))
    home.chmod(0o755)
    try:
        wireshark = Wireshark(home)
        words = {**VALUES, "tcpstate.verdict": tables.VERDICT_WORDS}
        verdicts, resets = [], []
        for name in tables.captures():
            more = tables.said(wireshark, tables.folder() / name, name, words)
            verdicts += more[0]
            resets += more[1]
    finally:
        shutil.rmtree(home, ignore_errors=True)
    for table, columns, found in ((tables.VERDICTS, tables.VERDICT_COLUMNS, verdicts),
                                  (tables.RESETS, tables.RESET_COLUMNS, resets)):
        old = tables.read(table) if table.exists() else []
        rows = list(with_reasons(found, old, columns))
        tables.write(table, columns, rows)
        print(f"{table.name}: {len(rows)} rows, {sum(not tables.is_read(row) for row in rows)} to be read or mended")


if __name__ == "__main__":
    if tables.folder() is None:
        sys.exit("the public captures are not there; TCPSTATE_PUBLIC_CAPTURES names their folder")
    main()
