"""kill -9 of any process at any moment of the first release, on PostgreSQL: the release is made all the same.

Alone: `pytest -m long tests/functional/test_faults_at_random.py`. Each run kills at other moments: it prints its seed,
and `ANSIM_CRASH_SEED` plays one again. `ANSIM_CRASH_ROUNDS` plays more; a round that fails names its seed and moments.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import random
import statistics
import sys
import time
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio

from egress_review.model import Choice
from egress_review.verify_package import verify_package
from hub_config.demo.people import CHECKER_IN_PROJECT, CHECKERS, COMPLIANCE_OFFICER, RESEARCHER
from hub_config.settings import load_settings
from hub_config.story import steps
from hub_config.story.play import trusted_key
from hub_config.story.visitor import StoryFailed, Visitor
from hub_config.zone import open_zone
from tests.databases import fresh_schema
from tests.functional.conftest import RunningZone, accounts_of, make_on_postgresql, run_ansim
from tests.functional.house_under_fault import (
    INTERRUPTIONS,
    PROCESSES,
    WORK,
    House,
    cast,
    hold_the_invariants,
    submit_in,
    voters,
    whole_again,
)
from tests.functional.zone_under_fault import log_of, put_away
from tests.last_figures import keep_figures
from tests.patience import PATIENCE

pytestmark = [pytest.mark.long, pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]

ROUNDS = int(os.environ.get("ANSIM_CRASH_ROUNDS", "10"))  # half a minute each
SEED = int(os.environ.get("ANSIM_CRASH_SEED") or random.SystemRandom().randrange(1, 1_000_000))
T = TypeVar("T")
COMMAND = (
    "ANSIM_KEEP_FIGURES=1 ANSIM_CRASH_ROUNDS={rounds} ANSIM_CRASH_SEED={seed}"
    " .venv/bin/pytest -m long tests/functional/test_faults_at_random.py"
)


@dataclass(frozen=True, slots=True)
class Kill:
    """Which process is killed, and how many seconds after the beginning of the story."""

    process: str
    after: float


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(postgresql_socket: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    home = tmp_path_factory.mktemp("crashing")
    make_on_postgresql(home, fresh_schema(postgresql_socket))
    try:
        run_ansim(home, "up", "--demo", "--no-story")
        running = RunningZone(home, load_settings(home), accounts_of(home))
        house = House(running, open_zone(home, "cli"))
        for handle in (*CHECKERS, CHECKER_IN_PROJECT, COMPLIANCE_OFFICER):
            house.people[handle] = Visitor(running.settings)
            await house.people[handle].sign_in(*running.account(handle))
        yield house
        for visitor in house.people.values():
            await visitor.close()
    finally:
        run_ansim(home, "down", check=False)


async def insisting(deed: Callable[[], Awaitable[T]]) -> T:
    """Do as a person does who saw an error: try again, and again."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(*INTERRUPTIONS):
                return await deed()
            await asyncio.sleep(1)


async def first_release(house: House, title: str, place: Path) -> str:
    """Play the story from sign-in to the officer's timeline; return the request."""
    author = house.people[RESEARCHER] = Visitor(house.running.settings)
    await insisting(lambda: author.sign_in(*house.running.account(RESEARCHER)))
    ref = await insisting(lambda: asked(house, title))
    await insisting(lambda: refused(house, ref))
    for checker in CHECKERS:
        await insisting(partial(approved, house, checker, ref))
    content = await insisting(lambda: steps.collect(author, ref))
    assert verifies(house, content, place)
    await insisting(lambda: followed(house, ref))
    return ref


def verifies(house: House, content: bytes, place: Path) -> bool:
    """Say whether a package verifies as its recipient does it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(place)
    package = next(found.parent for found in place.rglob("release.json"))
    return verify_package(package, trusted_key(house.zone)).ok


async def asked(house: House, title: str) -> str:
    """Open the workspace, run a cell that submits; once more is the same request."""
    return await submit_in(await house.work(), title)


async def refused(house: House, ref: str) -> None:
    """The checker who is a member of the project does not see the request."""
    page = await house.people[CHECKER_IN_PROJECT].open(f"/review/{ref}")
    if page.status != 403:
        raise StoryFailed(f"{CHECKER_IN_PROJECT} was answered {page.status}")


async def approved(house: House, checker: str, ref: str) -> None:
    """Vote unless the vote is there: an error may have come after it was taken."""
    if checker not in voters(house, ref) and not await cast(house, checker, ref, "기준을 지켰습니다."):
        raise StoryFailed(f"the vote of {checker} was not taken")


async def followed(house: House, ref: str) -> None:
    """The officer finds the whole story."""
    page = await house.people[COMPLIANCE_OFFICER].open(f"/compliance/timeline/request/{ref}")
    told = page.body.decode("utf-8", "replace")
    missing = [a for a in ("egress.submitted", "egress.voted", "egress.released", "egress.collected") if a not in told]
    if page.status != 200 or missing:
        raise StoryFailed(f"the timeline of {ref} ({page.status}) lacks {missing}")


async def killing(house: House, kills: list[Kill]) -> None:
    """Kill each at its moment; one that is just being started again is killed as soon as it is there."""
    began = time.monotonic()
    for kill in sorted(kills, key=lambda one: one.after):
        await asyncio.sleep(max(0.0, began + kill.after - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            house.kill(kill.process)


async def test_a_release_is_made_whatever_is_killed_and_whenever(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        sys.stderr.write(f"\n{COMMAND.format(rounds=ROUNDS, seed=SEED)}\n")
    chance, title = random.Random(SEED), f"quiet-{os.urandom(3).hex()}"
    began = time.monotonic()
    await first_release(house, title, tmp_path / "quiet")
    quiet, seconds, killed = time.monotonic() - began, [], 0
    for number in range(ROUNDS):
        await put_away(house.people[RESEARCHER], WORK)
        await house.people.pop(RESEARCHER).close()
        kills = [Kill(chance.choice(PROCESSES), chance.uniform(0, quiet)) for _ in range(chance.choice((1, 1, 2)))]
        title = f"round-{number}-{os.urandom(3).hex()}"
        began = time.monotonic()
        killer = asyncio.create_task(killing(house, kills))
        try:
            ref = await first_release(house, title, tmp_path / title)
            await killer
            seconds.append(time.monotonic() - began)
            await whole_again(house)
            made_once(house, title, ref)
        except BaseException as error:
            error.add_note(f"seed {SEED}, round {number}: {kills}")
            raise
        finally:
            killer.cancel()
        killed += len(kills)
    figures = {"rounds": ROUNDS, "kills": killed, "seed": SEED, "quiet_seconds": round(quiet, 1)}
    figures |= {"median_seconds": round(statistics.median(seconds), 1), "worst_seconds": round(max(seconds), 1)}
    keep_figures("crash-loop", COMMAND.format(rounds=ROUNDS, seed=SEED), figures)


def made_once(house: House, title: str, ref: str) -> None:
    """What was acknowledged is there, and once: one request, two votes, one release."""
    assert [request.ref for request in house.requests() if request.title == title] == [ref]
    assert voters(house, ref) == set(CHECKERS)
    assert {vote.choice for vote in house.votes(ref)} == {Choice.APPROVE}
    assert len(log_of(house.zone, object=ref, action="egress.submitted", outcome="ok")) == 1
    assert len(log_of(house.zone, object=ref, action="egress.released", outcome="ok")) == 1
    hold_the_invariants(house)
