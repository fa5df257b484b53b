"""Where an extract is written: a Parquet or CSV file that is there as a whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from audit.text import Text
from deid.errors import DataError

METADATA_KEY = b"ansim.extract"
_FORMULA = "^[=+\\-@\\t\\r]"


class TargetTaken(DataError):
    """Something stands where the extract would: it is never overwritten."""

    hint = Text(
        "다른 이름을 쓰거나 그 파일을 지운 뒤 다시 실행하십시오. 아무것도 쓰지 않았습니다.",
        "Name another file, or remove that one, then run it again; nothing was written.",
    )


class Writer(Protocol):
    """Takes the rows of an extract."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows."""


@contextmanager
def extract_file(target: Path, described: Mapping[str, object], tokens: Sequence[str] = ()) -> Iterator[Writer]:
    """Give a writer; the file appears under its name when the block ends well, and not at all when it fails.

    `tokens` are columns that look random: to look for repetitions in them takes half the time and finds none.

    Raises: DataError — if something is there already, or the form is unknown.
    """
    kind = refuse_target(target)
    with _nameless(target.parent) as (descriptor, partial):
        writer = _Parquet(partial, described, tokens) if kind == ".parquet" else _Csv(partial)
        try:
            yield writer
        finally:
            writer.close()
        os.fsync(descriptor)
        _give_name(descriptor, target)


def refuse_target(target: Path) -> str:
    """Return the form of an extract by its name; long work asks before it begins.

    Raises: DataError — if something is there already, or the form is unknown.
    """
    kind = target.suffix.lower()
    if kind not in (".parquet", ".csv"):
        raise DataError(Text("추출본은 .parquet나 .csv 파일로 씁니다.", "an extract is a .parquet or a .csv file."))
    if target.exists():
        raise TargetTaken(Text(f"{target.name} 파일이 이미 있습니다.", f"{target.name} is there already."))
    return kind


def alike(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield batches in the kinds of columns that the first one had.

    Raises: DataError — if a later one cannot be put into them.
    """
    schema: pa.Schema | None = None
    for batch in batches:
        schema = schema or batch.schema
        columns = [_as(field, column) for field, column in zip(schema, batch.columns, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


class Stage:
    """Rows put aside until it is known which of them may stay."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Put some rows aside."""
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, batch.schema, compression="snappy")
        self._writer.write_batch(batch)

    def end(self) -> None:
        """Put no more aside; what is there can be read now."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def write_all(self, batches: Iterator[pa.RecordBatch]) -> None:
        """Put rows aside."""
        try:
            for batch in batches:
                self.add(batch)
        finally:
            self.end()

    def read(self, columns: list[str]) -> pa.Table:
        """Return some columns of all rows."""
        if not self._path.stat().st_size:
            return pa.table({name: pa.array([], pa.string()) for name in columns})
        return pq.read_table(self._path, columns=columns, read_dictionary=columns)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows again, in their order."""
        if self._path.stat().st_size:
            yield from pq.ParquetFile(self._path, pre_buffer=False).iter_batches(batch_size=262_144)


@contextmanager
def stage(target: Path) -> Iterator[Stage]:
    """Give a place for rows beside the target; it is gone when the block ends."""
    with _nameless(target.parent) as (_descriptor, path):
        yield Stage(path)


@contextmanager
def _nameless(directory: Path) -> Iterator[tuple[int, Path]]:
    """Give a file without a name: whatever kills this process, the system takes it away.

    Raises: DataError — if the directory cannot hold one.
    """
    try:
        descriptor = os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DataError(
            Text(f"{directory} 폴더에 쓸 수 없습니다: {error.strerror}", f"{directory}: {error.strerror}.")
        ) from error
    try:
        yield descriptor, Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _give_name(descriptor: int, target: Path) -> None:
    directory = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # With a directory given, the link is followed to the file itself; it never replaces another.
        os.link(f"/proc/self/fd/{descriptor}", target.name, dst_dir_fd=directory)
        os.fsync(directory)
    except FileExistsError:
        raise TargetTaken(Text(f"{target.name} 파일이 이미 있습니다.", f"{target.name} is there already.")) from None
    finally:
        os.close(directory)


class _Parquet:
    def __init__(self, path: Path, described: Mapping[str, object], tokens: Sequence[str]) -> None:
        self._path = path
        self._tokens = frozenset(tokens)
        self._described = json.dumps(described, sort_keys=True, ensure_ascii=False).encode("utf-8")
        self._writer: pq.ParquetWriter | None = None

    def _compression(self, field: pa.Field) -> str:
        if field.name in self._tokens:
            return "none"
        # Measurements repeat little: what zstd finds in them beyond snappy is not worth its time.
        return "snappy" if pa.types.is_floating(field.type) else "zstd"

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows; nothing of the source's own metadata comes along."""
        if self._writer is None:
            schema = pa.schema([pa.field(field.name, field.type) for field in batch.schema])
            schema = schema.with_metadata({METADATA_KEY: self._described})
            self._writer = pq.ParquetWriter(
                self._path,
                schema,
                compression={field.name: self._compression(field) for field in schema},
                write_statistics=[name for name in schema.names if name not in self._tokens],
                use_dictionary=[
                    field.name
                    for field in schema
                    if field.name not in self._tokens and not pa.types.is_floating(field.type)
                ],
                store_schema=True,
            )
        arrays = [_as(field, column) for field, column in zip(self._writer.schema, batch.columns, strict=True)]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._writer.schema))

    def close(self) -> None:
        """End the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class _Csv:
    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._writer: pa_csv.CSVWriter | None = None
        self._schema = pa.schema([])

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows in UTF-8; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
        arrays = [_harmless(column) for column in batch.columns]
        if self._writer is None:
            self._file.write(b"\xef\xbb\xbf")
            schema = pa.schema([pa.field(n, a.type) for n, a in zip(batch.schema.names, arrays, strict=True)])
            self._writer = pa_csv.CSVWriter(self._file, schema)
            self._schema = schema
        arrays = [_as(field, column) for field, column in zip(self._schema, arrays, strict=True)]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """End the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if not self._file.closed:
            self._file.flush()
            self._file.close()


def _as(field: pa.Field, column: pa.Array) -> pa.Array:
    """Return rows in the kind that the rows before them had.

    Raises: DataError — if they are of another, as where whole numbers or dates turn into others late in a text file.
    """
    try:
        return column if column.type == field.type else pc.cast(column, field.type)
    except pa.ArrowException:
        raise DataError(
            Text(
                f"{field.name} 열: 앞쪽과 뒤쪽 값의 형식이 다릅니다(예: 정수와 소수). 한 가지로 맞추십시오.",
                f"column {field.name}: later rows are of another kind (such as 1 and 1.5); write them alike.",
            )
        ) from None


def _harmless(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        return column
    dangerous = pc.match_substring_regex(column, pattern=_FORMULA)
    if not pc.any(dangerous).as_py():
        return column
    return pc.if_else(dangerous, pc.binary_join_element_wise("'", column, ""), column)
