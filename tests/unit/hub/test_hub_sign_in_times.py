"""Since when a browser is signed in: the date of the hub's own cookie, and nothing that a browser can write."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tornado.web import create_signed_value

from hub_config.sign_in_times import MOST_OF_ONE, SignInTimes, date_of, has_to_sign_in
from portal.hub import THIS_MOMENT


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


def browser(seconds_ago: float, user: str | None = "minji") -> Any:
    """What the hub's handlers say of a browser that signed in some time ago."""
    cookie = create_signed_value("secret", "login", "minji", clock=lambda: time.time() - seconds_ago).decode()
    hub = SimpleNamespace(cookie_name="login")
    return SimpleNamespace(hub=hub, current_user=user, get_cookie={"login": cookie}.get)


def test_only_the_portals_own_demand_has_anybody_sign_in_again() -> None:
    way = "/hub/api/oauth2/authorize?client_id="
    demand = f"{way}service-portal&state=s&max_age={THIS_MOMENT}"
    assert has_to_sign_in(browser(THIS_MOMENT + 2), demand)
    assert not has_to_sign_in(browser(THIS_MOMENT - 2), demand), "this moment"
    assert not has_to_sign_in(browser(9999, None), demand), "nobody is signed in, and the hub asks anyway"
    for other in (f"{way}service-portal&max_age=0", f"{way}service-gate&max_age={THIS_MOMENT}", f"{way}service-portal"):
        assert not has_to_sign_in(browser(9999), other), other
