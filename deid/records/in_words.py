"""How far an action goes, in words: the level definition table is read by people who never saw a policy.

The record itself keeps the parameters as the policy names them; only what is shown is put into words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from audit.text import Text

NAMES: Mapping[str, Text] = MappingProxyType(
    {
        "accept_leak_of_order": Text("순서가 드러남을 받아들임", "the order may show"),
        "bottom": Text("하한", "bottom"),
        "by": Text("묶는 열", "within groups of"),
        "categories": Text("범주", "categories"),
        "digits": Text("소수 자리", "decimal places"),
        "direction": Text("방향", "direction"),
        "edges": Text("경계", "edges"),
        "fewer_than": Text("이보다 드물면 삭제", "suppressed if rarer than"),
        "figure": Text("통계값", "figure"),
        "fixed_length": Text("길이를 드러내지 않음", "the length does not show"),
        "groups": Text("대상 열", "groups"),
        "high": Text("최댓값", "highest"),
        "keep": Text("남기는 글자 수", "characters kept"),
        "kind": Text("종류", "kind"),
        "level": Text("행정구역 단위", "level of region"),
        "long_text": Text("긴 글을 사람이 읽고 확인함", "long texts were read by a person"),
        "low": Text("최솟값", "lowest"),
        "min_count": Text("이보다 적으면 기타", "other if fewer than"),
        "most": Text("최대 이동", "shifted at most by"),
        "other": Text("나머지의 이름", "the rest is called"),
        "pair": Text("함께 바뀌는 열", "changed together with"),
        "prefix": Text("토큰 앞글자", "tokens begin with"),
        "range": Text("범위", "range"),
        "scale": Text("잡음 크기", "scale of the noise"),
        "shape": Text("잡음 분포", "shape of the noise"),
        "show_first": Text("앞에서 보이는 글자 수", "first characters shown"),
        "show_last": Text("뒤에서 보이는 글자 수", "last characters shown"),
        "side": Text("남기는 쪽", "side kept"),
        "sign": Text("가림 문자", "mask"),
        "space": Text("식별자 공간", "identifier space"),
        "subject": Text("사람을 가리키는 열", "column of the person"),
        "to": Text("반올림 단위", "rounded to"),
        "tokens": Text("토큰으로 바꿈", "replaced by tokens"),
        "top": Text("상한", "top"),
        "unit": Text("단위", "unit"),
        "values": Text("공개된 값의 수", "public values"),
        "width": Text("구간 너비", "width of the ranges"),
    }
)
VALUES: Mapping[str, Text] = MappingProxyType(
    {
        "category": Text("범주", "category"),
        "date": Text("날짜", "date"),
        "day": Text("일", "day"),
        "days": Text("일", "days"),
        "down": Text("내림", "down"),
        "end": Text("뒤", "end"),
        "eupmyeondong": Text("읍면동", "eup, myeon, dong"),
        "first": Text("첫 값", "first"),
        "laplace": Text("라플라스", "Laplace"),
        "max": Text("최댓값", "maximum"),
        "mean": Text("평균", "mean"),
        "median": Text("중앙값", "median"),
        "min": Text("최솟값", "minimum"),
        "mode": Text("최빈값", "mode"),
        "month": Text("월", "month"),
        "nearest": Text("가까운 값", "nearest"),
        "normal": Text("정규", "normal"),
        "number": Text("수", "number"),
        "quarter": Text("분기", "quarter"),
        "sido": Text("시도", "province"),
        "sigungu": Text("시군구", "district"),
        "start": Text("앞", "start"),
        "sum": Text("합계", "sum"),
        "uniform": Text("균등", "uniform"),
        "up": Text("올림", "up"),
        "week": Text("주", "week"),
        "weeks": Text("주", "weeks"),
        "year": Text("연", "year"),
    }
)
_ONE = re.compile(r"(\w+)=(\[[^\]]*\]|\{[^}]*\}|[^,]*)(?:, |$)")


def how_far(parameters: str) -> Text:
    """Return the parameters of a level in words; what is switched off is left out, an unknown one stays as it is."""
    told = list(_told(parameters))
    return Text(", ".join(text.ko for text in told), ", ".join(text.en for text in told))


def _told(parameters: str) -> Iterator[Text]:
    for name, value in _ONE.findall(parameters):
        called = NAMES.get(name, Text(name, name))
        if value == "True":
            yield called
        elif value != "False":
            said = VALUES.get(value, Text(value, value))
            yield Text(f"{called.ko} {said.ko}", f"{called.en} {said.en}")
