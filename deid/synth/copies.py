"""Rows that stand in the source, held against what chance makes.

People who were never learnt from also equal somebody who was, the more so the coarser the columns are. So the share of
synthetic rows that equal a learnt row is compared with the share of held-out rows that do, never with zero; and so that
an engine that was shown the held-out rows is found out, the same is asked the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deid.synth.matrix import Tables, Values
from deid.synth.shares import Share


@dataclass(frozen=True, slots=True)
class Copies:
    """Rows of the synthetic table that equal one of the source, and how many real ones do."""

    synthetic: Share
    """Synthetic rows that equal a row of which there is one only."""
    yardstick: Share
    """Real rows of the other part that do."""

    @property
    def too_many(self) -> bool:
        """Whether there are clearly more than chance makes."""
        return self.synthetic.interval[0] > self.yardstick.interval[1]


def of_learnt(tables: Tables) -> Copies:
    """Return the copies of rows that were learnt from."""
    return _copies(tables, tables.learnt, tables.held_out)


def of_held_out(tables: Tables) -> Copies:
    """Return the copies of rows that nobody should have seen."""
    return _copies(tables, tables.held_out, tables.learnt)


def _copies(tables: Tables, source: Values, others: Values) -> Copies:
    lines, counts = np.unique(tables.space.lines(source), return_counts=True)
    single = lines[counts == 1]
    made, real = (np.isin(tables.space.lines(values), single) for values in (tables.synthetic, others))
    return Copies(Share(int(made.sum()), len(made)), Share(int(real.sum()), len(real)))
