"""Mounting by mount(2), with open directories for places: no name is followed between the look and the mount."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

NOSUID, NODEV, NOATIME, BIND = 2, 4, 1024, 4096
DETACH, NOFOLLOW = 2, 8
WALKED = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FLAGS = NOSUID | NODEV | NOATIME
#: Freed blocks are freed on the server's disk too; an error stops writing before it does harm.
OPTIONS = "discard,errors=remount-ro"

_libc = ctypes.CDLL(None, use_errno=True)


def mount_file_system(device: str, place: int) -> None:
    """Mount the ext4 file system on a device at an open directory.

    Raises: OSError
    """
    _mount(device, _path(place), "ext4", FLAGS, OPTIONS)


def bind(source: int, place: int) -> None:
    """Show an open directory at another one, with the flags of the mount it lies in.

    Raises: OSError
    """
    _mount(_path(source), _path(place), None, BIND, None)


def unmount(parent: int, name: str, *, lazily: bool = False) -> None:
    """Take away the mount at a name in an open directory; `lazily` also while it is in use.

    Raises: OSError — EBUSY while somebody uses it.
    """
    _done(_libc.umount2(f"{_path(parent)}/{name}".encode(), NOFOLLOW | (DETACH if lazily else 0)), name)


def mounted() -> dict[str, int]:
    """Return every mount point that this process sees, with how often something is mounted there."""
    found: dict[str, int] = {}
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        point = line.split(" ", 5)[4]
        for code, plain in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
            point = point.replace(code, plain)
        found[point] = found.get(point, 0) + 1
    return found


def any_below(directory: Path, names: Iterable[str]) -> bool:
    """Say whether anything is mounted at one of the names in a directory, which need not be looked into for it."""
    found = mounted()
    return any(str(directory / name) in found for name in names)


@contextlib.contextmanager
def opened(path: Path | str, flags: int, directory: int | None = None) -> Iterator[int]:
    """Open something for the block, below an open directory if one is given; what is made is the helper's alone."""
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600, dir_fd=directory)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _mount(source: str, place: str, kind: str | None, flags: int, options: str | None) -> None:
    said = [None if one is None else one.encode() for one in (source, place, kind, options)]
    _done(_libc.mount(said[0], said[1], said[2], ctypes.c_ulong(flags), said[3]), place)


def _done(answer: int, about: str) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), about)


def _path(directory: int) -> str:
    return f"/proc/self/fd/{directory}"
