"""Reads and writes the records of extracts, each in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from audit.text import Text
from deid.records import tables
from deid.records.errors import NotFound
from deid.records.model import Destruction, Document, Draft, Extract, Kind, Level, Review, Run, Step, Verdict
from deid.records.rules import level_documents
from deid.records.workflow import State


def load(tx: Connection, ref: str, *, lock: bool = False) -> Extract:
    """Return an extract with its whole record; `lock` holds off others who would change it.

    Raises: NotFound.
    """
    wanted = select(tables.extract).where(tables.extract.c.ref == ref)
    row = tx.execute(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        raise NotFound("extract_unknown", Text(f"추출본 {ref}이(가) 없습니다.", f"There is no extract {ref}."))
    return _extract(tx, row)


def every(tx: Connection) -> list[Extract]:
    """Return all extracts, the newest first."""
    rows = tx.execute(select(tables.extract).order_by(tables.extract.c.at.desc(), tables.extract.c.ref)).all()
    return [_extract(tx, row) for row in rows]


def of_dataset(tx: Connection, dataset: str) -> list[Extract]:
    """Return the extracts of one dataset."""
    wanted = select(tables.extract).where(tables.extract.c.dataset == dataset).with_for_update()
    return [_extract(tx, row) for row in tx.execute(wanted).all()]


def of_version(tx: Connection, dataset: str, number: int) -> Extract | None:
    """Return the extract that became a version of a dataset; None if the version came in another way."""
    table = tables.version
    wanted = select(table.c.ref).where(table.c.dataset == dataset, table.c.number == number)
    ref = tx.execute(wanted).scalar()
    return None if ref is None else load(tx, str(ref))


def of_project(tx: Connection, project: str) -> list[Extract]:
    """Return the extracts that were asked for by one project."""
    rows = tx.execute(select(tables.extract).where(tables.extract.c.project == project)).all()
    return [_extract(tx, row) for row in rows]


def insert_draft(tx: Connection, ref: str, draft: Draft, by_ref: str, at: datetime) -> None:
    """Write what was asked for."""
    tx.execute(
        insert(tables.extract).values(
            ref=ref,
            dataset=draft.dataset,
            project=draft.project,
            title_ko=draft.title.ko,
            title_en=draft.title.en,
            owner=draft.owner,
            people=draft.people,
            sensitive=draft.sensitive,
            kind=draft.kind.value,
            purpose=draft.purpose,
            basis=draft.basis,
            scope=draft.scope,
            need=draft.need,
            use=draft.use,
            recipients=_packed(draft.recipients),
            environment=draft.environment,
            ends_at=draft.ends_at,
            by_ref=by_ref,
            at=at,
        )
    )


def insert_step(tx: Connection, ref: str, step: Step) -> None:
    """Write a move that was taken."""
    values = {**asdict(step), "state": step.state.value}
    tx.execute(insert(tables.move).values(ref=ref, **values))


def insert_run(tx: Connection, run: Run) -> None:
    """Write a processing run."""
    tx.execute(
        insert(tables.run).values(
            ref=run.ref,
            number=run.number,
            directory=str(run.directory),
            manifest_sha256=run.manifest_sha256,
            files=run.files,
            policy_sha256=run.policy_sha256,
            linkage_domain=run.linkage_domain,
            key_version=run.key_version,
            tables=_packed(run.tables),
            levels=_packed(level_documents(run.levels)),
            risk=_packed(run.risk),
            binding=run.binding,
            by_ref=run.by_ref,
            at=run.at,
            event_id=run.event_id,
        )
    )


def insert_review(tx: Connection, ref: str, review: Review) -> None:
    """Write an adequacy review."""
    values = {**asdict(review), "verdict": review.verdict.value, "checked": _packed(review.checked)}
    tx.execute(insert(tables.review).values(ref=ref, **values))


def insert_destruction(tx: Connection, ref: str, end: Destruction) -> None:
    """Write that an extract was destroyed."""
    tx.execute(
        insert(tables.destruction).values(
            ref=ref,
            reason=end.reason,
            key_record=None if end.key is None else _packed(end.key),
            by_ref=end.by_ref,
            at=end.at,
        )
    )


def insert_version(tx: Connection, ref: str, dataset: str, number: int, event_id: str) -> None:
    """Write which version of a dataset an extract became."""
    tx.execute(insert(tables.version).values(ref=ref, dataset=dataset, number=number, event_id=event_id))


def remove(tx: Connection, extract: Extract, at: datetime, event_id: str) -> None:
    """Declare that a record goes, and remove its rows; what remains says that there was one and when it went.

    The caller has seen that its time has come.
    """
    assert extract.destruction is not None
    tx.execute(
        insert(tables.removal).values(
            ref=extract.ref,
            dataset=extract.draft.dataset,
            number=extract.version,
            destroyed_at=extract.destruction.at,
            at=at,
            event_id=event_id,
        )
    )
    tx.execute(delete(tables.synthetic_job).where(tables.synthetic_job.c.extract == extract.ref))
    for table in tables.RECORD:
        tx.execute(delete(table).where(table.c.ref == extract.ref))


def was_removed(tx: Connection, dataset: str, number: int) -> bool:
    """Return whether a version of a dataset was an extract whose record has gone."""
    table = tables.removal
    wanted = select(table.c.ref).where(table.c.dataset == dataset, table.c.number == number)
    return tx.execute(wanted).first() is not None


def _extract(tx: Connection, row: Row[Any]) -> Extract:
    def of(table: Any, *order: Any) -> list[Row[Any]]:
        return list(tx.execute(select(table).where(table.c.ref == row.ref).order_by(*order)).all())

    ends = of(tables.destruction)
    version = tx.execute(select(tables.version.c.number).where(tables.version.c.ref == row.ref)).scalar()
    return Extract(
        ref=row.ref,
        draft=_draft(row),
        by_ref=row.by_ref,
        at=row.at,
        runs=tuple(_run(one) for one in of(tables.run, tables.run.c.number)),
        reviews=tuple(_review(one) for one in of(tables.review, tables.review.c.run)),
        steps=tuple(
            Step(one.number, State(one.state), one.by_ref, one.at, one.event_id)
            for one in of(tables.move, tables.move.c.number)
        ),
        version=version,
        destruction=_destruction(ends[0]) if ends else None,
    )


def _draft(row: Row[Any]) -> Draft:
    return Draft(
        dataset=row.dataset,
        project=row.project,
        title=Text(row.title_ko, row.title_en),
        owner=row.owner,
        people=row.people,
        sensitive=row.sensitive,
        kind=Kind(row.kind),
        purpose=row.purpose,
        basis=row.basis,
        scope=row.scope,
        need=row.need,
        use=row.use,
        recipients=tuple(json.loads(row.recipients)),
        environment=row.environment,
        ends_at=row.ends_at,
    )


def _run(row: Row[Any]) -> Run:
    return Run(
        ref=row.ref,
        number=row.number,
        directory=Path(row.directory),
        manifest_sha256=row.manifest_sha256,
        files=row.files,
        policy_sha256=row.policy_sha256,
        linkage_domain=row.linkage_domain,
        key_version=row.key_version,
        tables=tuple(json.loads(row.tables)),
        levels=tuple(Level(**level) for level in json.loads(row.levels)),
        risk=json.loads(row.risk),
        binding=row.binding,
        by_ref=row.by_ref,
        at=row.at,
        event_id=row.event_id,
    )


def _review(row: Row[Any]) -> Review:
    return Review(
        run=row.run,
        verdict=Verdict(row.verdict),
        reason=row.reason,
        conditions=row.conditions,
        checked=tuple(json.loads(row.checked)),
        binding=row.binding,
        by_ref=row.by_ref,
        at=row.at,
        event_id=row.event_id,
    )


def _destruction(row: Row[Any]) -> Destruction:
    key: Document | None = None if row.key_record is None else json.loads(row.key_record)
    return Destruction(row.by_ref, row.at, row.reason, key)


def _packed(value: Document | Iterable[Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
