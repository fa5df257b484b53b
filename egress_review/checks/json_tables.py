"""Tables in JSON, in the two forms in which pandas writes them, alone or below a title."""

from __future__ import annotations

from typing import Any

from egress_review.checks.tables import Table

MOST_COLUMNS = 500
"""Keys up to which records are taken for the rows of one table."""


def tables_in(value: Any) -> tuple[Table, ...]:
    """The table that a JSON value is in one of the forms of pandas: split, table, or a list of records."""
    if isinstance(value, dict) and isinstance(value.get("columns"), list):
        return _split_table(value)
    if isinstance(value, dict) and isinstance(value.get("schema"), dict) and isinstance(value.get("data"), list):
        value = value["data"]
    if isinstance(value, list) and len(value) > 1 and all(isinstance(one, dict) for one in value):
        names = tuple(dict.fromkeys(str(key) for record in value for key in record))
        plain = all(not isinstance(cell, dict | list) for record in value for cell in record.values())
        if plain and len(names) <= MOST_COLUMNS:
            rows = [[_cell(record.get(name)) for name in names] for record in value]
            return (Table(names, rows, range(1, len(rows) + 1)),)
    return ()


_HELD = frozenset(("data", "rows", "records", "table", "values", "results", "items", "자료", "결과", "표", "행"))
"""Keys under which the records of a file stand that says more of them."""


def held_in(value: Any) -> tuple[str, tuple[Table, ...]]:
    """The table that stands alone in an object, beside nothing but words and single values, and the path to it."""
    if not isinstance(value, dict):
        return "", ()
    found = [key for key, one in value.items() if isinstance(one, list) and any(isinstance(row, dict) for row in one)]
    plain = all(_is_plain(one) for key, one in value.items() if key not in found)
    if len(found) != 1 or not plain or found[0].lower() not in _HELD:
        return "", ()
    return f"$.{found[0]}", tables_in(value[found[0]])


def _is_plain(value: Any) -> bool:
    inner = value if isinstance(value, list) else ()
    return not isinstance(value, dict) and not any(isinstance(one, dict | list) for one in inner)


def _split_table(value: dict[str, Any]) -> tuple[Table, ...]:
    """The table in `{"columns": […], "data": [[…]]}`; rows count from its data."""
    data = value.get("data")
    if not isinstance(data, list) or not all(isinstance(row, list) for row in data):
        return ()
    index = value.get("index")
    keys = index if isinstance(index, list) and len(index) == len(data) else list(range(len(data)))
    rows = [[str(key), *map(_cell, row)] for key, row in zip(keys, data, strict=True)]
    return (Table(("", *(str(name) for name in value["columns"])), rows, range(1, len(rows) + 1)),)


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
