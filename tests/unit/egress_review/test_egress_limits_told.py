"""A limit of the rules is told as not checked; nothing is left out in silence."""

from __future__ import annotations

from egress_review.checks.cuts import Cut, Fact, Group, Key
from egress_review.checks.linked import MOST_EQUATIONS, MOST_UNKNOWN, unsolved
from egress_review.findings import NotChecked, Severity, Where
from tests.unit.egress_review.egress_files import look

AT = Where(row=2, column=2)


def _cut(masked: int, sums: int) -> Cut:
    """So many masked cells, and so many sums that each hold one of them."""
    hidden: list[Key] = [("", frozenset({f"cell {n}"})) for n in range(masked)]
    parents: list[Key] = [("", frozenset({f"sum {n}"})) for n in range(sums)]
    groups = tuple(Group(parent, {"hidden": hidden[n % masked]}) for n, parent in enumerate(parents))
    return Cut({parent: Fact(40, 0, AT, direct=True) for parent in parents}, dict.fromkeys(hidden, AT), groups, {})


def test_two_tables_with_more_sums_than_are_solved_are_told() -> None:
    one = _cut(masked=50, sums=MOST_EQUATIONS // 2)
    assert unsolved(one, one) is None
    many = _cut(masked=50, sums=MOST_EQUATIONS // 2 + 1)
    beyond = unsolved(many, many)
    assert beyond is not None
    assert (beyond.of, beyond.number, beyond.most) == ("sums", MOST_EQUATIONS + 2, MOST_EQUATIONS)


def test_two_tables_with_more_masks_than_are_solved_are_told() -> None:
    many = _cut(masked=MOST_UNKNOWN + 1, sums=3)
    beyond = unsolved(many, many)
    assert beyond is not None
    assert (beyond.of, beyond.number) == ("cells", MOST_UNKNOWN + 1)


def test_a_table_with_more_labels_than_are_compared_by_is_told() -> None:
    head = "region,sex,age,year,drug,n\n"
    rows = "".join(
        f"{r},{s},{a},20{y},{d},40\n"
        for r in "AB"
        for s in "FM"
        for a in ("old", "young")
        for y in (20, 21)
        for d in "xy"
    )
    told = [f for f in look("t.csv", head + rows).findings if isinstance(f, NotChecked)]
    assert [(f.rule, f.severity) for f in told] == [("cells.linked", Severity.WARN)]
    assert "5 columns of labels" in told[0].message.en
