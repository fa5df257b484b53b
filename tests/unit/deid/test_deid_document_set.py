"""The same person is the same token in a set of documents; what was found never stays; nothing crashes."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.document_set import scrub_set, scrub_text
from deid.identifiers import detect

KEY = b"k" * 32
PIECES = st.sampled_from(
    [
        *(
            "김철수",
            "철수 씨",
            "김 씨",
            "성명: ",
            "010-1234-5678",
            "901106-1896546",
            " ",
            "\n",
            "은 ",
            "서울시 강남구 ",
        ),
        *(
            "테헤란로 12",
            "hong@a.kr",
            "\u200b",
            "０１０",
            "공일공",
            "국민은행 110-123-456789",
            "응우옌 티 란",
            "이름,전화,주소\n",
        ),
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=12).map("".join)


def marks(*texts: str) -> list[list[str]]:
    """Return what stands in the place of each find, per document."""
    return [list(one.marks) for one in scrub_set(texts, KEY)]


def test_a_person_and_a_number_are_one_token_in_all_documents_and_spellings() -> None:
    (name, phone), (again, other) = marks("담당자 김철수 과장 010-1234-5678", "김철수와 ０１０ 1234 5678로 통화")
    assert (name, phone) == (again, other)


def test_a_given_name_and_a_surname_take_the_token_of_the_only_person_they_can_mean() -> None:
    (first, given, surname), _ = marks("담당자 김철수 과장. 철수 씨가 왔고 김 씨는 갔다.", "없음")
    assert first == given == surname


def test_a_given_name_that_two_people_have_is_a_token_of_its_own() -> None:
    ((first, second, given),) = marks("담당자 김철수 과장, 담당자 이철수 대리. 철수 씨가 왔다.")
    assert len({first, second, given}) == 3


def test_a_name_that_one_document_shows_is_found_in_the_others() -> None:
    alone, shown = "어제 탁원솔이 왔다.", "환자명: 탁원솔"
    assert detect(alone) == []
    assert marks(alone, shown)[0] == marks(alone, shown)[1]


PHONES = (
    *("010-1234-5678", "+82-10-1234-5678", "+82 (0)10-1234-5678", "0082 10 1234 5678", "001-82-10-1234-5678"),
    *("O1O-1234-5678", "공일공 일이삼사 오육칠팔", "０１０–１２３４–５６７８"),
)


def test_a_telephone_number_is_one_token_from_abroad_read_out_and_with_letters_for_digits() -> None:
    assert len({one.marks for one in scrub_set([f"연락처 {phone}" for phone in PHONES], KEY)}) == 1
    assert scrub_text("전화 02-123-4567", KEY) == scrub_text("전화 +82-2-123-4567", KEY)


def test_another_key_gives_other_tokens_and_none_gives_labels() -> None:
    text = "담당자 김철수 과장"
    assert scrub_text(text, KEY) != scrub_text(text, b"x" * 32)
    assert scrub_text(text) == "담당자 [PERSON] 과장"


@given(TEXTS)
def test_spans_are_places_of_the_text_as_given_and_scrubbing_leaves_none_of_them(text: str) -> None:
    (one,) = scrub_set([text], None)
    rest, end = one.text, 0
    for span, mark in zip(one.spans, one.marks, strict=True):
        assert end <= span.start < span.end <= len(text)
        assert 0 < span.score <= 1
        head = text[end : span.start] + mark
        assert rest.startswith(head)
        rest, end = rest[len(head) :], span.end
    assert rest == text[end:]


@given(st.lists(TEXTS, max_size=4))
def test_any_set_of_texts_is_scrubbed_the_same_way_twice(texts: list[str]) -> None:
    assert scrub_set(texts, KEY) == scrub_set(texts, KEY)


@given(st.text(alphabet=st.characters(), max_size=200))
def test_no_unicode_makes_it_fail(text: str) -> None:
    for span in detect(text):
        assert text[span.start : span.end]


@pytest.mark.parametrize("heavy", ["torch", "spacy", "sdv", "presidio_analyzer", "pandas", "numpy", "pyarrow", "yaml"])
def test_finding_identifiers_loads_nothing_heavy(heavy: str) -> None:
    assert heavy not in _loaded()


@cache
def _loaded() -> set[str]:
    code = "import sys, deid.identifiers, deid.document_set, deid.english; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_it_costs_less_than_six_tenths_of_importing_pandas() -> None:
    def cost(modules: str) -> float:
        code = f"import time; began = time.process_time(); import {modules}; print(time.process_time() - began)"
        return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)

    pairs = [(cost("deid, deid.identifiers"), cost("pandas")) for _ in range(2)]
    assert min(ours for ours, _ in pairs) < 0.6 * min(peer for _, peer in pairs)
