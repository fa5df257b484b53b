"""A plain home is moved into an encrypted one: whole, or not at all, wherever the move dies."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from egress_review.errors import OutboxRefused
from hub_config.home_helper.errors import HomeRefused
from hub_config.home_moving import Move, Moved
from hub_config.home_tree import DIRECTORY, Survey, opened
from hub_config.homes import ZoneHomes, is_plain
from hub_config.settings import Settings
from hub_config.shared_homes import ZoneSpaces
from hub_config.shared_space import space_of
from hub_config.workspace_files import make_shared
from hub_config.zone import open_zone
from tests.integration.home_helper.test_zone_homes import GATE, House, module_house
from tests.rights import as_mounter

__all__ = ["module_house"]
pytestmark = [as_mounter, pytest.mark.long]
IN_HOME, IN_ALL = 9, 10
STEPS = frozenset({"os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chown", "os.link", "socket.connect"})
LONG_AGO = 1_600_000_000_123_456_789


@pytest.fixture
def house(module_house: House) -> House:
    """A house whose one workspace has a plain home with work of every kind in it."""
    fill(module_house)
    return module_house


def fill(house: House) -> None:
    """Begin again with a plain home."""
    place, uid, home = house.place, house.workspace.uid, house.place / "home"
    house.homes.client().destroy(house.workspace.ref)
    shutil.rmtree(place, ignore_errors=True)
    (home / "한글 폴더" / "deep").mkdir(parents=True)
    (place / "outbox").mkdir()
    (home / "note.txt").write_text("notes of a researcher")
    (home / "note.txt").chmod(0o640)
    (home / "한글 폴더" / "deep" / "run.sh").write_text("#!/bin/sh\n")
    (home / "한글 폴더" / "deep" / "run.sh").chmod(0o755)
    (home / "empty").touch()
    with (home / "holes").open("wb") as file:
        file.truncate(3 << 20)
        file.seek(1 << 20)
        file.write(b"one megabyte in")
    (home / "away").symlink_to("/etc/shadow")
    (home / "again.txt").hardlink_to(home / "note.txt")
    os.mkfifo(home / "pipe")
    os.setxattr(home / "note.txt", "user.origin", b"seed")
    (place / "outbox" / "table.csv").write_text("a,b\n1,2\n")
    for path in (home, *home.rglob("*"), place / "outbox", place / "outbox" / "table.csv"):
        os.chown(path, uid, uid, follow_symlinks=False)
        os.utime(path, ns=(LONG_AGO, LONG_AGO), follow_symlinks=False)


def move(house: House, at_work: Collection[str] = ()) -> Moved | None:
    return Move(house.homes, house.zone.log, house.workspace, GATE, lambda: at_work).run()


def survey(place: Path) -> str:
    found = Survey()
    for name in ("home", "outbox"):
        with opened(str(place / name), DIRECTORY) as tree:
            found.add(tree, name)
    return found.digest


def names(house: House) -> set[str]:
    return {path.name for path in house.place.iterdir()} & {
        *("home", "outbox", "home.plain", "outbox.plain", "home.old")
    }


def test_a_moved_home_has_everything_that_the_plain_one_had(house: House) -> None:
    before = survey(house.place)
    moved = move(house)
    assert moved is not None
    assert moved.files == IN_ALL
    assert list((house.place / "home").iterdir()) == []
    house.started()
    home = house.place / "home"
    assert survey(house.place) == before
    assert home.stat().st_dev != house.place.stat().st_dev
    assert home.stat().st_uid == house.workspace.uid
    assert (home / "away").readlink() == Path("/etc/shadow")
    assert (home / "note.txt").stat().st_ino == (home / "again.txt").stat().st_ino
    assert (home / "note.txt").stat().st_mtime_ns == LONG_AGO
    assert stat.S_IMODE((home / "한글 폴더" / "deep" / "run.sh").stat().st_mode) == 0o755
    assert os.getxattr(home / "note.txt", "user.origin") == b"seed"
    assert (home / "holes").stat().st_blocks * 512 < 2 << 20
    assert names(house) == {"home", "outbox"}


def test_each_step_is_announced_and_its_end_recorded(house: House) -> None:
    actions = ("workspace.home_made", "workspace.home_encrypted", "workspace.plain_home_destroyed")
    before = {action: len(house.said(action)) for action in actions}
    move(house)
    for action in actions:
        said = house.said(action)[before[action] :]
        assert [one["outcome"] for one in said] == ["intent", "ok"], action
    detail = house.said("workspace.home_encrypted")[-1]["detail"]
    assert detail["files"] == IN_ALL
    assert len(detail["sha256"]) == 64
    assert detail["key"] == house.homes.client().status(house.workspace.ref).key


def test_a_home_that_is_encrypted_already_is_left_alone(house: House) -> None:
    move(house)
    assert move(house) is None


def test_a_workspace_that_never_started_has_nothing_to_move(house: House) -> None:
    shutil.rmtree(house.place)
    assert move(house) is None
    assert not house.place.exists()


def test_the_home_of_a_workspace_that_runs_stays_where_it_is(house: House) -> None:
    before = survey(house.place)
    with pytest.raises(HomeRefused) as refused:
        move(house, at_work={house.workspace.ref})
    assert refused.value.code == "running"
    assert survey(house.place) == before
    assert is_plain(house.zone.home, house.workspace.ref, house.workspace.uid)
    assert not house.homes.client().status(house.workspace.ref).exists


def test_a_home_that_cannot_be_copied_comes_back_and_the_log_says_so(house: House) -> None:
    deep = 1200  # more than a process opens, and deeper than one calls

    def dig() -> Collection[str]:
        at = os.open(house.place / "home.plain", DIRECTORY)
        for _ in range(deep):
            os.mkdir("d", dir_fd=at)
            below = os.open("d", DIRECTORY, dir_fd=at)
            os.close(at)
            at = below
        os.close(at)
        return ()

    with pytest.raises(HomeRefused) as refused:
        Move(house.homes, house.zone.log, house.workspace, GATE, dig).run()
    subprocess.run(["rm", "-r", str(house.place / "home" / "d")], check=True)
    assert refused.value.code == "copy"
    assert (house.place / "home" / "note.txt").read_text() == "notes of a researcher"
    assert names(house) == {"home", "outbox"}
    assert house.said("workspace.home_encrypted")[-1]["outcome"] == "failed"
    assert house.said("workspace.home_destroyed")[-1]["outcome"] == "ok"
    assert not house.homes.client().status(house.workspace.ref).exists


def test_a_copy_that_does_not_fit_puts_the_plain_home_back(house: House) -> None:
    big = house.place / "home" / "big"
    with big.open("wb") as file:
        file.truncate(3 << 30)
        for at in range(0, 3 << 30, 1 << 20):  # few blocks here, but no mebibyte of it is empty
            os.pwrite(file.fileno(), b"x", at)
    before = [path.name for path in (house.place / "home").iterdir()]
    with pytest.raises(HomeRefused) as refused:
        move(house)
    assert refused.value.code == "too_large"
    assert [path.name for path in (house.place / "home").iterdir()] == before
    assert names(house) == {"home", "outbox"}
    assert house.said("workspace.home_encrypted")[-1]["outcome"] == "failed"
    assert not house.homes.client().status(house.workspace.ref).exists


def test_nobody_uses_a_home_that_is_being_moved(house: House) -> None:
    def starts() -> Collection[str]:
        for act in (house.started, lambda: house.homes.open(house.workspace.ref, house.workspace.uid, gate_gid=GATE)):
            with pytest.raises(HomeRefused):
                act()
        (house.place / "outbox").mkdir(mode=0o000)
        with pytest.raises(OutboxRefused):
            house.homes.wake(house.workspace.ref)
        assert house.homes.plain_left() == [house.workspace.ref]
        return ()

    Move(house.homes, house.zone.log, house.workspace, GATE, starts).run()
    assert house.homes.plain_left() == []


def killed_at(house: House, step: int) -> bool:
    """Move in a process of its own that dies at a step; return whether it came to its end before."""
    child = os.fork()
    if child == 0:
        zone, taken = open_zone(house.zone.home, "cli"), 0

        def count(event: str, _: tuple[object, ...]) -> None:
            nonlocal taken
            if event in STEPS:
                taken += 1
                if taken == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        Move(house.homes, zone.log, house.workspace, GATE, lambda: ()).run()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_move_that_dies_anywhere_leaves_one_whole_home_and_the_next_one_ends_it(house: House) -> None:
    before, step, ended = survey(house.place), 0, False
    while not ended:
        step += 1
        fill(house)
        ended = killed_at(house, step)
        if names(house) >= {"home.plain"}:
            with opened(str(house.place / "home.plain"), DIRECTORY) as old:
                assert Survey().add(old).files == IN_HOME, step
        elif not is_plain(house.zone.home, house.workspace.ref, house.workspace.uid):
            house.started()  # it is the encrypted one already
            assert survey(house.place) == before, step
            house.homes.close(house.workspace.ref)
        move(house)
        house.started()
        assert survey(house.place) == before, step
        assert names(house) == {"home", "outbox"}, step
    assert step > 20


def test_the_space_of_a_project_is_moved_with_what_makes_it_everybodys(house: House) -> None:
    zone = replace(house.zone, settings=smaller_space(house))
    homes, space = ZoneHomes(zone.settings), space_of("study", zone.registry.workspaces())
    homes.client().destroy(space.ref)
    place = zone.home / "workspaces" / space.ref
    shutil.rmtree(place, ignore_errors=True)
    make_shared(zone.home, space.ref, gid=space.gid, gate_gid=GATE, encrypted=False)
    (place / "shared" / "plan").mkdir()
    (place / "shared" / "plan" / "table.csv").write_text("a,b\n")
    os.chown(place / "shared" / "plan" / "table.csv", house.workspace.uid, -1)
    assert space.ref in homes.plain_left()
    with pytest.raises(HomeRefused, match="run"):
        Move(homes, zone.log, space, GATE, lambda: {space.ref}).run()
    moved = Move(homes, zone.log, space, GATE, lambda: ()).run()
    assert (moved and moved.files) == 2
    assert space.ref not in homes.plain_left()
    ZoneSpaces(zone.settings).open(space, gate_gid=GATE)
    shared = place / "shared"
    assert shared.stat().st_dev != place.stat().st_dev
    assert (shared / "plan" / "table.csv").stat().st_uid == house.workspace.uid
    for directory in (shared, shared / "plan"):
        assert (stat.S_IMODE(directory.stat().st_mode), directory.stat().st_gid) == (0o2770, space.gid)
        (directory / "more.csv").write_text("a\n")
        assert stat.S_IMODE((directory / "more.csv").stat().st_mode) == 0o660
    assert {path.name for path in place.iterdir()} == {"shared"}
    for action in ("workspace.shared_made", "workspace.shared_encrypted", "workspace.plain_shared_destroyed"):
        assert [one["outcome"] for one in house.said(action)[-2:]] == ["intent", "ok"], action
    homes.close(space.ref)
    homes.client().destroy(space.ref)


def smaller_space(house: House) -> Settings:
    settings = house.zone.settings
    return replace(settings, workspace=replace(settings.workspace, shared_gib=1))
