from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.session_files import SessionFiles
from portal.sessions import ABSOLUTE, IDLE, SIGN_IN_TIME, TOKEN_CHECK, Session, Sessions


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


def test_the_end_of_a_session_by_time_is_recorded_once_also_if_nobody_comes_back() -> None:
    clock, ended = Clock(), list[tuple[str, str]]()
    sessions = Sessions(clock, ended=lambda session, limit: ended.append((session.handle, limit)))
    idle, left = sessions.open("minji", "token"), sessions.open("junho", "token")
    clock.pass_time(IDLE)
    assert sessions.find(idle) is None
    assert sorted(ended) == [("junho", "idle"), ("minji", "idle")]
    assert sessions.find(left) is None
    assert sessions.close(sessions.open("sora", "token")) is not None  # who signs out is recorded elsewhere
    busy = sessions.open("minji", "token")
    for _ in range(24):
        clock.pass_time(timedelta(minutes=20))
        sessions.find(busy)
    assert ended[2:] == [("minji", "longest")]


def test_a_session_whose_end_cannot_be_recorded_opens_nothing_and_is_recorded_later() -> None:
    clock, ended = Clock(), list[str]()

    def record(session: Session, limit: str) -> None:
        ended.append(limit if len(ended) == 2 else "failed")
        if ended[-1] == "failed":
            raise OSError("no room")

    sessions = Sessions(clock, ended=record)
    cookie = sessions.open("minji", "token")
    clock.pass_time(IDLE)
    assert sessions.find("somebody else, whose affair it is not") is None
    with pytest.raises(OSError, match="no room"):
        sessions.find(cookie)
    assert sessions.find(cookie) is None
    assert ended == ["failed", "failed", "idle"]


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


def test_sign_ins_that_strangers_begin_push_nobody_out() -> None:
    sessions = Sessions(Clock())
    first, pending = sessions.begin_sign_in("/requests")
    for _ in range(3000):
        sessions.begin_sign_in("/")
    assert sessions.finish_sign_in(first, pending.state) == pending


def test_a_goal_that_fits_into_no_cookie_leads_to_the_first_page() -> None:
    sessions = Sessions(Clock())
    cookie, pending = sessions.begin_sign_in("/requests?q=" + "가" * 3000)
    assert len(cookie) < 4000
    assert pending.goal == "/"
    assert sessions.finish_sign_in(cookie, pending.state) == pending


@settings(max_examples=30)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: base64.urlsafe_b64encode(data).decode()))
def test_whatever_a_browser_brings_is_no_sign_in_that_it_did_not_begin(brought: str) -> None:
    assert Sessions(Clock()).finish_sign_in(brought, "") is None


def test_a_portal_that_starts_anew_knows_the_sessions_of_the_one_before(tmp_path: Path) -> None:
    clock, files = Clock(), SessionFiles(tmp_path / "sessions")
    before = Sessions(clock, files)
    cookie = before.open("minji", "token")
    known = before.find(cookie)
    clock.pass_time(timedelta(minutes=10))
    after = Sessions(clock, files)
    session = after.find(cookie)
    assert session is not None
    assert known is not None
    assert (session.ref, session.handle, session.hub_token) == (known.ref, "minji", "token")
    assert session.opened_at == known.opened_at
    assert after.token_due(session)  # the hub is asked first: it may have ended the token meanwhile
    assert after.find(cookie + "x") is None


def test_a_copy_of_the_disk_opens_no_session_and_names_nobody(tmp_path: Path) -> None:
    files = SessionFiles(tmp_path / "sessions")
    cookie = Sessions(Clock(), files).open("minji", "a-token-of-the-hub")
    [path] = (tmp_path / "sessions").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "sessions").stat().st_mode & 0o777 == 0o700
    for word in (cookie, "minji", "a-token-of-the-hub"):
        assert word not in path.name
        assert word.encode() not in path.read_bytes()
    other = Sessions(Clock(), files).open("junho", "another")
    [theirs] = set((tmp_path / "sessions").iterdir()) - {path}
    path.write_bytes(theirs.read_bytes())  # another person's session under one's own name
    assert Sessions(Clock(), files).find(cookie) is None
    assert Sessions(Clock(), files).find(other) is not None


@pytest.mark.parametrize("gap", [IDLE, ABSOLUTE])
def test_a_restart_makes_no_session_longer(tmp_path: Path, gap: timedelta) -> None:
    clock, files = Clock(), SessionFiles(tmp_path / "sessions")
    cookie = Sessions(clock, files).open("minji", "token")
    clock.pass_time(gap)
    assert Sessions(clock, files).find(cookie) is None
    assert list((tmp_path / "sessions").iterdir()) == []


def test_use_is_noted_on_disk_so_that_a_restart_ends_nobody_who_works(tmp_path: Path) -> None:
    clock, files = Clock(), SessionFiles(tmp_path / "sessions")
    sessions = Sessions(clock, files)
    cookie = sessions.open("minji", "token")
    for _ in range(3):
        clock.pass_time(timedelta(minutes=20))
        assert sessions.find(cookie) is not None
    assert Sessions(clock, files).find(cookie) is not None


def test_who_signed_out_stays_signed_out_after_a_restart(tmp_path: Path) -> None:
    files = SessionFiles(tmp_path / "sessions")
    cookie = Sessions(Clock(), files).open("minji", "token")
    assert Sessions(Clock(), files).close(cookie) is not None
    assert Sessions(Clock(), files).find(cookie) is None


def test_who_signed_out_takes_the_sessions_along_that_only_the_disk_knows(tmp_path: Path) -> None:
    clock, files = Clock(), SessionFiles(tmp_path / "sessions")
    before, began = Sessions(clock, files), clock.now
    mine, other = (before.open("minji", "token", began) for _ in range(2))
    later = before.open("minji", "token", began + timedelta(seconds=1))
    after = Sessions(clock, files)
    after.sign_out(mine)
    for portal in (after, Sessions(clock, files)):
        assert portal.find(other) is None
        assert not portal.may_open("minji", began)
        assert portal.find(later) is not None, "another sign-in goes on"
    clock.pass_time(ABSOLUTE + IDLE + timedelta(minutes=1))
    after.open("minji", "token")
    assert len(list((tmp_path / "sessions").iterdir())) == 1, "what is too old is forgotten"


def test_a_disk_that_takes_nothing_ends_no_session(tmp_path: Path) -> None:
    (tmp_path / "sessions").write_text("in the way")
    sessions = Sessions(Clock(), SessionFiles(tmp_path / "sessions"))
    assert sessions.find(sessions.open("minji", "token")) is not None
