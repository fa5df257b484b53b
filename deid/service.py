"""The use cases of de-identification, each with its audit event: what cannot be recorded is not done."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from audit.body import timestamp
from audit.canonical import JSON
from audit.errors import AuditError
from audit.event import Actor, Event, Object, Outcome, Source, Subjects
from audit.log import AuditLog
from audit.refs import new_event_id
from audit.search import Query, search
from audit.store import entry_of_event
from audit.text import Text
from deid import key_users
from deid.announced import Announced
from deid.engine import Applied, Changer, Progress, apply
from deid.errors import DeidError, KeptByExtract
from deid.key_destruction import Destruction, destroy_key, record_of, refuse_needed, unfinished
from deid.key_ends import DESTROYED, USE_ENDED, KeyEnd
from deid.key_users import DEFAULT_LIFE, KeyUser, Kind
from deid.keys import KeyStore
from deid.policy import Policy
from deid.sources import Table


@dataclass(frozen=True, slots=True)
class Extract:
    """An extract that was made."""

    path: Path
    sha256: str
    policy: Policy
    applied: Applied
    user: KeyUser
    """What is noted of it beside the key."""


@dataclass(frozen=True, slots=True)
class Need:
    """For what a file is made, and how long it needs its key."""

    until: datetime
    kind: Kind = "by_hand"
    owner: str | None = None
    """The extract that the file is part of; None where it is made by hand."""
    source_sha256: str | None = None
    on_behalf_of: str | None = None
    """The person whose work it is, where somebody else types."""


class DeidDesk:
    """Makes extracts and looks after their keys."""

    def __init__(self, log: AuditLog, keys: KeyStore) -> None:
        self._log = log
        self._keys = keys

    @property
    def log(self) -> AuditLog:
        """Where its events go."""
        return self._log

    def make_extract(
        self,
        policy: Policy,
        table: Table,
        target: Path,
        *,
        by: Actor,
        source: Source,
        subjects: Subjects,
        progress: Progress = lambda _done, _all: None,
        changer: Changer | None = None,
        need: Need | None = None,
    ) -> Extract:
        """Write the extract that a policy makes of a table, announced before and reported after.

        It is noted beside its key before it is made, with its end: without a `need`, a year from now. Raises:
        KeyStoreError — if the policy's linkage domain is not approved or its key was destroyed. UsageError — if it
        has ended already. DataError — if the data does not fit. NotDurable — if it cannot be recorded. Nothing is
        written then.
        """
        self._keys.refuse_linkage(policy.linkage_domain, policy.project)
        self._keys.refuse_destroyed(policy.linkage_domain, policy.key_version)
        need = need or Need(datetime.now(UTC) + DEFAULT_LIFE)
        user = _user(policy, need, by)
        about = Object("dataset", policy.dataset, project=policy.project)
        facts = _facts(user)
        made = Announced(self._log, "deid.extract", policy.digest, by, subjects, source, need.on_behalf_of)
        intent = made.record("intent", about, detail=facts)
        begun: key_users.Begun | None = None
        try:
            begun = key_users.begin(self._keys, user)
            applied = apply(policy, table, begun.key, target, progress=progress, changer=changer)
            digest = _digest_or_gone(target)
        except BaseException as error:
            reason = error.reason_code if isinstance(error, DeidError) else "interrupted"
            made.record("failed", about, intent_id=intent, reason=reason)
            if begun is not None:
                key_users.undo(self._keys, user, made=begun.made)
            raise
        counted: dict[str, JSON] = {
            **facts,
            "rows": applied.rows,
            "suppressed": applied.suppressed,
            "columns": len(applied.columns),
            "dropped": len(applied.dropped),
        }
        try:
            made.record("ok", replace(about, sha256=digest), intent_id=intent, detail=counted)
        except AuditError:
            # What is not recorded must not be there.
            target.unlink()
            key_users.undo(self._keys, user, made=begun.made)
            raise
        key_users.written(self._keys, user.ref, digest)
        return Extract(target, digest, policy, applied, replace(user, extract_sha256=digest))

    def end_use(
        self,
        ref: str,
        why: str,
        *,
        by: Actor,
        source: Source,
        on_behalf_of: str | None = None,
        of_extract: str | None = None,
    ) -> KeyUser:
        """Note that a file needs its key no more; the key is destroyed by the worker once it was the last.

        What an ordered extract needs ends with that extract only (`of_extract`), where it is known which that is.
        A second time changes nothing.
        Raises: KeyStoreError — if nothing of this reference was noted. KeptByExtract — if an extract needs it.
        """
        user = key_users.user(self._keys, ref)
        if user.kind == "ordered" and user.ended_at is None and not user.by_file and user.owner != of_extract:
            raise KeptByExtract(
                Text(
                    f"{ref}는 추출본 {user.owner}의 것이므로 따로 끝낼 수 없습니다.",
                    f"{ref} belongs to the extract {user.owner} and is not ended by itself.",
                )
            )
        if user.ended_at is None:
            detail: dict[str, JSON] = {**_named(user.domain, user.version), "use": ref, "owner": user.owner}
            event = Event(
                USE_ENDED,
                by,
                Object("project", user.project),
                Subjects.none(),
                source,
                on_behalf_of=on_behalf_of,
                detail=detail,
                sealed={"reason": why},
            )
            self._log.record(event)
            key_users.end(self._keys, ref, by=on_behalf_of or by.ref, why=why, at=datetime.now(UTC))
        return key_users.user(self._keys, ref)

    def approve_linkage(self, domain: str, project: str, *, requested_by: Actor, by: Actor, source: Source) -> None:
        """Let a project's pseudonyms be made in a domain that others share.

        Raises: KeyStoreError — if one person asks and approves.
        """
        self._keys.refuse_one_person(requested_by.ref, by.ref)
        self._log.record(
            Event(
                "deid.linkage_approved",
                by,
                Object("project", project),
                Subjects.none(),
                source,
                detail={"linkage_domain": domain, "requested_by": requested_by.ref},
            )
        )
        self._keys.approve_linkage(domain, project, requested_by=requested_by.ref, approved_by=by.ref)

    def destroy_key(
        self,
        domain: str,
        version: int,
        why: str,
        *,
        by: Actor,
        source: Source,
        also: Iterable[Path] = (),
        agreed: KeyEnd | None = None,
        again: bool = False,
    ) -> Destruction:
        """Destroy the additional information of a domain for ever and return the destruction record.

        Announced before and reported after; what was cut off in between is finished by another call. `also` are
        directories of backups to look through afterwards. Only what two people `agreed` on, and a key that comes back
        `again` out of a backup, is destroyed although somebody needs it.
        Raises: KeyInUse — if somebody does. KeyStoreError — if there never was such a key, or a directory is not there.
        """
        known = self._keys.record_of(domain, version)
        decided = agreed is not None or again
        announced = _Destroying(self._log, by, source, domain, version, why, agreed)
        if known.destroyed_at is None and not decided:
            try:
                refuse_needed([one for one in self._users(domain, version) if one.living(datetime.now(UTC))])
            except DeidError as refusal:
                announced.record("denied", reason=refusal.reason_code)
                raise
        event_id = new_event_id()
        if known.destroyed_at is None:
            announced.intent = announced.record("intent")
        else:
            announced.intent = self._announced(domain, version)
            if (domain, version) not in unfinished(self._keys):
                event_id = record_of(self._keys, domain, version).event_id or event_id
        decider = by.ref if agreed is None or agreed.approved_by is None else agreed.approved_by
        try:
            made = destroy_key(
                self._keys, domain, version, by=decider, why=why, event_id=event_id, also=tuple(also), decided=decided
            )
        except DeidError as error:
            announced.record("failed", reason=error.reason_code)
            raise
        if not self._recorded(made.event_id):
            announced.record("ok", event_id=made.event_id, served=made)
        return made

    def finish_destructions(self, *, by: Actor, source: Source) -> None:
        """Finish every destruction that was cut off, and report what was done but not recorded."""
        for known in self._keys.records():
            if known.destroyed_at is None:
                continue
            key = (known.domain, known.version)
            if key in unfinished(self._keys) or not self._recorded(record_of(self._keys, *key).event_id):
                self.destroy_key(*key, known.destroyed_why or "", by=by, source=source)

    def _users(self, domain: str, version: int) -> list[KeyUser]:
        return key_users.users(self._keys, domain, version)

    def _announced(self, domain: str, version: int) -> str | None:
        """Return the last announcement that a key is destroyed; of one that was cut off no report follows it."""
        with self._log.db.read() as tx:
            found = search(tx, Query(action=DESTROYED, outcome="intent", object=domain, limit=1000))
        return next((one.id for one in found if one.body["detail"]["key_version"] == version), None)

    def _recorded(self, event_id: str) -> bool:
        self._log.settle()
        with self._log.db.read() as tx:
            return entry_of_event(tx, event_id) is not None


@dataclass(slots=True)
class _Destroying:
    """The events of one destruction."""

    log: AuditLog
    by: Actor
    source: Source
    domain: str
    version: int
    why: str
    agreed: KeyEnd | None
    intent: str | None = None

    def record(
        self,
        outcome: Outcome,
        *,
        reason: str | None = None,
        event_id: str | None = None,
        served: Destruction | None = None,
    ) -> str:
        facts: dict[str, JSON] = _named(self.domain, self.version)
        if self.agreed is not None and self.agreed.approved_by is not None:
            facts |= {
                "request": self.agreed.ref,
                "requested_by": self.agreed.by,
                "approved_by": self.agreed.approved_by,
            }
        if served is not None:
            facts |= {
                "extracts": len(served.extracts),
                "datasets": list(served.datasets),
                "owners": list(served.owners),
            }
        event = Event(
            DESTROYED,
            self.by,
            Object("project", self.domain),
            Subjects.none(),
            self.source,
            outcome=outcome,
            reason=reason,
            detail=facts,
            sealed={"reason": self.why} if outcome == "ok" else {},
            intent_id=self.intent or (None if self.agreed is None else self.agreed.event_id),
            id=event_id or new_event_id(),
        )
        self.log.record(event)
        return event.id


def _user(policy: Policy, need: Need, by: Actor) -> KeyUser:
    ref = key_users.new_user_ref()
    return KeyUser(
        ref=ref,
        domain=policy.linkage_domain,
        version=policy.key_version,
        kind=need.kind,
        owner=need.owner or ref,
        dataset=policy.dataset,
        project=policy.project,
        by_ref=need.on_behalf_of or by.ref,
        policy_sha256=policy.digest,
        source_sha256=need.source_sha256,
        noted_at=datetime.now(UTC),
        until=need.until,
    )


def _facts(user: KeyUser) -> dict[str, JSON]:
    """Return what the log says of the use of a key: enough to note it anew if the key's own database is lost."""
    return {
        **_named(user.domain, user.version),
        "use": user.ref,
        "kind": user.kind,
        "owner": user.owner,
        "until": timestamp(user.until),
        **({} if user.source_sha256 is None else {"source_sha256": user.source_sha256}),
    }


def _named(domain: str, version: int) -> dict[str, JSON]:
    return {"linkage_domain": domain, "key_version": version}


def _digest_or_gone(target: Path) -> str:
    """Return the digest of what was just written; who is interrupted meanwhile keeps no file that nobody recorded."""
    try:
        return _sha256(target)
    except BaseException:
        target.unlink()
        raise


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
