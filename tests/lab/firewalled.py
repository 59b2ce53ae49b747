"""A lab with a stateful firewall and several connections, and what a reader of its captures should conclude.

A script says of each connection what truly happened (`truth`) and what may be concluded from the packets at each vantage
point (`at_client`, `at_server`): a list of "verdict/confidence", the first of them the wanted one, "none" for no verdict.
"""

import random
import re
import subprocess
import time

from capture import Capture, write_pcapng
from lab import Lab, ScenarioFailed, _pretty
from packet import ACK, FIN, RST, SYN
from stateful import StatefulFirewall

OTHER = {"client": "server", "server": "client"}
FIRST_PORT = 40001
SERVICE = 80
INITIAL_TTLS = (32, 60, 64, 128, 255)


def graded(verdict, *confidences):
    return [f"{verdict}/{confidence}" for confidence in confidences]


class Pair:
    """One connection: both applications and what is to be said about it."""

    def __init__(self, client, server, port, service):
        self.client, self.server, self.port, self.service = client, server, port, service
        self.began = time.time()
        self.judged = None
        self.timer = None

    def __getitem__(self, role):
        return getattr(self, role)


class Site(Lab):
    def __init__(self, prefix, ipv=4, delay=None, half=3, idle=4, closing=2, span=3, copies=5, answer="drop", loose=False,
                 translate=False, ttl=None, merged=False, real=True, prefer=None, fin_timeout=None, seed=0):
        """half, idle, closing: the firewall's timers in seconds.  real: False for a firewall whose timers never run out here,
        while the reader still expects these.  prefer: the reader's timers where they are other than the firewall's.
        ttl: the hosts' initial TTL.  merged: also capture at the firewall's two interfaces, into one file."""
        super().__init__(prefix, ipv, delay)
        self.half, self.idle, self.closing, self.span, self.copies = half, idle, closing, span, copies
        self._firewall_settings = dict(answer=answer, loose=loose, translate=translate)
        if real:
            self._firewall_settings.update(established=idle, fin_wait=half, close_wait=half, last_ack=closing, time_wait=closing, close=closing)
        initial = ttl or 64
        # As if that many routers more stood before each host: three are a sign that tells the firewall's packets from theirs.
        self.far = next(usual for usual in INITIAL_TTLS if usual >= initial) - initial >= 3
        self._ttl, self._merged, self._fin_timeout = ttl, merged, fin_timeout
        self.preferences = {"half": half, "idle": idle, "closing": closing, **(prefer or {})}
        self.random = random.Random(seed)
        self.pairs, self.resets, self.notes = [], {}, []
        self._listeners, self._tasks = {}, []
        self._one_way = None
        self._cut = {}

    def __enter__(self):
        super().__enter__()
        try:
            if self._ttl:
                self.sysctl("net.ipv4.ip_default_ttl", self._ttl)
            if self._fin_timeout:
                self.sysctl("net.ipv4.tcp_fin_timeout", self._fin_timeout)
            self.firewall = StatefulFirewall(self.topology.firewall, **self._firewall_settings)
            if self._merged:
                for interface in ("inside", "outside"):
                    self.captures[interface] = Capture(self.topology.firewall, interface, interface)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if isinstance(getattr(self, "firewall", None), StatefulFirewall):
            self.firewall.stop()
        super().__exit__()

    # --- connections -------------------------------------------------------------------------------------------------

    def pair(self, service=SERVICE, talk=5, port=None, prepare=None, accept_prepare=None):
        """A new connection, with a few exchanges in which a reader learns distances and round trips."""
        port = port or FIRST_PORT + len(self.pairs)
        if service not in self._listeners:
            self._listeners[service] = self.listen(service, accept_prepare)
        client = self.connect(port, service, prepare=prepare)
        server = self.accept(self._listeners[service])
        pair = Pair(client, server, port, service)
        pair.began -= 0.5
        self.pairs.append(pair)
        for _ in range(talk):
            self.exchange(pair)
        self.settle()  # the delayed ACK of the last answer
        return pair

    def opening(self, service, port=None, **options):
        """A connection that will not come about: only the client's end."""
        port = port or FIRST_PORT + len(self.pairs)
        began = time.time()
        pair = Pair(self.connect(port, service, **options), None, port, service)
        pair.began = began - 0.01
        self.pairs.append(pair)
        return pair

    def exchange(self, pair, request=120, answer=340):
        pair.client.send(request)
        pair.server.receive(request)
        pair.server.send(answer)
        pair.client.receive(answer)

    # --- time --------------------------------------------------------------------------------------------------------

    def pause(self, seconds):
        """Wait, while the connections that were told to chat do so."""
        limit = time.monotonic() + seconds
        while (rest := limit - time.monotonic()) > 0:
            for task in list(self._tasks):
                task()
            time.sleep(min(0.05, rest))
            self._drain()

    def wait_for(self, role, matches, number=1, within=15):
        """Wait until that many such packets passed the host; the connections that chat go on."""
        limit = time.monotonic() + within
        while self.count(role, matches) < number:
            if time.monotonic() > limit:
                raise ScenarioFailed(f"the packet that the script waits for did not pass the {role} within {within:.0f} s")
            self.pause(0.02)

    def chat(self, pair, sides=("client", "server"), every=0.45):
        """Let both ends of a connection send now and then, whenever the script pauses, and read what came."""
        state = {"next": 0.0}

        def task():
            if time.monotonic() < state["next"]:
                return
            state["next"] = time.monotonic() + every
            for role in ("client", "server"):
                end = pair[role]
                if not end.open:
                    self._tasks.remove(task)
                    return
                try:
                    end.drain()
                    if role in sides:
                        end.send(60)
                except OSError:
                    self._tasks.remove(task)
                    return
        self._tasks.append(task)
        return task

    def hush(self, task):
        if task in self._tasks:
            self._tasks.remove(task)

    def settle(self, seconds=0.15):
        self.pause(seconds)

    def beyond(self, timer):
        """Wait until a timer that has just been armed has surely run out, by a chance amount."""
        self.pause(timer + 0.35 + self.random.random() * 0.8)

    def silence(self, speaker, limit=75):
        """Until the speaker's segments went unanswered often enough and for long enough to be judged."""
        begun = time.monotonic()
        role, start = speaker.role, time.time_ns() - 50_000_000
        while True:
            self.pause(0.1)
            sent = [p for p in self.captures[role].packets if p.outgoing and p.time >= start and self.of(speaker, p)
                    and (p.length or p.flags & FIN)]
            if len(sent) >= self.copies + 1 and sent[-1].time - sent[0].time > (self.span + 0.1) * 1e9:
                self.pause(0.3)
                return
            if time.monotonic() - begun > limit:
                raise ScenarioFailed(f"the {role} did not repeat its segments {self.copies} times over {self.span} s")

    def of(self, end, packet):
        pair = next(p for p in self.pairs if end in (p.client, p.server))
        return pair.port in (packet.source[1], packet.target[1])

    def forgotten(self, pair, within=20):
        """Wait until the firewall has lost the entry, and a little longer. Asking removes an entry that has run out."""
        begun = time.monotonic()
        while self.firewall.entry(pair.port) is not None:
            if time.monotonic() - begun > within:
                raise ScenarioFailed(f"the firewall keeps its entry longer than {within} s")
            self.pause(0.1)
        self.pause(0.1 + 0.6 * self.random.random())

    def unplug(self, role):
        """The host's cable is pulled: what it sends and what it should receive is gone."""
        self.topology.__dict__[role].run("ip", "link", "set", "eth0", "down")

    # --- the answer --------------------------------------------------------------------------------------------------

    def judge(self, pair, truth, at_client=("none",), at_server=("none",), timer=None, twin=False, at_merged=None, soon=False):
        """What truly happened to a connection, and what its packets allow to say. twin: they cannot tell it from a kill. soon: too little was captured."""
        pair.judged = {"truth": truth, "client": list(at_client), "server": list(at_server), "timer": timer, "twin": twin, "soon": soon}
        if self._merged:
            pair.judged["merged"] = list(at_merged if at_merged is not None else ["none"])

    def by_speaker(self, pair, speaker, truth, wanted, silent=("none",), **more):
        sides = {f"at_{speaker.role}": wanted, f"at_{OTHER[speaker.role]}": silent}
        self.judge(pair, truth, **sides, **more)

    def reset(self, pair, sender, *causes, sign=True):
        """The causes that may be said of the resets in the name of one side; sign: whether its packets show who sent them."""
        self.resets.setdefault((pair.port, pair.service, pair.began, sender), {"causes": list(causes), "sign": sign})

    def one_way(self, role):
        """Also keep what that host sent, alone, as a capture behind an asymmetric path would."""
        self._one_way = role

    def end_capture(self, role="all"):
        """Nothing after this moment stands in the captures."""
        self._cut = time.time_ns()

    def write(self, folder, name, shows, seed=None):
        events = self.firewall.stop()
        for role, capture in self.captures.items():
            capture.close()
            frames = [frame for frame in capture.frames if not self._cut or frame[0] <= self._cut]
            write_pcapng(folder / f"{name}.{role}.pcapng", frames, role)
        files = ["client", "server"]
        if self._merged:
            parts = [folder / f"{name}.{interface}.pcapng" for interface in ("inside", "outside")]
            subprocess.run(["mergecap", "-I", "none", "-w", folder / f"{name}.merged.pcapng", *parts], check=True, capture_output=True)
            for part in parts:
                part.unlink()
            files.append("merged")
        if self._one_way:
            frames = [frame for frame in self.captures[self._one_way].frames if frame[1]]
            write_pcapng(folder / f"{name}.oneway.pcapng", frames, self._one_way)
            files.append("oneway")
        result = {
            "scenario": name, "shows": shows, "captures": files,
            "preferences": {**self.preferences, "span": self.span, "copies": self.copies},
            "connections": [self._describe(pair, events) for pair in self.pairs],
            "resets": [{"client_port": key[0], "server_port": key[1], "began": key[2], "sender": key[3], **value} for key, value in self.resets.items()],
            "resets_seen": self._resets_seen(),
            "session_table": events,
        }
        (folder / f"{name}.verdict.json").write_text(_pretty(result))
        return result

    def _describe(self, pair, events):
        told = {"client_port": pair.port, "server_port": pair.service, "began": pair.began, "judged": pair.judged}
        told["died"] = self._death(pair, events)
        told.update(self._passage(pair))
        return told

    def _death(self, pair, events):
        """When the firewall removed the connection's entry, by its own word; somebody asked for it, or sent into it, soon after its end."""
        for event in events:
            time_, text = re.match(r"\[([0-9.]+)\s*\]\s*(.*)", event).groups()
            if float(time_) >= pair.began and text.startswith("[DESTROY]") and f" sport={pair.port} dport={pair.service} " in text:
                return float(time_)
        return None

    def _resets_seen(self):
        """Who truly sent each reset: what leaves no host's own interface comes from something between them."""
        seen = []
        sent = {_key(p) for role in ("client", "server") for p in self.captures[role].packets if p.outgoing and p.flags & RST}
        for capture in self.captures.values():
            for p in capture.packets:
                if p.flags & RST:
                    seen.append({"at": capture.name, "time": p.time, "origin": "endpoint" if p.outgoing and capture.name in OTHER or _key(p) in sent else "middlebox"})
        return seen

    def _passage(self, pair):
        """When a packet is last known to have passed, and when the first that asks for an answer was lost after that."""
        # Of this incarnation: the same ports may have been used again.
        end = min((other.began for other in self.pairs if (other.port, other.service) == (pair.port, pair.service) and other.began > pair.began),
                  default=float("inf"))
        packets = {role: [p for p in self.captures[role].packets if {pair.port, pair.service} == {p.source[1], p.target[1]}
                          and pair.began <= p.time / 1e9 < end] for role in ("client", "server")}
        passed, sent = [], []
        for sender, receiver in (("client", "server"), ("server", "client")):
            arrived = {_key(p) for p in packets[receiver] if not p.outgoing}
            for p in packets[sender]:
                if p.outgoing:
                    (passed if _key(p) in arrived else sent).append(p)
        last = max((p.time for p in passed), default=0)
        lost = [p for p in sent if p.time > last and (p.length or p.flags & (FIN | SYN) or p.flags == ACK)]
        first_fin = min((p.time for p in passed if p.flags & FIN), default=None)
        return {"last_passed": last / 1e9 or None, "first_lost": min((p.time for p in lost), default=0) / 1e9 or None,
                "first_fin": first_fin and first_fin / 1e9}


def _key(packet):
    """Equal at both hosts even where addresses are translated; repetitions differ by the identification."""
    return packet.flags, packet.sequence, packet.acknowledgement, packet.length, packet.identification
