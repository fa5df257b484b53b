"""Every kind of number in every spelling of the table is found, and what only has its shape is left standing.

The table is in `corpus/spellings.py`; the rules were developed on the developed half of the values and labels, and the
other half is only counted here.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.identifiers import detect
from deid.normalise import normalise
from deid.spelt_numbers import readings
from tests.unit.deid.corpus.documents import one_spelt, spelt
from tests.unit.deid.corpus.near_misses import NEAR_MISSES, near_misses
from tests.unit.deid.corpus.scoring import covered
from tests.unit.deid.corpus.spellings import EVERY, cells
from tests.unit.deid.corpus.vocabulary import DEVELOPED, HELD_OUT, Vocabulary

CELLS = [(label, spelling) for label in (*EVERY, "EMAIL") for spelling in cells(label)]
EACH = 3
LEAST = 0.99
NEAR = 15


@pytest.mark.parametrize("half", [DEVELOPED, HELD_OUT], ids=["developed", "held out"])
def test_every_kind_of_number_is_found_in_every_spelling(half: Vocabulary) -> None:
    missed = Counter[tuple[str, str]]()
    for label, spelling, document in spelt(half, EACH, seed=21):
        missed[label, spelling] += not covered(document, detect)
    assert 1 - missed.total() / (len(CELLS) * EACH) >= LEAST, +missed


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CELLS), st.integers(0, 2**32), st.text(alphabet="가나 다\n.,", max_size=12))
def test_a_spelt_number_has_its_places_in_the_text_as_given(cell: tuple[str, str], seed: int, before: str) -> None:
    """What is found lies inside the text, in order and apart, whatever the spelling took in or out."""
    text = before + one_spelt(DEVELOPED, *cell, Random(seed)).text
    end = 0
    for span in detect(text):
        assert end <= span.start < span.end <= len(text)
        end = span.end
    normal = normalise(text)
    places = [normal.span(place, place + 1) for place in range(len(normal.text))]
    assert places == sorted(places)


@settings(max_examples=200, deadline=None)
@given(
    st.text(
        alphabet=st.sampled_from("0123456789공일이삼사오육칠팔구하나둘다시뒷자리뒤OoIlSBㅇㅣ -.,국에의M가차"),
        max_size=60,
    )
)
def test_readings_are_in_order_and_apart(text: str) -> None:
    end = 0
    for start, stop, new in readings(text):
        assert end <= start < stop <= len(text)
        assert all(character in "0123456789-" for character in new)
        end = stop


@pytest.mark.parametrize("kind", sorted(NEAR_MISSES))
def test_what_only_has_the_shape_of_a_number_is_left_standing(kind: str) -> None:
    assert [text for text in near_misses(kind, NEAR, seed=4) if detect(text)] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("010,3345,9087", "010,3345,9087"),
        ("010 삼삼사오 9087", "010 삼삼사오 9087"),
        ("공일공 삼삼사오 구공팔칠이에요", "공일공 삼삼사오 구공팔칠"),
        ("공일공에 삼삼사오에 구공팔칠", "공일공에 삼삼사오에 구공팔칠"),
        ("O10-3345-9O87", "O10-3345-9O87"),
        ("ㅇ1ㅇ-3345-9ㅇ87", "ㅇ1ㅇ-3345-9ㅇ87"),
        ("0일0-삼삼4오-9087", "0일0-삼삼4오-9087"),
        ("주민번호 850101 뒷자리 1234567", "850101 뒷자리 1234567"),
        ("850101이고 뒷자리는 1******", "850101이고 뒷자리는 1******"),
        ("850101-1******", "850101-1******"),
        ("5409-****-****-1234", "5409-****-****-1234"),
        ("여권번호: M1234 5678", "M1234 5678"),
        ("여권 M 1234 5678", "M 1234 5678"),
        ("hana골뱅이네이버닷컴", "hana골뱅이네이버닷컴"),
        ("<td>850101</td><td>1234567</td> 주민등록번호", "850101</td><td>1234567"),
    ],
)
def test_spellings_that_were_missed_once_are_found(text: str, found: str) -> None:
    assert found in [text[span.start : span.end] for span in detect(text)]


def test_a_title_that_is_made_of_numerals_stays_a_word() -> None:
    text = "김철수 이사 010-3345-9087"
    assert [text[span.start : span.end] for span in detect(text)] == ["김철수", "010-3345-9087"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Lee Byung-hun 씨가 방문", "Lee Byung-hun"),
        ("환자: KIM MIN SU", "KIM MIN SU"),
        ("담당자: Kim, Min-su (내선 3)", "Kim, Min-su"),
        ("Dear Mr. Smith,", "Smith"),
        ("李炳憲", "李炳憲"),
        ("金敏洙 氏가 신청", "金敏洙"),
        ("성명: 林秀貞", "林秀貞"),
        ("이 병헌 씨", "이 병헌"),
        ("독고 영재 씨", "독고 영재"),
        ("저 김 서 준이요", "김 서 준"),
        ("저는 황보라예요", "황보라"),
        ("성명 남궁 민수", "남궁 민수"),
    ],
)
def test_a_name_is_found_in_other_letters_and_in_pieces(text: str, name: str) -> None:
    assert [text[span.start : span.end] for span in detect(text) if span.label == "PERSON"] == [name]


def test_a_name_in_latin_letters_does_not_begin_other_words() -> None:
    text = "Mr. Lee 방문. Leeway 확보."
    assert [text[span.start : span.end] for span in detect(text)] == ["Lee"]


@pytest.mark.parametrize(
    "text",
    [
        "서울특별시 강남구 테헤란로 123, 101동 1203호, 한빛아파트",
        "서울 마포구 월드컵북로 400, 누리꿈스퀘어",
        "부산 해운대구 센텀중앙로 55, 경남정보대학교",
        "서울특별시 강남구 테헤란로 123 (역삼동), 한빛아파트 101동",
        "대전 서구 둔산로 100, 한밭오피스 1203호",
    ],
)
def test_the_building_behind_a_comma_belongs_to_the_address(text: str) -> None:
    assert [text[s.start : s.end] for s in detect(f"{text}에 거주") if s.label == "ADDRESS"] == [text]
