"""A backup comes back whole, brings back nobody who was erased, and never takes the place of something newer."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from audit.event import Actor, Event, Object, Source, Subjects
from audit.key_rows import key_rows
from audit.search import Query, search
from audit.text import Text
from hub_config.backup import database_copy, destroyed, duty, key_set
from hub_config.backup.contents import STAGING
from hub_config.backup.errors import NotSetUp, Refused, ToolFailed, UnderWay, Unusable
from hub_config.backup.making import Made, back_up, check, repository, set_up, stage
from hub_config.backup.restoring import Order, Restored, restore
from hub_config.errors import LogRefused, ZoneError
from hub_config.log_check import check_log
from hub_config.settings import BackupSettings, load_settings
from hub_config.zone import Zone, open_zone
from registry.erasure import erased_handle
from registry.model import Person
from tests.integration.house.house_people import at_work, join, make_zone
from tests.postgresql_server import ACCOUNT

HERE, CLI = Source(None), Actor.service("cli")
HELPER = 64_999
"""The number of the homes' helper on the machine that is lost; nobody has it here."""


@dataclass(frozen=True, slots=True)
class Site:
    """A zone, and the people elsewhere who hold the private key."""

    zone: Zone
    identity: Path
    place: Path

    def order(self, home: Path, **changes: Any) -> Order:
        order = Order(
            repository=str(self.place / "repository"),
            keys=self.place / "closed" / key_set.FILE,
            identity=self.identity,
            home=home,
        )
        return replace(order, **changes)


def new_identity(path: Path) -> str:
    """Make a key pair of age; return the public half."""
    subprocess.run(["age-keygen", "-o", str(path)], check=True, capture_output=True)
    return subprocess.run(["age-keygen", "-y", str(path)], check=True, capture_output=True, text=True).stdout.strip()


def settled(zone: Zone, place: Path, recipient: str) -> Zone:
    chosen = BackupSettings(
        repository=str(place / "repository"), recipients=(recipient,), keys_directory=str(place / "closed"), homes=True
    )
    return replace(zone, settings=replace(zone.settings, backup=chosen))


def give(top: Path, number: int) -> None:
    for path in (top, *top.rglob("*")):
        os.chown(path, number, number)


@contextmanager
def new_site(directory: Path) -> Iterator[Site]:
    home, place = directory / "zone", directory / "elsewhere"
    home.mkdir()
    place.mkdir()
    make_zone(home)
    opened = open_zone(home, "cli")
    recipient = new_identity(place / "identity")
    at_work(opened)
    (home / "releases").mkdir(exist_ok=True)
    (home / "releases" / "kept.txt").write_text("what left", encoding="utf-8")
    for name in ("images/ws_aaaaaaaaaaaaaaaa.img", "keys/ws_aaaaaaaaaaaaaaaa.key"):
        (home / "homes" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "homes" / name).write_text("of the helper", encoding="utf-8")
    give(home / "homes", HELPER)
    place_below = home / "workspaces" / "ws_aaaaaaaaaaaaaaaa" / "outbox"
    place_below.mkdir(parents=True)
    place_below.chmod(0)  # shut: nobody has the image open
    opened.log.checkpoint()
    zone = settled(opened, place, recipient)
    set_up(zone.settings)
    try:
        yield Site(zone, place / "identity", place)
    finally:
        opened.db.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with new_site(tmp_path) as made:
        yield made


@dataclass(frozen=True, slots=True)
class Twice:
    """A zone that was backed up, then somebody was erased, then it was backed up again."""

    site: Site
    older: Made
    newer: Made
    erased: Person
    grown: int
    """Bytes that the second backup added."""


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twice]:
    with new_site(tmp_path_factory.mktemp("twice")) as site:
        (site.zone.home / "vault").mkdir(exist_ok=True)
        (site.zone.home / "vault" / "large").write_bytes(os.urandom(3_000_000))
        older = back_up(site.zone, CLI)
        before = size_of(site.place / "repository")
        person = site.zone.registry.person("minji")
        site.zone.registry.repeat_erasure(person.ref, source=HERE)
        newer = back_up(site.zone, CLI)
        yield Twice(site, older, newer, person, size_of(site.place / "repository") - before)


def note(zone: Zone) -> None:
    zone.log.record(Event("zone.started", CLI, Object("zone", zone.zone_id), Subjects.none(), HERE))


def entries(zone: Zone) -> int:
    with zone.db.read() as tx:
        return zone.log.size(tx)


def outcomes(zone: Zone, action: str) -> list[tuple[str, str | None]]:
    with zone.db.read() as tx:
        found = search(tx, Query(action=action, newest_first=False))
    return [(e.body["outcome"], e.body.get("reason")) for e in found]


def brought_back(site: Site, home: Path, **changes: str) -> tuple[Restored, Zone]:
    return restore(site.order(home, **changes)), open_zone(home, "cli")


def test_a_zone_comes_back_with_its_people_its_releases_and_a_log_that_verifies(twice: Twice, tmp_path: Path) -> None:
    site, made = twice.site, twice.newer
    back, zone = brought_back(site, tmp_path / "new")
    assert (back.snapshot, back.erased_again) == (made.snapshot, 0)
    assert made.size <= back.entries <= entries(site.zone)
    assert [p.handle for p in zone.registry.people()] == [p.handle for p in site.zone.registry.people()]
    assert [p.name for p in zone.registry.people()] == [p.name for p in site.zone.registry.people()]
    assert (zone.home / "releases" / "kept.txt").read_text(encoding="utf-8") == "what left"
    assert zone.zone_id == site.zone.zone_id
    homes = zone.home / "homes"
    assert {path.name for path in homes.rglob("ws_*")} == {"ws_aaaaaaaaaaaaaaaa.img", "ws_aaaaaaaaaaaaaaaa.key"}
    assert {path.lstat().st_uid for path in (homes, *homes.rglob("*"))} == {0}, "a helper takes them from root alone"
    check_log(zone.settings)
    assert outcomes(zone, "zone.restored") == [("ok", None)]
    note(zone)
    zone.db.close()


def test_both_ends_of_a_backup_are_in_the_log(twice: Twice) -> None:
    assert outcomes(twice.site.zone, "zone.backup_begun") == [("ok", None)] * 2
    assert outcomes(twice.site.zone, "zone.backed_up") == [("ok", None)] * 2


def test_a_second_backup_is_small_and_the_older_one_stays(twice: Twice) -> None:
    assert 0 < twice.grown < 1_500_000
    listed = repository(twice.site.zone.settings).snapshots()
    assert [one.id for one in listed] == [twice.older.snapshot, twice.newer.snapshot]


def size_of(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def test_a_backup_made_while_the_zone_writes_holds_every_entry_of_its_beginning(site: Site, tmp_path: Path) -> None:
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            note(site.zone)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = back_up(site.zone, CLI)
    finally:
        ended.set()
        writer.join()
    back, zone = brought_back(site, tmp_path / "new")
    assert made.size <= back.entries < entries(site.zone)
    zone.db.close()


def test_the_copy_of_the_database_holds_no_key_of_a_subject(site: Site) -> None:
    staging = site.zone.home / STAGING
    staging.mkdir(exist_ok=True)
    stage(site.zone, staging)
    with site.zone.db.read() as tx:
        wrapped = [row.wrapped for row in key_rows(tx) if row.wrapped is not None]
    copied = (staging / database_copy.COPY_FILE).read_bytes()
    live = (site.zone.home / "ansim.db").read_bytes() + (site.zone.home / "ansim.db-wal").read_bytes()
    assert wrapped
    assert all(one in live for one in wrapped), "the search itself must be able to find them"
    assert not any(one in copied for one in wrapped)


def test_the_repository_holds_no_key_file_of_the_zone(twice: Twice, tmp_path: Path) -> None:
    site, made = twice.site, twice.newer
    kept = repository(site.zone.settings)
    home = kept.restore(kept.snapshot(made.snapshot), tmp_path / "opened")
    names = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    assert f"{STAGING}/{database_copy.COPY_FILE}" in names
    secret = {path.read_bytes() for path in (site.zone.home / "keys").iterdir() if path.suffix != ".vkey"}
    assert not any((home / name).read_bytes() in secret for name in names if (home / name).stat().st_size)


def test_nobody_but_a_recipient_opens_the_keys(twice: Twice, tmp_path: Path) -> None:
    site = twice.site
    new_identity(tmp_path / "stranger")
    order = replace(site.order(tmp_path / "new"), identity=tmp_path / "stranger")
    with pytest.raises(ToolFailed):
        restore(order)
    assert not (tmp_path / "new").exists()


def test_whoever_was_erased_after_the_backup_is_erased_again_when_it_comes_back(twice: Twice, tmp_path: Path) -> None:
    site, older, person = twice.site, twice.older, twice.erased
    back, zone = brought_back(site, tmp_path / "new", snapshot=older.snapshot, losing_entries="the newer one burnt")
    assert (back.erased_again, back.lost > 0) == (1, True)
    assert zone.registry.person(erased_handle(person.ref)).name == erased_handle(person.ref)
    whole = b"".join(path.read_bytes() for path in zone.home.glob("ansim.db*"))
    assert person.email.encode() not in whole
    assert outcomes(zone, "zone.restored") == [("ok", "older_backup")]
    zone.db.close()


def test_an_older_backup_than_the_keys_is_refused(twice: Twice, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="would be lost"):
        restore(twice.site.order(tmp_path / "new", snapshot=twice.older.snapshot))
    assert not (tmp_path / "new").exists()


def test_a_backup_never_comes_back_over_a_newer_log(twice: Twice) -> None:
    site = twice.site
    with pytest.raises(Refused, match=f"log has {entries(site.zone)} entries"):
        restore(site.order(site.zone.home))


def test_an_old_database_put_in_place_by_hand_keeps_the_zone_from_starting(site: Site) -> None:
    old = site.place / "old.db"
    with closing(sqlite3.connect(site.zone.home / "ansim.db")) as source, closing(sqlite3.connect(old)) as target:
        source.backup(target)
    for _ in range(3):
        note(site.zone)
    site.zone.log.checkpoint()
    site.zone.db.close()
    for path in site.zone.home.glob("ansim.db-*"):
        path.unlink()
    shutil.copy(old, site.zone.home / "ansim.db")
    with pytest.raises(LogRefused):
        check_log(load_settings(site.zone.home))


def test_a_log_that_does_not_verify_is_noticed_when_it_is_backed_up_and_never_comes_back(
    site: Site, tmp_path: Path
) -> None:
    with site.zone.db.begin() as tx:
        tx.exec_driver_sql("DROP TRIGGER audit_entry_no_update")
        tx.exec_driver_sql("UPDATE audit_entry SET body = replace(body, 'ok', 'no') WHERE idx = 2")
    with pytest.raises(Unusable, match="does not verify"):
        back_up(site.zone, CLI)
    assert outcomes(site.zone, "zone.backed_up") == [("failed", "not_restorable")]
    with pytest.raises(Unusable, match="does not verify") as refused:
        restore(site.order(tmp_path / "new"))
    leaves_nothing(refused.value, tmp_path / "new")


def leaves_nothing(error: ZoneError, home: Path) -> None:
    """Hold a restore that failed to its promise: nothing is left of it, and that is said beside what to do."""
    assert not home.exists()
    assert not [path for path in home.parent.iterdir() if path.name.startswith(".ansim-restore")]
    hint = error.hint
    assert isinstance(hint, Text)
    assert "복원하기 전과 같습니다" in hint.ko
    assert "are as they were before" in hint.en
    assert "--losing-entries" in hint.en


def test_a_damaged_repository_is_noticed(site: Site) -> None:
    back_up(site.zone, CLI)
    check(site.zone, CLI)
    pack = max((site.place / "repository" / "data").rglob("*"), key=lambda p: p.stat().st_size if p.is_file() else 0)
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(content)
    with pytest.raises(Unusable):
        check(site.zone, CLI)
    assert outcomes(site.zone, "zone.backup_checked")[-1] == ("failed", "tool_failed")


def test_a_restore_of_a_damaged_repository_leaves_nothing(site: Site, tmp_path: Path) -> None:
    back_up(site.zone, CLI)
    for pack in (p for p in (site.place / "repository" / "data").rglob("*") if p.is_file()):
        pack.chmod(0o600)
        pack.write_bytes(b"\0" * pack.stat().st_size)
    with pytest.raises(ToolFailed):
        restore(site.order(tmp_path / "new"))
    assert not (tmp_path / "new").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".ansim-restore")]


def test_a_backup_that_was_killed_is_made_again_as_if_nothing_had_been(site: Site, tmp_path: Path) -> None:
    staging = site.zone.home / STAGING
    staging.mkdir(exist_ok=True)
    stage(site.zone, staging)  # died before the snapshot: the copies still lie there
    (staging / "proof").mkdir()
    (staging / "proof" / "half").write_text("x", encoding="utf-8")
    back_up(site.zone, CLI)
    assert {path.name for path in staging.iterdir()} <= {"cache"}
    _, zone = brought_back(site, tmp_path / "new")
    assert not (zone.home / STAGING).exists()
    zone.db.close()


@pytest.mark.long
def test_while_one_backup_is_made_another_and_a_check_are_refused_and_nothing_is_called_damaged(site: Site) -> None:
    refused: list[UnderWay] = []
    at_once = replace(site.zone.settings, backup=replace(site.zone.settings.backup, every_hours=0))

    def meanwhile(step: str, done: float) -> None:
        if step == "trial" and not refused:
            for work in (back_up, check):
                with pytest.raises(UnderWay) as told:
                    work(site.zone, CLI)
                refused.append(told.value)
            duty.keep(replace(site.zone, settings=at_once))  # the worker tries again in five minutes, not in an hour

    back_up(site.zone, CLI, meanwhile)
    assert len(refused) == 2
    reason, hint = refused[0].reason, refused[0].hint
    assert isinstance(reason, Text)
    assert isinstance(hint, Text)
    assert ("진행 중입니다" in reason.ko, "once it has ended" in hint.en) == (True, True)
    assert outcomes(site.zone, "zone.backup_begun") == outcomes(site.zone, "zone.backed_up") == [("ok", None)]
    assert outcomes(site.zone, "zone.backup_checked") == []
    check(site.zone, CLI)


def test_a_zone_without_a_place_for_backups_says_what_to_set(site: Site) -> None:
    bare = replace(site.zone, settings=replace(site.zone.settings, backup=BackupSettings()))
    with pytest.raises(NotSetUp, match=r"backup\.repository"):
        back_up(bare, CLI)
    duty.keep(bare)
    assert outcomes(bare, "zone.backup_begun") == []


def test_the_worker_backs_up_when_the_last_good_one_is_old_and_waits_after_a_failure(site: Site) -> None:
    later = datetime.now(UTC) + timedelta(hours=23)
    duty.keep(site.zone)
    duty.keep(site.zone, later)
    assert outcomes(site.zone, "zone.backed_up") == [("ok", None)]
    shutil.rmtree(site.place / "repository")
    at_once = replace(site.zone.settings, backup=replace(site.zone.settings.backup, every_hours=0))
    for _ in range(2):
        duty.keep(replace(site.zone, settings=at_once))
    assert outcomes(site.zone, "zone.backed_up")[1:] == [("failed", "tool_failed")]


@pytest.mark.long
def test_a_key_that_was_destroyed_leaves_the_kept_keys_within_the_hour_and_no_more_than_once(site: Site) -> None:
    settings, zone = site.zone.settings, site.zone
    assert destroyed.fault_of(settings) is None  # nothing is kept yet
    duty.keep(zone)
    assert destroyed.fault_of(settings) is None
    subject = Object("workspace", "ws_aaaaaaaaaaaaaaaa", "gibleed")
    detail = {"key": "0" * 32}
    zone.log.record(Event("workspace.home_destroyed", CLI, subject, Subjects.none(), HERE, detail=detail))
    told = destroyed.fault_of(settings)
    assert told is not None
    assert told[0].en.endswith(": 1")
    duty.keep(zone)
    assert len(outcomes(zone, "zone.backed_up")) == 1  # the last one is not an hour old
    duty.keep(zone, datetime.now(UTC) + timedelta(hours=1))
    assert destroyed.fault_of(settings) is None
    duty.keep(zone)
    assert outcomes(zone, "zone.backed_up") == [("ok", None)] * 2


@pytest.mark.long
def test_a_zone_on_postgresql_comes_back_into_an_empty_database(tmp_path: Path, postgresql_socket: str) -> None:
    url = sa.URL.create("postgresql+psycopg", ACCOUNT, database="postgres", query={"host": postgresql_socket})
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    names = [f"ansim_backup_{os.getpid()}_{n}" for n in range(3)]
    urls = [server.url.set(database=name).render_as_string(hide_password=False) for name in names]
    with server.connect() as connection:
        for name in names:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    home, place = tmp_path / "zone", tmp_path / "elsewhere"
    home.mkdir()
    place.mkdir()
    make_zone(home, urls[0])
    zone = open_zone(home, "cli")
    join(zone, "minji")
    zone.log.checkpoint()
    kept = settled(zone, place, new_identity(place / "identity"))
    set_up(kept.settings)
    site = Site(kept, place / "identity", place)
    back_up(kept, CLI)
    try:
        with pytest.raises(Refused, match="tables already"):
            restore(site.order(tmp_path / "taken"))
        _, back = brought_back(site, tmp_path / "new", database=urls[1])
        assert [p.handle for p in back.registry.people()] == ["minji"]
        assert back.settings.database.url == urls[1]
        note(back)
        back.db.close()
        never_comes_back(site, tmp_path / "bad", urls[2])
    finally:
        zone.db.close()
        with server.connect() as connection:
            for name in names:
                connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        server.dispose()


def never_comes_back(site: Site, home: Path, url: str) -> None:
    """A log that was changed in the database: the place of the restore is filled before that is seen, and empty after.

    What somebody else had made there stays.
    """
    with site.zone.db.begin() as tx:
        tx.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        text = "convert_to(replace(convert_from(body, 'UTF8'), 'ok', 'no'), 'UTF8')"
        tx.exec_driver_sql(f"UPDATE audit_entry SET body = {text} WHERE idx = 2")
    with pytest.raises(Unusable, match="does not verify"):
        back_up(site.zone, CLI)
    place = sa.create_engine(url)
    with place.begin() as tx:
        tx.exec_driver_sql("CREATE FUNCTION theirs() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    with pytest.raises(Unusable, match="does not verify") as refused:
        restore(site.order(home, database=url))
    leaves_nothing(refused.value, home)
    with place.connect() as connection:
        assert sa.inspect(connection).get_table_names() == []
        left = connection.exec_driver_sql(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " UNION SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        )
        assert left.scalars().all() == ["theirs"]
    place.dispose()
