"""Two people of a project share a directory, and one of another project never sees it: real hub, engine and images."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub_config import home_endings
from hub_config.home_helper.mounts import mounted
from hub_config.homes import ZoneHomes, shut_all
from hub_config.shared_space import shared_ref
from tests.integration.hub.conftest import OTHER, PROJECT, RunningHub, World, make_world, running_hub
from tests.integration.hub.test_hub_encrypted_homes import inside, started
from tests.patience import PATIENCE
from tests.rights import as_mounter

pytestmark = [pytest.mark.engine, pytest.mark.long, as_mounter]
CANARY = "canary-of-a-project-77c1de"
SPACE = shared_ref(PROJECT)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A zone whose settings ask for encrypted homes of 1 GiB, and as much for each project."""
    home = tmp_path_factory.mktemp("sharing").resolve()
    sizes = (("home_gib: 20", "home_gib: 1"), ("shared_gib: 20", "shared_gib: 1"))
    made = make_world(home, ("homes: plain", "homes: encrypted"), *sizes)
    yield made
    made.zone.db.engine.dispose()


@pytest.fixture(scope="module")
def hub(world: World, small_image: str) -> Iterator[RunningHub]:
    with running_hub(world, small_image, "audit", "homes", "gate", "hub") as running:
        yield running
    shut_all(world.zone.home)


@pytest.fixture
def people(hub: RunningHub, world: World, relay: Callable[..., None]) -> Iterator[dict[str, str]]:
    """Two people of one project and one of another, whose workspaces were started at once; gives the references."""
    handles = {name: world.person(projects=(OTHER if name == "stranger" else PROJECT,)) for name in WHO}
    projects = {name: OTHER if name == "stranger" else PROJECT for name in WHO}
    said: dict[str, int] = {}
    for name, handle in handles.items():
        hub.sign_in(hub.browser(), handle)
        relay(handle, projects[name])
    starts = [
        threading.Thread(target=lambda n=name: said.update({n: started(hub, handles[n], projects[n])})) for name in WHO
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert set(said.values()) == {201}, said
    yield {name: world.workspace(handles[name], projects[name]) for name in WHO}
    for name in WHO:
        hub.api().delete(f"/users/{handles[name]}/servers/{projects[name]}")


WHO = ("first", "second", "stranger")


def test_members_write_one_directory_and_a_stranger_sees_nothing_of_it(
    hub: RunningHub, world: World, engine: Any, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def do(who: str, script: str) -> str:
        return inside(engine, hub, people[who], script)

    # Seen by both at once, also through a file that stays open; changed by both; of nobody's umask.
    do("first", f"umask 077; mkdir /shared/plan; echo {CANARY} > /shared/plan/note.txt")
    assert CANARY in do("second", "cat /shared/plan/note.txt")
    assert do("second", "echo second >> /shared/plan/note.txt; touch /shared/plan/more; rm /shared/plan/more") == ""
    assert do("first", "tail -n 1 /shared/plan/note.txt").strip() == "second"
    assert do("first", "rm /shared/plan/note.txt; echo again > /shared/plan/note.txt") == ""
    assert do("second", "cat /shared/plan/note.txt").strip() == "again"
    do("first", f"echo {CANARY} > /shared/plan/note.txt")

    # The third sees the space of its own project, and nothing there.
    assert do("stranger", "ls -A /shared").strip() == ""
    assert CANARY not in do(
        "stranger",
        "cat /shared/*/* /shared/../shared/plan/*; grep -rs canary-of /data /home /inbox /mnt /outbox /shared /tmp",
    )
    assert SPACE not in do("stranger", "cat /proc/self/mountinfo")
    assert "ermitted" in do("stranger", f"chgrp {_gid(do('first', 'id -G'))} /shared/.. /home/researcher")
    options = do("first", "grep ' /shared ' /proc/mounts")
    assert "nosuid,nodev" in options

    # One mount on the server, and the log names it in each start.
    assert sorted(times for point, times in mounted().items() if SPACE in point) == [1, 1]
    for who in ("first", "second"):
        detail = world.entries(action="workspace.start", object=people[who])[0].body["detail"]
        assert (["/shared", "rw"] in detail["mounts"], detail["shared"]) == (True, SPACE)
    made = world.entries(action="workspace.shared_made", object=PROJECT, newest_first=False)
    assert [entry.body["outcome"] for entry in made] == ["intent", "ok"]

    # Full is an error for whoever writes, of either, and loses nothing that was there.
    full = do("first", "why=$(head -c 1100M /dev/zero 2>&1 > /shared/big); echo $why")
    assert "No space left" in full
    assert "No space left" in do("second", "why=$(head -c 9M /dev/zero 2>&1 > /shared/more); echo $why")
    assert CANARY in do("second", "cat /shared/plan/note.txt; rm /shared/big /shared/more")
    assert CANARY in do("first", "cat /shared/plan/note.txt")


def test_a_killed_helper_and_a_killed_hub_leave_it_right_until_nobody_works_there(
    hub: RunningHub, world: World, engine: Any, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def do(who: str, script: str) -> str:
        return inside(engine, hub, people[who], script)

    client = ZoneHomes(world.zone.settings).client
    hub.kill("homes")
    assert do("first", f"mkdir -p /shared/plan; echo {CANARY} > /shared/plan/kept.txt") == ""
    hub.kill("hub")
    assert CANARY in do("second", "cat /shared/plan/kept.txt")
    hub.start("homes", "hub")
    assert client().status(SPACE).state == "open"

    # One of the two goes: the other works on, whatever the worker finds idle.
    monkeypatch.setattr(home_endings, "IDLE_SECONDS", 0)
    engine.containers.get(f"ansim-{people['first']}").remove(force=True, v=True)
    home_endings.keep(world.zone, lambda: running(engine, world))
    assert client().status(SPACE).state == "open"
    assert CANARY in do("second", "cat /shared/plan/kept.txt; echo more > /shared/plan/more.txt")
    assert sorted(times for point, times in mounted().items() if SPACE in point) == [1, 1]

    # With the last it is shut, and on the disk there is nothing of it to read.
    engine.containers.get(f"ansim-{people['second']}").remove(force=True, v=True)
    deadline = time.monotonic() + PATIENCE
    while client().status(SPACE).state != "closed":
        home_endings.keep(world.zone, lambda: running(engine, world))
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert not [point for point in mounted() if SPACE in point]
    image = (hub.home / "homes" / "images" / f"{SPACE}.img").open("rb")
    with image:
        while chunk := image.read(1 << 24):
            assert CANARY.encode() not in chunk


def running(engine: Any, world: World) -> list[str]:
    """Return the workspaces of the zone that have a container, as the worker finds them."""
    wanted = {"label": [f"ansim.zone={world.zone.zone_id}", "ansim.workspace"]}
    return [one.labels["ansim.workspace"] for one in engine.containers.list(all=True, filters=wanted)]


def _gid(groups: str) -> str:
    """Return the group that a workspace shares with others, of the two that it is in, or the one."""
    return groups.split()[-1]
