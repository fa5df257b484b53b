"""Workspaces in encrypted homes, started and stopped by the real hub in the real engine."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub_config.home_helper.mounts import mounted
from hub_config.homes import ZoneHomes, shut_all
from tests.integration.hub.conftest import OTHER, PROJECT, RunningHub, World, make_world, running_hub
from tests.patience import PATIENCE
from tests.rights import as_mounter

pytestmark = [pytest.mark.engine, pytest.mark.long, as_mounter]
CANARY = "canary-of-a-workspace-31d0aa"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A zone whose settings ask for encrypted homes of 1 GiB."""
    home = tmp_path_factory.mktemp("encrypted").resolve()
    made = make_world(home, ("homes: plain", "homes: encrypted"), ("home_gib: 20", "home_gib: 1"))
    yield made
    made.zone.db.engine.dispose()


@pytest.fixture(scope="module")
def hub(world: World, small_image: str) -> Iterator[RunningHub]:
    with running_hub(world, small_image, "audit", "homes", "gate", "hub") as running:
        yield running
    shut_all(world.zone.home)


def started(hub: RunningHub, handle: str, project: str = PROJECT) -> int:
    """Start a workspace and return the hub's answer, waiting for one that takes long."""
    answer = hub.api().post(f"/users/{handle}/servers/{project}")
    deadline = time.monotonic() + PATIENCE
    while answer.status_code == 202:
        model = hub.api().get(f"/users/{handle}/servers/{project}").json()
        if model.get("ready") or not model.get("pending"):
            return 201 if model.get("ready") else 503
        assert time.monotonic() < deadline, model
        time.sleep(0.2)
    return int(answer.status_code)


def inside(engine: Any, hub: RunningHub, ref: str, script: str) -> str:
    """Run a script in the container of a workspace, as its user, and return what it said, by way of its outbox."""
    done = engine.containers.get(f"ansim-{ref}").exec_run(["sh", "-c", f"( {script} ) > /outbox/said 2>&1"])
    said = hub.home / "workspaces" / ref / "outbox" / "said"
    assert said.exists(), done
    return said.read_text()


def test_a_workspace_lives_in_its_encrypted_home(
    hub: RunningHub, world: World, engine: Any, relay: Callable[..., None]
) -> None:
    handle = world.person(projects=(PROJECT, OTHER))
    hub.sign_in(hub.browser(), handle)
    for project in (PROJECT, OTHER):
        relay(handle, project)
        assert started(hub, handle, project) == 201
    own, other = (world.workspace(handle, project) for project in (PROJECT, OTHER))
    homes = ZoneHomes(world.zone.settings)
    image = hub.home / "homes" / "images" / f"{own}.img"

    inside(engine, hub, own, f"echo {CANARY} > /home/researcher/{CANARY}.txt; cp /home/researcher/* /outbox/")
    assert CANARY in inside(engine, hub, own, f"cat /outbox/{CANARY}.txt")
    options = inside(engine, hub, own, "grep -E ' (/home/researcher|/outbox) ' /proc/mounts")
    assert options.count("nosuid,nodev") == 2, options
    fill = "why=$(head -c 1100M /dev/zero 2>&1 > /home/researcher/big); rm /home/researcher/big; echo $why"
    assert "No space left" in inside(engine, hub, own, fill)
    assert CANARY not in inside(engine, hub, other, "ls /home/researcher; cat /home/researcher/*")

    for project in (PROJECT, OTHER):
        assert hub.api().delete(f"/users/{handle}/servers/{project}").status_code in (202, 204)
    deadline = time.monotonic() + PATIENCE
    while {homes.client().status(ref).state for ref in (own, other)} != {"closed"}:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert not [point for point in mounted() if own in point]
    assert subprocess.run(["grep", "-q", CANARY, image], check=False).returncode == 1
    made = world.entries(action="workspace.home_made", object=own, newest_first=False)
    assert [entry.body["outcome"] for entry in made] == ["intent", "ok"]

    # The second start finds everything, also with a helper that was killed and came back.
    hub.kill("homes")
    hub.start("homes")
    assert started(hub, handle) == 201
    assert CANARY in inside(engine, hub, own, f"cat /home/researcher/{CANARY}.txt")
    assert len(world.entries(action="workspace.home_made", object=own)) == 2
    hub.api().delete(f"/users/{handle}/servers/{PROJECT}")


def test_a_home_that_does_not_open_starts_nothing_and_says_why(
    hub: RunningHub, world: World, engine: Any, relay: Callable[..., None]
) -> None:
    handle = world.person()
    hub.sign_in(hub.browser(), handle)
    relay(handle)
    assert started(hub, handle) == 201
    ref = world.workspace(handle)
    hub.api().delete(f"/users/{handle}/servers/{PROJECT}")
    key = hub.home / "homes" / "keys" / f"{ref}.key"
    deadline = time.monotonic() + PATIENCE
    while ZoneHomes(world.zone.settings).client().status(ref).state != "closed":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    key.unlink()
    answer = hub.api().post(f"/users/{handle}/servers/{PROJECT}")
    assert answer.status_code == 503, answer.text
    assert "파기한 홈은 다시 열리지 않습니다" in answer.json()["message"]
    failed = world.entries(action="workspace.start", object=ref, outcome="failed")[0]
    assert failed.body["reason"] == "home"
    assert not engine.containers.list(all=True, filters={"label": f"ansim.workspace={ref}"})
    assert list((hub.home / "workspaces" / ref / "home").iterdir()) == []
