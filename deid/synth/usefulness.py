"""What a synthetic table is good for: likeness of columns and pairs, errors of counts, and what a model learns.

A score of likeness hides uselessness: an engine can have the best one and the worst model. So each measure stands
beside that of real rows which were not learnt from, and a model trained on the synthetic table is judged on those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid.synth.matrix import Space, Tables, Values

GROUPS = 20
"""Groups of equal size into which numbers are put to be compared."""
QUERIES = 200
LEAST_ANSWER = 30
"""Rows that a query must have in the source: of smaller answers no statistic would be made."""
MOST_CLASSES = 20
MODEL = "sklearn"


@dataclass(frozen=True, slots=True)
class Task:
    """How well a model tells a target on real rows it never saw: area below the ROC curve, averaged over classes."""

    target: str
    real: float
    """Trained on the real rows."""
    synthetic: float
    """Trained on the synthetic ones."""


@dataclass(frozen=True, slots=True)
class Usefulness:
    """All measures; those of `real` are of held-out rows, which is as good as it gets."""

    columns: dict[str, float]
    """Likeness of each column: 1 less half the summed difference of shares."""
    pairs: float
    """The same of pairs of columns, on average."""
    pairs_real: float
    query_error: float
    """Median error of counts by two or three columns, as a part of the count."""
    query_error_real: float
    tasks: tuple[Task, ...]
    not_computed: tuple[str, ...]
    """Targets for which no model could be made, each with a reason by name: 'NAME: model', 'NAME: classes'."""

    @property
    def score(self) -> float:
        """Return the mean of columns and pairs, which is how SDMetrics makes its quality score."""
        return (float(np.mean(list(self.columns.values()))) + self.pairs) / 2.0


def usefulness(tables: Tables, targets: Sequence[str], random: np.random.Generator) -> Usefulness:
    """Measure a synthetic table."""
    edges = _edges(tables.space, tables.learnt)
    learnt, synthetic, held_out = (
        _grouped(tables.space, edges, values) for values in (tables.learnt, tables.synthetic, tables.held_out)
    )
    sizes = [int(max(part[:, n].max() for part in (learnt, synthetic, held_out))) + 1 for n in range(learnt.shape[1])]
    columns = {
        name: _likeness(learnt[:, [n]], synthetic[:, [n]], sizes, [n]) for n, name in enumerate(tables.space.names)
    }
    queries = _queries(learnt, sizes, random)
    tasks, missing = _tasks(tables, targets)
    return Usefulness(
        columns=columns,
        pairs=_pairs(learnt, synthetic, sizes),
        pairs_real=_pairs(learnt, held_out, sizes),
        query_error=_error(learnt, synthetic, queries),
        query_error_real=_error(learnt, held_out, queries),
        tasks=tasks,
        not_computed=missing,
    )


def _edges(space: Space, values: Values) -> list[Values]:
    found = []
    for n in range(len(space.names)):
        seen = values[~np.isnan(values[:, n]), n]
        inner = np.quantile(seen, np.linspace(0.0, 1.0, GROUPS + 1)[1:-1]) if seen.size else np.empty(0)
        found.append(np.unique(inner))
    return found


def _grouped(space: Space, edges: list[Values], values: Values) -> NDArray[np.int64]:
    """Return each value's category or group, one more for a missing one."""
    result = np.empty(values.shape, dtype=np.int64)
    for n, categorical in enumerate(space.categorical):
        absent = np.isnan(values[:, n])
        last = len(space.lists[n]) if categorical else len(edges[n]) + 1
        shown = np.nan_to_num(values[:, n])
        codes = shown.astype(np.int64) if categorical else np.searchsorted(edges[n], shown, side="right")
        result[:, n] = np.where(absent, last, codes)
    return result


def _cells(codes: NDArray[np.int64], sizes: list[int], columns: list[int]) -> NDArray[np.int64]:
    cells = np.zeros(len(codes), dtype=np.int64)
    for place, n in enumerate(columns):
        cells = cells * sizes[n] + codes[:, place]
    return cells


def _likeness(one: NDArray[np.int64], other: NDArray[np.int64], sizes: list[int], columns: list[int]) -> float:
    width = int(np.prod([sizes[n] for n in columns]))
    shares = [
        np.bincount(_cells(codes, sizes, columns), minlength=width) / max(len(codes), 1) for codes in (one, other)
    ]
    return 1.0 - 0.5 * float(np.abs(shares[0] - shares[1]).sum())


def _pairs(one: NDArray[np.int64], other: NDArray[np.int64], sizes: list[int]) -> float:
    found = [_likeness(one[:, [a, b]], other[:, [a, b]], sizes, [a, b]) for a, b in combinations(range(len(sizes)), 2)]
    return float(np.mean(found)) if found else 1.0


def _queries(codes: NDArray[np.int64], sizes: list[int], random: np.random.Generator) -> list[tuple[list[int], Any]]:
    """Return counts that a table of two or three columns would show, read off random rows."""
    queries: list[tuple[list[int], Any]] = []
    for _ in range(10 * QUERIES):
        columns = [
            int(n) for n in random.choice(len(sizes), min(len(sizes), int(random.integers(2, 4))), replace=False)
        ]
        wanted = codes[random.integers(len(codes)), columns]
        if int((codes[:, columns] == wanted).all(axis=1).sum()) >= LEAST_ANSWER:
            queries.append((columns, wanted))
        if len(queries) == QUERIES:
            break
    return queries


def _error(real: NDArray[np.int64], other: NDArray[np.int64], queries: list[tuple[list[int], Any]]) -> float:
    """Return the median relative error; not a number where no query was large enough."""
    if not queries:
        return float("nan")
    errors = []
    for columns, wanted in queries:
        truth, answer = ((codes[:, columns] == wanted).all(axis=1).mean() for codes in (real, other))
        errors.append(abs(answer - truth) / truth)
    return float(np.median(errors))


def _tasks(tables: Tables, targets: Sequence[str]) -> tuple[tuple[Task, ...], tuple[str, ...]]:
    if find_spec(MODEL) is None:
        return (), tuple(f"{target}: model" for target in targets)
    tasks, missing = [], []
    for target in targets:
        found = _task(tables, target)
        if found is None:
            missing.append(f"{target}: classes")
        else:
            tasks.append(found)
    return tuple(tasks), tuple(missing)


def _task(tables: Tables, target: str) -> Task | None:
    number = tables.space.names.index(target)
    classes = len(tables.space.lists[number])
    if not tables.space.categorical[number] or not 2 <= classes <= MOST_CLASSES:
        return None
    areas = [_area(train, tables.held_out, number) for train in (tables.learnt, tables.synthetic)]
    return None if areas[0] is None else Task(target, areas[0], 0.5 if areas[1] is None else areas[1])


def _area(train: Values, test: Values, target: int) -> float | None:
    """Return the area below the ROC curve of boosted trees; None where a class is missing."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # an extra
    from sklearn.metrics import roc_auc_score
    from threadpoolctl import threadpool_limits

    train, test = (part[~np.isnan(part[:, target])] for part in (train, test))
    # Rows with a class that no real person has, such as the group of rare values, teach nothing that can be judged.
    train = train[np.isin(train[:, target], test[:, target])]
    known = np.unique(train[:, target])
    if len(known) < 2 or len(known) < len(np.unique(test[:, target])):
        return None
    model = HistGradientBoostingClassifier(random_state=0)
    with threadpool_limits(1):  # threads that wait for each other on a busy machine take minutes
        model.fit(np.delete(train, target, axis=1), train[:, target])
        chances = model.predict_proba(np.delete(test, target, axis=1))
    if len(known) == 2:
        return float(roc_auc_score(test[:, target], chances[:, 1]))
    return float(roc_auc_score(test[:, target], chances, multi_class="ovr"))
