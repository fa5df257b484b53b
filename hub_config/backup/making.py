"""How a backup is made: copy what changes, take the snapshot, close the keys, and bring it all back on trial.

Its beginning and its end are recorded; a backup that does not come back is recorded as failed, which alerts.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from audit.body import timestamp
from audit.canonical import JSON
from audit.db import Database
from audit.durable import create_file, replace_file
from audit.event import Actor, Event, Object, Outcome, Source, Subjects
from audit.evidence import Keys
from audit.log import LogKeys
from audit.text import Text
from audit.verify import verify
from egress_review.tables import request
from egress_review.workflow import State
from hub_config.backup import key_check, key_set
from hub_config.backup.contents import STAGING, left_out
from hub_config.backup.database_copy import COPY_FILE, DUMP_FILE, copy, on_trial
from hub_config.backup.errors import BackupError, BrokeOff, NoRoom, NotSetUp, ToolFailed, UnderWay, Unusable
from hub_config.backup.tools import Progress, Restic
from hub_config.full_disk import full_place, is_disk_full
from hub_config.settings import Settings
from hub_config.zone import Zone

MANIFEST = "backup.json"
PASSWORD_BYTES = 32
HERE = Source(ip=None)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself, in plain JSON beside the copy of the database."""

    format: int
    zone: str
    origin: str
    size: int
    """Entries of the log when the copy was begun; it holds at least these."""
    made: str
    database: str


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that came back on trial."""

    snapshot: str
    size: int
    keys: Path


Say = Callable[[str, float], None]
"""Is told the step under way, and how much of it is done."""


def repository(settings: Settings) -> Restic:
    """Return the repository that the settings name. Raises: NotSetUp."""
    if not settings.backup.repository:
        raise NotSetUp(
            Text("backup.repository에 백업할 곳이 없습니다.", "backup.repository names no place for backups.")
        )
    key_set.place(settings)
    given = settings.backup.repository
    placed = given if ":" in given else str(settings.home / given)
    return Restic(placed, settings.home / "keys" / key_set.PASSWORD_FILE, settings.home / STAGING / "cache")


def set_up(settings: Settings) -> None:
    """Make the password and the repository; with both there already, nothing changes. Raises: BackupError."""
    kept = repository(settings)
    create_file(kept.password_file, secrets.token_hex(PASSWORD_BYTES).encode("ascii"), mode=0o600)
    if not kept.exists():
        kept.initialise()


def back_up(zone: Zone, by: Actor, say: Say = lambda step, done: None) -> Made:
    """Back the zone up while it works, and prove that it comes back.

    Raises: UnderWay — if another one is, which is not recorded: nothing began. BackupError — if any step failed, which
    is recorded.
    """
    kept = repository(zone.settings)
    with _only_one(zone.home / STAGING):
        zone.log.record(_event(zone, by, "zone.backup_begun"))
        try:
            kept.drop_dead_locks()
            made = _made(zone, kept, say)
            kept.forget(zone.settings.backup.keep_days)
        except (BackupError, OSError, sqlite3.Error, SQLAlchemyError) as error:
            told = _told(error, zone.home / STAGING)
            zone.log.record(_event(zone, by, "zone.backed_up", outcome="failed", reason=told.code))
            if told is error:
                raise
            raise told from error
        detail: dict[str, JSON] = {"snapshot": made.snapshot, "size": made.size}
        zone.log.record(_event(zone, by, "zone.backed_up", detail=detail))
        return made


def check(zone: Zone, by: Actor) -> None:
    """Read every byte of the repository and hold it against its hashes.

    Raises: UnderWay — if a backup is being made: it holds the repository. BackupError — if one is not as it was
    written, which is recorded.
    """
    kept = repository(zone.settings)
    with _only_one(zone.home / STAGING):
        try:
            kept.drop_dead_locks()
            kept.check()
        except BackupError as error:
            zone.log.record(_event(zone, by, "zone.backup_checked", outcome="failed", reason=error.code))
            if isinstance(error, NoRoom):
                raise
            damaged = Text("백업 저장소가 손상되었습니다: {error}", "The repository is damaged: {error}")
            raise Unusable(damaged.format(error=error)) from error
        zone.log.record(_event(zone, by, "zone.backup_checked"))


@contextmanager
def _only_one(staging: Path) -> Iterator[None]:
    """Let one process at a time work in the staging directory and the repository; the lock dies with its process.

    Raises: UnderWay.
    """
    staging.mkdir(mode=0o700, exist_ok=True)
    held = os.open(staging, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UnderWay from error
        yield
    finally:
        os.close(held)


def _event(
    zone: Zone,
    by: Actor,
    action: str,
    *,
    outcome: Outcome = "ok",
    reason: str | None = None,
    detail: dict[str, JSON] | None = None,
) -> Event:
    about = Object("zone", zone.zone_id)
    return Event(action, by, about, Subjects.none(), HERE, outcome=outcome, reason=reason, detail=detail or {})


def _made(zone: Zone, kept: Restic, say: Say) -> Made:
    settings = zone.settings
    staging = settings.home / STAGING
    try:
        say("copy", 0.0)
        size = stage(zone, staging)
        say("snapshot", 0.0)
        snapshot = kept.back_up(settings.home, left_out(settings), lambda done: say("snapshot", done))
        say("keys", 0.0)
        keys = _closed_keys(zone, kept, snapshot)
        say("trial", 0.0)
        prove(zone, kept, snapshot, lambda done: say("trial", done))
    finally:
        for name in (COPY_FILE, DUMP_FILE, MANIFEST):
            (staging / name).unlink(missing_ok=True)
        shutil.rmtree(staging / "log", ignore_errors=True)
    return Made(snapshot, size, keys)


def _closed_keys(zone: Zone, kept: Restic, snapshot: str) -> Path:
    """Put the keys of now in the place of those before; a snapshot whose keys are not kept is none, and goes.

    Raises: BackupError — the keys kept before stay as they are, and belong to the backup before.
    """
    try:
        known = key_check.expected(zone.log)
        keys = key_set.gather(zone.home, zone.db, key_set.About(snapshot, _size(zone), _now()))
        key_check.refuse_missing(zone.log, known, keys)
        return key_set.close(zone.settings, keys)
    except BaseException:
        with suppress(ToolFailed):
            kept.drop(snapshot)
        raise


def stage(zone: Zone, staging: Path) -> int:
    """Copy what changes meanwhile: first the heads that the log signed, then a database that holds all of them.

    Files of releases, the vault and cells are only ever added, so a snapshot after this holds every file that the
    copy of the database names.
    """
    size = _size(zone)
    shutil.rmtree(staging / "log", ignore_errors=True)
    shutil.copytree(zone.log.directory, staging / "log")
    copied = copy(zone.settings.database_url(), staging)
    manifest = Manifest(1, zone.zone_id, zone.log.origin, size, _now(), copied.name)
    replace_file(staging / MANIFEST, json.dumps(asdict(manifest), indent=2).encode("utf-8"), mode=0o600)
    return size


def prove(zone: Zone, kept: Restic, snapshot: str, progress: Progress = lambda done: None) -> None:
    """Restore a snapshot into a corner, verify its log to the last entry, and look for every release.

    Raises: Unusable — if anything is not as it was. ToolFailed — if the trial itself is not possible.
    """
    corner = zone.home / STAGING / "proof"
    shutil.rmtree(corner, ignore_errors=True)
    corner.mkdir(mode=0o700)
    try:
        taken = kept.snapshot(snapshot)
        try:
            # Datasets are not read again here: the weekly check of the repository reads every byte.
            without = [taken.home / Path(root).relative_to(zone.home) for root in _own_roots(zone.settings)]
            home = kept.restore(taken, corner, without=without)
        except NoRoom:
            raise  # the backup may be as good as any: it is this disk that has no room to try it
        except ToolFailed as error:
            lost = Text("백업이 복원되지 않습니다: {error}", "The backup does not come back: {error}")
            raise Unusable(lost.format(error=error)) from error
        manifest = read_manifest(home / STAGING)
        with on_trial(home / STAGING / manifest.database, zone.settings.database_url()) as scratch:
            db = Database.open(scratch.url)
            try:
                refuse_damage(
                    db,
                    home,
                    home / STAGING / "log",
                    LogKeys.load_or_create(zone.home / "keys").trusted(zone.log.origin),
                    progress,
                )
            finally:
                db.close()
    finally:
        shutil.rmtree(corner, ignore_errors=True)


def read_manifest(directory: Path) -> Manifest:
    """Return what a backup says about itself. Raises: Unusable — if it says nothing that can be read."""
    try:
        manifest = Manifest(**json.loads((directory / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise Unusable(
            Text("무엇을 담았는지 적혀 있지 않은 백업입니다.", "The backup does not say what it is.")
        ) from error
    if manifest.format != 1 or manifest.database not in (COPY_FILE, DUMP_FILE):
        raise Unusable(Text("더 새로운 안심에서 만든 백업입니다.", "The backup was made by a later version of Ansim."))
    return manifest


def refuse_damage(db: Database, home: Path, log_dir: Path, trusted: Keys, progress: Progress) -> None:
    """Verify the log of a restored database, and look for every release.

    Raises: Unusable — with what is wrong.
    """
    told: Progress = progress
    verdict = verify(db, trusted, log_dir, lambda done, total: told(done / total if total else 1.0), keys_apart=True)
    if not verdict.ok:
        wrong = Text(
            "백업 속 감사 기록이 검증되지 않습니다: {verdict}.", "The log in the backup does not verify: {verdict}."
        )
        raise Unusable(wrong.format(verdict=verdict.verdict))
    query = select(request.c.ref).where(request.c.state == State.RELEASED, request.c.direction == "egress")
    with db.read() as tx:
        released = list(tx.scalars(query))
    missing = [ref for ref in released if not (home / "releases" / f"{ref}.zip").is_file()]
    if missing:
        gone = Text("반출 꾸러미 {n}개가 백업에 없습니다.", "{n} releases are not in the backup.")
        raise Unusable(gone.format(n=len(missing)))


def _own_roots(settings: Settings) -> list[Path]:
    return [root for root in settings.dataset_roots() if root.is_relative_to(settings.home)]


def _size(zone: Zone) -> int:
    zone.log.settle()
    with zone.db.read() as tx:
        return zone.log.size(tx)


def _now() -> str:
    return timestamp(datetime.now(UTC))


def _told(error: Exception, staging: Path) -> BackupError:
    """Return what is said of an error in the middle of a backup."""
    if isinstance(error, BackupError):
        return error
    if is_disk_full(error):
        return NoRoom.at(full_place(error, staging))
    broken = Text("백업이 중간에 끊겼습니다: {error}.", "The backup broke off: {error}.")
    return BrokeOff(broken.format(error=type(error).__name__))
