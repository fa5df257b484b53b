"""Programs and LaTeX: texts that may leave, with the values that were typed or pasted into them."""

from __future__ import annotations

from collections.abc import Iterator

from egress_review.checks.cells import check_cells
from egress_review.checks.excerpts import check_excerpts
from egress_review.checks.few_firms import check_few_firms
from egress_review.checks.identifiers import CODE, NUMBERED
from egress_review.checks.keyed_rows import tables_by_line
from egress_review.checks.listing import Listing
from egress_review.checks.microdata import check_table
from egress_review.checks.person_rows import check_person_rows
from egress_review.checks.program_literals import (
    FEWEST_CASES,
    PRINTED_CODE,
    cases_typed,
    lists_of_codes,
    lists_of_names,
    names_things,
    people_typed,
    tables_in_brackets,
    tables_in_lines,
)
from egress_review.checks.program_rows import FEWEST_ROWS, records_in, rows_in, tables_between_lines, tables_in_program
from egress_review.checks.program_words import numbers_of_people, words_of
from egress_review.checks.prose import check_prose
from egress_review.checks.shape import check_numbered, check_records
from egress_review.checks.spread import check_spread
from egress_review.checks.subject import Subject, piece_of
from egress_review.checks.tables import Table
from egress_review.checks.told_lives import check_told_lives
from egress_review.findings import WHOLE_FILE, Where
from registry.text import Text

RULES = ("table.records", "table.singular", "identifier.other_id")
OF_COMMENTS = (
    *("cells.small", "cells.zero", "cells.claim", "cells.unclear", "cells.extremes"),
    *("table.records", "table.singular"),
)
FEWEST_PASTED = 4
"""Lines of equal width in a program that are looked at for what they hold."""
_OF_WORDS = (check_cells, check_prose, check_few_firms, check_records, check_excerpts, check_spread, check_told_lives)

_TYPED = Text(
    ko="프로그램에 사람의 번호나 이름, 날짜가 든 행이 {number}개 적혀 있습니다: 한 행이 한 사람입니다.",
    en="{number} rows with numbers, names or days of people are written out in the program: each row is one person.",
)
_PRINTED = Text(
    ko="사람의 번호나 이름, 날짜가 든 행이 {number}개 출력되어 있습니다: 한 행이 한 사람입니다.",
    en="{number} rows with numbers, names or days of people are printed: each row is one person.",
)
_AGGREGATE = Text(ko="행을 지우고 집단별로 집계하십시오.", en="Remove the rows and aggregate to groups.")
_OF_SOMEBODY = Text(
    ko="프로그램에 사람의 번호로 보이는 값이 적혀 있습니다.",
    en="The program spells out what looks like the number of a person.",
)
_READ = Text(
    ko="값을 프로그램에 적지 말고 안심구역 안의 파일에서 읽으십시오.",
    en="Read the values from a file that stays in the zone instead of writing them into the program.",
)


def check_latex(subject: Subject, listing: Listing) -> list[tuple[Where, Subject]]:
    """The text of a LaTeX file, examined as the text that it is; every line of it keeps its number."""
    del listing
    return [(WHOLE_FILE, piece_of(subject, "md", text=subject.text))]


def check_program(subject: Subject, listing: Listing) -> None:
    """Flag tables of single people that are written out in a program."""
    _check(tables_in_program(subject.text), listing)
    pasted = tables_between_lines(_with_lines(subject.text), FEWEST_PASTED)
    _check_typed((*tables_in_brackets(subject.text), *pasted, *_few_rows(subject.text)), listing)
    for start, number in lists_of_names(subject.text):
        where = Where(row=subject.line_of(start))
        listing.flag("table.singular", _TYPED.fill(number=number), _READ, where=where, number=number)
    told = {subject.line_of(match.start()) for match in NUMBERED.finditer(subject.text)}
    spelled = {subject.line_of(start) for start in numbers_of_people(subject.text)}
    spelled |= {line for line, _ in lists_of_codes(subject.text, CODE)}
    for line in sorted(spelled - told):
        listing.flag("identifier.other_id", _OF_SOMEBODY, _READ, where=Where(row=line), number=1)


def _few_rows(text: str) -> Iterator[Table]:
    """Rows of literals that are too few for a table of any kind, unless they are of codes of things."""
    few = (*rows_in(text, FEWEST_CASES), *records_in(text, FEWEST_CASES), *tables_in_brackets(text, FEWEST_CASES))
    for table in few:
        if len(table.rows) < FEWEST_ROWS and not names_things(" ".join(table.names)):
            yield table


def _with_lines(text: str) -> str:
    """A program whose texts in quotes have the ends of lines that are written out in them."""
    return text.replace("\\n", "\n") if text.count("\\n") >= FEWEST_PASTED else text


def check_comments(subject: Subject, listing: Listing) -> None:
    """Hold what the comments of a program say to the rules for any text: results are pasted there as well."""
    words = words_of(subject.text)
    said = piece_of(subject, "md", text=words)
    # What has no digit is read for numbers in words alone.
    checks = _OF_WORDS if any(map(str.isdigit, words)) else (check_prose,) if words.strip() else ()
    for check in checks:
        check(said, listing)


def check_pasted(subject: Subject, listing: Listing) -> None:
    """Flag rows of single people that stand between the lines of a text as in a CSV, or as a program prints them."""
    _check((*tables_between_lines(subject.text), *records_in(subject.text)), listing)
    for table in (*tables_in_brackets(subject.text), *tables_in_lines(subject.text)):
        if number := people_typed(table, PRINTED_CODE):
            where = Where(row=table.numbers[0])
            listing.flag("table.singular", _PRINTED.fill(number=number), _AGGREGATE, where=where, number=number)
    keyed = tuple(tables_by_line(subject.text))
    _check_typed(keyed, listing)
    for table in keyed:
        check_table(table, listing)


def _check(tables: tuple[Table, ...], listing: Listing) -> None:
    for table in tables:
        check_numbered(table, listing)
        if not check_person_rows(table, listing, fewest=FEWEST_ROWS):
            check_table(table, listing)


def _check_typed(tables: tuple[Table, ...], listing: Listing) -> None:
    for table in tables:
        check_numbered(table, listing)
        if number := people_typed(table) or cases_typed(table):
            where = Where(row=table.numbers[0])
            listing.flag("table.singular", _TYPED.fill(number=number), _READ, where=where, number=number)
