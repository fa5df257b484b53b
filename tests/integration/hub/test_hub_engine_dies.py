"""kill -9 of the container engine in the middle of a scan, a vote and a release: requests go on where they were."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import docker
import pytest

from audit.event import Source
from egress_review import store
from egress_review.container import LABEL
from egress_review.model import Choice, Draft
from egress_review.verify_package import verify_package
from egress_review.workflow import State
from hub_config.scan_leftovers import remove_scans
from hub_config.story.play import trusted_key
from hub_config.troubles import Troubles
from hub_config.worker import Worker, known_to
from hub_config.workspace_files import make_workspace
from registry.model import Role
from tests.functional.own_engine import OwnEngine, own_engine
from tests.integration.egress_review.scanner_image import scanner_image
from tests.patience import PATIENCE

pytestmark = pytest.mark.engine
PROJECT = "gibleed-study"
HERE = Source(ip=None)


@pytest.fixture
def engine_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnEngine]:
    """An engine that may be killed, with the scanner in it, for everything this test does."""
    with own_engine() as engine:
        built = scanner_image()
        engine.take(built)
        with contextlib.closing(docker.DockerClient(engine.host)) as client:
            client.images.get(built).tag("ansim/scanner", "latest")
        monkeypatch.setenv("DOCKER_HOST", engine.host)
        yield engine


def scans(engine: OwnEngine) -> list[Any]:
    with contextlib.closing(docker.DockerClient(engine.host, timeout=60)) as client:
        return list(client.api.containers(all=True, filters={"label": LABEL}))


def submitted(world: Any) -> str:
    """Return a fresh request of somebody in the project."""
    registry, handle = world.zone.registry, world.person(projects=(PROJECT,))
    author = registry.person(handle)
    workspace = registry.may_work(handle, PROJECT).workspace
    make_workspace(
        world.zone.home, workspace.ref, uid=workspace.uid, gate_uid=os.getuid(), gate_gid=os.getgid(), seed=None
    )
    table = world.zone.desk.outbox_of(workspace) / "table.csv"
    table.write_text("sex,n\nF,130\nM,150\n")
    os.chown(table, workspace.uid, workspace.uid)
    draft = Draft(
        title="engine",
        purpose="표 1",
        context="이 과제의 대상자를 성별로 센 인원. The people of this study, counted by sex.",
        controls=json.dumps({"counts": ["n"], "rounded_to": 5}),
        files=("table.csv",),
    )
    return str(world.zone.desk.submit(author, workspace, draft, source=HERE).ref)


def request(world: Any, ref: str) -> Any:
    with world.zone.db.read() as tx:
        return store.load(tx, ref)


def until(condition: Any, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def test_a_request_goes_on_where_it_was_when_the_engine_died(world: Any, engine_of_its_own: OwnEngine) -> None:
    desk, ref = world.zone.desk, submitted(world)
    scanning = threading.Thread(target=Worker(world.zone).act_on_requests)
    scanning.start()
    until(lambda: scans(engine_of_its_own) or not scanning.is_alive())
    engine_of_its_own.kill()
    scanning.join(PATIENCE)
    assert request(world, ref).state in (State.SCANNING, State.SCAN_FAILED)  # not "passed", whatever was read by then
    desk.act(ref)  # with no engine at all, another attempt changes nothing but the time of the next one
    assert request(world, ref).state is State.SCAN_FAILED
    engine_of_its_own.start()
    remove_scans(world.zone.home / "vault", datetime.now(UTC) + timedelta(minutes=1))
    assert scans(engine_of_its_own) == []
    desk.act(ref)
    assert request(world, ref).state is State.IN_REVIEW, world.entries(object=ref)[0].body["reason"]
    engine_of_its_own.kill()  # people vote and the machine releases without it
    before = request(world, ref)
    for _ in range(2):
        checker = world.zone.registry.person(world.person(Role.CHECKER, projects=()))
        choices = {file.sha256: Choice.APPROVE for file in before.files}
        desk.vote(checker, ref, choices, "기준을 지켰습니다.", before.round, before.confirm_code, source=HERE)
    assert request(world, ref).state is State.APPROVED
    for _ in range(3):  # approved, being released, released and packaged
        desk.act(ref)
    assert request(world, ref).packaged
    assert request(world, ref).state is State.RELEASED
    with world.zone.db.read() as tx:
        assert len(store.votes_of(tx, ref)) == 2
    assert [e.body["outcome"] for e in world.entries(object=ref, action="egress.released")].count("ok") == 1
    assert verify_package(desk.package_of(ref), trusted_key(world.zone)).ok


def test_an_ended_permit_is_acted_on_at_the_gate_while_the_engine_is_away(
    monkeypatch: pytest.MonkeyPatch, world: Any
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    caretaker = Worker(world.zone)
    troubles = Troubles(logging.getLogger("ansim.worker"))
    assert known_to("the engine", caretaker._containers, troubles) == set()
    assert known_to("the gate", lambda: ["ws_1"], troubles) == {"ws_1"}
