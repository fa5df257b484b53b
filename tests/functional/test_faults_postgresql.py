"""PostgreSQL goes down, keeps everybody waiting, and fails over, in the middle of work.

People are told, nothing that was acknowledged is lost, and nobody has to lay a hand on anything.

Alone: `pytest -m long tests/functional/test_faults_postgresql.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from egress_review.workflow import State
from hub_config.demo.people import CHECKERS, RESEARCHER
from hub_config.settings import load_settings
from hub_config.status import status
from hub_config.story.kernel import execute
from hub_config.story.steps import ballot, vote_form, wait_for_review
from hub_config.story.visitor import Visitor
from hub_config.zone import open_zone
from tests.functional.conftest import RunningZone, accounts_of, make_on_postgresql, run_ansim
from tests.functional.house_under_fault import (
    INTERRUPTIONS,
    WORK,
    House,
    cast,
    hold_the_invariants,
    released,
    submit_in,
    voters,
    whole_again,
)
from tests.functional.postgresql_pair import Pair, running_pair
from tests.functional.zone_under_fault import log_of, until
from tests.last_figures import keep_figures
from tests.patience import PATIENCE

pytestmark = [pytest.mark.long, pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]

TOLD = ("데이터베이스가 응답하지 않습니다", "방금 한 일이 반영되었는지 확인하고")
COMMAND = "ANSIM_KEEP_FIGURES=1 .venv/bin/pytest -m long tests/functional/test_faults_postgresql.py"
FIGURES: dict[str, float] = {}


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with running_pair() as pair:
        yield pair


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    home = tmp_path_factory.mktemp("on-a-pair")
    make_on_postgresql(home, pair.url)
    try:
        run_ansim(home, "up", "--demo", "--no-story")
        running = RunningZone(home, load_settings(home), accounts_of(home))
        house = House(running, open_zone(home, "cli"))
        for handle in (RESEARCHER, *CHECKERS):
            house.people[handle] = Visitor(running.settings)
            await house.people[handle].sign_in(*running.account(handle))
        yield house
        for visitor in house.people.values():
            await visitor.close()
    finally:
        run_ansim(home, "down", check=False)


async def a_request(house: House, title: str) -> str:
    """Return a fresh request that waits for votes."""
    ref = await submit_in(await house.work(), f"{title}-{os.urandom(3).hex()}")
    await until(lambda: house.request(ref).state is State.IN_REVIEW, PATIENCE, "the request is in review")
    return ref


async def works_again(house: House) -> float:
    """Wait until pages open and cells run; return the seconds that took."""
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(*INTERRUPTIONS):
                page = await house.people[CHECKERS[0]].open("/review")
                workspace = await house.work()
                if page.status == 200 and (await workspace.run("again.ipynb", ["print(6 * 7)"]))[0].text == "42\n":
                    return time.monotonic() - began
            await asyncio.sleep(0.5)


async def test_while_it_is_down_people_are_told_and_nothing_runs_that_cannot_be_recorded(
    house: House, pair: Pair
) -> None:
    ref = await a_request(house, "down")
    first, second = CHECKERS
    page = await wait_for_review(house.people[first], ref)
    assert await cast(house, second, ref, "멈추기 전의 의견입니다.")
    workspace = await house.work()
    _session, socket = await workspace.open_kernel("down.ipynb")
    assert (await execute(socket, "kept = 20")).error is None
    sent = len(log_of(house.zone, action="cell.sent", limit=1000))
    went = time.monotonic()
    pair.first.kill()
    for address in ("/review", "/", f"/review/{ref}"):
        shown = await house.people[first].open(address)
        assert shown.status == 503
        assert all(words in shown.content.text for words in TOLD), shown.content.text
    status_code, _ = await house.people[first].send(page, vote_form(page), ballot(page, ref, "approve", "되나요"))
    assert status_code == 503
    refused = await asyncio.wait_for(cell_or_refusal(socket, "open('/outbox/secretly','w').write(str(kept))"), 60)
    assert refused, "a cell ran that nobody could record"
    assert run_ansim(house.running.home, "audit", "verify", check=False).returncode != 0
    FIGURES["down_seconds"] = round(time.monotonic() - went, 1)
    pair.first.start()
    FIGURES["back_seconds"] = round(await works_again(house), 1)
    assert voters(house, ref) == {second}, "the vote that was told is there, the one that was refused is not"
    author = house.zone.registry.person(RESEARCHER)
    outbox = house.zone.desk.outbox_of(house.zone.registry.workspace(author.ref, WORK))
    assert not [path for path in outbox.iterdir() if path.name == "secretly"], "a cell ran that nobody recorded"
    assert len(log_of(house.zone, action="cell.sent", limit=1000)) >= sent
    assert await cast(house, first, ref, "다시 냅니다.")
    await released(house, ref)


async def cell_or_refusal(socket: object, code: str) -> bool:
    """Say whether a cell was refused: its connection ends, or it is answered with an error of the zone's."""
    try:
        return (await execute(socket, code)).error is not None  # type: ignore[arg-type]
    except INTERRUPTIONS:
        return True


async def test_behind_a_lock_people_wait_and_after_half_a_minute_they_are_told(house: House, pair: Pair) -> None:
    ref = await a_request(house, "slow")
    first, second = CHECKERS
    pages = {handle: await wait_for_review(house.people[handle], ref) for handle in CHECKERS}
    short, long = 4.0, 45.0

    async def vote(handle: str) -> int:
        page = pages[handle]
        values = ballot(page, ref, "approve", "기다립니다.")
        return (await house.people[handle].send(page, vote_form(page), values))[0]

    schema_lock = "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE"
    with pair.first.holding(schema_lock.format("audit_pending")):
        waiting = asyncio.ensure_future(vote(first))
        await asyncio.sleep(short)
        assert not waiting.done(), "the vote went past the lock"
    assert await waiting == 303
    assert voters(house, ref) == {first}
    began = time.monotonic()
    with pair.first.holding(schema_lock.format("audit_pending")):
        answered = await asyncio.wait_for(vote(second), long)
        FIGURES["slow_seconds"] = round(time.monotonic() - began, 1)
    assert answered == 503, "whoever waits too long is told so"
    await works_again(house)
    assert voters(house, ref) == {first}
    assert await cast(house, second, ref, "이제 됩니다.")
    await released(house, ref)


async def test_a_standby_that_takes_over_has_everything_that_was_acknowledged(house: House, pair: Pair) -> None:
    await asyncio.to_thread(pair.follow)
    ref, started = await a_request(house, "over"), time.monotonic()
    first, second = CHECKERS
    kept: list[str] = []
    stop = asyncio.Event()

    async def go_on_submitting() -> None:
        while not stop.is_set():
            with contextlib.suppress(*INTERRUPTIONS):
                kept.append(await submit_in(await house.work(), f"going-on-{os.urandom(3).hex()}"))
            await asyncio.sleep(0.2)

    writer = asyncio.create_task(go_on_submitting())
    assert await cast(house, first, ref, "넘어가기 전의 의견입니다.")
    await until(lambda: len(kept) >= 2, PATIENCE, "somebody works meanwhile")
    await asyncio.to_thread(pair.first.kill)
    switched = time.monotonic()
    await asyncio.to_thread(pair.second.promote)
    FIGURES["failover_seconds"] = round(await works_again(house), 1)
    await until(lambda: len(kept) >= 4, PATIENCE, "the work goes on")
    stop.set()
    await writer
    assert voters(house, ref) == {first}
    known = {request.ref for request in house.requests()}
    assert set(kept) <= known, "a request that was acknowledged is not there"
    assert await cast(house, second, ref, "넘어간 뒤의 의견입니다.")
    await released(house, ref)
    await whole_again(house)
    hold_the_invariants(house)
    assert status(house.running.home).healthy
    assert time.monotonic() > switched > started
    FIGURES["lost"] = len(set(kept) - known)
    keep_figures("postgresql-faults", COMMAND, FIGURES)


def test_a_log_that_went_through_all_this_verifies_for_an_outsider(house: House) -> None:
    assert run_ansim(house.running.home, "audit", "verify").returncode == 0
    assert Path(house.running.home, "log").is_dir()
