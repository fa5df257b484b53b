"""kill -9 of any process at any moment of the first release, on PostgreSQL: the release is made all the same.

Alone: `pytest -m long tests/functional/test_faults_at_random.py`. Each run kills at other moments: it prints its seed,
and `ANSIM_CRASH_SEED` plays one again. `ANSIM_CRASH_ROUNDS` plays more; a round that fails names its seed and moments.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from hub_config.demo.people import RESEARCHER
from hub_config.settings import load_settings
from hub_config.zone import open_zone
from tests.databases import fresh_schema
from tests.functional.conftest import RunningZone, accounts_of, make_on_postgresql, run_ansim
from tests.functional.house_under_fault import PROCESSES, WORK, House, whole_again
from tests.functional.release_under_fault import first_release, made_once, seat_the_others
from tests.functional.zone_under_fault import put_away
from tests.last_figures import keep_figures

pytestmark = [pytest.mark.long, pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]

ROUNDS = int(os.environ.get("ANSIM_CRASH_ROUNDS", "10"))  # half a minute each
SEED = int(os.environ.get("ANSIM_CRASH_SEED") or random.SystemRandom().randrange(1, 1_000_000))
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
        await seat_the_others(house)
        yield house
        for visitor in house.people.values():
            await visitor.close()
    finally:
        run_ansim(home, "down", check=False)


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
