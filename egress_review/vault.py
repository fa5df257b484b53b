"""The vault: files as they were when they were handed in, under the SHA-256 of their bytes, read-only.

The outbox belongs to the researcher, who may change it at any moment and may put anything into it. So:
- nothing is followed: every component is opened relative to the one before it, without links;
- what is opened is examined before it is read, and only an ordinary file with one name is read;
- what was copied is what counts: the hash is taken of the bytes on their way into the vault.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from egress_review.errors import NoRoom, NotFound, OutboxRefused
from registry.text import Text

BLOCK = 1 << 20
FULL = frozenset((errno.ENOSPC, errno.EDQUOT))
LONGEST_NAME = 255
"""Bytes of one name, as file systems allow."""
MOST_SPARSE = 1 << 20
"""Bytes that may be holes; a real result has none, a sparse file of terabytes costs its maker nothing."""
MOST_LISTED = 1000
"""Entries of an outbox that are listed; with more the researcher is told to tidy up."""


NOT_TAKEN = Text(
    ko="구역의 디스크가 가득 차서 파일을 보관하지 못했습니다. 제출된 것은 없습니다.",
    en="The disk of the zone is full, so the files could not be kept. Nothing was handed in.",
)


@dataclass(frozen=True, slots=True)
class Stored:
    """One file in the vault: the name it was handed in under, the SHA-256 of its bytes, its size."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class OutboxFile:
    """One entry of an outbox, and why it cannot be handed in if it cannot."""

    name: str
    size: int
    problem: Text | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What one hand-in may bring: number of files, bytes of one, bytes of all."""

    files: int
    file_bytes: int
    total_bytes: int


class Vault:
    """A directory of files named by their hash; `incoming/` holds what is not complete yet."""

    def __init__(self, directory: Path) -> None:
        self._files = directory / "files"
        self._lock = directory / ".lock"
        self._incoming = directory / "incoming"
        self.previews = directory / "previews"
        """Where the safe previews of the files are kept."""
        for path in (directory, self._files, self._incoming, self.previews):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o700)

    def take(self, outbox: Path, names: Sequence[str], limits: Limits) -> list[Stored]:
        """Copy the named files out of an outbox; all of them or none count.

        Raises: OutboxRefused — naming the first entry that is not an ordinary file within the limits. NoRoom.
        """
        check_names(names, limits)
        stored: list[Stored] = []
        left = limits.total_bytes
        with needing_room(NOT_TAKEN), open_directory(outbox) as directory:
            for name in names:
                file = self._take_one(directory, name, limits.file_bytes, left)
                left -= file.size
                stored.append(file)
        _sync_directory(self._files)
        return stored

    def path(self, sha256: str) -> Path:
        """Where the file of that hash lies.

        Raises: NotFound — if the vault has no such file.
        """
        path = self._files / sha256
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef") or not path.is_file():
            raise NotFound("file_unknown", Text(ko="보관된 파일이 없습니다.", en="The vault has no such file."))
        return path

    def discard(self, sha256: str) -> None:
        """Remove a file that no request holds."""
        self.path(sha256).unlink(missing_ok=True)

    @property
    def scratch(self) -> Path:
        """A directory on the same file system for what lives as long as one step."""
        return self._incoming

    @contextlib.contextmanager
    def temporary(self) -> Iterator[Vault]:
        """A vault that is gone after the block, for files that are only looked at."""
        directory = self._incoming / f"temporary-{secrets.token_hex(8)}"
        try:
            with needing_room(NOT_TAKEN):
                vault = Vault(directory)
            yield vault
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def clear_incoming(self, older_than: float = 3600.0) -> None:
        """Remove what an interrupted step left behind, if it is older than any step takes (seconds)."""
        before = time.time() - older_than
        for path in self._incoming.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.lstat().st_mtime > before:
                    continue
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)

    def sweep(self, held: Set[str], older_than: float = 3600.0) -> list[str]:
        """Remove files and previews whose hash nobody holds, if they are older than any hand-in takes (seconds).

        A file that was taken again is as young as its last copy, so one that is on its way into a request stays.
        """
        before = time.time() - older_than
        removed = []
        with self._changing():
            for path in (*self._files.iterdir(), *self.previews.iterdir()):
                digest = path.name[:64]
                if len(digest) == 64 and digest not in held and path.lstat().st_mtime <= before:
                    path.unlink(missing_ok=True)
                    removed.append(digest)
        _sync_directory(self._files)
        return sorted(set(removed))

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Lets one process at a time put files to their names or remove them; the lock dies with its process."""
        with self._lock.open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _take_one(self, directory: int, name: str, most: int, left: int) -> Stored:
        temporary = self._incoming / secrets.token_hex(16)
        try:
            with _open_ordinary(directory, name, most) as source:
                digest, size = _copy(source, temporary, name, min(most, left))
            target = self._files / digest
            temporary.chmod(0o444)
            # Equal bytes have an equal name, so replacing an earlier copy changes nothing.
            with self._changing():
                temporary.rename(target)
        finally:
            temporary.unlink(missing_ok=True)
        return Stored(name, digest, size)


@contextlib.contextmanager
def needing_room(reason: Text) -> Iterator[None]:
    """Say of a full disk that it is one.

    Raises: NoRoom — with what could not be done.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise NoRoom("no_room", reason) from error


def list_outbox(outbox: Path, limits: Limits) -> list[OutboxFile]:
    """The entries of an outbox by name, with what stands against each; none is opened for reading."""
    entries: list[OutboxFile] = []
    try:
        with open_directory(outbox) as directory, os.scandir(directory) as scan:
            for entry in scan:
                if len(entries) >= MOST_LISTED:
                    break
                status = entry.stat(follow_symlinks=False)
                problem = _name_problem(entry.name) or _problem(status, limits.file_bytes)
                entries.append(OutboxFile(entry.name, status.st_size, problem))
    except OutboxRefused:
        return []
    return sorted(entries, key=lambda file: file.name)


def check_names(names: Sequence[str], limits: Limits) -> None:
    """Refuse names that are not plain, twice the same name, and too many.

    Raises: OutboxRefused
    """
    if not names:
        raise _refused("no_files", Text(ko="파일을 하나 이상 고르십시오.", en="Choose at least one file."))
    if len(names) > limits.files:
        raise _refused(
            "too_many_files",
            Text(
                ko=f"한 번에 {limits.files}개까지 낼 수 있습니다.",
                en=f"At most {limits.files} files can be handed in at once.",
            ),
        )
    for name in names:
        if problem := _name_problem(name):
            raise _refused("bad_name", problem)
    if len(set(names)) != len(names):
        raise _refused("same_name", Text(ko="같은 이름이 두 번 있습니다.", en="A name is there twice."))


def _name_problem(name: str) -> Text | None:
    """Why a name is not one plain component; the text never repeats the name, which may be hostile."""
    try:
        length = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        return Text(ko="파일 이름의 인코딩이 잘못되었습니다.", en="The name is not valid UTF-8.")
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        return Text(
            ko="/outbox 바로 아래의 파일만 낼 수 있습니다.", en="Only files directly in /outbox can be handed in."
        )
    if length > LONGEST_NAME or any(not c.isprintable() for c in name) or name != name.strip():
        return Text(
            ko="파일 이름에 줄바꿈 같은 보이지 않는 문자가 있거나 너무 깁니다.",
            en="The name has characters that do not show, such as a line break, or is too long.",
        )
    if name.startswith("."):
        return Text(ko="숨은 파일은 낼 수 없습니다.", en="Hidden files cannot be handed in.")
    return None


@contextlib.contextmanager
def open_directory(path: Path) -> Iterator[int]:
    """A descriptor of the zone's own directory `path`, whose last component may not be a link.

    Raises: OutboxRefused — if it is missing or is not a directory.
    """
    try:
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        reason = Text(ko="작업공간의 /outbox를 열 수 없습니다.", en="The outbox of the workspace cannot be opened.")
        raise _refused("no_outbox", reason) from None
    try:
        yield directory
    finally:
        os.close(directory)


@contextlib.contextmanager
def _open_ordinary(directory: int, name: str, most: int) -> Iterator[int]:
    """A descriptor of the file `name` in `directory`, found ordinary before and after opening.

    O_NONBLOCK keeps a FIFO from hanging the zone; the file is examined before it is opened because opening
    a device can act, and again afterwards because it may have been swapped.
    """
    try:
        before = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if problem := _problem(before, most):
            raise _refused("not_ordinary", _named(name, problem))
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        source = os.open(name, flags, dir_fd=directory)
    except OSError as error:
        raise _refused("not_readable", _named(name, _os_problem(error))) from None
    try:
        after = os.fstat(source)
        if problem := _problem(after, most):
            raise _refused("not_ordinary", _named(name, problem))
        yield source
    finally:
        os.close(source)


def _problem(status: os.stat_result, most: int) -> Text | None:
    if not stat.S_ISREG(status.st_mode):
        return Text(ko="일반 파일이 아닙니다.", en="not an ordinary file")
    if status.st_nlink != 1:
        return Text(ko="다른 이름(하드 링크)이 있는 파일입니다.", en="the file has a second name (hard link)")
    if status.st_size > most:
        return Text(ko=f"파일이 한도 {most}바이트보다 큽니다.", en=f"larger than the limit of {most} bytes")
    if status.st_size - status.st_blocks * 512 > MOST_SPARSE:
        return Text(ko="빈 구멍이 있는 파일입니다.", en="the file has holes (sparse)")
    return None


def _os_problem(error: OSError) -> Text:
    if error.errno == errno.ENOENT:
        return Text(ko="그런 파일이 없습니다.", en="no such file")
    if error.errno == errno.ELOOP:
        return Text(ko="링크는 낼 수 없습니다.", en="links cannot be handed in")
    return Text(ko="파일을 읽을 수 없습니다.", en="the file cannot be read")


def _copy(source: int, target: Path, name: str, most: int) -> tuple[str, int]:
    """Copy at most `most` bytes, hashing what is written; a file that grows while it is read is refused."""
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as sink:
        while block := os.read(source, BLOCK):
            size += len(block)
            if size > most:
                problem = Text(ko="파일이 한도보다 큽니다.", en="larger than the limit")
                raise _refused("too_large", _named(name, problem))
            digest.update(block)
            sink.write(block)
        sink.flush()
        os.fsync(sink.fileno())
    return digest.hexdigest(), size


def _named(name: str, problem: Text) -> Text:
    return Text(ko=f"{name}: {problem.ko}", en=f"{name}: {problem.en}")


def _refused(code: str, reason: Text) -> OutboxRefused:
    return OutboxRefused(code, reason)


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
