"""The use cases of de-identification, each with its audit event: what cannot be recorded is not done."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from audit.canonical import JSON
from audit.errors import AuditError
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from deid.announced import Announced
from deid.engine import Applied, Changer, Progress, apply
from deid.errors import DeidError
from deid.key_destruction import Destruction, destroy_key
from deid.key_ends import KeyEnd
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


class DeidDesk:
    """Makes extracts and looks after their keys."""

    def __init__(self, log: AuditLog, keys: KeyStore) -> None:
        self._log = log
        self._keys = keys

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
    ) -> Extract:
        """Write the extract that a policy makes of a table, announced before and reported after.

        Raises: KeyStoreError — if the policy's linkage domain is not approved or its key was destroyed. DataError —
        if the data does not fit; nothing is written. NotDurable — if it cannot be recorded; nothing is written.
        """
        self._keys.refuse_linkage(policy.linkage_domain, policy.project)
        key = self._keys.key(policy.linkage_domain, policy.key_version)
        about = Object("dataset", policy.dataset, project=policy.project)
        facts: dict[str, JSON] = {"key_version": policy.key_version, "linkage_domain": policy.linkage_domain}
        made = Announced(self._log, "deid.extract", policy.digest, by, subjects, source)
        intent = made.record("intent", about, detail=facts)
        try:
            applied = apply(policy, table, key, target, progress=progress, changer=changer)
        except BaseException as error:
            reason = error.reason_code if isinstance(error, DeidError) else "interrupted"
            made.record("failed", about, intent_id=intent, reason=reason)
            raise
        digest = _sha256(target)
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
            raise
        return Extract(target, digest, policy, applied)

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
    ) -> Destruction:
        """Destroy the additional information of a domain for ever and return the destruction record.

        `also` are directories of backups to look through afterwards, `agreed` is the request of two people that is
        carried out; the record names who agreed. Raises: KeyStoreError — if there never was such a key, or a
        directory is not there.
        """
        self._keys.record_of(domain, version)
        facts: dict[str, JSON] = {"linkage_domain": domain, "key_version": version}
        decided = by.ref
        if agreed is not None and agreed.approved_by is not None:
            facts |= {"request": agreed.ref, "requested_by": agreed.by, "approved_by": agreed.approved_by}
            decided = agreed.approved_by
        event = Event(
            "deid.key_destroyed",
            by,
            Object("project", domain),
            Subjects.none(),
            source,
            detail=facts,
            sealed={"reason": why},
            intent_id=None if agreed is None else agreed.event_id,
        )
        self._log.record(event)
        return destroy_key(self._keys, domain, version, by=decided, why=why, event_id=event.id, also=tuple(also))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
