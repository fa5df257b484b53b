"""How a search is run: from the rarest condition if one is rare, else along the log, stopping at a bound.

Measured at a million entries: fetching the 20,000 rows of a rare condition takes tens of milliseconds, walking the
whole log about half a second, looking for a text in all bodies one to two; an index of their text would cost every
append more than the entry itself. So a condition that finds fewer than
`RARE` entries is the source; without one the log is read in order, and no further than a budget allows. How far it
was read is part of the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from audit.body import timestamp
from audit.searching.conditions import Addresses, Condition, conditions, statement
from audit.searching.query import Query

RARE = 20_000
"""How many entries an index may find before it is no longer the cheapest way."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of the log one answer may read, in entries; `text` where bodies are searched."""

    entries: int = 1_000_000
    text: int = 200_000


@dataclass(frozen=True, slots=True)
class Plan:
    """A search, ready to run on one state of the log."""

    body: str
    """FROM and WHERE."""
    key: str
    """What the page is ordered by."""
    values: Mapping[str, Any]
    low: int
    """The search reads entries with low <= idx < high."""
    high: int
    cut: bool
    """Whether the budget ended it before the end of the log."""
    newest_first: bool

    def select(self, what: str, limit: int) -> tuple[str, dict[str, Any]]:
        """Return the statement that reads something of each entry, in the order of the query."""
        order = "DESC" if self.newest_first else "ASC"
        values = {**self.values, "low": self.low, "high": self.high, "n": limit}
        return f"SELECT {what} {self.body} ORDER BY {self.key} {order} LIMIT :n", values

    def run(self, tx: Connection, what: str, limit: int) -> Sequence[Any]:
        """Return what the statement finds."""
        sql, values = self.select(what, limit)
        return tx.execute(statement(sql, values), values).all()

    def grouped(self, tx: Connection, columns: Sequence[str], limit: int) -> Sequence[Any]:
        """Return how often each combination of columns occurs among the first `limit` entries of the search."""
        inner, values = self.select(", ".join(f"e.{column}" for column in columns), limit)
        places = ", ".join(map(str, range(1, len(columns) + 1)))
        sql = f"SELECT {', '.join(columns)}, count(*) AS n FROM ({inner}) f GROUP BY {places}"  # noqa: S608
        return tx.execute(statement(sql, values), values).all()


def plan(
    tx: Connection,
    query: Query,
    size: int,
    *,
    budget: Budget | None = None,
    rare: int = RARE,
    addresses: Addresses | None = None,
) -> Plan:
    """Return how to run a query on a log of `size` entries; without a budget to its end.

    A page stops early along the log, so only few entries are worth jumping to; a sum reads all it finds, and jumping
    pays for many more (`rare`).

    Raises: QuestionRefused — as `conditions`.
    """
    given = conditions(tx, query, addresses)
    low, high = _range(query, size)
    source = _rarest(tx, given, rare)
    jumps, cut = source is not None, False
    if source is None:
        low, high = _period(tx, query, low, high)
        source = next((one for one in given if one.source is not None and one.ordered), None)
        if budget is not None:
            span = budget.text if query.text else budget.entries
            cut = high - low > span
            low, high = _cut(low, high, span, newest_first=query.newest_first)
    values = {name: value for one in given for name, value in one.values.items()}
    body, key = _from(tx.dialect.name, source, jumps=jumps)
    tests = [one.test.format(idx=key.lstrip("+")) for one in given if one is not source]
    bounds = [f"{key} >= :low", f"{key} < :high"]
    where = " AND ".join([*bounds, *tests])
    return Plan(f"{body} WHERE {where}", key, values, low, high, cut, query.newest_first)


def _range(query: Query, size: int) -> tuple[int, int]:
    """Return the range of entries that are left behind `query.after`."""
    low, high = 0, size
    if query.after is not None and query.newest_first:
        return low, min(high, query.after)
    if query.after is not None:
        return max(low, query.after + 1), high
    return low, high


def _period(tx: Connection, query: Query, low: int, high: int) -> tuple[int, int]:
    """Leave out what lies before or after the period, where that is more than a few entries.

    Exact also where a clock was set back: the first and last entry of the period are sought, and what is between them
    is tested one by one. The index of times knows the entries, so this reads no row.
    """
    # The sum keeps both databases from looking for the first match in the order of the table instead.
    beyond = "SELECT count(*) FROM (SELECT 1 FROM audit_entry WHERE ts {} :ts LIMIT :most) c"
    if query.until is not None:
        values = {"ts": timestamp(query.until)}
        if tx.execute(text(beyond.format(">=")), {**values, "most": RARE}).scalar_one() == RARE:
            last = tx.execute(text("SELECT max(idx + 0) FROM audit_entry WHERE ts < :ts"), values).scalar()
            high = min(high, -1 if last is None else last + 1)
    if query.since is not None:
        values = {"ts": timestamp(query.since)}
        if tx.execute(text(beyond.format("<")), {**values, "most": RARE}).scalar_one() == RARE:
            first = tx.execute(text("SELECT min(idx + 0) FROM audit_entry WHERE ts >= :ts"), values).scalar()
            low = max(low, high if first is None else first)
    return low, high


def _cut(low: int, high: int, span: int, *, newest_first: bool) -> tuple[int, int]:
    if high - low <= span:
        return low, high
    return (high - span, high) if newest_first else (low, low + span)


def _rarest(tx: Connection, given: Sequence[Condition], rare: int) -> Condition | None:
    """Return the condition that finds the fewest entries, if they are few."""
    best, least = None, rare
    for one in given:
        if one.source is not None:
            counted = f"SELECT count(*) FROM (SELECT 1 FROM ({one.source}) s LIMIT :most) c"  # noqa: S608
            count: int = tx.execute(text(counted), {**one.values, "most": least}).scalar_one()
            if count < least:
                best, least = one, max(count, 1)
    return best


def _from(dialect: str, source: Condition | None, *, jumps: bool) -> tuple[str, str]:
    """Return the FROM of a search and the column that orders it."""
    if dialect == "sqlite":
        if source is None:
            # Its planner would take any index and sort a million rows.
            return "FROM audit_entry e NOT INDEXED", "e.idx"
        # The plus keeps it from reading the whole table in the order of the page instead of a few rows by the index.
        key = "d.idx" if source.ordered else "+d.idx"
        return f"FROM ({source.source}) d CROSS JOIN audit_entry e ON e.idx = d.idx", key
    if source is None:
        return "FROM audit_entry e", "e.idx"
    if jumps:
        # An offset keeps PostgreSQL from merging the few into a plan made for the average.
        return f"FROM ({source.source} OFFSET 0) d JOIN audit_entry e ON e.idx = d.idx", "d.idx"
    return f"FROM ({source.source}) d JOIN audit_entry e ON e.idx = d.idx", "d.idx"
