"""Directories of a workspace, made on a disk that a container may have prepared against us."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hub_config.workspace_files import WorkspaceFilesError, make_workspace
from tests.rights import as_root

REF = "ws_aaaaaaaaaaaaaaaa"
UID, GATE = 200_001, 64_000
pytestmark = as_root


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "workspaces").mkdir()
    return tmp_path


def make(home: Path, seed: Path | None = None) -> Path:
    return make_workspace(home, REF, uid=UID, gate_uid=GATE, gate_gid=GATE, seed=seed)


def owner(path: Path) -> tuple[int, int, int]:
    status = path.lstat()
    return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)


def test_each_directory_belongs_to_who_uses_it(home: Path) -> None:
    made = make(home)
    assert owner(made) == (0, GATE, 0o710)
    assert owner(made / "home") == owner(made / "outbox") == (UID, UID, 0o700)
    assert owner(made / "run") == (GATE, GATE, 0o755)


def test_making_it_again_keeps_what_people_wrote(home: Path) -> None:
    made = make(home)
    (made / "home" / "notes.txt").write_text("mine")
    make(home)
    assert (made / "home" / "notes.txt").read_text() == "mine"


def test_a_new_home_starts_with_the_tutorial(home: Path, tmp_path: Path) -> None:
    seed = tmp_path / "seed"
    (seed / "figures").mkdir(parents=True)
    (seed / "시작.ipynb").write_text("{}")
    (seed / "figures" / "a.png").write_bytes(b"x" * 3_000_000)
    made = make(home, seed)
    assert (made / "home" / "시작.ipynb").read_text() == "{}"
    assert (made / "home" / "figures" / "a.png").stat().st_size == 3_000_000
    assert owner(made / "home" / "시작.ipynb") == (UID, UID, 0o644)
    assert owner(made / "home" / "figures") == (UID, UID, 0o700)


def test_the_tutorial_never_overwrites_an_existing_home(home: Path, tmp_path: Path) -> None:
    made = make(home)
    seed = tmp_path / "seed"
    seed.mkdir()
    (seed / "new.txt").write_text("new")
    make(home, seed)
    assert not (made / "home" / "new.txt").exists()


def test_links_and_pipes_in_the_tutorial_are_passed_over(home: Path, tmp_path: Path) -> None:
    seed = tmp_path / "seed"
    seed.mkdir()
    (seed / "link").symlink_to("/etc/shadow")
    os.mkfifo(seed / "pipe")
    (seed / "plain.txt").write_text("plain")
    made = make(home, seed)
    assert sorted(p.name for p in (made / "home").iterdir()) == ["plain.txt"]


def test_a_copy_that_a_crash_interrupted_is_begun_anew(home: Path, tmp_path: Path) -> None:
    half = home / "workspaces" / REF / "home.new"
    half.mkdir(parents=True)
    (half / "half.txt").write_text("ha")
    seed = tmp_path / "seed"
    seed.mkdir()
    (seed / "whole.txt").write_text("whole")
    made = make(home, seed)
    assert sorted(p.name for p in (made / "home").iterdir()) == ["whole.txt"]
    assert not half.exists()


@pytest.mark.parametrize("name", ["home", "outbox", "run", ""])
def test_a_link_in_place_of_a_directory_is_refused_and_its_target_untouched(
    home: Path, tmp_path: Path, name: str
) -> None:
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o750)
    before = owner(victim)
    place = home / "workspaces" / REF / name if name else home / "workspaces" / REF
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(victim)
    with pytest.raises(WorkspaceFilesError):
        make(home)
    assert owner(victim) == before
    assert list(victim.iterdir()) == []


def test_what_a_container_put_into_its_home_is_not_followed(home: Path, tmp_path: Path) -> None:
    victim = tmp_path / "secret"
    victim.write_text("secret")
    before = owner(victim)
    made = make(home)
    (made / "home" / "link").symlink_to(victim)
    (made / "outbox" / "link").symlink_to(victim)
    make(home)
    assert owner(victim) == before
