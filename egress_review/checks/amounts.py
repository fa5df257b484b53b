"""Sums and means: which columns hold amounts of money, and the number in a cell."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from egress_review.checks.tables import LONGEST_NUMBER

_MONEY = re.compile(
    r"\b(?:income|incomes|salary|salaries|wage|wages|earnings|revenue|revenues|turnover|sales|expenditure|expenditures|"
    r"expense|expenses|cost|costs|price|prices|charge|charges|payment|payments|profit|profits|assets|debt|debts|"
    r"premium|premiums|krw|usd|eur|gbp)\b|[$€£₩¥]"
    r"|소득|급여|임금|연봉|월급|매출|수입액|지출|비용|의료비|진료비|약제비|금액|가격|요금|수수료|이익|손실액|자산|"
    r"부채|대출|보험료|세액|[(\[]\s*(?:원|천원|만원|백만원|억원)\s*[)\]]"
)
_SUM = re.compile(r"\b(?:sum|total|totals|aggregate)\b|합계|총액|총합|합산|^총|합$")
_MEAN = re.compile(r"\b(?:mean|avg|average|means)\b|평균")
_OTHER = re.compile(
    r"\b(?:coef|coefficient|coefficients|beta|elasticity|log|ln|index|rank|quintile|decile|group|band|level|category|"
    r"class|std|sd|se|ratio|rate|share|percent|pct|effectiveness|icer|effect|difference|p|pvalue|quartile|source|type)"
    r"\b|계수|지수|순위|분위|구간|집단|수준|표준|비율|율$|률$|로그|구분|여부|유형|%"
)
_AMOUNT = re.compile(
    r"(?:\(\s*)?(?:[-+]\s*)?(?:[$€£₩¥]\s*)?((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE]([-+]?\d+))?(?:\s*원)?(?:\s*\))?"
)


class Amount(StrEnum):
    """What a column of amounts holds of each group."""

    SUM = "sum"
    MEAN = "mean"
    UNSAID = "unsaid"


@lru_cache(maxsize=4096)
def amount_of(heading: str) -> Amount | None:
    """What a heading says of money; None for one that speaks of none, or of a statistic that is no amount."""
    name = " ".join(re.sub(r"[_\W]+(?<![$€£₩¥()\[\]%])", " ", _lower(heading)).split())
    if not _MONEY.search(name) or _OTHER.search(name):
        return None
    if _MEAN.search(name):
        return Amount.MEAN
    return Amount.SUM if _SUM.search(name) else Amount.UNSAID


def _lower(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


@lru_cache(maxsize=1 << 14)
def number_in(cell: str) -> tuple[float, float] | None:
    """The number in a cell and half of the last place that it shows; None for anything else."""
    if not 0 < len(cell) <= LONGEST_NUMBER:
        return None
    plain = unicodedata.normalize("NFKC", cell).strip()
    match = _AMOUNT.fullmatch(plain)
    if match is None or plain.startswith("(") is not plain.endswith(")"):
        return None
    power = int(match[2] or 0)
    if abs(power) > 300:
        return None
    digits = match[1].replace(",", "")
    places = len(digits.partition(".")[2]) - power
    value = float(f"{digits}e{power}")
    return (-value if "-" in plain[:3] or plain.startswith("(") else value), 0.5 * 10.0**-places
