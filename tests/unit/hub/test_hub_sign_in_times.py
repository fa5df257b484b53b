"""Since when a browser is signed in: the date of the hub's own cookie, and nothing that a browser can write."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st
from tornado.web import create_signed_value

from hub_config.sign_in_times import MOST_OF_ONE, SignInTimes, date_of


@settings(max_examples=30)
@given(st.integers(1_000_000_000, 4_000_000_000), st.text(max_size=60))
def test_the_date_of_a_signed_cookie_is_when_it_was_made(at: int, value: str) -> None:
    signed = create_signed_value("secret", "jupyterhub-hub-login", value, clock=lambda: float(at))
    assert date_of(signed.decode()) == at


@settings(max_examples=30)
@given(st.none() | st.text(max_size=80) | st.from_regex(r"[12]\|1:0\|[0-9]{1,3}:[0-9|]{0,12}", fullmatch=True))
def test_what_has_no_date_counts_as_long_ago(signed: str | None) -> None:
    assert 0.0 <= date_of(signed) <= 999_999_999_999


def test_a_person_who_begins_many_sign_ins_takes_room_from_nobody_else() -> None:
    times, now = SignInTimes(), time.time()
    times.note("minji", "first", now - 100)
    for number in range(10 * MOST_OF_ONE):
        times.note("mallory", f"session {number}", now)
    assert times.of_session("minji", "first") == now - 100
    assert times.of_session("mallory", "session 0") is None
    assert times.of_session("mallory", "first") is None


def test_a_browser_that_signed_in_again_has_its_new_time() -> None:
    times = SignInTimes()
    for at in (100.0, 200.0):
        times.note("minji", "same browser", at)
    assert times.of_session("minji", "same browser") == 200.0
