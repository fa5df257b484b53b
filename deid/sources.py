"""Where rows come from: a Parquet file, or text with separators in UTF-8 or CP949, read in batches.

Everything in a text file is read as text, so that leading zeroes stay. Whatever is wrong with a file fails as one
`DataError` that names at most a row: a parser's own message may quote a person's data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from audit.text import Text
from deid.errors import DataError
from deid.parquet_limits import refuse_bomb
from deid.text_form import text_form
from deid.uneven import uneven_line

BATCH_ROWS = 262_144
MAX_COLUMNS = 10_000
_ROW = re.compile(r"Row #([0-9]+)")


class Table(Protocol):
    """A table that can be read from its beginning as often as needed."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of its columns."""

    @property
    def rows(self) -> int | None:
        """Return how many rows there are, where that is known before reading."""

    @property
    def described(self) -> dict[str, str]:
        """Return what was found out about its form, for the record."""

    def batches(self, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        """Yield all rows of some columns, in their order."""


@dataclass(frozen=True, slots=True)
class ParquetTable:
    """A Parquet file."""

    path: Path
    columns: tuple[str, ...]
    rows: int | None
    described: dict[str, str]

    @classmethod
    def open(cls, path: Path) -> ParquetTable:
        """Read what the file says of itself.

        Raises: DataError — if it is damaged, or has columns of lists or structures.
        """
        try:
            file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(path) from error
        schema = file.schema_arrow
        refuse_columns(schema.names)
        refuse_bomb(file.metadata, path.name)
        for name, kind in zip(schema.names, schema.types, strict=True):
            if pa.types.is_nested(kind):
                raise DataError(
                    Text(f"{name} 열: 목록이나 구조체 열은 다루지 않습니다.", f"column {name} is nested; flatten it.")
                )
        return cls(path, tuple(schema.names), file.metadata.num_rows, {"format": "parquet"})

    def batches(self, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        """Yield all rows of some columns; categories become plain values, so that unused ones cannot ride along."""
        return self.part(columns, 0, self.rows or 0)

    def part(self, columns: tuple[str, ...], first: int, count: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows from number `first` on, at most `count`; only the row groups that hold them are read."""
        try:
            # Its own default keeps the bytes of every row group that was read: 3 GB at a hundred million rows.
            with pq.ParquetFile(self.path, pre_buffer=False) as file:
                groups, skip = _groups(file.metadata, first, count)
                read = file.iter_batches(batch_size=BATCH_ROWS, row_groups=groups, columns=list(columns))
                plain = (
                    pa.RecordBatch.from_arrays([_plain(b.column(n)) for n in columns], list(columns)) for b in read
                )
                yield from _even(_within(plain, skip, count))
        except (pa.ArrowException, OSError) as error:
            raise _damaged(self.path) from error


@dataclass(frozen=True, slots=True)
class TextTable:
    """A file of lines with separators and a header."""

    path: Path
    columns: tuple[str, ...]
    rows: int | None
    described: dict[str, str]
    encoding: str
    separator: str

    @classmethod
    def open(cls, path: Path) -> TextTable:
        """Find out encoding and separator.

        Raises: DataError — if the file is no table in an encoding that is known.
        """
        try:
            form = text_form(path)
        except OSError as error:
            raise _damaged(path) from error
        refuse_columns(form.names)
        described = {"format": "text", "encoding": form.encoding, "separator": form.separator}
        return cls(path, form.names, None, described, form.encoding, form.separator)

    def batches(self, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        """Yield all rows of some columns as text; an empty field is missing."""
        read = pa_csv.ReadOptions(
            encoding=self._arrow_encoding, block_size=8 << 20, column_names=list(self.columns), skip_rows=1
        )
        parse = pa_csv.ParseOptions(delimiter=self.separator, newlines_in_values=True)
        convert = pa_csv.ConvertOptions(
            column_types=dict.fromkeys(self.columns, pa.string()),
            include_columns=list(columns),
            strings_can_be_null=True,
            null_values=[""],
            quoted_strings_can_be_null=True,
        )
        try:
            with pa_csv.open_csv(self.path, read, parse, convert) as reader:
                yield from reader
        except (pa.ArrowException, OSError, UnicodeError) as error:
            if said := uneven_line(self.path, self.encoding, self.separator, len(self.columns)):
                raise DataError(said) from None
            found = _ROW.search(str(error))
            raise _damaged(self.path, int(found[1]) - 1 if found else None) from None

    @property
    def _arrow_encoding(self) -> str:
        return "utf8" if self.encoding.startswith("utf-8") else self.encoding


def open_table(path: Path) -> Table:
    """Return the table in a file, by what its first bytes are, not by its name.

    Raises: DataError — if it is none.
    """
    try:
        with path.open("rb") as file:
            first = file.read(4)
    except FileNotFoundError as error:
        raise DataError(Text(f"{path}: 파일이 없습니다.", f"there is no file {path}.")) from error
    except IsADirectoryError as error:
        raise DataError(Text(f"{path}: 파일이 아니라 폴더입니다.", f"{path} is a folder; name a file.")) from error
    except PermissionError as error:
        raise DataError(Text(f"{path}: 읽을 권한이 없습니다.", f"{path} may not be read by you.")) from error
    except OSError as error:
        raise _damaged(path) from error
    return ParquetTable.open(path) if first == b"PAR1" else TextTable.open(path)


def _groups(metadata: Any, first: int, count: int) -> tuple[list[int], int]:
    """Return the row groups that hold some rows, and how many rows of the first group stand before them."""
    groups: list[int] = []
    skip = start = 0
    for number in range(metadata.num_row_groups):
        end = start + metadata.row_group(number).num_rows
        if start < first + count and end > first:
            skip = first - start if not groups else skip
            groups.append(number)
        start = end
    return groups, max(0, skip)


def _within(batches: Iterator[pa.RecordBatch], skip: int, count: int) -> Iterator[pa.RecordBatch]:
    """Yield `count` rows behind the first `skip`."""
    for batch in batches:
        passed = min(skip, batch.num_rows)
        shown = batch.slice(passed, count)
        skip, count = skip - passed, count - shown.num_rows
        if shown.num_rows:
            yield shown


def _even(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the same rows in batches of one size, whatever the row groups: the n-th row is always in the same one."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        while rows + batch.num_rows >= BATCH_ROWS:
            cut = BATCH_ROWS - rows
            yield _joined([*waiting, batch.slice(0, cut)])
            waiting, rows, batch = [], 0, batch.slice(cut)
        if batch.num_rows:
            waiting.append(batch)
            rows += batch.num_rows
    if waiting:
        yield _joined(waiting)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


def _plain(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = pc.cast(column, pa.string())
    if pa.types.is_string(column.type):
        column.validate(full=True)  # a damaged page may hold bytes that are no text
    return column


def refuse_columns(names: Sequence[str]) -> None:
    """Refuse more columns than anybody surveys, and names that stand twice.

    Raises: DataError
    """
    if len(names) > MAX_COLUMNS:
        raise DataError(Text(f"열이 {MAX_COLUMNS:,}개보다 많습니다.", f"more than {MAX_COLUMNS:,} columns."))
    if len(set(names)) != len(names):
        raise DataError(Text("이름이 같은 열이 둘 이상 있습니다.", "two columns have the same name."))


def _damaged(path: Path, row: int | None = None) -> DataError:
    where = (f" {row}행", f", row {row}") if row is not None else ("", "")
    return DataError(
        Text(
            f"{path.name}{where[0]}: 읽을 수 없습니다. 파일이 손상되었거나 형식이 다릅니다.",
            f"{path.name}{where[1]}: cannot be read; the file is damaged or of another form.",
        )
    )
