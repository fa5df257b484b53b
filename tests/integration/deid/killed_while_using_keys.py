"""Runs what is done with keys in processes that are killed at every step, and prints what stood after each death.

A process of its own, without threads, that forks: the imports are paid once.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import types
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from audit.db import Database
from audit.event import Actor, Source, Subjects
from audit.log import AuditLog
from audit.search import Query, search
from deid import engine, key_database, key_destruction, key_users
from deid.key_life import lives
from deid.keys import KeyStore
from deid.policy import parse_policy
from deid.service import DeidDesk, Need
from deid.sources import open_table
from hub_config import key_endings
from tests.integration.audit.audit_world import World, new_world

BY, HERE = Actor.service("cli"), Source(None)
POLICY = """
version: 1
name: t
dataset: hospital
project: cardio
purpose: statistics
order: source
columns:
  id: {role: direct, action: pseudonym_reversible, reason: r}
"""
STEPS = (
    AuditLog.record,
    engine.apply,
    key_users.begin,
    key_users.written,
    key_users.end,
    key_users.note,
    key_destruction._overwritten,
    key_database.rewrite,
    key_destruction._keep,
)
"""Before and after each of these the process is killed."""


def opened(home: Path) -> tuple[World, KeyStore, DeidDesk]:
    url = f"sqlite:///{home / 'zone.db'}"
    world = new_world(Database.open(url), home, url)
    store = KeyStore(home / "additional")
    return world, store, DeidDesk(world.log, store)


def made(home: Path, desk: DeidDesk, name: str, dataset: str) -> None:
    policy = parse_policy(POLICY.replace("hospital", dataset))
    need = Need(datetime.now(UTC) + timedelta(days=30))
    people = Subjects.datasets([(dataset, 1, 2)])
    table = open_table(home / "people.csv")
    desk.make_extract(policy, table, home / name, by=BY, source=HERE, subjects=people, need=need)


def work(home: Path, world: World) -> None:
    """Do what the worker of a zone does."""
    settings = types.SimpleNamespace(dataset_roots=tuple)
    zone: Any = types.SimpleNamespace(home=home, log=world.log, db=world.db, settings=settings, registry=None)
    key_endings.end_keys(zone)


def before(home: Path) -> None:
    """One file made by hand."""
    (home / "people.csv").write_text("id\n900101-1234567\n900101-2234567\n", encoding="utf-8")
    made(home, opened(home)[2], "a.parquet", "hospital")


def use_and_end(home: Path) -> None:
    """Make another file, and end the use of the first: the key goes on."""
    world, store, desk = opened(home)
    (first,) = key_users.users(store)
    made(home, desk, "b.parquet", "insurer")
    desk.end_use(first.ref, "끝", by=BY, source=HERE)
    work(home, world)


def end_all(home: Path) -> None:
    """End every use: the key goes."""
    world, store, desk = opened(home)
    for one in key_users.users(store):
        desk.end_use(one.ref, "끝", by=BY, source=HERE)
    work(home, world)


def found(home: Path) -> None:
    """Let the worker run as after a restart, and print what stands."""
    world, store, _desk = opened(home)
    work(home, world)
    using = key_users.users(store)
    with world.db.read() as tx:
        entries = search(tx, Query(action="deid.key_destroyed", newest_first=False))
    answer = {
        "b": (home / "b.parquet").exists(),
        "destroyed": [record.destroyed_at is not None for record in store.records()],
        "ends": [life.until is not None for life in lives(store)],
        "living": sorted(one.dataset for one in using if one.living(datetime.now(UTC))),
        "outcomes": [entry.body["outcome"] for entry in entries],
        "unfinished": key_destruction.unfinished(store),
    }
    if answer["destroyed"] == [True]:
        record = key_destruction.record_of(store, "cardio", 1)
        answer["served"] = sorted(record.datasets)
        answer["owners"] = len(record.owners)
        answer["told"] = record.event_id in [entry.id for entry in entries if entry.body["outcome"] == "ok"]
    (home / "found.json").write_text(json.dumps(answer), encoding="utf-8")


def in_a_child(act: Callable[[Path], None], home: Path, kill_at: int | None = None) -> bool:
    """Run something in a process of its own; return whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            if kill_at is not None:
                sys.setprofile(_killer(kill_at))
            act(home)
            os._exit(0)
        except BaseException as error:
            sys.setprofile(None)
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            sys.stderr.flush()
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status) != 0:
        raise SystemExit(1)
    return os.WIFSIGNALED(status)


def _killer(kill_at: int) -> Callable[[types.FrameType, str, Any], None]:
    codes, seen = {step.__code__ for step in STEPS}, 0

    def look(frame: types.FrameType, event: str, _argument: Any) -> None:
        nonlocal seen
        if event in ("call", "return") and frame.f_code in codes:
            seen += 1
            if seen == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    return look


def main(place: Path, only: frozenset[int] = frozenset()) -> None:
    """Print, for each act and each step at which it was killed, what stood afterwards; with `only`, of those steps."""
    template = place / "template"
    template.mkdir()
    in_a_child(before, template)
    for act in (use_and_end, end_all):
        kill_at, killed = 0, True
        while killed:
            kill_at += 1
            if only and kill_at > max(only):
                break
            if only and kill_at not in only:
                continue
            home = place / f"{act.__name__}.{kill_at}"
            shutil.copytree(template, home)
            killed = in_a_child(act, home, kill_at)
            in_a_child(found, home)
            answer = json.loads((home / "found.json").read_text(encoding="utf-8"))
            line = json.dumps({"act": act.__name__, "step": kill_at, "killed": killed, **answer})
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            shutil.rmtree(home)


if __name__ == "__main__":
    main(Path(sys.argv[1]), frozenset(map(int, sys.argv[2:])))
