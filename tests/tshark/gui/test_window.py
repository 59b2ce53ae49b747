"""The real Wireshark: opens a sample with the profile "TCP State" and shows what it must, word for word.

The sample: a client closes its half at 0.206880 (frame 17), the server's answer of 500 bytes at 45.358690 (frame 19) and its
nine retransmissions (the last is frame 27, at 72.631616) stay unanswered, for a firewall had dropped the session.
"""

import subprocess

import pytest
import window

SAMPLE = window.REPOSITORY / "captures/firewall/published-half-close-unanswered.server.pcapng"
LAST = 27
FIRST_LINE = ("TCP State, client FIN-WAIT-2, server CLOSE-WAIT, half-closed 72.4 s, "
              "likely killed by a firewall's half-closed timer (TCP wait)")

MISSING = window.missing()
pytestmark = pytest.mark.skipif(bool(MISSING), reason="the window is NOT tested; Debian packages are missing: "
                                f"apt-get install --no-install-recommends {' '.join(MISSING)}")


@pytest.fixture(scope="module", name="shown")
def one_window():
    # High enough to show every packet and a whole subtree at once.
    with window.opened(SAMPLE, size=(1400, 1600), upper=560) as opened:
        yield opened


@pytest.fixture(name="dialog")
def window_from_menu(shown):
    """Opens a window by its place in the menus; closes it at the end."""
    titles = []

    def choose(*path):
        shown.menu(*path)
        titles.append(path[-1])
        return lambda role: shown.see(role, None, path[-1])
    yield choose
    for title in titles:
        shown.close(title)


def displayed(shown):
    """The packet counts of the status bar."""
    return next(label.name for each in shown.windows() for label in each.all("label") if label.name.startswith("Packets:"))


def test_profile(shown):
    assert shown.see("label", "Profile: TCP State")


def test_columns(shown):
    packets = shown.see("tree", "Packet list")
    assert packets.columns() == ["No.", "Time", "Source", "Destination", "Protocol", "Client", "Server", "Transition",
                                 "Verdict", "Info"]
    rows = {row[0]: dict(zip(packets.columns(), row, strict=True)) for row in packets.texts()}
    assert len(rows) == LAST
    assert rows["1"]["Client"] == "SYN-SENT"
    assert rows["17"]["Transition"] == "client ESTABLISHED -> FIN-WAIT-1,server ESTABLISHED -> CLOSE-WAIT"
    assert [rows["19"][title] for title in ("Client", "Server", "Transition", "Verdict")] == [
        "FIN-WAIT-2", "CLOSE-WAIT", "", "half-closed timer, likely"]
    # The mark in the Info column, and no room lost to timestamps.
    assert "[client FIN-WAIT-1, active close]" in rows["17"]["Info"]
    assert "TSval" not in rows["17"]["Info"]


def test_first_line(shown):
    shown.go_to(LAST)
    assert shown.details()[-1].name == FIRST_LINE


def test_evidence_leads_to_its_packet(shown):
    for evidence in (17, 19):
        shown.go_to(LAST)
        shown.unfold("TCP State, ")
        shown.unfold("[Verdict: killed by a half-closed timer (TCP wait) (1), likely]")
        shown.until(f"packet {evidence}, which the evidence names",
                    lambda: shown.shown_frame() == evidence,  # noqa: B023
                    lambda: shown.click(shown.see("table cell", f"[Evidence: {evidence}]"), 2))  # noqa: B023
        selected = [row[0].name for row in shown.see("tree", "Packet list").rows() if "selected" in row[0].states]
        assert selected == [str(evidence)]


def test_expert_information(dialog):
    assert ["Warning", "Killed by a firewall's half-closed timer (TCP wait)", "Assumption", "TCP State", "1"] in dialog(
        "Analyze", "Expert Information")("tree").texts()


def test_statistics_tree(dialog):
    shown_rows = [row[:2] for row in dialog("Statistics", "TCP State", "Closes, resets and verdicts")("tree").texts()]
    verdict = shown_rows.index(["killed by a half-closed timer (TCP wait)", "1"])
    assert shown_rows[verdict - 1:verdict + 2] == [
        ["Verdicts, by confidence", "1"], ["killed by a half-closed timer (TCP wait)", "1"], ["likely", "1"]]
    assert ["half-close", "1"] in shown_rows
    assert ["by client", "1"] in shown_rows


def test_statistics_connections(dialog):
    table = dialog("Statistics", "TCP State: connections")("tree")
    assert len(table.rows()) == 1
    row = dict(zip(table.columns(), table.texts()[0]))  # as far as the window is wide
    assert row["Client"] == "10.0.1.2:40001"
    assert row["Server"] == "10.0.2.2:80"
    assert row["Duration (s)"] == "72.631616"
    assert row["Close"] == "half-close"
    assert row["Initiator"] == "client"


def test_filter_buttons(shown):
    # SYN, SYN-ACK, ACK, FIN and its ACK change a state.
    counts = {"Transitions": "5 (18.5%)", "Closes": "1 (3.7%)", "Killed": "27 (100.0%)", "Resets": "0 (0.0%)",
              "Half-closed": "10 (37.0%)"}
    try:
        for button, count in counts.items():
            shown.click(shown.see("push button", button))
            window.wait_for(f"{count} packets after '{button}'",
                            lambda: displayed(shown) == f"Packets: {LAST} · Displayed: {count}")  # noqa: B023
    finally:
        shown.clear_filter()
        window.wait_for("all packets", lambda: displayed(shown) == f"Packets: {LAST} · Displayed: {LAST} (100.0%)")


def test_colours_come_before_wiresharks_own(shown):
    """A retransmission of a killed connection is no "Bad TCP", and the evidence stands out."""
    shown.go_to(1)  # a selected row has a colour of its own
    rows = {row[0].name: row[-1] for row in shown.see("tree", "Packet list").rows()}
    shot = shown.still()
    assert rows["20"].name.startswith("[TCP Retransmission]")
    rules = {rule.name: rule for rule in window.profile_files.colour_rules(
        window.REPOSITORY / "plugin/profile" / window.profile_files.PROFILE)}
    for frame, rule in (("20", "TCP State: killed by a timer"), ("17", "TCP State: killed by a timer, evidence")):
        x, y, width, _ = rows[frame].box
        corner = f"1x1+{x + min(width, 1300 - x) - 1}+{y + 1}"
        said = subprocess.run(["convert", shot, "-crop", corner, "-depth", "8", "rgb:-"], check=True, capture_output=True,
                              timeout=60).stdout
        assert list(said) == [round(255 * part) for part in rules[rule].background], (frame, rule)
