"""A log with a witness or two, and a terminal for its commands."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from audit.cli import add_parser
from audit.log import AuditLog
from audit.timestamps.stamping import TimestampRounds
from audit.witness.asking import WitnessRounds
from audit.witness.policy import WitnessPolicy
from audit.witness.server import WitnessServer
from audit.witness.service import Witness
from tests.integration.audit.audit_world import ORIGIN, World


@dataclass
class Clock:
    """A clock that tests move."""

    now: datetime = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **much: float) -> None:
        self.now += timedelta(**much)


def a_witness(world: World, directory: Path, name: str = "witness.example/1") -> Witness:
    """Make a witness that watches the log of a world."""
    made = Witness.create(directory, name)
    made.trust(world.keys.trusted(ORIGIN))
    return made


@contextmanager
def serving(witness: Witness, port: int = 0) -> Iterator[str]:
    """Run a witness behind an address."""
    server = WitnessServer(("127.0.0.1", port), witness)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def policy_text(world: World, *witnesses: tuple[Witness, str], needed: str = "all") -> str:
    """Return a policy over the first key of each witness."""
    lines = [f"log {world.keys.verifier(ORIGIN).vkey()}"]
    for number, (witness, url) in enumerate(witnesses):
        lines.append(f"witness w{number} {witness.verifiers[0].vkey()} {url}")
    names = " ".join(f"w{number}" for number in range(len(witnesses)))
    return "\n".join([*lines, f"group all-of-them {needed} {names}", "quorum all-of-them", ""])


@dataclass
class Terminal:
    """The surroundings of one command, with what it printed."""

    world: World
    policy: str = "quorum none\n"
    timestamps: TimestampRounds | None = None
    json: bool = False
    lines: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.world.home

    def log(self) -> AuditLog:
        witnesses = WitnessPolicy.parse(self.policy)
        return AuditLog(self.world.db, self.world.keys, component="cli", origin=ORIGIN, witnesses=witnesses)

    def zone(self) -> Any:
        log = self.log()
        rounds = WitnessRounds(log, WitnessPolicy.parse(self.policy))
        rest = {"witness_policy_text": self.policy, "timestamps": self.timestamps}
        return SimpleNamespace(db=self.world.db, log=log, witnesses=rounds, **rest)

    def print(self, *objects: object) -> None:
        self.lines.append(" ".join(map(str, objects)))

    def run(self, *arguments: object) -> int:
        parser = argparse.ArgumentParser()
        add_parser(parser.add_subparsers())
        given = parser.parse_args(["audit", *map(str, arguments)])
        self.json = bool(getattr(given, "json", False))
        self.lines.clear()
        code = given.func(given, self)
        assert isinstance(code, int)
        return code
