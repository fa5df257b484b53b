"""Linearizability of appends: whoever was answered before another asked has the smaller index, on every database."""

from __future__ import annotations

import pytest

from tests.integration.audit.audit_world import World
from tests.integration.audit.audit_writers import Call, holds, indexes, sequencing, writer


def out_of_order(calls: list[Call], index: dict[str, int]) -> list[tuple[str, str]]:
    """Return pairs of events of which the first was answered before the second asked, and yet has the larger index."""
    found = []
    by_end = sorted(calls, key=lambda call: call.ended)
    ended, latest = 0, ("", -1)
    for call in sorted(calls, key=lambda call: call.began):
        while ended < len(by_end) and by_end[ended].ended < call.began:
            done = by_end[ended].event_id
            latest = max(latest, (done, index[done]), key=lambda pair: pair[1])
            ended += 1
        if latest[1] > index[call.event_id]:
            found.append((latest[0], call.event_id))
    return found


def test_the_check_finds_an_order_that_time_does_not_allow() -> None:
    calls = [Call("a", 0, 1), Call("b", 2, 3), Call("c", 0, 9)]
    assert out_of_order(calls, {"a": 0, "b": 1, "c": 2}) == []
    assert out_of_order(calls, {"c": 0, "a": 1, "b": 2}) == []
    assert out_of_order(calls, {"b": 0, "a": 1, "c": 2}) == [("a", "b")]


@pytest.mark.parametrize("count", [15, pytest.param(500, marks=pytest.mark.long)])
def test_the_order_of_indexes_respects_the_order_of_calls(world: World, count: int) -> None:
    with sequencing(world):
        writers = [writer(world, count, threads=3) for _ in range(2)]
        calls = [call for process in writers for call in process.calls()]
        world.log.settle()
    assert len(calls) == 2 * 3 * count
    assert out_of_order(calls, indexes(world)) == []
    holds(world, calls)
