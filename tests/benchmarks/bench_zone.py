"""The zone that is measured: a demo zone of its own, with people and a project made for the measurement."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2 as httpx
import pyotp

from audit.event import Source
from hub_config.demo.people import DATA_CONTROLLER
from hub_config.hub_api import HubApi
from hub_config.processes import REPOSITORY
from hub_config.settings import Settings
from hub_config.story.visitor import Visitor
from hub_config.zone import Zone, open_zone
from registry.desk import CLI, as_actor
from registry.model import Limits, Role
from registry.notice import NOTICE_VERSION
from registry.totp import STEP_SECONDS, code_at, new_secret

PORT = 8860
PROJECT = "bench"
DATASET = "floating-population"  # the one demo dataset that no review binds to a project
#: Twenty of these at their limit fit into the memory of a small server.
LIMITS = Limits(memory_bytes=1024**3, cpus=1.0, pids=256)
HERE = Source(None)


@dataclass(slots=True)
class Person:
    """One researcher of the measurement, with what somebody needs to sign in."""

    handle: str
    password: str
    totp_secret: str
    used_step: int = 0

    def fresh_code(self) -> str:
        """Return a code that was not used; waits for the next one, because each is accepted once."""
        while (step := int(time.time()) // STEP_SECONDS) <= self.used_step:
            time.sleep(0.1)
        self.used_step = step
        return pyotp.TOTP(self.totp_secret).now()


@dataclass(slots=True)
class BenchZone:
    """A running zone and the handles that a measurement needs on it."""

    home: Path
    runs: int
    zone: Zone
    hub: HubApi
    people_made: int = field(default=0)

    @property
    def settings(self) -> Settings:
        """Return the zone's settings."""
        return self.zone.settings

    def prefix(self, person: Person) -> str:
        """Return the path of a person's workspace."""
        return f"/user/{person.handle}/{PROJECT}/"

    def people(self, many: int) -> list[Person]:
        """Make researchers through the registry's use cases: invited, joined, informed, in the project."""
        people = [self._person(Role.RESEARCHER) for _ in range(many)]
        registry, project = self.zone.registry, self.zone.registry.project(PROJECT)
        for person in people:
            registry.add_member(
                PROJECT, person.handle, Role.RESEARCHER, project.starts_at, project.ends_at, by=CLI, source=HERE
            )
        return people

    def staff(self, many: int, role: Role) -> list[Person]:
        """Make people with a role in the zone as a whole, who are in no project."""
        return [self._person(role) for _ in range(many)]

    def _person(self, role: Role) -> Person:
        registry = self.zone.registry
        self.people_made += 1
        person = Person(f"bench{self.people_made:03}", secrets.token_urlsafe(18), new_secret())
        token = registry.invite(
            person.handle,
            f"Person {self.people_made}",
            f"{person.handle}@ansim.example",
            {role},
            "ko",
            by=CLI,
            source=HERE,
        )
        # The code before the present one is still good, and leaves the present one for the sign-in.
        if time.time() % STEP_SECONDS > STEP_SECONDS - 3:
            time.sleep(3)
        code = code_at(person.totp_secret, datetime.now(UTC) - timedelta(seconds=STEP_SECONDS))
        joined = registry.accept_invitation(token, person.password, person.totp_secret, code, source=HERE)
        registry.accept_notice(joined, NOTICE_VERSION, source=HERE)
        return person

    def people_known(self, many: int) -> list[Person]:
        """Make researchers who have signed in once: the hub knows nobody before."""

        async def introduce() -> None:
            for person in people:
                async with Visitor(self.settings) as visitor:
                    await sign_in(visitor, person)

        people = self.people(many)
        asyncio.run(introduce())
        return people

    def start(self, *people: Person) -> None:
        """Start workspaces of known people and wait until they are ready; preparation, never timed."""
        for person in people:
            path = f"/users/{person.handle}/servers/{PROJECT}"
            self._ask("POST", path)
        self._until(people, running=True)

    def stop(self, *people: Person) -> None:
        """Stop workspaces and wait until they are gone."""
        for person in people:
            self.hub.stop(person.handle, PROJECT)
        self._until(people, running=False)

    def _until(self, people: tuple[Person, ...], *, running: bool, seconds: float = 240) -> None:
        wanted, deadline = {p.handle for p in people}, time.monotonic() + seconds
        while True:
            known = {s.handle: s.ready for s in self.hub.servers() if s.name == PROJECT and s.handle in wanted}
            if (running and len(known) == len(wanted) and all(known.values())) or (not running and not known):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{sorted(wanted)} did not become {'ready' if running else 'stopped'}: {known}")
            time.sleep(0.3)

    def _ask(self, method: str, path: str) -> None:
        headers = {"Authorization": f"token {self.zone.keys.hub_token('portal')}"}
        answer = httpx.request(method, f"{self.settings.hub_url()}/hub/api{path}", headers=headers, timeout=240)
        answer.raise_for_status()


async def sign_in(visitor: Visitor, person: Person) -> None:
    """Sign a person in with a code that was not used yet."""
    await asyncio.to_thread(person.fresh_code)
    await visitor.sign_in(person.handle, person.password, person.totp_secret)


def ansim(home: Path, *words: str) -> None:
    """Run the `ansim` command for a zone, its output kept for the case that it fails.

    Raises: RuntimeError — with what it said.
    """
    environment = {**os.environ, "ANSIM_HOME": str(home), "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-m", "hub_config.cli", *words], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"ansim {words[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")


def open_bench(home: Path, runs: int) -> BenchZone:
    """Open a running demo zone and make the project in which is measured."""
    zone = open_zone(home, "cli")
    if all(p.id != PROJECT for p in zone.registry.projects()):
        begins = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        ends = begins + timedelta(days=30)
        zone.registry.add_project(
            PROJECT, "측정", "Measurement", "Measures the zone.", begins, ends, LIMITS, by=CLI, source=HERE
        )
        controller = as_actor(zone.registry.person(DATA_CONTROLLER))
        zone.registry.grant(DATASET, 1, PROJECT, begins, ends, approver=controller, source=HERE)
    made = sum(p.handle.startswith("bench") for p in zone.registry.people())
    hub = HubApi(zone.settings.hub_url(), zone.keys.hub_token("worker"), timeout=120)
    return BenchZone(home, runs, zone, hub, made)
