"""The arithmetic of Korean registration numbers: check digits and dates of birth. Digits in, facts out."""

from __future__ import annotations

import re
from datetime import date
from operator import mul

RANDOM_SINCE = date(2020, 10, 5)
"""Resident numbers given since then end in random digits, without a check digit (주민등록법 시행규칙)."""

DATE = re.compile(r"(?:19|20)[0-9]{2} ?[-./] ?(?:0?[1-9]|1[0-2]) ?[-./] ?(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])")
"""A day in digits, which two of make a row as long as the number of an account."""

_RESIDENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_BUSINESS_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""The sum of the digits of twice a digit."""
_CENTURY = {
    "9": 1800,
    "0": 1800,
    "1": 1900,
    "2": 1900,
    "5": 1900,
    "6": 1900,
    "3": 2000,
    "4": 2000,
    "7": 2000,
    "8": 2000,
}


def birth_date(digits: str) -> date | None:
    """The date of birth in a 13-digit resident or foreigner number; None if there is no such day."""
    try:
        return date(_CENTURY[digits[6]] + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return None


def resident_check(digits: str) -> bool:
    """Whether the 13th digit is the check digit of a resident number given before October 2020."""
    return (11 - _weighted(digits, _RESIDENT_WEIGHTS) % 11) % 10 == int(digits[12])


def foreigner_check(digits: str) -> bool:
    """Whether the 13th digit is the check digit of a foreigner number in the old scheme."""
    return (13 - _weighted(digits, _RESIDENT_WEIGHTS) % 11) % 10 == int(digits[12])


def business_check(digits: str) -> bool:
    """Whether the 10th digit is the check digit of a business registration number."""
    total = _weighted(digits, _BUSINESS_WEIGHTS) + int(digits[8]) * 5 // 10
    return (10 - total % 10) % 10 == int(digits[9])


def corporate_check(digits: str) -> bool:
    """Whether the 13th digit is the check digit of a corporate registration number."""
    total = _weighted(digits, (1, 2) * 6)
    return (10 - total % 10) % 10 == int(digits[12])


def luhn_check(digits: str) -> bool:
    """Whether the digits pass the Luhn test of payment cards (ISO/IEC 7812-1)."""
    return (sum(map(int, digits[-1::-2])) + sum(map(_DOUBLED.__getitem__, map(int, digits[-2::-2])))) % 10 == 0


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(map(mul, map(int, digits), weights))
