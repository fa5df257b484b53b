"""Replaces the key that signs releases; signatures of the old one stay valid for the releases that name it.

Which key signs a release stands in its event, so whoever verifies a package needs no list. `release-keys` says it for
those who hold a signature without its receipt: each key with the entries of the log for which it was in force. The
order makes every step repeatable after a crash, as with the keys of the log (`audit.rotation`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from audit.canonical import JSON
from audit.db import Database
from audit.durable import create_file, replace_file, sync_directory
from audit.errors import KeyFileUnusable, MalformedNote
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.note import Verifier, parse_vkey
from audit.refs import new_event_id
from audit.secret_file import NEXT, remove_leftovers, secret
from audit.trusted import TrustedKey, TrustedKeys
from egress_review import store
from egress_review.package import only_one
from egress_review.release_keys import (
    KEY_FILE,
    KEYS_FILE,
    exchange,
    forget_former,
    key_at,
    verifier_of,
)

ACTION = "egress.release_key_replaced"
PLAN_FILE = "release.rotation"


@dataclass(frozen=True, slots=True)
class ReleaseKeyReplaced:
    """What replacing the key left behind."""

    index: int
    """The entry that records it."""
    old: Verifier
    new: Verifier
    kept: bool
    """Whether the old one stays until the releases that name it are packed."""


def replace_release_key(
    log: AuditLog, db: Database, keys: Path, releases: Path, *, keep: Path | None
) -> ReleaseKeyReplaced:
    """Put a new key in force; the old one is destroyed as soon as no release waits to be signed with it.

    With `keep`, a copy of the old one is put into that directory.

    Raises: AuditError — with nothing lost: running it again goes on where it stopped.
    """
    if keep is not None and not keep.is_dir():
        raise KeyFileUnusable(f"{keep} is no directory")
    event_id, old, new = _plan(keys, log.origin)
    detail: dict[str, JSON] = {"old": old.key_id.hex(), "new": new.key_id.hex(), "sha256": _digest(new)}
    about, where = Object("log", "release"), Source(ip=None, host="zone")
    actor = Actor.service(log.component)
    index = log.record(Event(ACTION, actor, about, Subjects.none(), where, detail=detail, id=event_id))
    # No release is decided or packed meanwhile, so the size of the log parts those of the old key from the rest.
    with only_one(releases):
        log.settle()
        with db.read() as tx:
            size, waiting = log.size(tx), store.waits_for_package(tx)
        _list(keys, old, new, size)
        if keep is not None and (keys / (KEY_FILE + NEXT)).exists():
            create_file(keep / f"{KEY_FILE}.{old.key_id.hex()}", (keys / KEY_FILE).read_bytes(), mode=0o600)
        exchange(keys, old)
        if not waiting:
            forget_former(keys)
    for name in (KEY_FILE, KEYS_FILE, PLAN_FILE):
        remove_leftovers(keys, name)
    (keys / PLAN_FILE).unlink()
    sync_directory(keys)
    return ReleaseKeyReplaced(index, old, new, waiting)


def _plan(directory: Path, origin: str) -> tuple[str, Verifier, Verifier]:
    """Return the replacement under way, or begin one: its event, the key that goes and the one that comes."""
    path = directory / PLAN_FILE
    if not path.exists():
        secret(directory / (KEY_FILE + NEXT))
        old, new = (verifier_of(key_at(directory / name), origin) for name in (KEY_FILE, KEY_FILE + NEXT))
        plan = {"event": new_event_id(), "old": old.vkey(), "new": new.vkey()}
        create_file(path, json.dumps(plan).encode("ascii"), mode=0o600)
    try:
        found = json.loads(path.read_text(encoding="ascii"))
        return str(found["event"]), parse_vkey(found["old"]), parse_vkey(found["new"])
    except (ValueError, KeyError, TypeError, MalformedNote):
        raise KeyFileUnusable(f"{PLAN_FILE} is damaged") from None


def _list(directory: Path, old: Verifier, new: Verifier, size: int) -> None:
    """Write from which entry the new key counts, once."""
    path = directory / KEYS_FILE
    known = TrustedKeys.load(path) if path.exists() else TrustedKeys.of(old)
    if new in {key.verifier for key in known.keys}:
        return
    listed = known.with_keys([TrustedKey(new, size)], ending=[old], until=max(size - 1, 0))
    replace_file(path, listed.format().encode("utf-8"), mode=0o644)


def _digest(key: Verifier) -> str:
    return hashlib.sha256(key.vkey().encode("utf-8")).hexdigest()
