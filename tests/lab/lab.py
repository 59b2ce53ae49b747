"""One scenario at work: its machines, and the steps with the kernel's answer after each of them."""

import json
import time

import truth
from capture import Capture, write_pcapng
from host import End, Host
from impairment import Firewall
from packet import FIN, RST, SYN, at_or_after, makes_good
from relay import TO_CLIENT, TO_SERVER, Relay
from topology import CLIENT, SERVER, Topology

QUIET = 0.06     # no packet for so long, and none inside the relay: the step is over
PATIENCE = 10.0  # how long a step may take to get quiet, or to reach the states that its script names
PORT, CLIENT_PORT = 80, 40001


class ScenarioFailed(Exception):
    """The scenario did not produce what its script says: nothing may be judged against it."""


class Lab:
    def __init__(self, prefix, ipv=4, delay=None):
        """delay: seconds one way through the relay (see relay.Relay); None: a plain bridge, nothing can cross."""
        self.ipv = ipv
        self.topology = Topology(prefix, bridged=delay is None)
        self._delay = delay
        self.relay = None
        self.captures = {}
        self.connections = []  # {"client": (address, port), "server": ..., "ipv": ..., "ends": {...}}
        self.samples = []
        self.expected = {"initiator": None, "kind": None}

    def __enter__(self):
        network = self.topology.__enter__()
        try:
            self.captures = {role: Capture(getattr(network, role), "eth0", role) for role in ("client", "server")}
            if self._delay is not None:
                self.relay = Relay(network.relay, self._delay)
                self.relay.start()
            self.firewall = Firewall(network.firewall)
            self.client = Host("client", network.client, CLIENT, TO_SERVER, TO_CLIENT)
            self.server = Host("server", network.server, SERVER, TO_CLIENT, TO_SERVER)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.relay:
            self.relay.stop()
        self.topology.remove()

    # --- opening ---------------------------------------------------------------------------------------------------

    def sysctl(self, name, value):
        """A setting of both hosts."""
        for host in (self.client, self.server):
            host.namespace.sysctl(name, value)

    def expect(self, initiator, kind):
        """What the script knows for certain about the close."""
        self.expected = {"initiator": initiator, "kind": kind}

    def connection(self, client_port=CLIENT_PORT, server_port=PORT):
        """Make a connection known to the samples that follow (again, with the same ports: its next incarnation)."""
        self.connections.append({"client": (CLIENT[self.ipv], client_port), "server": (SERVER[self.ipv], server_port),
                                 "ipv": self.ipv, "ends": {"client": None, "server": None}})
        return self.connections[-1]

    def listen(self, port=PORT, prepare=None):
        return self.server.listen(port, self.ipv, prepare)

    def connect(self, port=CLIENT_PORT, server_port=PORT, **options):
        """The client's SYN; returns its end."""
        connection = self.connection(port, server_port)
        end = self.client.connect(port, (SERVER[self.ipv], server_port), self.ipv, **options)
        connection["ends"]["client"] = end
        return end

    def accept(self, listener):
        end = self.server.accept(listener)
        self.connections[-1]["ends"]["server"] = end
        return end

    def open(self, first="client", prepare=None, accept_prepare=None, **options):
        """A whole handshake; returns the two ends, that of the host named `first` in front."""
        listener = self.listen(prepare=accept_prepare)
        client = self.connect(prepare=prepare, **options)
        server = self.accept(listener)
        self.step("handshake", {"client": "ESTABLISHED", "server": "ESTABLISHED"})
        return (client, server) if first == "client" else (server, client)

    # --- steps -----------------------------------------------------------------------------------------------------

    def pause(self, seconds):
        limit = time.monotonic() + seconds
        while (rest := limit - time.monotonic()) > 0:
            time.sleep(min(0.05, rest))
            self._drain()

    def step(self, after, states=None, within=PATIENCE, visible=True, connection=-1):
        """Wait until the network is quiet and note both true states.

        states: {end or role: state}, what the script is about; the step waits for it and the scenario fails without it.
        visible: False where no packet can show the states.
        """
        states = {getattr(key, "role", key): value for key, value in (states or {}).items()}
        limit = time.monotonic() + within
        while True:
            sample = self._sample(connection, limit)
            if all(sample[role] == value for role, value in states.items()):
                break
            if time.monotonic() > limit:
                seen = f"client {sample['client']}, server {sample['server']}"
                raise ScenarioFailed(f"after '{after}' the kernel shows {seen}, not {states}, for {within:.0f} s")
            time.sleep(0.03)
        sample["after"] = after
        sample["script_visible"] = visible
        self.samples.append(sample)
        return sample

    def count(self, role, matches):
        """How many packets of the capture at that host fit."""
        self._drain()
        return sum(1 for packet in self.captures[role].packets if matches(packet))

    def wait_for(self, role, matches, number=1, within=PATIENCE):
        """Wait until that many such packets passed the host."""
        limit = time.monotonic() + within
        while self.count(role, matches) < number:
            if time.monotonic() > limit:
                raise ScenarioFailed(f"the packet that the script waits for did not pass the {role} within {within:.0f} s")
            time.sleep(0.01)

    def _drain(self):
        for capture in self.captures.values():
            capture.drain()

    def _last_packet(self):
        self._drain()
        return max(capture.last() for capture in self.captures.values())

    def _quiet(self, limit):
        while True:
            last = self._last_packet()
            now = time.time_ns()
            busy = self.relay is not None and self.relay.pending() > 0
            if not busy and now - last >= QUIET * 1e9:
                return now
            if time.monotonic() > limit + PATIENCE:
                raise ScenarioFailed("the network never gets quiet")
            time.sleep(0.01 if busy else max(0.002, QUIET - (now - last) / 1e9))

    def _sample(self, connection, limit):
        number = connection % len(self.connections)
        ports = self.connections[number]
        while True:
            moment = self._quiet(limit)
            client = truth.sockets(self.topology.client).get((ports["client"], ports["server"]), truth.ABSENT)
            server = truth.sockets(self.topology.server).get((ports["server"], ports["client"]), truth.ABSENT)
            # A packet that passed meanwhile would make the two answers those of different moments.
            if self._last_packet() < moment and not (self.relay and self.relay.pending()):
                return {"time": moment, "connection": number, "client": truth.state(client), "server": truth.state(server),
                        "client_raw": client, "server_raw": server}

    # --- the result ------------------------------------------------------------------------------------------------

    def write(self, folder, name, shows, seed=None):
        for role, capture in self.captures.items():
            capture.close()
            write_pcapng(folder / f"{name}.{role}.pcapng", capture.frames, role)
        result = {
            "scenario": name, "shows": shows, "seed": seed,
            "connections": [{"client": list(c["client"]), "server": list(c["server"]), "ipv": c["ipv"]} for c in self.connections],
            "samples": [self._finish(sample) for sample in self.samples],
            "losses": self._losses(),
            "expected": self.expected,
        }
        path = folder / f"{name}.truth.json"
        path.write_text(_pretty(result))
        return result

    def _finish(self, sample):
        connection = self.connections[sample["connection"]]
        visible = {role: sample["script_visible"] and self._visible(connection, role, sample) for role in ("client", "server")}
        return {"time": sample["time"] / 1e9, "after": sample["after"], "connection": sample["connection"],
                "client": sample["client"], "server": sample["server"],
                "client_raw": sample["client_raw"], "server_raw": sample["server_raw"],
                "visible": all(visible.values()), "client_visible": visible["client"], "server_visible": visible["server"]}

    def _visible(self, connection, role, sample):
        """Whether packets can show the state at all: a FIN that still waits to be sent, and a host that lost its power, are invisible."""
        peer = "server" if role == "client" else "client"
        own = [packet for packet in self.captures[role].packets if packet.time <= sample["time"] and packet.outgoing
               and (packet.source, packet.target) == (connection[role], connection[peer])]
        if sample[role] in truth.SHOWN_BY_FIN | truth.SHOWN_BY_CROSSING:
            opening = max((i for i, packet in enumerate(own) if packet.flags & SYN), default=0)
            first = next((packet for packet in own[opening:] if packet.flags & FIN), None)
            if first is None:
                return False
            # Closed before the peer's FIN came, but sent after it: the packets show CLOSE-WAIT and LAST-ACK instead.
            if sample[role] in truth.SHOWN_BY_CROSSING and self._acknowledges_fin(role, first, own[opening].time):
                return False
        end = connection["ends"][role]
        if isinstance(end, End) and end.vanished_at and end.vanished_at < sample["time"]:
            return any(packet.time > end.vanished_at and packet.flags & (SYN | RST) for packet in own)
        if isinstance(end, End) and end.aborted_at and end.aborted_at < sample["time"]:
            # Linux aborts without a RST in CLOSING and LAST-ACK (RFC 9293 section 3.10.5 asks for none there).
            return any(packet.time >= end.aborted_at and packet.flags & RST for packet in own)
        return True

    def _acknowledges_fin(self, role, fin, opening):
        """Whether a host's FIN covers the peer's, of the same incarnation."""
        return any(packet.flags & FIN and packet.source == fin.target and packet.target == fin.source and opening <= packet.time <= fin.time
                   and not packet.outgoing and at_or_after(fin.acknowledgement, packet.end()) for packet in self.captures[role].packets)

    def _losses(self):
        """What one host sent and the other never saw, told apart from its repetitions; `repaired`: when a later packet made it good."""
        losses = []
        for sender, receiver, direction in (("client", "server", TO_SERVER), ("server", "client", TO_CLIENT)):
            arrived = [packet for packet in self.captures[receiver].packets if not packet.outgoing]
            for packet in _unmatched([packet for packet in self.captures[sender].packets if packet.outgoing], arrived):
                repaired = next((later.time for later in arrived if later.time > packet.time and makes_good(later, packet)), None)
                losses.append({"time": packet.time / 1e9, "direction": direction, "what": packet.describe(),
                               "repaired": repaired and repaired / 1e9})
        return sorted(losses, key=lambda loss: loss["time"])


def _unmatched(sent, arrived):
    """Equal packets (bare resets) differ by nothing but their times: an arrival is the latest of them sent before it."""
    waiting = {}
    events = sorted([(packet.time, 0, i, packet) for i, packet in enumerate(sent)] + [(packet.time, 1, i, packet) for i, packet in enumerate(arrived)])
    for _, kind, _, packet in events:
        same = waiting.setdefault(packet.same(), [])
        if kind == 0:
            same.append(packet)
        elif same:
            same.pop()
    return [packet for same in waiting.values() for packet in same]


def _pretty(result):
    """One line for each sample and loss: readable, and a small difference stays small."""
    lines = []
    for key, value in result.items():
        if isinstance(value, list) and value:
            items = ",\n".join("    " + json.dumps(item) for item in value)
            lines.append(f"  {json.dumps(key)}: [\n{items}\n  ]")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
