"""What every use case of the desk shares: one transaction, the move from the table, and its audit event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from audit.canonical import JSON
from audit.db import Database
from audit.event import Actor, Event, Object, Outcome, Source, Subjects
from audit.log import AuditLog
from egress_review import store
from egress_review.model import DatasetUse, Request
from egress_review.release_keys import ReleaseKeys
from egress_review.scanner import Scanner
from egress_review.terms import Policy
from egress_review.vault import Limits, Vault
from egress_review.workflow import Party, State, move_for
from registry.model import Person, Workspace
from registry.service import Registry
from registry.text import Text

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
        "egress.revoked": Text(
            ko="반출신청 “{title}”: 승인이 취소되었습니다. 이유는 신청 화면에 있습니다.",
            en="Egress request “{title}” was revoked. The request says why.",
        ),
    }
)
"""What the author of a request is told when somebody else moves it."""

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
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._db = db
        self._log = log
        self._registry = registry
        self._vault = vault
        self._releases = releases_dir
        self._workspaces = workspaces_dir
        self._scanner = scanner
        self._release_keys = release_key if isinstance(release_key, ReleaseKeys) else ReleaseKeys.of(release_key)
        self._clock = clock
        self.policy = policy
        """The policy in force; a request is held to the one it was checked under."""

    @property
    def limits(self) -> Limits:
        """What one hand-in may bring."""
        return Limits(self.policy.max_files, self.policy.max_file_bytes, self.policy.max_total_bytes)

    def outbox_of(self, workspace: Workspace) -> Path:
        """Where the zone sees the outbox of a workspace."""
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
        **columns: Any,
    ) -> tuple[Request, str]:
        """Take one move of the table: change the row and record it, both or neither; return the id of the event too.

        Raises: Conflict — if the table has no such move, or somebody else moved the request.
        """
        move = move_for(request.state, event, by, target)
        now = self._clock()
        columns = {"state": move.target.value, "changed_at": now, **columns}
        if move.target is not move.source:
            columns = {"attempts": 0, "retry_at": None, **columns}
        event_id = self._record(tx, request, event, record)
        if event == "egress.approved":
            columns["approved_event"] = event_id
        store.change(tx, request, **columns)
        # Of a release its author hears when there is something to collect.
        if event in TOLD and by is not Party.AUTHOR and event != "egress.released":
            self._tell(tx, request, event)
        values = {**columns, "state": move.target, "version": request.version + 1}
        return replace(request, **values), event_id

    def _tell(self, tx: Connection, request: Request, event: str) -> None:
        """Tell the author of a request what became of it."""
        self._registry.tell(tx, request.author_ref, event.replace(".", "_"), TOLD[event].fill(title=request.title))

    def _record(self, tx: Connection, request: Request, action: str, record: Record, **about: Any) -> str:
        """Record something about a request and return the id of the event."""
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
                policy=request.policy_digest,
                detail={"round": request.round, **(record.detail or {})},
                sealed={key: value for key, value in (record.sealed or {}).items() if value},
            ),
        ).event_id


def subjects_of(datasets: tuple[DatasetUse, ...]) -> Subjects:
    """Whose data a request is made from."""
    return Subjects.datasets([(use.dataset, use.version, use.people) for use in datasets])
