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
        if not is_remark(delimiter.join(record), delimiter):
            return
        yield at


def is_remark(line: str, delimiter: str = ",") -> bool:
    """Whether a line is marked as a remark and no cell of it is a number: a row that is hidden so is none."""
    match = _MARK.fullmatch(line.rstrip())
    if match is None:
        return False
    said = _THOUSANDS.sub("", match["said"])
    return not any(_NUMBER.fullmatch(cell.strip(" \"'")) for cell in said.split(delimiter))


def words_around(text: str, delimiter: str) -> list[str]:
    """The lines of a delimited text of which those are kept that are words above or below its table; others are empty.

    Only a text of more than one column has such lines.
    """
    lines = text.splitlines()
    if not any(delimiter in line for line in lines[: 2 * MOST_REMARKS]):
        return []
    last = len(lines)
    kept = [""] * last
    for at in {*range(min(last, MOST_REMARKS)), *range(max(0, last - MOST_REMARKS), last)}:
        line = lines[at]
        near = at < MOST_CAPTIONS or at >= last - MOST_CAPTIONS
        if (near and delimiter not in line.strip(delimiter + " ")) or is_remark(line[:MOST_SEEN], delimiter):
            kept[at] = line
    return kept
