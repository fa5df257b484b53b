from __future__ import annotations

from datetime import UTC, datetime, timedelta

from portal.sessions import ABSOLUTE, IDLE, MAX_PENDING, SIGN_IN_TIME, TOKEN_CHECK, Sessions


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, length: timedelta) -> None:
        self.now += length


def test_a_session_ends_after_thirty_idle_minutes() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    cookie = sessions.open("minji", "token")
    clock.pass_time(IDLE - timedelta(seconds=1))
    assert sessions.find(cookie) is not None
    clock.pass_time(IDLE - timedelta(seconds=1))
    assert sessions.find(cookie) is not None
    clock.pass_time(IDLE)
    assert sessions.find(cookie) is None
    assert sessions.find(cookie) is None


def test_a_session_ends_after_eight_hours_however_busy() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    cookie = sessions.open("minji", "token")
    for _ in range(32):
        assert sessions.find(cookie) is not None
        clock.pass_time(timedelta(minutes=15))
    assert timedelta(hours=8) == ABSOLUTE
    assert sessions.find(cookie) is None


def test_only_the_value_of_the_cookie_opens_a_session_and_the_store_does_not_hold_it() -> None:
    sessions = Sessions(Clock())
    cookie = sessions.open("minji", "token")
    session = sessions.find(cookie)
    assert session is not None
    assert session.ref.startswith("s_")
    assert cookie not in repr(vars(sessions))
    assert sessions.find(session.ref) is None
    assert sessions.find(cookie + "x") is None


def test_a_closed_session_stays_closed() -> None:
    sessions = Sessions(Clock())
    cookie = sessions.open("minji", "token")
    assert sessions.close(cookie) is not None
    assert sessions.find(cookie) is None
    assert sessions.close(cookie) is None


def test_the_hub_is_asked_again_after_a_minute() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    cookie = sessions.open("minji", "token")
    session = sessions.find(cookie)
    assert session is not None
    assert not sessions.token_due(session)
    clock.pass_time(TOKEN_CHECK)
    assert sessions.token_due(session)
    sessions.checked(cookie)
    again = sessions.find(cookie)
    assert again is not None
    assert not sessions.token_due(again)


def test_a_message_is_shown_once() -> None:
    sessions = Sessions(Clock())
    cookie = sessions.open("minji", "token")
    sessions.leave_message(cookie, "done")
    assert sessions.take_message(cookie) == "done"
    assert sessions.take_message(cookie) is None


def test_a_sign_in_is_finished_once_by_the_browser_that_began_it_in_time() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    cookie, pending = sessions.begin_sign_in("/requests")
    other, _ = sessions.begin_sign_in("/")
    assert sessions.finish_sign_in(other, pending.state) is None
    assert sessions.finish_sign_in(cookie, pending.state) == pending
    assert sessions.finish_sign_in(cookie, pending.state) is None
    late, pending = sessions.begin_sign_in("/")
    clock.pass_time(SIGN_IN_TIME)
    assert sessions.finish_sign_in(late, pending.state) is None
    wrong, _ = sessions.begin_sign_in("/")
    assert sessions.finish_sign_in(wrong, "한글 state") is None


def test_sign_ins_that_nobody_finishes_do_not_fill_the_memory() -> None:
    sessions = Sessions(Clock())
    first, pending = sessions.begin_sign_in("/")
    for _ in range(MAX_PENDING):
        sessions.begin_sign_in("/")
    assert sessions.finish_sign_in(first, pending.state) is None
