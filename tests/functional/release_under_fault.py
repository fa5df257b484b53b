"""The first release as people make it who try again after each error, and what must be there of it afterwards, once.

It also runs where a zone is installed and these tests are not: nothing here or below needs pytest.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import zipfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from egress_review.model import Choice
from egress_review.verify_package import verify_package
from hub_config.demo.people import CHECKER_IN_PROJECT, CHECKERS, COMPLIANCE_OFFICER, RESEARCHER
from hub_config.story import steps
from hub_config.story.play import trusted_key
from hub_config.story.visitor import StoryFailed, Visitor
from tests.functional.house_under_fault import (
    INTERRUPTIONS,
    House,
    cast,
    hold_the_invariants,
    submit_in,
    voters,
)
from tests.functional.zone_under_fault import log_of
from tests.patience import PATIENCE

T = TypeVar("T")


async def seat_the_others(house: House) -> None:
    """Sign in everybody of the story but the researcher, whose sign-in is part of it."""
    for handle in (*CHECKERS, CHECKER_IN_PROJECT, COMPLIANCE_OFFICER):
        house.people[handle] = Visitor(house.running.settings)
        await house.people[handle].sign_in(*house.running.account(handle))


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


def made_once(house: House, title: str, ref: str) -> None:
    """What was acknowledged is there, and once: one request, two votes, one release."""
    assert [request.ref for request in house.requests() if request.title == title] == [ref]
    assert voters(house, ref) == set(CHECKERS)
    assert {vote.choice for vote in house.votes(ref)} == {Choice.APPROVE}
    assert len(log_of(house.zone, object=ref, action="egress.submitted", outcome="ok")) == 1
    assert len(log_of(house.zone, object=ref, action="egress.released", outcome="ok")) == 1
    hold_the_invariants(house)
