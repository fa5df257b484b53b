"""Numbers that a picture writes at the height of their own value: counts above bars, single values beside points.

The ticks of an axis tell its scale. A number that stands where the scale puts its value belongs to what is drawn there:
with some distance, the same for all, it stands above a bar (or behind one that lies); at no distance, behind a mark, it
is the value of a point. Misread numbers stand nowhere, and are passed over.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from egress_review.checks.cells import judge
from egress_review.checks.listing import Listing
from egress_review.checks.ocr import Label
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

MOST_LABELS = 400
FEWEST_TICKS, FEWEST_BARS, FEWEST_POINTS = 3, 3, 2
"""Ticks of an axis, numbers above bars, and single values above each other, from which they are taken for it."""
ALIGNED, EXACT, DISTANT = 4.0, 3.0, 30.0
"""Pixels within which labels are in line, within which a number stands at its value, and it may stand above a bar."""
MOSTLY = 0.7
"""Share of the numbers that are no ticks that must stand above bars."""

_NUMBER = re.compile(r"\d{1,3}(?:,\d{3}){1,3}|\d{1,7}(?:\.\d{1,3})?")
_MARKED = re.compile(
    r"(?:[^\w\s()\[\]{}<>≤≥=~+.,:;/%$₩-]{1,2}|[eoO0°•] )\s?(\d{1,3}(?:,\d{3}){1,2}|\d{1,7}(?:\.\d{1,3})?)"
)
"""A number behind a mark, as a reader of letters sees it: `© 3875`, `• 3875`, `o 3875`."""
_COUNTS = re.compile(
    r"(?:가구|세대|사람|환자|대상자|응답자|학생|근로자|직원|사망자|발생|참여자|신청자?|입원|건|명|"
    r"인원|기업|사업체) ?수|인원|빈도|도수|\(명\)|\(건\)|\bcounts?\b|"
    r"\bnumbers? of\b(?! (?:days|hours|weeks|months|years|beds|"
    r"genes|papers|studies|images|epochs|features|variables|items)\b)|\bfrequenc(?:y|ies)\b|\bno\. of\b|"
    r"^(?:(?!(?:of|in|among|per|by|for|between|from|with|to|on|and)\b)[A-Za-z-]{1,20} ){0,3}"
    r"(?:patients|people|persons|participants|cases|deaths|respondents|workers|employees|pupils|students|households|"
    r"women|men|children|visits|admissions)(?: \(n\))?$",
    re.IGNORECASE,
)
_NO_COUNTS = re.compile(
    r"%|\bmean\b|\bmedian\b|\baverage\b|\brates?\b|\bratio\b|\bscores?\b|\bper ?cent|\bindex\b|\bper \d|"
    r"평균|중앙값|비율|[가-힣]률|점수|지수|십만 ?명당|만 ?명당|천 ?명당",
    re.IGNORECASE,
)
_BOXED = re.compile(
    r"box[ -]?plot|\boutliers?\b|whisker|\bIQR\b|상자 ?(?:그림|수염)|이상(?:점|치|값)|사분위", re.IGNORECASE
)

_VALUES = Text(
    ko="상자그림의 점 {number}개에 값이 적혀 있습니다: 점 하나가 한 사람입니다.",
    en="{number} points of a box plot are labelled with their values: each is one person.",
)
_NO_VALUES = Text(
    ko="이상점과 그 값을 지우고 백분위수까지만 그리십시오.",
    en="Leave out the outliers and their values, and draw percentiles only.",
)


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis: the pixel at which it is zero, the pixels of one unit, whether it stands upright, and its ticks."""

    zero: float
    unit: float
    upright: bool
    ticks: frozenset[Label]

    def distance(self, value: float, label: Label) -> float:
        """Pixels from where the scale puts a value to where its label stands, outwards."""
        at = self.zero + self.unit * value
        return at - _middle(label, upright=True) if self.upright else label.left - at


def check_pictured(labels: Sequence[Label], subject: Subject, listing: Listing) -> None:
    """Hold the counts above bars to the policy, and flag single values beside the points of a box plot."""
    labels = labels[:MOST_LABELS]
    said = [label.text for label in labels]
    counted = any(map(_COUNTS.search, said)) and not any(map(_NO_COUNTS.search, said))
    for scale in _scales(labels):
        for value in _above_bars(labels, scale) if counted else ():
            judge(value, Where(), subject.claims, subject.policy, listing)
        boxed = any(map(_BOXED.search, said))
        if scale.upright and (number := _single(labels, scale, boxed=boxed)):
            listing.flag("figure.points", _VALUES.fill(number=number), _NO_VALUES, number=number)


def _middle(label: Label, *, upright: bool) -> float:
    return (label.top + label.bottom) / 2 if upright else (label.left + label.right) / 2


def _value(text: str) -> float | None:
    return float(text.replace(",", "")) if _NUMBER.fullmatch(text) else None


def _scales(labels: Sequence[Label]) -> Iterator[Scale]:
    """The scales of the axes: numbers in line whose places go with their values."""
    numbers = [label for label in labels if _value(label.text) is not None]
    for upright in (True, False):
        lines = defaultdict[int, list[Label]](list)
        for label in numbers:
            # Beside an upright axis ticks end in line; below one that lies they stand in line.
            lines[round((label.right if upright else _middle(label, upright=True)) / ALIGNED)].append(label)
        for at in sorted(lines):
            if found := _scale([*lines[at], *lines.get(at + 1, ())], upright=upright):
                yield found
                break


def _scale(line: Sequence[Label], *, upright: bool) -> Scale | None:
    """The scale on which most of the numbers of a line stand, if they are enough."""
    best: Scale | None = None
    for one, other in combinations(line[:MOST_OF_LINE], 2):
        a, b = float(_value(one.text) or 0), float(_value(other.text) or 0)
        p, q = _middle(one, upright=upright), _middle(other, upright=upright)
        if a == b or abs(p - q) < LEAST_APART or (q - p) / (b - a) * (-1 if upright else 1) <= 0:
            continue
        unit = (q - p) / (b - a)
        zero = p - unit * a
        ticks = [
            t for t in line if abs(zero + unit * float(_value(t.text) or 0) - _middle(t, upright=upright)) <= EXACT
        ]
        if len(ticks) >= FEWEST_TICKS and len(ticks) > len(best.ticks if best else ()):
            best = Scale(zero, unit, upright, frozenset(ticks))
    return best


MOST_OF_LINE, LEAST_APART = 24, 15.0


def _above_bars(labels: Sequence[Label], scale: Scale) -> list[int]:
    """Whole numbers that stand outside the ends of bars, at one distance from their values; none unless most do."""
    others = [
        label
        for label in labels
        if label not in scale.ticks and re.fullmatch(r"\d{1,3}(?:,\d{3})*|\d{1,7}", label.text)
    ]
    edge = max(_middle(t, upright=True) for t in scale.ticks) if scale.upright else max(t.right for t in scale.ticks)
    # The names of bars may be numbers; they stand below the axis.
    inside = [o for o in others if not scale.upright or _middle(o, upright=True) < edge]
    near = [distance for o in inside if 0 <= (distance := scale.distance(_readings(o)[0], o)) <= DISTANT]
    if len(near) < FEWEST_BARS:
        return []
    usual = median(near)
    at_bars = {
        label: fitting[0]
        for label in inside
        if (fitting := [value for value in _readings(label) if abs(scale.distance(value, label) - usual) <= EXACT])
    }
    apart = len({round(_middle(label, upright=not scale.upright) / ALIGNED) for label in at_bars})
    return list(at_bars.values()) if apart >= FEWEST_BARS and len(at_bars) >= MOSTLY * len(inside) else []


def _readings(label: Label) -> list[int]:
    """What a whole number is; one too narrow for its digits may begin with the line of an axis, read as one."""
    plain = label.text.replace(",", "")
    narrow = len(plain) > 1 and label.right - label.left < NARROW * len(plain) * (label.bottom - label.top)
    return [int(plain), int(plain[1:])] if narrow else [int(plain)]


NARROW = 0.45
"""Heights of a digit that it is wide at least; the narrowest, a 1, has about half."""


def _single(labels: Sequence[Label], scale: Scale, *, boxed: bool) -> int:
    """Values that stand beside points at their height, some above each other and not as many everywhere.

    Unless words say that it is a box plot, the groups below must be named with their sizes.
    """
    columns = defaultdict[int, list[Label]](list)
    for label in labels:
        match = _MARKED.fullmatch(label.text)
        if match and label not in scale.ticks:
            value = float(match[1].replace(",", ""))
            if abs(scale.distance(value, label)) <= EXACT + 1 and (boxed or _is_above_group(label, labels)):
                columns[round(label.left / ALIGNED)].append(label)
    sizes = [len(one) for one in columns.values()]
    stacked = [size for size in sizes if size >= FEWEST_POINTS]
    return sum(sizes) if stacked and (len(set(sizes)) > 1 or len(sizes) == 1) and max(stacked) > FEWEST_POINTS else 0


def _is_above_group(label: Label, labels: Sequence[Label]) -> bool:
    """Whether the name of a group with its size stands below a label: `NSTEMI (n=118)`."""
    return any(
        one.left <= label.left <= one.right and one.top > label.bottom and _SIZE.search(one.text) for one in labels
    )


_SIZE = re.compile(r"\b[nN] ?= ?\d|\d ?명")
