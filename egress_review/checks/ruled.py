"""Pictures of tables without the lines that rule them, at which the reading of words breaks off: `| 35 |"
"` is then 35."""

from __future__ import annotations

import math
import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from egress_review.checks.png_rows import Samples, read_samples, write_samples

MOST_POINTS, MOST_RUNS, MOST_PLACES = 2_500_000, 20_000, 20
"""Points of a picture, and dark stretches in it, up to which its lines are looked for, and places where these begin
and end together that are tried, the most frequent first."""
LEAST_LINE, LEAST_SHARE = 40, 12
"""Points of a line, and the part of the picture's side that it has at least: a twelfth."""
FEWEST_ACROSS, FEWEST_DOWN, NEAR = 4, 3, 3
"""Lines across and down from which a picture is of a ruled table, and points by which their ends may differ."""

Run = tuple[int, int, int]
"""The number of a line of points, and where a dark stretch of it begins and ends."""

_DARK = bytes(int(value < 170) for value in range(256))
_WHITE = 255


def without_rules(png: bytes) -> bytes | None:
    """The picture in grey without its lines; None for one that is no ruled table, or too large or odd to be read."""
    if not png.startswith(b"\x89PNG") or math.prod(struct.unpack_from(">II", png, 16)) > MOST_POINTS:
        return None
    samples = read_samples(png)
    if samples is None:
        return None
    width, height = samples.width, samples.height
    grey = bytearray().join(_grey(samples))
    dark = bytes(grey).translate(_DARK)
    across = _runs((dark[y * width : (y + 1) * width] for y in range(height)), max(LEAST_LINE, width // LEAST_SHARE))
    down = _runs((dark[x::width] for x in range(width)), max(LEAST_LINE, height // LEAST_SHARE))
    if not _cross(across, down):
        return None
    for y, start, end in across:
        grey[y * width + start : y * width + end] = bytes([_WHITE]) * (end - start)
    for x, start, end in down:
        grey[start * width + x : (end - 1) * width + x + 1 : width] = bytes([_WHITE]) * (end - start)
    rows = tuple(bytes(grey[y * width : (y + 1) * width]) for y in range(height))
    return write_samples(Samples(width, height, 1, rows))


def _grey(samples: Samples) -> Iterator[bytes]:
    """Each row in one channel: the green of a colour, as good as its light; white where nothing is drawn."""
    step = samples.channels
    for row in samples.rows:
        told = row[1::step] if step > 2 else row[::step]
        if step in (2, 4) and (alpha := row[step - 1 :: step]).count(_WHITE) < len(alpha):
            told = bytes(value if seen > 127 else _WHITE for value, seen in zip(told, alpha, strict=True))
        yield told


def _runs(lines: Iterator[bytes], least: int) -> list[Run]:
    """Number, start and end of the stretches of dark points of that length."""
    stretch, long = b"\1" * least, re.compile(b"\1{%d,}" % least)
    found = (
        (number, match.start(), match.end())
        for number, line in enumerate(lines)
        if stretch in line
        for match in long.finditer(line)
    )
    return list(islice(found, MOST_RUNS))


def _cross(across: Sequence[Run], down: Sequence[Run]) -> bool:
    """Whether lines across that begin and end together meet lines down from the first of them to the last.

    The panels of a plot have frames as well, which end before the next one begins.
    """
    places = Counter((start, end) for _, start, end in across)
    for (left, right), _ in places.most_common(MOST_PLACES):
        rows = _apart(y for y, start, end in across if abs(start - left) <= NEAR and abs(end - right) <= NEAR)
        if len(rows) < FEWEST_ACROSS:
            continue
        columns = _apart(
            x
            for x, start, end in down
            if left - NEAR <= x <= right + NEAR and abs(start - rows[0]) <= NEAR and abs(end - 1 - rows[-1]) <= NEAR
        )
        if len(columns) >= FEWEST_DOWN:
            return True
    return False


def _apart(numbers: Iterable[int]) -> list[int]:
    """Where lines are; a thick one is one."""
    found: list[int] = []
    last = -NEAR
    for number in sorted(set(numbers)):
        if number - last > 1:
            found.append(number)
        last = number
    return found
