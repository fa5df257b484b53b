"""A home that could not be shut is tried again, ever more seldom, and never given up."""

from __future__ import annotations

from hub_config.home_endings import LONGEST, SECONDS, Tries

REF, OTHER = "ws_" + "a" * 16, "ws_" + "b" * 16


def test_it_is_tried_after_a_minute_then_twice_as_long_and_at_least_every_hour() -> None:
    now, waited = [0.0], []
    tries = Tries(lambda: now[0])
    for _ in range(10):
        assert tries.due(REF)
        tries.failed(REF)
        began = now[0]
        while not tries.due(REF):
            assert tries.due(OTHER), "another is not kept waiting"
            now[0] += SECONDS
        waited.append(now[0] - began)
    assert waited[:4] == [SECONDS, 2 * SECONDS, 4 * SECONDS, 8 * SECONDS]
    assert waited[-2:] == [LONGEST, LONGEST]


def test_one_that_cannot_be_shut_for_months_is_still_tried_every_hour() -> None:
    tries = Tries(lambda: 0.0)
    for _ in range(2000):
        tries.failed(REF)
    assert tries._next[REF][1] == LONGEST


def test_one_that_was_shut_is_forgotten() -> None:
    tries = Tries(lambda: 0.0)
    tries.failed(REF)
    tries.only([REF])
    assert not tries.due(REF)
    tries.only([])
    assert tries.due(REF)
