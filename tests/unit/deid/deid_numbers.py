"""Made-up identifiers with the right arithmetic, for tests only."""

from __future__ import annotations

from random import Random

WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


def resident(random: Random, *, foreign: bool = False, valid: bool = True) -> str:
    """Thirteen digits of a resident or foreigner number of somebody born before 2020."""
    year, gender = random.choice([(random.randrange(40, 100), "12"), (random.randrange(0, 20), "34")])
    digits = f"{year:02}{random.randrange(1, 13):02}{random.randrange(1, 29):02}"
    sex = random.choice(gender)
    digits += str(int(sex) + 4) if foreign else sex
    digits += f"{random.randrange(10**5):05}"
    total = sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True))
    check = ((13 if foreign else 11) - total % 11) % 10
    return digits + str(check if valid else (check + random.randrange(1, 10)) % 10)


def business(random: Random) -> str:
    """Ten digits of a business registration number."""
    digits = f"{random.randrange(101, 900)}{random.randrange(1, 99):02}{random.randrange(10**4):04}"
    total = sum(int(d) * w for d, w in zip(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=True))
    return digits + str((10 - (total + int(digits[8]) * 5 // 10) % 10) % 10)


def card(random: Random) -> str:
    """Sixteen digits that pass the Luhn test."""
    digits = "4" + "".join(str(random.randrange(10)) for _ in range(14))
    for last in "0123456789":
        number = digits + last
        doubled = [int(d) * 2 for d in number[-2::-2]]
        if (sum(d - 9 if d > 9 else d for d in doubled) + sum(map(int, number[-1::-2]))) % 10 == 0:
            return number
    raise AssertionError("one of ten digits fits")
