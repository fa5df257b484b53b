"""The smallest and largest value that each cell of an additive table can have, given its published cells.

A two-way table with its margins is a circulation in a network: every cell is an arc that enters one row equation and
one column equation with opposite signs. So the bounds that linear programming gives are maximum flows, they are whole
numbers, and they are exact. Without one of the margins its equations fall together into one node.

    bounds = Circulation([Arc(0, 1, 0, None), Arc(0, 1, 5, 5), Arc(1, 0, 12, 12)]).bounds(0)   # (7, 7)

The feasibility interval of a suppressed cell is what an outsider can compute: Hundepool et al., Statistical
Disclosure Control (2012), section 4.4.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

UNBOUNDED = 1 << 60
"""More people than there are; stands for no upper bound."""


@dataclass(frozen=True, slots=True)
class Arc:
    """One cell: the equations it enters, and what is published of its value."""

    tail: int
    head: int
    least: int
    most: int | None
    """None for a cell of which nothing bounds the size."""


class Circulation:
    """A feasible assignment of all cells, from which the bounds of each are found."""

    def __init__(self, arcs: Sequence[Arc]) -> None:
        self._nodes = 1 + max((max(arc.tail, arc.head) for arc in arcs), default=-1)
        self._arcs = arcs
        # Two directed edges per arc, at 2i and 2i + 1: what it can still rise by, and what it can still fall by.
        self._room: list[int] = []
        self._heads: list[int] = []
        self._edges: list[list[int]] = [[] for _ in range(self._nodes + 2)]
        for arc in arcs:
            self._add(arc.tail, arc.head, (UNBOUNDED if arc.most is None else arc.most) - arc.least)
        self.feasible = self._balance()

    def _add(self, tail: int, head: int, room: int) -> None:
        self._edges[tail].append(len(self._heads))
        self._heads.append(head)
        self._room.append(room)
        self._edges[head].append(len(self._heads))
        self._heads.append(tail)
        self._room.append(0)

    def _balance(self) -> bool:
        """Whether all equations can hold; the lower bounds are sent on by a source and a sink of their own."""
        if any(arc.most is not None and arc.most < arc.least for arc in self._arcs):
            return False
        source, sink = self._nodes, self._nodes + 1
        surplus = [0] * self._nodes
        for arc in self._arcs:
            surplus[arc.head] += arc.least
            surplus[arc.tail] -= arc.least
        needed = 0
        for node, amount in enumerate(surplus):
            if amount > 0:
                self._add(source, node, amount)
                needed += amount
            elif amount < 0:
                self._add(node, sink, -amount)
        return self._flow(source, sink) == needed

    def bounds(self, index: int) -> tuple[int, int | None]:
        """The smallest and largest value of one cell in any table that agrees with what is published.

        The largest is None where nothing bounds it. Only for a feasible circulation.
        """
        arc, rise, fall = self._arcs[index], 2 * index, 2 * index + 1
        kept = list(self._room)
        value = arc.least + kept[fall]
        # A cell rises by what the rest of the network can carry back from its head to its tail.
        self._room[rise] = self._room[fall] = 0
        up = min(kept[rise], self._flow(arc.head, arc.tail, UNBOUNDED // 2))
        self._room = list(kept)
        self._room[rise] = self._room[fall] = 0
        down = min(kept[fall], self._flow(arc.tail, arc.head, UNBOUNDED // 2))
        self._room = kept
        return value - down, None if value + up >= UNBOUNDED // 4 else value + up

    def _flow(self, source: int, sink: int, most: int = UNBOUNDED) -> int:
        """The flow that can be sent from source to sink, up to `most`: shortest augmenting paths."""
        sent = 0
        while sent < most and (path := self._path(source, sink)):
            amount = min(most - sent, min(self._room[edge] for edge in path))
            for edge in path:
                self._room[edge] -= amount
                self._room[edge ^ 1] += amount
            sent += amount
        return sent

    def _path(self, source: int, sink: int) -> list[int]:
        """The edges of a shortest way with room; empty if there is none."""
        if source == sink:
            return []
        came: dict[int, int] = {source: -1}
        waiting = deque((source,))
        while waiting:
            node = waiting.popleft()
            for edge in self._edges[node]:
                head = self._heads[edge]
                if self._room[edge] > 0 and head not in came:
                    came[head] = edge
                    if head == sink:
                        return self._back(came, sink)
                    waiting.append(head)
        return []

    def _back(self, came: dict[int, int], sink: int) -> list[int]:
        path = []
        edge = came[sink]
        while edge >= 0:
            path.append(edge)
            edge = came[self._heads[edge ^ 1]]
        return path
