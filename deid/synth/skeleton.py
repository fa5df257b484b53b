"""A policy to begin with, from the names and kinds of columns alone: no value of the data is looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from deid.sources import ParquetTable, Table

MOST_COLUMNS = 60
"""Columns of a table that are put into the skeleton; an extract of more is nobody's first one."""


def skeleton(tables: Mapping[str, Table]) -> str:
    """Return `columns:` for one table, or `tables:` for several, to be corrected by somebody who knows the data."""
    if len(tables) == 1:
        [table] = tables.values()
        return "columns:\n" + _columns(kinds_of(table), {}, "  ")
    keys = {name: _key(name, table) for name, table in tables.items()}
    text = "tables:\n"
    for name, table in tables.items():
        others = {key: other for other, key in keys.items() if key is not None and other != name}
        text += f"  {name}:\n    columns:\n" + _columns(kinds_of(table), others, "      ", keys[name])
    return text


def kinds_of(table: Table) -> dict[str, str]:
    """Return the kind that each column most likely has, by its type; text files say nothing of it."""
    if not isinstance(table, ParquetTable):
        return dict.fromkeys(table.columns, "category")
    schema = pq.read_schema(table.path)
    return {name: _kind(name, schema.field(name).type) for name in table.columns}


def _kind(name: str, kind: pa.DataType) -> str:
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return "date"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number, decimals: 2"
    if pa.types.is_integer(kind) and not name.lower().endswith(("_id", "code", "_cd")):
        return "number"
    return "category"


def _key(name: str, table: Table) -> str | None:
    """Return the column that is called as its table, such as person_id of person."""
    called = {f"{name}_id".lower(), f"{name.removesuffix('_occurrence').removesuffix('_exposure')}_id".lower()}
    return next((column for column in table.columns if column.lower() in called), None)


def _columns(kinds: Mapping[str, str], others: Mapping[str, str], indent: str, key: str | None = None) -> str:
    lines = []
    for name, kind in list(kinds.items())[:MOST_COLUMNS]:
        if name == key:
            told = "key"
        elif name in others:
            told = f"reference, table: {others[name]}"
        else:
            told = kind
        shown = name if name.replace("_", "").isalnum() and name.isascii() else json.dumps(name, ensure_ascii=False)
        lines.append(f"{indent}{shown}: {{kind: {told}}}\n")
    return "".join(lines)
