"""One file under examination: its bytes and everything that several checks read out of them."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from egress_review.checks.content import Content, recognise
from egress_review.checks.counts import Reading, read_counts
from egress_review.checks.deck import read_deck
from egress_review.checks.document import Document
from egress_review.checks.drawing import Drawing, read_drawing
from egress_review.checks.hangul import read_hangul
from egress_review.checks.in_thousands import in_persons
from egress_review.checks.json_tables import held_in, tables_in
from egress_review.checks.kinds import promised_type
from egress_review.checks.measured import without_measures
from egress_review.checks.not_counted import planned_lines, without_uncounted
from egress_review.checks.notebook import BrokenNotebookError, Notebook, read_notebook
from egress_review.checks.page import Page, read_page, without_drawings
from egress_review.checks.printed import read_prose
from egress_review.checks.stretches import plain
from egress_review.checks.tables import Table, read_delimited, table_of
from egress_review.checks.word import read_document
from egress_review.checks.workbook import Workbook, read_workbook
from egress_review.checks.xml_tree import BrokenXmlError
from egress_review.checks.zipped import BrokenPackageError, read_parts
from egress_review.claims import FileClaims
from egress_review.findings import Where
from egress_review.terms import Policy

DOCUMENTS: Mapping[str, Callable[[bytes], Document]] = {
    "docx": read_document,
    "pptx": read_deck,
    "hwpx": read_hangul,
}
"""Types of file that are documents, and what reads each."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What the whole request comes to."""

    files: int
    size: int


@dataclass(frozen=True)
class Subject:
    """A file as the checks see it. Its text, tables and JSON are read once, when first asked for."""

    name: str
    sha256: str
    data: bytes
    policy: Policy
    claims: FileClaims
    type: str | None
    """The type that the name promises, if any."""
    size: int
    """Bytes of the file on disk."""

    @cached_property
    def content(self) -> Content:
        """What the bytes are."""
        return recognise(self.data)

    @cached_property
    def text(self) -> str:
        """The file as text; empty if it is none."""
        return self.content.decoded.text if self.content.decoded else ""

    @cached_property
    def said(self) -> str:
        """The words of the file, in which something may be said of its tables: of a long one the ends."""
        return ends_of(self.text)

    @property
    def own_lines(self) -> int:
        """Lines of `said` that are of this piece; those after them are of the file around it."""
        return self.said.count("\n") + 1

    @property
    def crowded(self) -> bool:
        """Whether the file around this piece holds other tables."""
        return False

    @property
    def printed_by(self) -> str:
        """The last line of the code that printed this piece."""
        return ""

    @cached_property
    def lines(self) -> list[str]:
        """The text by line, kept: every table of a text looks at the lines above it."""
        return self.text.splitlines()

    @cached_property
    def letters(self) -> bytes:
        """The text with one byte for each character, to look for stretches in."""
        return plain(self.text)

    def line_of(self, position: int) -> int:
        """The line, from 1, in which a character of the text stands."""
        return bisect_right(self._line_starts, position)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The tables in the file: the whole of a CSV, those written out in prose."""
        if self.type in ("csv", "tsv"):
            return read_delimited(self.text)
        if self.type in ("md", "txt", "tex"):
            return read_prose(self.text)
        if self.type == "json":
            return tables_in(self.json) or held_in(self.json)[1]
        if self.type == "xlsx" and isinstance(self.workbook, Workbook):
            return tuple(sheet.table for sheet in self.workbook.sheets if sheet.table)
        if self.type == "ipynb" and self.notebook:
            said = (read_prose(piece.text) for piece in self.notebook.pieces if piece.kind == "text")
            held = tuple(piece.table for piece in self.notebook.pieces if piece.table)
            return (*held, *(table for tables in said for table in tables))
        if self.type in DOCUMENTS and isinstance(self.document, Document):
            return tables_of(rows for story in self.document.stories for rows in story.tables)
        if self.type == "html":
            return tables_of(self.page.tables)
        if self.type == "zip":
            return self._tables_of_members
        return ()

    @cached_property
    def _tables_of_members(self) -> tuple[Table, ...]:
        try:
            own = members_of(self)
            packed = [deeper for one in own if one.type == "zip" for deeper in members_of(one)]
            return tuple(table for one in (*own, *packed) if one.type != "zip" for table in one.tables)
        except BrokenPackageError:
            return ()

    @cached_property
    def document(self) -> Document | BrokenPackageError:
        """The file as a document of its type, or why it is none."""
        try:
            return DOCUMENTS[self.type or "docx"](self.data)
        except BrokenPackageError as error:
            return error

    @cached_property
    def page(self) -> Page:
        """The file as a page of HTML."""
        return read_page(without_drawings(self.text)[0])

    @cached_property
    def drawing(self) -> Drawing | None:
        """The file as an SVG; None if it is none."""
        try:
            return read_drawing(self.data)
        except BrokenXmlError:
            return None

    @cached_property
    def notebook(self) -> Notebook | None:
        """The file as a notebook; None if it is none."""
        try:
            return read_notebook(self.json)
        except BrokenNotebookError:
            return None

    @cached_property
    def readings(self) -> tuple[tuple[Table, Reading], ...]:
        """Each table with its counts."""
        numbered = self.type in ("md", "txt", "tex")
        around = self.lines if numbered else self.said.split("\n") if not self.crowded else []
        return tuple((table, self._read(table, around, numbered=numbered)) for table in self.tables)

    def _read(self, table: Table, around: Sequence[str], *, numbered: bool) -> Reading:
        """The counts of a table, and the columns out of which the author's claims take some."""
        reading = self._people(table, self.claims, around, numbered=numbered)
        if all(self.claims.declared(name) in (None, "counts") for name in table.names):
            return reading
        bare = self._people(table, self.claims.taking_nothing_away, around, numbered=numbered)
        told = {(count.row, count.column) for count in reading.counts}
        dropped = {count.column - 1 for count in bare.counts if (count.row, count.column) not in told}
        return replace(reading, dropped=tuple(sorted(dropped.difference(reading.overruled))))

    def _people(self, table: Table, claims: FileClaims, around: Sequence[str], *, numbered: bool) -> Reading:
        """The counts of a table, as people: none that it measures, plans or offers, and thousands as what they are."""
        reading = without_measures(table, read_counts(table, claims), around, numbered=numbered)
        reading = without_uncounted(table, reading, self.planned if numbered else frozenset())
        return in_persons(table, reading, around, numbered=numbered)

    @cached_property
    def planned(self) -> frozenset[int]:
        """The lines in which a program prints the sizes that a plan needs."""
        return planned_lines(self.lines)

    @cached_property
    def workbook(self) -> Workbook | BrokenPackageError:
        """The file as a workbook, or why it is none."""
        try:
            return read_workbook(self.data)
        except BrokenPackageError as error:
            return error

    @cached_property
    def json(self) -> Any:
        """The file as JSON; None if it cannot be read."""
        return None if self.json_error else json.loads(self.text) if self._is_one_json else self._json_lines

    @cached_property
    def json_error(self) -> bool:
        """Whether the file cannot be read as JSON, as one value or as an object in each line."""
        return not self._is_one_json and not self._json_lines

    @cached_property
    def _is_one_json(self) -> bool:
        try:
            json.loads(self.text)
        except (ValueError, RecursionError):
            return False
        return True

    @cached_property
    def _json_lines(self) -> list[Any]:
        """The objects of a file with one in each line, as pandas writes records; empty if it is no such file."""
        lines = [line for line in self.text.split("\n") if line.strip()]
        if len(lines) < 2 or any(line.strip()[:1] != "{" or line.strip()[-1:] != "}" for line in lines):
            return []
        try:
            return [json.loads(line) for line in lines]
        except (ValueError, RecursionError):
            return []


MOST_SAID = 10_000


def ends_of(text: str) -> str:
    """The beginning and the end of a text, where what is said of its tables stands; all of one that is not long."""
    return text if len(text) <= 2 * MOST_SAID else f"{text[:MOST_SAID]}\n{text[-MOST_SAID:]}"


def tables_of(grids: Iterable[Sequence[Sequence[str]]]) -> tuple[Table, ...]:
    """The tables in rows of cells, numbered from 1; empty ones are none."""
    numbered = ([(at, row) for at, row in enumerate(rows, 1) if any(map(str.strip, row))] for rows in grids)
    return tuple(table_of(rows) for rows in numbered if rows)


@dataclass(frozen=True)
class PieceSubject(Subject):
    """A sheet of a workbook or a part of a notebook, examined as the file that it could be."""

    shown: str
    grid: Table | None
    around: str = ""
    """What the other pieces of the file say."""
    beside: int = 0
    """Other tables of the file."""
    code: str = ""
    """The last line of the code that printed it."""

    @cached_property
    def said(self) -> str:
        """What the piece says, then what the file says around it."""
        return f"{ends_of(self.shown)}\n{self.around}"

    @property
    def own_lines(self) -> int:
        """Lines of `said` that are of this piece."""
        return ends_of(self.shown).count("\n") + 1

    @property
    def crowded(self) -> bool:
        """Whether the file holds other tables."""
        return self.beside > 0

    @property
    def printed_by(self) -> str:
        """The last line of the code that printed it."""
        return self.code

    @cached_property
    def text(self) -> str:
        """What the piece says."""
        return self.shown

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The piece as a table, or the tables in what it says."""
        if self.type in ("csv", "tsv"):
            return (self.grid,) if self.grid else ()
        if self.type == "json":
            return tables_in(self.json) or held_in(self.json)[1]
        return read_prose(self.shown) if self.type == "md" else ()


def piece_of(
    subject: Subject,
    kind: str,
    *,
    text: str = "",
    table: Table | None = None,
    data: bytes | None = None,
    code: str = "",
) -> Subject:
    """A piece of a file under examination: of type `kind`, saying `text`, holding `table`, or made of `data`."""
    content = text.encode(errors="surrogatepass") if data is None else data
    held = (subject.name, subject.sha256, content, subject.policy, subject.claims, kind, len(content), text, table)
    return PieceSubject(*held, code=code)


def members_of(subject: Subject) -> list[Subject]:
    """The files within an archive; folders are none.

    Raises: BrokenPackageError
    """
    return [
        member_of(subject, name, data, promised_type(name))
        for name, data in read_parts(subject.data).items()
        if not name.endswith("/")
    ]


def surrounded(pieces: Sequence[tuple[Where, Subject]]) -> list[tuple[Where, Subject]]:
    """The pieces of a file, each of which knows what the others say."""
    tables = sum(isinstance(piece, PieceSubject) and piece.grid is not None for _, piece in pieces)
    said = [
        ends_of(one.shown) for _, one in pieces if isinstance(one, PieceSubject) and one.type in ("md", "txt", "csv")
    ]
    around = ends_of("\n".join(said)) if len(said) > 1 else ""
    return [
        (where, replace(one, around=around, beside=max(0, tables - 1)) if isinstance(one, PieceSubject) else one)
        for where, one in pieces
    ]


def member_of(subject: Subject, name: str, data: bytes, kind: str | None) -> Subject:
    """A file within an archive, examined as if it had been handed in by itself."""
    return Subject(name, subject.sha256, data, subject.policy, subject.claims, kind, len(data))
