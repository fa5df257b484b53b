"""A tree is copied with everything that belongs to it, and no link in it is followed."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from hub_config.home_tree import DIRECTORY, Copy, Survey, empty, opened
from tests.rights import as_root

LONG_AGO = 1_600_000_000_123_456_789


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A home of somebody who tried many things."""
    home = tmp_path / "old"
    (home / "deep" / "folder").mkdir(parents=True)
    (home / "deep" / "run.sh").write_text("#!/bin/sh\n")
    (home / "deep" / "run.sh").chmod(0o4751)
    (home / "note").write_bytes(b"a note" * 300_000)
    (home / "deep" / "same note").hardlink_to(home / "note")
    (home / "link").symlink_to("/etc/passwd")
    os.mkfifo(home / "pipe")
    with (home / "holes").open("wb") as file:
        file.truncate(8 << 20)
    for path in (*home.rglob("*"), home):
        os.utime(path, ns=(LONG_AGO, LONG_AGO), follow_symlinks=False)
    return home


def survey(place: Path) -> str:
    with opened(str(place), DIRECTORY) as tree:
        return Survey().add(tree).digest


def copy(source: Path) -> Path:
    target = source.parent / "new"
    target.mkdir()
    with opened(str(source), DIRECTORY) as old, opened(str(target), DIRECTORY) as new:
        Copy(new).run(old, new)
    return target


def test_a_copy_is_like_what_was_copied(source: Path) -> None:
    made = copy(source)
    assert survey(made) == survey(source)
    assert (made / "link").readlink() == Path("/etc/passwd")
    assert (made / "note").stat().st_ino == (made / "deep" / "same note").stat().st_ino
    assert stat.S_IMODE((made / "deep" / "run.sh").stat().st_mode) == 0o4751
    assert (made / "deep").stat().st_mtime_ns == LONG_AGO
    assert (made / "holes").stat().st_blocks == 0


@as_root
def test_owners_are_kept(source: Path) -> None:
    os.chown(source / "link", 200_001, 200_002, follow_symlinks=False)
    os.chown(source / "note", 200_003, 200_004)
    made = copy(source)
    assert ((made / "link").lstat().st_uid, (made / "link").lstat().st_gid) == (200_001, 200_002)
    assert ((made / "note").stat().st_uid, (made / "note").stat().st_gid) == (200_003, 200_004)
    assert survey(made) == survey(source)


@pytest.mark.parametrize(
    "change",
    [
        lambda home: (home / "note").write_bytes(b"b note" * 300_000),
        lambda home: (home / "deep" / "run.sh").chmod(0o755),
        lambda home: os.utime(home / "deep" / "folder", ns=(1, 1)),
        lambda home: (home / "pipe").unlink(),
        lambda home: ((home / "link").unlink(), (home / "link").symlink_to("/etc/group")),
        lambda home: (home / "deep" / "folder").rename(home / "deep" / "foldes"),
    ],
)
def test_whatever_differs_is_seen(source: Path, change: object) -> None:
    made = copy(source)
    was = (made / "note").stat()
    change(made)  # type: ignore[operator]
    os.utime(made / "note", ns=(was.st_atime_ns, was.st_mtime_ns))
    assert survey(made) != survey(source)


def test_a_socket_is_left_out(source: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(source / "s"))
        assert not (copy(source) / "s").exists()


def test_emptying_writes_over_what_it_removes_and_touches_nothing_behind_a_link(source: Path) -> None:
    kept = source.parent / "kept"
    kept.write_text("not of this home")
    (source / "away").symlink_to(kept)
    (source / "folder away").symlink_to(source.parent)
    with (source / "deep" / "run.sh").open("rb") as still_open, opened(str(source), DIRECTORY) as tree:
        empty(tree, overwrite=True)
        assert still_open.read() == bytes(10)
    assert list(source.iterdir()) == []
    assert kept.read_text() == "not of this home"
