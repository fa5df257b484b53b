"""Hammer: many writers and readers at once, in threads and processes, on both kinds of database."""

from __future__ import annotations

import contextlib
import threading

import pytest

from audit.merkle import verify_consistency
from audit.proof import verify_receipt
from audit.search import Query, search
from audit.tree import Tree
from tests.integration.audit.audit_world import World, an_event
from tests.integration.audit.audit_writers import holds, sequencing, writer

READERS = 2


def read(world: World, stop: threading.Event, found: list[int]) -> None:
    """Hold every state that is seen against the one before it, and every receipt against the key."""
    size, root = 0, b""
    while not stop.is_set():
        with world.db.read() as tx:
            tree = Tree(tx)
            now = tree.size()
            if now > size > 0:
                assert verify_consistency(size, now, root, tree.root(now), tree.consistency(size, now))
            size, root = now, tree.root(now)
            entries = search(tx, Query(limit=5))
        assert all(entry.intact for entry in entries)
        if size:
            assert verify_receipt(world.log.receipt(size - 1), world.verifier).index == size - 1
        found.append(size)
        stop.wait(0.02)


def hammer(world: World, *, processes: int, threads: int, count: int) -> None:
    stop = threading.Event()
    seen: list[int] = []
    broken: list[BaseException] = []

    def reading() -> None:
        try:
            read(world, stop, seen)
        except BaseException as error:
            broken.append(error)

    readers = [threading.Thread(target=reading, daemon=True) for _ in range(READERS)]
    with sequencing(world), contextlib.ExitStack() as ended:
        ended.callback(stop.set)
        for reader in readers:
            reader.start()
        others = [writer(world, count, threads) for _ in range(processes)]
        for n in range(count):
            world.log.record(an_event(detail={"n": n}), wait="durable")
        calls = [call for other in others for call in other.calls()]
        world.log.settle()
        stop.set()
        for reader in readers:
            reader.join()
    assert broken == []
    assert seen
    assert len(calls) == processes * threads * count
    assert world.size() == len(calls) + count
    holds(world, calls)


def test_hammer_many_writers_and_readers_agree(world: World) -> None:
    hammer(world, processes=1, threads=4, count=20)


@pytest.mark.long
def test_hammer_for_a_while(world: World) -> None:
    hammer(world, processes=4, threads=8, count=200)
