"""Lines of remarks around a delimited table, `# published by …`: no rows of it, and read as words instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

MOST_REMARKS = 40
"""Lines at either end that may be remarks."""
MOST_CAPTIONS, MOST_SEEN = 10, 1_000
"""Lines at either end that are words if they have no delimiter, and characters of a line that are looked at."""

_MARK = re.compile(r"\s{0,8}[\"']?(?:#|//|--|%%|;;|※)(?P<said>.*)", re.DOTALL)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NUMBER = re.compile(r"[-+]?\d[\d.]{0,30}\s?(?:%|명|건|인)?|[<≤]\s?\d{1,9}|\*{1,3}")
_BEGINS = re.compile(r"[=~≈<≤>≥+(약\s-]{0,6}\d")
_TIME = re.compile(r"(?:19|20)\d\d(?!\d|\s?[/(]\s?\d)")
MOST_WORDS = 3
"""Words of a cell that begins with a number up to which it is one: `3 (2.5%)`, `3 cases`; more are a sentence."""


def remark_rows(records: Sequence[Sequence[str]], delimiter: str) -> frozenset[int]:
    """The places (from 0) of records that are remarks, at the beginning and at the end; one that holds data is none.

    A heading may be marked as well, as NumPy writes it, `# region,count`: it is one if data stand right below.
    """
    top = list(_while_remarks(enumerate(records[:MOST_REMARKS]), delimiter))
    last = len(records) - 1
    ends = ((last - back, record) for back, record in enumerate(records[: -MOST_REMARKS - 1 : -1]))
    below = records[len(top)] if len(top) < len(records) else ()
    if top and any(_NUMBER.fullmatch(cell.strip()) for cell in below[1:]):
        top = top[:-1]
    found = frozenset((*top, *_while_remarks(ends, delimiter)))
    return found if len(found) < len(records) else frozenset()


def _while_remarks(numbered: Iterable[tuple[int, Sequence[str]]], delimiter: str) -> Iterator[int]:
    for at, record in numbered:
        if any(_BREAK.search(cell) for cell in record) or not is_remark(delimiter.join(record), delimiter):
            return  # What stands on several lines is no remark of one line.
        yield at


_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def is_remark(line: str, delimiter: str = ",") -> bool:
    """Whether a line is marked as a remark and no cell of it is a number: a row that is hidden so is none."""
    match = _MARK.fullmatch(line.rstrip())
    if match is None:
        return False
    said = _THOUSANDS.sub("", match["said"])
    first, *others = (cell.strip(" \"'") for cell in said.split(delimiter))
    return not (_NUMBER.fullmatch(first) or any(map(_is_number, others)))


def _is_number(cell: str) -> bool:
    """Whether a cell holds a number with whatever stands behind it, and neither a time nor a sentence."""
    if _NUMBER.fullmatch(cell):
        return True
    return _BEGINS.match(cell) is not None and not _TIME.match(cell) and len(cell.split()) <= MOST_WORDS


def words_around(text: str, delimiter: str, dropped: Iterable[tuple[int, str]]) -> list[str]:
    """The lines of a delimited text of which those are kept that are words above or below its table; others are empty.

    `dropped` are the records, with their numbers, that are in no table of the text: all that they say is kept.
    """
    lines = text.splitlines()
    kept = [""] * len(lines)
    if any(delimiter in line for line in lines[: 2 * MOST_REMARKS]):
        _keep_words(lines, delimiter, kept)
    places: dict[str, int] = {}
    for number, record in dropped:
        places = places or {line: at for at, line in enumerate(lines)}
        said = [line for line in record.splitlines() if line.strip()]
        for line in said:
            if line in places:
                kept[places[line]] = line
        # Lines in quotation marks are not those of the file; what they say stands at the record's place.
        quoted = " ".join(line for line in said if line not in places)
        at = min(number, len(lines)) - 1
        kept[at] = f"{kept[at]} {quoted}" if quoted else kept[at]
    return kept


def _keep_words(lines: Sequence[str], delimiter: str, kept: list[str]) -> None:
    last = len(lines)
    for at in {*range(min(last, MOST_REMARKS)), *range(max(0, last - MOST_REMARKS), last)}:
        line = lines[at]
        near = at < MOST_CAPTIONS or at >= last - MOST_CAPTIONS
        if (near and delimiter not in line.strip(delimiter + " ")) or is_remark(line[:MOST_SEEN], delimiter):
            kept[at] = line
