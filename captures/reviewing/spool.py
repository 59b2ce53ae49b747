"""Many small values in a temporary file, so that a big capture does not fill the memory."""

import marshal
import tempfile


class Spool:
    """`put` gives a place, `get` what was put there. Values are what marshal knows: tuples, texts, numbers."""

    def __init__(self):
        self.file = tempfile.TemporaryFile()
        self.end = 0
        self.reading = False

    def put(self, value):
        if self.reading:
            self.file.seek(self.end)
            self.reading = False
        place = self.end
        data = marshal.dumps(value)
        self.file.write(len(data).to_bytes(4, "little") + data)
        self.end += 4 + len(data)
        return place

    def get(self, place):
        self.reading = True
        self.file.seek(place)
        return marshal.loads(self.file.read(int.from_bytes(self.file.read(4), "little")))

    def __iter__(self):
        """All values in the order in which they were put."""
        place = 0
        while place < self.end:
            self.reading = True
            self.file.seek(place)
            size = int.from_bytes(self.file.read(4), "little")
            yield marshal.loads(self.file.read(size))
            place += 4 + size
