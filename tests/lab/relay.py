"""A user-space relay between client and firewall: it delays each direction, keeps the order, and can pull single packets out of it.

Losses are not its business: those happen in the firewall, as they do in the field.
"""

import heapq
import select
import socket
import threading
import time

from capture import ETH_P_ALL, PACKET_OUTGOING, SO_RCVBUFFORCE
from packet import parse

TO_SERVER, TO_CLIENT = "to-server", "to-client"


class Relay(threading.Thread):
    def __init__(self, namespace, delay):
        """delay: seconds one way, a number for both directions or {"to-server": ..., "to-client": ...}."""
        super().__init__(daemon=True)
        self.delay = dict(delay) if isinstance(delay, dict) else {TO_SERVER: delay, TO_CLIENT: delay}
        self._sockets = {}
        with namespace.entered():
            for direction, interface in ((TO_SERVER, "left"), (TO_CLIENT, "right")):
                incoming = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(ETH_P_ALL))
                incoming.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 * 1024 * 1024)
                incoming.bind((interface, ETH_P_ALL))
                self._sockets[direction] = incoming
        self._out = {TO_SERVER: self._sockets[TO_CLIENT], TO_CLIENT: self._sockets[TO_SERVER]}
        self._queue = []   # (due, number, direction, frame)
        self._number = 0
        self._due = {TO_SERVER: 0.0, TO_CLIENT: 0.0}
        self._special = []  # (direction, matches, seconds, copies), each for one packet
        self._ended = threading.Event()

    def hold(self, direction, matches, seconds):
        """The next TCP packet for which matches(packet) is true comes `seconds` later than it should, after its successors."""
        self._special.append((direction, matches, seconds, 1))

    def duplicate(self, direction, matches):
        """The next such packet arrives twice."""
        self._special.append((direction, matches, 0.0, 2))

    def pending(self):
        return len(self._queue)

    def run(self):
        sockets = list(self._sockets.items())
        while not self._ended.is_set():
            pause = 0.2
            if self._queue:
                pause = min(pause, max(0.0, self._queue[0][0] - time.monotonic()))
            select.select([sock for _, sock in sockets], [], [], pause)
            for direction, sock in sockets:
                self._take(direction, sock)
            now = time.monotonic()
            while self._queue and self._queue[0][0] <= now:
                _, _, direction, frame = heapq.heappop(self._queue)
                try:
                    self._out[direction].send(frame)
                except OSError:
                    pass  # the namespace is being removed

    def _take(self, direction, sock):
        for _ in range(64):
            try:
                frame, address = sock.recvfrom(65536)
            except OSError:
                return
            if address[2] == PACKET_OUTGOING:
                continue
            due = max(time.monotonic() + self.delay[direction], self._due[direction])
            extra, copies = self._treatment(direction, frame)
            if not extra:
                self._due[direction] = due
            for _ in range(copies):
                self._number += 1
                heapq.heappush(self._queue, (due + extra, self._number, direction, frame))

    def _treatment(self, direction, frame):
        packet = parse(frame, 0, True) if self._special else None
        if packet:
            for rule in self._special:
                if rule[0] == direction and rule[1](packet):
                    self._special.remove(rule)
                    return rule[2], rule[3]
        return 0.0, 1

    def stop(self):
        self._ended.set()
        self.join(timeout=2)
        for sock in self._sockets.values():
            sock.close()
