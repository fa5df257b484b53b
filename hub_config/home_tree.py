"""Copies a tree of somebody else's files with everything that belongs to them, compares two, and destroys one.

The trees are a stopped workspace's, so nobody writes in them, but whatever lies there was made by code of a researcher:
everything is reached through open directories, and no link is followed. Sockets are left out: without the process that
listened they are nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
COPY_BYTES = 1 << 20
ZEROS = bytes(COPY_BYTES)
RIGHTS = ("system.posix_acl_access", "system.posix_acl_default")


@dataclass(slots=True)
class Survey:
    """What lies in some trees: how many files and bytes, what they take on the disk, and one hash over all of it."""

    files: int = 0
    size: int = 0
    taken: int = 0
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256)

    @property
    def digest(self) -> str:
        """SHA-256 over paths, kinds, owners, modes, times of change, contents and targets of links."""
        return self._hash.hexdigest()

    def add(self, directory: int, path: str = "", *, contents: bool = True) -> Survey:
        """Look at a tree; without `contents` only at what it holds and takes. Raises: OSError."""
        for name, status in _entries(directory):
            inner = f"{path}/{name}"
            self.files += 1
            self.taken += status.st_blocks * 512
            about = f"{status.st_mode} {status.st_uid} {status.st_gid} {status.st_mtime_ns}"
            self._line(os.fsencode(inner), about.encode())
            if stat.S_ISLNK(status.st_mode):
                self._line(os.fsencode(os.readlink(name, dir_fd=directory)))
            elif stat.S_ISREG(status.st_mode):
                self.size += status.st_size
                with opened(name, os.O_RDONLY, directory) as file:
                    self._line(*_attributes(file), _hash_of(file) if contents else b"")
            elif stat.S_ISDIR(status.st_mode):
                with opened(name, DIRECTORY, directory) as below:
                    self._line(*_attributes(below))
                    self.add(below, inner, contents=contents)
        return self

    def _line(self, *parts: bytes) -> None:
        for part in parts:
            self._hash.update(b"%d:%s" % (len(part), part))


class Copy:
    """Copies one tree into an empty directory."""

    def __init__(self, target: int) -> None:
        self._root = target
        self._known: dict[tuple[int, int], str] = {}

    def run(self, source: int, target: int, path: str = "") -> None:
        """Copy what lies in a directory, with owners, modes, times, links and attributes. Raises: OSError."""
        for name, status in _entries(source):
            inner = f"{path}{name}"
            kind = stat.S_IFMT(status.st_mode)
            if kind == stat.S_IFDIR:
                os.mkdir(name, 0o700, dir_fd=target)
                with opened(name, DIRECTORY, source) as old, opened(name, DIRECTORY, target) as new:
                    self.run(old, new, f"{inner}/")
                    copy_attributes(old, new)
            elif kind == stat.S_IFLNK:
                os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
            elif kind == stat.S_IFIFO:
                os.mkfifo(name, 0o600, dir_fd=target)
            elif self._linked(name, status, target, inner):
                continue
            else:
                _copy_file(name, source, target)
            dress(name, status, target)

    def _linked(self, name: str, status: os.stat_result, target: int, path: str) -> bool:
        """Make a second name of a file that was copied already."""
        if status.st_nlink == 1:
            return False
        first = self._known.setdefault((status.st_dev, status.st_ino), path)
        if first == path:
            return False
        os.link(first, name, src_dir_fd=self._root, dst_dir_fd=target, follow_symlinks=False)
        return True


def dress(name: str, status: os.stat_result, directory: int) -> None:
    """Give something the owner, mode and times of another. Raises: OSError."""
    if stat.S_ISDIR(status.st_mode):
        # Who may only change owners cannot set the bit of a group that it is not in; a directory keeps it thereafter.
        os.chown(name, -1, os.getegid(), dir_fd=directory, follow_symlinks=False)
        os.chmod(name, stat.S_IMODE(status.st_mode), dir_fd=directory)
        os.chown(name, status.st_uid, status.st_gid, dir_fd=directory, follow_symlinks=False)
        os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns), dir_fd=directory, follow_symlinks=False)
        return
    os.chown(name, status.st_uid, status.st_gid, dir_fd=directory, follow_symlinks=False)
    if not stat.S_ISLNK(status.st_mode):
        os.chmod(name, stat.S_IMODE(status.st_mode), dir_fd=directory)
    os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns), dir_fd=directory, follow_symlinks=False)


def empty(directory: int, *, overwrite: bool = False) -> None:
    """Remove everything in a directory; `overwrite` writes zeros over each file before its last name goes.

    Raises: OSError
    """
    for name in os.listdir(directory):
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            with opened(name, DIRECTORY, directory) as below:
                empty(below, overwrite=overwrite)
            os.rmdir(name, dir_fd=directory)
            continue
        if overwrite and stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
            _overwrite(name, status, directory)
        os.unlink(name, dir_fd=directory)


@contextlib.contextmanager
def opened(name: str, flags: int, directory: int | None = None) -> Iterator[int]:
    """Open something without following a link. Raises: OSError."""
    descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=directory)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _entries(directory: int) -> Iterator[tuple[str, os.stat_result]]:
    for name in sorted(os.listdir(directory)):
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        kind = stat.S_IFMT(status.st_mode)
        if kind in (stat.S_IFDIR, stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO):
            yield name, status


def _copy_file(name: str, source: int, target: int) -> None:
    with (
        opened(name, os.O_RDONLY, source) as old,
        opened(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, target) as new,
    ):
        size = 0
        while chunk := os.read(old, COPY_BYTES):
            if chunk != ZEROS[: len(chunk)]:  # holes stay holes
                view, at = memoryview(chunk), size
                while view:
                    written = os.pwrite(new, view, at)
                    view, at = view[written:], at + written
            size += len(chunk)
        os.ftruncate(new, size)
        copy_attributes(old, new)


def _overwrite(name: str, status: os.stat_result, directory: int) -> None:
    if status.st_blocks * 512 < status.st_size:  # a file with holes would grow
        return
    with opened(name, os.O_WRONLY, directory) as file:
        for at in range(0, status.st_size, COPY_BYTES):
            os.pwrite(file, ZEROS[: status.st_size - at], at)
        os.fsync(file)


def _attributes(file: int) -> list[bytes]:
    """Return the attributes that a person may set, and the rights of groups that a path names, with their values."""
    names = sorted(name for name in os.listxattr(file) if name.startswith("user.") or name in RIGHTS)
    return [part for name in names for part in (os.fsencode(name), os.getxattr(file, name))]


def copy_attributes(old: int, new: int) -> None:
    """Give an open file or directory the attributes of another. Raises: OSError."""
    given = _attributes(old)
    for name, value in zip(given[::2], given[1::2], strict=True):
        os.setxattr(new, name, value)


def _hash_of(file: int) -> bytes:
    found = hashlib.sha256()
    while chunk := os.read(file, COPY_BYTES):
        found.update(chunk)
    return found.digest()
