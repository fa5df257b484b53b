"""The fingerprints of the datasets of a zone: one index per version, in a directory that only the zone reads.

    fingerprints/<dataset>/<version>/{manifest.json, cells.keys, …}      fingerprints/canaries/<dataset>.json

An index is made beside its place and renamed into it, so there is a whole one or none. Its manifest names the version
by the hash of its files, the key by its name, and the SHA-256 of every file of the index.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from egress_review.canaries import Canaries
from egress_review.errors import Conflict, Invalid
from egress_review.fingerprint_index import Index, file_hashes, key_id
from registry.model import DatasetVersion
from registry.text import Text

FORMAT = 1
"""Changes with how values are spelt (`egress_review.fingerprint_marks`) or kept; what is of another is made anew."""
MANIFEST = "manifest.json"
PATIENCE = 60.0
"""Seconds that a process waits for another one that makes the same index."""
LONGEST = 86_400.0
"""Seconds after which what is being made was interrupted."""
SMALL_BYTES = 16_000_000
"""Size of a version that is read at once where its fingerprints are missing; a larger one waits for the worker."""


@dataclass(frozen=True, slots=True)
class SourceTable:
    """One table of the source, as the index has it."""

    path: str
    rows: int
    columns: int
    identifiers: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index says of itself."""

    dataset: str
    number: int
    manifest_sha256: str
    key: str
    tables: tuple[SourceTable, ...]
    left_out: Mapping[str, str]
    """Files that are not in the index, with a code that says why: "code_list", "document" or "no_table"."""
    counts: Mapping[str, int]
    files: Mapping[str, str]
    seconds: float

    @property
    def total(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def unread(self) -> int:
        """Files that nobody could read as a table."""
        return sum(why == "no_table" for why in self.left_out.values())

    def document(self) -> dict[str, Any]:
        """The manifest as JSON."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Manifest:
        """The manifest of `document`."""
        values = {key: value for key, value in content.items() if key != "format"}
        return cls(**{**values, "tables": tuple(SourceTable(**one) for one in values["tables"])})


class Fingerprints:
    """The indexes and canaries of one zone."""

    def __init__(self, directory: Path, key: bytes) -> None:
        self._directory = directory
        self.key = key
        self.canaries = Canaries(directory / "canaries", key)

    def manifest(self, version: DatasetVersion) -> Manifest | None:
        """What there is on a version; None without an index of exactly these files under this key."""
        path = self._place(version.dataset, version.number) / MANIFEST
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        if content.get("format") != FORMAT:
            return None
        found = Manifest.parse(content)
        same = (found.manifest_sha256, found.key) == (version.manifest_sha256, key_id(self.key))
        return found if same else None

    def make(
        self, version: DatasetVersion, code_lists: Iterable[str] = (), *, again: bool = False
    ) -> tuple[Manifest, bool]:
        """Read every table of a version and keep its index; one process at a time, and not twice unless asked.

        The second value says whether it was made now.

        Raises: Conflict — while another process makes one. Invalid — if the files are not there.
        """
        # Loaded here: the tables of a source are read with libraries that a portal has no other use for.
        from egress_review.fingerprint_build import build, tables_below

        if not version.path.is_dir():
            reason = Text(ko="데이터셋 파일이 없습니다.", en="The files of the dataset are not there.")
            raise Invalid("no_source", reason)
        with self._only_one(version):
            if not again and (done := self.manifest(version)) is not None:
                return done, False
            fresh = Path(tempfile.mkdtemp(prefix="making-", dir=self._directory))
            try:
                began = time.monotonic()
                built = build(tables_below(version.path), self.key, fresh, frozenset(code_lists))
                made = Manifest(
                    version.dataset,
                    version.number,
                    version.manifest_sha256,
                    key_id(self.key),
                    tuple(SourceTable(t.path, t.rows, t.columns, t.identifiers) for t in built.tables),
                    built.left_out,
                    built.counts,
                    file_hashes(fresh),
                    round(time.monotonic() - began, 1),
                )
                (fresh / MANIFEST).write_text(json.dumps(made.document(), ensure_ascii=False), encoding="utf-8")
                self._put(fresh, version)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
        return made, True

    def index(self, version: DatasetVersion) -> tuple[Manifest, Index] | None:
        """The index of a version, its files held against the manifest; None where there is none."""
        found = self.manifest(version)
        if found is None:
            return None
        place = self._place(version.dataset, version.number)
        stamp = tuple(sorted((one.name, one.stat().st_size, one.stat().st_mtime_ns) for one in place.iterdir()))
        if _hashes(place, stamp) != found.files:
            return None
        return found, Index.open(place, found.total)

    def drop(self, dataset: str, number: int) -> None:
        """Remove what there is on a version: fingerprints live no longer than the data."""
        shutil.rmtree(self._place(dataset, number), ignore_errors=True)

    def tidy(self) -> None:
        """Remove what an interrupted making left behind, if it is older than any making takes."""
        for path in self._directory.glob("making-*"):
            if time.time() - path.stat().st_mtime > LONGEST:
                shutil.rmtree(path, ignore_errors=True)

    def kept(self) -> list[tuple[str, int]]:
        """The versions that something is kept about."""
        found = self._directory.glob(f"*/*/{MANIFEST}")
        return sorted((path.parent.parent.name, int(path.parent.name)) for path in found)

    def _put(self, fresh: Path, version: DatasetVersion) -> None:
        place = self._place(version.dataset, version.number)
        for file in fresh.iterdir():
            file.chmod(0o600)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        if place.exists():
            shutil.rmtree(place)
        fresh.rename(place)

    def _place(self, dataset: str, number: int) -> Path:
        return self._directory / dataset / str(number)

    @contextlib.contextmanager
    def _only_one(self, version: DatasetVersion) -> Iterator[None]:
        """Hold the lock on one version; whoever is second waits a while, and mostly finds the work done.

        Raises: Conflict
        """
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{version.dataset}.{version.number}.lock"
        descriptor = os.open(self._directory / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + PATIENCE
        try:
            while not _locked(descriptor):
                if time.monotonic() > deadline:
                    reason = Text(ko="지문을 만드는 중입니다.", en="Fingerprints are being made by another process.")
                    raise Conflict("fingerprints_busy", reason)
                time.sleep(0.2)
            yield
        finally:
            os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@lru_cache(maxsize=64)
def _hashes(place: Path, _stamp: tuple[Any, ...]) -> Mapping[str, str]:
    return file_hashes(place)
