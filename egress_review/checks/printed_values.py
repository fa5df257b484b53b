"""What a program prints of its own values: dictionaries, counters, histograms, frames with two levels of index."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from egress_review.checks.tables import Table, has_number, table_of
from egress_review.checks.tallies import is_tally

Line = tuple[int, str]

_KEY = r"(?:'[^'\n]{1,60}'|\"[^\"\n]{1,60}\"|\([^()\n]{1,80}\)|-?\d{1,9})"
_DICT = re.compile(rf"\{{\s*{_KEY}\s*:\s*\d{{1,9}}\s*(?:,\s*{_KEY}\s*:\s*\d{{1,9}}\s*)+\}}")
_PAIR = re.compile(rf"({_KEY})\s*:\s*(\d{{1,9}})")
_TUPLES = re.compile(rf"\[\({_KEY}, \d{{1,9}}\)(?:, \({_KEY}, \d{{1,9}}\))+\]")
_TUPLE = re.compile(rf"\(({_KEY}), (\d{{1,9}})\)")
_HISTOGRAM = re.compile(r"\(array\(\[([\d,\s.]{1,4000})\][^)\n]{0,40}\),\s*array\(\[([^\]]{1,8000})\]")


def values_in(text: str) -> Iterator[Table]:
    """The tallies that were printed as values of Python, each as a table."""
    for match in _DICT.finditer(text) if "{" in text else ():
        pairs = {key.strip("'\""): int(count) for key, count in _PAIR.findall(match[0])}
        if is_tally(pairs):
            yield _tally(_line(text, match), [(key, str(count)) for key, count in pairs.items()])
    for match in _TUPLES.finditer(text) if "[(" in text else ():
        pairs = {key.strip("'\""): int(count) for key, count in _TUPLE.findall(match[0])}
        if is_tally(pairs):
            yield _tally(_line(text, match), [(key, str(count)) for key, count in pairs.items()])
    for match in _HISTOGRAM.finditer(text) if "array(" in text else ():
        counts, edges = (re.findall(r"[-\d.e+]+", part) for part in match.groups())
        if len(edges) == len(counts) + 1 and all(re.fullmatch(r"\d+\.?0*", count) for count in counts):
            yield _tally(
                _line(text, match),
                [
                    (edge, count.rstrip("0").rstrip(".") if "." in count else count)
                    for edge, count in zip(edges, counts, strict=False)
                ],
            )
    yield from _arrays(text)


def _arrays(text: str) -> Iterator[Table]:
    """A histogram as numpy prints its two arrays: whole numbers, then one number more that only rise."""
    found = list(_ARRAY.finditer(text)) if "[" in text else []
    for one, other in pairwise(found):
        counts, edges = one[1].split(), other[1].split()
        near = not text[one.end() : other.start()].strip(" ,\n\r\t()")
        if not near or len(edges) != len(counts) + 1 or len(edges) <= FEWEST_BINS:
            continue
        # Brackets may hold anything, such as the `...` of an array that is too long to print.
        if not all(map(_BIN.fullmatch, counts)) or not all(map(_EDGE.fullmatch, edges)):
            continue
        if all(a < b for a, b in pairwise(map(float, edges))):
            bins = [(edge, count.rstrip(".")) for edge, count in zip(edges, counts, strict=False)]
            yield _tally(_line(text, one), bins)


_ARRAY = re.compile(r"\[\s*((?>[-\d.e+]{1,24}\s*){1,400})\]")
_BIN = re.compile(r"\d{1,9}\.?")
_EDGE = re.compile(r"-?(?:\d{1,18}\.?\d{0,18}|\.\d{1,18})(?:e[-+]?\d{1,3})?")
FEWEST_BINS = 3
"""Bins from which two arrays are a histogram."""


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


def _tally(number: int, rows: Sequence[Sequence[str]]) -> Table:
    return table_of([(number, ["", "n"]), *((number, row) for row in rows)])


def two_levels(lines: Sequence[Line]) -> Table | None:
    """A frame whose first label stands only where it changes: the rows below it lack their first cell."""
    body = [(number, line) for number, line in lines if has_number(line.split())]
    split = [(number, line, line.split()) for number, line in body]
    width = max((len(cells) for _, _, cells in split), default=0)
    short = [cells for _, line, cells in split if len(cells) == width - 1 and line[:1].isspace()]
    full = [line for _, line, cells in split if len(cells) == width and not line[:1].isspace()]
    if width < 3 or not short or len(short) + len(full) != len(split):
        return None
    above = [line.split() for number, line in lines if number < body[0][0]]
    names = [*above[-1], *above[-2]] if len(above) > 1 else above[-1] if above else []
    if len(above) > 1 and len(names) == width + 1:
        names = [*above[-1], *above[-2][1:]]  # R says above the classes what they are classes of.
    if len(names) == width - 1 and all(cells[-1].isdecimal() for _, _, cells in split):
        names = [*names, "n"]  # A Series has no name above its values.
    if len(names) != width or len(split[0][2]) != width:
        return None
    rows: list[tuple[int, list[str]]] = [(max(1, body[0][0] - 1), names)]
    label = ""
    for number, _, cells in split:
        label = cells[0] if len(cells) == width else label
        rows.append((number, cells if len(cells) == width else [label, *cells]))
    return table_of(rows)
