"""Numbers of people and accounts of other countries, by their form and their checksum, whatever stands around them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_SWEDISH = re.compile(
    r"(?<![\w-])(?:19|20)?(\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]|[6-8]\d|9[01]))[-+](\d{4})(?![\w-])"
)
_FINNISH = re.compile(
    r"(?<![\w-])((?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2})[-+A-FU-Y](\d{3})([0-9A-FHJ-NPR-Y])(?![\w-])"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2})(\d{2})((?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)(?![A-Za-z0-9])")
_DANISH = re.compile(
    r"\b(?:CPR|cpr)(?:[-. ]?(?:nr|nummer|no))?\.?\s?[:=]?\s?(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}-?\d{4}(?!\d)"
)
_NORWEGIAN = re.compile(r"(?<![\d.,-])(?:[04-7]?\d|[1-7]\d)(?:0[1-9]|1[0-2]|[4-9]\d)\d{2} ?\d{5}(?![\d.,-]*\d)")
_SPANISH = re.compile(r"(?<![\w-])([XYZ]?\d{7,8})-?([A-HJ-NP-TV-Z])(?![\w-])")
_ITALIAN = re.compile(r"(?<!\w)[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z](?!\w)")
_CHINESE = re.compile(r"(?<!\d)([1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3})([\dX])(?!\w)")
_FRENCH = re.compile(r"(?<!\d)([12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3}) ?(\d{2})(?!\d)")


def persons_abroad(text: str) -> Iterator[int]:
    """Where in a text numbers of persons of other countries stand."""
    for pattern, holds in _FORMS:
        yield from (match.start() for match in pattern.finditer(text) if holds(match))


def accounts_abroad(text: str) -> Iterator[int]:
    """Where in a text international account numbers stand."""
    return (match.start() for match in _IBAN.finditer(text) if _is_iban(match))


def _is_iban(match: re.Match[str]) -> bool:
    tail = match[3].replace(" ", "")
    digits = "".join(str(int(letter, 36)) for letter in f"{tail}{match[1]}{match[2]}")
    return 11 <= len(tail) <= 30 and int(digits) % 97 == 1


def _swedish(match: re.Match[str]) -> bool:
    return _luhn(match[1] + match[2])


def _luhn(digits: str) -> bool:
    doubled = (int(d) * (2 - at % 2) for at, d in enumerate(digits))
    return sum(n - 9 * (n > 9) for n in doubled) % 10 == 0


def _finnish(match: re.Match[str]) -> bool:
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(match[1] + match[2]) % 31] == match[3]


def _norwegian(match: re.Match[str]) -> bool:
    d = [int(c) for c in match[0].replace(" ", "")]
    if len(d) != len((3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 1)):
        return False
    one = sum(a * b for a, b in zip(d, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1), strict=False)) % 11
    two = sum(a * b for a, b in zip(d, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), strict=False)) % 11
    return one == two == 0


def _spanish(match: re.Match[str]) -> bool:
    number = match[1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return len(number) == len("12345678") and "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == match[2]


def _chinese(match: re.Match[str]) -> bool:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(d) * w for d, w in zip(match[1], weights, strict=True)) % 11] == match[2]


def _french(match: re.Match[str]) -> bool:
    plain = match[1].replace(" ", "").replace("2A", "19").replace("2B", "18")
    return plain.isdecimal() and 97 - int(plain) % 97 == int(match[2])


def _always(_: re.Match[str]) -> bool:
    return True


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    (_SWEDISH, _swedish),
    (_FINNISH, _finnish),
    (_DANISH, _always),
    (_NORWEGIAN, _norwegian),
    (_SPANISH, _spanish),
    (_ITALIAN, _always),
    (_CHINESE, _chinese),
    (_FRENCH, _french),
)
