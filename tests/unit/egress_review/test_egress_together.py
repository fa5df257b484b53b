"""Tables that leave together are computed together: what no two of them give away, all of them may."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review.checks.cuts import MOST_CELLS, Cut, Fact, Group, Key
from egress_review.checks.differencing import Gathered, released
from egress_review.checks.joint import MOST_TABLES, narrowed
from egress_review.checks.subject import Subject
from egress_review.claims import parse_claims
from egress_review.engine import InputFile, Request, check_file
from egress_review.findings import WHOLE_FILE, Flagged, NotChecked, Severity
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


def after(earlier: tuple[str, ...], *new: str) -> list[list[Flagged | NotChecked]]:
    """What each of some new tables is told beside tables that left before, one after the other."""
    claims = parse_claims({"counts": [*LEVELS, "total", "n"]})
    before = (
        Subject(f"old{n}.csv", "0" * 64, text.encode(), POLICY, claims.of(""), "csv", len(text))
        for n, text in enumerate(earlier)
    )
    request = Request(claims=claims, gathered=Gathered(), earlier=tuple(map(released, before)))
    reports = [check_file(InputFile.of(f"{n}.csv", text.encode()), POLICY, request) for n, text in enumerate(new)]
    return [
        [
            one
            for one in report.findings
            if isinstance(one, Flagged | NotChecked) and one.rule in ("cells.difference", "cells.linked")
        ]
        for report in reports
    ]


MID, TOP = "site,level,n\nA,mid,40\nC,mid,83\n", "site,level,n\nA,top,27\nC,top,39\n"


@pytest.mark.parametrize("earlier", [(BASE, MID), (BASE,), (MID,)])
def test_a_mask_that_only_earlier_releases_and_a_new_table_open_is_found(earlier: tuple[str, ...]) -> None:
    new = [table for table in (BASE, MID, TOP) if table not in earlier]
    for told in itertools.permutations(new):
        *safe, last = after(earlier, *told)
        assert safe in ([], [[]]), "nothing is told before the last piece"
        [found] = last
        assert isinstance(found, Flagged)
        assert (found.rule, found.severity, found.number) == ("cells.difference", Severity.FAIL, 5)
        assert "3 tables" in found.message.en


def test_earlier_releases_of_other_people_say_nothing_of_a_new_table() -> None:
    other = "site,level,n\nA,mid,40\nC,mid,84\n"
    assert after((BASE, other), TOP) == [[]]


def test_where_hardly_anything_says_that_the_people_are_the_same_it_is_a_warning() -> None:
    first = "site,low,mid,top,total\nA,*,*,*,72\nB,30,35,45,110\n"
    [[found]] = after((first, "site,level,n\nA,mid,40\n"), "site,level,n\nA,top,27\n")
    assert (found.rule, found.severity) == ("cells.difference", Severity.WARN)


def test_more_tables_than_are_computed_together_are_said_with_the_figure() -> None:
    many = tuple(f"site,level,n\nA,kind{n},{40 + n}\nC,mid,83\n" for n in range(MOST_TABLES + 1))
    [told] = after((BASE, *many), TOP)
    assert [type(one) for one in told] == [NotChecked]
    assert f"of what {MOST_TABLES} are computed" in told[0].message.en
    assert told[0].severity is Severity.WARN


def test_a_table_of_more_counts_than_are_compared_is_said_with_the_figure() -> None:
    columns = 11
    rows = [",".join([f"a{n}", *["12"] * columns]) for n in range(MOST_CELLS // columns + 1)]
    wide = "\n".join([",".join(["site", *[f"n_{n}" for n in range(columns)]]), *rows, ""])
    request = Request(claims=parse_claims({"counts": [f"n_{n}" for n in range(columns)]}), gathered=Gathered())
    report = check_file(InputFile.of("wide.csv", wide.encode()), POLICY, request)
    [skipped] = [one for one in report.findings if one.rule == "cells.linked"]
    assert isinstance(skipped, NotChecked)
    assert f"limit {MOST_CELLS}" in skipped.message.en
