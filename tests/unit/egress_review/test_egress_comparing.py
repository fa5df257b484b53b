"""What changed between two versions is shown, whatever order the rows came in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from egress_review.comparing import compare
from egress_review.presets import PRESETS, with_presets
from egress_review.previews import Preview

ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30).map(str)), max_size=30).map(tuple)


def table(*rows: tuple[str, ...]) -> Preview:
    return Preview("table", rows=rows)


def test_a_changed_count_is_named_by_its_column_and_the_rest_is_only_counted() -> None:
    before = table(("sex", "n"), ("F", "120"), ("M", "130"), ("X", "9"))
    after = table(("sex", "n"), ("M", "131"), ("F", "120"), ("Y", "11"))
    (part,) = compare(before, after).parts
    assert [(row.change, row.before, row.after, row.differs) for row in part.rows] == [
        ("changed", ("M", "130"), ("M", "131"), (1,)),
        ("added", (), ("Y", "11"), ()),
        ("removed", ("X", "9"), (), ()),
    ]
    assert part.alike == 2
    assert part.head == ("sex", "n")
    (renamed,) = compare(before, table(("group", "n"), *after.rows[1:])).parts
    assert renamed.head == (), "columns of other names are no heading of both"


def test_a_masked_cell_is_a_change_of_its_number() -> None:
    (part,) = compare(table(("F", "3")), table(("F", "*"))).parts
    assert [row.change for row in part.rows] == ["changed"]


@given(ROWS)
def test_a_file_does_not_differ_from_itself_in_any_order(rows: tuple[tuple[str, str], ...]) -> None:
    assert compare(table(*rows), table(*reversed(rows))).same


@given(ROWS, ROWS)
def test_every_row_of_both_versions_is_accounted_for(
    old: tuple[tuple[str, str], ...], new: tuple[tuple[str, str], ...]
) -> None:
    (part,) = compare(table(*old), table(*new)).parts
    changed, added, removed = (part.count(kind) for kind in ("changed", "added", "removed"))
    assert part.alike + changed + removed == len(old)
    assert part.alike + changed + added == len(new)


def test_texts_are_compared_line_by_line_and_sheets_by_name() -> None:
    before = Preview("parts", parts=(("a", Preview("text", text="one\ntwo")), ("gone", table(("x", "1")))))
    after = Preview("parts", parts=(("a", Preview("text", text="one\nthree")), ("new", table(("x", "1")))))
    a, new, gone = compare(before, after).parts
    assert [(row.change, row.before + row.after) for row in a.rows] == [("removed", ("two",)), ("added", ("three",))]
    assert (new.heading, new.rows[0].change) == ("new", "added")
    assert (gone.heading, gone.rows[0].change) == ("gone", "removed")


def test_ticked_reasons_are_added_once_in_the_language_of_who_reads_them() -> None:
    text = with_presets(" See row 3. ", ["low_counts", "low_counts", "no such reason"], "ko")
    assert text.splitlines() == ["See row 3.", f"• {PRESETS['low_counts'].text.ko}"]
    assert with_presets("", ["type"], "en") == f"• {PRESETS['type'].text.en}"
    assert with_presets("only this", [], "en") == "only this"


def test_files_made_to_be_slow_to_compare_are_not() -> None:
    alike = tuple((str(number % 7),) for number in range(60_000))
    (part,) = compare(table(*alike), table(*reversed(alike), ("8",))).parts
    assert (part.count("added"), part.alike) == (1, 60_000)
    text = "same\n" * 60_000
    (part,) = compare(Preview("text", text=text), Preview("text", text=text + "more")).parts
    assert [row.change for row in part.rows] == ["removed", "added"]
