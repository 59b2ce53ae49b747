"""The applications: TCP endpoints inside a host's namespace that do one thing at a time, as the script says."""

import select
import socket
import struct
import time

TIMEOUT = 10.0
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ, TCP_SEND_QUEUE, TCP_REPAIR_OFF_NO_WP = 19, 20, 21, 2, -1
MSG_FASTOPEN = 0x20000000
LINE = b"0123456789 abcdefghijklmnopqrstuvwxyz TCP\n"


def text(length):
    return (LINE * (length // len(LINE) + 1))[:length]


class End:
    """One end of a connection. `out` is the direction of its packets, `role` client or server."""

    def __init__(self, host, sock):
        self.host, self.role, self.out, self.back = host, host.role, host.out, host.back
        self.socket = sock
        self.vanished_at = None
        self.aborted_at = None

    @property
    def open(self):
        return self.socket.fileno() >= 0

    def send(self, length, flags=0):
        """Queue that much payload, as far as the send buffer takes it at once; returns how much it took."""
        try:
            return self.socket.send(text(length), flags | socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return 0

    def receive(self, length):
        """Read exactly that much; an error if the peer ends or falls silent before."""
        got, limit = 0, time.monotonic() + TIMEOUT
        while got < length:
            if not select.select([self.socket], [], [], max(0, limit - time.monotonic()))[0]:
                raise TimeoutError(f"{self.role}: {got} of {length} bytes came within {TIMEOUT:.0f} s")
            piece = self.socket.recv(min(65536, length - got))
            if not piece:
                raise EOFError(f"{self.role}: the peer ended after {got} of {length} bytes")
            got += len(piece)

    def drain(self):
        """Read what is there now; returns (bytes, ended)."""
        got = 0
        while True:
            try:
                piece = self.socket.recv(65536)
            except BlockingIOError:
                return got, False
            if not piece:
                return got, True
            got += len(piece)

    def receive_end(self):
        """Wait for the peer's FIN, reading what comes before it."""
        limit = time.monotonic() + TIMEOUT
        while select.select([self.socket], [], [], max(0, limit - time.monotonic()))[0]:
            if self.drain()[1]:
                return
        raise TimeoutError(f"{self.role}: the peer's FIN did not come within {TIMEOUT:.0f} s")

    def shutdown(self):
        """Close the sending half."""
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()

    def abort(self):
        self.option(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.aborted_at = time.time_ns()
        self.socket.close()

    def vanish(self):
        """The connection is gone without a packet, as after a power failure."""
        self.option(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        self.socket.close()
        self.vanished_at = time.time_ns()

    def cork(self, on=True):
        self.option(socket.IPPROTO_TCP, socket.TCP_CORK, int(on))

    def option(self, level, name, value):
        self.socket.setsockopt(level, name, value)

    def tcp(self, name, value):
        self.option(socket.IPPROTO_TCP, name, value)


class Host:
    def __init__(self, role, namespace, addresses, out, back):
        self.role, self.namespace, self.addresses, self.out, self.back = role, namespace, addresses, out, back
        self.listeners = []

    def _socket(self, ipv):
        family = socket.AF_INET if ipv == 4 else socket.AF_INET6
        with self.namespace.entered():
            sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return sock

    def listen(self, port, ipv=4, prepare=None):
        sock = self._socket(ipv)
        sock.bind((self.addresses[ipv], port))
        if prepare:
            prepare(sock)
        sock.listen(16)
        self.listeners.append(sock)
        return sock

    def accept(self, listener):
        if not select.select([listener], [], [], TIMEOUT)[0]:
            raise TimeoutError(f"{self.role}: nothing to accept within {TIMEOUT:.0f} s")
        sock, _ = listener.accept()
        sock.setblocking(False)
        return End(self, sock)

    def connect(self, port, target, ipv=4, prepare=None, first_sequence=None, fast_open=0):
        """Start to connect from a fixed local port; does not wait for the answer.

        first_sequence: the initial sequence number.  fast_open: that many bytes of payload on the SYN.
        """
        sock = self._socket(ipv)
        sock.bind((self.addresses[ipv], port))
        if prepare:
            prepare(sock)
        if first_sequence is not None:
            # What TCP_REPAIR puts into the send queue's number stays, and the SYN takes it.
            sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
            sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE)
            sock.setsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ, struct.pack("I", first_sequence))
            sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP)
        try:
            if fast_open:
                sock.sendto(text(fast_open), MSG_FASTOPEN | socket.MSG_NOSIGNAL, target)
            else:
                sock.connect(target)
        except BlockingIOError:
            pass
        return End(self, sock)
