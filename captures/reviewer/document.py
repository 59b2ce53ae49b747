"""The review as one JSON document."""

import json

from connection import RANKS
from words import ACCEPTANCE, BASES, CAUSES, CONFIDENCES, HALF_OPEN, INITIATORS, KINDS, ORIGINS, VERDICTS


def write(connections, name, complete, out):
    json.dump({"file": name, "complete": complete, "connections": [described(connection) for connection in connections]}, out,
              indent=1)
    out.write("\n")


def described(connection):
    found = connection.last.marks
    result = {
        "stream": connection.stream, "client": connection.client, "server": connection.server, "start": str(connection.start),
        "duration": str(connection.end - connection.start), "packets": connection.count, "bytes": connection.bytes,
        "states": {"client": connection.last.client, "server": connection.last.server},
        "close": {"kind": KINDS[found.get("close.kind", 0)], "initiator": INITIATORS.get(found.get("close.initiator"), "none")},
        "worth_a_look": RANKS.get(connection.rank()), "at_risk": "firewall.at_risk" in found,
        "half_open": HALF_OPEN.get(connection.half_open) if connection.is_half_open() else None,
        "half_closed": None, "verdict": None,
        "resets": [{"frame": packet.frame, "sender": packet.sender, "cause": CAUSES.get(packet.marks.get("reset.cause")),
                    "origin": ORIGINS.get(packet.marks.get("reset.origin")),
                    "acceptance": ACCEPTANCE.get(packet.marks.get("reset.acceptance"))} for packet in connection.resets],
        "ladder": [{"frame": packet.frame, "time": str(packet.time), "sender": packet.sender, "client": packet.client,
                    "server": packet.server, "transitions": packet.steps} for packet, _, _ in connection.shown],
    }
    if connection.half_closed:
        result["half_closed"] = {"duration": str(connection.half_closed[0]), "bytes": connection.half_closed[1]}
    if connection.verdict:
        result["verdict"] = {
            "number": connection.verdict, "text": VERDICTS.get(connection.verdict),
            "confidence": CONFIDENCES.get(connection.confidence), "reason": found.get("verdict.reason", []),
            "advice": found.get("verdict.advice", []), "evidence": [int(frame) for frame in found.get("verdict.evidence", [])],
        }
        if "verdict.timer_max" in found:
            result["verdict"]["timer"] = {"above": str(found["verdict.timer_min"]), "at_most": str(found["verdict.timer_max"]),
                                          "since": BASES.get(found.get("verdict.timer_basis")),
                                          "needed": str(found.get("verdict.needed"))}
    return result
