"""Trying a policy on past requests, and repeating a past scan: nothing of a request changes, the trial is recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from audit.event import Actor, Event, Object, Source, Subjects
from audit.refs import new_ref
from egress_review import behaviour, store, tables
from egress_review.choosing import combined, policies_behind
from egress_review.desk import Record
from egress_review.errors import EgressError, NotFound, ScanFailed
from egress_review.findings import Finding, Report
from egress_review.governing import check_authority_of
from egress_review.job import JobFile
from egress_review.model import Request
from egress_review.scanning import Scanning
from egress_review.simulation import Side, Simulation, count
from egress_review.standing import demands_of, excluded
from egress_review.terms import Policy
from registry.text import Text

ACTION = "egress.policy_simulated"
Progress = Callable[[int, int], None]
"""Told how many requests are done, of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A trial that was asked for in the portal."""

    ref: str
    policy_name: str
    policy_digest: str
    since: datetime | None
    by_ref: str
    asked_at: datetime
    done: int
    total: int
    result: Simulation | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A past scan, done again under the policy that it was done under."""

    ref: str
    policy_digest: str
    same: bool
    differences: tuple[tuple[str, str], ...]
    """File and rule of each finding that is on one side only."""


class Simulating(Scanning):
    """What would have been."""

    def simulate(
        self, policy: Policy, since: datetime | None, *, by: Actor, source: Source, progress: Progress
    ) -> Simulation:
        """Try a policy as that of the zone on every request that was scanned since a time.

        Raises: Denied (registry) — for who may not set policies.
        """
        past = self._asked(policy, since, by, source)[1]
        return self._simulated(policy, past, progress)

    def ask_simulation(self, policy: Policy, since: datetime | None, *, by: Actor, source: Source) -> str:
        """Have the worker try a policy; its reference is returned at once.

        Raises: Denied (registry)
        """
        event_id, past = self._asked(policy, since, by, source)
        ref = new_ref("sim")
        content = json.dumps(policy.as_json(), ensure_ascii=False, sort_keys=True)
        with self._db.begin() as tx:
            tx.execute(
                insert(tables.simulation).values(
                    ref=ref,
                    policy_name=policy.name,
                    policy_digest=policy.digest,
                    policy=content,
                    since=since,
                    by_ref=by.ref,
                    event_id=event_id,
                    asked_at=self._clock(),
                    total=len(past),
                )
            )
        return ref

    def run_simulations(self) -> None:
        """Do the trials that were asked for and are not done; one that a crash cut short begins again."""
        table = tables.simulation
        with self._db.read() as tx:
            waiting = tx.execute(select(table).where(table.c.ended_at.is_(None)).order_by(table.c.asked_at)).all()
        for row in waiting:
            mine = update(table).where(table.c.ref == row.ref)

            def told(done: int, total: int, mine: Any = mine) -> None:
                with self._db.begin() as tx:
                    tx.execute(mine.values(done=done, total=total))

            past = self._past(row.since, row.asked_at)
            result = self._simulated(Policy.from_json(json.loads(row.policy)), past, told)
            content = json.dumps(result.as_json(), ensure_ascii=False)
            with self._db.begin() as tx:
                tx.execute(mine.values(result=content, ended_at=self._clock()))

    def trials(self) -> list[Trial]:
        """The trials that were asked for, the latest first."""
        with self._db.read() as tx:
            return [_trial(row) for row in tx.execute(select(tables.simulation)).all()][::-1]

    def trial(self, ref: str) -> Trial:
        """One of them.

        Raises: NotFound
        """
        with self._db.read() as tx:
            row = tx.execute(select(tables.simulation).where(tables.simulation.c.ref == ref)).one_or_none()
        if row is None:
            raise NotFound("trial_unknown", Text(ko="그런 모의 적용이 없습니다.", en="There is no such trial."))
        return _trial(row)

    def replay(self, ref: str, *, by: Actor, source: Source) -> Replay:
        """Scan a request again under the policy of its report, and compare the two reports.

        Raises: NotFound — no such request, never scanned, or its files are purged. ScanFailed.
        """
        with self._db.read() as tx:
            request = store.load(tx, ref)
            policy, before = store.policy_of(tx, request), store.report_of(tx, request)
            earlier = self._earlier_then(tx, request)
        after = self._scan_again(request, policy, earlier)
        differences = _differences(before, after)
        held = before is not None and before.policy_digest == policy.digest == request.policy_digest
        replay = Replay(ref=ref, policy_digest=policy.digest, same=held and not differences, differences=differences)
        with self._db.begin() as tx:
            detail = {"same": replay.same, "differences": len(differences)}
            self._record(tx, request, "egress.replayed", Record(actor=by, source=source, detail=detail))
        return replay

    def _asked(
        self, policy: Policy, since: datetime | None, by: Actor, source: Source
    ) -> tuple[str, list[tuple[Request, Report]]]:
        past = self._past(since, self._clock())
        event = Event(
            action=ACTION,
            actor=by,
            object=Object("policy", policy.digest, sha256=policy.digest),
            subjects=Subjects.none(),
            source=source,
            policy=self.policy.digest,
            detail={"requests": len(past)},
        )
        with self._db.begin() as tx:
            check_authority_of(tx, ACTION, by)
            event_id = self._log.append(tx, event).event_id
        return event_id, past

    def _past(self, since: datetime | None, until: datetime) -> list[tuple[Request, Report]]:
        """The requests that were scanned, the oldest first, each with the report of its present round."""
        table = tables.request.c
        conditions = [table.submitted_at <= until, *([table.submitted_at >= since] if since else [])]
        with self._db.read() as tx:
            found = [(one, store.report_of(tx, one)) for one in store.find(tx, *conditions)]
        return [(one, report) for one, report in reversed(found) if report is not None]

    def _simulated(self, policy: Policy, past: list[tuple[Request, Report]], progress: Progress) -> Simulation:
        candidate = replace(policy, recognisers=self.policy.recognisers)
        pairs, purged, failed = [], [], []
        for done, (request, report) in enumerate(past):
            progress(done, len(past))
            try:
                pairs.append((request.ref, *self._sides(request, report, candidate)))
            except NotFound:
                purged.append(request.ref)
            except (ScanFailed, EgressError, OSError):
                failed.append(request.ref)
        progress(len(past), len(past))
        return count(pairs, purged, failed)

    def _sides(self, request: Request, report: Report, candidate: Policy) -> tuple[Side, Side]:
        """The request under the policy in force and under the other one; no scan is done twice for one answer."""
        with self._db.read() as tx:
            own = [one.policy for one in policies_behind(tx, request.project, request.submitted_at) if one.policy]
            now, other = combined(self.policy, own), combined(candidate, own)
            votes = store.votes_of(tx, request.ref)
            barred = excluded(tx, request, votes)
            demands = {policy.digest: demands_of(tx, policy, request, votes) for policy in (now, other)}
            earlier = self._earlier_then(tx, request)
        after = self._scan_again(request, other, earlier)
        untouched = report.policy_digest == now.digest and after.files == report.files
        before = report if untouched else self._scan_again(request, now, earlier)
        return (
            Side.of(request, before, now, votes, barred, demands[now.digest]),
            Side.of(request, after, other, votes, barred, demands[other.digest]),
        )

    def _scan_again(self, request: Request, policy: Policy, earlier: tuple[JobFile, ...]) -> Report:
        job = replace(self._scan_job(request, policy, earlier), previews=False)
        return self._scanner.scan(job).report

    def _earlier_then(self, tx: Connection, request: Request) -> tuple[JobFile, ...]:
        """What had left the project when the request was scanned; what was purged since cannot be compared with."""
        at = store.scanned_at(tx, request)
        table = tables.request.c
        left = store.find(tx, table.project == request.project, table.released_at <= at, table.ref != request.ref)
        files = {file.sha256: file.name for one in left for file in one.outputs}
        return tuple(self._held(files))

    def _held(self, files: dict[str, str]) -> Iterator[JobFile]:
        for sha256, name in files.items():
            try:
                yield JobFile(name, sha256, self._vault.path(sha256))
            except NotFound:
                continue


def _differences(before: Report | None, after: Report) -> tuple[tuple[str, str], ...]:
    """File and rule of each finding that one report has and the other has not."""
    one, other = _findings(before) if before else set(), _findings(after)
    return tuple(sorted({(path, finding.rule) for path, finding in one ^ other}))


def _findings(report: Report) -> set[tuple[str, Finding]]:
    """What the scan of the files found; what was known of the author on that day no scan says again."""
    return {
        (file.path, finding)
        for file in report.files
        for finding in file.findings
        if finding.rule not in behaviour.RULES
    }


def _trial(row: Row[Any]) -> Trial:
    return Trial(
        ref=row.ref,
        policy_name=row.policy_name,
        policy_digest=row.policy_digest,
        since=row.since,
        by_ref=row.by_ref,
        asked_at=row.asked_at,
        done=row.done,
        total=row.total,
        result=None if row.result is None else Simulation.from_json(json.loads(row.result)),
        ended_at=row.ended_at,
    )
