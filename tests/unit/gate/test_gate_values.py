"""Settings, tenancies, budgets, tickets and pages."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub_config.gate.access import Access
from hub_config.gate.config import Limits, parse_config
from hub_config.gate.errors import GateConfigError, Refused
from hub_config.gate.frame_tickets import FrameTickets
from hub_config.gate.outflow import Day, Outflow
from hub_config.gate.pages import bar_page, ending, frame_page, mark_page, refusal_page, return_page
from hub_config.gate.refusals import REFUSALS
from hub_config.gate.workspace import Meter, parse_tenancy
from hub_config.gate.workspaces import Place, place_of
from hub_config.gate.zone_host import HUB_ROUTES
from hub_config.processes import gate_config
from hub_config.settings import Settings, ZoneSettings

REF = "ws_" + "a" * 16
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def tenancy(**changes: Any) -> dict[str, Any]:
    document = {
        "handle": "alice",
        "person_ref": "p_" + "b" * 16,
        "project": "gibleed",
        "prefix": "/user/alice/gibleed/",
        "ends_at": "2026-11-22T12:00:00+00:00",
        "language": "ko",
        "datasets": [["gibleed", 1, 2694]],
    }
    return {**document, **changes}


def test_settings_of_the_supervisor_are_understood() -> None:
    document = {"domain": "d.example", "bind": "127.0.0.1", "port": 80, "scheme": "http", "hub_url": "http://x"}
    config = parse_config(json.dumps({**document, "user": "ansim-gate", "demo": True, "session_bytes": 5}))
    assert config.limits.session_bytes == 5
    assert config.origin("work") == "http://work.d.example"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"domain": "d", "unknown": 1}',
        '{"domain": "d", "port": "80"}',
        '{"domain": "d", "port": true}',
        '{"domain": "d", "scheme": "ftp"}',
        '{"domain": "d", "limits": {"unknown": 1}}',
        '{"domain": "d", "session_bytes": 0}',
        '{"domain": "d", "session_bytes": "5"}',
        '{"domain": "d", "workspace_origins": "some"}',
    ],
)
def test_an_unknown_or_wrong_setting_is_refused(text: str) -> None:
    with pytest.raises(GateConfigError):
        parse_config(text)


def test_a_tenancy_is_read() -> None:
    read = parse_tenancy(REF, tenancy())
    assert read.ends_at == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert read.subjects.people == (2694,)


@pytest.mark.parametrize(
    "changes",
    [
        {"handle": "../x"},
        {"handle": "Alice"},
        {"prefix": "/user/bob/gibleed/"},
        {"prefix": "/"},
        {"project": "a/b"},
        {"person_ref": "alice"},
        {"language": "fr"},
        {"ends_at": "2026-11-22T12:00:00"},
        {"ends_at": "soon"},
        {"datasets": [["x"]]},
        {"datasets": 7},
        {"extra": 1},
    ],
)
def test_a_wrong_tenancy_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        parse_tenancy(REF, tenancy(**changes))


def test_a_tenancy_with_a_missing_field_is_refused() -> None:
    for name in tenancy():
        document = tenancy()
        del document[name]
        with pytest.raises(ValueError):
            parse_tenancy(REF, document)


def test_an_answer_that_would_overspend_is_refused_before_it_starts() -> None:
    meter = Meter(Day(100))
    meter.count(60)
    with pytest.raises(Refused) as refused:
        meter.check(41)
    assert refused.value.code == "budget.spent"
    meter.count(40)
    with pytest.raises(Refused):
        meter.check(None)


def test_what_all_starts_of_a_day_show_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    outflow = Outflow.of(Access(session_bytes=100), Limits())
    told = []
    for _ in range(5):
        meter = Meter(outflow.day)  # a workspace that is started anew
        told += [meter.count(50), meter.count(40)]
    assert [(one.kind, one.size, one.messages) for one in told if one] == [("all", 320, 7)]
    now += 24 * 3600
    meter = Meter(outflow.day)
    assert [bool(meter.count(50)), bool(meter.count(50))] == [False, False]
    outflow.hold_to(Outflow.of(Access(session_bytes=50), Limits()))
    with pytest.raises(Refused):
        meter.count(1)  # a budget that was lowered holds for a workspace that runs
    assert [bool(Meter(outflow.day).count(50)), bool(Meter(outflow.day).count(1))] == [True, False]


def test_a_gate_that_was_restarted_goes_on_counting() -> None:
    with pytest.raises(Refused):
        Meter(Day(100), 100).check(None)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/user/alice/gibleed/lab", Place("alice", "gibleed", "lab")),
        ("/user/alice/gibleed/", Place("alice", "gibleed", "")),
        ("/user/alice/gibleed", None),
        ("/user//gibleed/lab", None),
        ("/hub/user/alice/x/", None),
        ("/", None),
    ],
)
def test_a_path_names_a_workspace_or_none(path: str, place: Place | None) -> None:
    assert place_of(path) == place


def test_a_ticket_opens_one_frame_once_and_for_its_path_only() -> None:
    tickets = FrameTickets()
    name = tickets.issue(REF, "/user/alice/gibleed/lab", "ko")
    assert tickets.bar(name) is None
    assert tickets.open(name, "/user/alice/other/lab") is None
    assert tickets.open(name, "/user/alice/gibleed/lab") is not None
    assert tickets.open(name, "/user/alice/gibleed/lab") is None
    assert tickets.bar(name) is not None
    assert tickets.bar("unknown") is None


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(hours=25), None),
        (timedelta(hours=23), "23 h"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(seconds=-5), "0 min"),
    ],
)
def test_an_end_is_announced_a_day_and_an_hour_before(left: timedelta, words: str | None) -> None:
    notice = ending(NOW + left, NOW)
    assert (notice is None) if words is None else (notice is not None and words in notice.en)


def test_the_watermark_and_an_end_are_told_by_the_clocks_of_the_zone_with_their_distance_from_utc() -> None:
    moment = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
    for name, mark, end in (
        ("Asia/Seoul", "2026-11-23 00:30+09:00", "01:30"),
        ("Europe/London", "2026-11-22 15:30+00:00", "16:30"),
    ):
        now = moment.astimezone(ZoneInfo(name))
        assert mark in mark_page(person="minji", zone="ansim.example", language="ko", now=now)
        notice = ending(moment + timedelta(hours=1), now)
        assert notice is not None
        assert end in notice.ko


def test_the_gate_is_told_the_time_zone_of_the_zone_and_takes_no_other_word() -> None:
    settings = Settings(home=Path("/home"), zone=ZoneSettings(time_zone="Europe/London"))
    assert parse_config(gate_config(settings)).time_zone.key == "Europe/London"
    assert parse_config('{"domain": "ansim.localhost"}').time_zone.key == "Asia/Seoul"
    with pytest.raises(GateConfigError, match="time zone"):
        parse_config('{"domain": "ansim.localhost", "time_zone": "../../etc/passwd"}')


def test_the_bar_says_that_recording_is_on_and_interrupts_only_in_the_last_hour() -> None:
    def bar(left: timedelta) -> str:
        return bar_page(ends_at=NOW + left, closed=False, language="en", portal="http://zone", now=NOW)

    assert "Recording" in bar(timedelta(days=3))
    assert 'role="status"' in bar(timedelta(hours=5))
    assert 'role="alert"' in bar(timedelta(minutes=30))
    assert "closed" in bar_page(ends_at=None, closed=True, language="en", portal="http://zone", now=NOW)


def test_the_gates_own_pages_say_so_in_a_demo_zone_and_only_there() -> None:
    for demo in (True, False):
        bar = bar_page(ends_at=None, closed=False, language="en", portal="http://zone", now=NOW, demo=demo)
        refusal = refusal_page("route.download", portal="http://zone", first="en", demo=demo)
        assert ("Demo zone" in bar) is ("Demo zone" in refusal) is demo


def test_the_page_that_ends_a_sign_in_says_which_words_are_of_which_language() -> None:
    page = return_page("/user/alice/gibleed/lab")
    assert '<html lang="ko">' in page
    assert "<title>분석환경을 여는 중입니다.</title>" in page
    assert '분석환경을 여는 중입니다. <span lang="en">Opening the workspace.</span>' in page


def test_every_refusal_speaks_both_languages_the_persons_own_first() -> None:
    for code, refusal in REFUSALS.items():
        korean = refusal_page(code, portal="http://zone", first="ko")
        english = refusal_page(code, portal="http://zone", first="en")
        for page in (korean, english):
            assert refusal.title.ko in page
            assert refusal.body.ko
        assert korean.index('lang="ko"><h1>') < korean.index('lang="en"><h1>')
        assert english.index('lang="en"><h1>') < english.index('lang="ko"><h1>')
        assert 400 <= refusal.status < 600


def test_the_frame_lets_a_workspace_neither_navigate_nor_pop_up() -> None:
    page = frame_page(workspace_url='http://w/"><b>', bar_url="/bar", project="p", language="en")
    assert 'sandbox="allow-scripts allow-same-origin allow-forms allow-modals"' in page
    assert '"><b>' not in page


@pytest.mark.parametrize(
    "path",
    [
        "/hub/api/users",
        "/hub/api/users/alice/tokens",
        "/hub/api",
        "/hub/api/oauth2/token",
        "/hub/api/proxy",
        "/hub/api/shutdown",
        "/hub/token",
        "/hub/admin",
        "/hub/spawn/alice",
        "/hub/user/alice/",
        "/hub/user-redirect/lab",
        "/hub/metrics",
        "/hub/login/",
        "/hub/accept-share",
    ],
)
def test_the_rest_of_the_hub_is_closed(path: str) -> None:
    assert not any(route.pattern.fullmatch(path) for route in HUB_ROUTES)
