"""Synthetic extracts that the worker makes: asked for, watched, cancelled; what comes of one is a run of its extract.

A job is work, not a record: it may be changed until it has ended. Whether its extract may be used is decided as for
every other one, by a review of its run.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, insert, select, update

from audit.refs import new_event_id, new_ref
from audit.text import Text
from deid.errors import DeidError
from deid.records import rules, store, tables
from deid.records.desk import Acting, Writing
from deid.records.errors import Conflict, NotFound, RecordError, TooRisky
from deid.records.making import Making
from deid.records.model import Document, Draft
from deid.records.workflow import move_for

if TYPE_CHECKING:
    from deid.records.processing import Progress


class JobState(StrEnum):
    """How a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    MADE = "made"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (JobState.WAITING, JobState.RUNNING)
OUT_OF_MEMORY = Text(
    "정해진 메모리로는 만들 수 없습니다. 열을 줄이거나 행 수(rows)를 줄이십시오.",
    "It takes more memory than the zone allows. Take fewer columns or fewer rows.",
)
INTERRUPTED = Text("작업이 중단되었습니다. 다시 요청하십시오.", "The work was interrupted. Ask for it again.")


@dataclass(frozen=True, slots=True)
class Job:
    """One job."""

    ref: str
    extract: str
    policy: str
    """The text of the synthetic policy."""
    sources: Mapping[str, Path]
    """The file that each table is learnt from."""
    state: JobState
    stage: str | None
    done: int
    total: int
    reason: Text | None
    report: Document | None
    """Why the gate refused it; what was made has its report in its run."""
    by_ref: str
    asked_at: datetime
    started_at: datetime | None
    stage_at: datetime | None
    ended_at: datetime | None

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.state in OPEN

    def seconds_left(self, now: datetime) -> float | None:
        """Return how long the present stage will take, going by what it took so far; None where nothing says it."""
        if self.stage_at is None or not 0 < self.done < self.total:
            return None
        return (now - self.stage_at).total_seconds() * (self.total - self.done) / self.done


class SyntheticJobs(Making):
    """What is done with jobs."""

    def ask_synthetic(self, ref: str, policy: str, sources: Mapping[str, Path], *, by: Acting) -> Job:
        """Have the worker make the tables of a drafted extract from files of the zone.

        Raises: PolicyError — naming the line. NotFound, Denied, Conflict, Invalid.
        """
        extract = self.get(ref)
        check_policy(extract.draft, policy, sources)
        event_id, job_ref, now = new_event_id(), new_ref("sj"), self._clock()
        with self._refusals("extract.synthetic_asked", extract, by), self._db.begin() as tx:
            extract = store.load(tx, ref, lock=True)
            move_for(extract.state, "extract.processed")
            rules.check_maker(self._standing(tx, extract, by))
            if tx.execute(_of(extract.ref).where(tables.synthetic_job.c.state.in_(OPEN))).first() is not None:
                raise Conflict(
                    "job_open",
                    Text("이 추출본은 이미 만드는 중입니다.", "This extract is being made already."),
                )
            tx.execute(
                insert(tables.synthetic_job).values(
                    ref=job_ref,
                    extract=ref,
                    policy=policy,
                    sources=json.dumps({name: str(path) for name, path in sources.items()}, ensure_ascii=False),
                    state=JobState.WAITING.value,
                    by_ref=by.ref,
                    asked_at=now,
                    event_id=event_id,
                )
            )
            writing = Writing(tx, extract, now, event_id)
            writing.detail.update(job=job_ref, tables=len(sources))
            self._append(writing, "extract.synthetic_asked", by)
        return self.synthetic_job(job_ref)

    def cancel_synthetic(self, job_ref: str, *, by: Acting) -> Job:
        """Have a job stopped; nothing of what it has made stays.

        Raises: NotFound, Denied. Conflict — if it has ended.
        """
        job = self.synthetic_job(job_ref)
        extract, event_id = self.get(job.extract), new_event_id()
        with self._refusals("extract.synthetic_cancelled", extract, by), self._db.begin() as tx:
            rules.check_maker(self._standing(tx, extract, by))
            if not self._change(tx, job_ref, state=JobState.CANCELLED.value, ended_at=self._clock()):
                raise Conflict("job_ended", Text("이미 끝난 작업입니다.", "This job has ended already."))
            writing = Writing(tx, extract, self._clock(), event_id)
            writing.detail["job"] = job_ref
            self._append(writing, "extract.synthetic_cancelled", by)
        return self.synthetic_job(job_ref)

    def synthetic_job(self, ref: str) -> Job:
        """Return one job.

        Raises: NotFound.
        """
        with self._db.read() as tx:
            row = tx.execute(select(tables.synthetic_job).where(tables.synthetic_job.c.ref == ref)).first()
        if row is None:
            raise NotFound("job_unknown", Text("그런 작업이 없습니다.", "There is no such job."))
        return _job(row)

    def synthetic_jobs(self, extract: str | None = None) -> list[Job]:
        """Return the jobs of an extract, or all, the latest first."""
        table = tables.synthetic_job
        wanted = select(table).order_by(table.c.asked_at.desc(), table.c.ref)
        if extract is not None:
            wanted = wanted.where(table.c.extract == extract)
        with self._db.read() as tx:
            return [_job(row) for row in tx.execute(wanted).all()]

    def begin_synthetic(self, ref: str) -> bool:
        """Take a waiting job to work on; False if somebody cancelled it meanwhile."""
        now = self._clock()
        with self._db.begin() as tx:
            return self._change(tx, ref, state=JobState.RUNNING.value, started_at=now, stage_at=now)

    def tell_synthetic(self, ref: str, stage: str, done: int, total: int, *, new: bool) -> None:
        """Say how far a job has come; `new` where the stage begins."""
        values: dict[str, Any] = {"stage": stage, "done": done, "total": total}
        if new:
            values["stage_at"] = self._clock()
        with self._db.begin() as tx:
            self._change(tx, ref, **values)

    def end_synthetic(
        self, ref: str, state: JobState, reason: Text | None = None, report: Document | None = None
    ) -> None:
        """Say how a job ended; one that was cancelled stays cancelled."""
        said = None if reason is None else json.dumps([reason.ko, reason.en], ensure_ascii=False)
        found = None if report is None else json.dumps(report, ensure_ascii=False)
        with self._db.begin() as tx:
            self._change(tx, ref, state=state.value, reason=said, report=found, ended_at=self._clock())

    def make_synthetic_job(self, ref: str, *, by: Acting, progress: Progress) -> JobState:
        """Make the extract of a job and say how it ended; what is wrong with policy or data is said there too."""
        from deid.records.order import Item, Order

        job = self.synthetic_job(ref)
        extract = self.get(job.extract)
        with tempfile.TemporaryDirectory(prefix="ansim-job-") as name:
            policy = Path(name) / "synthetic.yaml"
            policy.write_text(job.policy, encoding="utf-8")
            items = {table: Item(policy, path) for table, path in job.sources.items()}
            try:
                self.process(extract.ref, Order(extract.draft, items, policy), by=by, progress=progress)
                state, reason, report = JobState.MADE, None, None
            except TooRisky as refusal:
                state, reason, report = JobState.REFUSED, refusal.reason, refusal.report
            except MemoryError:
                state, reason, report = JobState.FAILED, OUT_OF_MEMORY, None
            except DeidError as error:
                state, reason, report = JobState.FAILED, _reason_of(error), None
        self.end_synthetic(ref, state, reason, report)
        return state

    def _change(self, tx: Any, ref: str, **values: Any) -> bool:
        """Change a job that has not ended; False if it has."""
        table = tables.synthetic_job
        changed = tx.execute(update(table).where(table.c.ref == ref, table.c.state.in_(OPEN)).values(**values))
        return bool(changed.rowcount)


def check_policy(draft: Draft, policy: str, sources: Mapping[str, Path]) -> None:
    """Accept a policy that fits the draft and the files, before anything is asked for.

    Raises: PolicyError — naming the line. Invalid.
    """
    from deid.records.synthesising import fitting
    from deid.synth.relations import parse_extract_policy

    fitting(draft, parse_extract_policy(policy), set(sources))


def _reason_of(error: DeidError) -> Text:
    if isinstance(error, RecordError):
        return error.reason
    found = getattr(error, "reason", None)
    return found if isinstance(found, Text) else Text(str(error), str(error))


def _of(extract: str) -> Any:
    return select(tables.synthetic_job).where(tables.synthetic_job.c.extract == extract)


def _job(row: Row[Any]) -> Job:
    return Job(
        ref=row.ref,
        extract=row.extract,
        policy=row.policy,
        sources={name: Path(path) for name, path in json.loads(row.sources).items()},
        state=JobState(row.state),
        stage=row.stage,
        done=row.done,
        total=row.total,
        reason=None if row.reason is None else Text(*json.loads(row.reason)),
        report=None if row.report is None else json.loads(row.report),
        by_ref=row.by_ref,
        asked_at=row.asked_at,
        started_at=row.started_at,
        stage_at=row.stage_at,
        ended_at=row.ended_at,
    )
