"""Rows and columns that are called by a statistic, `Rooms, median`: whatever stands in them counts nobody."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.people_words import is_of_people
from egress_review.checks.tables import Table

LONGEST, MOST_ROWS = 120, 2_000

_STATISTIC = (
    r"(?:arithmetic |geometric |weighted |sample |trimmed )?"
    r"(?:means?|medians?|std\.? ?dev\.?|standard deviations?|standard errors?|sds?|s\.d\.|ses?|sems?|iqrs?|"
    r"inter-?quartile ranges?|"
    r"variances?|quartiles?|percentiles?|q[13]|p(?:5|10|25|50|75|90|95)|\d{1,2}(?:th|st|nd|rd) percentile|"
    r"average|avg\.?|range|mode|"
    r"mittelwert|standardabweichung|moyenne|médiane|écart[- ]type|media|mediana|desviación (?:estándar|típica)|"
    r"(?:가중 ?)?평균(?:값|치)?|산술평균|기하평균|중앙값|중위수|중위값|표준 ?편차|표준 ?오차|사분위수?(?: ?범위)?|"
    r"제?[13] ?사분위수?|최빈값|범위|백분위수?|분산|"
    r"平均値?|中央値|標準偏差|平均数|中位数|标准差)"
)
_MANY = (
    rf"{_STATISTIC}(?:\s?(?:\([^()]{{1,40}}\)|\[[^\[\]]{{1,40}}\]|±\s?sds?|[,/&±·]\s?{_STATISTIC}|and "
    rf"{_STATISTIC})){{0,3}}"
)
_BEHIND = re.compile(rf".{{1,80}}?(?:\s?[,;:–—|]\s?|\s-\s){_MANY}", re.IGNORECASE)
"""`Rooms, median (IQR)`, `방 개수: 중앙값`."""
_WITHIN = re.compile(rf".{{1,80}}?\s?[(\[]\s?{_MANY}\s?[)\]]", re.IGNORECASE)
"""`Rooms (median)`."""
_AT_END = re.compile(r".{1,80}?\s(?:중앙값|중위수|표준 ?편차|표준 ?오차|median|mean|iqr|sd)", re.IGNORECASE)
"""`Rooms median`: words that no group is called by."""
_BEFORE = re.compile(
    r"(?:median|mean|iqr|sd|standard deviation|중앙값|중위수|평균|표준 ?편차)(?: \(?(?:sd|iqr|se|표준 "
    r"?편차)\)?)?,? (?:of )?(?P<of>.{1,80})",
    re.IGNORECASE,
)
"""`Median rooms`, `평균 방 수`."""
_ALONE = re.compile(
    r"(?:means?|medians?|std\.?(?: ?dev\.?)?|standard deviations?|standard errors?|sds?|iqrs?|inter-?quartile "
    r"ranges?|"
    r"variances?|중앙값|중위수|표준 ?편차|표준 ?오차|최빈값|q[13]|25%|50%|75%)(?: ?\([^()]{1,30}\))?",
    re.IGNORECASE,
)
"""A category may be called average, 평균 or range; by these words none is."""
_OF_GROUP = re.compile(
    r"\b(?:above|below|over|under|than|within|outside|beyond|exceeding|at least|up to|high(?:er)?|low(?:er)?|"
    r"half)\b|[<>≤≥]|"
    r"이상|이하|미만|초과|상회|하회|이내|위|아래|집단|해당",
    re.IGNORECASE,
)
"""What makes a group of people of a statistic: `Income below median`."""
_COUNTED = re.compile(
    r"(?:^|[\s,;(\[])n\s?(?:$|[\s,;()\[\]=%])|\bno\.|\bcounts?\b|\bfreq\w*|^(?:number|num)\b|#|%|(?:^|"
    r"[\s,;(\[])(?:명|건|인원)(?:$|[\s,;)\]])|(?:환자|대상자|사람|인원|사망자|응답자|참여자) ?수$",
    re.IGNORECASE,
)
"""What says that the row counts all the same: `Below median, n (%)`."""


_LIKE_GROUPS = re.compile(
    r"(?:q[13]|p(?:5|10|25|50|75|90|95)|ses?|average|avg\.?|range|mode|media|quartiles?|[13] ?사분위수?|범위)"
    r"(?:\s?\([^()]{1,40}\))?[)\]]?$",
    re.IGNORECASE,
)
"""Statistics that groups are called by as well: `Income, Q1`, `Income (average)`."""
_BARE_COUNT = re.compile(
    r"(?:total )?(?:n|no\.?|counts?|freq\w*|numbers?|명|건)|.*(?:명|인원|[자원]수|건수|\(n\)|\(명\))"
)
"""A column that says no more than that it counts; `Cases` and `Controls` may be groups whose ages are given."""


def statistic_rows(table: Table) -> dict[int, str]:
    """The labels of the rows that hold a statistic by them, by the numbers of the rows.

    `Q1` to `Q3` beside a `Q4` are groups of people.
    """
    if len(table.rows) > MOST_ROWS:
        return {}
    labels = {label for label in table.distinct(0) if is_statistic(label)}
    if labels and any(_FOURTH.fullmatch(_group(label)) for label in table.distinct(0)):
        labels -= {label for label in labels if _GROUPS_OF.fullmatch(_group(label))}
    return {n: row[0] for n, row in zip(table.numbers, table.rows, strict=True) if row and row[0] in labels}


def _group(label: str) -> str:
    """A label as it is compared, without what stands in brackets behind it: `Q1 (lowest)` is `q1`."""
    return _spelled(label).partition(" (")[0] if len(label) <= LONGEST else ""


def counts_in_spite(label: str, heading: str) -> bool:
    """Whether a whole number counts although the label of its row names a statistic: below a heading of counts."""
    if kind_of(heading) is not Kind.COUNT:
        return False
    said = " ".join(unicodedata.normalize("NFKC", label).split())
    if _LIKE_GROUPS.search(said):
        return True
    return _BARE_COUNT.fullmatch(heading.strip().lower()) is not None and not _ALONE.fullmatch(said)


FEWEST, MOST_NAMES = 2, 500
"""Headings of statistics from which a table describes what was measured; one of them may be the name of a group."""
_SURE = re.compile(
    r"(?:(?:arithmetic |geometric |weighted |sample )?(?:mean|average|median)(?: value)?|std\.?(?: ?dev\.?)?|stdev|sd|"
    r"s\.d\.|standard deviation|standard error|se|iqr|inter-?quartile range|(?:가중 ?|산술 ?|기하 ?)?평균(?:값|치)?|"
    r"중앙값|중위(?:수|값)?|표준 ?편차|표준 ?오차|사분위수? ?범위)(?: ?\([^()]{1,30}\))?"
)
"""What no group is called by."""
_PLACE = re.compile(
    r"(?:p|q|pctl?|perc(?:entile)?|quantile|centile|백분위수?) ?(?:\d{1,2}(?:\.\d)?|0?\.\d{1,3})|q[1-3]|"
    r"(?:lower|upper|first|second|third|1st|2nd|3rd) quartile|(?:제 ?)?[1-3] ?사분위수?|(?:하위|상위) ?사분위수?|"
    r"\d{1,2}(?:\.\d)? ?(?:%|%ile|(?:st|nd|rd|th)(?: ?(?:percentile|quantile|pctl?|centile|%ile))?|"
    r"(?:번째 ?)?백분위수?|"
    r"퍼센타일)|(?:5|10|25|50|75|90|95|99) ?분위(?:수|값)?"
)
"""Quantiles: what a group may be called by as well, `Q1` or `10분위`, where nothing else is a statistic."""
_GROUPS_OF = re.compile(
    r"(?:q|p|quartile|quintile|group)? ?[1-9]\d?(?:st|nd|rd|th)? ?(?:분위|사분위|quartile|quintile)?"
)
_FOURTH = re.compile(r"q[45]|[45] ?(?:분위|사분위)|[45]th (?:quartile|quintile)")


def statistic_names(names: Sequence[str]) -> frozenset[int]:
    """Which of some headings, or keys of an object, name statistics of what was measured, quantiles among them.

    Where a fourth or fifth of a row of quantiles is named too, and no mean, they are groups of people.
    """
    if not FEWEST <= len(names) <= MOST_NAMES:
        return frozenset()
    plain = [_spelled(name) if len(name) <= LONGEST else "" for name in names]
    sure = {at for at, name in enumerate(plain) if _SURE.fullmatch(name)}
    places = {at for at, name in enumerate(plain) if _PLACE.fullmatch(name)}
    if not sure or len(sure | places) < FEWEST:
        return frozenset()
    groups = {at for at in places if _GROUPS_OF.fullmatch(plain[at])} if any(map(_FOURTH.fullmatch, plain)) else set()
    return frozenset(sure | (places - groups))


def _spelled(name: str) -> str:
    """A heading in one spelling: `P_25` and `p25`, `25th pct.`; what it is of may stand in brackets behind it."""
    return " ".join(unicodedata.normalize("NFKC", name).replace("_", " ").lower().split()).rstrip(".")


@lru_cache(maxsize=4096)
def is_statistic(label: str) -> bool:
    """Whether a label says that its row holds a statistic, and not how many people are above or below one."""
    said = " ".join(unicodedata.normalize("NFKC", label).split()) if len(label) <= LONGEST else ""
    if not said or _OF_GROUP.search(said) or _COUNTED.search(said):
        return False
    if _BEHIND.fullmatch(said) or _WITHIN.fullmatch(said) or _AT_END.fullmatch(said) or _ALONE.fullmatch(said):
        return True
    before = _BEFORE.fullmatch(said)
    return before is not None and not _names_people(before["of"])


def _names_people(words: str) -> bool:
    """Whether what stands behind the word is people: `average earners` are a group, `mean age of patients` is
    none."""
    if " of " in f" {words} " or re.search(r"\bper\b|수$|당$", words):
        return False
    last = words.split()[-1].lower()
    return is_of_people(last) or _PEOPLE.fullmatch(last) is not None


_PEOPLE = re.compile(
    r"patients?|persons?|people|men|women|males?|females?|children|households?|families|subjects?|participants?|"
    r"respondents?|students?|pupils?|group|class|category|.*(?:소득자|근로자|가구|환자|집단|계층|층|군|자)",
)
