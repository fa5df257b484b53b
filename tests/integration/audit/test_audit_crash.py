"""Crash: writers, sequencers and the service are killed in loops; nothing acknowledged is lost, nothing is torn."""

from __future__ import annotations

import contextlib
import random
import time

import pytest

from tests.integration.audit.audit_world import World
from tests.integration.audit.audit_writers import Call, holds, sequencing, writer


def crash(world: World, *, rounds: int, writers: int) -> list[Call]:
    chance, calls = random.Random(rounds), []
    for _round in range(rounds):
        with sequencing(world, processes=2) as sequencers, contextlib.ExitStack() as ended:
            running = []
            for _writer in range(writers):
                running.append(writer(world, 100_000, threads=2))
                ended.callback(running[-1].kill)
            time.sleep(chance.uniform(0.3, 0.9))
            if sequencers:
                sequencers[0].kill()
                time.sleep(chance.uniform(0.05, 0.2))
            for process in running:
                process.kill()
            for process in running:
                calls += process.calls()
    return calls


def test_crash_loses_nothing_that_was_acknowledged(world: World) -> None:
    calls = crash(world, rounds=2, writers=1)
    assert calls
    holds(world, calls)


@pytest.mark.long
def test_crash_in_a_long_loop_loses_nothing(world: World) -> None:
    calls = crash(world, rounds=25, writers=4)
    assert len(calls) > 500
    holds(world, calls)
