"""Writers in processes of their own, for tests that run many, kill them, or hold their calls against the log."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import text

from tests.integration.audit.audit_world import World

ROOT = Path(__file__).parents[3]

# Says on one line what it was told is durable: number, id, and when it asked and was answered.
WRITE = """
import sys, threading, time
from pathlib import Path
from audit.db import Database
from tests.integration.audit.audit_world import an_event, open_world
url, home, count, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
world = open_world(Database.open(url), home, url)
say = threading.Lock()
print("ready", flush=True)

def write(thread):
    for n in range(count):
        event = an_event(detail={"thread": thread, "n": n})
        began = time.monotonic_ns()
        world.log.record(event, wait="durable")
        ended = time.monotonic_ns()
        with say:
            print(event.id, began, ended, flush=True)

writers = [threading.Thread(target=write, args=(n,)) for n in range(threads)]
for writer in writers: writer.start()
for writer in writers: writer.join()
"""
SEQUENCE = """
import sys, threading
from audit.db import Database
from audit.sequencer import Sequencer
print("ready", flush=True)
Sequencer(Database.open(sys.argv[1])).run(threading.Event())
"""


class Call(NamedTuple):
    """One call that was answered: the event, and nanoseconds of the clock that all processes share."""

    event_id: str
    began: int
    ended: int


class Process:
    """A process that says "ready" when it begins its work."""

    def __init__(self, script: str, *arguments: object) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", script, *map(str, arguments)]
        self.popen = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert self.popen.stdout is not None
        said = self.popen.stdout.readline()
        if said != "ready\n":
            self.popen.kill()
            raise AssertionError(f"it did not begin but said {said!r} and ended with {self.popen.wait()}")

    def kill(self) -> None:
        self.popen.kill()

    def calls(self) -> list[Call]:
        """Wait for its end and return the calls it was answered; a line cut off by a kill was not said."""
        assert self.popen.stdout is not None
        lines = self.popen.stdout.read().split("\n")[:-1]
        self.popen.wait()
        return [Call(event_id, int(began), int(ended)) for event_id, began, ended in map(str.split, lines)]


def writer(world: World, count: int, threads: int = 1) -> Process:
    """Start a process whose threads record so many events each."""
    return Process(WRITE, world.url, world.home, count, threads)


@contextlib.contextmanager
def sequencing(world: World, processes: int = 1) -> Iterator[list[Process]]:
    """Run sequencers while the block runs, where the database needs one."""
    needed = processes if world.url.startswith("postgresql") else 0
    running = [Process(SEQUENCE, world.url) for _ in range(needed)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.popen.wait()


def indexes(world: World) -> dict[str, int]:
    """Return the index of every event."""
    with world.db.read() as tx:
        return {row.event_id: row.idx for row in tx.execute(text("SELECT event_id, idx FROM audit_entry"))}


def holds(world: World, calls: list[Call]) -> None:
    """Fail unless everything acknowledged is in the log, once, without gaps, and the log verifies."""
    world.log.settle()
    found = indexes(world)
    assert {call.event_id for call in calls} <= found.keys()
    assert sorted(found.values()) == list(range(len(found)))
    world.log.checkpoint()
    result = world.verify()
    assert result.ok, result.problems
