"""Tables that leave together are computed together: what no two of them give away, all of them may."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review.checks.cuts import Cut, Fact, Group, Key
from egress_review.checks.differencing import Gathered
from egress_review.checks.joint import narrowed
from egress_review.claims import parse_claims
from egress_review.engine import InputFile, Request, check_file
from egress_review.findings import WHOLE_FILE, Flagged, Severity
from egress_review.policy import load_policy

POLICY = load_policy("kr-default")
BASE = "site,low,mid,top,total\nA,*,*,*,72\nB,*,*,*,110\nC,47,83,39,169\ntotal,82,158,111,351\n"
LEVELS = ("low", "mid", "top")


def found(*tables: str) -> list[list[tuple[Severity, int, int]]]:
    """What is flagged in each of some tables that leave together, one after the other."""
    request = Request(claims=parse_claims({"counts": [*LEVELS, "total", "n"]}), gathered=Gathered())
    reports = [check_file(InputFile.of(f"{n}.csv", text.encode()), POLICY, request) for n, text in enumerate(tables)]
    return [
        [
            (one.severity, one.where.row, one.where.column)
            for one in report.findings
            if isinstance(one, Flagged) and one.rule == "cells.linked"
        ]
        for report in reports
    ]


def test_a_mask_that_only_three_tables_open_is_found() -> None:
    mid, top = "site,level,n\nA,mid,40\nC,mid,83\n", "site,level,n\nA,top,27\nC,top,39\n"
    assert found(BASE, mid) == [[], []]
    assert found(BASE, top) == [[], []]
    assert [severity for severity, _, _ in found(BASE, mid, top)[2]] == [Severity.FAIL]


def test_a_mask_that_another_table_narrows_is_a_warning() -> None:
    first = "site,low,mid,top,total\nA,<10,<10,57,68\nB,30,35,45,110\n"
    second = "site,level,n\nB,low,30\nB,mid,35\nA,mid,<5\n"
    assert {severity for severity, _, _ in found(first, second)[1]} == {Severity.WARN}


def test_tables_of_other_people_say_nothing_of_each_other() -> None:
    assert found(BASE, "site,level,n\nA,mid,40\nC,mid,84\n", "site,level,n\nA,top,27\nC,top,39\n")[2] == []
    assert found(BASE, "site,level,n\nA,mid,40\nA,top,27\nA,low,300\n")[1] == []


def test_a_list_without_its_total_may_leave_groups_out() -> None:
    assert found("site,level,n\nA,low,*\nA,mid,40\nB,low,30\nB,mid,50\n", "site,n\nA,47\nB,300\n")[1] == []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_range_holds_every_table_that_agrees_with_what_is_published(data: st.DataObject) -> None:
    """Whatever is published of a small table in several cuts: no range leaves out a value that is possible."""
    rows, columns, most = data.draw(st.integers(1, 2)), data.draw(st.integers(2, 3)), 4
    places = list(itertools.product(range(rows), range(columns)))
    true = {place: data.draw(st.integers(0, most)) for place in places}
    masked = data.draw(st.lists(st.sampled_from(places), unique=True, min_size=1, max_size=4))
    by_row = _cut(true, places, masked, axis=0)
    by_column = _cut(true, places, masked, axis=1)
    ranges = narrowed([by_row, by_column])
    for values in itertools.product(
        range(2 * most * columns + 1) if len(masked) == 1 else range(8), repeat=len(masked)
    ):
        table = true | dict(zip(masked, values, strict=True))
        if all(_sums(table, places, axis) == _sums(true, places, axis) for axis in (0, 1)):
            for place, value in zip(masked, values, strict=True):
                low, high = ranges[_key(place)]
                assert low <= value
                assert high is None or value <= high


def _key(place: tuple[int, int]) -> Key:
    return "", frozenset((f"r{place[0]}", f"c{place[1]}"))


def _sums(table: dict[tuple[int, int], int], places: list[tuple[int, int]], axis: int) -> dict[int, int]:
    sums: dict[int, int] = {}
    for place in places:
        sums[place[axis]] = sums.get(place[axis], 0) + table[place]
    return sums


def _cut(
    true: dict[tuple[int, int], int], places: list[tuple[int, int]], masked: list[tuple[int, int]], axis: int
) -> Cut:
    facts = {_key(p): Fact(true[p], 0, WHOLE_FILE, direct=True) for p in places if p not in masked}
    groups = []
    for at, total in _sums(true, places, axis).items():
        parent: Key = "", frozenset((f"{'rc'[axis]}{at}",))
        facts[parent] = Fact(total, 0, WHOLE_FILE, direct=True)
        groups.append(Group(parent, {str(p): _key(p) for p in places if p[axis] == at}))
    return Cut(facts, {_key(p): WHOLE_FILE for p in masked}, tuple(groups))
