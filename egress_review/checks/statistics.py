"""Which statistic a heading or the label of a row names: a spread, a bound, a mode, a quantile."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal, TypeAlias

from egress_review.checks.columns import Kind, kind_of

What: TypeAlias = Literal["sd", "min", "max", "mode", "quantile", "n", "other"]

_SD = re.compile(r"sd|std|std dev|std deviation|standard deviation|stdev|표준편차|표준 편차|분산|variance|var")
_MODE = re.compile(r"mode|modal value|최빈값|최빈치")
_MIN = re.compile(r"min|minimum|lowest|최소|최솟값|최소값|최저")
_MAX = re.compile(r"max|maximum|highest|최대|최댓값|최대값|최고")
_BOUND = re.compile(rf"\b(?:{_MIN.pattern}|{_MAX.pattern})\b|{_MIN.pattern}|{_MAX.pattern}")
_QUANTILE = re.compile(
    r"(\d{1,2}(?:\.\d+)?) ?(?:%|(?:st|nd|rd|th)(?: (?:percentile|quantile|pct))?|번?째? ?백분위수?)"
    r"|(?:percentile|quantile|pctl?|백분위수?) ?(\d{1,2}(?:\.\d+)?|0?\.\d+)|q(0?\.\d+)"
)
SHORT = re.compile(r"p(0?1|0?5|10|25|50|75|90|95|99|99\.5|99\.9)")
"""Headings of columns; a row that is called P1 may be anything."""
OF_A_MODEL = re.compile(
    r"depth|iter|feature|sample|leaf|epoch|step|token|grad|norm|date|time|year|month|score|test|train|fit|loss|auc|"
    r"accuracy|bound|limit|cell|length|lr|learning|ecdf|class_(?:pct|prop|share|prob)|일자|날짜|시각|연도|정확도|점수"
)


@lru_cache(maxsize=4096)
def statistic(name: str) -> tuple[What, float]:
    """Which statistic a heading or a row names; of a quantile also its place, from 0 to 1."""
    plain = " ".join(re.sub(r"[_()\[\]]+", " ", unicodedata.normalize("NFKC", name).lower()).split())
    if not plain or len(plain) > 60 or OF_A_MODEL.search(plain):
        return "other", 0.0
    for pattern, what in ((_SD, "sd"), (_MODE, "mode"), (_MIN, "min"), (_MAX, "max")):
        if pattern.fullmatch(plain):
            return what, 0.0  # type: ignore[return-value]  # the words of the table are those of the type
    if match := _QUANTILE.fullmatch(plain) or SHORT.fullmatch(plain):
        place = next(group for group in match.groups() if group)
        return "quantile", float(place) if place.startswith((".", "0.")) else float(place) / 100
    if kind_of(name) is Kind.EXTREME:
        return ("min" if _MIN.search(plain) else "max"), 0.0
    return ("n", 0.0) if kind_of(name) is Kind.COUNT else ("other", 0.0)


def of_what(name: str) -> str:
    """What a minimum or maximum is of."""
    return " ".join(_BOUND.sub(" ", unicodedata.normalize("NFKC", name).lower()).split())
