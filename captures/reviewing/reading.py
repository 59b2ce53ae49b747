"""All connections of a capture, from the lines that tshark prints."""

from .connection import Connection
from .fields import packets, share_out
from .spool import Spool


class Capture:
    """What was read: connections in order of their first packet."""

    def __init__(self, on_packet=None):
        self.connections = {}
        self.frames = 0       # that tshark printed, TCP or not
        self.packets = 0      # live TCP segments
        self.start = self.end = None
        self.spool = Spool()
        self.no_capture = False
        self.on_packet = on_packet

    def read(self, lines, on_progress=lambda frames: None):
        for line in lines:
            self.frames += 1
            if self.frames % 5000 == 0:
                on_progress(self.frames)
            segments = packets(line)
            if not segments:
                # A picture or a document: Wireshark opens those too, as one "packet".
                self.no_capture |= self.frames == 1 and "\tmime_dlt" in line
                continue
            if len(segments) > 1:
                share_out(segments, self.states_of)
            for packet in segments:
                self.add(packet)

    def states_of(self, stream):
        known = self.connections.get(stream)
        return (known.client_state, known.server_state) if known else ("CLOSED", "LISTEN")

    def add(self, packet):
        connection = self.connections.get(packet.stream)
        if connection is None:
            connection = self.connections[packet.stream] = Connection(packet)
        shown = connection.add(packet, self.spool)
        self.packets += 1
        self.start = packet.time if self.start is None else min(self.start, packet.time)
        self.end = packet.time if self.end is None else max(self.end, packet.time)
        if shown and self.on_packet:
            self.on_packet(connection, shown)

    def __len__(self):
        return len(self.connections)

    def __iter__(self):
        return iter(self.connections.values())
