"""Korean addresses: by road or by lot, with or without the province, with building, storey and unit.

The grammar follows the Road Name Address Act (도로명주소법): province, city or district, town, road name and number,
then what is inside the building, then in brackets the legal neighbourhood and the name of the building. One strong
part is not enough: an address is a place that is named (district or town) and a number in it, or a label before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from deid.korean import REGIONAL, REGIONS
from deid.recogniser import Recogniser, fixed

_PROVINCE = (
    r"(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주|충청북|충청남|전라북|전라남|경상북|경상남)"
    r"(?:특별자치|특별|광역|자치)?(?:시|도)?"
)
_PROVINCE_START = (
    r"(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주|충청북|충청남|전라북|전라남|경상북|경상남)"
    r"(?<![가-힣0-9]..)(?<![가-힣0-9]...)(?:특별자치|특별|광역|자치)?(?:시|도)?"
)
_CITY = r"[가-힣]{1,4}(?:시|군)"
_DISTRICT = r"[가-힣]{1,4}구"
_TOWN = r"[가-힣]{1,5}(?:읍|면)"
_NEIGHBOURHOOD = r"[가-힣]{1,5}[0-9]{0,2}(?:동|리|가)(?:[0-9]{1,2}가)?"
_GAP = r"[ ,]{1,3}"
_ROAD = (
    r"(?:[가-힣A-Za-z0-9·.]{1,15}(?:대로|로|길)|[가-힣]{1,10}(?:대로|로) ?[0-9]{1,4}(?:번|번안|가|나|다)?길)"
    r"(?: ?[0-9]{1,4}(?:번|번안|가|나|다)?길)?"
)
_NUMBER = r"(?:지하 ?)?[0-9]{1,5}(?: ?- ?[0-9]{1,4})?(?: ?번지)?"
_LOT = r"(?:산 ?)?[0-9]{1,5}(?: ?- ?[0-9]{1,4})?(?: ?번지)?(?: ?[0-9]{1,3}호(?![가-힣]))?"
_BUILDINGS = (
    "아파트|빌라|오피스텔|맨션|타워|빌딩|타운|하이츠|팰리스|캐슬|자이|래미안|푸르지오|힐스테이트|아이파크"
    "|더샵|센터|프라자|플라자|상가|주택|연립|단지|마을|파크|빌|하우스|스테이|원룸|고시원|기숙사|APT"
)
_BUILDING = rf"[가-힣A-Za-z0-9·&-]{{1,18}}(?:{_BUILDINGS})"
_HOUSES = (
    "회관|병원|의원|학교|연구원|연구소|스퀘어|오피스|호텔|은행|우체국|시청|구청|도서관|교회|성당|시장|몰|빌리지"
    "|맨숀|가든|뷰|시티|포레|데시앙|위브|어울림|테크노|밸리|팰리스|펠리스|프라임|트윈|메트로|광장|복지관|체육관|청사|본관|별관"
)
"""What a building is called by that stands behind a comma; without one it is a word of the sentence."""
_NUMBERED = r"[가-힣A-Za-z·&-]{2,15}(?= [0-9]{1,4}(?:동|층|호))"
_UNIT = r"(?:(?:지하 ?|B)?[0-9]{1,3}층|[0-9가-힣A-Z]{1,4}동|(?:B|지하 ?)?[0-9]{1,5}호)"
_NOTE = r" ?\([가-힣0-9][가-힣A-Za-z0-9·, -]{1,40}\)"
_NAMED = rf"(?:, ?(?:[가-힣A-Za-z0-9·&-]{{1,18}}(?:{_BUILDINGS}|{_HOUSES})|{_NUMBERED}))"
_TAIL = (
    rf"(?:(?: {_BUILDING}|{_NAMED})(?: ?[0-9]차)?)?(?:(?:, ?| ){_UNIT}){{0,3}}"
    rf"(?:{_NOTE})?(?:{_NAMED}(?:(?:, ?| ){_UNIT}){{0,3}})?(?:{_NOTE})?"
)
_PLACE = (
    rf"(?:{_PROVINCE}{_GAP}(?:{_CITY}{_GAP})?(?:{_DISTRICT}{_GAP})?(?:{_TOWN}{_GAP})?"
    rf"|{_CITY}{_GAP}(?:{_DISTRICT}{_GAP})?(?:{_TOWN}{_GAP})?|{_DISTRICT}{_GAP}(?:{_TOWN}{_GAP})?|{_TOWN}{_GAP})"
)
_END = r"(?![0-9]|[,.][0-9]|가 ?[0-9]|[명건세년월%원개회]|(?<=[0-9])시간)"
_ROAD_PART = rf"(?:{_NEIGHBOURHOOD} )?{_ROAD} ?{_NUMBER}{_END}"
_LOT_PART = rf"{_NEIGHBOURHOOD} ?{_LOT}{_END}"
_WORDS = ("주소", "거주", "소재지", "배송지", "거소", "본적", "등록기준지", "address")


def _full(match: re.Match[str]) -> float:
    return 0.9 if re.match(_PROVINCE, match[0]) else 0.8


def _area(match: re.Match[str]) -> float:
    return 0.6 if match["town"] else 0.3


ADDRESSES: tuple[Recogniser, ...] = (
    Recogniser(
        "road-address",
        "ADDRESS",
        re.compile(rf"(?<![가-힣0-9])(?:\(?[0-9]{{5}}\)? ?)?{_PLACE}(?:{_ROAD_PART}|{_LOT_PART}){_TAIL}"),
        _full,
        _WORDS,
        0.95,
    ),
    Recogniser(
        "address-without-place",
        "ADDRESS",
        re.compile(rf"(?<![가-힣0-9])(?:{_ROAD_PART}|{_NEIGHBOURHOOD} {_LOT}{_END}){_TAIL}"),
        lambda match: 0.55 if re.search(r"[0-9](?:층|호)|번지|아파트|빌라|오피스텔", match[0]) else 0.3,
        _WORDS,
        0.85,
    ),
    Recogniser(
        "address-units",
        "ADDRESS",
        re.compile(rf"(?<![가-힣0-9])(?:{_BUILDING} ?)?[0-9]{{1,4}}동 ?[0-9]{{1,5}}호(?![가-힣0-9])"),
        fixed(0.6),
        _WORDS,
        0.85,
    ),
    Recogniser(
        "address-area",
        "ADDRESS",
        re.compile(
            rf"{_PROVINCE_START} (?:{_CITY} )?(?:{_DISTRICT} ?)?(?P<town>(?:{_TOWN} ?)?{_NEIGHBOURHOOD})?"
            rf"(?=(?:에서|에|의|으로|로|은|는|이|가|을|를|과|와|,|\.|\)|\s|$))"
            rf"(?:(?:, ?| ){_BUILDING})?(?:(?:, ?| ){_UNIT}){{0,3}}"
        ),
        _area,
        _WORDS,
        0.85,
    ),
)


_REGION = re.compile(REGIONS)
_ANCHOR = re.compile("[로길동리가번구](?= ?(?:지하 ?|산 ?)?[0-9])(?! ?[0-9]{1,3},[0-9])")
"""Of a road, a neighbourhood or the like; an amount of money, as in 계좌로 1,791,000원, is no number of a house."""
_ROAD_OR_LOT, _WITHOUT_PLACE, _UNITS, _AREA = ADDRESSES
_REGIONAL = (_AREA, *REGIONAL)
_BACK, _AHEAD = 60, 120
"""Characters around the name of a road or neighbourhood in which an address lies."""


def find_addresses(text: str) -> Iterator[tuple[Recogniser, re.Match[str]]]:
    """Yield where addresses are, and numbers that begin with a province.

    A road or a neighbourhood with a number tells where to look; so does the name of a province.
    """
    done = 0
    for anchor in _ANCHOR.finditer(text):
        place = anchor.start()
        if place < done:
            continue
        begin = max(done, place - _BACK, text.rfind("\n", 0, place) + 1)
        for rule in (_ROAD_OR_LOT, _WITHOUT_PLACE, _UNITS):
            match = rule.pattern.search(text, begin, place + _AHEAD)
            if match and match.start() <= place < match.end():
                yield rule, match
                done = match.end()
                break
    for region in _REGION.finditer(text):
        for rule in _REGIONAL:
            if match := rule.pattern.match(text, region.start()):
                yield rule, match
