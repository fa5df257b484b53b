"""How much of what identifies is found in whole documents, and what else is; the documents are made here.

The rules were developed on documents of this kind, so these figures are a floor against decay and no measure of
quality: that is for texts that nobody developed on.
"""

from __future__ import annotations

from collections import Counter

import pytest

from deid.identifiers import detect
from deid.korean_name_words import NOT_NAMES
from deid.korean_words import plausible
from tests.unit.deid.deid_documents import NEGATIVES, documents

FULLY_COVERED = {
    "PERSON": 0.90,
    "ADDRESS": 0.95,
    "RRN": 0.99,
    "PHONE": 0.99,
    "EMAIL": 0.99,
    "CARD": 0.99,
    "ACCOUNT": 0.99,
    "BUSINESS_REG": 0.99,
    "VEHICLE": 0.95,
}


def test_documents_are_covered_and_little_else() -> None:
    total, covered = Counter[str](), Counter[str]()
    right = found = wanted = 0
    for document in documents(300, seed=11):
        gold = {place for one in document.gold for place in range(one.start, one.end)}
        seen = {place for span in detect(document.text) for place in range(span.start, span.end)}
        right, found, wanted = right + len(gold & seen), found + len(seen), wanted + len(gold)
        for one in document.gold:
            total[one.label] += 1
            covered[one.label] += set(range(one.start, one.end)) <= seen
    precision, recall = right / found, right / wanted
    assert precision >= 0.97
    assert 5 * precision * recall / (4 * precision + recall) >= 0.96
    for label, least in FULLY_COVERED.items():
        assert covered[label] / total[label] >= least, label


@pytest.mark.parametrize("text", NEGATIVES)
def test_official_prose_without_people_has_none(text: str) -> None:
    assert [span.label for span in detect(text)] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("성명: 홍길동", "홍길동"),
        ("성 명 : 홍 길 동", "홍 길 동"),
        ("이름은 남궁민수입니다. 남궁민수 씨는", "남궁민수"),
        ("담당자 이영희 과장에게 연락", "이영희"),
        ("김철수님께", "김철수"),
        ("박민준(45세, 남)", "박민준"),
        ("참석: 김철수, 이영희, 박민준", "이영희"),
        ("저는 최서연이라고 합니다", "최서연"),
        ("정우성 올림", "정우성"),
    ],
)
def test_a_name_with_a_reason_beside_it_is_found(text: str, name: str) -> None:
    assert name in [text[span.start : span.end] for span in detect(text) if span.label == "PERSON"]


def test_a_name_once_shown_is_found_again_wherever_it_stands() -> None:
    text = "환자명: 탁원솔\n오전에 탁원솔이 검사를 받았고 결과를 탁원솔에게 알렸다."
    assert [text[span.start : span.end] for span in detect(text)] == ["탁원솔"] * 3


@pytest.mark.parametrize(
    "text",
    [
        "서울특별시 강남구 테헤란로 123, 101동 1203호 (역삼동, 한빛아파트)",
        "경기도 성남시 분당구 정자동 178-1번지",
        "강원특별자치도 홍성군 은하면 대천리 산 12-3",
        "부산 해운대구 우동 1418 래미안아파트 102동 1501호",
        "서초구 서초대로 396",
        "경기 양평군 양서면 목왕로 100번길 20",
    ],
)
def test_an_address_is_found_as_a_whole(text: str) -> None:
    for sentence in (text, f"주소: {text}", f"그는 {text}에 산다."):
        spans = [sentence[s.start : s.end] for s in detect(sentence) if s.label == "ADDRESS"]
        assert spans == [text], sentence


def test_the_words_that_are_no_names_are_none() -> None:
    assert not any(plausible(word) for word in NOT_NAMES)
    assert plausible("김철수")
