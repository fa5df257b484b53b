"""Cells that give a smallest and a largest value together: `18–97`, and `4.1 (0.2–387.4)` where ranges are said.

That they are ranges is told by the label of the row, by the heading, or by a note: `values are median (range)`. Ranges
between quartiles or percentiles, of confidence and of what is normal are none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

LONGEST = 60
"""Characters of a cell, and of the name of a row or column, that are read."""

_NUMBER = r"-?\d[\d,]{0,15}(?:\.\d{1,9})?"
_UNIT = r"(?:세|살|일|개월|년|원|만원|years?|yrs?|months?|days?)"
_BETWEEN = rf"({_NUMBER})\s?{_UNIT}?\s?(?:--?|–|—|~|∼|to|,|;|/)\s?({_NUMBER})(?:\s?{_UNIT})?"
_ENDS = re.compile(rf"[(\[]?{_BETWEEN}[)\]]?")
_AFTER_VALUE = re.compile(
    rf"{_NUMBER}\s?{_UNIT}?(?:\s?(?:±|\+/-|\\pm)\s?{_NUMBER})?(?:\s?\({_NUMBER}\))?[;,]?\s?"
    rf"[(\[]\s?(?:(?:range|min-max|범위)[:,]?\s)?{_BETWEEN}\s?[)\]]",
    re.IGNORECASE,
)
"""A median or mean, perhaps with its deviation, before its range in brackets."""
_MIN_MAX = (
    r"min(?:imum)?\.? ?(?:[-–~/,;]|to|and) ?max|최소[값치]? ?[-–~/,·] ?최대|"
    r"최솟값 ?[-–~/,·] ?최댓값|최저 ?[-–~/,·] ?최고"
)
_RANGE = re.compile(rf".*(?:범위|\brange|{_MIN_MAX})(?:\W.*)?", re.IGNORECASE)
_NO_RANGE = re.compile(
    r"interquartile|iqr|사분위|신뢰|정상|참고|reference|normal|q1|p\d|ci\b|inter-?quantile|interdecile|percentile|"
    r"분위|\d ?%|"
    r"(?:range|범위) ?of motion|가동 ?범위|dynamic range|(?:with)?in range|범위 ?(?:내|이내|안)|예측 ?범위|prediction",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:hr|or|rr|irr|md|smd|sd|se|hazard|odds|ratio|coef\w*|estimate|effect|beta|interval)\b|비$|계수|추정|구간|편차|오차",
    re.IGNORECASE,
)
"""What a row or column is called whose brackets hold an interval."""
_SAID = re.compile(
    r"(?:\b(?:values?|data|figures|numbers|variables|results|cells|entries|shown|given|presented|reported)\b|수치|[값료수]"
    rf"[은는])[^\n]{{0,60}}(?:medians?|means?|중앙값|중위수|평균)\s?[(\[,]\s?(?:range|범위|(?:{_MIN_MAX})[^\n)\]]{{0,9}})\s?[)\]]",
    re.IGNORECASE,
)
_SAID_KO = re.compile(
    rf"(?:중앙값|중위수|평균)\s?[(\[,]\s?(?:range|범위|(?:{_MIN_MAX})[^\n)\]]{{0,9}})\s?[)\]]?(?:[으로]{{1,2}}|임|이다|입니다|\.)",
    re.IGNORECASE,
)
_QUARTILES = re.compile(r"interquartile|\biqr\b|사분위|\bq1\b", re.IGNORECASE)


def is_range(name: str) -> bool:
    """Whether a row or column is called a range from the smallest to the largest value."""
    plain = unicodedata.normalize("NFKC", name)[:LONGEST]
    return _RANGE.fullmatch(plain) is not None and not _NO_RANGE.search(plain)


def may_be_range(name: str) -> bool:
    """Whether nothing in the name of a row or column says that what stands in brackets is another range."""
    return not _NO_RANGE.search(name[:LONGEST]) and not _OTHER.search(name[:LONGEST])


def ends_in(cell: str) -> Sequence[str]:
    """The smallest and largest value that a cell gives, alone or behind a value; empty for one that gives none."""
    text = cell.strip()
    if len(text) >= LONGEST:
        return ()
    found = _ENDS.fullmatch(text) or _AFTER_VALUE.fullmatch(text)
    return found.groups() if found else ()


def ends_behind(cell: str) -> Sequence[str]:
    """The same of a cell that gives a value before its range."""
    text = cell.strip()
    found = _AFTER_VALUE.fullmatch(text) if len(text) < LONGEST else None
    return found.groups() if found else ()


def says_ranges(said: str) -> bool:
    """Whether words about tables say that their cells are values with ranges, and none that some are quartiles."""
    if _QUARTILES.search(said):
        return False
    return _SAID.search(said) is not None or _SAID_KO.search(said) is not None
