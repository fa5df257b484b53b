"""The disk of a zone fills up to the last byte while people work in it: said, nothing is lost, and it goes on after.

Alone: `pytest -m long tests/functional/test_disk_fills_at_work.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pyotp
import pytest
import pytest_asyncio

from audit.event import Source
from audit.space import RESERVE_FILE
from audit.verify import verify
from hub_config.demo.people import (
    CHECKER_IN_PROJECT,
    CHECKERS,
    COMPLIANCE_OFFICER,
    DATA_CONTROLLER,
    OPERATOR,
    RESEARCHER,
)
from hub_config.gate.refusals import REFUSALS
from hub_config.settings import load_settings
from hub_config.status import status
from hub_config.story import steps
from hub_config.story.kernel import Workspace, execute, execute_request
from hub_config.story.play import trusted_key
from hub_config.story.visitor import Page, Visitor
from hub_config.supervisor import read_state
from hub_config.zone import open_zone
from registry.desk import CLI
from registry.model import Role
from tests.functional.conftest import RunningZone, accounts_of, run_ansim, zone_port
from tests.functional.house_under_fault import (
    CONTEXT,
    SPAWN,
    WORK,
    House,
    cast,
    hold_the_invariants,
    houses_agree,
    submit_in,
    voters,
    whole_again,
)
from tests.functional.release_under_fault import verifies
from tests.functional.test_disk_fills import GIBIBYTE, small_disk
from tests.functional.test_disk_fills import fill as fill_up
from tests.functional.zone_under_fault import containers, log_of, put_away, until, workspace_ref
from tests.patience import PATIENCE
from tests.rights import as_root
from tests.small_disk import MEBIBYTE
from tests.small_disk import small_disk as small_memory

pytestmark = [pytest.mark.long, pytest.mark.engine, as_root, pytest.mark.asyncio(loop_scope="module")]

LOG_MEBIBYTES = 16
ASKED_AGAIN_SECONDS = 62  # the portal believes a token for a minute, the gate for less
NOTEBOOK = "live.ipynb"
CELL_RAN = "ran-on-a-full-disk"
BANNER = {"ko": "디스크가 가득 차 새 작업을 시작하지 않습니다", "en": "The disk is full: nothing new begins"}
FULL_LOG = {"ko": "디스크 공간이 부족하여 새 작업을 시작할 수 없습니다", "en": "so nothing new may begin"}
READ = (
    (RESEARCHER, "/"),
    (RESEARCHER, "/requests"),
    (RESEARCHER, f"/projects/{WORK}/workspace"),
    (CHECKERS[0], "/review"),
    (COMPLIANCE_OFFICER, "/compliance"),
    (OPERATOR, "/people"),
    (OPERATOR, "/zone"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A zone whose home has a small disk of its own, and what its processes say another in it."""
    place = tmp_path_factory.mktemp("full").resolve()
    with small_disk(place / "disk", 8 * GIBIBYTE) as disk:
        home = disk / "zone"
        home.mkdir()
        with small_memory(home / "logs", LOG_MEBIBYTES):
            try:
                run_ansim(home, "up", "--demo", "--no-story", "--port", zone_port())
                running = RunningZone(home, load_settings(home), accounts_of(home))
                house = House(running, open_zone(home, "cli"))
                join_project(house, CHECKER_IN_PROJECT, SPAWN)
                for handle in (RESEARCHER, *CHECKERS, CHECKER_IN_PROJECT, COMPLIANCE_OFFICER, OPERATOR):
                    house.people[handle] = Visitor(running.settings)
                    await house.people[handle].sign_in(*running.account(handle))
                yield house
                for project in (WORK, SPAWN):
                    await put_away(house.people[RESEARCHER], project)
                for visitor in house.people.values():
                    await visitor.close()
            finally:
                run_ansim(home, "down", check=False)


def join_project(house: House, handle: str, project: str) -> None:
    """Let somebody work in a project too."""
    registry = house.zone.registry
    period = registry.project(project)
    registry.add_member(
        project,
        handle,
        Role.RESEARCHER,
        period.starts_at,
        period.ends_at,
        by=CLI,
        source=Source(None),
    )


async def test_a_disk_that_fills_while_people_work_refuses_in_words_and_all_goes_on_when_there_is_room(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = house.running.home
    workspace = await house.work()
    ref = await submit_in(workspace, "before")
    await steps.wait_for_review(house.people[CHECKERS[0]], ref)
    outbox = home / "workspaces" / workspace_ref(house.zone, RESEARCHER, WORK) / "outbox"
    _, socket = await workspace.open_kernel(NOTEBOOK)
    assert (await execute(socket, "kept = 41; open('/outbox/second.csv', 'w').write('sex,n\\nF,150\\n')")).error is None
    async with staying(socket):
        await steps.start_workspace(house.people[CHECKER_IN_PROJECT], CHECKER_IN_PROJECT, SPAWN)
        fill_up(home.parent).rename(home.parent / "first-filler")
        await until(
            lambda: log_of(house.zone, action="log.space_exhausted"), PATIENCE, "the log tells of the full disk"
        )
        assert not (home / "log" / RESERVE_FILE).exists()
        await a_project_is_frozen_all_the_same(house)
    assert not socket.closed, ("who has no workspace in that project works on", socket.close_code)
    fill_up(home.parent).rename(home.parent / "second-filler")  # also what the log had kept for itself
    assert os.statvfs(home).f_bavail == 0
    kept = what_is_kept(house)

    await a_cell_is_held_and_says_why(house, socket)
    await nothing_is_half_done(house, ref)
    await the_house_says_what_is_wrong(house, monkeypatch)
    await asyncio.sleep(ASKED_AGAIN_SECONDS)
    for who, path in READ:  # nobody is signed out by it
        page = await house.people[who].open(path)
        assert (page.status, "login" in page.url) == (200, False), (who, path, page.content.text[:300])
    assert await workspace.files(), "nor out of the workspace"
    house.kill("portal")
    await until(lambda: status(home).healthy, PATIENCE, "a process that ends is started again on a full disk too")
    assert "before" in (await house.people[RESEARCHER].open("/requests")).content.text
    assert what_is_kept(house) == kept
    assert not (outbox / CELL_RAN).exists()
    assert verify(house.zone.db, trusted_key(house.zone), home / "log").ok

    for filler in ("first-filler", "second-filler"):
        (home.parent / filler).unlink()
    await until(lambda: log_of(house.zone, action="log.space_recovered"), PATIENCE, "the log tells of the room")
    await whole_again(house)
    assert {name: read_state(home)["restarts"][name] for name in ("audit", "gate", "hub", "worker")} == {
        "audit": 0, "gate": 0, "hub": 0, "worker": 0,
    }  # fmt: skip
    await the_story_goes_on(house, workspace, ref, tmp_path)


def what_is_kept(house: House) -> tuple[object, ...]:
    """Return what a step that was refused must leave as it was: requests, votes, cells, and the files of the vault."""
    home = house.running.home
    files = {str(path) for place in ("vault", "cells", "releases") for path in (home / place).rglob("*")}
    votes = {request.ref: len(house.votes(request.ref)) for request in house.requests()}
    begun = [entry for action in ("cell.sent", "egress.submitted", "egress.voted", "workspace.start")
             for entry in log_of(house.zone, action=action, outcome="ok")]  # fmt: skip
    return {(one.ref, one.state) for one in house.requests()}, votes, files, len(begun)


@contextlib.asynccontextmanager
async def staying(socket: aiohttp.ClientWebSocketResponse) -> AsyncIterator[None]:
    """Answer the gate meanwhile, as browsers do: it closes what answers no ping."""

    async def read() -> None:
        async for _ in socket:
            pass

    reading = asyncio.create_task(read())
    try:
        yield
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def a_project_is_frozen_all_the_same(house: House) -> None:
    """The brake works out of what the log had kept for itself: nothing of the project runs, and the log says so."""
    operator, ref = house.people[OPERATOR], workspace_ref(house.zone, CHECKER_IN_PROJECT, SPAWN)
    page = await operator.open(f"/projects/{SPAWN}")
    await operator.submit(page, page.form(f"/projects/{SPAWN}/freeze"), {"why": "a leak is suspected"})
    [done] = await until(lambda: log_of(house.zone, action="project.cut_off"), PATIENCE, "the log tells of the freeze")
    assert (done.body["outcome"], done.body["detail"]["workspaces"]) == ("ok", 1)
    assert ref not in containers(house.zone)
    await until(lambda: houses_agree(house), PATIENCE, "the hub has tidied up")


async def a_cell_is_held_and_says_why(house: House, socket: aiohttp.ClientWebSocketResponse) -> None:
    """What could not be recorded is not run; the answer stands at the cell."""
    await socket.send_str(json.dumps(execute_request(f"open('/outbox/{CELL_RAN}', 'w')")))
    answers = []
    while (frame := await socket.receive(30)).type is aiohttp.WSMsgType.TEXT:
        answers.append(json.loads(frame.data))
    said = next(answer["content"]["evalue"] for answer in answers if answer["msg_type"] == "error")
    assert REFUSALS["audit.full"].title.ko in said
    assert "운영자" in said
    assert (socket.close_code, "audit.full" in (frame.extra or "")) == (4503, True)


async def nothing_is_half_done(house: House, ref: str) -> None:
    """Hand in, vote, begin a workspace and sign in: each is refused in words, in the language of the person."""
    author, checker = house.people[RESEARCHER], house.people[CHECKERS[0]]
    form = await author.open(f"/requests/new?project={WORK}")
    entries = {"title": "second", "purpose": "표 2", "context": CONTEXT, "files": "second.csv", "do": "submit"}
    refused = await author.submit(form, form.form("/requests/new"), entries)
    # On the form, which keeps all, where its files have no room; where somebody freed a page meanwhile, by the log.
    status = 422 if refused.status == 422 else 503
    assert_refused(refused, FULL_LOG["ko"], "가득 찼습니다", "가득 차서", status=status)
    page = await checker.open(f"/review/{ref}")
    refused = await checker.submit(page, steps.vote_form(page), steps.ballot(page, ref, "approve", "기준"))
    assert_refused(refused, FULL_LOG["ko"])
    colleague = house.people[CHECKER_IN_PROJECT]
    page = await colleague.open(f"/projects/{WORK}/workspace")
    assert_refused(await colleague.submit(page, page.form("/workspace/start"), {}), "허브", FULL_LOG["ko"])
    stranger = Visitor(house.running.settings)
    handle, password, secret = house.running.account(DATA_CONTROLLER)
    try:
        page = await stranger.open("/")
        entries = {"username": handle, "password": password, "code": pyotp.TOTP(secret).now()}
        assert_refused(await stranger.submit(page, page.form("login"), entries), FULL_LOG["ko"])
    finally:
        await stranger.close()
    # Whoever is signed in at the hub and comes to another place of the zone is let in there by a code, which it keeps.
    elsewhere = f"{house.running.settings.origin('work')}/user/{RESEARCHER}/{WORK}/lab"
    assert_refused(await house.people[CHECKERS[1]].open(elsewhere), "데이터베이스의 디스크가 가득 차서", status=507)
    assert voters(house, ref) == set()
    assert [request.ref for request in house.requests()] == [ref]


def assert_refused(page: Page, *words: str, status: int = 503) -> None:
    """A refusal is a page that says why and what to do, and no accident."""
    text = page.content.text
    assert page.status == status, (page.status, text[:600])
    assert any(word in text for word in words), text[:900]
    assert "운영자" in text
    assert "Traceback" not in text


async def the_house_says_what_is_wrong(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Staff read on every page which disk it is, and whoever asks the machine reads it too; researchers need not."""
    home = house.running.home
    for who in (OPERATOR, COMPLIANCE_OFFICER):
        text = (await house.people[who].open("/")).content.text
        assert BANNER["ko"] in text
        assert f"{home / 'log'} · 0.0 GiB" in text
    operator = house.people[OPERATOR]
    page = await operator.open("/zone")
    assert "공간 없음" in page.content.text
    page = await operator.submit(page, page.form("/language"), {"language": "en"})
    assert BANNER["en"] in page.content.text
    assert BANNER["ko"] not in (await house.people[RESEARCHER].open("/")).content.text
    for language, said, then, unlogged in (
        ("ko_KR.UTF-8", "새 작업을 시작하지 않습니다", "비우거나 늘리십시오", FULL_LOG["ko"]),
        ("C", "nothing new is begun", "Free space on that disk", FULL_LOG["en"]),
    ):
        monkeypatch.setenv("LC_ALL", language)
        found = run_ansim(home, "doctor", check=False)
        assert found.returncode == 3, found.stderr
        row = next(line for line in found.stdout.splitlines() if said in line)
        assert str(home / "log") in row
        assert then in row
        refused = run_ansim(home, "audit", "verify", check=False)
        assert (refused.returncode, refused.stderr) == (3, "")
        assert unlogged in refused.stdout
        assert len(refused.stdout.strip().splitlines()) == 2


async def the_story_goes_on(house: House, workspace: Workspace, ref: str, place: Path) -> None:
    """The kernel kept what it had, everybody goes on where they were, and the release is made."""
    page = await house.people[OPERATOR].open(f"/projects/{SPAWN}")
    unfreeze = page.form(f"/projects/{SPAWN}/unfreeze")
    await house.people[OPERATOR].submit(page, unfreeze, {"why": "it was a mistake"})
    _, socket = await workspace.open_kernel(NOTEBOOK)
    assert (await execute(socket, "print(kept + 1)")).text == "42\n"
    await socket.close()
    for checker in CHECKERS:
        assert await cast(house, checker, ref, "기준을 지켰습니다.")
    await steps.start_workspace(house.people[RESEARCHER], RESEARCHER, SPAWN)
    content = await steps.collect(house.people[RESEARCHER], ref)
    assert verifies(house, content, place)
    again = house.people[DATA_CONTROLLER] = Visitor(house.running.settings)
    await again.sign_in(*house.running.account(DATA_CONTROLLER))
    assert BANNER["en"] not in (await house.people[OPERATOR].open("/")).content.text
    assert run_ansim(house.running.home, "audit", "verify").returncode == 0
    hold_the_invariants(house)


async def test_processes_whose_log_takes_not_a_byte_go_on_and_one_that_filled_it_makes_room(house: House) -> None:
    logs = house.running.home / "logs"
    filler = fill_up(logs)
    sizes = {path.name: path.stat().st_size for path in logs.glob("*.log")}
    for process in ("hub", "portal", "worker", "gate", "audit"):
        house.kill(process)
    await whole_again(house)
    ref = await submit_in(await house.work(), "no-log")
    await steps.wait_for_review(house.people[CHECKERS[0]], ref)
    assert (await house.people[OPERATOR].open("/zone")).status == 200
    assert os.statvfs(logs).f_bavail == 0
    grown = {path.name for path in logs.glob("*.log") if path.stat().st_size - sizes[path.name] > 4096}
    assert grown == set(), "no more than what was left of a page"

    filler.unlink()
    with (logs / "hub.log").open("ab") as log:
        log.write(bytes(11 * MEBIBYTE))
    filler = fill_up(logs)
    await until(lambda: (logs / "hub.log").stat().st_size < MEBIBYTE, PATIENCE, "the log that has grown is emptied")
    house.kill("hub")
    await whole_again(house)
    assert (logs / "hub.log").stat().st_size > 0, "lines come again without anybody's doing"
    filler.unlink()
    hold_the_invariants(house)
