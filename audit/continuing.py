"""Begins a new log after the keys of one were lost: its first entry names the last good checkpoint of the old one.

Nothing that a lost key signs can be told from what the log signed, but for what was cosigned or stamped before. So the
new log has another origin and other keys, and vouches for the old one up to the last checkpoint that witnesses saw.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from audit.canonical import JSON
from audit.durable import create_file
from audit.errors import KeyFileUnusable, LogInconsistent, NotIntegrated, NotTrusted
from audit.event import Actor, Event, Object, Source, Subjects
from audit.keys import VKEY_FILE, LogKeys
from audit.log import AuditLog
from audit.proof import verify_receipt
from audit.refs import new_event_id
from audit.tree_head import Checkpoint
from audit.trusted import TRUSTED_KEYS_FILE, TrustedKeys
from audit.witness.policy import WitnessPolicy

ACTION = "log.continued"
DIRECTORY = "continues"
CHECKPOINT_FILE, POLICY_FILE, EVENT_FILE = "checkpoint", "policy", "event"


@dataclass(frozen=True, slots=True)
class LastGood:
    """The last checkpoint of a log that is to be believed, and what it is believed for."""

    note: str
    keys: TrustedKeys
    policy_text: str

    def check(self) -> Checkpoint:
        """Return the head that the log signed and a quorum of witnesses saw.

        Raises: NotTrusted — if the log did not sign it, or no quorum saw it. MalformedPolicy — if the policy is
        none. MalformedCheckpoint — if it is no checkpoint.
        """
        policy = WitnessPolicy.parse(self.policy_text)
        head = self.keys.open(self.note)
        if not policy.asks or not policy.satisfied_by(self.note):
            raise NotTrusted("no quorum of witnesses saw this checkpoint")
        return head

    @classmethod
    def load(cls, directory: Path) -> LastGood:
        """Return what `prepare` kept.

        Raises: NotTrusted — if a file is missing.
        """
        try:
            note, policy = ((directory / name).read_text("utf-8") for name in (CHECKPOINT_FILE, POLICY_FILE))
        except (OSError, UnicodeDecodeError):
            raise NotTrusted(f"no last good checkpoint in {directory}") from None
        return cls(note, TrustedKeys.load(directory / TRUSTED_KEYS_FILE), policy)


def prepare(home: Path, origin: str, last: LastGood) -> LogKeys:
    """Make the keys of the new log in an empty home, and keep there what it continues.

    Raises: KeyFileUnusable — if the home has keys already, or the origin is the old one. AuditError — as `check`.
    """
    old = last.check()
    if origin == old.origin:
        raise KeyFileUnusable("the new log needs another origin than the old one")
    if (home / "keys" / VKEY_FILE).exists():
        raise KeyFileUnusable(f"{home} has the keys of a log already")
    directory = home / "log" / DIRECTORY
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    texts = {CHECKPOINT_FILE: last.note, TRUSTED_KEYS_FILE: last.keys.format(), POLICY_FILE: last.policy_text}
    for name, text in {**texts, EVENT_FILE: new_event_id()}.items():
        create_file(directory / name, text.encode("utf-8"), mode=0o644)
    keys = LogKeys.load_or_create(home / "keys")
    keys.publish(origin)
    return keys


def begin(log: AuditLog) -> int | None:
    """Record as entry 0 what a prepared log continues; None if it continues nothing.

    Raises: LogInconsistent — if something else was recorded first. AuditError — as `check`.
    """
    directory = log.directory / DIRECTORY
    if not (directory / EVENT_FILE).exists():
        return None
    last = LastGood.load(directory)
    event_id = (directory / EVENT_FILE).read_text("utf-8")
    with log.db.read() as tx:
        empty = log.size(tx) == 0
    if not empty and not _is_first(log, event_id):
        raise LogInconsistent("the log has entries before the one that says what it continues")
    index = log.record(_event(event_id, last, log.component))
    if index != 0:
        raise LogInconsistent("the log has entries before the one that says what it continues")
    return index


def verify_continuation(receipt: str, new: TrustedKeys, last: LastGood) -> Checkpoint:
    """Return the head of the old log up to which the new one, by its entry 0, vouches for it.

    Raises: NotTrusted — if entry 0 says something else. AuditError — as `check` and `verify_receipt`.
    """
    head = last.check()
    proven = verify_receipt(receipt, new)
    expected = _event(proven.body["id"], last, "").detail
    if proven.index != 0 or proven.body["action"] != ACTION or proven.body["detail"] != expected:
        raise NotTrusted("entry 0 of the new log does not continue this checkpoint")
    return head


def _is_first(log: AuditLog, event_id: str) -> bool:
    try:
        return log.wait(event_id, "integrated", 0.1) == 0
    except NotIntegrated:
        return False


def _event(event_id: str, last: LastGood, component: str) -> Event:
    head = last.keys.open(last.note)
    detail: dict[str, JSON] = {
        "origin_sha256": hashlib.sha256(head.origin.encode("utf-8")).hexdigest(),
        "size": head.size,
        "root": head.root.hex(),
        "checkpoint_sha256": hashlib.sha256(last.note.encode("utf-8")).hexdigest(),
    }
    about, where = Object("log", "audit"), Source(ip=None, host="zone")
    actor = Actor.service(component or "cli")
    return Event(ACTION, actor, about, Subjects.none(), where, detail=detail, id=event_id)
