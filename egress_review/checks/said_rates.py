"""A rate and the person-years that it is of in one sentence: multiplied they say how many had the event."""

from __future__ import annotations

import math
import re

from egress_review.checks.cells import mend
from egress_review.checks.listing import Listing
from egress_review.checks.said_totals import SENTENCE
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

LONGEST = 2_000
"""Characters of a line that are read."""
SHARP = 1.0
"""People that rounding may leave open for a product to say how many they are."""

_N = r"(?<![\d.,])(\d{1,3}(?:,\d{3}){1,3}|\d{1,9})(\.\d{1,6})?"
_OF = r"(100,?000|10,?000|1,?000|100)"
_YEARS = r"(?:person|patient)[- ]years?"
_RATES = (
    re.compile(rf"{_N}(?: [a-z]{{3,12}})? (?:per|/) ?{_OF} ?{_YEARS}", re.IGNORECASE),
    re.compile(rf"{_N}\s?(?:명|건|회)?\s?/\s?{_OF} ?인[- ]?년"),
)
_RATES_AFTER = (re.compile(rf"(?<![\d,]){_OF}\s?인[- ]?년\s?당(?:\s?[가-힣]{{1,8}}[은는이가])?\s?{_N}"),)
_TIMES = (
    re.compile(rf"(?<!per )(?<!/ )(?<!/){_N} (?:of )?{_YEARS}", re.IGNORECASE),
    re.compile(rf"(?<!/)(?<!/ ){_N}\s?인[- ]?년(?!\s?당)"),
)

_MULTIPLIED = Text(
    ko="발생률과 문장에 적힌 인년을 곱하면 {value}명으로, 최소 셀 {least}보다 작습니다.",
    en="The rate and the person-years of the sentence give {value} people; the smallest cell is {least}.",
)


def check_said_rates(subject: Subject, listing: Listing) -> None:
    """Multiply the rates of a sentence with as many person-years that it gives, in their order."""
    least = subject.policy.min_cell
    for number, line in enumerate(subject.lines, 1):
        for sentence in SENTENCE.finditer(line[:LONGEST]) if "|" not in line else ():
            rates = [(*_number(m[1], m[2]), _scale(m[3])) for p in _RATES for m in p.finditer(sentence[0])]
            rates += [(*_number(m[2], m[3]), _scale(m[1])) for p in _RATES_AFTER for m in p.finditer(sentence[0])]
            times = [_number(m[1], m[2])[0] for p in _TIMES for m in p.finditer(sentence[0])] if rates else []
            for (rate, slack, of), years in zip(rates, times, strict=True) if len(rates) == len(times) else ():
                low, high = (rate - slack) * years / of, (rate + slack) * years / of
                value = math.ceil(low - 1e-6)
                if high - low < SHARP and 0 < value <= high + 1e-6 and value < least:
                    message = _MULTIPLIED.fill(value=value, least=least)
                    listing.flag("cells.percent", message, mend(subject.policy), where=Where(row=number), number=value)


def _number(digits: str, decimals: str | None) -> tuple[float, float]:
    """A number and half of the last place that it shows."""
    return float(digits.replace(",", "") + (decimals or "")), 0.5 * 10.0 ** -max(0, len(decimals or "") - 1)


def _scale(digits: str) -> int:
    return int(digits.replace(",", ""))
