"""The inbox of a workspace: what was let in, one directory for each request, which the workspace can only read.

`workspaces/<workspace>/inbox/<request>/<file>` belongs to the zone; the container sees it as `/inbox`, mounted
read-only, so that nothing in it was made, renamed or replaced from inside. All the same no name is followed: every
component is opened relative to the one before it, without links. A delivery appears by one rename, whole or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from egress_review.errors import ReleaseFailed
from registry.text import Text

INBOX = "inbox"
BLOCK = 1 << 20
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_CHANGED = Text("보관된 파일이 승인된 것과 다릅니다.", "A stored file is not the one that was approved.")
_NO_INBOX = Text("분석환경의 inbox 폴더를 쓸 수 없습니다.", "The inbox of the workspace cannot be used.")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One file on its way: its name, where its bytes lie, and what they were when people voted."""

    name: str
    source: Path
    sha256: str
    size: int


def deliver(workspaces: Path, workspace: str, request: str, parcels: Sequence[Parcel]) -> None:
    """Put files into the inbox of one workspace, hashed again on their way; a delivery that is there is made anew.

    Raises: ReleaseFailed — if bytes are not those that were voted on, or the inbox is no directory of the zone.
    """
    fresh = f".{request}.new"
    try:
        with _inbox(workspaces, workspace) as inbox:
            _remove(inbox, fresh)
            try:
                with _made(inbox, fresh, 0o700) as directory:
                    for parcel in parcels:
                        _copy(parcel, directory)
                    os.fchmod(directory, 0o755)
                    os.fsync(directory)
                _remove(inbox, request)
                os.rename(fresh, request, src_dir_fd=inbox, dst_dir_fd=inbox)
                os.fsync(inbox)
            except BaseException:
                _remove(inbox, fresh)
                raise
    except OSError as error:
        raise ReleaseFailed("no_inbox", _NO_INBOX) from error


def take_back(workspaces: Path, workspace: str, request: str) -> None:
    """Remove what a request brought in, if it is there.

    Raises: ReleaseFailed — if the inbox is no directory of the zone.
    """
    try:
        with _inbox(workspaces, workspace) as inbox:
            _remove(inbox, f".{request}.new")
            _remove(inbox, request)
            os.fsync(inbox)
    except OSError as error:
        raise ReleaseFailed("no_inbox", _NO_INBOX) from error


@contextlib.contextmanager
def _inbox(workspaces: Path, workspace: str) -> Iterator[int]:
    """The inbox of a workspace, made if its owner never started it."""
    parent = os.open(workspaces, DIRECTORY)
    try:
        with _made(parent, workspace, 0o700) as own, _made(own, INBOX, 0o755) as inbox:
            yield inbox
    finally:
        os.close(parent)


@contextlib.contextmanager
def _made(parent: int, name: str, mode: int) -> Iterator[int]:
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, mode, dir_fd=parent)
    descriptor = os.open(name, DIRECTORY, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _copy(parcel: Parcel, directory: int) -> None:
    """Copy one file; what was written is what is hashed."""
    digest, size = hashlib.sha256(), 0
    with (
        os.fdopen(os.open(parcel.name, _NEW, 0o400, dir_fd=directory), "wb") as sink,
        parcel.source.open("rb") as source,
    ):
        while block := source.read(BLOCK):
            digest.update(block)
            size += len(block)
            sink.write(block)
        sink.flush()
        os.fchmod(sink.fileno(), 0o444)
        os.fsync(sink.fileno())
    if (digest.hexdigest(), size) != (parcel.sha256, parcel.size):
        raise ReleaseFailed("bytes_changed", _CHANGED)


def _remove(parent: int, name: str) -> None:
    """Remove what is there under a name, without following it."""
    try:
        kind = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(kind):
        shutil.rmtree(name, dir_fd=parent)
    else:
        os.unlink(name, dir_fd=parent)
