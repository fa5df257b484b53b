"""Cells as they are compared with the source: one spelling per value, and a short hash of it that has no order.

The scanner sends these hashes to the zone, which alone holds the key (docs/adr/0012).
Standard library only, as the scanner is.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

WORD = 2**64
LEAST_ROW = 4
"""Values that a row must have to be compared as a whole; fewer say too little about one record."""

_EMPTY = frozenset(("", "nan", "na", "n/a", "null", "none", "<na>", "nat", ".", "-", "--"))
_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d*)(?:\.(\d*))?")
_DATE = re.compile(
    r"(\d{4})\s*[-/.년]\s*(\d{1,2})\s*[-/.월]\s*(\d{1,2})\s*일?"
    r"(?:[t ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?(?:z|[+-]00:?00)?"
)
_JOINTS = re.compile(r"[\W_]+")


@lru_cache(maxsize=1 << 16)
def normal(cell: str) -> str:
    """The one spelling of a value: width, case, separators, leading and trailing zeros do not matter; "" for none.

    A date is its eight digits, with the time of day only where it is not midnight.
    """
    text = cell if cell.isascii() else unicodedata.normalize("NFKC", cell)
    text = text.strip().strip("\"'").strip().casefold()
    if text in _EMPTY:
        return ""
    if not any(map(str.isdigit, text)):
        return " ".join(text.split())
    if date := _DATE.fullmatch(text):
        year, month, day, hour, minute, second = date.groups("0")
        time = f"{int(hour):02}{minute:>02}{second:>02}"
        return f"{year}{int(month):02}{int(day):02}" + ("" if time == "000000" else f"t{time}")
    number = _NUMBER.fullmatch(text)
    if number and (number[2] or number[3]):
        whole = number[2].replace(",", "").lstrip("0")
        fraction = (number[3] or "").rstrip("0")
        plain = (whole or "0") + (f".{fraction}" if fraction else "")
        return f"-{plain}" if number[1] == "-" and plain != "0" else plain
    joined = _JOINTS.sub("", text)
    return joined.lstrip("0") or "0" if joined.isdecimal() else joined


@lru_cache(maxsize=1 << 16)
def mark(text: str) -> int:
    """The hash of a spelling, 64 bits; 0 for no value."""
    if not text:
        return 0
    return int.from_bytes(hashlib.blake2b(text.encode(errors="replace"), digest_size=8).digest(), "little")


def row_mark(marks: Iterable[int]) -> int:
    """The hash of all values of a row together, whatever their order: their sum."""
    return sum(marks) % WORD
