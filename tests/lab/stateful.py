"""A stateful firewall: nftables with `ct state`, conntrack with short timers, and the truth of when an entry died.

What has no entry in the session table and does not open a connection meets the chosen answer: silence, a reset in the name of
the other end, or an ICMP error.
"""

import re
import subprocess
import tempfile
import time

from impairment import Firewall

ANSWERS = {
    "drop": "counter drop",
    "reset": "counter reject with tcp reset",
    "prohibited": "counter reject with icmpx type admin-prohibited",
}
# Of a timer that no scenario is about: long enough never to run out.
LONG = 300
TIMERS = ("established", "fin_wait", "close_wait", "last_ack", "time_wait", "close")


class StatefulFirewall(Firewall):
    def __init__(self, namespace, answer="drop", loose=False, translate=False, **timers):
        """timers: seconds by conntrack's names (established, fin_wait, close_wait, last_ack, time_wait, close).

        loose: whether a packet in the middle of a connection makes an entry.  translate: the client's addresses by SNAT.
        """
        super().__init__(namespace)
        self._namespace = namespace
        namespace.run("nft", "-f", "-", feed=f"""
add chain inet lab before {{ type filter hook prerouting priority -300; }}
add rule inet lab rules ct state established,related accept
add rule inet lab rules meta l4proto tcp ct state new {'' if loose else 'tcp flags & (fin|syn|rst|ack) == syn'} accept
add rule inet lab rules meta l4proto tcp {ANSWERS[answer]}
""")
        if translate:
            namespace.run("nft", "-f", "-", feed="""
add table ip translation
add chain ip translation out { type nat hook postrouting priority 100; }
add rule ip translation out oifname "outside" masquerade
""")
        namespace.sysctl("net.netfilter.nf_conntrack_tcp_loose", int(loose))
        for name in TIMERS:
            namespace.sysctl(f"net.netfilter.nf_conntrack_tcp_timeout_{name}", timers.get(name, LONG))
        self._events = tempfile.TemporaryFile("w+")
        self._watcher = subprocess.Popen(["nsenter", f"--net={namespace.path}", "conntrack", "-E", "-p", "tcp", "-o", "timestamp"],
                                         stdout=self._events, stderr=subprocess.DEVNULL)

    def lose(self, direction, **which):
        """Like drop(), on the cable before the firewall: its session table does not see these packets."""
        return self.drop(direction, chain="before", **which)

    def first_rule(self, text):
        """A rule that comes before those of the session table."""
        self._namespace.run("nft", "-f", "-", feed=f"insert rule inet lab rules {text}\n")

    def entry(self, client_port):
        """What is left of the entry's timer in seconds, or None if there is no entry. Asking also removes what has run out."""
        for line in self._namespace.run("conntrack", "-L", "-p", "tcp").splitlines():
            if re.search(rf"\bsport={client_port} dport=", line) and line.split()[0] == "tcp":
                return int(line.split()[2])
        return None

    def flush(self):
        self._namespace.run("conntrack", "-F")

    def stop(self):
        """Returns the events of the session table as text lines, each with its time."""
        time.sleep(0.1)
        self._watcher.terminate()
        self._watcher.wait(timeout=5)
        self._events.seek(0)
        return self._events.read().splitlines()
