"""Chaos: a full disk, an I/O error, a clock that steps back, a database that restarts or fails over mid-append."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.db import Database
from audit.errors import AuditError, NotDurable
from audit.event import Event
from audit.log import AuditLog
from tests.integration.audit.audit_world import ORIGIN, World, an_event, new_world, open_world
from tests.integration.audit.audit_writers import ROOT, indexes
from tests.patience import PATIENCE
from tests.postgresql_server import ACCOUNT, postgresql_binaries, wait_for_server
from tests.small_disk import MEBIBYTE, small_disk


def append_until_refused(world: World, most: int = 20_000) -> list[str]:
    """Record large events until one is refused, and return those that were acknowledged."""
    acknowledged: list[str] = []
    for _ in range(most):
        event = an_event(detail={"x": ["a" * 250] * 200})
        try:
            world.log.record(event, wait="durable")
        except NotDurable:
            return acknowledged
        acknowledged.append(event.id)
    pytest.fail("the disk did not fill")


def whole(world: World, acknowledged: list[str]) -> None:
    assert set(acknowledged) <= indexes(world).keys()
    world.log.checkpoint()
    assert world.verify().ok


def test_chaos_a_full_disk_refuses_and_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 12) as disk:
        url = f"sqlite:///{disk / 'ansim.db'}"
        world = new_world(Database.open(url), disk, url)
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(4 * MEBIBYTE))
        acknowledged = append_until_refused(world)
        assert acknowledged
        with pytest.raises(NotDurable):
            world.log.record(an_event(detail={"x": ["a" * 250] * 200}))
        ballast.unlink()
        acknowledged.append(again := an_event().id)
        world.log.record(an_event(id=again))
        whole(world, acknowledged)
        world.db.close()


BROKEN_DISK = """
import resource, signal, sys
from pathlib import Path
from audit.db import Database
from audit.errors import NotDurable
from tests.integration.audit.audit_world import an_event, open_world
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails instead
world = open_world(Database.open(sys.argv[1]), Path(sys.argv[2]), sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
for _ in range(2000):
    event = an_event(detail={"x": ["a" * 250] * 100})
    try:
        world.log.record(event)
    except NotDurable as error:
        print("refused", error, flush=True)
        break
    print(event.id, flush=True)
"""


@pytest.mark.sqlite("its files are on the disk that breaks")
def test_chaos_an_io_error_refuses_and_keeps_what_was_acknowledged(usual_world: World) -> None:
    world = usual_world
    world.log.record(an_event())
    command = [sys.executable, "-c", BROKEN_DISK, world.url, str(world.home), str(2 * MEBIBYTE)]
    said = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert said[-1].startswith("refused"), said[-3:]
    assert len(said) > 2
    whole(world, said[:-1])
    world.log.record(an_event())


def test_chaos_a_clock_that_steps_back_is_seen_and_breaks_nothing(world: World) -> None:
    start = datetime(2026, 11, 21, 12, tzinfo=UTC)
    steps = [start, start + timedelta(seconds=1), start - timedelta(hours=1), start - timedelta(minutes=59)]
    times = iter(steps * 3)
    log = AuditLog(
        world.db, world.keys, component="portal", origin=ORIGIN, log_dir=world.home / "log", clock=lambda: next(times)
    )
    found = [log.record(an_event()) for _ in steps]
    assert found == [0, 1, 2, 3]
    world.log.checkpoint()
    result = world.verify()
    assert result.ok
    assert [(problem.code, problem.index) for problem in result.problems] == [("time.backwards", 2)]


class Server:
    """A PostgreSQL server with its full durability, that can be killed and started again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.binaries = postgresql_binaries()
        self.account = ACCOUNT if os.getuid() == 0 else None
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{ACCOUNT}@/postgres?host={self.directory}"

    def make(self, *options: str) -> None:
        command = [
            "initdb",
            "-D",
            str(self.directory / "data"),
            "-A",
            "trust",
            "-U",
            ACCOUNT,
            "-E",
            "UTF8",
            "--locale=C",
            *options,
        ]
        self.run(*command)

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / program), *arguments]
        subprocess.run(command, check=True, user=self.account, cwd=self.directory, capture_output=True)

    def start(self, *options: str) -> None:
        settings = ["listen_addresses=", f"unix_socket_directories={self.directory}", "max_wal_senders=4", *options]
        command = [str(self.binaries / "postgres"), "-D", str(self.directory / "data")]
        command += [word for setting in settings for word in ("-c", setting)]
        with (self.directory / "log").open("ab") as output:
            self.process = subprocess.Popen(
                command, user=self.account, cwd=self.directory, stdout=output, stderr=output
            )
        wait_for_server(self.directory)

    def crash(self) -> None:
        """Stop at once, as a power cut would as far as the server knows: it recovers from its log afterwards."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=PATIENCE)


@contextlib.contextmanager
def servers(count: int) -> Iterator[list[Server]]:
    made = []
    try:
        for _ in range(count):
            directory = Path(tempfile.mkdtemp(prefix="ansim-pg-"))
            if os.getuid() == 0:
                entry = pwd.getpwnam(ACCOUNT)
                os.chown(directory, entry.pw_uid, entry.pw_gid)
            made.append(Server(directory))
        yield made
    finally:
        for server in made:
            if server.process is not None and server.process.poll() is None:
                server.crash()
            shutil.rmtree(server.directory)


class Load:
    """Threads that append, and send an event again until they are told that it is durable."""

    def __init__(self, world: World, threads: int = 3) -> None:
        self.acknowledged: list[str] = []
        self.failures = 0
        self._world = world
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._record(an_event())

    def _record(self, event: Event) -> None:
        while not self._stop.is_set():
            try:
                self._world.log.record(event, wait="durable")
            except (AuditError, OSError):
                self.failures += 1
                time.sleep(0.05)
            else:
                self.acknowledged.append(event.id)
                return

    def more(self, count: int = 10) -> None:
        """Return when so many more were acknowledged."""
        wanted, deadline = len(self.acknowledged) + count, time.monotonic() + PATIENCE
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < deadline, "nothing is acknowledged any more"
            time.sleep(0.05)


def settled(world: World) -> World:
    world.log.settle(60)
    return world


def test_chaos_a_database_that_restarts_mid_append_loses_nothing(tmp_path: Path) -> None:
    with servers(1) as [server]:
        server.make()
        server.start()
        world = new_world(Database.open(server.url), tmp_path, server.url)
        stop = threading.Event()
        sequencer = threading.Thread(target=world.log.sequencer.run, args=(stop,))
        sequencer.start()
        try:
            with Load(world) as load:
                for _ in range(2):
                    load.more()
                    server.crash()
                    server.start()
                load.more()
        finally:
            stop.set()
            sequencer.join()
        assert load.failures > 0
        whole(settled(world), load.acknowledged)
        world.db.close()


@pytest.mark.long
def test_chaos_a_database_that_fails_over_mid_append_loses_nothing(tmp_path: Path) -> None:
    with servers(2) as [primary, standby]:
        primary.make()
        primary.start()
        base = [
            "-h",
            str(primary.directory),
            "-U",
            ACCOUNT,
            "-D",
            str(standby.directory / "data"),
            "-R",
            "-X",
            "stream",
        ]
        standby.run("pg_basebackup", *base)
        standby.start(f"primary_conninfo=host={primary.directory} user={ACCOUNT} application_name=standby")
        both = f"host={primary.directory},{standby.directory}&target_session_attrs=read-write"
        url = f"postgresql+psycopg://{ACCOUNT}@/postgres?{both}"
        world = new_world(Database.open(url), tmp_path, url)
        # Only what the standby has too is acknowledged from here on.
        with world.db.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.rollback()
            driver.autocommit = True
            driver.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            driver.execute("SELECT pg_reload_conf()")
            driver.autocommit = False
        with Load(world) as load:
            load.more()
            primary.crash()
            standby.run("pg_ctl", "promote", "-D", str(standby.directory / "data"))
            standby.run("psql", "-h", str(standby.directory), "-U", ACCOUNT, "-d", "postgres", "-c", "SELECT 1")
            load.more()
        assert load.failures > 0
        other = open_world(Database.open(standby.url), tmp_path, standby.url)
        whole(settled(other), load.acknowledged)
        other.db.close()
        world.db.close()
