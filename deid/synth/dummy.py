"""Dummy rows for rehearsals: drawn from a schema that somebody wrote, without any data, so that nothing can be in them.

No file of rows is ever opened here and nothing is learnt. What a column may hold is what the schema says; where it says
nothing, the value is invented by the column's kind alone. So there is nothing to measure and nothing to review, and a
statistic of dummy rows means nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from audit.text import Text
from audit.yaml_file import Node, read_yaml
from deid.errors import PolicyError, SynthPolicyError
from deid.synth.made import MAKERS, PLACES, every_name, keys
from deid.synth.policy import ColumnKind, read_column, within

VERSION = 1
BLOCK = 100_000
MISSING = 0.05
"""The part of a column that may be empty that is; code has to meet empty fields in rehearsal too."""
FIRST_DAY, LAST_DAY = 14_610, 20_454
"""2010-01-01 and 2025-12-31, in days since 1970, where the schema gives no range."""
SAID = Text(
    "견본 자료입니다. 열의 종류만 보고 지어낸 값이며, 실제 자료는 한 줄도 보지 않았습니다. 통계에는 뜻이 없습니다.",
    "Dummy data: made up from the kinds of columns alone; no real row was looked at. Its statistics mean nothing.",
)


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a schema."""

    column: ColumnKind
    optional: bool


@dataclass(frozen=True, slots=True)
class Schema:
    """What dummy rows look like."""

    name: str
    fields: tuple[Field, ...]


def load_schema(path: Path) -> Schema:
    """Return the schema in a file.

    Raises: PolicyError — naming the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(Text(f"{path}: 읽을 수 없는 파일입니다.", f"{path} cannot be read.")) from error
    return parse_schema(text, path.name)


def parse_schema(text: str, file: str = "schema.yaml") -> Schema:
    """Return the schema in a text.

    Raises: PolicyError — naming the line.
    """
    given = read_yaml(text, file, SynthPolicyError).fields(("version", "name", "columns"))
    given["version"].whole(VERSION, VERSION)
    fields = tuple(_field(name, node) for name, node in given["columns"].entries().items())
    if not fields:
        given["columns"].refuse(Text("열이 하나도 없습니다", "names no column"))
    return Schema(given["name"].words(), fields)


def dummy_rows(schema: Schema, rows: int, random: np.random.Generator) -> Iterator[pa.RecordBatch]:
    """Yield so many rows, block by block."""
    for start in range(0, rows, BLOCK):
        size = min(BLOCK, rows - start)
        columns = {field.column.name: _drawn(field, size, start, random) for field in schema.fields}
        yield pa.RecordBatch.from_pydict(columns)


def _field(name: str, node: Node) -> Field:
    optional = False
    entries = node.entries()
    if "optional" in entries:
        optional = entries["optional"].truth()
    return Field(read_column(name, node, ("optional",)), optional)


def _drawn(field: Field, size: int, start: int, random: np.random.Generator) -> pa.Array:
    column = field.column
    mask = random.random(size) < MISSING if field.optional else None
    match column.kind:
        case "key":
            return keys(np.arange(start + 1, start + size + 1))
        case "number":
            low, high = within(column.range or (0.0, 100.0), column.decimals)
            drawn = np.round(low + random.random(size) * (high - low), column.decimals)
            return pa.array(drawn if column.decimals else drawn.astype(np.int64), mask=mask)
        case "date":
            low, high = column.range or (FIRST_DAY, LAST_DAY)
            days = random.integers(int(low), int(high) + 1, size).astype(np.int32)
            return pa.array(days, pa.int32(), mask=mask).cast(pa.date32())
        case "name":
            return _emptied(pa.array(every_name()).take(pa.array(random.integers(len(every_name()), size=size))), mask)
        case "phone" | "address" | "resident_number":
            return _emptied(MAKERS[column.kind](size, random), mask)
        case _:
            words = PLACES if column.kind == "region" else tuple(f"{column.name}_{n}" for n in range(1, 6))
            values = column.values or words
            return _emptied(pa.array(values).take(pa.array(random.integers(len(values), size=size))), mask)


def _emptied(values: pa.Array, mask: np.ndarray | None) -> pa.Array:
    return values if mask is None else pa.array(values.to_pylist(), pa.string(), mask=mask)
