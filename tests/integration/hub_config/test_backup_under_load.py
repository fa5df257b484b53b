"""A backup while the zone works is one moment of it, and one that was damaged while it was made is not called a backup.

Alone: `pytest -m long tests/integration/hub_config/test_backup_under_load.py`.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from audit.canonical import JSON
from audit.event import Event, Object, Subjects
from audit.search import Query, search
from audit.verify import verify
from audit.wire import CODE_DETAIL
from egress_review import store
from egress_review.model import Draft
from egress_review.vault import Vault
from hub_config.backup.errors import Unusable
from hub_config.backup.making import Made, back_up, set_up
from hub_config.backup.restoring import restore
from hub_config.story.play import trusted_key
from hub_config.zone import Zone, open_zone
from registry.model import Workspace
from tests.integration.house.house_people import at_work, make_zone
from tests.integration.hub_config.test_backup import CLI, HERE, Site, new_identity, outcomes, settled
from tests.last_figures import keep_figures
from tests.patience import PATIENCE
from tests.postgresql_server import ACCOUNT

pytestmark = pytest.mark.long

LEAST_MEANWHILE = 20
"""Of each kind so many writes must have been acknowledged while the backup was made: otherwise nothing was tried."""
COMMAND = "ANSIM_KEEP_FIGURES=1 .venv/bin/pytest -m long tests/integration/hub_config/test_backup_under_load.py"


@dataclass(slots=True)
class Work:
    """People at work until told to stop: what was acknowledged to them, in order."""

    zone: Zone
    workspace: Workspace
    cells: list[str] = field(default_factory=list)
    """Events of cells that are durable."""
    requests: list[str] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Work for as long as the block takes."""
        threads = [threading.Thread(target=self._again, args=(deed,)) for deed in (self._cell, self._request)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _again(self, deed: Callable[[int], None]) -> None:
        number = 0
        try:
            while not self._stop.is_set():
                deed(number)
                number += 1
                time.sleep(0.01)
        except BaseException as error:
            self.faults.append(error)

    def _cell(self, number: int) -> None:
        name = self.zone.cells.put(f"print({number})".encode(), self.workspace.person_ref)
        about = Object("workspace", self.workspace.ref)
        detail: dict[str, JSON] = {"kind": "cell", "kernel": "k", "bytes": 10, CODE_DETAIL: name}
        event = Event("cell.sent", CLI, about, Subjects.none(), HERE, detail=detail)
        self.zone.log.record(event)
        self.cells.append(event.id)

    def _request(self, number: int) -> None:
        outbox = self.zone.desk.outbox_of(self.workspace)
        name = f"table-{number}.csv"
        (outbox / name).write_text(f"sex,n\nF,{100 + number}\nM,{200 + number}\n", encoding="utf-8")
        draft = Draft(f"Table {number}", "Table 1", "대상자를 성별로 센 인원. People counted by sex.", "", (name,))
        author = self.zone.registry.person_by_ref(self.workspace.person_ref)
        self.requests.append(self.zone.desk.submit(author, self.workspace, draft, source=HERE).ref)

    def enough(self) -> bool:
        """Say whether both kinds of work have come far."""
        return min(len(self.cells), len(self.requests)) >= LEAST_MEANWHILE


@dataclass(frozen=True, slots=True)
class Databases:
    """Where the zone lives, and an empty place for what comes back."""

    of_zone: str
    of_restored: str


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    if request.param == "sqlite":
        yield Databases("", "")
        return
    socket = request.getfixturevalue("postgresql_socket")
    url = sa.URL.create("postgresql+psycopg", ACCOUNT, database="postgres", query={"host": socket})
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    names = [f"ansim_load_{os.getpid()}_{n}" for n in range(2)]
    with server.connect() as connection:
        for name in names:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield Databases(*(server.url.set(database=name).render_as_string(hide_password=False) for name in names))
    with server.connect() as connection:
        for name in names:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture
def work(tmp_path: Path, databases: Databases) -> Iterator[Work]:
    home, place = tmp_path / "zone", tmp_path / "elsewhere"
    home.mkdir()
    place.mkdir()
    make_zone(home, databases.of_zone)
    opened = open_zone(home, "cli")
    workspace = at_work(opened)
    opened.desk.outbox_of(workspace).mkdir(parents=True, exist_ok=True)
    opened.log.checkpoint()
    zone = settled(opened, place, new_identity(place / "identity"))
    set_up(zone.settings)
    yield Work(zone, workspace)
    opened.db.close()


def site_of(work: Work, tmp_path: Path) -> Site:
    return Site(work.zone, tmp_path / "elsewhere" / "identity", tmp_path / "elsewhere")


def test_what_comes_back_is_one_moment_of_a_zone_at_work(work: Work, databases: Databases, tmp_path: Path) -> None:
    """Nothing acknowledged before it began is missing, and nothing in it points to what is not there."""
    with work.going_on():
        wait_until(work.enough, work)
        cells, requests = len(work.cells), len(work.requests)
        began = time.monotonic()
        made = back_up(work.zone, CLI)
        seconds = time.monotonic() - began
    assert work.faults == []
    meanwhile = len(work.cells) - cells + len(work.requests) - requests
    assert meanwhile > 0, "nobody wrote while the backup was made"
    restore(site_of(work, tmp_path).order(tmp_path / "new", database=databases.of_restored))
    back = open_zone(tmp_path / "new", "cli")
    try:
        holds(back, made, work.cells[:cells], work.requests[:requests])
    finally:
        back.db.close()
    if not databases.of_zone:
        figures = {"writes": meanwhile, "backup_seconds": round(seconds, 1), "entries": made.size, "lost": 0}
        keep_figures("backup-under-load", COMMAND, figures)


def wait_until(ready: Callable[[], bool], work: Work) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready() and not work.faults:
        assert time.monotonic() < deadline, "the work does not go on"
        time.sleep(0.05)


def holds(back: Zone, made: Made, cells: list[str], requests: list[str]) -> None:
    """What was acknowledged before the backup is there, and whole."""
    assert verify(back.db, trusted_key(back), back.home / "log").ok
    with back.db.read() as tx:
        entries = search(tx, Query(action="cell.sent", newest_first=False, limit=100_000))
        known = store.find(tx)
        assert back.log.size(tx) >= made.size
    assert set(cells) <= {entry.body["id"] for entry in entries}
    for entry in entries:
        assert back.cells.get(entry.body["detail"][CODE_DETAIL]).startswith(b"print("), "a cell without its code"
    assert set(requests) <= {request.ref for request in known}
    for request in known:
        for file in request.files:
            content = Vault(back.home / "vault").path(file.sha256).read_bytes()
            assert hashlib.sha256(content).hexdigest() == file.sha256, "a request without its file"


def packs(place: Path) -> list[Path]:
    """Return the files that hold what was backed up."""
    return [path for path in (place / "elsewhere" / "repository" / "data").rglob("*") if path.is_file()]


def rot(pack: Path) -> None:
    """Bits that turned over, one in every kilobyte."""
    content = bytearray(pack.read_bytes())
    for place in range(len(content) // 2 % 1024, len(content), 1024):
        content[place] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(content)


def cut(pack: Path) -> None:
    """A write that the disk took only half of."""
    pack.chmod(0o600)
    os.truncate(pack, pack.stat().st_size // 2)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize("damage", [rot, cut, Path.unlink])
def test_a_backup_that_was_damaged_while_it_was_made_is_noticed_by_its_trial(
    work: Work, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    good = back_up(work.zone, CLI)
    before = set(packs(tmp_path))
    (work.zone.home / "vault").mkdir(exist_ok=True)
    (work.zone.home / "vault" / "new").write_bytes(os.urandom(300_000))

    damaged: list[Path] = []

    def disk(step: str, done: float) -> None:
        if step == "trial" and not damaged:
            damaged.extend(set(packs(tmp_path)) - before)
            for pack in damaged:
                damage(pack)

    with pytest.raises(Unusable) as raised:
        back_up(work.zone, CLI, disk)
    assert raised.value.exit_code == 10
    assert "믿지 마십시오" in raised.value.hint.ko
    assert outcomes(work.zone, "zone.backed_up") == [("ok", None), ("failed", "not_restorable")]
    # The keys are of the newest; the older one comes back to whoever says why its successor does not.
    order = site_of(work, tmp_path).order(tmp_path / "new", snapshot=good.snapshot, losing_entries="a damaged disk")
    assert restore(order).snapshot == good.snapshot


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_after_damage_a_fresh_repository_makes_good_backups_again(work: Work, tmp_path: Path) -> None:
    damaged: list[Path] = []

    def disk(step: str, done: float) -> None:
        if step == "trial" and not damaged:
            damaged.extend(packs(tmp_path))
            for pack in damaged:
                rot(pack)

    with pytest.raises(Unusable):
        back_up(work.zone, CLI, disk)
    with pytest.raises(Unusable):
        back_up(work.zone, CLI)  # what is there already is not stored again, damaged or not
    (tmp_path / "elsewhere" / "repository").rename(tmp_path / "elsewhere" / "damaged")
    set_up(work.zone.settings)
    assert back_up(work.zone, CLI).size > 0
