"""Coordinates of administrative areas, of which each row names one: centroids, which are of no person and no home."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from egress_review.checks.place_names import is_province
from egress_review.checks.tables import Table

FEWEST, MOSTLY = 3, 0.9
MOST_UNPROVED, LONG_CODE = 260, 6
"""Rows up to which words and short codes may be of areas that nothing but their heading proves, and digits of a code
from which it shows itself whether codes are those of areas: areas of one district share what theirs begin with."""

_AREA = re.compile(
    r"(?:.{0,30}[ _.-])?(?:districts?|count(?:y|ies)|municipalit(?:y|ies)|states?|countr(?:y|ies)|provinces?|"
    r"prefectures?|cantons?|boroughs?|"
    r"parish(?:es)?|wards?|communes?|departments?|départements?|regions?|cit(?:y|ies)|towns?|townships?|"
    r"constituenc(?:y|ies)|"
    r"local authorit(?:y|ies)|lad|lsoa|msoa|oa|utla|ltla|nuts ?[0-3]?|lau ?[12]?|fips|geoid|iso ?[23]?|admin "
    r"?[0-4]?|adm ?[0-4]|gadm|"
    r"census tracts?|tracts?|sigungu|sido|emd|eup ?myeon ?dong|gu|dong|kreis|landkreis|gemeinde|bundesland|"
    r"provincia|comune|municipio)"
    r"(?:[ _.-]?(?:names?|codes?|cd|nm|id|no|ko|en|kr|kor|eng|\d{2}(?:cd|nm)))*"
    r"|[a-z]{3,5}\d{2}(?:cd|nm)|(?:sig|sgg|ctp|ctprvn|emd|adm|hjd|bjd|li)_?(?:kor|eng|dr)?_?(?:nm|cd|name|code)"
    r"|(?:행정|법정|시도|시군구|읍면동)?(?:자치구|시도|시군구|읍면동|행정동|법정동|광역시도|광역시|행정구역|"
    r"행정구|지자체|기초자치단체|자치단체|시군|구군|구|동|군|도|시|국가|"
    r"권역|생활권|집계구|지역)\s?_?(?:명|이름|코드|번호|명칭)?(?:\s?\(.{1,12}\))?",
    re.IGNORECASE,
)
"""What a column is called that names areas, or has their codes."""
_HARMLESS = re.compile(
    r"|no\.?|id|idx|index|#|순번|번호|연번|area|area[ _]?\(?km.{0,4}|면적.{0,8}|elevation|altitude|고도.{0,4}|"
    r"rank|순위|zoom|level|"
    r"year|연도|년도|기준일?|기준 ?연도|source|출처|crs|epsg|비고|remarks?|notes?",
    re.IGNORECASE,
)
"""Columns beside that tell of nobody."""
_OF_PEOPLE = re.compile(
    r"환자|사람|대상자|참여자|응답자|피해자|확진|사망|가구|세대|거주|자택|주택|주소|번지|집\b|이용자|고객|회원|"
    r"학생|근로자|사례|증례|발생지|사건|신고|"
    r"\b(?:patients?|persons?|people|participants?|respondents?|subjects?|victims?|cases?|homes?|house(?:s|"
    r"holds?)?|residen\w+|address\w*|dwellings?|"
    r"customers?|users?|members?|pupils?|students?|workers?|incidents?|deaths?|events?|gps|visits?|trips?|pickup|"
    r"dropoff|postcode)\b",
    re.IGNORECASE,
)
"""Whose places they may be in spite of that."""
_KOREAN_AREA = re.compile(
    r"(?:[가-힣]{2,7}(?:시|도)\s)?(?:[가-힣]{1,6}(?:시|군|구)\s)?[가-힣]{1,6}\d?(?:·\d)?(?:시|도|군|구|읍|면|동|"
    r"리|가)|"
    r"서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주|전국|[가-힣]{2,4}"
)
_AREA_CODE = re.compile(r"\d{2,10}|[A-Z]{1,3}[-_. ]?\d{2,9}|[A-Z]{2,3}(?:[-_.]?[A-Z0-9]{1,4})?")
_NAME = re.compile(r"[^\W\d_][^\d@/:;#\t]{1,48}")


def are_of_areas(table: Table, north: int, east: int, around: str) -> bool:
    """Whether the coordinates in two columns are of areas: each row has its own, and nothing speaks of people.

    `around` is what the file is called, and what it says above its rows.
    """
    others = [index for index in range(len(table.names)) if index not in (north, east)]
    names = [table.names[index].strip() for index in others]
    if len(table.rows) < FEWEST or _OF_PEOPLE.search(" ".join([*names, around.replace("_", " ")])):
        return False
    areas = [at for at, name in zip(others, names, strict=True) if _AREA.fullmatch(name)]
    if any(at not in areas and not _HARMLESS.fullmatch(name) for at, name in zip(others, names, strict=True)):
        return False
    if not all(_hold_areas(table.distinct(index)) for index in areas):
        return False
    return any(len(table.distinct(index)) == len(table.rows) for index in areas)


def _hold_areas(cells: Collection[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    fit = sum(any(p.fullmatch(cell) for p in (_KOREAN_AREA, _AREA_CODE, _NAME)) for cell in filled)
    return bool(filled) and fit >= MOSTLY * len(filled) and _are_proved(filled)


def _are_proved(cells: Sequence[str]) -> bool:
    """Whether cells are codes that are built as those of areas, or names that end as theirs; few may be any words."""
    codes = [cell for cell in cells if cell.isdecimal()]
    if len(codes) < MOSTLY * len(cells):
        named = sum(_PLACE.search(cell) is not None or is_province(cell, 0, len(cell)) for cell in cells)
        return len(cells) <= MOST_UNPROVED or 2 * named >= len(cells) or _share_beginnings(cells)
    if max(map(len, codes)) < LONG_CODE:
        return len(codes) <= MOST_UNPROVED or _share_beginnings(codes)
    return all(code.endswith("00") for code in codes) or _share_beginnings(codes)


def _share_beginnings(codes: Sequence[str]) -> bool:
    """Whether codes are of one length and have far fewer beginnings than there are codes: those of larger areas."""
    beginnings = {code[:-BEHIND] for code in codes}
    coded = all(any(map(str.isdecimal, code)) for code in codes)
    return coded and len({len(code) for code in codes}) == 1 and 2 * len(beginnings) <= len(codes)


BEHIND = 3
_PLACE = re.compile(
    r"[시도군구읍면동리]$|(?:shire|borough|ham|ton|ford|bury|ville|burg|city|county|town|district|province|region|land|"
    r"stadt|dorf|heim|kreis)s?$",
    re.IGNORECASE,
)


def are_features_of_areas(properties: Sequence[Mapping[str, Any]], around: str) -> bool:
    """Whether points of a map are of areas, by what their properties are called and hold."""
    keys = tuple(dict.fromkeys(str(key) for one in properties for key in one))
    rows = [["" if one.get(key) is None else str(one.get(key)) for key in keys] for one in properties]
    return bool(keys) and are_of_areas(Table(keys, rows, range(1, len(rows) + 1)), -1, -1, around)
