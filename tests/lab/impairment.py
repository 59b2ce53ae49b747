"""The firewall's rule set (nftables, table `inet lab`): losses now, and whatever else a stateful firewall does.

Losses stand in a chain of their own, before the chain `rules`, in which a scenario may put arbitrary nft rules
(`ct state`, `reject with tcp reset`, ...).
"""

import re

from relay import TO_CLIENT, TO_SERVER

INCOMING = {TO_SERVER: "inside", TO_CLIENT: "outside"}
TABLE = """
table inet lab {
    chain losses { type filter hook forward priority -10; }
    chain rules { type filter hook forward priority 0; }
}
"""
# An IP packet longer than this carries payload: no header with all its options is as long, and scripts send more.
LONGEST_HEADER = 120
MANY = 1_000_000_000


class Rule:
    def __init__(self, firewall, chain, text):
        self._firewall, self._chain = firewall, chain
        answer = firewall.namespace.run("nft", "-e", "-a", "-f", "-", feed=f"add rule inet lab {chain} {text}\n")
        self._handle = re.search(r"# handle (\d+)", answer).group(1)

    def remove(self):
        self._firewall.namespace.run("nft", f"delete rule inet lab {self._chain} handle {self._handle}")


class Firewall:
    def __init__(self, namespace):
        self.namespace = namespace
        namespace.run("nft", "-f", "-", feed=TABLE)

    def rule(self, text):
        """Any rule in the chain `rules`; interfaces are `inside` (client) and `outside` (server)."""
        return Rule(self, "rules", text)

    def drop(self, direction, flags=None, without=None, data=None, first=None, after=None, percent=None, chain="losses"):
        """Lose packets of one direction until the returned rule is removed.

        flags, without: TCP flags that must (not) be set, e.g. "syn", "fin,ack".  data: True payload only, False none only.
        first: only the first N matching packets.  after: all matching packets but the first N.  percent: that many at random.
        chain: `losses` is behind the session table, where a stateful firewall keeps one.
        """
        parts = [f'iifname "{INCOMING[direction]}"', "meta l4proto tcp"]
        for flag in (flags or "").split(",") if flags else []:
            parts.append(f"tcp flags & {flag} == {flag}")
        for flag in (without or "").split(",") if without else []:
            parts.append(f"tcp flags & {flag} != {flag}")
        if data is not None:
            parts.append(f"meta length {'>' if data else '<='} {LONGEST_HEADER}")
        # numgen counts, from zero, the packets that got this far in its rule.
        if first is not None:
            parts.append(f"numgen inc mod {MANY} < {first}")
        if after is not None:
            parts.append(f"numgen inc mod {MANY} >= {after}")
        if percent is not None:
            parts.append(f"numgen random mod 100 < {percent}")
        return Rule(self, chain, " ".join(parts) + " counter drop")

    def clear(self):
        self.namespace.run("nft", "flush chain inet lab losses")
