"""Headings of several words above printed columns, told apart by their place; and what stands beside a table."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from egress_review.checks.tables import Table, has_number, table_of

Line = tuple[int, str]

FEWEST_COLUMNS = 3
FEWEST_SIDES = 3
"""Columns of a table whose heading is read by place, and lines with a named number at their end that are a side."""
MOST_LINE = 1000
"""Characters of a line that is laid out in columns."""

_WORD = re.compile(r"\S+")
_NAMED = re.compile(r"(?<=\s\s)[A-Za-z][^\s=]*(?: [^\s=]+)*\s*$")
_VALUE = re.compile(r"\s*-?(?:\d[\d,]{0,30}(?:\.\d{0,30})?|\.\d{1,30})\s*")


def headed_by_place(lines: Sequence[Line]) -> Table | None:
    """The table of a block whose heading has more words than there are columns: `lower 95% CI`, `Sum Sq`.

    Columns stand under the ends of their headings, as R and SAS print numbers; None where they do not.
    """
    if any(len(line) > MOST_LINE for _, line in lines):
        return None
    words = [list(_WORD.finditer(line)) for _, line in lines]
    end = len(lines)
    start = end
    while start > 0 and len(words[start - 1]) == len(words[-1]) and has_number([w[0] for w in words[start - 1]]):
        start -= 1
    width = len(words[-1]) if words else 0
    if start < 1 or end - start < 2 or width < FEWEST_COLUMNS or not words[start - 1]:
        return None
    places = [
        (min(row[i].start() for row in words[start:end]), max(row[i].end() for row in words[start:end]))
        for i in range(width)
    ]
    if any(places[i][1] >= places[i + 1][0] for i in range(width - 1)):
        return None
    names: list[list[str]] = [[] for _ in places]
    rights = [right for _, right in places]
    for word in words[start - 1]:
        if word.start() == places[0][0]:
            names[0].append(word[0])
            continue
        names[min(bisect_left(rights, word.end()), width - 1)].append(word[0])
    if not (all(names[1:]) or _ends_meet(words[start - 1], places)):
        return None
    body = [(number, [w[0] for w in row]) for (number, _), row in zip(lines[start:end], words[start:end], strict=True)]
    return table_of([(lines[start - 1][0], [" ".join(name) for name in names]), *body])


def _ends_meet(words: Sequence[re.Match[str]], places: Sequence[tuple[int, int]]) -> bool:
    """Whether the last names of a heading that names not all columns end where its last columns end."""
    last = list(zip(words[::-1], places[::-1], strict=False))[: FEWEST_COLUMNS - 1]
    return len(words) >= FEWEST_COLUMNS and all(abs(word.end() - right) <= 1 for word, (_, right) in last)


def without_side(block: list[Line]) -> list[Line]:
    """A block without the named numbers to its right, such as `Number of obs = 200` beside an analysis of variance."""
    cut = [_before_side(line) for _, line in block]
    if sum(before is not None for before in cut) < FEWEST_SIDES:
        return block
    return [(n, line if before is None else before) for (n, line), before in zip(block, cut, strict=True)]


def _before_side(line: str) -> str | None:
    """What stands before a named number at the end of a line; None if there is none, or nothing before it."""
    if len(line) > MOST_LINE or "=" not in line:
        return None
    before, _, value = line.rpartition("=")
    named = _NAMED.search(before) if _VALUE.fullmatch(value) else None
    rest = before[: named.start()].rstrip() if named else ""
    return rest or None
