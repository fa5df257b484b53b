"""Made-up values of every label, in plain spelling and in the spellings that people and programs give them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.unit.deid.corpus.vocabulary import COMMON, Vocabulary
from tests.unit.deid.deid_numbers import business, card, resident

Maker = Callable[[Random, Vocabulary], str]


def person(random: Random, half: Vocabulary) -> str:
    """Return a name: mostly one of the given names of the half, sometimes two syllables that it allows."""
    surname = random.choice(COMMON if random.random() < 0.85 else half.surnames)
    if random.random() < 0.7:
        return surname + random.choice(half.given)
    return surname + random.choice(half.first) + random.choice(half.second)


def address(random: Random, half: Vocabulary) -> str:
    """Return an address by road or by lot, whole or in part."""
    place = random.choice(half.cities)
    if random.random() < 0.85:
        place = f"{random.choice(half.provinces)} {place}"
    if random.random() < 0.15:
        place += f" {random.choice(half.towns)}"
    block = f"{random.randint(101, 130)}동 {random.randint(101, 2005)}호"
    building = random.choice(half.buildings)
    if random.random() < 0.6:
        base = f"{place} {random.choice(half.roads)} {random.randint(1, 400)}"
        base += random.choice(["", "", f"-{random.randint(1, 50)}"])
        base += random.choice(["", f", {block}", f", {random.randint(2, 20)}층", f" {building} {block}", f" {block}"])
        neighbourhood = random.choice(half.neighbourhoods)
        return base + random.choice(["", "", f" ({neighbourhood}, {building})", f" ({neighbourhood})"])
    base = f"{place} {random.choice(half.neighbourhoods)} {random.randint(1, 900)}"
    base += random.choice(["", f"-{random.randint(1, 60)}"])
    return base + random.choice(
        ["", "", "번지", f" {building} {block}", f"번지 {building} {random.randint(101, 905)}호"]
    )


def phone(random: Random, _half: Vocabulary) -> str:
    """Return a telephone number, mobile or fixed."""
    if random.random() < 0.25:
        area = random.choice(["02", "031", "051", "062", "064", "070", "0505"])
        return f"{area}-{random.randint(200, 9999)}-{random.randint(0, 9999):04}"
    mark = random.choice(["-", "-", "-", "-", ".", " ", ""])
    return mark.join(("010", f"{random.randint(2000, 9999)}", f"{random.randint(0, 9999):04}"))


def _account(random: Random, _half: Vocabulary) -> str:
    shape = random.choice(["3-2-6", "3-3-6", "4-2-7", "6-2-6", "3-4-4-2", "3-6-2-3", "4-3-6", "14", "12"])
    return "-".join("".join(random.choice("0123456789") for _ in range(int(n))) for n in shape.split("-"))


def _birth(random: Random, _half: Vocabulary) -> str:
    y, m, d = random.randint(1935, 2015), random.randint(1, 12), random.randint(1, 28)
    return random.choice(
        [
            f"{y}-{m:02}-{d:02}",
            f"{y}.{m:02}.{d:02}",
            f"{y}. {m}. {d}",
            f"{y}년 {m}월 {d}일",
            f"{y}{m:02}{d:02}",
            f"{y % 100:02}{m:02}{d:02}",
        ]
    )


def _date(random: Random, _half: Vocabulary) -> str:
    y, m, d = random.randint(2015, 2026), random.randint(1, 12), random.randint(1, 28)
    return random.choice([f"{y}년 {m}월 {d}일", f"{y}. {m}. {d}.", f"{y}-{m:02}-{d:02}"])


def _corporate(random: Random, _half: Vocabulary) -> str:
    digits = f"{random.choice(['1101', '1301', '2001'])}{random.choice(['11', '14', '71'])}{random.randrange(10**6):06}"
    total = sum(int(d) * w for d, w in zip(digits, (1, 2) * 6, strict=True))
    return f"{digits[:6]}-{digits[6:]}{(10 - total % 10) % 10}"


def _resident(random: Random, _half: Vocabulary) -> str:
    digits = resident(random)
    if random.random() < 0.15:  # given since October 2020: the tail is random
        born = f"{random.randrange(21, 26)}{random.randrange(1, 13):02}{random.randrange(1, 29):02}"
        digits = f"{born}{random.choice('34')}{random.randrange(10**6):06}"
    return f"{digits[:6]}-{digits[6:]}"


def _foreigner(random: Random, _half: Vocabulary) -> str:
    digits = resident(random, foreign=True)
    return f"{digits[:6]}-{digits[6:]}"


def _business(random: Random, _half: Vocabulary) -> str:
    digits = business(random)
    return f"{digits[:3]}-{digits[3:5]}-{digits[5:]}"


def _card(random: Random, _half: Vocabulary) -> str:
    digits = card(random)
    return "-".join(digits[i : i + 4] for i in range(0, 16, 4))


def _licence(random: Random, _half: Vocabulary) -> str:
    area = random.choice(["11", "12", "13", "21", "26", "28"])
    return f"{area}-{random.randrange(90, 100):02}-{random.randrange(10**6):06}-{random.randrange(100):02}"


def _passport(random: Random, _half: Vocabulary) -> str:
    if random.random() < 0.5:
        return f"M{random.randrange(1000):03}{random.choice('ABCDEFGH')}{random.randrange(10**4):04}"
    return f"M{random.randrange(10**8):08}"


def _insurance(random: Random, _half: Vocabulary) -> str:
    return random.choice(
        [f"{random.randint(1, 9)}-{random.randrange(10**10):010}", f"{random.randint(10**10, 9 * 10**10)}"]
    )


def _vehicle(random: Random, _half: Vocabulary) -> str:
    number = random.choice([random.randint(10, 99), random.randint(100, 799)])
    plate = f"{number}{random.choice('가나다라마거너더러하허호')}"
    return plate + random.choice(["", " "]) + f"{random.randint(1000, 9999)}"


def _email(random: Random, half: Vocabulary) -> str:
    name = "".join(random.choice("abcdefghijklmnop") for _ in range(7))
    return f"{name}{random.choice(['', '.', '_'])}{random.randint(1, 99)}@{random.choice(half.hosts)}"


MAKERS: dict[str, Maker] = {
    "PERSON": person,
    "FOREIGN": lambda random, half: random.choice(half.foreign),
    "ADDRESS": address,
    "PHONE": phone,
    "ACCOUNT": _account,
    "EMAIL": _email,
    "URL": lambda random, half: f"https://{random.choice(half.hosts)}/case/{random.randrange(10**6)}",
    "IP": lambda random, _half: f"203.0.113.{random.randrange(1, 255)}",
    "VEHICLE": _vehicle,
    "RRN": _resident,
    "FRN": _foreigner,
    "BUSINESS_REG": _business,
    "CORPORATE_REG": _corporate,
    "CARD": _card,
    "DRIVER_LICENSE": _licence,
    "PASSPORT": _passport,
    "HEALTH_INSURANCE": _insurance,
    "BIRTH_DATE": _birth,
    # What follows identifies nobody: near misses.
    "BANK": lambda random, half: random.choice(half.banks),
    "DATE": _date,
    "AMOUNT": lambda random, _half: f"{random.randint(10, 9999) * 1000:,}",
    "ORDER": lambda random, _half: f"{random.randint(2019, 2026)}-{random.randrange(10**5):05}",
}
NEUTRAL = frozenset({"BANK", "DATE", "AMOUNT", "ORDER"})
NUMBERED = (
    "RRN",
    "FRN",
    "PHONE",
    "CARD",
    "ACCOUNT",
    "BUSINESS_REG",
    "CORPORATE_REG",
    "DRIVER_LICENSE",
    "HEALTH_INSURANCE",
)
"""What is written in one of the usual spellings wherever it stands in a document."""
