"""When the log warns of a full disk, when it refuses, and what it still takes then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.catalogue import CATALOGUE
from audit.errors import LogFull, NotDurable
from audit.event import Actor, Event, Object, Source, Subjects
from audit.refs import new_event_id
from audit.space import _ENDING_ACTIONS, MEBIBYTE, RESERVE_FILE, Space, Thresholds, level_of, may_use_reserve

GIB = 1024 * MEBIBYTE
EVENT = Event("workspace.start", Actor.service("hub"), Object("zone", "z"), Subjects.none(), Source(None))
NOTHING_LEFT = Thresholds(exhausted_bytes=2**60, reserve_bytes=MEBIBYTE)


@pytest.mark.parametrize(
    ("free", "total", "level"),
    [
        (100 * GIB, 200 * GIB, "ample"),
        (2 * GIB, 200 * GIB, "low"),  # below five percent
        (GIB - 1, 10 * GIB, "low"),
        (GIB, 10 * GIB, "ample"),
        (256 * MEBIBYTE, 10 * GIB, "low"),
        (256 * MEBIBYTE - 1, 10 * GIB, "exhausted"),
        (-1, 10 * GIB, "exhausted"),
    ],
)
def test_the_thresholds_are_those_of_the_settings(free: int, total: int, level: str) -> None:
    assert level_of(free, total, Thresholds()) == level


@given(st.integers(0, 2**50), st.integers(0, 2**50), st.integers(1, 2**50))
def test_more_room_is_never_a_worse_level(one: int, other: int, total: int) -> None:
    order = ("exhausted", "low", "ample")
    less, more = sorted((one, other))
    levels = [order.index(level_of(free, total, Thresholds())) for free in (less, more)]
    assert levels == sorted(levels)


def test_what_ends_or_refuses_something_is_always_recorded() -> None:
    assert not may_use_reserve(EVENT)
    assert not may_use_reserve(replace(EVENT, outcome="intent"))
    assert may_use_reserve(replace(EVENT, outcome="denied"))
    assert may_use_reserve(replace(EVENT, intent_id=new_event_id()))
    assert may_use_reserve(replace(EVENT, action="workspace.stop"))
    assert set(CATALOGUE) >= _ENDING_ACTIONS


@pytest.mark.parametrize(
    "action",
    ["project.frozen", "project.cut_off", "session.ended_by_provider", "service.revoked", "person.identity_removed",
     "package.revoked", "deid.key_destroyed", "deid.key_use_ended", "egress.expired", "extract.expired"],
)  # fmt: skip
def test_every_brake_works_on_a_full_disk_also_its_announcement(tmp_path: Path, action: str) -> None:
    Space(tmp_path, NOTHING_LEFT).admit(replace(EVENT, action=action, outcome="intent"))


@pytest.mark.parametrize(
    "action",
    ["egress.released", "egress.voted", "egress.viewed", "person.role_granted", "person.emergency_sealed",
     "project.unfrozen", "session.signed_in", "log.searched", "deid.token_opened", "deid.key_end_requested"],
)  # fmt: skip
def test_nothing_that_gives_access_may_use_the_reserve(action: str) -> None:
    assert not may_use_reserve(replace(EVENT, action=action))


def test_the_reserve_is_made_of_blocks_and_given_up_without_becoming_free(tmp_path: Path) -> None:
    space = Space(tmp_path, Thresholds(reserve_bytes=8 * MEBIBYTE))
    assert space.keep_reserve()
    assert (tmp_path / RESERVE_FILE).stat().st_blocks * 512 >= 8 * MEBIBYTE
    space.give_up_reserve()
    assert not (tmp_path / RESERVE_FILE).exists()
    # What it held is not counted as free: a reserve as large as the disk leaves less than nothing.
    assert Space(tmp_path, Thresholds(reserve_bytes=2**60)).look().free < 0


def test_on_a_full_disk_nothing_begins_and_what_ends_is_admitted(tmp_path: Path) -> None:
    space = Space(tmp_path, NOTHING_LEFT)
    with pytest.raises(LogFull):
        space.admit(EVENT)
    space.admit(replace(EVENT, action="workspace.stop"))
    assert not space.keep_reserve()


def test_a_disk_that_cannot_be_asked_admits_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotDurable):
        Space(tmp_path / "gone").admit(EVENT)


def test_the_disk_is_asked_once_a_second(tmp_path: Path) -> None:
    now = [0.0]
    space = Space(tmp_path, clock=lambda: now[0])
    space.admit(EVENT)
    space._limits = NOTHING_LEFT
    space.admit(EVENT)
    now[0] = 2.0
    with pytest.raises(LogFull):
        space.admit(EVENT)
