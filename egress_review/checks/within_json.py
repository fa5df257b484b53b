"""Tables at any depth of a JSON value: lists side by side, records, objects of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from egress_review.checks.tables import Table

MOST_TABLES, MOST_ROWS, DEEPEST = 50, 500, 20


def tables_within(value: Any) -> tuple[Table, ...]:
    """The tables of a JSON value; a row is numbered from 1."""
    found = []
    for table in _tables(value, 0):
        found.append(table)
        if len(found) >= MOST_TABLES:
            break
    return tuple(found)


def _tables(value: Any, depth: int) -> Iterator[Table]:
    if depth > DEEPEST:
        return
    if isinstance(value, dict):
        yield from _of_object(value)
    elif isinstance(value, list) and 1 < len(value) <= MOST_ROWS and all(isinstance(one, dict) for one in value):
        names = tuple(dict.fromkeys(str(key) for one in value for key in one))
        yield _table(("", *names), [["", *(one.get(name) for name in names)] for one in value])
        return
    elif isinstance(value, list) and 2 < len(value) <= MOST_ROWS and all(isinstance(one, list) for one in value):
        head, *rows = value
        if head and all(isinstance(cell, str) for cell in head):
            yield _table(tuple(head), rows)
            return
        if {len(one) for one in value} == {len(head)} and not any(isinstance(c, dict | list) for c in chain(*value)):
            yield _table(("",) * len(head), value)
            return
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        if isinstance(one, dict | list):
            yield from _tables(one, depth + 1)


def _of_object(value: dict[str, Any]) -> Iterator[Table]:
    plain = [(str(key), one) for key, one in value.items() if not isinstance(one, dict | list)]
    if 2 < len(plain) <= MOST_ROWS:
        yield _table(("", "n"), [[key, one] for key, one in plain])
    objects = {str(key): one for key, one in value.items() if isinstance(one, dict) and one}
    if 1 < len(objects) <= MOST_ROWS:
        names = tuple(dict.fromkeys(str(key) for one in objects.values() for key in one))
        yield _table(("", *names), [[key, *(one.get(name) for name in names)] for key, one in objects.items()])
    lists = {str(key): one for key, one in value.items() if isinstance(one, list) and 2 < len(one) <= MOST_ROWS}
    for size in {len(one) for one in lists.values()}:
        alike = {key: one for key, one in lists.items() if len(one) == size}
        # Words first: they are the labels of the rows.
        order = sorted(alike, key=lambda key: not all(isinstance(cell, str) for cell in alike[key]))
        lead = [] if all(isinstance(cell, str) for cell in alike[order[0]]) else [""]
        rows = [[*lead, *(alike[key][at] for key in order)] for at in range(size)]
        yield _table((*lead, *order), rows)


def _table(names: tuple[str, ...], rows: list[list[Any]]) -> Table:
    cells = [["" if cell is None or isinstance(cell, dict | list) else str(cell) for cell in row] for row in rows]
    return Table(names, cells, range(1, len(cells) + 1))
