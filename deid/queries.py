"""Answers with differential privacy: counts and sums of a table, with exact noise and a budget that runs out.

The noise is discrete Laplace in whole numbers (`deid.discrete_laplace`). What a person can change is bounded first:
rows are counted by person where a column says who it is, and every person's total is cut to a stated range. What was
spent stands in the audit log: nobody can ask the same until the noise averages out.
"""

from __future__ import annotations

import math
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from audit.canonical import JSON
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.search import Query, search
from audit.text import Text
from deid.action import as_numbers
from deid.discrete_laplace import Below, discrete_laplace
from deid.errors import Refused, UsageError
from deid.keys import KeyStore
from deid.pseudonyms import identifiers
from deid.sources import Table

BUDGET = Fraction(2)
"""Epsilon that may ever be spent on one dataset version."""
MAX_EPSILON = Fraction(1)
MIN_EPSILON = Fraction(1, 100)
"""So that a budget is at most some hundreds of questions, all of which are counted."""
ANSWERED = "deid.query_answered"
_ALL = "*"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a table."""

    epsilon: Fraction
    where: Mapping[str, str]
    """Columns and the value that each must have."""
    total: str | None = None
    """The column whose values are added; None counts."""
    low: int = 0
    high: int = 1
    """Between what one person's total is cut."""
    by: str | None = None
    values: tuple[str, ...] = ()
    """The groups that are answered for, named beforehand: which groups there are would tell who is there."""
    person: str | None = None
    """The column that says whose row it is; without one the protection is of a row."""

    @property
    def sensitivity(self) -> int:
        """Return by how much one person can change an answer."""
        return 1 if self.total is None else max(abs(self.low), abs(self.high))

    @property
    def cost(self) -> Fraction:
        """Return what it costs: a row is in one group, but the rows of a person may be in all."""
        groups = len(self.values) if self.by is not None and self.person is not None else 1
        return self.epsilon * groups


class QueryDesk:
    """Answers questions about tables of datasets."""

    def __init__(self, log: AuditLog, keys: KeyStore) -> None:
        self._log = log
        self._keys = keys

    def spent(self, dataset: str, version: int) -> Fraction:
        """Return what was spent on a dataset version so far."""
        self._log.settle()
        with self._log.db.read() as tx:
            found = search(tx, Query(action=ANSWERED, object=dataset, outcome="intent", limit=1000))
        costs = [entry.body["detail"] for entry in found]
        return sum((Fraction(one["cost"]) for one in costs if one["version"] == version), Fraction(0))

    def ask(
        self,
        question: Question,
        table: Table,
        dataset: tuple[str, int, int],
        *,
        by: Actor,
        source: Source,
        below: Below = secrets.randbelow,
    ) -> dict[str, int]:
        """Return the noisy answer for each group, `*` where there are none; recorded before it is computed.

        `dataset` is id, version and number of people. Raises: UsageError — if the question is none. Refused — if the
        budget does not suffice.
        """
        check_question(question, table)
        name, version, _people = dataset
        detail: dict[str, JSON] = {"version": version, "cost": str(question.cost), "sensitivity": question.sensitivity}
        event = Event(
            ANSWERED, by, Object("dataset", name), Subjects.datasets([dataset]), source, outcome="intent", detail=detail
        )
        with self._keys.alone():
            left = BUDGET - self.spent(name, version)
            if question.cost > left:
                refused = Refused(
                    "budget_spent",
                    Text(
                        f"이 데이터셋에 남은 예산은 {float(left):g}이고 질의는 {float(question.cost):g}이 듭니다.",
                        f"The budget left for this dataset is {float(left):g}; the question costs"
                        f" {float(question.cost):g}.",
                    ),
                )
                self._log.record(_ended(event, "denied", refused.code, announced=False), wait="durable")
                raise refused
            self._log.record(event)
        try:
            exact = computed(question, table)
        except BaseException:
            self._log.record(_ended(event, "failed", "data"))
            raise
        scale = Fraction(question.sensitivity) / question.epsilon
        answer = {group: value + discrete_laplace(scale, below) for group, value in exact.items()}
        self._log.record(_ended(event, "ok", None))
        return answer


def check_question(question: Question, table: Table) -> None:
    """Accept a question that can be answered.

    Raises: UsageError — naming what is wrong with it.
    """
    columns = [*question.where, question.total, question.by, question.person]
    missing = [name for name in columns if name is not None and name not in table.columns]
    reasons = (
        (
            bool(missing),
            Text(f"자료에 없는 열입니다: {', '.join(missing)}", f"the data has no column {', '.join(missing)}."),
        ),
        (
            not MIN_EPSILON <= question.epsilon <= MAX_EPSILON,
            Text("epsilon은 0.01 이상 1 이하입니다.", "epsilon is from 0.01 to 1."),
        ),
        (
            (question.by is None) != (not question.values),
            Text("집단 열과 집단의 값을 함께 적으십시오.", "Name a column of groups together with its values."),
        ),
        (
            len(set(question.values)) != len(question.values),
            Text("같은 집단이 두 번 있습니다.", "A group stands twice."),
        ),
        (
            question.total is not None and (question.low >= question.high or question.sensitivity == 0),
            Text("low는 high보다 작아야 합니다.", "low is less than high."),
        ),
    )
    for wrong, reason in reasons:
        if wrong:
            raise UsageError(reason)


def computed(question: Question, table: Table) -> dict[str, int]:
    """Return the exact answers, every person's part cut to its range; they never leave this module unnoised.

    Raises: DataError — if a value to be added is no number.
    """
    parts: dict[tuple[str, str], int] = defaultdict(int)
    wanted = tuple(dict.fromkeys([*question.where, *_named(question)])) or table.columns[:1]
    start = 0
    for batch in table.batches(wanted):
        columns = dict(zip(wanted, batch.columns, strict=True))
        _add(question, columns, start, batch.num_rows, parts)
        start += batch.num_rows
    answers = dict.fromkeys(question.values or (_ALL,), 0)
    low, high = (question.low, question.high) if question.total is not None else (0, 1)
    for (group, _person), value in parts.items():
        answers[group] += min(max(value, low), high)
    return answers


def _named(question: Question) -> list[str]:
    return [name for name in (question.total, question.by, question.person) if name is not None]


def _add(
    question: Question, columns: Mapping[str, pa.Array], start: int, rows: int, parts: dict[tuple[str, str], int]
) -> None:
    """Add the rows of one batch to the total of each person in each group."""
    chosen = pa.array([True] * rows)
    for name, value in question.where.items():
        chosen = pc.and_(chosen, pc.fill_null(pc.equal(pc.cast(columns[name], pa.string()), value), False))
    groups: Sequence[str | None] = [_ALL] * rows
    if question.by is not None:
        groups = pc.cast(columns[question.by], pa.string()).to_pylist()
    people: Sequence[str | None] = [str(start + n) for n in range(rows)]
    if question.person is not None:
        people = identifiers(columns[question.person], question.person).to_pylist()
    amounts: Sequence[float | None] = [1] * rows
    if question.total is not None:
        amounts = as_numbers(columns[question.total], start, question.total).to_pylist()
    known = question.values or (_ALL,)
    for take, group, person, amount in zip(chosen.to_pylist(), groups, people, amounts, strict=True):
        if take and group in known and person is not None and amount is not None and math.isfinite(amount):
            parts[str(group), person] += round(amount)


def _ended(event: Event, outcome: str, reason: str | None, *, announced: bool = True) -> Event:
    return Event(
        event.action,
        event.actor,
        event.object,
        event.subjects,
        event.source,
        outcome=outcome,  # type: ignore[arg-type]
        reason=reason,
        intent_id=event.id if announced else None,
        detail=event.detail,
    )
