"""How the entries that a search finds are spread: by action, outcome, component and person.

Counting reads what it counts, so it stops at `COUNTED` entries and says that it did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from audit.searching.conditions import Addresses
from audit.searching.plan import Budget, plan
from audit.searching.query import Query
from audit.store import log_size

COUNTED = 50_000
_COLUMNS = ("action", "outcome", "component", "actor_ref")


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each value occurs, the most frequent first."""

    total: int
    complete: bool
    """False if there may be more entries than were counted; the first ones in the order of the query were."""
    actions: Mapping[str, int]
    outcomes: Mapping[str, int]
    components: Mapping[str, int]
    actors: Mapping[str, int]


def count(tx: Connection, query: Query, *, limit: int = COUNTED, addresses: Addresses | None = None) -> Counts:
    """Return the counts of a query, whichever of its pages is shown.

    Raises: QuestionRefused — as `audit.search.search`.
    """
    whole = replace(query, after=None)
    found = plan(tx, whole, log_size(tx), budget=Budget(), addresses=addresses)
    counters: list[Counter[str]] = [Counter() for _ in _COLUMNS]
    total = 0
    for *values, n in found.grouped(tx, _COLUMNS, limit):
        total += n
        for counter, value in zip(counters, values, strict=True):
            counter[value] += n
    ordered = [dict(counter.most_common()) for counter in counters]
    return Counts(total, total < limit and not found.cut, *ordered)
