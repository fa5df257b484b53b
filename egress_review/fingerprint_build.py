"""Making the index of a dataset version: every table read once, in batches, in bounded memory.

Values are hashed per batch and column, each distinct one once; what is too common to point to anybody is dropped on
the way. The rest goes into files by its first bits, so that no more than one of them is sorted in memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from deid.errors import DeidError
from deid.sources import Table, open_table
from egress_review.fingerprint_index import MOST_HOLDERS, PARTS, ROWS_FILE, Keys, keyed, most_holders
from egress_review.fingerprint_marks import LEAST_ROW, mark, normal

BUCKET_BITS = 6
"""Postings are sorted in 64 pieces by their first bits; those of a small source in one."""
SMALL_BYTES = 64_000_000
LEAST_UNIQUE = 20
UNIQUE_SHARE = 0.95
"""A column numbers people or things from so many values of which so many are distinct (as other checkers have it)."""
LEAST_TEXT = 6
LEAST_DIGITS = 7
"""Characters of an identifier; a number must have more digits than a count has, and be one of many possible."""
SPARSE = 1e-3
"""Share of the numbers between the least and the greatest that may be taken for them to identify."""
MOST_RECORD = 3
"""Rows of the source that may be equal as a whole and still are records and not a pattern."""

CODE_LISTS = frozenset(
    (
        *("concept", "concept_ancestor", "concept_class", "concept_relationship", "concept_synonym", "domain"),
        *("drug_strength", "relationship", "source_to_concept_map", "vocabulary", "cdm_source"),
    )
)
"""Tables of OMOP (CDM 5.4, vocabularies) that hold no people; their rows are in every table that names a concept."""

_POSTING = np.dtype([("key", np.uint64), ("row", np.uint32)])


@dataclass(slots=True)
class TableFacts:
    """What was read of one table."""

    path: str
    rows: int = 0
    columns: int = 0
    identifiers: int = 0


@dataclass(slots=True)
class Built:
    """What an index was made of."""

    tables: list[TableFacts] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    """Files that were not read, with a code that says why."""
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)


def build(
    files: Iterable[tuple[str, Path]], key: bytes, directory: Path, code_lists: frozenset[str] = frozenset()
) -> Built:
    """Write the index of some files, named as they are in their dataset, into a directory."""
    built, found = Built(), list(files)
    bits = BUCKET_BITS if sum(path.stat().st_size for _, path in found) > SMALL_BYTES else 0
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=directory)))
        pile = {part: _Pile(scratch, part, stack, bits) for part in PARTS}
        for name, path in found:
            if name in code_lists or Path(name).stem.casefold() in CODE_LISTS:
                built.left_out[name] = "code_list"
                continue
            if Path(name).suffix.casefold() == ".md":
                built.left_out[name] = "document"
                continue
            try:
                table = open_table(path)
                _read(table, name, key, pile, built)
            except DeidError:
                built.left_out[name] = "no_table"
        for part in PARTS:
            built.counts[part] = pile[part].write(directory, built.total)
    return built


class _Pile:
    """Postings on their way to disk, in buckets by their first bits."""

    def __init__(self, scratch: Path, part: str, stack: ExitStack, bits: int) -> None:
        self._part = part
        self._bits = bits
        paths = [scratch / f"{part}.{number}" for number in range(2**bits)]
        self._files: list[BinaryIO] = [stack.enter_context(path.open("w+b")) for path in paths]

    def add(self, keys: Keys, rows: npt.NDArray[np.uint32]) -> None:
        """Add postings."""
        postings = np.empty(len(keys), dtype=_POSTING)
        postings["key"], postings["row"] = keys, rows
        if not self._bits:
            self._files[0].write(postings.tobytes())
            return
        bucket = (keys >> np.uint64(64 - self._bits)).astype(np.intp)
        order = np.argsort(bucket, kind="stable")
        edges = np.searchsorted(bucket[order], np.arange(2**self._bits + 1))
        for number, (start, end) in enumerate(pairwise(edges)):
            if start != end:
                self._files[number].write(postings[order[start:end]].tobytes())

    def write(self, directory: Path, total: int) -> int:
        """Write the sorted files and return how many postings they hold."""
        count = 0
        with (directory / f"{self._part}.keys").open("wb") as keys, ExitStack() as stack:
            rows = stack.enter_context((directory / ROWS_FILE).open("wb")) if self._part == "cells" else None
            for file in self._files:
                file.seek(0)
                postings = np.unique(np.frombuffer(file.read(), dtype=_POSTING))
                kept = self._kept(postings, total)
                count += len(kept)
                keys.write(np.ascontiguousarray(kept["key"]).tobytes())
                if rows is not None:
                    rows.write(np.ascontiguousarray(kept["row"]).tobytes())
        return count

    def _kept(self, postings: Any, total: int) -> Any:
        if not len(postings):
            return postings
        _, first, size = np.unique(postings["key"], return_index=True, return_counts=True)
        if self._part == "cells":
            return postings[np.repeat(size <= most_holders(total), size)]
        return postings[first[size <= MOST_RECORD] if self._part == "records" else first]


def _read(table: Table, name: str, key: bytes, pile: dict[str, _Pile], built: Built) -> None:
    """Read one table; nothing of it is kept if it is damaged at its beginning, and what was read if later."""
    facts = TableFacts(name, columns=len(table.columns))
    numbering: tuple[str | None, ...] | None = None
    for batch in table.batches(table.columns):
        columns = [_column(batch.column(index)) for index in range(batch.num_columns)]
        if numbering is None:
            numbering = tuple(_numbering(column) for column in columns)
            facts.identifiers = sum(one is not None for one in numbering)
            built.tables.append(facts)
        start = built.total
        _add(columns, numbering, start, batch.num_rows, key, pile)
        facts.rows += batch.num_rows


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of a batch: its distinct values, and which of them each row has; the last is none."""

    values: Sequence[str]
    codes: npt.NDArray[np.intp]
    marks: npt.NDArray[np.uint64]


def _column(array: Any) -> _Column:
    texts = array.cast(pa.string()) if not pa.types.is_string(array.type) else array
    encoded = pc.dictionary_encode(texts)
    values = [normal(value) for value in encoded.dictionary.to_pylist()]
    codes = encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False).astype(np.intp)
    marks = np.array([*map(mark, values), 0], dtype=np.uint64)
    return _Column(values, codes, marks)


def _numbering(column: _Column) -> str | None:
    """Whether a column identifies, and by texts or by numbers."""
    values = [value for value in column.values if value]
    filled = int(np.count_nonzero(column.marks[column.codes]))
    if len(values) < LEAST_UNIQUE or len(set(values)) < UNIQUE_SHARE * filled:
        return None
    if all(value.isdigit() for value in values):
        numbers = [int(value) for value in values if len(value) >= LEAST_DIGITS]
        if len(numbers) < len(values) or len(values) > SPARSE * (max(numbers) - min(numbers) + 1):
            return None
        return "numbers"
    long = sum(len(value) >= LEAST_TEXT and not _decimal(value) for value in values)
    return "texts" if long >= UNIQUE_SHARE * len(values) else None


def _decimal(value: str) -> bool:
    return value.replace(".", "", 1).lstrip("-").isdigit()


def _add(
    columns: list[_Column],
    numbering: tuple[str | None, ...],
    start: int,
    rows: int,
    key: bytes,
    pile: dict[str, _Pile],
) -> None:
    """Add the rows of one batch, which begin at number `start`."""
    numbers = np.arange(start, start + rows, dtype=np.uint32)
    whole, plain = np.zeros(rows, dtype=np.uint64), np.zeros(rows, dtype=np.uint64)
    filled, left = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    for column, kind in zip(columns, numbering, strict=True):
        marks = column.marks[column.codes]
        there = marks != 0
        whole, filled = whole + marks, filled + there
        if kind is None:
            plain, left = plain + marks, left + there
        counts = np.bincount(column.codes, minlength=len(column.marks))
        rare = np.flatnonzero((counts > 0) & (counts <= MOST_HOLDERS) & (column.marks != 0))
        if not len(rare):
            continue
        keys = np.zeros(len(column.marks), dtype=np.uint64)
        keys[rare] = keyed(key, column.marks[rare].tolist(), len(rare))
        taken = np.isin(column.codes, rare) if len(rare) < len(column.marks) - 1 else there
        pile["cells"].add(keys[column.codes[taken]], numbers[taken])
        if kind is not None:
            pile[kind].add(keys[rare], np.zeros(len(rare), dtype=np.uint32))
    for sums, count in ((whole, filled), (plain, left)):
        chosen = np.flatnonzero(count >= LEAST_ROW)
        if len(chosen) and not (sums is plain and np.array_equal(whole, plain)):
            keys = keyed(key, sums[chosen].tolist(), len(chosen))
            pile["records"].add(keys, numbers[chosen])


def tables_below(directory: Path) -> Iterator[tuple[str, Path]]:
    """The files below a directory by their names in it, without following links."""
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(directory).as_posix(), path
