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
NEAR = 400
MOST_FALSE = 0.01

pytestmark = pytest.mark.long


@pytest.mark.parametrize("half", [DEVELOPED, HELD_OUT], ids=["developed", "held out"])
def test_each_cell_of_the_table_reaches_the_bar(half: Vocabulary) -> None:
    random = Random(22)
    below = {}
    for label in (*EVERY, "EMAIL"):
        for spelling in cells(label):
            found = sum(covered(one_spelt(half, label, spelling, random), detect) for _ in range(MANY))
            if found / MANY < LEAST:
                below[label, spelling] = found / MANY
    assert below == {}


@pytest.mark.parametrize("kind", sorted(NEAR_MISSES))
def test_near_misses_stay_below_the_bar(kind: str) -> None:
    assert sum(bool(detect(text)) for text in near_misses(kind, NEAR, seed=5)) / NEAR <= MOST_FALSE
