"""Every part of a file stands on exactly one page, and a finding leads to the page on which its cell stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from egress_review.checks.subject import Subject
from egress_review.claims import FileClaims
from egress_review.findings import Where
from egress_review.paging import CELL, PAGE, UNKNOWN, Spot, outline_of, pages_of, spot_of, unseen
from egress_review.policy import load_policy
from egress_review.previews import HIDDEN, NONE, Preview, preview_of

ROWS = st.lists(st.lists(st.text(max_size=3), max_size=60).map(tuple), max_size=1300).map(tuple)
PARTS = st.lists(
    st.one_of(
        st.builds(lambda rows: Preview("table", rows=rows), ROWS),
        st.builds(lambda text: Preview("text", text=text), st.text(max_size=3000)),
        st.just(NONE),
    ),
    max_size=4,
)


def table(rows: int, columns: int = 2) -> Preview:
    return Preview("table", rows=tuple(tuple(f"{r}.{c}" for c in range(columns)) for r in range(1, rows + 1)))


@given(PARTS)
def test_every_row_and_every_line_stands_on_exactly_one_page_in_order(parts: list[Preview]) -> None:
    pages = pages_of(Preview("parts", parts=tuple((f"[{n}]", part) for n, part in enumerate(parts))))
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    for number, part in enumerate(parts, 1):
        pieces = [piece for page in pages for piece in page.pieces if piece.part == number]
        if part.kind == "table":
            assert tuple(row for piece in pieces for row in piece.preview.rows) == part.rows
            assert all(len(piece.preview.rows) <= PAGE for piece in pieces)
        elif part.kind == "text":
            assert "".join(piece.preview.text for piece in pieces).replace("\n", "") == part.text.replace("\n", "")
        else:
            assert len(pieces) == 1


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.sampled_from((0, 9, 60_000, 1_200_000))), max_size=30), st.booleans()
)
def test_every_character_of_a_long_cell_is_shown_under_the_number_of_its_row(
    sizes: list[tuple[int, int]], wide: bool
) -> None:
    rows = tuple(
        (f"{n}", "a" * one, "b" * other, *("" for _ in range(40 * wide))) for n, (one, other) in enumerate(sizes)
    )
    pages = pages_of(Preview("table", rows=rows))
    found = [[""] * len(row) for row in rows]
    for page in pages:
        for piece in page.pieces:
            assert sum(max(1, *map(len, row)) // CELL for row in piece.preview.rows) <= PAGE
            for number, row in enumerate(piece.preview.rows, piece.first):
                found[number - 1] = [before + more for before, more in zip(found[number - 1], row, strict=True)]
    assert tuple(map(tuple, found)) == rows


def test_a_cell_of_fifty_thousand_characters_is_shown_to_its_end() -> None:
    hidden = "x" * 49_990 + "the end"
    data = f"a,b\n1,{hidden}\n".encode()
    shown = preview_of(Subject("table.csv", "0" * 64, data, load_policy("kr-default"), FileClaims(), "csv", len(data)))
    assert shown.rows[1] == ("1", hidden)
    [page] = pages_of(shown)
    assert page.pieces[0].preview.rows[1][1].endswith("the end")


@given(st.integers(1, 3000), st.integers(1, 60), st.data())
def test_a_finding_leads_to_the_page_that_holds_its_row(rows: int, columns: int, data: st.DataObject) -> None:
    preview = table(rows, columns)
    row = data.draw(st.integers(1, rows))
    spot = spot_of(Where(row=row, column=1), outline_of(preview))
    assert spot is not None
    piece = pages_of(preview)[spot.page - 1].pieces[0]
    assert piece.first <= row <= piece.last
    assert piece.preview.rows[row - piece.first][0] == f"{row}.0"


def test_a_finding_on_a_sheet_or_in_a_cell_of_a_notebook_leads_there() -> None:
    book = Preview("parts", parts=(("first", table(3)), ("second" + HIDDEN, table(3)), ("[7]", table(1200))))
    outline = outline_of(book)
    assert spot_of(Where(sheet="second", row=2, column=1), outline) == Spot(1, 2, 2, 1)
    assert spot_of(Where(sheet="#2", row=2), outline) == Spot(1, 2, 2, 0)
    assert spot_of(Where(path="cell[7].output", row=900), outline) == Spot(3, 3, 900, 0)
    assert spot_of(Where(page=2), outline) == Spot(1, 2)
    assert spot_of(Where(sheet="third", row=2), outline) is None
    assert spot_of(Where(row=9999), outline_of(table(3))) is None
    assert spot_of(Where(), outline_of(table(3))) is None


def test_pages_that_were_not_shown_are_written_as_people_write_them() -> None:
    assert unseen(9, {1, 2, 8}) == "3-7, 9"
    assert unseen(3, {1, 2, 3}) == ""
    assert unseen(1, ()) == "1"


def test_a_file_that_cannot_be_shown_is_one_page_that_nobody_saw() -> None:
    assert UNKNOWN.pages == 1
    assert UNKNOWN.blank == frozenset({1})
    assert outline_of(Preview("parts")).blank == {1}


def test_a_line_of_a_megabyte_does_not_stand_on_one_page() -> None:
    assert len(pages_of(Preview("text", text="x" * 1_000_000))) > 5
