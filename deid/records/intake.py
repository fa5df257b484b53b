"""The door between an extract and the registry: only reviewed bytes become a version, only living ones are mounted.

Each function works in the transaction of the registry's own change: the version and the move are written together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.refs import new_event_id
from audit.store import entry_of_event
from audit.text import Text
from deid.key_users import last_day
from deid.records import store
from deid.records.errors import Conflict, Denied
from deid.records.model import Extract, Review, Run, Step, Verdict
from deid.records.rules import binding_of, check_admission, check_gate
from deid.records.workflow import State, move_for


@dataclass(frozen=True, slots=True)
class Arrival:
    """Files that somebody wants to register as a version of a dataset."""

    dataset: str
    version: int
    manifest_sha256: str
    by: Actor
    source: Source
    at: datetime


def admit(tx: Connection, log: AuditLog, arrival: Arrival) -> str | None:
    """Make the reviewed extract of exactly these files mountable; return its reference, or None where there is none.

    Raises: Denied — if the reviewer registers what was reviewed.
    """
    for extract in store.of_dataset(tx, arrival.dataset):
        reviewed = positively_reviewed(tx, extract)
        if reviewed is None or reviewed[0].manifest_sha256 != arrival.manifest_sha256:
            continue
        check_admission(extract, arrival.by.ref)
        _admitted(tx, log, extract, reviewed[0], arrival)
        return extract.ref
    return None


def positively_reviewed(tx: Connection, extract: Extract) -> tuple[Run, Review] | None:
    """Return the run and the review of an extract that waits to be registered, where log and tables agree on both."""
    run, review = extract.run, extract.review
    if extract.state is not State.ADEQUATE or run is None or review is None or not _gate_passed(run):
        return None
    return (run, review) if found_adequate(tx, run, review) else None


def found_adequate(tx: Connection, run: Run, review: Review) -> bool:
    """Say whether a review found exactly this run adequate, by the rows and by the audit log alike."""
    return (
        review.verdict is Verdict.ADEQUATE
        and review.binding == run.binding == binding_of(run)
        and recorded_run(tx, run) == run.binding
        and _recorded_review(tx, review) == (run.binding, review.verdict.value, review.by_ref)
    )


def _gate_passed(run: Run) -> bool:
    try:
        check_gate(run)
    except Conflict:
        return False
    return True


def recorded_run(tx: Connection, run: Run) -> str | None:
    """Return what the audit log says a run came to, whatever its own row says now."""
    body = _body(tx, run.event_id, "extract.processed")
    binding = body.get("detail", {}).get("binding")
    return binding if isinstance(binding, str) else None


def _recorded_review(tx: Connection, review: Review) -> tuple[str | None, str | None, str | None]:
    """Return what the audit log says was reviewed, with which verdict, and by whom in person."""
    body = _body(tx, review.event_id, "extract.reviewed")
    detail, actor = body.get("detail", {}), body.get("actor", {})
    person = actor.get("ref") if actor.get("kind") == "person" else None
    return detail.get("binding"), detail.get("verdict"), person


def _body(tx: Connection, event_id: str, action: str) -> dict[str, Any]:
    """Return the body of the entry that an event has in the log, if it is of that action and was done."""
    found = entry_of_event(tx, event_id)
    body: dict[str, Any] = {} if found is None else json.loads(found[1])
    return body if (body.get("action"), body.get("outcome")) == (action, "ok") else {}


def refuse_mount(tx: Connection, dataset: str, version: int, at: datetime) -> None:
    """Refuse a version whose extract has ended; one that came in another way has no end here.

    Raises: Denied.
    """
    extract = store.of_version(tx, dataset, version)
    if extract is None and not store.was_removed(tx, dataset, version):
        return
    if extract is None or extract.state is not State.MOUNTABLE or at >= extract.draft.ends_at:
        raise Denied(
            "extract_ended",
            Text(
                f"데이터셋 {dataset}의 처리 기간이 끝났거나 파기되었습니다.",
                f"The extract behind dataset {dataset} has ended or was destroyed.",
            ),
            advice=Text(
                "더 필요하면 새 추출본을 신청하십시오(`ansim extract make`).",
                "If it is still needed, order a new extract (`ansim extract make`).",
            ),
        )


def refuse_grant(tx: Connection, dataset: str, version: int, project: str, ends_at: datetime, at: datetime) -> None:
    """Refuse a grant to another project than the extract was made and reviewed for, or beyond its period.

    Raises: Denied.
    """
    refuse_mount(tx, dataset, version, at)
    extract = store.of_version(tx, dataset, version)
    if extract is None:
        return
    if extract.draft.project != project:
        raise Denied(
            "other_project",
            Text(
                f"이 추출본은 과제 {extract.draft.project}의 목적으로 처리되고 검토되었습니다.",
                f"This extract was made and reviewed for project {extract.draft.project}.",
            ),
            advice=Text(
                "이 과제에 필요하면 이 과제를 위한 추출본을 따로 신청하십시오(`ansim extract make`).",
                "If this project needs the data, order an extract for it (`ansim extract make`).",
            ),
        )
    if ends_at > extract.draft.ends_at:
        raise Denied(
            "beyond_period",
            Text(
                "추출본의 처리 기간보다 길게 승인할 수 없습니다.",
                "A grant cannot outlast the processing period of the extract.",
            ),
            advice=Text(
                f"끝나는 날을 {last_day(extract.draft.ends_at)} 이전으로 정하십시오(`--until`).",
                f"Let it end by {last_day(extract.draft.ends_at)} (`--until`).",
            ),
        )


def parts(tx: Connection, project: str) -> Mapping[str, frozenset[str]]:
    """Return who made or reviewed an extract for a project, with the roles they did it in; that never ends."""
    found: dict[str, set[str]] = {}
    for extract in store.of_project(tx, project):
        for ref in {extract.by_ref, *(run.by_ref for run in extract.runs)}:
            found.setdefault(ref, set()).add("deid_operator")
        for review in extract.reviews:
            found.setdefault(review.by_ref, set()).add("adequacy_reviewer")
    return {ref: frozenset(roles) for ref, roles in found.items()}


def _admitted(tx: Connection, log: AuditLog, extract: Extract, run: Run, arrival: Arrival) -> None:
    move = move_for(extract.state, "extract.admitted")
    event_id = new_event_id()
    store.insert_step(tx, extract.ref, Step(len(extract.steps) + 1, move.target, arrival.by.ref, arrival.at, event_id))
    store.insert_version(tx, extract.ref, arrival.dataset, arrival.version, event_id)
    log.append(
        tx,
        Event(
            move.event,
            arrival.by,
            Object("dataset", arrival.dataset, extract.draft.project, run.manifest_sha256),
            Subjects.datasets([(arrival.dataset, arrival.version, extract.draft.people)]),
            arrival.source,
            policy=run.policy_sha256,
            detail={"extract": extract.ref, "run": run.number, "binding": run.binding, "version": arrival.version},
            id=event_id,
        ),
    )
