"""The same results with every version of Wireshark, field by field, on every sample.

Each version's run leaves what it says in the folder TCPSTATE_FIELDS, which tests/run gives, and compares it with what those
before it left there. The first finds nothing to compare with.
"""

import json
import os
from pathlib import Path

import pytest
from conftest import SAMPLES, sample_name

FOLDER = os.environ.get("TCPSTATE_FIELDS")


@pytest.mark.parametrize("passes", ["one", "two"])
def test_fields_are_those_of_the_other_versions(wireshark, passes):
    names = sorted(name for name in wireshark.types if not name.startswith("tcpstate.expert"))
    experts = sorted(name for name in wireshark.types if name.startswith("tcpstate.expert."))
    options = ["-2"] if passes == "two" else []
    found = {}
    for sample in SAMPLES:
        # Of an expert item Wireshark prints its severity and group, in words that are its own.
        found[sample_name(sample)] = [
            {name: bool(values) if name in experts else values for name, values in packet.items() if values}
            for packet in wireshark.fields(sample, names + experts, *options)]
    assert sum(len(packets) for packets in found.values()) > 1000, "hardly anything was compared"
    if FOLDER is None:
        return
    folder = Path(FOLDER)
    own = f"{passes}-{os.environ['TCPSTATE_WIRESHARK_MM']}.json"
    for other in sorted(folder.glob(f"{passes}-*.json")):
        said = json.loads(other.read_text())
        for sample, packets in found.items():
            for packet, before in zip(packets, said[sample], strict=True):
                assert packet == before, f"{sample}, frame {packet['frame.number']}: {other.stem} says otherwise"
    (folder / own).write_text(json.dumps(found))
