"""Identifiers as people write them into letters and chats to get them past a filter, and what only looks like them."""

from __future__ import annotations

import pytest

from deid.identifiers import detect


@pytest.mark.parametrize(
    ("text", "label", "written"),
    [
        ("주민번호 8 5 0 3 1 2 - 2 0 4 5 6 7 8", "RRN", "8 5 0 3 1 2 - 2 0 4 5 6 7 8"),
        ("주민 8 5 0 3 1 2-2 0 4 5 6 7 8입니다", "RRN", "8 5 0 3 1 2-2 0 4 5 6 7 8"),
        ("85.03.12-2045678", "RRN", "85.03.12-2045678"),
        ("주민등록번호 85 03 12 - 2045678", "RRN", "85 03 12 - 2045678"),
        ("0 1 0 - 3 3 4 5 - 9 0 8 7 로 전화", "PHONE", "0 1 0 - 3 3 4 5 - 9 0 8 7"),
        ("연락처 공일공-3345-9087", "PHONE", "공일공-3345-9087"),
        ("연락처 영일영 3345 9087", "PHONE", "영일영 3345 9087"),
        ("메일은 hana.kim(at)example.co.kr 입니다", "EMAIL", "hana.kim(at)example.co.kr"),
        ("hana.kim [at] example [dot] com", "EMAIL", "hana.kim [at] example [dot] com"),
        ("hanakim골뱅이example.com으로", "EMAIL", "hanakim골뱅이example.com"),
        ("hana.kim @ example.com", "EMAIL", "hana.kim @ example.com"),
        ("주차 등록 12가-3456", "VEHICLE", "12가-3456"),
    ],
)
def test_a_number_is_found_as_it_was_typed(text: str, label: str, written: str) -> None:
    assert [(span.label, text[span.start : span.end]) for span in detect(text)] == [(label, written)]


@pytest.mark.parametrize(
    "text",
    [
        "합계 1 - 2 - 3 - 4 - 5 - 6 - 7 - 8 - 9 - 10",
        "1 2 3 - 4 5 6 - 7 8 9 1",
        "판본 85.03.12-2",
        "85.13.45-2045678",
        "주문 @ 12시",
        "원가 (at) 5000원",
        "구 일 이 정도면 3345",
        "12가-345",
    ],
)
def test_what_only_looks_like_one_is_left(text: str) -> None:
    assert detect(text) == []
