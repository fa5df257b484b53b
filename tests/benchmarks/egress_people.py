"""People that nobody is: names, telephones and numbers with a right checksum, for planted problems."""

from __future__ import annotations

import random

_FAMILY, _GIVEN = "김이박최정강조윤장임", ("민준", "서연", "도윤", "하은", "지호", "수아", "예준", "지우")


def resident_number(chance: random.Random) -> str:
    """A resident registration number with a right checksum, of nobody."""
    digits = f"{chance.randrange(50, 99)}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}{chance.choice('12')}"
    digits += f"{chance.randrange(100000):05}"
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    check = (11 - sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11) % 10
    return f"{digits[:6]}-{digits[6:]}{check}"


def spelled(number: str, chance: random.Random) -> str:
    """A number in one of the spellings that people use."""
    front, back = number.split("-")
    full_width = str.maketrans("0123456789-", "０１２３４５６７８９－")
    return chance.choice((number, front + back, f"{front} {back}", f"{front} - {back}", number.translate(full_width)))


def phone(chance: random.Random) -> str:
    return f"010-{chance.randrange(2000, 9999)}-{chance.randrange(1000, 9999)}"


def person(chance: random.Random) -> str:
    return chance.choice(_FAMILY) + chance.choice(_GIVEN)
