"""What is read fast is read as before: stretches, lines, columns of numbers, and the same findings in a long table."""

from __future__ import annotations

import io
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review.checks.counts import paired, read_counts, whole
from egress_review.checks.stretches import Alphabet, plain, stretches
from egress_review.checks.tables import Table, lines_of
from egress_review.claims import FileClaims
from egress_review.findings import Flagged
from tests.unit.egress_review.egress_files import look

CELLS = st.one_of(
    st.from_regex(r"\A[-+]?\d{1,4}(\.\d{1,4})?\Z"),
    st.sampled_from(("", "*", "<10", "12 (3%)", "1,200", "３０", "5명", "x", "0.500", "7.0", "=1", " 8 ")),
)


@given(st.text(alphabet="abc,;\n가", max_size=80), st.integers(1, 6))
def test_a_stretch_is_every_longest_run_of_an_alphabet(text: str, least: int) -> None:
    expected = [match.span() for match in re.finditer(f"[ab]{{{least},}}", text)]
    assert list(stretches(plain(text), Alphabet.of("ab"), least)) == expected


@given(st.text(alphabet='ab,"\n\r\x0b\x85\u2028', max_size=60))
def test_lines_are_those_that_a_table_has(text: str) -> None:
    assert list(lines_of(text)) == list(io.StringIO(text, newline=""))


@settings(max_examples=100, deadline=None)
@given(st.lists(CELLS, min_size=3, max_size=30))
def test_a_column_of_counts_holds_the_numbers_of_its_cells(cells: list[str]) -> None:
    rows = [(str(number), cell) for number, cell in enumerate(cells)]
    table = Table(("group", "n"), rows, range(2, 2 + len(rows)))
    read = {(count.row, count.value) for count in read_counts(table, FileClaims({"n": "counts"})).counts}
    expected = {
        (number, value)
        for number, cell in zip(table.numbers, table.column(1), strict=True)
        if (value := whole(cell)) is not None
    }
    assert read == expected | {place for place in read if paired(cells[place[0] - 2])}


def test_the_last_row_of_a_long_table_is_read_like_the_first() -> None:
    rows = [f"r{n},{n % 90 + 10}" for n in range(6_000)]
    rows += ["x,3", "=1+1,40", "901106-1896546,50", "zero\u200bwidth,60"]
    report = look("t.csv", "\n".join(["group,n", *rows]))
    for rule in ("cells.small", "table.formula", "identifier.rrn", "text.hidden"):
        assert [
            one for one in report.findings if isinstance(one, Flagged) and one.rule == rule and one.where.row > 6_000
        ]
