"""The keys of a zone in one closed file: only the newest is kept, and only its recipients can open it.

Without it a backup opens, but nobody's sealed values do, and the log cannot go on signing.
"""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from audit.db import Database
from audit.key_rows import KeyRow, from_text, key_rows, to_text
from audit.text import Text
from hub_config.backup.errors import NotSetUp, Unreadable, Unusable
from hub_config.backup.tools import close_for, open_with
from hub_config.settings import Settings

FILE = "ansim-keys.age"
PASSWORD_FILE = "backup.password"  # noqa: S105 - a file name
KEY_DIRECTORIES = ("keys", "additional", "homes/keys")
"""Below ANSIM_HOME: the keys of the zone, the additional information that pseudonyms hang from, and keys of homes."""
_SUBJECTS, _ABOUT = "subjects.jsonl", "about.json"
_MOST_BYTES = 1 << 30

_NO_KEYS = Text("구역의 키가 들어 있지 않습니다: {closed}", "{closed} holds no keys of a zone.")


@dataclass(frozen=True, slots=True)
class About:
    """What a key set was made with."""

    snapshot: str
    """The backup that it belongs to."""
    size: int
    """Entries of the log when it was made; a backup with fewer is older than what these keys have signed."""
    made: str


@dataclass(frozen=True, slots=True)
class KeySet:
    """The opened keys."""

    about: About
    files: dict[str, bytes]
    """By path below ANSIM_HOME."""
    subjects: list[KeyRow]

    def lay_out(self, home: Path) -> None:
        """Write the key files, each readable by its owner alone."""
        for name, content in self.files.items():
            target = home / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.touch(mode=0o600)
            target.chmod(0o600)
            target.write_bytes(content)


def place(settings: Settings) -> Path:
    """Return where the closed keys are put. Raises: NotSetUp."""
    chosen = settings.backup
    if not chosen.recipients or not chosen.keys_directory:
        raise NotSetUp(
            Text(
                "backup.recipients와 backup.keys_directory에 키를 열 사람과 둘 곳을 적어야 합니다.",
                "backup.recipients and backup.keys_directory say who may open the keys and where they go.",
            )
        )
    return settings.home / chosen.keys_directory / FILE


def gather(home: Path, db: Database, about: About) -> KeySet:
    """Read the keys of now. Raises: Unreadable."""
    with db.read() as tx:
        subjects = list(key_rows(tx))
    return KeySet(about, dict(_key_files(home)), subjects)


def close(settings: Settings, keys: KeySet) -> Path:
    """Close a set of keys for the recipients, in the place of the one before.

    Raises: BackupError — if that cannot be done; the one before stays.
    """
    target = place(settings)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        _add(archive, _ABOUT, json.dumps(asdict(keys.about)).encode("utf-8"))
        _add(archive, _SUBJECTS, to_text(keys.subjects).encode("utf-8"))
        for name, content in keys.files.items():
            _add(archive, name, content)
    close_for(settings.backup.recipients, packed.getvalue(), target)
    return target


def load(closed: Path, identity: Path) -> KeySet:
    """Open the keys with the identity of a recipient.

    Raises: ToolFailed — if it does not open. Unusable — if it is not a key set.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(open_with(identity, closed))) as archive:
            content = {member.name: _read(archive, member) for member in archive.getmembers()}
        about = About(**json.loads(content.pop(_ABOUT)))
        subjects = from_text(content.pop(_SUBJECTS).decode("utf-8"))
    except (tarfile.TarError, KeyError, ValueError, TypeError) as error:
        raise Unusable(_NO_KEYS.format(closed=closed)) from error
    if not all(map(_is_key, content)):
        raise Unusable(_NO_KEYS.format(closed=closed))
    return KeySet(about, content, subjects)


def _is_key(name: str) -> bool:
    path = PurePosixPath(name)
    return ".." not in path.parts and any(PurePosixPath(place) in path.parents for place in KEY_DIRECTORIES)


def _key_files(home: Path) -> list[tuple[str, bytes]]:
    """Return every key by its path.

    Raises: Unreadable — for a set without the keys of a closed directory would look whole.
    """
    found = []
    for path in sorted(p for name in KEY_DIRECTORIES for p in _below(home / name) if p.is_file()):
        if path.name.endswith(("-wal", "-shm", "-journal")):
            continue  # what they hold is in the copy of their database
        content = _database_bytes(path) if path.suffix == ".db" else path.read_bytes()
        found.append((str(path.relative_to(home)), content))
    return found


def _below(place: Path) -> Iterator[Path]:
    """Walk a directory that may not be there; `rglob` would pass over one that it may not read."""

    def refuse(error: OSError) -> None:
        if isinstance(error, PermissionError):
            raise Unreadable(Path(error.filename)) from error
        if not isinstance(error, FileNotFoundError):
            raise error

    for folder, _, names in os.walk(place, onerror=refuse):
        yield from (Path(folder, name) for name in names)


def _database_bytes(path: Path) -> bytes:
    with TemporaryDirectory() as scratch:
        copied = Path(scratch) / path.name
        with (
            closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copied)) as made,
        ):
            source.backup(made)
            made.execute("PRAGMA journal_mode = DELETE")
        return copied.read_bytes()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    archive.addfile(info, io.BytesIO(content))


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member) if member.isreg() and member.size < _MOST_BYTES else None
    if file is None:
        raise ValueError(member.name)
    return file.read()
