"""A freeze ends the containers of the project, all of them and no others, within the time that is promised."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.refs import new_ref
from hub_config.engine_helper.engine import BINDS_LABEL
from hub_config.engine_helper.helper_settings import HelperSettings
from hub_config.engine_helper.server import Server
from hub_config.freezing import kill_containers

pytestmark = pytest.mark.engine
CROWD = 20
PROMISED_SECONDS = 15.0


@pytest.fixture
def zone_id(engine: Any) -> Iterator[str]:
    """A zone of its own; whatever is left of it is removed."""
    name = uuid.uuid4().hex[:12]
    yield name
    for container in engine.containers.list(all=True, filters={"label": f"ansim.zone={name}"}):
        container.remove(force=True, v=True)


def start(engine: Any, image: str, zone_id: str, project: str, **more: Any) -> str:
    ref = new_ref("ws")
    labels = {"ansim.zone": zone_id, "ansim.project": project, "ansim.workspace": ref, BINDS_LABEL: "{}"}
    engine.containers.run(image, detach=True, network_mode="none", labels=labels, **more)
    return ref


def left(engine: Any, zone_id: str) -> set[str]:
    found = engine.containers.list(all=True, filters={"label": f"ansim.zone={zone_id}"})
    return {one.labels["ansim.workspace"] for one in found}


def test_only_the_containers_of_the_frozen_project_end(engine: Any, small_image: str, zone_id: str) -> None:
    frozen = {start(engine, small_image, zone_id, "frozen") for _ in range(2)}
    # A kernel that takes no notice of a polite end is killed all the same.
    stubborn = start(engine, small_image, zone_id, "frozen", command=["sh", "-c", "trap '' TERM; sleep 600"])
    other = start(engine, small_image, zone_id, "frozen-too")
    killed = kill_containers(zone_id, ["frozen", "nothing-here"])
    assert {project: set(refs) for project, refs in killed.items()} == {"frozen": frozen | {stubborn}}
    assert left(engine, zone_id) == {other}
    assert kill_containers(zone_id, ["frozen"]) == {}


@pytest.fixture(params=["the engine", "the helper before it"])
def way(
    request: pytest.FixtureRequest, zone_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The ways on which a zone reaches its engine: straight, and on a server through the helper."""
    if request.param == "the engine":
        yield
        return
    engine = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    told = HelperSettings(
        zone=zone_id,
        home=str(tmp_path),
        notebook="",
        scanner="",
        callers=(os.getuid(),),
        dataset_roots=(),
        socket=str(tmp_path / "engine.sock"),
        engine=engine,
    )
    helper = Server(told)
    threading.Thread(target=helper.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{told.socket}")
    yield
    helper.shutdown()
    helper.server_close()


@pytest.mark.long
@pytest.mark.timed
@pytest.mark.usefixtures("way")
def test_twenty_workspaces_are_gone_in_time(engine: Any, small_image: str, zone_id: str) -> None:
    started = {start(engine, small_image, zone_id, "crowd") for _ in range(CROWD)}
    begun = time.monotonic()
    killed = kill_containers(zone_id, ["crowd"])
    seconds = time.monotonic() - begun
    assert set(killed["crowd"]) == started
    assert left(engine, zone_id) == set()
    assert seconds < PROMISED_SECONDS
