"""What a masked cell still says: `*`, `<10`, `비공개`."""

from __future__ import annotations

import re
import unicodedata

from egress_review.checks.tables import LONGEST_NUMBER

_BELOW = re.compile(
    r"(?:[<＜≤]=?|미만|under|fewer than|less than)\s*(\d{1,6})|(\d{1,6})\s*(?:(?:명|건)\s*)?(?:미만|이하)"
)
_INCLUSIVE = re.compile(r"[≤]|<=|이하")
_MASK = re.compile(
    r"\*+|x{1,3}|\.{2,3}|…|[cs]|\[[a-z]\]|-{2,}|#+|n/?r|ns|suppressed|redacted|hidden|masked|"
    r"비공개|비식별|마스킹|숨김|미공개|비밀보호|삭제"
)


def mask_range(text: str) -> tuple[int, int | None] | None:
    """What a mask says about the number behind it, from least to most; None for a cell that is no mask."""
    if not 0 < len(text) <= LONGEST_NUMBER:
        return None
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    if below := _BELOW.fullmatch(plain):
        limit = int(below[1] or below[2])
        return 0, limit if _INCLUSIVE.search(plain) else max(0, limit - 1)
    return (0, None) if _MASK.fullmatch(plain) else None
