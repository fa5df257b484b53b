"""Numbers whose parts are held apart by anything: brackets, commas, cells of a table, the end of a line, odd groups.

The rules of `korean` and `international` know how numbers are written. Here only the count of digits is asked for,
and their arithmetic; so a word of context must stand before the number, or a check digit agree where nobody would
separate two numbers. Amounts and dates are none of these whatever stands beside them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from deid.korean import (
    ACCOUNT_WORDS,
    BUSINESS_WORDS,
    CORPORATE_WORDS,
    FOREIGNER_WORDS,
    INSURANCE_WORDS,
    LICENCE_WORDS,
    PHONE_WORDS,
    RESIDENT_WORDS,
)
from deid.korean_numbers import DATE, birth_date, corporate_check, foreigner_check, luhn_check, resident_check
from deid.recogniser import ANYTHING, GLUE, NEARLY, NEVER, Recogniser, digits_of

WINDOW = re.compile(rf"[0-9](?<![0-9].)(?:{ANYTHING}+[0-9]){{8,}}+")
"""Where such a number can stand: nine digits or more, with anything between them."""

CARD_WORDS = ("카드", "card", "visa", "master", "amex")
_NEAR = 24
_PART = re.compile("[0-9]+")
_CELL = re.compile(r"[\t|\n;,+=\\]")
"""What parts two values more often than two halves of one number."""
_AMOUNT = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_COUNTED = re.compile("수[는은가 :]|건[수이은 :]|액|한도|이용|보유|발급|개설|잔|율|합계|평균|순위|명[은이 ]|회[ ,]")
_LISTED = re.compile(r"[,;|+=\t\n]")
"""Behind a word that counts or measures, what is separated like this is a list of values."""
_UNSURE, _SURE = 0.2, 0.6

Judge = Callable[[str, Sequence[str], bool], float]
"""What digits, their groups, and whether the border of a cell may lie between them say without a word of context."""


def _judged(judge: Judge) -> Callable[[re.Match[str]], float]:
    def score(match: re.Match[str]) -> float:
        written = match[0]
        if written.isdigit():
            return judge(written, [written], False)
        if _COUNTED.search(match.string, max(0, match.start() - _NEAR), match.start()) and _LISTED.search(written):
            return NEVER
        if DATE.search(written) or any(_AMOUNT.fullmatch(part) for part in re.split(r"[ ;|\t\n]+|, ", written)):
            return NEVER
        return judge(digits_of(match), _PART.findall(written), _CELL.search(written) is not None)

    return score


def _registered(check: Callable[[str], bool], sexes: str) -> Judge:
    def judge(digits: str, groups: Sequence[str], cells: bool) -> float:
        if digits[6] not in sexes or birth_date(digits) is None:
            return NEVER
        if [len(group) for group in groups] != [6, 7] or not check(digits):
            return _UNSURE
        return NEARLY if cells else _SURE

    return judge


def _card(digits: str, groups: Sequence[str], cells: bool) -> float:
    if digits[0] not in "34569" or len(set(digits)) < 3:
        return NEVER
    if not luhn_check(digits):
        return _UNSURE if max(map(len, groups)) > 1 else NEVER
    return NEARLY if cells or max(map(len, groups)) < 4 else _SURE


def _phone(digits: str, groups: Sequence[str], cells: bool) -> float:
    sizes = [len(group) for group in groups]
    mobile = digits[:2] == "01" and len(digits) == 11
    if mobile and (sizes == [3, 4, 4] or (sizes[0] == 3 and not cells)):
        return _SURE
    return _UNSURE


def _account(_digits: str, groups: Sequence[str], _cells: bool) -> float:
    return _UNSURE if max(map(len, groups)) > 1 else NEVER


def _counted(check: Callable[[str], bool] | None = None) -> Judge:
    return lambda digits, _groups, _cells: _UNSURE if check is None or check(digits) else NEVER


def _loose(
    rule: str, label: str, first: str, more: str, judge: Judge, context: tuple[str, ...], *, alone: float = _UNSURE
) -> Recogniser:
    """Return a rule for digits with anything between them: `first` as a pattern, then so many `more`."""
    pattern = rf"(?<![0-9])(?<![0-9][.,-]){first}(?:{GLUE}[0-9]){{{more}}}(?![0-9])(?![-.,][0-9])"
    return Recogniser(
        f"{rule}-apart",
        label,
        re.compile(pattern),
        _judged(judge),
        context,
        0.86,
        reach=_NEAR,
        alone=alone,
        somewhere=0.6,
    )


LOOSE: tuple[Recogniser, ...] = (
    _loose("rrn", "RRN", "[0-9]", "12", _registered(resident_check, "1234"), RESIDENT_WORDS, alone=_SURE),
    _loose("frn", "FRN", "[0-9]", "12", _registered(foreigner_check, "5678"), FOREIGNER_WORDS, alone=_SURE),
    _loose("card", "CARD", "[3-69]", "14,15", _card, CARD_WORDS, alone=_SURE),
    _loose("mobile", "PHONE", rf"0{GLUE}1{GLUE}[016789]", "7,8", _phone, PHONE_WORDS, alone=_SURE),
    _loose("landline", "PHONE", rf"0{GLUE}[2-8]", "7,10", _phone, PHONE_WORDS),
    _loose("business", "BUSINESS_REG", "[1-9]", "9", _counted(), BUSINESS_WORDS),
    _loose("corporate", "CORPORATE_REG", "[0-9]", "12", _counted(corporate_check), CORPORATE_WORDS),
    _loose("licence", "DRIVER_LICENSE", rf"(?:1{GLUE}[1-9]|2{GLUE}[0-68])", "10", _counted(), LICENCE_WORDS),
    _loose("insurance", "HEALTH_INSURANCE", "[1-9]", "9,11", _counted(), INSURANCE_WORDS),
    _loose("account", "ACCOUNT", "[0-9]", "9,15", _account, ACCOUNT_WORDS),
)
"""What is known by its count of digits; read in stretches of digits with anything between them."""
