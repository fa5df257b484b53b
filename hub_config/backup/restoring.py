"""How a zone comes back: keys and backup into an empty place, verified before it is called a zone again.

Refused are a place where something lies, and a backup older than what its keys have signed: both would lose entries of
the log that somebody may hold a proof of.
"""

from __future__ import annotations

import pwd
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from audit.canonical import JSON
from audit.db import Database
from audit.errors import AuditError
from audit.event import Event, Object, Subjects
from audit.key_rows import KeyRow, put_back
from audit.log import LogKeys
from audit.text import Text
from hub_config.backup import key_set
from hub_config.backup.contents import STAGING
from hub_config.backup.database_copy import bring_back
from hub_config.backup.errors import BackupError, Refused, StillFilled, Unusable
from hub_config.backup.making import HERE, Say, read_manifest, refuse_damage
from hub_config.backup.tools import Restic, Snapshot
from hub_config.backup.undoing import taken_out_again
from hub_config.errors import LogRefused, ZoneError
from hub_config.home import hand_over, make_home
from hub_config.log_check import check_log
from hub_config.preflight import ensure_gate_user
from hub_config.retention import finish_erasures
from hub_config.settings import FILE_NAME, Settings, load_settings
from hub_config.systemd.migrating import bring_up_to_date, refuse_without_roles
from hub_config.systemd.sandbox import ZONE_USER
from hub_config.zone import Zone, open_zone
from hub_config.zone_events import CLI
from registry.erasure import erased_handle

_FILLED = Text("{home} 폴더에 이미 무엇인가 있습니다{log}.", "There is something in {home} already{log}.")
_A_ZONE = Text(" (기록이 {n}건인 구역)", ", a zone whose log has {n} entries")
_FILLED_HINT = Text(
    "빈 폴더에 복원하십시오. 아직 운영 중인 구역은 어떤 백업보다 새것입니다.",
    "Restore into an empty directory. A zone that still runs is newer than every backup of it.",
)
_OLDER = Text(
    "이 키는 백업 {newest}의 것이고 그때 감사 기록은 {size}건이었습니다. {asked} 백업은 그보다 오래되어, 그 뒤의 기록을"
    " 잃게 됩니다.",
    "These keys belong to the backup {newest}, and the log had {size} entries then; {asked} is older, so what was"
    " recorded since would be lost.",
)
_OLD_KEYS = Text(
    "이 키는 {made}의 백업 {asked}의 것인데 저장소에는 그보다 새 백업이 {count}개 있습니다(가장 새것은 {newest})."
    " 그 뒤의 기록을 잃고, 그 뒤에 파기한 이용자가 되살아납니다.",
    "These keys belong to the backup {asked} of {made}, and the repository holds {count} newer ones, the newest"
    " {newest}: what was recorded since would be lost, and people erased since would come back.",
)
_OLD_KEYS_HINT = Text(
    "가장 새 ansim-keys.age를 --keys에 적으십시오. 그 파일을 영영 잃었다면 --losing-entries에 까닭을 적으십시오.",
    "Give the newest ansim-keys.age as --keys. If that file is lost for good, say why with --losing-entries.",
)
_OLDER_HINT = Text(
    "--snapshot을 빼고 실행하십시오. 그 백업을 영영 잃었다면 --losing-entries에 까닭을 적으십시오.",
    "Leave --snapshot out. If that backup is lost for good, say why with --losing-entries.",
)
_AS_BEFORE = Text(
    "{hint} 복원된 것은 남아 있지 않습니다. {home} 폴더와 데이터베이스는 복원하기 전과 같습니다.",
    "{hint} Nothing of it is left: the directory {home} and the database are as they were before.",
)
_NOT_THIS = Text(
    "이 백업은 쓰지 마십시오. `--snapshot`으로 그전 백업을 고르고 `--losing-entries`에 까닭을 적은 뒤, 준법감시"
    " 담당자에게 알리십시오. --keys가 이 구역의 열쇠인지도 확인하십시오.",
    "Do not use this backup. Choose an older one with `--snapshot`, say why with `--losing-entries`, and tell the"
    " compliance officer. See too that --keys holds the keys of this very zone.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is restored, and where to."""

    repository: str
    keys: Path
    identity: Path
    """The file with the private key of a recipient."""
    home: Path
    snapshot: str = ""
    """Empty for the one that the keys belong to."""
    losing_entries: str = ""
    """Why an older backup is restored all the same."""
    database: str = ""
    """Another database than the one in the settings."""
    owner: str = ""
    """The same PostgreSQL database under the role that is to own its tables; in no file where that takes a password."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A zone that is back."""

    snapshot: str
    entries: int
    lost: int
    """Entries that the log had when the keys were saved, and has not any more."""
    erased_again: int
    newer: int = 0
    """Backups in the repository that are newer than this one; what only they hold is not here."""
    on_server: bool = False
    """Whether the playbook starts this zone, which also gives the helpers their directories."""


def restore(order: Order, say: Say = lambda step, done: None) -> Restored:
    """Bring a zone back.

    Raises: BackupError, LogRefused — if what came back is not what it signed. Either leaves the directory and the
    database as they were, and says so.
    """
    home = order.home.resolve()
    _refuse_filled(home)
    keys = key_set.load(order.keys, order.identity)
    home.parent.mkdir(parents=True, exist_ok=True)
    with (
        _saying_so(home),
        TemporaryDirectory(dir=home.parent, prefix=".ansim-restore-") as corner,
        ExitStack() as undone,
    ):
        password = Path(corner) / key_set.PASSWORD_FILE
        password.write_bytes(keys.files.get(f"keys/{key_set.PASSWORD_FILE}", b""))
        kept = Restic(order.repository, password, Path(corner) / "cache")
        chosen = kept.snapshot(order.snapshot or keys.about.snapshot)
        newer = [one for one in kept.snapshots() if one.time > chosen.time]
        if not order.losing_entries:
            _refuse_old(chosen, newer, keys.about)
        say("restore", 0.0)
        back = kept.restore(chosen, Path(corner) / "home")
        _assemble(back, keys, order, say, undone)
        undone.enter_context(_emptied_again(home))
        _move(back, home)
        return replace(_begin(home, chosen.id, keys, order.losing_entries), newer=len(newer))


def _refuse_old(chosen: Snapshot, newer: Sequence[Snapshot], about: key_set.About) -> None:
    """Refuse what is older than its keys, and what is older than the repository. Raises: Refused."""
    asked = chosen.id[:8]
    if chosen.id == about.snapshot and newer:
        told = {"made": about.made, "asked": asked, "count": len(newer), "newest": newer[-1].id[:8]}
        raise Refused(_OLD_KEYS.format(**told), hint=_OLD_KEYS_HINT)
    if chosen.id != about.snapshot:
        older = {"newest": about.snapshot[:8], "size": about.size, "asked": asked}
        raise Refused(_OLDER.format(**older), hint=_OLDER_HINT)


@contextmanager
def _saying_so(home: Path) -> Iterator[None]:
    """Tell with any error of the block that nothing is left of what it did, which the blocks within it see to."""
    try:
        yield
    except StillFilled:
        raise
    except AuditError as error:
        told = Text(error.text("ko"), error.text("en"))
        raise BackupError(told, hint=_as_before(error.hint, home)) from error
    except ZoneError as error:
        error.hint = _as_before(_NOT_THIS if isinstance(error, Unusable | LogRefused) else error.hint, home)
        raise


def _as_before(hint: Text | str, home: Path) -> Text:
    both = hint if isinstance(hint, Text) else Text(hint, hint)
    return Text(_AS_BEFORE.ko.format(hint=both.ko, home=home), _AS_BEFORE.en.format(hint=both.en, home=home))


@contextmanager
def _emptied_again(home: Path) -> Iterator[None]:
    """Empty a directory again that was empty, or not there, before the block failed."""
    was_there = home.exists()
    try:
        yield
    except BaseException:
        for path in home.iterdir() if home.exists() else ():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        if not was_there and home.exists():
            home.rmdir()
        raise


def _refuse_filled(home: Path) -> None:
    if not home.exists() or not any(home.iterdir()):
        return
    log = Text("", "")
    if (home / FILE_NAME).exists():
        db = Database.open(load_settings(home).database_url())
        try:
            with db.read() as tx:
                found = tx.exec_driver_sql("SELECT max(idx) FROM audit_entry").scalar()
            log = _A_ZONE.format(n=(-1 if found is None else found) + 1)
        finally:
            db.close()
    told = Text(_FILLED.ko.format(home=home, log=log.ko), _FILLED.en.format(home=home, log=log.en))
    raise Refused(told, hint=_FILLED_HINT)


def _assemble(back: Path, keys: key_set.KeySet, order: Order, say: Say, undone: ExitStack) -> None:
    """Put keys, log and database in their places, and verify the whole before anything of it is used.

    `undone` takes the database back where what comes after fails.

    Where the tables have an owner of their own, they come back as the owner's, and the zone's role may append to the
    log again and change nothing in it.
    """
    manifest = read_manifest(back / STAGING)
    keys.lay_out(back)
    if order.database:
        _write_database(back / FILE_NAME, order.database)
    log = back / "log"
    shutil.rmtree(log, ignore_errors=True)
    (back / STAGING / "log").replace(log)
    settings = load_settings(back)
    owner = order.owner or settings.database.owner_url
    url = owner or settings.database_url()
    if owner:
        refuse_without_roles(settings, owner)
    undone.enter_context(taken_out_again(url))
    bring_back(back / STAGING / manifest.database, url)
    if owner:
        bring_up_to_date(settings, owner=owner)
    shutil.rmtree(back / STAGING)
    db = Database.open(url)
    try:
        with db.begin() as tx:
            put_back(tx, keys.subjects)
        trusted = LogKeys.load_or_create(back / "keys").trusted(manifest.origin)
        refuse_damage(db, back, log, trusted, lambda done: say("verify", done))
    finally:
        db.close()


def _write_database(path: Path, url: str) -> None:
    """Name another database; the owner of the one before is none of its."""
    document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    document["database"] = {"url": url}
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _move(back: Path, home: Path) -> None:
    """Move everything into place, the settings last: without them there is no zone."""
    home.mkdir(mode=0o710, exist_ok=True)
    for path in sorted(back.iterdir(), key=lambda found: found.name == FILE_NAME):
        path.replace(home / path.name)


def _begin(home: Path, snapshot: str, keys: key_set.KeySet, reason: str) -> Restored:
    settings = load_settings(home)
    ensure_gate_user(settings.gate.user)
    make_home(home, settings.zone, settings.gate.user, hub=settings.hub)
    check_log(settings)
    zone = open_zone(home, "cli")
    try:
        return _begun(zone, snapshot, keys, reason)
    finally:
        zone.db.close()


def _begun(zone: Zone, snapshot: str, keys: key_set.KeySet, reason: str) -> Restored:
    with zone.db.read() as tx:
        entries = zone.log.size(tx)
    lost = max(0, keys.about.size - entries)
    detail: dict[str, JSON] = {"snapshot": snapshot, "entries": entries, "lost": lost}
    about = Object("zone", zone.zone_id)
    restored = Event("zone.restored", CLI, about, Subjects.none(), HERE, detail=detail)
    if reason:
        restored = replace(restored, reason="older_backup", sealed={"reason": reason})
    zone.log.record(restored)
    again = _erase_again(zone, keys.subjects)
    return Restored(snapshot, entries, lost, again, on_server=_hand_over(zone.settings))


def _hand_over(settings: Settings) -> bool:
    """Give everything to those who work with it here; last, for until now root has written. Say if it is a server."""
    on_server = settings.machine.run_by == "systemd"
    # Before the first play there is no such user yet, and all is root's.
    owner = ZONE_USER if on_server and _is_user(ZONE_USER) else "root"
    hand_over(settings.home, owner, roots=("homes", FILE_NAME))
    make_home(settings.home, settings.zone, settings.gate.user, hub=settings.hub, owner=owner)
    return on_server


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _erase_again(zone: Zone, rows: Iterable[KeyRow]) -> int:
    """Erase whoever was erased after the backup was taken; the keys say who."""
    every = list(rows)
    gone = {row.subject for row in every if row.wrapped is None} - {r.subject for r in every if r.wrapped is not None}
    present = [p.ref for p in zone.registry.people() if p.ref in gone and p.handle != erased_handle(p.ref)]
    for person_ref in present:
        zone.registry.repeat_erasure(person_ref, source=HERE)
    finish_erasures(zone)  # also from the pages of the database that nothing uses any more
    return len(present)
