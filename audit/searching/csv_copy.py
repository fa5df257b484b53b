"""A copy as CSV: UTF-8 with a byte-order mark, as Korean spreadsheets expect, and without anything that they run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from audit.searching.copies import Copy
from audit.text import Language

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
# A cell that begins so is taken for a formula (OWASP: CSV injection); an apostrophe makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_copy(copy: Copy, language: Language) -> Iterator[str]:
    """Yield the file line by line."""
    yield BOM + _row([column.title.say(language) for column in copy.columns])
    for line in copy.lines:
        yield _row([column.value(line, language) for column in copy.columns])


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _row(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([harmless(cell) for cell in cells])
    return line.getvalue()
