"""Every cell of the table of spellings by itself, and every kind of near miss, in the number that a share needs."""

from __future__ import annotations

from random import Random

import pytest

from deid.identifiers import detect
from tests.unit.deid.corpus.documents import one_spelt
from tests.unit.deid.corpus.near_misses import NEAR_MISSES, near_misses
from tests.unit.deid.corpus.scoring import covered
from tests.unit.deid.corpus.spellings import EVERY, cells
from tests.unit.deid.corpus.vocabulary import DEVELOPED, HELD_OUT, Vocabulary

MANY = 100
LEAST = 0.99
LEAST_UNSEEN = 0.9
NEAR = 400
MOST_FALSE = 0.01

pytestmark = pytest.mark.long


def shares(half: Vocabulary) -> dict[tuple[str, str], float]:
    """Return how much of each cell is found."""
    random = Random(22)
    return {
        (label, spelling): sum(covered(one_spelt(half, label, spelling, random), detect) for _ in range(MANY)) / MANY
        for label in (*EVERY, "EMAIL")
        for spelling in cells(label)
    }


def test_each_cell_of_the_table_reaches_the_bar_among_surroundings_that_were_seen() -> None:
    assert {cell: share for cell, share in shares(DEVELOPED).items() if share < LEAST} == {}


def test_all_cells_together_reach_the_bar_among_surroundings_that_were_not_seen() -> None:
    # Of a thousand cells of a hundred texts each, some fall below 0.99 by chance alone; none may be a hole.
    found = shares(HELD_OUT)
    assert sum(found.values()) / len(found) >= LEAST
    assert {cell: share for cell, share in found.items() if share < LEAST_UNSEEN} == {}


@pytest.mark.parametrize("kind", sorted(NEAR_MISSES))
def test_near_misses_stay_below_the_bar(kind: str) -> None:
    assert sum(bool(detect(text)) for text in near_misses(kind, NEAR, seed=5)) / NEAR <= MOST_FALSE
