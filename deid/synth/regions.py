"""Places of Korea, as codes or as words: which of them can exist at all.

Codes are those of the Ministry of the Interior and Safety (법정동코드, 행정구역코드): the first two digits name one of
the provinces, with the codes of before Gangwon and Jeonbuk became special provinces (2023, 2024).
"""

from __future__ import annotations

import re

PROVINCES = frozenset(map(str, (11, *range(26, 32), 36, *range(41, 49), *range(50, 53))))
NAMES = (
    *("충청북", "충청남", "전라북", "전라남", "경상북", "경상남"),
    *("서울", "부산", "대구", "인천", "광주", "대전", "울산", "세종", "경기", "강원"),
    *("충북", "충남", "전북", "전남", "경북", "경남", "제주"),
)
_CODE = re.compile(r"[0-9]{2}|[0-9]{5}|[0-9]{8}|[0-9]{10}")
_WORDS = re.compile(f"(?:{'|'.join(NAMES)})(?:특별시|광역시|특별자치시|특별자치도|도)?(?: .+)?")
_DISTRICT = re.compile(r"[가-힣]{1,5}[시군구](?: [가-힣]{1,4}구)?")


def is_region(value: str) -> bool:
    """Return whether a value has the form of a code or name of a place, in a province that exists."""
    if _CODE.fullmatch(value):
        return value[:2] in PROVINCES
    return _WORDS.fullmatch(value) is not None or _DISTRICT.fullmatch(value) is not None
