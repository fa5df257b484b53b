"""How many failures are looked at: a sliding window, announced once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.throttle import HANDLE, SOURCE, WINDOW, History, Limit, is_guess, room_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize("limit", [HANDLE, SOURCE])
def test_the_door_shuts_after_the_last_allowed_failure(limit: Limit) -> None:
    history = History()
    for _ in range(limit.failures):
        assert not history.shut(limit, NOW)
        history = history.failed(limit, NOW)
    assert history.shut(limit, NOW)
    assert history.shut(limit, NOW + WINDOW - timedelta(microseconds=1))
    assert not history.shut(limit, NOW + WINDOW)


def test_neighbours_in_ipv6_count_as_one_and_nobody_else_does() -> None:
    assert room_of("2001:db8:1:2::1") == room_of("2001:db8:1:2:ffff::9") != room_of("2001:db8:1:3::1")
    assert room_of("::ffff:192.0.2.1") == room_of("192.0.2.1") != room_of("192.0.2.2")
    assert room_of(None) == room_of("not an address") == "local"


def test_it_is_announced_once_per_window() -> None:
    history = History()
    assert history.due_to_announce(NOW)
    history = history.announced(NOW)
    assert not history.due_to_announce(NOW + WINDOW - timedelta(seconds=1))
    assert history.due_to_announce(NOW + WINDOW)


@pytest.mark.parametrize(
    "cause",
    ["unknown_handle", "wrong_password", "wrong_code", "code_reused", "not_active", "token_signature", "no_code", ""],
)
def test_what_may_be_guessing_counts(cause: str) -> None:
    assert is_guess(cause)


@given(st.lists(st.integers(0, 7200), max_size=60).map(sorted))
def test_no_window_ever_sees_more_attempts_looked_at_than_the_limit(seconds: list[int]) -> None:
    history, looked_at = History(), []
    for second in seconds:
        at = NOW + timedelta(seconds=second)
        if not history.shut(HANDLE, at):
            looked_at.append(at)
            history = history.failed(HANDLE, at)
    for at in looked_at:
        assert sum(1 for other in looked_at if at <= other < at + WINDOW) <= HANDLE.failures
    assert len(history.failures) <= HANDLE.failures
