"""Programs and LaTeX: texts that may leave, with the values that were typed or pasted into them."""

from __future__ import annotations

from egress_review.checks.listing import Listing
from egress_review.checks.microdata import check_table
from egress_review.checks.person_rows import check_person_rows
from egress_review.checks.program_rows import FEWEST_ROWS, tables_between_lines, tables_in_program
from egress_review.checks.shape import check_numbered
from egress_review.checks.subject import Subject, piece_of
from egress_review.checks.tables import Table
from egress_review.findings import WHOLE_FILE, Where

RULES = ("table.records", "table.singular")


def check_latex(subject: Subject, listing: Listing) -> list[tuple[Where, Subject]]:
    """The text of a LaTeX file, examined as the text that it is; every line of it keeps its number."""
    del listing
    return [(WHOLE_FILE, piece_of(subject, "md", text=subject.text))]


def check_program(subject: Subject, listing: Listing) -> None:
    """Flag tables of single people that are written out in a program."""
    _check(tables_in_program(subject.text), listing)


def check_pasted(subject: Subject, listing: Listing) -> None:
    """Flag rows of single people that stand between the lines of a text as they stand in a CSV."""
    _check(tuple(tables_between_lines(subject.text)), listing)


def _check(tables: tuple[Table, ...], listing: Listing) -> None:
    for table in tables:
        check_numbered(table, listing)
        if not check_person_rows(table, listing, fewest=FEWEST_ROWS):
            check_table(table, listing)
