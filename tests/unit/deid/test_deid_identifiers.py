"""Which identifiers are found, in which spellings, and what is left alone. All numbers are made up here."""

from __future__ import annotations

import unicodedata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.identifiers import Span, detect
from deid.normalise import normalise
from tests.unit.deid.deid_numbers import business, card, resident

SEEDS = range(40)
SEPARATORS = ("-", " - ", "", "–", "−", "‐", "－", " ", "\u00a0", "~", ".", "_", "\u200b-\u200b", "/")


def found(text: str, heading: str = "") -> list[tuple[str, str]]:
    return [(span.label, text[span.start : span.end]) for span in detect(text, heading=heading)]


def labels(text: str, heading: str = "") -> list[str]:
    return [label for label, _ in found(text, heading)]


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_resident_number_is_found_in_every_spelling(seed: int, separator: str) -> None:
    digits = resident(Random(seed))
    written = digits[:6] + separator + digits[6:]
    assert found(f"환자 {written}번") == [("RRN", written)]


@pytest.mark.parametrize("seed", SEEDS)
def test_full_width_digits_are_digits(seed: int) -> None:
    written = "".join(chr(ord(d) + 0xFEE0) for d in resident(Random(seed))[:6]) + "－"
    written += "".join(chr(ord(d) + 0xFEE0) for d in resident(Random(seed))[6:])
    assert found(written) == [("RRN", written)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_foreigner_number_is_found(seed: int) -> None:
    digits = resident(Random(seed), foreign=True)
    assert labels(f"{digits[:6]}-{digits[6:]}") == ["FRN"]


def test_a_random_number_since_october_2020_is_found_with_less_certainty() -> None:
    (old,) = detect("901106-1896546")
    (new,) = detect("201106-3123456")
    assert (old.label, new.label) == ("RRN", "RRN")
    assert 0.5 <= new.score < old.score


def test_a_wrong_check_digit_lowers_the_score_and_removes_nothing_that_is_written_as_one() -> None:
    random = Random(1)
    for _ in range(50):
        digits = resident(random, valid=False)
        (span,) = detect(f"{digits[:6]}-{digits[6:]}")
        assert (span.label, span.score < 0.8) == ("RRN", True)


@pytest.mark.parametrize(
    "text",
    [
        *("881301-1******", "880101-1", "880141-*******", "990231-1234567", "991301-1234567"),
        *("0.9011061896546", "12345678901234567890", "2026-11-21 13:45:00", "sha256 9011061896546abc"),
        *("1.2.3", "3,456,789", "2020-2021", "p = 0.0312", "95% CI 1.02-3.45", "n=1234567", "3.14159265358979"),
        *("12:30:45", "E11.9", "10주 1200명", "2019년 3월 4일", "12345-678", "A12345678901"),
    ],
)
def test_what_only_looks_similar_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["880101-1******", "880101 - *******", "880101-1xxxxxx", "880101-10*****", "８８０１０１－１○○○○○○"]
)
def test_a_masked_number_still_tells_a_date_of_birth(text: str) -> None:
    assert found(f"주민번호 {text}") == [("RRN", text)]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("010-1234-5678", "PHONE"),
        ("010 1234 5678", "PHONE"),
        ("01012345678", "PHONE"),
        ("+82 10-1234-5678", "PHONE"),
        ("+82-(0)10-1234-5678", "PHONE"),
        ("02-123-4567", "PHONE"),
        ("(031) 123-4567", "PHONE"),
        ("연락처 0212345678", "PHONE"),
        ("070-1234-5678", "PHONE"),
        ("+1 415-555-2671", "PHONE"),
        ("hong.gildong@hospital.re.kr", "EMAIL"),
        ("ｈｏｎｇ＠ｈｏｓｐｉｔａｌ．ｋｒ", "EMAIL"),
        ("https://example.kr/p?id=3", "URL"),
        ("www.example.kr", "URL"),
        ("192.0.2.17", "IP"),
        ("2001:db8::8a2e:370:7334", "IP"),
        ("M123A4567", "PASSPORT"),
        ("여권번호 M12345678", "PASSPORT"),
        ("11-22-123456-78", "DRIVER_LICENSE"),
        ("서울 22-123456-78", "DRIVER_LICENSE"),
        ("건강보험증 번호 12345678901", "HEALTH_INSURANCE"),
        ("법인등록번호 110111-1234567", "CORPORATE_REG"),
        ("국민은행 123456-01-123456", "ACCOUNT"),
        ("계좌번호 110-123-456789", "ACCOUNT"),
        ("123가4567", "VEHICLE"),
        ("차량번호 12 가 3456", "VEHICLE"),
        ("생년월일 1990년 3월 4일", "BIRTH_DATE"),
        ("DOB: 1990-03-04", "BIRTH_DATE"),
        ("서울특별시 강남구 테헤란로 123", "ADDRESS"),
        ("경기도 성남시 분당구 정자일로 95", "ADDRESS"),
        ("개인통관고유부호 P123456789012", "OTHER_ID"),
    ],
)
def test_each_kind_of_identifier_is_found(text: str, label: str) -> None:
    assert label in labels(text)


@pytest.mark.parametrize("seed", SEEDS)
def test_business_numbers_and_cards_are_found(seed: int) -> None:
    number, digits = business(Random(seed)), card(Random(seed))
    assert labels(f"{number[:3]}-{number[3:5]}-{number[5:]}") == ["BUSINESS_REG"]
    assert labels("-".join(digits[i : i + 4] for i in range(0, 16, 4))) == ["CARD"]


def test_the_heading_of_a_column_is_context() -> None:
    assert labels("1990-03-04") == []
    assert labels("1990-03-04", heading="생년월일") == ["BIRTH_DATE"]
    assert labels("900304", heading="생년월일") == ["BIRTH_DATE"]
    assert labels("1012345678", heading="휴대전화") == ["PHONE"]


def test_a_number_that_a_gap_made_a_float_is_still_found() -> None:
    assert found("9011061896546.0") == [("RRN", "9011061896546")]


@given(
    st.text(
        alphabet=st.sampled_from("0123456789- .@가나ａ０－\u200b\u1100\u1161\u11a8é\U0001f600abP(+)\n"), max_size=80
    )
)
def test_spans_are_sorted_inside_the_text_and_do_not_overlap(text: str) -> None:
    end = 0
    for span in detect(text):
        assert end <= span.start < span.end <= len(text)
        end = span.end


@given(st.text(max_size=60), st.sampled_from(("901106-1896546", "９０１１０６-１８９６５４６")), st.text(max_size=60))
def test_offsets_are_those_of_the_text_as_given(before: str, number: str, after: str) -> None:
    text = f"{before}\n{number}\n{after}"
    assert number in [text[s.start : s.end] for s in detect(text) if s.label == "RRN"]


@given(st.text(max_size=80))
def test_normalisation_maps_every_character_back(text: str) -> None:
    normal = normalise(text)
    for position in range(len(normal.text)):
        start, end = normal.span(position, position + 1)
        assert 0 <= start < end <= len(text)


def test_split_jamo_are_composed_without_losing_their_place() -> None:
    text = unicodedata.normalize("NFD", "생년월일") + " 1990-03-04"
    assert found(text) == [("BIRTH_DATE", "1990-03-04")]


def test_a_find_says_where_and_what_and_never_the_value() -> None:
    assert set(Span._fields) == {"start", "end", "label", "score", "rule"}
