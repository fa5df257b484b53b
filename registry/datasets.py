"""Dataset versions on disk: files hashed as a stream into a manifest, and compared with it later.

A version is ordinary files in ordinary directories. Links, devices, pipes and sockets are refused, as what a
workspace would see through them is not what was hashed. Every name is opened relative to its directory's
descriptor without following links, so a name swapped during the walk cannot lead elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from registry.errors import Invalid
from registry.model import DatasetCheck, DatasetVersion, ManifestFile
from registry.text import Text

MAX_DEPTH = 32
MAX_PATH = 1024
"""Characters; the width of the column that keeps it."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a pipe that appeared since the look at it must not hang.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Seen:
    """One file as found on disk: its manifest line and its stamp at the moment it was hashed."""

    file: ManifestFile
    stamp: str
    """Device, inode, size and both times. The change time cannot be set by hand, so an equal stamp
    means equal bytes unless somebody wrote to the disk below the file system."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a check may rely on: the hash that belongs to a stamp."""

    sha256: str
    stamp: str


def manifest_digest(files: tuple[ManifestFile, ...]) -> str:
    """SHA-256 of the canonical manifest: JSON, files sorted by path, no spaces, UTF-8."""
    canonical = json.dumps(
        {
            "files": [
                {"path": file.path, "sha256": file.sha256, "size": file.size}
                for file in sorted(files, key=lambda file: file.path)
            ],
            "v": 1,
        },
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def scan(directory: Path, known: Mapping[str, Known] | None = None) -> tuple[Seen, ...]:
    """Every file below `directory`, sorted by path, hashed unless its stamp is the one in `known`.

    Raises: Invalid — no such directory, nothing in it, a link or special file, an unusable name,
    or a file that changed while it was read.
    """
    try:
        root = os.open(directory, _DIRECTORY)
    except OSError as error:
        raise _invalid(
            "dataset_directory",
            "데이터셋 디렉터리를 열 수 없습니다: {path}",
            "The dataset directory cannot be opened: {path}",
            str(directory),
        ) from error
    try:
        seen = tuple(sorted(_walk(root, "", known or {}), key=lambda one: one.file.path))
    finally:
        os.close(root)
    if not seen:
        raise _invalid(
            "dataset_empty",
            "데이터셋 디렉터리에 파일이 없습니다: {path}",
            "The dataset directory holds no file: {path}",
            str(directory),
        )
    return seen


def check_place(directory: Path, roots: tuple[Path, ...]) -> None:
    """Refuse a directory that does not lie below one of `roots`, however its path is spelt; without roots none is.

    A mount shows a workspace whatever lies there: a slip of the keyboard must not mount the zone's own keys.
    Raises: Invalid.
    """
    place = directory.resolve()
    if roots and not any(place.is_relative_to(root.resolve()) and place != root.resolve() for root in roots):
        raise _invalid(
            "dataset_place",
            "데이터셋은 다음 디렉터리 아래에 두어야 합니다: {path}",
            "A dataset must lie below one of these directories: {path}",
            ", ".join(map(str, roots)),
        )


def compare(version: DatasetVersion, found: tuple[ManifestFile, ...]) -> DatasetCheck:
    """What differs between the manifest of `version` and the files found on disk. Pure."""
    expected = {file.path: file for file in version.files}
    present = {file.path: file for file in found}
    return DatasetCheck(
        dataset=version.dataset,
        version=version.number,
        manifest_sha256=version.manifest_sha256,
        missing=tuple(sorted(expected.keys() - present.keys())),
        changed=tuple(sorted(path for path in expected.keys() & present.keys() if expected[path] != present[path])),
        added=tuple(sorted(present.keys() - expected.keys())),
    )


def _walk(directory: int, prefix: str, known: Mapping[str, Known]) -> Iterator[Seen]:
    if prefix.count("/") > MAX_DEPTH:
        raise _invalid(
            "dataset_depth",
            "디렉터리가 너무 깊습니다: {path}",
            "Directories are nested too deeply: {path}",
            prefix,
        )
    device = os.fstat(directory).st_dev
    with os.scandir(directory) as entries:
        names = sorted(entry.name for entry in entries)
    for name in names:
        path = _usable(prefix + name)
        mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            with _opened(name, directory, _DIRECTORY, path) as child:
                if os.fstat(child).st_dev != device:
                    raise _mounted(path)
                yield from _walk(child, path + "/", known)
        elif stat.S_ISREG(mode):
            with _opened(name, directory, _FILE, path) as file:
                yield _hashed(file, path, known.get(path))
        else:
            raise _special(path)


def _hashed(descriptor: int, path: str, known: Known | None) -> Seen:
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        raise _special(path)
    stamp = _stamp(before)
    if known is not None and known.stamp == stamp:
        return Seen(ManifestFile(path, before.st_size, known.sha256), stamp)
    with os.fdopen(os.dup(descriptor), "rb", buffering=0) as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if _stamp(os.fstat(descriptor)) != stamp:
        raise _invalid(
            "dataset_file_changing",
            "읽는 동안 파일이 바뀌었습니다: {path}",
            "A file changed while it was read: {path}",
            path,
        )
    return Seen(ManifestFile(path, before.st_size, digest), stamp)


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"


@contextmanager
def _opened(name: str, directory: int, flags: int, path: str) -> Iterator[int]:
    try:
        descriptor = os.open(name, flags, dir_fd=directory)
    except OSError as error:
        raise _invalid(
            "dataset_file_unreadable",
            "파일을 읽을 수 없습니다: {path}",
            "A file cannot be read: {path}",
            path,
        ) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _usable(path: str) -> str:
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise _name(ascii(path)) from error
    if len(path) > MAX_PATH or any(unicodedata.category(letter).startswith("C") for letter in path):
        raise _name(ascii(path))
    return path


def _special(path: str) -> Invalid:
    return _invalid(
        "dataset_special_file",
        "데이터셋에는 일반 파일만 둘 수 있습니다(링크와 특수 파일 불가): {path}",
        "A dataset holds ordinary files only, no links or special files: {path}",
        path,
    )


def _mounted(path: str) -> Invalid:
    return _invalid(
        "dataset_mount",
        "분석환경은 데이터셋 아래에 마운트된 것을 보지 못합니다. 파일을 데이터셋 디렉터리로 옮기십시오: {path}",
        "A workspace does not see a file system that is mounted below a dataset; move its files there: {path}",
        path,
    )


_NAME = Text(
    ko="파일 이름에 쓸 수 없는 글자가 있거나 이름이 너무 깁니다: {path}",
    en="A file name is too long or has letters that cannot be used: {path}",
)


def _name(shown: str) -> Invalid:
    return _invalid("dataset_file_name", _NAME.ko, _NAME.en, shown)


def _invalid(code: str, ko: str, en: str, path: str) -> Invalid:
    return Invalid(code, Text(ko=ko, en=en).fill(path=path))
