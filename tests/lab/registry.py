"""The list of scenarios: a scenario is a function of a running Lab, with the lab's settings and a sentence on what it shows."""

import inspect
from dataclasses import dataclass, field
from typing import Callable

ALL = {}       # what judges states: run.py and compare.py
VERDICTS = {}  # what judges verdicts and resets: judge.py


@dataclass
class Scenario:
    name: str
    shows: str
    script: Callable
    settings: dict = field(default_factory=dict)  # of Lab: ipv, delay
    arguments: dict = field(default_factory=dict)  # of the script
    seed: int | None = None
    lab: type | None = None                        # other machines than lab.Lab


def scenario(name, shows, ipv=4, delay=None, **arguments):
    """Register the decorated function; several of these on one function make variants of it."""
    def register(script):
        if name in ALL:
            raise ValueError(f"two scenarios are named {name}")
        ALL[name] = Scenario(name, shows, script, {"ipv": ipv, "delay": delay}, arguments)
        return script
    return register


def both_sides(name, shows, **settings):
    """The same script with the client and with the server as `side`; {side} and {peer} stand for them in name and sentence."""
    def register(script):
        for side, peer in (("client", "server"), ("server", "client")):
            scenario(name.format(side=side, peer=peer), shows.format(side=side, peer=peer), side=side, **settings)(script)
        return script
    return register


def verdict_scenario(name, shows, sides=False, **settings):
    """Register a script for a firewalled.Site. sides: once for each host as `side`, {side} and {peer} standing for them in the texts.

    Settings that are not the site's are the script's own arguments.
    """
    def register(script):
        own = set(inspect.signature(script).parameters)
        for side, peer in (("client", "server"), ("server", "client")) if sides else ((None, None),):
            full = name.format(side=side, peer=peer)
            if full in VERDICTS:
                raise ValueError(f"two scenarios are named {full}")
            arguments = {key: value for key, value in settings.items() if key in own}
            if sides:
                arguments["side"] = side
            site_settings = {key: value for key, value in settings.items() if key not in own}
            VERDICTS[full] = Scenario(full, shows.format(side=side, peer=peer), script, site_settings, arguments)
        return script
    return register
