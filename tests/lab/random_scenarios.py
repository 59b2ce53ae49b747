"""Randomised scenarios: both sides do at random what applications do, over a path that loses and delays at random.

Nothing is expected of them but the kernel's states; a seed makes the same script again (the network's timing is its own).
"""

import random

from registry import Scenario
from relay import TO_CLIENT, TO_SERVER

STEPS = 8


def make(count, seed):
    return [Scenario(f"random-{number:03}", f"random script {number}", script, seed=seed * 1000 + number) for number in range(count)]


def prepare(scenario):
    """The lab's settings come from the seed as well."""
    dice = random.Random(f"{scenario.seed}/path")
    one_way = dice.choice((None, 0.002, 0.01, 0.03))
    delay = one_way and {TO_SERVER: one_way, TO_CLIENT: one_way * dice.choice((0.5, 1, 2))}
    return {"ipv": dice.choice((4, 4, 4, 6)), "delay": delay}


def script(lab, seed):
    dice = random.Random(f"{seed}/script")
    for name in ("tcp_sack", "tcp_timestamps", "tcp_window_scaling"):
        if dice.random() < 0.2:
            lab.sysctl(f"net.ipv4.{name}", 0)
    listener = lab.listen()
    lossy = dice.random() < 0.7
    if lossy and dice.random() < 0.4:
        _lose(lab, dice)
    client = lab.connect(first_sequence=2**32 - dice.randrange(1, 5000) if dice.random() < 0.3 else None)
    lab.step("connect")
    try:
        server = lab.accept(listener)
    except TimeoutError:
        return  # the handshake was lost for good: its samples count as they are
    ends = {"client": client, "server": server}
    for number in range(STEPS):
        if lossy and dice.random() < 0.35:
            lab.firewall.clear()
            _lose(lab, dice)
        elif dice.random() < 0.3:
            lab.firewall.clear()
        # One to three things at once: with a delay they cross.
        done = [_act(dice, dice.choice(list(ends.values()))) for _ in range(dice.choice((1, 1, 2, 3)))]
        for _ in range(dice.choice((1, 1, 2))):
            lab.step(f"{number}: {', '.join(done)}")
            lab.pause(dice.choice((0, 0, 0.1, 0.3, 0.6)))
        for end in ends.values():
            if dice.random() < 0.8:
                _read(end)
        if all(not end.open for end in ends.values()) and dice.random() < 0.6:
            break
    lab.firewall.clear()
    lab.pause(1)
    lab.step("path open again")


def _lose(lab, dice):
    direction = dice.choice((TO_SERVER, TO_CLIENT))
    kind = dice.randrange(5)
    if kind == 0:
        lab.firewall.drop(direction)
    elif kind == 1:
        lab.firewall.drop(direction, flags="fin", first=dice.choice((1, 2)))
    elif kind == 2:
        lab.firewall.drop(direction, data=dice.choice((True, False)), first=dice.choice((1, 2, 3)))
    elif kind == 3:
        lab.firewall.drop(direction, percent=dice.choice((10, 25, 50)))
    else:
        for both in (TO_SERVER, TO_CLIENT):
            lab.firewall.drop(both, percent=30)


def _act(dice, end):
    action = dice.choices(("send", "shutdown", "close", "abort", "nothing"), (8, 4, 3, 0.7, 1))[0]
    if not end.open:
        return f"{end.role} is closed"
    try:
        if action == "send":
            length = dice.choice((150, 500, 1400, 4000))
            end.send(length)
            return f"{end.role} sends {length}"
        if action != "nothing":
            getattr(end, action)()
    except OSError as problem:
        return f"{end.role} cannot {action} ({problem.strerror})"
    return f"{end.role} {action}"


def _read(end):
    if end.open:
        try:
            end.drain()
        except OSError:
            pass  # reset by the peer
