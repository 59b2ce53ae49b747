"""Writes the tables anew from what the plugin says now; the reasons of rows that have not changed stay.

    TCPSTATE_PLUGIN=build/tcpstate.so python3 -B tests/tshark/public_captures/renew.py

New rows get no reason: read the packets, and write down why the row is right, or mend the plugin.
"""

import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conftest import VALUES, Wireshark  # noqa: E402
from public_captures import tables  # noqa: E402


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
    for table, columns, found in ((tables.VERDICTS, tables.VERDICT_COLUMNS, verdicts), (tables.RESETS, tables.RESET_COLUMNS, resets)):
        old = {tuple(row[column] for column in columns): row["why"] for row in tables.read(table)} if table.exists() else {}
        for row in found:
            row["why"] = old.get(tuple(row[column] for column in columns), "")
        tables.write(table, columns, found)
        print(f"{table.name}: {len(found)} rows, {sum(not row['why'] for row in found)} without a reason")


if __name__ == "__main__":
    if tables.folder() is None:
        sys.exit("the public captures are not there; TCPSTATE_PUBLIC_CAPTURES names their folder")
    main()
