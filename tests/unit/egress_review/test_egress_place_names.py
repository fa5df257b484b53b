"""What only looks like a person's name or number: districts, passwords of addresses, telephones of offices."""

from __future__ import annotations

from time import process_time

import pytest

from deid.identifiers import Span
from egress_review.checks.offices import without_offices
from egress_review.checks.place_names import is_province, without_places
from egress_review.checks.secrets import outside_passwords
from egress_review.checks.stretches import lies_within

QUICK = 1.0


def spans(text: str, word: str, label: str) -> list[Span]:
    """Every place of a word, as the recognisers tell them."""
    starts = [at for at in range(len(text)) if text.startswith(word, at)]
    return [Span(at, at + len(word), label, 0.9, "") for at in starts]


def test_a_stretch_lies_in_another_with_its_whole_length() -> None:
    places = [(2, 5), (8, 9), (12, 20)]
    held = [(start, end) for start in range(21) for end in range(start + 1, 22) if lies_within(places, start, end)]
    assert held == [(a, b) for a in range(21) for b in range(a + 1, 22) if any(c <= a and b <= d for c, d in places)]
    assert not lies_within([], 0, 1)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("x://ana:9434765919@db", 0),
        ("x://ana:9434765919@db 9434765919", 1),
        ("9434765919 x://ana:pass@db", 1),
        ("x://ana:${PASS}9434765919@db", 1),
        ("x://ana:9434765919", 1),
    ],
)
def test_digits_in_the_password_of_an_address_are_no_number_of_somebody(text: str, kept: int) -> None:
    found = spans(text, "9434765919", "ACCOUNT")
    assert len(outside_passwords(found, text)) == kept
    assert len(outside_passwords([one._replace(label="RRN") for one in found], text)) == len(found)


def test_a_district_is_no_person_in_a_column_of_districts_and_no_word_is_read_beyond_a_place() -> None:
    cells = ["종로구", "중구", "용산구", "성동구"]
    found = spans("종로구", "종로", "PERSON")
    assert not without_places(found, "종로구", cells)
    assert without_places(found, "종로구", ["홍길동", *cells[:2], "김민준"])
    assert is_province("전라북도", 0, 3)
    assert not is_province("전라북도" + "가" * 100, 0, 3)


def test_a_telephone_is_of_an_office_only_by_its_own_line() -> None:
    text = "통계청 02-123-4567\n김민준 02-123-4567\n통계청 02-123-4567"
    found = [*spans(text, "김민준", "PERSON"), *spans(text, "02-123-4567", "PHONE")]
    kept = without_offices(found, text, {"PHONE"})
    assert [text.count("\n", 0, one.start) for one in kept] == [1, 1]


@pytest.mark.parametrize(
    "line",
    ["x://a:b{n:04}@h 010-2345-{n:04}", "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 010-2345-{n:04}", "통계청 02-234-{n:04}"],
)
def test_five_thousand_finds_are_judged_in_no_time(line: str) -> None:
    text = "".join(f"{line.format(n=n)}\n" for n in range(5_000))
    length = len(text) // 5_000
    found = [Span(at, at + 4, "PHONE", 0.9, "") for at in range(8, len(text) - 4, length)]
    begun = process_time()
    without_offices(outside_passwords(found, text), text, {"PHONE"})
    assert process_time() - begun < QUICK


def test_twenty_thousand_letters_in_a_row_are_judged_in_no_time() -> None:
    text = "전라북" * 6_700
    found = [Span(at, at + 3, "PERSON", 0.5, "") for at in range(0, len(text), 3)]
    begun = process_time()
    assert not any(is_province(text, one.start, one.end) for one in found)
    assert without_places(found, text, ["종로구", "중구", "용산구", "성동구"]) == found
    assert process_time() - begun < QUICK
