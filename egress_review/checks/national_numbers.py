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
_INSURED = re.compile(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d\d){3} ?[A-D](?![\w-])")
"""A national insurance number; what stands before it is looked at afterwards: a pattern of letters is found fast."""
_NOT_INSURED = frozenset(("BG", "GB", "NK", "KN", "TN", "NT", "ZZ", "EP"))
"""Letters that no such number begins with; those of the European Patent Office stand before numbers of its form."""
_HEALTH = re.compile(r"([ -])(?<=[46-9]\d\d[ -])\d{3}\1\d{4}(?![\d.,-]| \d)")
"""The number of a patient in England and Wales, 943 476 5919, from the mark behind its first digits."""
_FIRST = 3
_GOES_ON = re.compile(r"[\w.,+-]$|\d $")
_ITALIAN = re.compile(r"(?<!\w)[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z](?!\w)")
_CHINESE = re.compile(r"(?<!\d)([1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3})([\dX])(?!\w)")
_FRENCH = re.compile(r"(?<!\d)([12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3}) ?(\d{2})(?!\d)")


def persons_abroad(text: str) -> Iterator[int]:
    """Where in a text numbers of persons of other countries stand."""
    for pattern, holds in _FORMS:
        yield from (match.start() for match in pattern.finditer(text) if holds(match))
    found = [match for match in _HEALTH.finditer(text) if not _joined(match)]
    held = [at for match in found if is_of_health(text[(at := match.start() - _FIRST) : match.end()])]
    # One number of three groups in eleven has the checksum by chance; a list of them has not.
    yield from held if 2 * len(held) > len(found) else ()


def accounts_abroad(text: str) -> Iterator[int]:
    """Where in a text international account numbers stand."""
    return (match.start() for match in _IBAN.finditer(text) if _is_iban(match))


def _is_iban(match: re.Match[str]) -> bool:
    tail = match[3].replace(" ", "")
    digits = "".join(str(int(letter, 36)) for letter in f"{tail}{match[1]}{match[2]}")
    return 11 <= len(tail) <= 30 and int(digits) % 97 == 1


def _joined(match: re.Match[str]) -> bool:
    """Whether a number goes on before its match: a sign, a letter, or other digits of a row."""
    start = match.start() - _FIRST
    before = match.string[max(0, start - 2) : start]
    return _GOES_ON.search(before) is not None


def _insured(match: re.Match[str]) -> bool:
    before = match.string[match.start() - 1 : match.start()] if match.start() else ""
    return match[0][:2] not in _NOT_INSURED and not (before.isalnum() or before in ("_", "-"))


def is_of_health(words: str) -> bool:
    """Whether ten digits have the checksum of a British number of a patient: modulus 11."""
    digits = [int(c) for c in words if c.isdecimal()]
    if len(digits) != len("9434765919"):
        return False
    check = 11 - sum(n * weight for n, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return check % 11 == digits[-1] and check != len("9434765919")


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
    (_INSURED, _insured),
    (_CHINESE, _chinese),
    (_FRENCH, _french),
)
