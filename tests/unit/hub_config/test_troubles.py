"""What an outage leaves in a log: when it began, a line a minute, and when it was over."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import httpx2 as httpx
import pytest

from hub_config.troubles import Troubles
from hub_config.worker import known_to

LOG = logging.getLogger("ansim.test")
AWAY = httpx.ConnectError("nobody listens")


@dataclass(slots=True)
class Clock:
    """A clock that stands until it is moved."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said, a line each."""
    return [record.getMessage() for record in caplog.records]


def test_a_neighbour_that_is_away_is_told_at_once_then_once_a_minute_and_when_it_answers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    troubles = Troubles(LOG, clock)
    for _ in range(4 * 150):  # two minutes and a half, four times a second
        troubles.away("freezes", AWAY)
        clock.now += 0.25
    troubles.worked("freezes")
    troubles.worked("freezes")
    assert said(caplog) == [
        "freezes: no answer (ConnectError); tried again",
        "freezes: still failing after 60 s (ConnectError, 241 times); tried again",
        "freezes: still failing after 120 s (ConnectError, 481 times); tried again",
        "freezes: works again after 150 s",
    ]


def test_what_works_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    Troubles(LOG).worked("freezes")
    assert said(caplog) == []


def test_another_error_is_news_and_so_is_another_name(caplog: pytest.LogCaptureFixture) -> None:
    troubles = Troubles(LOG, Clock())
    for error in (AWAY, AWAY, ValueError("1"), ValueError("2")):
        troubles.failed("egress", error)
    troubles.away("hub_users", AWAY)
    assert said(caplog) == [
        "egress failed; tried again",
        "egress failed; tried again",
        "hub_users: no answer (ConnectError); tried again",
    ]


def test_where_an_error_came_from_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    troubles = Troubles(LOG, Clock())
    for _ in range(3):
        troubles.failed("egress", ValueError("x"))
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_who_asks_a_neighbour_that_is_away_knows_of_nothing_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    troubles = Troubles(LOG, Clock())

    def ask() -> list[str]:
        raise AWAY

    assert [known_to("the gate", ask, troubles) for _ in range(3)] == [set(), set(), set()]
    assert known_to("the gate", lambda: ["ws_1"], troubles) == {"ws_1"}
    assert said(caplog) == ["the gate: no answer (ConnectError); tried again", "the gate: works again after 0 s"]
