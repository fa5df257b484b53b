"""Counts in the blocks that programs print, told by the shape of a cross table or by the line above: `n by arm`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from egress_review.checks.cells import judge
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import count_said
from egress_review.findings import Where

MOST_ROWS, LONGEST_LINE = 60, 300
"""Rows of one block that are read, and characters of a line."""
LARGE = 10
"""The largest of numbers that count people is hardly below this."""

_ACROSS = re.compile(r"[A-Za-z가-힣_]\w{0,40}(?:\s{2,}[\w가-힣./+<>-]{1,30}){2,20}\s*")
_DOWN = re.compile(r"[A-Za-z가-힣_]\w{0,40}\s*")
_CAPTION = re.compile(
    r"(?:n|no|count|counts|frequency|frequencies|freq|cell counts?|numbers?|number of [a-z ]{3,40}|"
    r"patients|people|persons|"
    r"participants|cases|deaths|events|cross-?tab\w*)\.? (?:by|per|in each|for each|across|of \w+ by|"
    r"tabulated by)\b.{0,80}"
    r"|(?:환자|대상자|인원|사람|사망자?|응답자|사례|건)\s?수[^\d]{0,30}",
    re.IGNORECASE,
)


def check_printed_counts(subject: Subject, listing: Listing) -> None:
    """Judge the whole numbers of blocks that can only be counts."""
    lines = subject.lines
    for at, line in enumerate(lines[:-2]):
        if len(line) > LONGEST_LINE:
            continue
        crossed = _ACROSS.fullmatch(line) is not None and _DOWN.fullmatch(lines[at + 1]) is not None
        captioned = _CAPTION.fullmatch(line.strip().rstrip(":")) is not None
        if not crossed and not captioned:
            continue
        below = at + 2 if crossed or _is_head(lines[at + 1]) else at + 1
        found = list(_cells(lines[below : below + MOST_ROWS], below + 1, labelled=crossed))
        if found and max(value for _, value in found) >= LARGE:
            for row, value in found:
                judge(value, Where(row=row), subject.claims, subject.policy, listing)


def _is_head(line: str) -> bool:
    """Whether a line below a caption names columns, some of which may be numbered."""
    return any(not word.replace(",", "").isdecimal() for word in line.split())


def _cells(lines: Sequence[str], first: int, *, labelled: bool) -> Iterator[tuple[int, int]]:
    for number, line in enumerate(lines, first):
        words = line.split()
        if not words or len(line) > LONGEST_LINE:
            return
        cells = words[1:] if labelled or not words[0].replace(",", "").isdecimal() else words
        if not cells or not all(_WHOLE.fullmatch(cell) for cell in cells):
            return
        yield from ((number, count_said(cell)) for cell in cells)


_WHOLE = re.compile(r"\d{1,3}(?:,\d{3}){1,3}|\d{1,9}")
