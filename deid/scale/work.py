"""What a worker does: it changes one part of a table, and answers with rows or with the reason why not.

Everything here arrives in one object whose text shows nothing: a scheduler writes what a task was given into its log
when the task fails. For the same reason an answer never is an exception.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from audit.text import Text
from deid.engine import Plan
from deid.errors import DataError, DeidError
from deid.keys import DomainKey
from deid.sources import ParquetTable

_FOOTER_BYTES = 65_536


@dataclass(frozen=True, slots=True, repr=False)
class FilePart:
    """Rows of a Parquet file that the worker reads itself."""

    path: Path
    first: int
    count: int


@dataclass(frozen=True, slots=True, repr=False)
class SentPart:
    """Rows that were read elsewhere, as an Arrow stream."""

    first: int
    data: bytes


Part = FilePart | SentPart


@dataclass(frozen=True, slots=True, repr=False)
class Task:
    """What every part of one extract has in common."""

    plan: Plan
    keys: DomainKey


@dataclass(frozen=True, slots=True, repr=False)
class Rows:
    """Changed rows, as an Arrow stream."""

    data: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Failure:
    """Why there are none."""

    reason: Text
    of_data: bool
    """Whether the data is to blame, or the worker."""


def change_part(task: Task, part: Part) -> Rows | Failure:
    """Return the changed rows of a part, in their order."""
    try:
        start, batches = part.first, []
        for batch in _read(task.plan, part):
            batches.append(task.plan.change(batch, start, task.keys))
            start += batch.num_rows
        return Rows(stream(batches))
    except DeidError as error:
        reason = getattr(error, "reason", None)
        return Failure(
            reason if isinstance(reason, Text) else Text(str(error), str(error)), isinstance(error, DataError)
        )
    except Exception as error:  # its own words may quote a value of the data
        name = type(error).__name__
        return Failure(Text(f"작업자에서 처리하지 못했습니다({name}).", f"a worker failed ({name})."), of_data=False)


def stream(batches: list[pa.RecordBatch]) -> bytes:
    """Return batches as one Arrow stream; each keeps its own kinds of columns, as the engine would have given them."""
    parts = []
    for batch in batches:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        data = sink.getvalue()
        parts += [len(data).to_bytes(8, "little"), data.to_pybytes()]
    return b"".join(parts)


def unstreamed(data: bytes) -> Iterator[pa.RecordBatch]:
    """Yield the batches of `stream`."""
    view, place = memoryview(data), 0
    while place < len(view):
        size = int.from_bytes(view[place : place + 8], "little")
        yield from pa.ipc.open_stream(view[place + 8 : place + 8 + size])
        place += 8 + size


def facts() -> dict[str, str]:
    """Return what must be alike on every machine so that all write the same: the program and its libraries."""
    program = hashlib.sha256()
    home = Path(__file__).resolve().parents[1]
    for path in sorted(home.rglob("*.py")):
        program.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes())
    return {
        "ansim": program.hexdigest(),
        "python": platform.python_version(),
        "pyarrow": pa.__version__,
        "numpy": np.__version__,
    }


def file_mark(path: str) -> str:
    """Return what tells whether two machines see the same file under a name; empty if there is none."""
    try:
        with Path(path).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _FOOTER_BYTES))
            return f"{size} {hashlib.sha256(file.read()).hexdigest()}"
    except OSError:
        return ""


def _read(plan: Plan, part: Part) -> Iterator[pa.RecordBatch]:
    if isinstance(part, SentPart):
        return unstreamed(part.data)
    return ParquetTable.open(part.path).part(plan.needed, part.first, part.count)
