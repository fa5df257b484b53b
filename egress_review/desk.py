"""What every use case of the desk shares: one transaction, the move from the table, and its audit event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from audit.canonical import JSON
from audit.db import Database
from audit.event import Actor, Event, Object, Outcome, Source, Subjects
from audit.log import AuditLog
from audit.review.working_hours import WorkingHours
from egress_review import mail, store, tables
from egress_review.budgets import Share, check_budget, shares, spent
from egress_review.choosing import policy_for
from egress_review.claims import parse_claims
from egress_review.deadlines import KOREAN_HOURS
from egress_review.holding import check_not_frozen
from egress_review.job import JobFile
from egress_review.model import DatasetUse, Request, declared
from egress_review.release_keys import ReleaseKeys
from egress_review.scanner import Scanner
from egress_review.telling import tell_of_move
from egress_review.terms import Policy
from egress_review.vault import Limits, Vault
from egress_review.workflow import Party, State, move_for
from registry.model import Person, Workspace
from registry.service import Registry
from registry.text import Text

if TYPE_CHECKING:
    from egress_review.watching import Watch

TOLD: Mapping[str, Text] = MappingProxyType(
    {
        "egress.blocked": Text(
            ko="반출신청 “{title}”: 점검에서 막혔습니다. 신청 화면에서 이유를 확인하십시오.",
            en="Egress request “{title}” was stopped by a check. The request says why.",
        ),
        "egress.returned": Text(
            ko="반출신청 “{title}”: 보완 요청이 있습니다. 신청 화면에서 이유를 보고 다시 제출하십시오.",
            en="Egress request “{title}” was returned. Read the reason there and submit it again.",
        ),
        "egress.rejected": Text(
            ko="반출신청 “{title}”: 반려되었습니다. 이유는 신청 화면에 있습니다.",
            en="Egress request “{title}” was rejected. The request says why.",
        ),
        "egress.released": Text(
            ko="반출신청 “{title}”: 반출되었습니다. 신청 화면에서 받으십시오.",
            en="Egress request “{title}” was released. Collect it from the request.",
        ),
        "egress.abandoned": Text(
            ko="반출신청 “{title}”: 오래 진행되지 않아 종료되었습니다. 신청 화면에서 새 초안으로 복사할 수 있습니다.",
            en="Egress request “{title}” was given up because it lay idle. Copy it to a new draft there.",
        ),
        "egress.revoked": Text(
            ko="반출신청 “{title}”: 승인이 취소되었습니다. 이유는 신청 화면에 있습니다.",
            en="Egress request “{title}” was revoked. The request says why.",
        ),
    }
)
"""What the author of a request is told when somebody else moves it."""

HANDED_IN = frozenset(("egress.submitted", "egress.resubmitted"))
"""The moves that spend the budgets of a project."""

INCOMING_BYTES = 50_000_000
"""The largest file that comes in, where the zone sets nothing else."""

WORKER = Actor.service("worker")
HERE = Source(ip=None)
"""The source of what the zone's own processes do."""


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


def as_actor(person: Person) -> Actor:
    """The person as the actor of an audit event."""
    return Actor.person(person.ref, sorted(role.value for role in person.roles))


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the audit event of a move says beside the move itself."""

    actor: Actor
    source: Source
    reason: str | None = None
    detail: Mapping[str, JSON] | None = None
    sealed: Mapping[str, str] | None = None
    outcome: Outcome = "ok"
    on_behalf_of: str | None = None
    """The person in whose name a program acts."""


class Desk:
    """The shared part of the use cases of egress review."""

    def __init__(
        self,
        db: Database,
        log: AuditLog,
        registry: Registry,
        *,
        vault: Vault,
        releases_dir: Path,
        workspaces_dir: Path,
        policy: Policy,
        scanner: Scanner,
        release_key: Ed25519PrivateKey | ReleaseKeys,
        policies_dir: Path | None = None,
        hours: WorkingHours = KOREAN_HOURS,
        watch: Watch | None = None,
        incoming_bytes: int = INCOMING_BYTES,
        wake: Callable[[str], None] = lambda ref: None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._db = db
        self._log = log
        self._registry = registry
        self._vault = vault
        self._releases = releases_dir
        self._workspaces = workspaces_dir
        self._wake = wake
        self._scanner = scanner
        self._release_keys = release_key if isinstance(release_key, ReleaseKeys) else ReleaseKeys.of(release_key)
        self._clock = clock
        self._policies = policies_dir
        self._hours = hours
        self._watch = watch
        self.incoming_bytes = incoming_bytes
        """How large a file may be that somebody brings in."""
        self._refused: dict[str, datetime] = {}
        self.policy = policy
        """The policy of the zone, which every project is held to; owners of data may ask for more: `policy_for`."""

    def _left_before(self, tx: Connection, project: str, *, but: str | None = None) -> tuple[JobFile, ...]:
        """Every file that has left from a project, the latest first; `but` is the request that is looked at itself."""
        table = tables.request.c
        released = store.find(tx, table.project == project, table.released_at.is_not(None), table.ref != (but or ""))
        files: dict[str, JobFile] = {}
        for one in released:
            claims = parse_claims(declared(one))
            for file in one.outputs:
                controls = claims.of(file.name).as_controls()
                files[file.sha256] = JobFile(file.name, file.sha256, self._vault.path(file.sha256), controls)
        return tuple(files.values())

    def policy_for(self, project: str, *, tx: Connection | None = None, at: datetime | None = None) -> Policy:
        """The policy in force for a project: the strictest of the zone's, those of its data, and its own.

        `at` is when something was handed in; without it, now. What was handed in is held to the data of its time.
        """
        moment = at or self._clock()
        if tx is not None:
            return policy_for(tx, self.policy, project, moment)
        with self._db.read() as reading:
            return policy_for(reading, self.policy, project, moment)

    def budget_of(self, project: str, *, but: str = "") -> tuple[Share, ...]:
        """How the budgets of a project stand under the policy in force, without the request `but`."""
        now = self._clock()
        with self._db.read() as tx:
            return shares(policy_for(tx, self.policy, project, now), spent(tx, project, now, but=but))

    def limits_for(self, project: str) -> Limits:
        """What one hand-in of a project may bring."""
        return limits_of(self.policy_for(project))

    def _policy_of(self, tx: Connection, request: Request) -> Policy:
        """The policy that a request is held to now; votes under another are void."""
        return self.policy_for(request.project, tx=tx, at=request.submitted_at)

    @property
    def scratch(self) -> Path:
        """A directory on the disk of the vault for what lives as long as one step."""
        return self._vault.scratch

    def outbox_of(self, workspace: Workspace) -> Path:
        """Where the zone sees the outbox of a workspace, which is opened if its file system is shut.

        Raises: OutboxRefused — if it does not open.
        """
        self._wake(workspace.ref)
        return self._workspaces / workspace.ref / "outbox"

    def _move(
        self,
        tx: Connection,
        request: Request,
        event: str,
        by: Party,
        record: Record,
        *,
        target: State | None = None,
        at: datetime | None = None,
        **columns: Any,
    ) -> tuple[Request, str]:
        """Take one move of the table: change the row and record it, both or neither; return the id of the event too.

        Raises: Conflict — if the table has no such move, or somebody else moved the request.
        """
        move = move_for(request.state, event, by, target)
        # What is handed in is handed in at the moment that the hand-in says.
        now = at or (request.submitted_at if event in HANDED_IN else self._clock())
        columns = {"state": move.target.value, **columns}
        if move.target is not move.source or by is Party.AUTHOR:
            columns = {"changed_at": now, **columns}
        if move.gets_on:
            columns = {"idle_since": now, "warned_at": None, **columns}
        if move.target is not move.source:
            columns = {"attempts": 0, "retry_at": None, **columns}
        if event in HANDED_IN:
            check_budget(tx, self._policy_of(tx, request), request, now)
        event_id = self._record(tx, request, event, at_that_time(record, now))
        if event == "egress.approved":
            columns["approved_event"] = event_id
        elif event == "egress.released":
            columns["released_at"] = now
        store.change(tx, request, **columns)
        # Of a release its author hears when there is something to collect.
        if event in TOLD and by is not Party.AUTHOR and event != "egress.released":
            self._tell(tx, request, event)
        tell_of_move(tx, request, event, move.target, record.actor.ref, now)
        values = {**columns, "state": move.target, "version": request.version + 1}
        return replace(request, **values), event_id

    def _drafted(self, tx: Connection, request: Request, record: Record) -> None:
        """Record that a request was made."""
        self._record(tx, request, "egress.drafted", at_that_time(record, request.created_at))

    def _tell(self, tx: Connection, request: Request, event: str) -> None:
        """Tell the author of a request what became of it."""
        self._registry.tell(tx, request.author_ref, event.replace(".", "_"), TOLD[event].fill(title=request.title))
        if event in mail.KINDS:
            mail.put(tx, event, request, [request.author_ref], self._clock())

    def _record(self, tx: Connection, request: Request, action: str, record: Record, **about: Any) -> str:
        """Record something about a request and return the id of the event.

        Raises: Conflict — if the project is frozen, which undoes what was to be recorded.
        """
        check_not_frozen(tx, action, request.project)
        return self._log.append(
            tx,
            Event(
                action=action,
                actor=record.actor,
                object=Object("request", request.ref, request.project, **about),
                subjects=subjects_of(request.datasets),
                source=record.source,
                outcome=record.outcome,
                reason=record.reason,
                on_behalf_of=record.on_behalf_of,
                policy=request.policy_digest or None,
                detail={"round": request.round, **(record.detail or {})},
                sealed={key: value for key, value in (record.sealed or {}).items() if value},
            ),
        ).event_id


def at_that_time(record: Record, at: datetime) -> Record:
    """The record with the moment that the row keeps of it, to the second, so that neither is changed unnoticed."""
    return replace(record, detail={**(record.detail or {}), "at": second(at)})


def second(at: datetime) -> str:
    """A moment as details of events say it: UTC, ISO 8601 in its basic form."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def limits_of(policy: Policy) -> Limits:
    """What one hand-in may bring under a policy."""
    return Limits(policy.max_files, policy.max_file_bytes, policy.max_total_bytes)


def subjects_of(datasets: tuple[DatasetUse, ...]) -> Subjects:
    """Whose data a request is made from."""
    return Subjects.datasets([(use.dataset, use.version, use.people) for use in datasets])
