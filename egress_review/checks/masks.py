"""What a masked cell still says: `*`, `<10`, `비공개`."""

from __future__ import annotations

import re
import unicodedata

from egress_review.checks.tables import LONGEST_NUMBER

_BELOW = re.compile(
    r"(?:n\s*)?(?:[<＜≤]=?|미만|under|fewer than|less than)\s*(\d{1,6})\s*(?:명|건|인|개소)?"
    r"|(\d{1,6})\s*(?:(?:명|건|인|개소)\s*)?(?:미만|이하|or fewer|or less)"
)
_SPAN = re.compile(r"([01])\s*(?:[-–~∼]|to)\s*(\d{1,2})\s*(?:명|건)?")
_INCLUSIVE = re.compile(r"[≤]|<=|이하|or (?:fewer|less)")
_MASK = re.compile(
    r"\*+|x{1,3}|\.{2,3}|…|[cs]|\[[a-z]\]|\([csdx*]\)|-{2,}|#+|n/?r|ns|n/?p|d/?s|suppressed|redacted|"
    r"hidden|masked|withheld|"
    r"confidential|not shown|[※■█▒▓●†‡]{1,3}|"
    r"\[?(?:비공개|비식별|마스킹|숨김|미공개|비밀보호|삭제|가림|비표시|보호|미표시|생략)\]?"
)


def mask_range(text: str) -> tuple[int, int | None] | None:
    """What a mask says about the number behind it, from least to most; None for a cell that is no mask."""
    if not 0 < len(text) <= LONGEST_NUMBER:
        return None
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    if below := _BELOW.fullmatch(plain):
        limit = int(below[1] or below[2])
        return 0, limit if _INCLUSIVE.search(plain) else max(0, limit - 1)
    if span := _SPAN.fullmatch(plain):
        return int(span[1]), int(span[2])
    return (0, None) if _MASK.fullmatch(plain) else None


_GAP = re.compile(r"|[-–—―－?.·]|n\.?/?a\.?|nan|null|none|<na>|missing|결측|미상|해당 ?없음")


def is_gap(text: str) -> bool:
    """Whether a cell shows no number where others do: a mask, or nothing, or what stands for nothing."""
    if len(text) > LONGEST_NUMBER:
        return False
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    return (
        _GAP.fullmatch(plain) is not None or mask_range(text) is not None or mask_range(plain.strip("()[]")) is not None
    )
