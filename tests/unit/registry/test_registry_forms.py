"""What people type in is checked at the entrance."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import forms
from registry.commands import parse_time
from registry.errors import Conflict, Denied, Invalid, NotFound, RegistryError, SignInRefused
from registry.model import Limits
from registry.text import Text

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MIB = 1024**2


@pytest.mark.parametrize("name", ["ab", "minji", "gibleed-2026", "a" * 29])
def test_a_name_of_small_letters_digits_and_hyphens_is_accepted(name: str) -> None:
    assert forms.check_slug("handle", name) == name


@pytest.mark.parametrize("name", ["", "a", "a" * 30, "Minji", "1abc", "-ab", "a_b", "a b", "민지", "ab\n", "../ab"])
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        forms.check_slug("handle", name)


@pytest.mark.parametrize("address", ["a@b", "minji@hospital.example"])
def test_an_address_with_one_at_sign_is_accepted(address: str) -> None:
    assert forms.check_email(address) == address


@pytest.mark.parametrize("address", ["", "minji", "a@b@c", "a b@c", "a@b\nc", "@", "x" * 250 + "@b.org"])
def test_any_other_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        forms.check_email(address)


@pytest.mark.parametrize("value", ["", "   ", "two\nlines", "x" * 201, "\u202e"])
def test_a_line_is_one_line(value: str) -> None:
    with pytest.raises(Invalid):
        forms.check_line("name", value)


def test_a_line_is_kept_in_composed_form() -> None:
    assert forms.check_line("name", " \u1100\u1175\u11b7 ") == "김"


def test_paragraphs_keep_their_lines() -> None:
    assert forms.check_paragraphs("purpose", "one\r\ntwo ") == "one\ntwo"
    with pytest.raises(Invalid):
        forms.check_paragraphs("purpose", "bell\x07")


@pytest.mark.parametrize(
    "limits",
    [
        Limits(memory_bytes=255 * MIB),
        Limits(memory_bytes=2 * MIB * MIB),
        Limits(cpus=0.0),
        Limits(cpus=float("nan")),
        Limits(cpus=float("inf")),
        Limits(pids=1),
        Limits(pids=10**6),
    ],
)
def test_limits_in_which_nothing_can_run_are_refused(limits: Limits) -> None:
    with pytest.raises(Invalid):
        forms.check_limits(limits)


def test_the_default_limits_are_accepted() -> None:
    assert forms.check_limits(Limits()) == Limits()


@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [(NOW, NOW), (NOW, NOW - timedelta(days=1)), (NOW.replace(tzinfo=None), NOW), (NOW, datetime(2030, 1, 1))],  # noqa: DTZ001
)
def test_a_period_ends_after_it_starts_and_knows_its_zone(starts_at: datetime, ends_at: datetime) -> None:
    with pytest.raises(Invalid):
        forms.check_period(starts_at, ends_at)


@pytest.mark.parametrize("people", [-1, 2**53])
def test_a_number_of_people_is_not_negative(people: int) -> None:
    with pytest.raises(Invalid):
        forms.check_people(people)


def test_a_language_is_one_of_the_zone() -> None:
    assert forms.check_language("ko") == "ko"
    with pytest.raises(Invalid):
        forms.check_language("kr")


@given(st.text())
def test_whatever_is_typed_is_accepted_or_refused_in_one_family(typed: str) -> None:
    checks: list[Callable[[str], object]] = [
        lambda value: forms.check_slug("handle", value),
        lambda value: forms.check_line("name", value),
        lambda value: forms.check_paragraphs("purpose", value),
        forms.check_email,
        forms.check_language,
        parse_time,
    ]
    for check in checks:
        with contextlib.suppress(Invalid):
            check(typed)


@pytest.mark.parametrize(
    ("typed", "end", "moment"),
    [
        ("2026-11-21", False, datetime(2026, 11, 20, 15, tzinfo=UTC)),
        ("2026-11-21", True, datetime(2026, 11, 21, 15, tzinfo=UTC)),
        ("2026-11-21T18:00", True, datetime(2026, 11, 21, 9, tzinfo=UTC)),
        ("2026-11-21T18:00+00:00", False, datetime(2026, 11, 21, 18, tzinfo=UTC)),
    ],
)
def test_a_date_is_korean_and_as_an_end_includes_the_day(typed: str, end: bool, moment: datetime) -> None:
    assert parse_time(typed, end=end) == moment


@pytest.mark.parametrize("kind", [RegistryError, Denied, NotFound, Conflict, Invalid])
def test_every_error_says_a_reason_and_a_next_step_in_both_languages(kind: type[RegistryError]) -> None:
    error = kind("some_code", Text(ko="이유", en="reason"))
    assert (error.text("ko"), error.text("en"), str(error)) == ("이유", "reason", "reason")
    assert error.hint.ko
    assert error.hint.en
    assert error.exit_code in {1, 2}
    own = Text(ko="다음", en="next")
    assert kind("some_code", Text(ko="이유", en="reason"), hint=own).hint == own


def test_a_refused_sign_in_says_nothing_about_the_cause() -> None:
    assert SignInRefused().text("ko") == SignInRefused().text("ko")
    assert SignInRefused().code == "sign_in_refused"
