"""Where rows come from: a Parquet file, or text with separators in UTF-8 or CP949, read in batches.

Everything in a text file is read as text, so that leading zeroes stay. Whatever is wrong with a file fails as one
`DataError` that names at most a row: a parser's own message may quote a person's data.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from audit.text import Text
from deid.errors import DataError

BATCH_ROWS = 262_144
MAX_COLUMNS = 10_000
MAX_HEADER_BYTES = 1_048_576
SEPARATORS = (",", "|", "\t", ";", "^")
ENCODINGS = ("utf-8-sig", "utf-8", "cp949")
_SAMPLE_BYTES = 4 * 1_048_576
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
        _refuse_many(len(schema))
        for name, kind in zip(schema.names, schema.types, strict=True):
            if pa.types.is_nested(kind):
                raise DataError(
                    Text(f"{name} 열: 목록이나 구조체 열은 다루지 않습니다.", f"column {name} is nested; flatten it.")
                )
        _refuse_twice(schema.names)
        return cls(path, tuple(schema.names), file.metadata.num_rows, {"format": "parquet"})

    def batches(self, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        """Yield all rows of some columns; categories become plain values, so that unused ones cannot ride along."""
        try:
            file = pq.ParquetFile(self.path)
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=list(columns)):
                arrays = [_plain(batch.column(name)) for name in columns]
                yield pa.RecordBatch.from_arrays(arrays, names=list(columns))
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
            with path.open("rb") as file:
                sample = file.read(_SAMPLE_BYTES)
        except OSError as error:
            raise _damaged(path) from error
        encoding = _encoding(sample, path)
        header = sample.partition(b"\n")[0]
        if len(header) > MAX_HEADER_BYTES or not header.strip():
            raise DataError(
                Text(f"{path.name}: 첫 줄에 열 이름이 없거나 너무 깁니다.", f"{path.name}: no usable header.")
            )
        line = header.decode(encoding, "replace").rstrip("\r")
        separator = max(SEPARATORS, key=line.count)
        names = next(csv.reader([line], delimiter=separator))
        _refuse_many(len(names))
        _refuse_twice(names)
        described = {"format": "text", "encoding": encoding, "separator": separator}
        return cls(path, tuple(names), None, described, encoding, separator)

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
    except OSError as error:
        raise _damaged(path) from error
    return ParquetTable.open(path) if first == b"PAR1" else TextTable.open(path)


def _plain(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = pc.cast(column, pa.string())
    return column


def _encoding(sample: bytes, path: Path) -> str:
    if b"\0" in sample:
        raise DataError(Text(f"{path.name}: 글자 파일이 아닙니다.", f"{path.name} is not a text file."))
    for encoding in ENCODINGS:
        if encoding == "utf-8-sig" and not sample.startswith(codecs.BOM_UTF8):
            continue
        try:
            codecs.getincrementaldecoder(encoding)().decode(sample, final=len(sample) < _SAMPLE_BYTES)
        except UnicodeDecodeError:
            continue
        return encoding
    raise DataError(
        Text(
            f"{path.name}: UTF-8도 CP949도 아닙니다. 둘 중 하나로 저장하십시오.",
            f"{path.name} is neither UTF-8 nor CP949; save it in one of them.",
        )
    )


def _refuse_many(columns: int) -> None:
    if columns > MAX_COLUMNS:
        raise DataError(Text(f"열이 {MAX_COLUMNS:,}개보다 많습니다.", f"more than {MAX_COLUMNS:,} columns."))


def _refuse_twice(names: list[str]) -> None:
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
