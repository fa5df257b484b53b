"""The index of one dataset version: which keyed hashes stand in which row, sorted, in flat files.

    cells.keys (uint64), cells.rows (uint32)   every rare value and the row that holds it
    records.keys                               every rare row as a whole, with and without its identifiers
    texts.keys, numbers.keys                   every value of the columns that number people or things

A key is the first 64 bits of HMAC-SHA-256. Rows are numbered over all tables of the version. Without the key of the
zone the files tell which values stand together, and no value.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.uint32]
PARTS = ("cells", "records", "texts", "numbers")
ROWS_FILE = "cells.rows"
MOST_HOLDERS = 256
"""Rows that may hold a value that still counts as rare."""


def most_holders(rows: int) -> int:
    """The rows that may hold a rare value, of so many."""
    return max(2, min(MOST_HOLDERS, rows // 16))


def keyed(key: bytes, marks: Iterable[int], count: int) -> Keys:
    """The keys of hashes: HMAC-SHA-256, truncated to 64 bits."""
    digests = b"".join(hmac.digest(key, one.to_bytes(8, "little"), "sha256")[:8] for one in marks)
    found: Keys = np.frombuffer(digests, dtype=np.uint64)
    assert len(found) == count, "a hash that is no hash"
    return found


def key_id(key: bytes) -> str:
    """What names the key without giving it away."""
    return hmac.digest(key, b"name of this key", "sha256").hex()[:16]


@dataclass(frozen=True, slots=True)
class Index:
    """The flat files of one version, opened for reading."""

    total: int
    """Rows of all tables."""
    cells: Keys
    rows: Rows
    records: Keys
    texts: Keys
    numbers: Keys

    @classmethod
    def open(cls, directory: Path, total: int) -> Index:
        """The index in a directory, mapped and not read."""
        cells, records, texts, numbers = (_mapped(directory / f"{name}.keys", np.uint64) for name in PARTS)
        return cls(total, cells, _mapped(directory / ROWS_FILE, np.uint32), records, texts, numbers)

    def holders(self, keys: Keys) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """For each key where its rows begin in `rows`, and how many they are."""
        left = np.searchsorted(self.cells, keys, "left")
        return left, np.searchsorted(self.cells, keys, "right") - left


def among(keys: Keys, stored: Keys) -> npt.NDArray[np.bool_]:
    """Which of the keys are stored."""
    if not len(stored):
        return np.zeros(len(keys), dtype=np.bool_)
    place = np.minimum(np.searchsorted(stored, keys), len(stored) - 1)
    return np.asarray(stored[place] == keys)


def file_hashes(directory: Path) -> dict[str, str]:
    """SHA-256 of every file of an index."""
    found = {}
    for name in (*(f"{part}.keys" for part in PARTS), ROWS_FILE):
        with (directory / name).open("rb") as stream:
            found[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


def _mapped(path: Path, kind: Any) -> Any:
    if path.stat().st_size == 0:
        return np.empty(0, dtype=kind)
    return np.memmap(path, dtype=kind, mode="r")
