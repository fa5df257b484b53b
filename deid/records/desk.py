"""What all use cases of extracts share: a move and its event in one transaction, a refusal as an event of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from audit.canonical import JSON
from audit.db import Database
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.refs import new_event_id
from audit.text import Text
from deid.records import rules, store
from deid.records.errors import Conflict, Denied, RecordError
from deid.records.house import House, Usage
from deid.records.intake import recorded_run
from deid.records.model import Extract, Run, Step
from deid.records.workflow import Party, State, move_for

if TYPE_CHECKING:
    from deid.keys import KeyStore
    from deid.zone_recognisers import ZoneRecogniser


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts: a person, or the command line in the name of one."""

    actor: Actor
    ref: str
    """The person whose act it is."""
    source: Source

    @property
    def on_behalf_of(self) -> str | None:
        """Return the person, where somebody else types it in."""
        return None if self.actor.ref == self.ref else self.ref


@dataclass(slots=True)
class Writing:
    """One change under way, and what its audit event will say."""

    tx: Connection
    extract: Extract
    now: datetime
    event_id: str
    intent_id: str | None = None
    sha256: str | None = None
    policy: str | None = None
    detail: dict[str, JSON] = field(default_factory=dict)
    sealed: dict[str, str] = field(default_factory=dict)


class Desk:
    """The shared part of the use cases of extracts, and looking at them."""

    def __init__(
        self,
        db: Database,
        log: AuditLog,
        house: House,
        *,
        keys: Callable[[], KeyStore],
        directory: Path,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        recognisers: Callable[[], tuple[ZoneRecogniser, ...]] = tuple,
    ) -> None:
        """Open the desk; extracts lie below `directory`.

        `keys` opens the key store only where keys are needed, `recognisers` reads what the zone adds to the rules
        for texts each time an extract is made.
        """
        self._db = db
        self._log = log
        self._house = house
        self._keys = keys
        self._directory = directory
        self._clock = clock
        self._recognisers = recognisers

    def every(self) -> list[Extract]:
        """Return all extracts, the newest first."""
        with self._db.read() as tx:
            return store.every(tx)

    def get(self, ref: str) -> Extract:
        """Return one extract with its whole record.

        Raises: NotFound.
        """
        with self._db.read() as tx:
            return store.load(tx, ref)

    def usages(self, extract: Extract) -> tuple[Usage, ...]:
        """Return which projects could use an extract, and when."""
        return () if extract.version is None else self._house.usages(extract.draft.dataset, extract.version)

    def manifest_now(self, extract: Extract) -> str | None:
        """Return the digest of the files as they lie there now; None where there are none to read."""
        if extract.run is None or extract.state is State.DESTROYED or not extract.run.directory.is_dir():
            return None
        return self._house.manifest(extract.run.directory)[0]

    @contextmanager
    def _moving(
        self,
        ref: str,
        event: str,
        by: Acting,
        party: Party,
        *,
        target: State | None = None,
        event_id: str | None = None,
        intent_id: str | None = None,
    ) -> Iterator[Writing]:
        """Take one move of the table with its event, in one transaction; a denial rolls back and is recorded alone."""
        known = self.get(ref)
        # What earlier moves recorded has to be in the tree before it is compared with their rows.
        self._log.settle()
        try:
            with self._refusals(event, known, by), self._db.begin() as tx:
                extract = store.load(tx, ref, lock=True)
                move = move_for(extract.state, event, target)
                self._check(tx, extract, by, party)
                writing = Writing(tx, extract, self._clock(), event_id or new_event_id(), intent_id)
                yield writing
                step = Step(len(extract.steps) + 1, move.target, by.ref, writing.now, writing.event_id)
                store.insert_step(tx, ref, step)
                self._append(writing, event, by)
        except IntegrityError as error:
            raise meanwhile() from error

    def _check(self, tx: Connection, extract: Extract, by: Acting, party: Party) -> None:
        """Raise Denied unless somebody may take a party's move on an extract."""
        if party is Party.SYSTEM:
            return
        standing = self._standing(tx, extract, by)
        if party is Party.REVIEWER:
            _check_in_own_name(by)
            rules.check_reviewer(standing, _hands_on(extract))
        elif party is Party.MAKER:
            rules.check_maker(standing)
        else:
            rules.check_party(party, standing)

    def _standing(self, tx: Connection, extract: Extract, by: Acting) -> rules.Standing:
        return self._house.standing(tx, by.ref, project=extract.draft.project, dataset=extract.draft.dataset)

    def _sound_run(self, writing: Writing, *, given: str | None = None) -> Run:
        """Return the latest run, if files, tables and log agree on it.

        Raises: Conflict.
        """
        run = writing.extract.run
        if run is None:
            raise meanwhile()
        recorded = recorded_run(writing.tx, run)
        rules.check_binding(run, run.binding if given is None else given, recorded)
        rules.check_bytes(run, self._house.manifest(run.directory)[0])
        rules.check_gate(run)
        return run

    def _append(self, writing: Writing, event: str, by: Acting) -> None:
        self._log.append(writing.tx, self._event(writing.extract, event, by, writing))

    def _announce(self, extract: Extract, event: str, by: Acting) -> str:
        """Record that something is about to be done that no transaction can undo; return the event's id."""
        intent = replace(self._event(extract, event, by), outcome="intent")
        self._log.record(intent, wait="durable")
        return intent.id

    @contextmanager
    def _refusals(self, event: str, extract: Extract, by: Acting) -> Iterator[None]:
        """Record a denial of the block as an event of its own."""
        try:
            yield
        except Denied as refusal:
            denied = replace(self._event(extract, event, by), outcome="denied", reason=refusal.code)
            self._log.record(denied, wait="durable")
            raise

    def _event(self, extract: Extract, event: str, by: Acting, writing: Writing | None = None) -> Event:
        draft = extract.draft
        detail: Mapping[str, JSON] = {"extract": extract.ref} if writing is None else writing.detail
        return Event(
            event,
            by.actor,
            Object("dataset", draft.dataset, draft.project, writing.sha256 if writing else None),
            Subjects.datasets([(draft.dataset, extract.version or 0, draft.people)]),
            by.source,
            on_behalf_of=by.on_behalf_of,
            policy=writing.policy if writing else None,
            detail={"extract": extract.ref, **detail},
            sealed=writing.sealed if writing else {},
            intent_id=writing.intent_id if writing else None,
            id=writing.event_id if writing else new_event_id(),
        )


def _hands_on(extract: Extract) -> set[str]:
    """Return everybody who drafted, made or handed in an extract."""
    return {
        extract.by_ref,
        *(run.by_ref for run in extract.runs),
        *(step.by_ref for step in extract.steps if step.state in (State.DRAFT, State.PROCESSED, State.IN_REVIEW)),
    }


def _check_in_own_name(by: Acting) -> None:
    if by.actor.kind != "person" or by.on_behalf_of is not None:
        raise Denied(
            "review_of_another",
            Text(
                "적정성 검토는 로그인한 검토자 본인만 할 수 있습니다.",
                "An adequacy review is done by the reviewer alone, signed in.",
            ),
        )


def meanwhile() -> RecordError:
    """Return the error of somebody who came second."""
    return Conflict(
        "done_meanwhile",
        Text("다른 사람이 방금 같은 일을 했습니다.", "Somebody else did the same at this very moment."),
    )
