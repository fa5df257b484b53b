"""A process of a zone whose clock somebody else sets: does what lines on standard input say, answers with JSON lines.

LD_PRELOAD=libfaketime.so.1 FAKETIME_TIMESTAMP_FILE=… python -m tests.integration.hub_config.clock_steps_victim HOME
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from audit.event import Actor, Event, Object, Source, Subjects
from audit.verify import verify
from hub_config.story.play import trusted_key
from hub_config.zone import Zone, open_zone
from registry.errors import RegistryError
from registry.totp import code_at
from tests.integration.house.house_people import PASSWORD

HERE = Source("127.0.0.1")


def now(zone: Zone) -> object:
    """Return what this process takes for the time."""
    return datetime.now(UTC).isoformat()


def record(zone: Zone) -> object:
    """Record an event; return its index."""
    about = Object("zone", zone.zone_id)
    return zone.log.record(Event("zone.started", Actor.service("cli"), about, Subjects.none(), HERE))


def sign(zone: Zone) -> object:
    """Sign the head of the log and recompute everything below it."""
    zone.log.checkpoint()
    return verify(zone.db, trusted_key(zone), zone.home / "log").ok


def enter(zone: Zone, secret: str, code: str = "") -> object:
    """Sign in with the present code, or with a given one; return the code that was taken, or why it was refused."""
    given = code or code_at(secret, datetime.now(UTC))
    try:
        zone.registry.sign_in("minji", PASSWORD, given, source=HERE)
    except RegistryError as error:
        return f"refused: {type(error).__name__}"
    return given


def work(zone: Zone) -> object:
    """Say whether the permit lets somebody work now."""
    try:
        zone.registry.may_work("minji", "study")
    except RegistryError as error:
        return f"refused: {type(error).__name__}"
    return "may work"


DEEDS: Mapping[str, Callable[..., object]] = {"now": now, "record": record, "sign": sign, "enter": enter, "work": work}


def main() -> None:
    """Do what the lines say, one after another, in one process: a real clock steps while a process runs."""
    zone = open_zone(Path(sys.argv[1]), "cli")
    for line in sys.stdin:
        name, *words = line.split()
        print(json.dumps(DEEDS[name](zone, *words)), flush=True)  # noqa: T201 — the answer to the test


if __name__ == "__main__":
    main()
