"""The best full-domain generalisation: the node of the lattice that loses least and still hides every row.

A node names a level for every column. If the rows of a node hide well enough, so do those of every node above it
(classes only merge), and if they do not, neither do those of any node below. Nodes are tried from the least loss
upwards, and each failure is carried up the lattice first, as far as it still fails, so that it rules out as much as
it can (the idea of Flash: Kohlmayer, Prasser and others 2012).

Loss: non-uniform entropy (Gionis and Tassa 2009), in bits, summed over columns; it depends on the levels alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audit.text import Text
from deid.anonymise.hierarchy import Coded
from deid.errors import DataError
from deid.risk.classes import Classes, Codes
from deid.risk.measures import distances

Node = tuple[int, ...]
Metric = Literal["entropy", "loss"]
MAX_NODES = 2_000_000
Progress = Callable[[int, int | None], None]
"""Takes the nodes done with and how many there are."""
_COUNTED = 200_000
"""Up to so many possible classes counting them all is quicker than sorting the rows."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What every class must have."""

    k: int
    max_suppression: float = 0.0
    sensitive: Codes | None = None
    """The sensitive value of each row, where `distinct` or `closeness` ask for it."""
    distinct: int = 1
    """l: how many different sensitive values a class must have."""
    closeness: float | None = None
    """t: how far a class may be from the whole table."""
    ordered: bool = False
    """Whether `sensitive` numbers the values in their order, so that near values are a small distance apart."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best node."""

    node: Node
    loss: float
    suppressed: int
    """Rows in classes that do not hide them; they are left out."""
    checked: int
    """How many nodes had to be looked at."""


def hides_secret(of_row: Codes, sizes: Codes, demand: Demand) -> NDArray[np.bool_]:
    """Return which classes have sensitive values varied enough and near enough to those of the whole table."""
    assert demand.sensitive is not None
    values = int(demand.sensitive.max()) + 1
    good = np.bincount(np.unique(of_row * values + demand.sensitive) // values, minlength=len(sizes)) >= demand.distinct
    if demand.closeness is not None:
        found = distances(Classes(of_row, sizes), demand.sensitive, ordered=demand.ordered)
        good &= found <= demand.closeness + 1e-12
    return np.asarray(good)


class Lattice:
    """All generalisations of some columns."""

    def __init__(self, columns: Sequence[Coded], metric: Metric = "entropy") -> None:
        self.columns = tuple(columns)
        self.heights = tuple(column.hierarchy.height for column in columns)
        nodes = int(np.prod(self.heights))
        if nodes > MAX_NODES:
            raise DataError(
                Text(
                    f"일반화 조합이 {nodes:,}가지로 너무 많습니다.",
                    f"{nodes:,} generalisations are too many to search.",
                )
            )
        self.rows = len(columns[0].of_row)
        self._losses = [_LOSSES[metric](column) for column in columns]
        distinct, self._weights, self._first = self._distinct_rows()
        self._levels = [
            [level[values] for level in column.at_level] for column, values in zip(columns, distinct.T, strict=True)
        ]

    def best(self, demand: Demand, progress: Progress = lambda _done, _all: None) -> Found:
        """Return the node of least loss that meets a demand.

        Raises: DataError — if none does.
        """
        limit = int(demand.max_suppression * self.rows)
        known: dict[Node, int] = {}
        failed: list[NDArray[np.int64]] = []

        def suppressed(node: Node) -> int:
            if node not in known:
                known[node] = self._count_outliers(node, demand)
            return known[node]

        nodes = self._by_loss()
        for tried, (node, loss) in enumerate(nodes):
            if not tried % 64:
                progress(tried, len(nodes))
            if failed and bool((np.array(node) <= np.array(failed)).all(axis=1).any()):
                continue
            if suppressed(node) <= limit:
                return Found(node, loss, suppressed(node), len(known))
            failed.append(np.array(self._highest_failure(node, lambda one: suppressed(one) > limit)))
        raise DataError(Text("어떤 일반화로도 기준을 만족할 수 없습니다.", "no generalisation meets the criteria."))

    def outliers(self, node: Node, demand: Demand) -> NDArray[np.bool_]:
        """Return which rows are in a class that does not hide them."""
        of_row, sizes = self.classes(node)
        good = sizes >= demand.k
        if demand.sensitive is not None and (demand.distinct > 1 or demand.closeness is not None):
            good &= hides_secret(of_row, sizes, demand)
        return np.asarray(~good[of_row])

    def classes(self, node: Node) -> tuple[Codes, Codes]:
        """Return the class of each row and the size of each class."""
        combined, _wide = self._combined(node)
        _, of_distinct = np.unique(combined, return_inverse=True)
        sizes = np.bincount(of_distinct, weights=self._weights).astype(np.int64)
        return of_distinct[self._first], sizes

    def _count_outliers(self, node: Node, demand: Demand) -> int:
        """Return how many rows a node leaves out; the sizes alone say it where only k is asked for."""
        if demand.sensitive is not None:
            return int(self.outliers(node, demand).sum())
        combined, wide = self._combined(node)
        if wide <= _COUNTED:
            sizes = np.bincount(combined, weights=self._weights)
        else:
            order = np.argsort(combined)
            ordered = combined[order]
            starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
            sizes = np.add.reduceat(self._weights[order], starts)
        return int(sizes[sizes < demand.k].sum())

    def _combined(self, node: Node) -> tuple[Codes, int]:
        """Return one number per distinct row for its generalised values, and how many numbers there could be."""
        combined = self._levels[0][node[0]]
        wide = len(self.columns[0].names[node[0]])
        for place in range(1, len(node)):
            count = len(self.columns[place].names[node[place]])
            if count > 1:
                combined = combined * count + self._levels[place][node[place]]
                wide *= count
        return combined, wide

    def _distinct_rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Codes]:
        """Return the distinct combinations of values, how often each occurs, and which one each row has."""
        table = np.stack([column.of_row for column in self.columns], axis=1)
        distinct, first, counts = np.unique(table, axis=0, return_inverse=True, return_counts=True)
        return distinct, counts, first.reshape(-1)

    def _by_loss(self) -> list[tuple[Node, float]]:
        nodes = list(product(*(range(height) for height in self.heights)))
        losses = np.zeros(len(nodes))
        for place, column in enumerate(self._losses):
            losses += column[np.array([node[place] for node in nodes])]
        # Of two nodes with the same loss the lower one is tried first: it shows more.
        order = np.lexsort((np.array([sum(node) for node in nodes]), losses))
        return [(nodes[i], float(losses[i])) for i in order]

    def _highest_failure(self, node: Node, fails: object) -> Node:
        """Return a node above that still fails, as high as a straight climb leads."""
        assert callable(fails)
        current = node
        climbing = True
        while climbing:
            climbing = False
            for place in range(len(current)):
                higher = (*current[:place], current[place] + 1, *current[place + 1 :])
                if current[place] + 1 < self.heights[place] and fails(higher):
                    current, climbing = higher, True
        return current


def _entropy(column: Coded) -> NDArray[np.float64]:
    """Return, for each level, the bits by which it says less than the values themselves."""
    counts = np.bincount(column.of_row, minlength=len(column.values)).astype(float)
    losses = []
    for level in column.at_level:
        merged = np.bincount(level, weights=counts)[level]
        losses.append(-float((counts * np.log2(counts / merged)).sum()))
    return np.array(losses)


def _leaves(column: Coded) -> NDArray[np.float64]:
    """Return, for each level, the mean share of the hierarchy's values that a shown value stands for (Iyengar 2002)."""
    counts = np.bincount(column.of_row, minlength=len(column.values)).astype(float)
    every = column.hierarchy.levels[0]
    losses = []
    for level in column.hierarchy.levels:
        size: dict[str, int] = {}
        for value in every:
            size[level[value]] = size.get(level[value], 0) + 1
        share = np.array([(size[level[value]] - 1) / max(1, len(every) - 1) for value in column.values])
        losses.append(float((counts * share).sum() / counts.sum()))
    return np.array(losses)


_LOSSES = {"entropy": _entropy, "loss": _leaves}
