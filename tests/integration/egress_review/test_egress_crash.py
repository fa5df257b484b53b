"""kill -9 anywhere in what the desk does: after a restart nothing is lost and nothing is out too early."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
import uuid
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives import serialization

from audit.db import Database
from audit.keys import LogKeys
from audit.verify import verify
from egress_review import store
from egress_review.beside import beside
from egress_review.errors import Conflict
from egress_review.model import Request
from egress_review.service import EgressDesk
from egress_review.verify_package import verify_package
from egress_review.workflow import State
from tests.integration.egress_review.egress_house import HERE, SAFE, open_zone
from tests.integration.egress_review.egress_victim import LATER, act, die_at, open_desk, url_of
from tests.patience import PATIENCE
from tests.postgresql_server import ACCOUNT

#: Each victim is a process of its own, made from one that has loaded the program: loading takes most of its time.
VICTIMS = multiprocessing.get_context("forkserver")
VICTIMS.set_forkserver_preload([die_at.__module__])
SPREAD = {"release": 7, "scan": 7, "vote": 7, "hand in": 3, "give up": 3, "purge": 4, "step back": 3}
"""Steps, and at how many places each is killed in an ordinary run; the long test kills at every one."""
PLACES = 8
"""Places at which a step is killed on a PostgreSQL server, whose every copy takes a second."""
VOTES = {"release": 2, "step back": 1}


Prepared = dict[str, tuple[Path, str]]
"""For each step a zone that is about to take it, and the request."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Zones in SQLite files."""
    return _prepared(lambda step: tmp_path_factory.mktemp(step.replace(" ", "-")))


@pytest.fixture(scope="module")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory, postgresql_socket: str) -> Prepared:
    """Zones in databases of a PostgreSQL server."""

    def place(step: str) -> Path:
        home = tmp_path_factory.mktemp(f"pg-{step.replace(' ', '-')}")
        (home / "url").write_text(_database(postgresql_socket, "template1"))
        return home

    return _prepared(place)


def _database(directory: str, like: str) -> str:
    """The address of a new database that is a copy of another."""
    name = f"victim_{uuid.uuid4().hex}"
    with psycopg.connect(host=directory, user=ACCOUNT, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
    return f"postgresql+psycopg://{ACCOUNT}@/{name}?host={directory}"


def _copied(source: Path, home: Path) -> None:
    """Copy a zone with its database."""
    shutil.copytree(source, home)
    if (home / "url").exists():
        address, _, directory = url_of(source).partition("?host=")
        (home / "url").write_text(_database(directory, address.rpartition("/")[2]))


def _prepared(place: Callable[[str], Path]) -> Prepared:
    made: Prepared = {}
    for step in SPREAD:
        home = place(step)
        zone = open_zone(url_of(home), home)
        raw = zone.key.private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        )
        (home / "release.key").write_bytes(raw)
        if step == "scan":
            request = zone.submit()
        elif step == "hand in":
            zone.write("table.csv", SAFE)
            request = zone.desk.save_draft(zone.author, zone.workspace, zone.draft(), source=HERE)
        elif step == "give up":
            request = zone.in_review()
            zone.house.clock.pass_by(days=LATER - 10)
            zone.desk.tidy()
        elif step == "purge":
            request = zone.in_review()
            zone.desk.withdraw(zone.author, request.ref, source=HERE)
        elif step in ("vote", "step back"):
            request = zone.in_review()
            zone.vote("hana", request)
        else:
            request = zone.approved()
        zone.house.db.close()
        made[step] = home, request.ref
    return made


def run(home: Path, ref: str, step: str, at: int) -> tuple[int | None, int]:
    """Run a victim to its end; return its exit code, and how many touches there were if it lived to say so."""
    heard, says = VICTIMS.Pipe(duplex=False)
    victim = VICTIMS.Process(target=die_at, args=(home, ref, step, at, says))
    victim.start()
    says.close()
    victim.join(PATIENCE)
    try:
        return victim.exitcode, heard.recv() if victim.exitcode == 0 else 0
    finally:
        victim.kill()  # if it hangs
        heard.close()


def check_survived(home: Path, ref: str, step: str) -> None:
    """Hold what the dead process left to the invariants, then go on where it stopped."""
    db = Database.open(url_of(home))
    keys = LogKeys.load_or_create(home / "keys")
    desk = open_desk(home, db)
    with db.read() as tx:
        left = store.load(tx, ref)
        votes = len(store.votes_of(tx, ref))
    if desk.package_of(ref).exists():
        assert left.state is State.RELEASED, "a package without a release in the log"
        assert verify_package(desk.package_of(ref), keys.verifier("ansim.example/audit")).ok
    if step == "vote":
        assert votes == (2 if left.state is State.APPROVED else 1)
    else:
        assert votes == VOTES.get(step, 0)
    again(desk, step, ref, left)
    with db.read() as tx:
        after = store.load(tx, ref)
        if step == "purge":
            assert beside(tx, [after])[ref].purged_at is not None
    assert after.state is AFTER[step]
    if step == "purge":
        assert not any((home / "vault" / "files").iterdir()), "recorded as removed, and still there"
    elif step == "hand in":
        assert all(desk._vault.path(file.sha256).is_file() for file in after.files)
    elif step == "step back":
        assert len(desk.interests()) == 1
    if step == "release":
        assert after.packaged
        assert verify_package(desk.package_of(ref), keys.verifier("ansim.example/audit")).ok
        assert desk.zip_of(ref).is_file()
    desk._log.checkpoint()
    checked = verify(db, keys.verifier("ansim.example/audit"), home / "log")
    assert checked.ok, checked.problems
    db.close()


AFTER = {
    "release": State.RELEASED,
    "scan": State.IN_REVIEW,
    "vote": State.APPROVED,
    "hand in": State.SCANNING,
    "give up": State.ABANDONED,
    "purge": State.WITHDRAWN,
    "step back": State.IN_REVIEW,
}


def again(desk: EgressDesk, step: str, ref: str, left: Request) -> None:
    """Take the step once more, as whoever was cut off would; what is done already says so."""
    if step == "vote" and left.state is State.APPROVED:
        return
    try:
        act(desk, step, ref, "duri")
    except Conflict:
        assert step in ("hand in", "step back")


def kill_at(prepared: Prepared, step: str, at: int, tmp_path: Path) -> None:
    source, ref = prepared[step]
    home = tmp_path / f"{step}-{at}".replace(" ", "-")
    _copied(source, home)
    code, _ = run(home, ref, step, at)
    assert code == -signal.SIGKILL
    check_survived(home, ref, step)


def touches(prepared: Prepared, step: str, tmp_path: Path) -> int:
    source, ref = prepared[step]
    home = tmp_path / "whole"
    _copied(source, home)
    code, count = run(home, ref, step, 0)
    assert code == 0
    return count


@pytest.mark.parametrize("step", SPREAD)
def test_a_process_that_is_killed_loses_nothing_and_lets_nothing_out(
    prepared: Prepared, step: str, tmp_path: Path
) -> None:
    total = touches(prepared, step, tmp_path)
    places = SPREAD[step]
    for number in range(places):
        kill_at(prepared, step, 1 + number * (total - 1) // (places - 1), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("step", SPREAD)
def test_a_process_can_be_killed_at_every_single_touch(prepared: Prepared, step: str, tmp_path: Path) -> None:
    for at in range(1, touches(prepared, step, tmp_path) + 1):
        kill_at(prepared, step, at, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("step", SPREAD)
def test_a_process_that_writes_to_a_server_s_database_can_be_killed_all_along_a_step(
    on_postgresql: Prepared, step: str, tmp_path: Path
) -> None:
    total = touches(on_postgresql, step, tmp_path)
    for number in range(PLACES):
        kill_at(on_postgresql, step, 1 + number * (total - 1) // (PLACES - 1), tmp_path)
