"""What the desk keeps an eye on beside each file: its sources, canaries, pre-checks, and the requests before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection, func, insert, select

from audit.canonical import JSON
from audit.event import Actor, Event, Object, Source
from audit.review.working_hours import WorkingHours
from egress_review import mail, store, tables
from egress_review.behaviour import PERIOD, History, findings_of
from egress_review.desk import HERE, WORKER, Desk, Record, as_actor, subjects_of
from egress_review.errors import Conflict, Denied, EgressError
from egress_review.findings import Flagged, Report
from egress_review.fingerprint_index import Index
from egress_review.fingerprints import SMALL_BYTES, Fingerprints, Manifest
from egress_review.job import Alarm, ScanResult, scan_failed
from egress_review.model import DatasetUse, Request
from egress_review.sketches import Sketch
from egress_review.source_check import Source as DataSource
from egress_review.source_check import Sources
from egress_review.telling import CANARY, officers_of, tell_officers
from egress_review.telling import PROBING as PROBED
from egress_review.terms import Policy
from egress_review.watching_tables import precheck, sketch
from egress_review.workflow import State
from registry.model import DatasetVersion, Person, WorkPermit
from registry.text import Text

OFTEN = ((timedelta(minutes=10), 30), (timedelta(days=1), 300))
"""Pre-checks that one person may ask for in a time; enough for work, useless for asking row by row."""
PROBING = 10
"""Pre-checks of one person in a day that met records of the source, from which the officer is told."""
PATIENCE = 5
"""Attempts of a scan that wait for fingerprints; after them the request goes on as not checked."""
ZONE = Actor.service("portal")
"""Who raises an alarm about an author: everybody may read what the log says that they did themselves."""
STOPPED = (State.BLOCKED, State.REJECTED)

_TOO_OFTEN = Text(
    ko="사전 점검은 {minutes}분에 {most}번까지 할 수 있습니다.",
    en="At most {most} pre-checks are made in {minutes} minutes.",
)
_LATER = Text(
    ko="결과를 모아 한 번에 점검하십시오. 한 번에 여러 파일을 줄 수 있습니다.",
    en="Check several files in one go; a pre-check takes a list of them.",
)


@dataclass(frozen=True, slots=True)
class Watch:
    """What a zone gives its desk to watch with."""

    fingerprints: Fingerprints
    hours: WorkingHours | None = None
    first_needs_senior: bool = False
    """Whether the first release of an author takes a senior checker."""


class Watching(Desk):
    """What is known beyond the bytes of a file."""

    def fingerprint(
        self,
        dataset: str,
        number: int,
        code_lists: Iterable[str] = (),
        *,
        again: bool = False,
        by: Actor = WORKER,
        source: Source = HERE,
    ) -> Manifest:
        """Make the fingerprints of a dataset version, recorded; `code_lists` are files of it that hold no people.

        `again` makes them even if there are some.

        Raises: Conflict, Invalid; NotFound (registry).
        """
        version = self._registry.version(dataset, number)
        return self._fingerprint(self._watched.fingerprints, version, code_lists, by, source, again=again)

    def fingerprint_standing(self) -> list[tuple[str, int, Manifest | None]]:
        """Every dataset version whose files are there, with what is kept of it."""
        kept = self._watched.fingerprints
        versions = (one for dataset in self._registry.datasets() for one in self._registry.versions(dataset.id))
        return [(one.dataset, one.number, kept.manifest(one)) for one in versions if one.path.is_dir()]

    def _fingerprint(
        self,
        kept: Fingerprints,
        version: DatasetVersion,
        code_lists: Iterable[str],
        by: Actor,
        source: Source,
        *,
        again: bool = False,
    ) -> Manifest:
        made, now = kept.make(version, code_lists, again=again)
        if not now:
            return made
        people = self._registry.dataset(version.dataset).people
        detail: dict[str, JSON] = {
            "version": version.number,
            "tables": len(made.tables),
            "rows": made.total,
            "unread": made.unread,
            "code_lists": len(made.left_out) - made.unread,
            "cells": made.counts["cells"],
            "key": made.key,
        }
        self._log.record(
            Event(
                action="egress.fingerprinted",
                actor=by,
                object=Object("dataset", version.dataset, sha256=version.manifest_sha256),
                subjects=subjects_of((DatasetUse(version.dataset, version.number, people),)),
                source=source,
                detail=detail,
            ),
            wait="durable",
        )
        return made

    @property
    def _watched(self) -> Watch:
        if self._watch is None:
            reason = Text(ko="이 창구에는 지문이 없습니다.", en="This desk keeps no fingerprints.")
            raise Conflict("no_watch", reason)
        return self._watch

    def _sources(self, uses: Iterable[DatasetUse], *, submitted: bool, attempts: int = 0) -> Sources | None:
        """What the files of a request are compared with: the data that its workspace could read, and no other.

        Raises: ScanFailed — while the fingerprints of something that was handed in are still being made.
        """
        if self._watch is None:
            return None
        kept = self._watch.fingerprints
        sources, missing, canaries = [], [], {}
        for use in uses:
            canaries[use.dataset] = kept.canaries.of(use.dataset)
            version = self._registry.version(use.dataset, use.version)
            found = self._opened(kept, version)
            if found is None and submitted and attempts < PATIENCE and version.path.is_dir():
                raise scan_failed("no_fingerprints")
            if found is None:
                missing.append(use.dataset)
                continue
            manifest, index = found
            lengths = frozenset((use.people, *(table.rows for table in manifest.tables)))
            sources.append(DataSource(use.dataset, index, lengths, manifest.unread))
        return Sources(kept.key, tuple(sources), tuple(missing), canaries, stop_canaries=submitted)

    def _opened(self, kept: Fingerprints, version: DatasetVersion) -> tuple[Manifest, Index] | None:
        """The index of a version; what is small and missing is made on the spot."""
        found = kept.index(version)
        if found is None and version.size <= SMALL_BYTES and version.path.is_dir():
            try:
                self._fingerprint(kept, version, (), WORKER, HERE)
            except EgressError:
                return None
            found = kept.index(version)
        return found

    def _admit_precheck(self, permit: WorkPermit, author: Person, source: Source) -> None:
        """Refuse a pre-check of somebody who asks too often; the refusal is recorded.

        Raises: Denied
        """
        if self._watch is None:
            return
        now, table = self._clock(), precheck
        with self._db.begin() as tx:
            for within, most in OFTEN:
                recent = select(func.count()).where(table.c.author_ref == author.ref, table.c.at > now - within)
                if tx.execute(recent).scalar_one() >= most:
                    uses = tuple(DatasetUse(m.dataset, m.version, m.people) for m in permit.mounts)
                    self._say(tx, "egress.prechecked", permit, as_actor(author), uses, source, denied="too_often")
                    minutes = int(within.total_seconds() // 60)
                    refused = Denied("too_often", _TOO_OFTEN.fill(minutes=minutes, most=most), hint=_LATER)
                    break
            else:
                values = {"author_ref": author.ref, "project": permit.project.id, "files": 0, "stopped": False}
                tx.execute(insert(table).values(at=now, **values))
                return
        raise refused

    def _watch_precheck(self, permit: WorkPermit, author: Person, result: ScanResult) -> None:
        """Count what a pre-check met; tell the officer of canaries, and once a day of somebody who goes on asking."""
        if self._watch is None:
            return
        now, table = self._clock(), precheck
        uses = tuple(DatasetUse(m.dataset, m.version, m.people) for m in permit.mounts)
        stopped = any(_stopped(file.findings) for file in result.report.files)
        with self._db.begin() as tx:
            for alarm in result.alarms:
                detail: dict[str, JSON] = {"sha256": alarm.sha256, "dataset": alarm.dataset, "canaries": alarm.count}
                self._say(tx, "egress.canary_hit", permit, ZONE, uses, HERE, detail)
            if result.alarms:
                tell_officers(tx, self._registry, "egress_canary", CANARY.fill(ref=permit.workspace.ref))
            if not stopped:
                return
            values = {"author_ref": author.ref, "project": permit.project.id, "files": len(result.report.files)}
            tx.execute(insert(table).values(at=now, stopped=True, **values))
            met = select(func.count()).where(
                table.c.author_ref == author.ref, table.c.stopped, table.c.at > now - timedelta(days=1)
            )
            count = tx.execute(met).scalar_one()
            if count and count % PROBING == 0:
                self._say(tx, "egress.probing", permit, ZONE, uses, HERE, {"count": count})
                content = PROBED.fill(ref=permit.workspace.ref, count=count)
                tell_officers(tx, self._registry, "egress_probing", content)

    def _say(
        self,
        tx: Connection,
        action: str,
        permit: WorkPermit,
        actor: Actor,
        uses: tuple[DatasetUse, ...],
        source: Source,
        detail: Mapping[str, JSON] | None = None,
        denied: str | None = None,
    ) -> None:
        self._log.append(
            tx,
            Event(
                action=action,
                actor=actor,
                object=Object("workspace", permit.workspace.ref, permit.project.id),
                subjects=subjects_of(uses),
                source=source,
                outcome="denied" if denied else "ok",
                reason=denied,
                detail=detail or {},
            ),
        )

    def _alarmed(self, tx: Connection, request: Request, alarms: Iterable[Alarm]) -> None:
        """Tell the officer of canaries in a request; its author reads nothing of it."""
        found = list(alarms)
        for alarm in found:
            detail: dict[str, JSON] = {"dataset": alarm.dataset, "canaries": alarm.count}
            record = Record(actor=WORKER, source=HERE, detail=detail)
            self._record(tx, request, "egress.canary_hit", record, sha256=alarm.sha256)
            mail.put(tx, "alarm", request, officers_of(tx), self._clock())
        if found:
            tell_officers(tx, self._registry, "egress_canary", CANARY.fill(ref=request.ref))

    def _beside_others(self, tx: Connection, request: Request, policy: Policy, result: ScanResult) -> Report:
        """The report with what reviewers are to know of the requests before; keeps the sketch of each file."""
        if self._watch is None:
            return result.report
        own = self._keep_sketches(tx, request, result)
        history = self._history(tx, request, policy, own)
        files = (replace(f, findings=(*f.findings, *findings_of(f, history))) for f in result.report.files)
        return replace(result.report, files=tuple(files))

    def _keep_sketches(self, tx: Connection, request: Request, result: ScanResult) -> dict[str, Sketch]:
        key, now = self._watched.fingerprints.key, self._clock()
        files = zip(result.report.files, result.rows, strict=False)
        own = {file.sha256: Sketch.of(wire, key) for file, wire in files}
        for sha256, one in own.items():
            place = {"request_ref": request.ref, "round": request.round, "sha256": sha256}
            tx.execute(insert(sketch).values(values=one.values, content=one.content, at=now, **place))
        return own

    def _history(self, tx: Connection, request: Request, policy: Policy, own: Mapping[str, Sketch]) -> History:
        table, now, watch = tables.request, self._clock(), self._watched
        mine = table.c.author_ref == request.author_ref
        recent = store.find(tx, mine, table.c.project == request.project, table.c.submitted_at > now - PERIOD)
        before = select(table.c.ref).where(mine, table.c.released_at.is_not(None)).limit(1)
        rounds = {(one.ref, one.round) for one in recent}
        counted = tx.execute(select(sketch).where(sketch.c.request_ref.in_([one.ref for one in recent]))).all()
        return History(
            released_before=tx.execute(before).first() is not None,
            requests=len(recent),
            size=sum(file.size for one in recent for file in one.files),
            values=sum(row.values for row in counted if (row.request_ref, row.round) in rounds),
            most_size=policy.max_total_bytes,
            outside_hours=watch.hours is not None and watch.hours.outside(request.submitted_at),
            first_needs_senior=watch.first_needs_senior,
            stopped=tuple(self._stopped_before(tx, request, own)),
        )

    def _stopped_before(
        self, tx: Connection, request: Request, own: Mapping[str, Sketch]
    ) -> Iterable[tuple[str, str, float]]:
        """Files of the project or the author that were stopped or refused, and how much each file shares with them."""
        table = tables.request
        wanted = (
            select(sketch)
            .join(table, table.c.ref == sketch.c.request_ref)
            .where(
                table.c.state.in_([state.value for state in STOPPED]),
                (table.c.project == request.project) | (table.c.author_ref == request.author_ref),
                table.c.ref != request.ref,
            )
        )
        for row in tx.execute(wanted):
            other = Sketch.parse(row.values, row.content)
            for sha256, one in own.items():
                yield sha256, row.request_ref, one.likeness(other)


def _stopped(findings: Iterable[object]) -> bool:
    return any(isinstance(one, Flagged) and one.rule == "source.records" for one in findings)
