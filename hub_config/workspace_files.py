"""The directories of a workspace on the host, made so that no name from inside a container is ever followed.

`workspaces/<ref>/` belongs to the zone: to root, or to its own user under systemd. Only `home` and `outbox` in it, and
`shared` in that of the project, are writable from the container, which cannot rename them, for they are mount points
there. Everything is reached
through directory descriptors and O_NOFOLLOW, so a link put where a directory should be is an error and never a way out.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import struct
from collections.abc import Iterator
from pathlib import Path

from audit.text import Text
from hub_config.errors import ZoneError
from hub_config.home_helper.kinds import shown_of
from hub_config.workspace_container import LAYER
from registry.access import FIRST_UID

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FRESH_HOME = "home.new"
MOUNTED = shown_of("ws_")
SHARED_MODE = 0o770
NOT_MOUNTED = Text(
    "암호화된 파일 시스템이 연결되지 않은 폴더입니다: {name}.", "No encrypted file system is mounted at {name}."
)
FOREIGN = Text(
    "다른 분석환경 이용자의 홈입니다: 사용자 번호 {owner}.",
    "The home belongs to the user of another workspace: {owner}.",
)
FOREIGN_SPACE = Text(
    "다른 과제의 공유 폴더입니다: 그룹 번호 {owner}.",
    "The shared directory belongs to the group of another project: {owner}.",
)
COPY_BYTES = 1024 * 1024


class WorkspaceFilesError(ZoneError):
    """A directory of a workspace is not what the zone made."""

    hint = Text(
        "ANSIM_HOME/workspaces 아래 그 분석환경의 폴더를 살피십시오. 구역이 아닌 무엇인가가 바꾸었습니다.",
        "Look at the workspace's directory below ANSIM_HOME/workspaces; something else changed it.",
    )


def make_workspace(
    home: Path, ref: str, *, uid: int, gate_uid: int, gate_gid: int, seed: Path | None, encrypted: bool = False
) -> Path:
    """Make `workspaces/<ref>` and its directories, and return it; what exists keeps its content.

    A home that did not exist yet starts with the files of `seed`, and appears only when they are all there. With
    `encrypted` home and outbox must be mounted: nothing is ever written into the places below.

    Raises: WorkspaceFilesError — if a name is taken by anything but a directory, or is not mounted.
    """
    with _opened(None, str(home / "workspaces")) as parent, _made(parent, ref) as workspace:
        _let_through(workspace, gate_gid)
        if encrypted:
            _fill_mounted_home(workspace, uid, seed)
        else:
            _make_home(workspace, uid, seed)
        for name, owner, group, mode in (
            ("home", uid, uid, 0o700),
            ("outbox", uid, uid, 0o700),
            ("inbox", os.geteuid(), os.getegid(), 0o755),  # read by the workspace, written by the worker alone
            ("run", gate_uid, gate_gid, 0o755),
            (LAYER, os.geteuid(), os.getegid(), 0o755),
        ):
            with _made(workspace, name) as child:
                os.fchown(child, owner, group)
                os.fchmod(child, mode)
    return home / "workspaces" / ref


def make_places(home: Path, ref: str, *, gate_gid: int) -> None:
    """Make the directories that an encrypted home or space is mounted on, which nobody else may enter or write.

    The helper that mounts gets to them as the gate does to its sockets: by the group.

    Raises: WorkspaceFilesError — if a name is taken by anything but a directory.
    """
    with _opened(None, str(home / "workspaces")) as parent, _made(parent, ref) as workspace:
        _let_through(workspace, gate_gid)
        for name in shown_of(ref):
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o000, dir_fd=workspace)


@contextlib.contextmanager
def held_place(home: Path, ref: str, *, gate_gid: int) -> Iterator[int]:
    """Make `workspaces/<ref>` and hold it against everybody else who holds it, and give it.

    Raises: WorkspaceFilesError — if the name is taken by anything but a directory.
    """
    with _opened(None, str(home / "workspaces")) as parent, _made(parent, ref) as place:
        _let_through(place, gate_gid)
        fcntl.flock(place, fcntl.LOCK_EX)
        yield place


def make_shared(home: Path, ref: str, *, gid: int, gate_gid: int, encrypted: bool) -> None:
    """Make the directory that the workspaces of a project share: of the zone, and for the project's group to write.

    Raises: WorkspaceFilesError — if its name is taken by anything but a directory, if it is another group's, or not
    mounted with `encrypted`.
    """
    with held_place(home, ref, gate_gid=gate_gid) as place, _made(place, shown_of(ref)[0]) as shared:
        status = os.fstat(shared)
        if encrypted and status.st_dev == os.fstat(place).st_dev:
            raise WorkspaceFilesError(NOT_MOUNTED.format(name=shown_of(ref)[0]))
        if status.st_gid == gid:
            return
        if status.st_gid >= FIRST_UID:
            raise WorkspaceFilesError(FOREIGN_SPACE.format(owner=status.st_gid))
        os.fchown(shared, os.geteuid(), os.getegid())
        _let_members_write(shared, gid)
        # The group comes last: it says that the rest is done.
        os.fchown(shared, -1, gid)
        os.fsync(shared)


def _let_members_write(shared: int, gid: int) -> None:
    """Let what is made in a directory be a group's to write, whoever makes it and whatever the umask is.

    The list of rights that it hands on names the group. The bit by which a directory hands on its own group does the
    same where there are no such lists, and where a workspace has a kernel that does not read them; a service that
    systemd keeps from setting that bit (`RestrictSUIDSGID=`) goes without.
    """
    os.fchmod(shared, SHARED_MODE)
    with contextlib.suppress(PermissionError):
        os.fchmod(shared, SHARED_MODE | stat.S_ISGID)
    try:
        os.setxattr(shared, "system.posix_acl_default", _rights_of_members(gid))
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise


def _rights_of_members(gid: int) -> bytes:
    """Return a POSIX ACL, version 2 (acl(5)): owner, its group, the group named, the most of both, others."""
    nobody = 0xFFFFFFFF
    entries = ((0x01, 7, nobody), (0x04, 7, nobody), (0x08, 7, gid), (0x10, 7, nobody), (0x20, 0, nobody))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def _let_through(workspace: int, gate_gid: int) -> None:
    os.fchown(workspace, os.geteuid(), gate_gid)
    os.fchmod(workspace, 0o710)


def _fill_mounted_home(workspace: int, uid: int, seed: Path | None) -> None:
    below, owners = os.fstat(workspace).st_dev, []
    for name in MOUNTED:
        with _opened(workspace, name) as place:
            status = os.fstat(place)
            if status.st_dev == below:
                raise WorkspaceFilesError(NOT_MOUNTED.format(name=name))
            owners.append(status.st_uid)
    if owners[0] == uid:
        return
    # Both are the helper's until home is filled, and then their user's. What lies in a home of the helper's is a copy
    # that a crash interrupted; what lies in any other is somebody's work, and is never emptied.
    if owners[0] >= FIRST_UID or owners[0] != owners[1]:
        raise WorkspaceFilesError(FOREIGN.format(owner=owners[0]))
    with _opened(workspace, "home") as place:
        _empty(place)
        if seed is not None and seed.is_dir():
            with _opened(None, str(seed)) as source:
                _copy_tree(source, place, uid)
        os.fsync(place)


def _empty(directory: int) -> None:
    for name in os.listdir(directory):
        if stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            shutil.rmtree(name, dir_fd=directory)
        else:
            os.unlink(name, dir_fd=directory)


def _make_home(workspace: int, uid: int, seed: Path | None) -> None:
    if _exists(workspace, "home"):
        return
    # A crash in the middle of the copy leaves home.new, which the next start throws away.
    if _exists(workspace, FRESH_HOME):
        shutil.rmtree(FRESH_HOME, dir_fd=workspace)
    with _made(workspace, FRESH_HOME) as fresh:
        if seed is not None and seed.is_dir():
            with _opened(None, str(seed)) as source:
                _copy_tree(source, fresh, uid)
        os.fchown(fresh, uid, uid)
        os.fsync(fresh)
    os.rename(FRESH_HOME, "home", src_dir_fd=workspace, dst_dir_fd=workspace)


def _copy_tree(source: int, target: int, uid: int) -> None:
    """Copy regular files and directories; anything else in the seed is passed over."""
    for name in sorted(os.listdir(source)):
        kind = os.stat(name, dir_fd=source, follow_symlinks=False).st_mode
        if stat.S_ISDIR(kind):
            with _opened(source, name) as inner, _made(target, name) as made:
                _copy_tree(inner, made, uid)
                os.fchown(made, uid, uid)
        elif stat.S_ISREG(kind):
            _copy_file(source, target, name, uid)


def _copy_file(source: int, target: int, name: str, uid: int) -> None:
    reading = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=source)
    writing = -1
    try:
        writing = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=target)
        while chunk := os.read(reading, COPY_BYTES):
            view = memoryview(chunk)
            while view:
                view = view[os.write(writing, view) :]
        os.fchown(writing, uid, uid)
        os.fchmod(writing, 0o644)
    finally:
        os.close(reading)
        if writing >= 0:
            os.close(writing)


def _exists(parent: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def _made(parent: int, name: str) -> Iterator[int]:
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=parent)
    with _opened(parent, name) as descriptor:
        yield descriptor


@contextlib.contextmanager
def _opened(parent: int | None, name: str) -> Iterator[int]:
    try:
        descriptor = os.open(name, DIRECTORY, dir_fd=parent)
    except OSError as error:
        strange = Text("구역의 폴더가 아닙니다: {name}, {error}.", "{name} is not a directory of the zone: {error}.")
        raise WorkspaceFilesError(strange.format(name=name, error=error.strerror)) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)
