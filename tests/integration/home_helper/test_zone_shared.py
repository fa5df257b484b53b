"""The space that a project shares: one image, mounted once however many workspaces open it, ended with the project."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audit.event import Actor, Subjects
from hub_config import home_endings
from hub_config.backup.contents import left_out
from hub_config.home_endings import keep
from hub_config.home_events import Life
from hub_config.home_helper.errors import HomeRefused
from hub_config.home_helper.mounts import mounted
from hub_config.homes import ASIDE
from hub_config.settings import BackupSettings
from hub_config.shared_homes import ZoneSpaces
from hub_config.shared_space import SharedSpace, space_of
from hub_config.zone import Zone
from registry.desk import CLI
from registry.model import Workspace
from tests.integration.home_helper.test_zone_homes import GATE, House, module_house
from tests.integration.house.house_people import HERE
from tests.rights import as_mounter

__all__ = ["module_house"]
pytestmark = [as_mounter, pytest.mark.long]
NOTE = "what all of us know"
MADE = Life(
    action="workspace.shared_made",
    workspace=None,
    project="study",
    actor=Actor.service("hub"),
    subjects=Subjects.none(),
    source=HERE,
)


@pytest.fixture
def house(module_house: House) -> House:
    """A house whose project shares 1 GiB."""
    workspace = replace(module_house.zone.settings.workspace, shared_gib=1)
    return replace(module_house, zone=settled(module_house.zone, workspace=workspace))


def settled(zone: Zone, **changed: object) -> Zone:
    return replace(zone, settings=replace(zone.settings, **changed))  # type: ignore[arg-type]


def of(house: House) -> SharedSpace:
    return space_of("study", house.zone.registry.workspaces())


def started(house: House) -> Path:
    """Do what a start does before there is a container, and return the directory."""
    spaces, space = ZoneSpaces(house.zone.settings), of(house)
    spaces.ensure(space, house.zone.log, MADE, gate_gid=GATE)
    spaces.open(space, gate_gid=GATE)
    return house.zone.home / "workspaces" / space.ref / "shared"


@pytest.fixture(autouse=True)
def _destroyed(module_house: House) -> Iterator[None]:
    yield
    module_house.keeper.client.destroy(of(module_house).ref)


def test_workspaces_that_start_at_once_make_one_space_and_mount_it_once(house: House) -> None:
    before, failed = len(house.said("workspace.shared_made")), list[BaseException]()

    def start() -> None:
        try:
            started(house)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    ref, place = of(house).ref, started(house)
    found = {point: times for point, times in mounted().items() if ref in point}
    assert found == {str(place): 1, str(house.zone.home / "homes" / "mnt" / ref): 1}
    assert (stat.S_IMODE(place.stat().st_mode), place.stat().st_gid) == (0o2770, of(house).gid)
    intent, done = house.said("workspace.shared_made")[before:]
    assert (intent["outcome"], done["outcome"], done["detail"]) == (
        "intent",
        "ok",
        {"key": house.keeper.client.status(ref).key},
    )
    assert done["object"] == {"kind": "project", "ref": "study", "project": "study"}


def test_it_stays_open_while_any_of_its_workspaces_runs_and_is_shut_after_the_last(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, ref, client = started(house), of(house).ref, house.keeper.client
    (place / "note.txt").write_text(NOTE)
    keep(house.zone, list)
    assert client.status(ref).state == "open", "opened a moment ago, and its container is not there yet"
    monkeypatch.setattr(home_endings, "IDLE_SECONDS", 0)
    keep(house.zone, lambda: [house.workspace.ref])
    assert client.status(ref).state == "open"
    house.keeper.kill()
    house.keeper.start()
    started(house)
    assert (place / "note.txt").read_text() == NOTE
    assert sum(times for point, times in mounted().items() if ref in point) == 2, "nothing is mounted twice"
    keep(house.zone, list)
    assert client.status(ref).state == "closed"
    assert stat.S_IMODE(place.stat().st_mode) == 0
    assert (started(house) / "note.txt").read_text() == NOTE


def test_a_backup_takes_the_ciphertext_of_a_space_that_nobody_writes(house: House) -> None:
    started(house)
    ref, taking = of(house).ref, replace(house.zone.settings, backup=BackupSettings(homes=True))
    image = house.zone.home / "homes" / "images" / f"{ref}.img"
    assert image in left_out(taking)
    house.keeper.client.close(ref)
    assert image not in left_out(taking)


def test_a_space_is_refused_while_it_is_moved_and_where_it_was_destroyed(house: House) -> None:
    place, spaces, space = started(house), ZoneSpaces(house.zone.settings), of(house)
    house.keeper.client.close(space.ref)
    aside = place.with_name(ASIDE["shared"])
    aside.mkdir()
    with pytest.raises(HomeRefused, match="moving") as refused:
        spaces.open(space, gate_gid=GATE)
    assert refused.value.code == "moving"
    aside.rmdir()
    (house.zone.home / "homes" / "keys" / f"{space.ref}.key").unlink()
    with pytest.raises(HomeRefused) as destroyed:
        spaces.open(space, gate_gid=GATE)
    assert destroyed.value.code == "no_key"


def test_a_space_grows_to_the_size_that_the_settings_say_once_nobody_works_in_it(house: House) -> None:
    started(house)
    larger = replace(house, zone=settled(house.zone, workspace=replace(house.zone.settings.workspace, shared_gib=2)))
    ref, client = of(house).ref, house.keeper.client
    started(larger)
    assert client.status(ref).size == 1 << 30, "somebody works in it"
    client.close(ref)
    started(larger)
    assert client.status(ref).size == 2 << 30


def test_the_space_of_another_project_has_another_reference_and_group(house: House) -> None:
    other = Workspace("ws_" + "z" * 16, "p_" + "z" * 16, "other", 200_777)
    strange, own = space_of("other", [*house.zone.registry.workspaces(), other]), of(house)
    assert strange.ref != own.ref
    assert strange.gid != own.gid


def test_a_space_ends_with_its_project(house: House) -> None:
    place, ref, client = started(house), of(house).ref, house.keeper.client
    (place / "note.txt").write_text(NOTE)
    key = client.status(ref).key
    house.zone.registry.close_project("study", by=CLI, source=HERE)
    keep(house.zone, lambda: [house.workspace.ref])
    assert client.status(ref).state == "open", "its containers are removed first"
    keep(house.zone, list)
    assert not client.status(ref).exists
    assert not [point for point in mounted() if ref in point]
    announced, done = house.said("workspace.shared_destroyed")[-2:]
    assert (announced["outcome"], done["outcome"], done["reason"]) == ("intent", "ok", "project_closed")
    assert (done["detail"], done["object"]["ref"]) == ({"key": key}, "study")
