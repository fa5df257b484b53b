"""What the corpus of single findings does not show: suspicion of hidden bits, cleaned copies, records of a source."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from rich.table import Table as Screen

from egress_review.checks.noise import surplus
from egress_review.cleaning import UncleanableError, clean
from egress_review.findings import FileReport, Flagged
from egress_review.rounding import NO_WISH, Wish
from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_pictures import heatmap, photograph, plot, written
from tests.benchmarks.egress_planted import PLANTED
from tests.unit.egress_review.source_house import HEAD, Row, as_csv, people, source_house

Look = Callable[[Sample], FileReport]

SHARES = (0.003, 0.01, 0.05, 0.2, 1.0)
PICTURES = {"plot": plot, "heat map": heatmap, "photograph": photograph}
COPIES: Mapping[str, Wish] = {
    **dict.fromkeys(("formula", "sheet formula", "hidden sheet", "tagged", "live output", "state of widgets"), NO_WISH),
    "small cell": Wish(10, 10),
    "small cell in cross": Wish(10, 10),
}
"""Kinds of planted problems that a cleaned copy is meant to take away, and what is wished for."""


def pictures(chance: random.Random, each: int) -> Screen:
    """Of how many pictures the lowest bits are pointed out, by the share that carries data; 0: false alarms."""
    screen = Screen("lowest bits", "pictures", *(f"{share:.1%}" for share in (0.0, *SHARES)))
    for kind, draw in PICTURES.items():
        drawn = [draw(chance) for _ in range(each)]
        told = [sum(surplus(written(one, share, chance)).suspicious for one in drawn) for share in SHARES]
        clean_ones = sum(surplus(one).suspicious for one in drawn)
        screen.add_row(kind, str(each), *(f"{n / each:.2f}" for n in (clean_ones, *told)))
    return screen


def copies(chance: random.Random, each: int, look: Look) -> Screen:
    """In how many cleaned copies the planted problem is gone, and how many pass altogether."""
    screen = Screen("cleaned copy of", "samples", "made", "problem gone", "passes")
    for kind, wish in COPIES.items():
        made = gone = passed = 0
        for sample in (PLANTED[kind](chance) for _ in range(each)):
            try:
                copy = clean(sample.name, sample.data, wish)
            except UncleanableError:
                continue
            report = look(replace(sample, data=copy.data))
            made += 1
            gone += not {f.rule for f in report.findings if isinstance(f, Flagged)}.intersection(sample.rules)
            passed += report.verdict.value == "passed"
        screen.add_row(kind, str(each), *map(str, (made, gone, passed)))
    return screen


def records(chance: random.Random, each: int) -> Screen:
    """Of how many files that repeat records of a source that is said, and of how many that repeat none."""
    house = source_house()
    screen = Screen("records of the source", "files", "stopped")
    for kind, write in WRITTEN.items():
        stopped = sum(house.stops("out.csv", write(chance.sample(house.rows, 25))) for _ in range(each))
        screen.add_row(kind, str(each), f"{stopped / each:.2f}")
    return screen


def _rounded(rows: Sequence[Row]) -> bytes:
    """Amounts to thousands and measures to whole numbers: what no exact mark finds."""
    return as_csv([(r[4], str(round(int(r[6]), -3)), str(round(float(r[7]))), r[8]) for r in rows], "abcd")


WRITTEN: Mapping[str, Callable[[Sequence[Row]], bytes]] = {
    "as they are": lambda rows: as_csv(rows, HEAD),
    "without identifiers": lambda rows: as_csv([r[2:] for r in rows], HEAD[2:]),
    "in other columns": lambda rows: as_csv([r[::-1] for r in rows], "abcdefghij"),
    "among others": lambda rows: as_csv([*people(200, 99), *rows[:3]], HEAD),
    "rounded (known gap)": _rounded,
    "of other people (safe)": lambda rows: as_csv(people(len(rows), 4711), HEAD),
}
