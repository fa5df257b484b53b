"""Kaplan-Meier tables: each step of the curve is a count of events, and its end speaks of few people.

Of a curve without counts the number of people at risk can be computed wherever each step is one person:
S(before) / (S(before) - S(after)) then is a whole number that falls from step to step.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from egress_review.checks.amounts import number_in
from egress_review.checks.counts import whole
from egress_review.checks.lengths import MOST_READ_ONCE, bearable
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Severity, Where
from registry.text import Text

RULES = ("model.survival",)

FEWEST_STEPS = 5
SINGLE = 0.8
"""Steps, and the share of them that must be those of whole people, for a curve to be one of single events."""

_CURVE = re.compile(
    r"(?:km[ _]?)?(?:survival|surv|s\(t\)|km|km[ _]?estimate|estimate|kaplan[ -]?meier.*|survival[ _]?"
    r"(?:function|prob|probability|rate|estimate)?)|생존(?:율|률|확률|함수|분율)?(?:\(%\))?|누적\s*생존(?:율|률)"
)
_TIME = re.compile(
    r"time|timeline|t|event[ _]?at|months?|days?|years?|weeks?|follow[ -]?up.*"
    r"|시간|시점|기간|개월|일수?|월수|개월 ?수|주수|추적.*|경과.*"
)
_PERIOD = re.compile(
    r"quarters?|semesters?|terms?|visits?|cycles?|waves?|intervals?|periods?|tenure|분기|반기|학기|회차|연차|차수|구간|근속.*"
)
"""What the rows of a curve may be called too, where it says how many are at risk."""
_RISK = re.compile(r"(?:n|no|number)?[ _.]*(?:at[ _]?)?risk|위험\s*(?:(?:집단|군)\s*)?(?:수|인원)?|관찰\s*대상자?\s*수")
_EVENTS = re.compile(
    r"(?:n|no|number)?[ _.]*(?:of[ _])?(?:events?|observed|deaths?|fail(?:ures?|ed)?|clos(?:ures?|ed)|exits?|exited|"
    r"drop[ _-]?outs?|default(?:s|ed)?|relapsed?s?|churn(?:ed)?|left|quit|died)"
    r"|(?:사건|사망|발생|폐업|퇴출|소멸|이탈|해지|부도|재발|탈락|퇴사|퇴직|중단|실패)(?:자|\s*기업|\s*업체)?\s*수?"
)

_FEW_AT_RISK = Text(
    ko="이 시점의 위험집단이 {value}명으로 최소 {least}명보다 적습니다.",
    en="{value} people are at risk here; at least {least} are needed.",
)
_STEP = Text(
    ko="곡선의 한 계단이 {least}명보다 적은 사건입니다. 이런 계단이 {number}개 있습니다.",
    en="A step of the curve is fewer than {least} events; there are {number} such steps.",
)
_SINGLE = Text(
    ko="곡선의 계단 하나하나가 한 사람입니다: 높이에서 위험집단의 수가 그대로 계산됩니다.",
    en="Each step of the curve is one person: the number at risk can be computed from its heights.",
)
_MEND = Text(
    ko="시점을 묶어 계단마다 {least}명 이상이 되게 하고, 위험집단이 {least}명 미만이 되는 시점부터는 자르십시오.",
    en="Group the times so that each step holds at least {least} events, and cut the curve where fewer than {least} "
    "are at risk.",
)


@dataclass(frozen=True, slots=True)
class _Curve:
    table: Table
    survival: int | None
    risk: int | None
    events: int | None


def check_survival(subject: Subject, listing: Listing) -> None:
    """Hold every table that is a survival curve to the people behind its steps."""
    least = subject.policy.survival_threshold
    if least < 1:
        return
    for table, _ in bearable(subject, RULES, listing, MOST_READ_ONCE):
        curve = _curve(table)
        if curve is not None:
            _check_risk(curve, least, listing)
            if not _check_steps(curve, least, listing):
                _check_heights(curve, least, listing)


def _curve(table: Table) -> _Curve | None:
    """The columns of a survival curve; None for any other table."""
    names = [" ".join(unicodedata.normalize("NFKC", name).lower().split()) for name in table.names]
    time = _first(_TIME, names)
    survival, risk, events = (_first(pattern, names) for pattern in (_CURVE, _RISK, _EVENTS))
    if survival is not None and not _falls(table, survival):
        survival = None
    # Whatever its rows are called, people at risk beside heights that only fall are a curve.
    timed = time is not None or (risk is not None and (survival is not None or _first(_PERIOD, names) is not None))
    if not timed or (risk is None and survival is None) or len(table.rows) < 2:
        return None
    return None if survival is None and (risk is None or events is None) else _Curve(table, survival, risk, events)


def _first(pattern: re.Pattern[str], names: Sequence[str]) -> int | None:
    return next((index for index, name in enumerate(names) if pattern.fullmatch(name)), None)


def _falls(table: Table, column: int) -> bool:
    """Whether a column falls from at most 1, or 100 %, without ever rising."""
    values = [found[0] for cell in table.column(column) if (found := number_in(cell.strip().rstrip("%")))]
    return len(values) > 1 and 0 <= values[-1] < values[0] <= 100 and all(b <= a for a, b in pairwise(values))


def _check_risk(curve: _Curve, least: int, listing: Listing) -> None:
    if curve.risk is None:
        return
    for number, cell in zip(curve.table.numbers, curve.table.column(curve.risk), strict=True):
        value = whole(cell)
        if value is not None and 0 < value < least:
            message = _FEW_AT_RISK.fill(value=value, least=least)
            where = Where(row=number, column=curve.risk + 1)
            listing.flag("model.survival", message, _MEND.fill(least=least), where=where, number=value)
            return  # From here on all are fewer; one place says where to cut.


def _check_steps(curve: _Curve, least: int, listing: Listing) -> bool:
    """Steps by their counts of events, said or implied; whether there was anything to count."""
    column = curve.events if curve.events is not None else curve.survival
    if column is None or (curve.events is None and curve.risk is None):
        return False
    events = _implied(curve) if curve.events is None else list(map(whole, curve.table.column(curve.events)))
    small = [n for n, value in zip(curve.table.numbers, events, strict=True) if value and value < least]
    if small:
        message = _STEP.fill(least=least, number=len(small))
        where = Where(row=small[0], column=column + 1)
        listing.flag("model.survival", message, _MEND.fill(least=least), where=where, number=len(small))
    return True


def _implied(curve: _Curve) -> list[int | None]:
    """The events at each step: people at risk times how far the curve falls."""
    heights = [number_in(cell.strip().rstrip("%")) for cell in curve.table.column(curve.survival or 0)]
    risk = [whole(cell) for cell in curve.table.column(curve.risk or 0)]
    events: list[int | None] = [None]
    for (before, after), people in zip(pairwise(heights), risk[1:], strict=True):
        if before and after and people and before[0] > after[0]:
            events.append(round(people * (1 - after[0] / before[0])))
        else:
            events.append(None)
    return events


def _check_heights(curve: _Curve, least: int, listing: Listing) -> None:
    """Whether the heights alone give the people at risk away."""
    if curve.survival is None:
        return
    cells = [found for cell in curve.table.column(curve.survival) if (found := number_in(cell.strip().rstrip("%")))]
    # A program that drops trailing zeros writes all heights as exactly as the longest of them.
    exact = min(slack for _, slack in cells)
    unit = max(1.0, cells[0][0])  # 100 where the curve is in per cent
    cells = [(height / unit, exact / unit) for height, _ in cells]
    steps = [(a[0] / (a[0] - b[0]), a[0], a[0] - b[0], b[1]) for a, b in pairwise(cells) if a[0] > b[0]]
    # How far rounding may move the computed number; where that is half a person, nothing is computed.
    sharp = [people for people, height, drop, slack in steps if height * 2 * slack / drop**2 < 0.25]
    whole_people = [people for people in sharp if abs(people - round(people)) < 0.25]
    falling = sum(b < a for a, b in pairwise(sharp))
    most = SINGLE * len(sharp)
    if _of_few(cells, least):
        where = Where(row=curve.table.numbers[0], column=curve.survival + 1)
        listing.flag("model.survival", _SINGLE, _MEND.fill(least=least), where=where, number=len(steps))
    elif len(sharp) >= FEWEST_STEPS and len(whole_people) >= most and falling >= most - SINGLE:
        where = Where(row=curve.table.numbers[0], column=curve.survival + 1)
        listing.flag("model.survival", _SINGLE, _MEND.fill(least=least), where=where, number=len(sharp))
    elif len(steps) > 2 * least:
        where = Where(row=curve.table.numbers[0], column=curve.survival + 1)
        message = _UNKNOWN
        listing.flag("model.survival", message, _MEND.fill(least=least), where=where, severity=Severity.WARN)


def _of_few(cells: Sequence[tuple[float, float]], least: int) -> bool:
    """Whether the heights are parts of one small number of people, as they are where nobody was censored."""
    drops = [a[0] - b[0] for a, b in pairwise([(1.0, 0.0), *cells]) if a[0] > b[0] + 1e-9]
    if len(drops) < FEWEST_STEPS:
        return False
    people = round(1 / min(drops))
    doubt = people * cells[0][1]
    near = all(abs(height * people - round(height * people)) <= doubt + 1e-6 for height, _ in cells)
    return near and doubt < 0.15 and any(round(drop * people) < least for drop in drops)


_UNKNOWN = Text(
    ko="계단이 많은 생존곡선인데 위험집단의 수가 없습니다.",
    en="A survival curve of many steps without the numbers at risk.",
)
