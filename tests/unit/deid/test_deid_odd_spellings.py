"""Marks, digits and characters without width are taken as classes of Unicode, not as lists of those seen so far."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache

import pytest

from deid.document_set import identity, scrub_set
from deid.identifiers import detect

KEY = b"k" * 32
TELEPHONE = "010-3345-9087"
_MARKS = re.compile("[\u2010-\u202d\u202f-\u24b5\u24ea-\u2e7f\u3001-\u303f\ufe10-\ufe6f\uff01-\uff65]")


@cache
def characters(*categories: str) -> tuple[str, ...]:
    """Return every character of these categories of Unicode."""
    every = map(chr, range(sys.maxunicode + 1))
    return tuple(character for character in every if unicodedata.category(character) in categories)


def found(text: str) -> set[str]:
    return {text[span.start : span.end] for span in detect(text)}


@pytest.mark.parametrize("category", ["Pd", "Po", "Ps", "Pe", "Pi", "Pf", "Sm", "So", "Sc", "Zs", "Cf"])
def test_whatever_mark_of_unicode_stands_between_the_parts_the_number_is_found(category: str) -> None:
    """Every seventh is tried here, and each of a category of few; what is drawn like a letter is no mark."""
    marks = [mark for mark in characters(category) if _MARKS.fullmatch(mark)]
    marks = marks if len(marks) < 100 else marks[::7]
    missed = [
        mark
        for mark in marks
        if TELEPHONE.replace("-", mark) not in found(f"연락처: {TELEPHONE.replace('-', mark)} 입니다")
    ]
    assert missed == []


def test_every_decimal_digit_of_unicode_is_a_digit() -> None:
    digits = characters("Nd")
    assert len(digits) % 10 == 0
    for at in range(10, len(digits), 10):
        written = TELEPHONE.translate(str.maketrans("0123456789", "".join(digits[at : at + 10])))
        assert written in found(f"연락처 {written}"), hex(ord(digits[at]))


@pytest.mark.parametrize(
    "text",
    [
        *("850101-1……", "85년 1월 1일 뒷자리 1234567", "010#3345#9087", "010→3345→9087", "hana @ naver . com"),
        *(
            "h a n a @ n a v e r . c o m",
            "211[.]234[.]12[.]9",
            "211 . 234 . 12 . 9",
            "850101-1......",
            "010」「3345」「9087",
        ),
        *("010=5511=2027", "010=2055=2027", "010=2D5511=2D2027", "850101=202012341", "850101=2020123O1"),
        *("hxxps://example.com/a?b=1", "010-E345-9O87", "oh one oh double three four five nine oh eight seven"),
    ],
)
def test_what_was_missed_once_is_found_as_a_whole(text: str) -> None:
    assert found(f"확인: {text} 입니다") == {text}


@pytest.mark.parametrize("behind", ["|서울", "|22", "Seoul", " 2번"])
def test_what_stands_behind_a_joined_number_does_not_hide_it(behind: str) -> None:
    assert "010=5511=2027" in found(f"김철수|010=5511=2027{behind}")


def test_the_bars_of_a_narrow_table_are_no_digits() -> None:
    text = "성명|생년월일|전화\n김철수|850101|010-3345-9087\n이영희|860202|010-3345-9088"
    assert {"김철수", "850101", "010-3345-9087", "이영희", "860202", "010-3345-9088"} <= found(text)


@pytest.mark.parametrize(
    ("label", "spellings"),
    [
        (
            "EMAIL",
            (
                *("hana@naver.com", "hana(at)naver[dot]com", "h a n a @ n a v e r . c o m", "hana @ naver . com"),
                *("hana 골뱅이 네이버 닷컴", "hana골뱅이네이버닷컴", "hana골뱅이naver점com", "Hana@NAVER.com"),
                *(
                    "hana@naver,com",
                    "hana at naver dot com",
                    "hana%40naver%2Ecom",
                    "hana&#64;naver.com",
                    "ｈａｎａ＠naver．com",
                ),
            ),
        ),
        ("EMAIL", ("hana.kim@example.co.kr", "hana dot kim at example dot co dot kr", "hana.kim @ example . co . kr")),
        ("IP", ("211.234.12.9", "211[.]234[.]12[.]9", "211 . 234 . 12 . 9", "211[dot]234[dot]12[dot]9")),
        (
            "PHONE",
            (TELEPHONE, "010→3345→9087", "+82 10 3345 9087", "zero one zero three three four five nine oh eight seven"),
        ),
        (
            "RRN",
            (
                "850101-1234567",
                "85년 1월 1일 뒷자리 1234567",
                "850101 뒷자리 1234567",
                "85.01.01-1234567",
                "850101→1234567",
            ),
        ),
        ("BIRTH_DATE", ("1985-1-11", "1985년 01월 11일", "1985.01.11", "19850111")),
        ("ADDRESS", ("서울 강남구 테헤란로 1-23", "서울강남구 테헤란로 1 - 23")),
    ],
)
def test_one_identifier_has_one_identity_in_every_spelling(label: str, spellings: tuple[str, ...]) -> None:
    assert len({identity(label, spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    ("label", "one", "other"),
    [
        ("IP", "1.23.4.5", "12.3.4.5"),
        ("BIRTH_DATE", "1985-1-11", "1985-11-1"),
        ("ADDRESS", "서울 강남구 테헤란로 1-23", "서울 강남구 테헤란로 12-3"),
        ("EMAIL", "hana.kim@example.com", "hanakim@example.com"),
        ("EMAIL", "hana_kim@example.com", "hana.kim@example.com"),
    ],
)
def test_two_identifiers_have_two_identities(label: str, one: str, other: str) -> None:
    assert identity(label, one) != identity(label, other)


def test_a_mail_address_that_is_spelt_has_the_token_of_the_plain_one_in_a_set_of_documents() -> None:
    texts = ["문의 hana@naver.com", "문의는 hana(at)naver[dot]com 으로", "h a n a @ n a v e r . c o m"]
    marks = [mark for one in scrub_set(texts, KEY) for mark in one.marks]
    assert len(marks) == len(texts)
    assert len(set(marks)) == 1
