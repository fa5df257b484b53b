"""Means of variables that are yes or no: `injured (0/1)`, N 50, mean 0.04 is two people.

A variable is taken for one by its name, by its smallest and largest value, or by its standard deviation, which is that
of its mean alone.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from egress_review.checks.amounts import number_in
from egress_review.checks.cells import mend
from egress_review.checks.counts import whole
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.statistics import statistic
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Where
from registry.text import Text

RULES = ("cells.percent",)

MOST_VARIABLES = 300
SHARP_SPREAD = 0.1
"""Width relative to a standard deviation up to which rounding lets it tell that a variable is yes or no."""

_NAMED = re.compile(
    r"\b0\s?[/=,|–-]\s?1\b|\b1\s?[/,|]\s?0\b|\b1\s?=|\byes\s?[/=]|\by/n\b|binary|dummy|indicator|dichotom|boolean|"
    r"\b(?:is|has|had|ever|any)_|여부|유무|더미|이분|가변수|지시변수"
)
_MEAN = re.compile(r"means?|avg|average|평균|평균값|proportion|mean \(proportion\)")
_N = re.compile(
    r"n|nobs|obs|count|n obs|valid n|n valid|number|관측수|관측치|관측 ?치수|표본 ?수|사례 ?수|인원|명|빈도"
)

_IMPLIED = Text(
    ko="예·아니요 변수의 평균에 사람 수를 곱하면 {value}명으로, 최소 셀 {least}보다 작습니다.",
    en="The mean of a yes-or-no variable times its number of people is {value}; the smallest cell is {least}.",
)


@dataclass(frozen=True, slots=True)
class _Variable:
    """What a table says of one variable, by statistic, and where its mean stands."""

    name: str
    cells: Mapping[str, str]
    where: Where


def check_yes_and_no(subject: Subject, listing: Listing) -> None:
    """Multiply the mean of every yes-or-no variable by its number of people."""
    least = subject.policy.min_cell
    for table, _ in bearable(subject, RULES, listing):
        for variable in _variables(table):
            people, mean = whole(variable.cells["n"]), number_in(variable.cells["mean"].strip())
            if not people or people < least or mean is None or not 0 < mean[0] < 1 or not _is_binary(variable, mean):
                continue
            first = math.ceil((mean[0] - mean[1]) * people - 1e-6)
            last = math.floor((mean[0] + mean[1]) * people + 1e-6)
            # What is left of everybody is as small a group as those who said yes.
            small = next((s for s, end in ((last, first), (people - first, people - last)) if 0 < end <= s < least), 0)
            if first <= last and small:
                message = _IMPLIED.fill(value=small, least=least)
                listing.flag("cells.percent", message, mend(subject.policy), where=variable.where, number=small)


def _variables(table: Table) -> Iterator[_Variable]:
    """Variables down, their statistics across; or as `describe()` gives them."""
    if len(table.rows) <= MOST_VARIABLES and (at := _statistics(table.names)):
        for number, row in zip(table.numbers, table.rows, strict=True):
            if len(row) > max(at.values()):
                cells = {what: row[index] for what, index in at.items()}
                yield _Variable(row[0], cells, Where(row=number, column=at["mean"] + 1))
    few = len(table.names) <= MOST_VARIABLES and len(table.rows) <= MOST_STATISTICS
    if few and (at := _statistics([row[0] if row else "" for row in table.rows])):
        rows = {what: table.rows[index] for what, index in at.items()}
        for index in range(1, min(len(table.names), *(len(row) for row in rows.values()))):
            cells = {what: row[index] for what, row in rows.items()}
            where = Where(row=table.numbers[at["mean"]], column=index + 1)
            yield _Variable(table.names[index], cells, where)


MOST_STATISTICS = 40


def _statistics(names: Sequence[str]) -> Mapping[str, int]:
    """Where the statistics stand among names; nothing without both a number of people and a mean."""
    found: dict[str, int] = {}
    for index, name in enumerate(names):
        plain = " ".join(re.sub(r"[_.:]+", " ", unicodedata.normalize("NFKC", name[:60]).lower()).split())
        what = "mean" if _MEAN.fullmatch(plain) else "n" if _N.fullmatch(plain) else statistic(name)[0]
        if what in ("mean", "n", "sd", "min", "max"):
            found.setdefault(what, index)
    return found if {"mean", "n"} <= found.keys() else {}


def _is_binary(variable: _Variable, mean: tuple[float, float]) -> bool:
    name = unicodedata.normalize("NFKC", variable.name).lower()[:200]
    low, high = (number_in(variable.cells.get(end, "").strip()) for end in ("min", "max"))
    if low and high:
        return low[0] == 0 and high[0] == 1 and (mean[1] < 0.01 or _NAMED.search(name) is not None)
    if _NAMED.search(name):
        return True
    spread = number_in(variable.cells.get("sd", "").strip())
    if spread is None or spread[0] <= 0 or spread[1] > SHARP_SPREAD * spread[0]:
        return False
    ends = [max(0.0, p * (1 - p)) for p in (mean[0] - mean[1], mean[0] + mean[1])]
    low_sd, high_sd = math.sqrt(max(0.0, min(ends))), math.sqrt(max(ends)) * 1.02
    return low_sd - spread[1] <= spread[0] <= high_sd + spread[1] and high_sd - low_sd < 0.2 * high_sd
