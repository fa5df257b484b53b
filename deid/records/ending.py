"""How an extract ends: its period runs out, or it is destroyed together with its additional information."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from audit.event import Actor, Source
from audit.text import Text
from deid.records import rules, store
from deid.records.desk import Acting, Desk
from deid.records.errors import Conflict
from deid.records.model import Destruction, Document, Extract
from deid.records.workflow import Party, State, move_for

if TYPE_CHECKING:
    from deid.key_destruction import Destruction as Destroyed

WORKER = Actor.service("worker")


class Ending(Desk):
    """What ends extracts."""

    def expire(self) -> list[str]:
        """End every extract whose period is over; return their references."""
        ended = []
        for extract in self.every():
            if extract.state is State.MOUNTABLE and self._clock() >= extract.draft.ends_at:
                by = Acting(WORKER, WORKER.ref, Source(None))
                with self._moving(extract.ref, "extract.expired", by, Party.SYSTEM) as writing:
                    writing.detail["version"] = extract.version or 0
                ended.append(extract.ref)
        return ended

    def destroy(self, ref: str, reason: str, *, by: Acting) -> Extract:
        """Destroy an extract: the key that no other extract needs, then every file of every run.

        The intention is recorded before anything is touched, so that a crash in between is seen and done again.
        Raises: NotFound, Denied, Invalid. Conflict — a project may still use it.
        """
        from deid.records.processing import remove

        rules.check_reason(reason)
        extract = self.get(ref)
        move_for(extract.state, "extract.destroyed")
        with self._refusals("extract.destroyed", extract, by), self._db.begin() as tx:
            rules.check_party(Party.STEWARD, self._standing(tx, extract, by))
        self._refuse_in_use(extract)
        intent = self._announce(extract, "extract.destroyed", by)
        key = self._destroy_key(extract, reason, by)
        for run in extract.runs:
            remove(run.directory)
        with self._moving(ref, "extract.destroyed", by, Party.STEWARD, intent_id=intent) as writing:
            now = writing.now
            store.insert_destruction(writing.tx, ref, Destruction(by.ref, now, reason.strip(), key))
            writing.sha256 = extract.run.manifest_sha256 if extract.run else None
            writing.detail.update(runs=len(extract.runs), key_destroyed=key is not None)
            writing.sealed["reason"] = reason.strip()
        return self.get(ref)

    def _refuse_in_use(self, extract: Extract) -> None:
        """Raise Conflict while a grant of the extract is in force or yet to begin."""
        now = self._clock()
        used = [use.project for use in self.usages(extract) if use.revoked_at is None and now < use.ends_at]
        if used:
            names = ", ".join(sorted(set(used)))
            raise Conflict(
                "in_use",
                Text(f"아직 이용이 승인되어 있습니다: {names}", f"Projects may still use it: {names}"),
                advice=Text("먼저 데이터 이용 승인을 거두십시오.", "Revoke the grants first."),
            )

    def _destroy_key(self, extract: Extract, reason: str, by: Acting) -> Document | None:
        """End what an extract needs of its keys, and destroy each that nothing else was made with that still lives."""
        from deid.errors import KeyInUse
        from deid.key_users import needed, of_owner
        from deid.service import DeidDesk

        keys = self._keys()
        desk = DeidDesk(self._log, keys)
        for use in of_owner(keys, extract.ref, rules.digests_of(extract)):
            desk.end_use(
                use.ref,
                reason.strip(),
                by=by.actor,
                source=by.source,
                on_behalf_of=by.on_behalf_of,
                of_extract=extract.ref,
            )
        mine = {(run.linkage_domain, run.key_version) for run in extract.runs if run.synthetic is None}
        others = {
            (run.linkage_domain, run.key_version)
            for other in self.every()
            if other.ref != extract.ref and other.state is not State.DESTROYED
            for run in other.runs
        }
        records = []
        for domain, version in sorted(mine - others):
            if needed(keys, domain, version):
                continue
            # Whoever began to use it at this very moment keeps it.
            with suppress(KeyInUse):
                records.append(_plain(desk.destroy_key(domain, version, reason.strip(), by=by.actor, source=by.source)))
        return {"keys": records} if records else None


def _plain(record: Destroyed) -> Document:
    """Return the destruction record of a key as it is kept: names, times and counts, as text where need be."""
    document: Document = json.loads(json.dumps(asdict(record), default=str))
    return document
