"""Replaces the signing keys of a running log so that whoever trusts the old ones can follow.

The order makes every step repeatable after a crash: the new keys are written and sign beside the old ones from then on;
the rotation is recorded; a checkpoint over that entry carries both signatures; `trusted-keys` says from which tree size
the new ones count and up to which the old ones did; then the new ones take the place of the old.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.canonical import JSON
from audit.durable import create_file, replace_file, sync_directory
from audit.errors import KeyFileUnusable, LogInconsistent, MalformedNote, NotTrusted
from audit.event import Actor, Event, Object, Source, Subjects
from audit.head import Head
from audit.keys import KEY_FILES, PKCS11_FILE, LogKeys
from audit.log import AuditLog
from audit.note import Verifier, parse_vkey
from audit.proof import verify_receipt
from audit.refs import new_event_id
from audit.secret_file import NEXT, overwrite, secret
from audit.tree_head import Checkpoint
from audit.trusted import TrustedKey, TrustedKeys

ACTION = "log.key_rotated"
PLAN_FILE = "log.rotation"
RECEIPTS = "rotations"


@dataclass(frozen=True, slots=True)
class Plan:
    """A rotation under way: its event, the keys that go and those that come."""

    event_id: str
    old: tuple[Verifier, ...]
    new: tuple[Verifier, ...]

    def event(self, component: str) -> Event:
        """Return what is recorded: the ids of all keys, and the hashes of the new ones as they stand in files."""
        detail: dict[str, JSON] = {
            "old": [key.key_id.hex() for key in self.old],
            "new": [key.key_id.hex() for key in self.new],
            "sha256": [_digest(key) for key in self.new],
        }
        about = Object("log", "audit")
        return Event(
            ACTION,
            Actor.service(component),
            about,
            Subjects.none(),
            Source(ip=None, host="zone"),
            detail=detail,
            id=self.event_id,
        )


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation left behind."""

    index: int
    """The entry that records it."""
    size: int
    """The tree size at which both signed."""
    old: tuple[Verifier, ...]
    new: tuple[Verifier, ...]
    receipt: Path
    """The proof of the entry under a checkpoint that both signed: whoever trusted the old keys can follow it."""


def rotate(log: AuditLog, keys: LogKeys, *, keep: Path | None) -> Rotation:
    """Replace every signing key; the old ones are moved to a directory, or destroyed without one.

    Every process of the zone goes on. A rotation that was interrupted is finished.

    Raises: AuditError — with nothing lost: running it again goes on where it stopped.
    """
    if keep is not None and not keep.is_dir():
        raise KeyFileUnusable(f"{keep} is no directory")
    plan = _plan(log, keys)
    index = log.record(plan.event(log.component))
    size = _listed_since(keys.trusted(log.origin), plan)
    if size is None:
        size = _sign_by_both(log, keys, plan, index)
    # No checkpoint is signed while the files change.
    with Head(log.directory).locked():
        for old in plan.old:
            _exchange(keys, old, keep)
    keys.publish(log.origin)
    _remove_leftovers(keys.directory)
    (keys.directory / PLAN_FILE).unlink()
    sync_directory(keys.directory)
    return Rotation(index, size, plan.old, plan.new, _receipt_file(log, size))


def follow(old: TrustedKeys, new: TrustedKeys, receipt: str) -> int:
    """Return the size from which new keys count, if those who held the old ones said so.

    Raises: NotTrusted — if the receipt is of no rotation, or if the new list changes anything else. AuditError — as
    `verify_receipt` under the old keys.
    """
    proven = verify_receipt(receipt, old)
    body, size = proven.body, proven.checkpoint.size
    if body["action"] != ACTION:
        raise NotTrusted("the receipt is not of a rotation of keys")
    announced = set(body["detail"]["sha256"])
    known = {key.verifier: key for key in old.keys}
    added = [key for key in new.keys if key.verifier not in known]
    if not added or any(_digest(key.verifier) not in announced or key.first != size for key in added):
        raise NotTrusted("the new list has a key that the rotation did not announce")
    kept = {key.verifier: key for key in new.keys if key.verifier in known}
    if set(kept) != set(known):
        raise NotTrusted("the new list lacks a key of the old one")
    ended = set(body["detail"]["old"])
    for verifier, was in known.items():
        expected = TrustedKey(verifier, was.first, size) if verifier.key_id.hex() in ended else was
        if kept[verifier] != expected:
            raise NotTrusted("the new list changes a key that the rotation did not end")
    return size


def _plan(log: AuditLog, keys: LogKeys) -> Plan:
    """Return the rotation under way, or begin one."""
    path = keys.directory / PLAN_FILE
    if not path.exists():
        old = tuple(signer.verifier for signer in keys.current(log.origin))
        for verifier in old:
            _make_coming(keys, verifier.kind)
        new = tuple(signer.verifier for signer in keys.coming(log.origin))
        plan = {"event": new_event_id(), "old": [k.vkey() for k in old], "new": [k.vkey() for k in new]}
        create_file(path, json.dumps(plan).encode("ascii"), mode=0o600)
    try:
        found = json.loads(path.read_text(encoding="ascii"))
        old_keys, new_keys = (tuple(parse_vkey(vkey) for vkey in found[name]) for name in ("old", "new"))
        return Plan(str(found["event"]), old_keys, new_keys)
    except (ValueError, KeyError, TypeError, MalformedNote):
        raise KeyFileUnusable(f"{PLAN_FILE} is damaged") from None


def _sign_by_both(log: AuditLog, keys: LogKeys, plan: Plan, index: int) -> int:
    """Sign the rotation with all keys and list the new ones; return the tree size."""
    note = log.checkpoint()
    head = _open_by_both(note, plan)
    if head.size <= index:
        raise LogInconsistent("the last checkpoint does not cover the rotation")
    file = _receipt_file(log, head.size)
    file.parent.mkdir(mode=0o755, exist_ok=True)
    receipt = log.receipt(index)
    if verify_receipt(receipt, TrustedKeys.of(*plan.old)).checkpoint.size != head.size:
        # Another process signed meanwhile: by both as well, so that one is as good.
        head = verify_receipt(receipt, TrustedKeys.of(*plan.old)).checkpoint
        file = _receipt_file(log, head.size)
    replace_file(file, receipt.encode("utf-8"), mode=0o644)
    added = [TrustedKey(key, head.size) for key in plan.new]
    keys.write_trusted(keys.trusted(log.origin).with_keys(added, ending=plan.old, until=head.size))
    return head.size


def _open_by_both(note: str, plan: Plan) -> Checkpoint:
    head = TrustedKeys.of(*plan.old).open(note)
    if TrustedKeys.of(*plan.new).open(note) != head:
        raise LogInconsistent("two heads in one checkpoint")
    return head


def _listed_since(trusted: TrustedKeys, plan: Plan) -> int | None:
    """Return the size from which the new keys are listed, or None before that."""
    sizes: Sequence[int] = [key.first for key in trusted.keys if key.verifier in plan.new]
    return sizes[0] if sizes else None


def _make_coming(keys: LogKeys, kind: bytes) -> None:
    """Make the key that will follow in a file; one on a token is made there and named by its operator."""
    if keys.on_token(kind, NEXT):
        return
    if keys.on_token(kind):
        raise KeyFileUnusable(f"the key is on a token: name the next one of the token in {PKCS11_FILE}{NEXT}")
    secret(keys.directory / (KEY_FILES[kind].name + NEXT))


def _exchange(keys: LogKeys, old: Verifier, keep: Path | None) -> None:
    """Put the coming key of one kind in the place of the old one, of which nothing stays here."""
    path = keys.directory / KEY_FILES[old.kind].name
    coming, token = path.with_name(path.name + NEXT), keys.directory / PKCS11_FILE
    was_here = path.exists() and not keys.on_token(old.kind) and (coming.exists() or keys.on_token(old.kind, NEXT))
    if keep is not None and was_here:
        create_file(keep / f"{path.name}.{old.key_id.hex()}", path.read_bytes(), mode=0o600)
    if keys.on_token(old.kind, NEXT):
        token.with_name(token.name + NEXT).replace(token)
        sync_directory(keys.directory)
    if coming.exists():
        # Overwritten through the open file after its name has gone to the new key: a crash leaves one of both.
        with path.open("r+b") as file:
            coming.replace(path)
            sync_directory(keys.directory)
            overwrite(file)
    elif keys.on_token(old.kind) and path.exists():
        with path.open("r+b") as file:
            overwrite(file)
        path.unlink()
        sync_directory(keys.directory)


def _remove_leftovers(directory: Path) -> None:
    """Remove what a killed rotation was still writing: secrets under names that nothing reads."""
    for name in (*(file.name for file in KEY_FILES.values()), PLAN_FILE):
        for path in directory.glob(f".{name}.*"):
            path.unlink(missing_ok=True)


def _receipt_file(log: AuditLog, size: int) -> Path:
    return log.directory / RECEIPTS / f"{size}.tlog-proof"


def _digest(key: Verifier) -> str:
    return hashlib.sha256(key.vkey().encode("utf-8")).hexdigest()
