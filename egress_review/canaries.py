"""Records that do not exist: the zone keeps their keyed hashes, and an output that holds one raises an alarm.

The steward adds the records to the files of a dataset version before it is registered, and declares them here. A hit
is told to the compliance officer. What the author can read does not depend on canaries before a request is handed in,
and afterwards says what every file says that repeats records.
"""

from __future__ import annotations

import csv
import json
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from egress_review.errors import Invalid
from egress_review.fingerprint_index import Keys, key_id, keyed
from egress_review.fingerprint_marks import mark, normal
from registry.text import Text

LEAST_DISTINCT = 8
"""Characters, digits among them, of a value that gives a canary away alone."""
FEWEST_VALUES = 4
MOST_VALUES = 0.75
"""Values beside it that must stand in one row, and their share: whoever drops the identifier is found by the rest."""
MOST_RECORDS = 1000
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")


@dataclass(frozen=True, slots=True)
class Canary:
    """One record that does not exist: the keys of its values."""

    ref: str
    distinct: frozenset[int]
    values: frozenset[int]

    def stands_in(self, keys: frozenset[int]) -> bool:
        """Whether a row of an output holds it."""
        rest = self.values - self.distinct
        return bool(self.distinct & keys) or len(rest & keys) >= max(FEWEST_VALUES, MOST_VALUES * len(rest))


class Canaries:
    """The declared canaries of every dataset, in one file each."""

    def __init__(self, directory: Path, key: bytes) -> None:
        self._directory = directory
        self._key = key

    def of(self, dataset: str) -> tuple[Canary, ...]:
        """The canaries of a dataset; none where none are declared."""
        path = self._path(dataset)
        if not path.exists():
            return ()
        content = json.loads(path.read_text(encoding="ascii"))
        return tuple(
            Canary(one["ref"], frozenset(one["distinct"]), frozenset(one["values"])) for one in content["canaries"]
        )

    def counts(self) -> dict[str, int]:
        """How many are declared, by dataset."""
        return {path.stem: len(self.of(path.stem)) for path in sorted(self._directory.glob("*.json"))}

    def read(self, file: Path) -> tuple[Canary, ...]:
        """The canaries in a delimited file with a heading, one record per line; nothing is kept yet.

        Raises: Invalid — for a file that cannot be read, and for records that nothing would tell from real ones.
        """
        try:
            with file.open(encoding="utf-8-sig", newline="") as stream:
                rows = list(csv.reader(stream))[1:]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise _invalid(f"{file}: {type(error).__name__}", f"{file}: {type(error).__name__}") from None
        if not rows or len(rows) > MOST_RECORDS:
            raise _invalid(
                f"첫 줄이 열 이름이고 기록이 1개에서 {MOST_RECORDS}개까지인 CSV 파일이어야 합니다.",
                f"Give a CSV file with a heading and 1 to {MOST_RECORDS} records.",
            )
        return tuple(self._canary(number, row) for number, row in enumerate(rows, 2))

    def keep(self, dataset: str, added: Sequence[Canary]) -> int:
        """Add canaries to those of a dataset and return how many there are now; the same one twice is one."""
        known = {one.values | one.distinct: one for one in (*self.of(dataset), *added)}
        content = {
            "key": key_id(self._key),
            "canaries": [
                {"ref": one.ref, "distinct": sorted(one.distinct), "values": sorted(one.values)}
                for one in known.values()
            ],
        }
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._path(dataset).with_suffix(f".{os.getpid()}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            json.dump(content, stream)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.rename(self._path(dataset))
        return len(known)

    def _canary(self, number: int, row: Sequence[str]) -> Canary:
        values = list(dict.fromkeys(text for cell in row if (text := normal(cell))))
        keys = dict(zip(values, self._keys(values).tolist(), strict=True))
        distinct = frozenset(keys[text] for text in values if _is_distinct(text))
        if not distinct:
            raise _invalid(
                f"{number}번째 줄: 이 기록만의 값이 없습니다. 8자 이상이며 숫자가 든 식별자를 넣으십시오.",
                f"Line {number}: nothing tells this record from a real one; give it an identifier of "
                f"{LEAST_DISTINCT} characters or more with digits in it, that no real record has.",
            )
        return Canary(secrets.token_hex(6), distinct, frozenset(keys.values()))

    def _keys(self, values: Sequence[str]) -> Keys:
        if not values:
            return np.empty(0, dtype=np.uint64)
        return keyed(self._key, map(mark, values), len(values))

    def _path(self, dataset: str) -> Path:
        if not _SLUG.fullmatch(dataset):
            raise _invalid(f"데이터셋 이름이 아닙니다: {dataset}", f"{dataset!r} is no name of a dataset.")
        return self._directory / f"{dataset}.json"


def _is_distinct(text: str) -> bool:
    # Eight digits that begin like a year are a date, which real records have too.
    dated = re.fullmatch(r"(19|20)\d{6}(t\d{6})?", text)
    return len(text) >= LEAST_DISTINCT and any(map(str.isdigit, text)) and "." not in text and not dated


def _invalid(ko: str, en: str) -> Invalid:
    return Invalid("bad_canary", Text(ko=ko, en=en))
