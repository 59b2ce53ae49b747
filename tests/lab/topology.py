"""The machines of one scenario, each a network namespace with veth links between them.

    client -- relay -- firewall -- server
    10.0.1.2           10.0.1.1 | 10.0.2.1      10.0.2.2
    fd00:1::2          fd00:1::1 | fd00:2::1    fd00:2::2

The relay is transparent at the Ethernet layer; the firewall routes. Every offload is off, so that a captured packet is
what a wire would carry: no segment larger than the MTU, no checksum left for hardware that does not exist.
"""

import contextlib
import ctypes
import os
import subprocess
from pathlib import Path

RUN = Path("/run/netns")
PREFIX = "tcpstate"
CLONE_NEWNET = 0x40000000
ROLES = ("client", "relay", "firewall", "server")

CLIENT = {4: "10.0.1.2", 6: "fd00:1::2"}
SERVER = {4: "10.0.2.2", 6: "fd00:2::2"}

# (namespace, interface) and the address of its Ethernet card, pairwise the two ends of a cable.
CABLES = (
    (("client", "eth0", "02:00:00:00:01:02"), ("relay", "left", "02:00:00:00:00:0a")),
    (("relay", "right", "02:00:00:00:00:0b"), ("firewall", "inside", "02:00:00:00:01:01")),
    (("firewall", "outside", "02:00:00:00:02:01"), ("server", "eth0", "02:00:00:00:02:02")),
)

# Permanent neighbours: the first packet of a scenario must not wait for address resolution.
COMMANDS = {
    "client": """
        addr add 10.0.1.2/24 dev eth0
        addr add fd00:1::2/64 dev eth0 nodad
        link set eth0 up
        neigh add 10.0.1.1 lladdr 02:00:00:00:01:01 dev eth0 nud permanent
        neigh add fd00:1::1 lladdr 02:00:00:00:01:01 dev eth0 nud permanent
        route add default via 10.0.1.1
        route add default via fd00:1::1""",
    "relay": """
        link set left up
        link set right up""",
    "firewall": """
        addr add 10.0.1.1/24 dev inside
        addr add 10.0.2.1/24 dev outside
        addr add fd00:1::1/64 dev inside nodad
        addr add fd00:2::1/64 dev outside nodad
        link set inside up
        link set outside up
        neigh add 10.0.1.2 lladdr 02:00:00:00:01:02 dev inside nud permanent
        neigh add fd00:1::2 lladdr 02:00:00:00:01:02 dev inside nud permanent
        neigh add 10.0.2.2 lladdr 02:00:00:00:02:02 dev outside nud permanent
        neigh add fd00:2::2 lladdr 02:00:00:00:02:02 dev outside nud permanent""",
    "server": """
        addr add 10.0.2.2/24 dev eth0
        addr add fd00:2::2/64 dev eth0 nodad
        link set eth0 up
        neigh add 10.0.2.1 lladdr 02:00:00:00:02:01 dev eth0 nud permanent
        neigh add fd00:2::1 lladdr 02:00:00:00:02:01 dev eth0 nud permanent
        route add default via 10.0.2.1
        route add default via fd00:2::1""",
}

SYSCTLS = {
    # A host must not remember round trips of earlier connections, nor answer a flood in another way than a single SYN.
    "client": {"net.ipv4.tcp_no_metrics_save": 1, "net.ipv4.tcp_syncookies": 0},
    "server": {"net.ipv4.tcp_no_metrics_save": 1, "net.ipv4.tcp_syncookies": 0},
    "firewall": {"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1},
    "relay": {},
}

_libc = ctypes.CDLL(None, use_errno=True)


def _setns(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot enter a network namespace: {os.strerror(number)}")


class Namespace:
    """One network namespace. A socket belongs for its whole life to the namespace in which it was made."""

    def __init__(self, name):
        self.name = name
        self.path = RUN / name

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is inside the namespace for the length of the block."""
        with open("/proc/thread-self/ns/net") as outside, open(self.path) as inside:
            _setns(inside.fileno())
            try:
                yield
            finally:
                _setns(outside.fileno())

    def run(self, *command, feed=None):
        result = subprocess.run(["nsenter", f"--net={self.path}", *command], input=feed, text=True, capture_output=True, timeout=20)
        if result.returncode != 0:
            raise RuntimeError(f"`{' '.join(command)}` failed in {self.name}: {result.stderr.strip()}\n{feed or ''}")
        return result.stdout

    def sysctl(self, name, value):
        with self.entered():
            # /proc/sys/net shows the namespace of the thread that opens it.
            Path("/proc/sys", name.replace(".", "/")).write_text(f"{value}\n")


class Topology:
    def __init__(self, prefix, bridged):
        """bridged: the relay is a plain kernel bridge without delay; otherwise relay.Relay must carry the frames."""
        self.names = {role: f"{prefix}-{role}" for role in ROLES}
        self.bridged = bridged
        for role, name in self.names.items():
            setattr(self, role, Namespace(name))

    def __enter__(self):
        try:
            self._build()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    def _build(self):
        lines = [f"netns add {name}" for name in self.names.values()]
        for near, far in CABLES:
            lines.append(f"link add name {near[1]} address {near[2]} netns {self.names[near[0]]} type veth "
                         f"peer name {far[1]} address {far[2]} netns {self.names[far[0]]}")
        _ip([], lines)
        for role, commands in COMMANDS.items():
            # Offloads and settings first: the first packet must already obey them.
            namespace = getattr(self, role)
            for near, far in CABLES:
                for owner, interface, _ in (near, far):
                    if owner == role:
                        namespace.run("ethtool", "-K", interface, "tx", "off", "rx", "off", "sg", "off",
                                      "tso", "off", "gso", "off", "gro", "off")
            for name, value in SYSCTLS[role].items():
                namespace.sysctl(name, value)
            lines = ["link set lo up", *commands.strip().splitlines()]
            if role == "relay" and self.bridged:
                lines += ["link add wire type bridge", "link set wire up", "link set left master wire", "link set right master wire"]
            _ip(["-n", namespace.name], lines)

    def remove(self):
        for name in self.names.values():
            remove(name)


def _ip(options, lines):
    text = "\n".join(line.strip() for line in lines) + "\n"
    result = subprocess.run(["ip", *options, "-batch", "-"], input=text, text=True, capture_output=True, timeout=60)
    if result.returncode != 0:
        raise RuntimeError(f"`ip -batch` failed: {result.stderr.strip()}")


def remove(name):
    if (RUN / name).exists():
        subprocess.run(["ip", "netns", "del", name], capture_output=True, timeout=60)


def remove_all(prefix):
    if RUN.is_dir():
        for path in RUN.iterdir():
            if path.name.startswith(prefix):
                remove(path.name)


def remove_orphans():
    """Namespaces of an earlier run that was killed before it could tidy up: their names hold its process number."""
    if not RUN.is_dir():
        return
    for path in RUN.iterdir():
        parts = path.name.split("-")
        if parts[0] == PREFIX and len(parts) == 4 and parts[1].isdigit() and not Path("/proc", parts[1]).exists():
            remove(path.name)


def why_impossible():
    """None where namespaces can be made here; otherwise the reason in words."""
    if os.geteuid() != 0:
        return "needs root (network namespaces); run it with sudo"
    for tool in ("ip", "nft", "ss", "ethtool", "nsenter"):
        if not any(Path(folder, tool).exists() for folder in os.environ.get("PATH", "").split(":") + ["/usr/sbin", "/sbin"]):
            return f"needs the command {tool} (Debian packages iproute2, nftables, ethtool, util-linux)"
    name = f"{PREFIX}-{os.getpid()}-0-probe"
    made = subprocess.run(["ip", "netns", "add", name], text=True, capture_output=True, timeout=60)
    try:
        if made.returncode != 0:
            return f"this machine refuses network namespaces: {made.stderr.strip()}"
        for command in (["ip", "-n", name, "link", "add", "a0", "type", "veth", "peer", "name", "a1"],
                        ["ip", "netns", "exec", name, "nft", "add table inet lab; add chain inet lab f { type filter hook forward priority 0; }"]):
            result = subprocess.run(command, text=True, capture_output=True, timeout=60)
            if result.returncode != 0:
                return f"this machine refuses `{' '.join(command)}`: {result.stderr.strip()}"
    finally:
        remove(name)
    return None
