"""Files that come in: the same scan, review and votes as for what leaves; at the end an inbox, and no package.

    APPROVED --(votes still hold)--> RELEASING --(every byte re-hashed)--> RELEASED --> /inbox of that workspace

The delivery is decided in one transaction with its audit event, and made from it afterwards: nothing lies in an inbox
that is not in the log, and a crash between the two is repaired by calling again. `packaged` says that it may lie there,
`retry_at` that it is still to be put there. Nothing leaves by it, so `released_at` stays empty: no later output is
compared with it and nobody collects it. Votes bind to the workspace too.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from sqlalchemy import Connection, select

from audit.event import Actor, Source
from egress_review import mail, store, tables
from egress_review.desk import HERE, TOLD, WORKER, Record, as_actor
from egress_review.draft_rules import check_draft
from egress_review.drafting import Drafting
from egress_review.errors import Conflict, EgressError, Invalid, NotAsRecorded, OutboxRefused, ReleaseFailed
from egress_review.findings import Report
from egress_review.inbox import BLOCK, Parcel, deliver, take_back
from egress_review.job import JobFile, ScanResult
from egress_review.model import Action, Draft, Request, RequestFile, Vote
from egress_review.reading import Reading
from egress_review.releasing import hash_of
from egress_review.scanning import wait_after
from egress_review.submitting import a_request, check_author, fingerprint
from egress_review.telling import called
from egress_review.terms import Policy
from egress_review.vault import NOT_TAKEN, Limits, check_names, needing_room
from egress_review.workflow import Party, State, check_state
from registry.errors import RegistryError
from registry.model import Person, Workspace
from registry.text import Text

_TOLD: Mapping[str, Text] = MappingProxyType(
    {
        "ingress.released": Text(
            ko="반입신청 “{title}”: 반입되었습니다. 분석환경의 /inbox에 있습니다.",
            en="Ingress request “{title}” was let in. Its file is in /inbox of the workspace.",
        ),
        "egress.abandoned": Text(
            ko="반입신청 “{title}”: 오래 진행되지 않아 종료되었습니다. 필요하면 새로 신청하십시오.",
            en="Ingress request “{title}” was given up because it lay idle. Submit a new one if you need it.",
        ),
    }
)
_PLAIN_NAME = Text(
    ko="파일 이름은 보이는 글자로만, 점으로 시작하지 않게, 폴더 없이 지으십시오.",
    en="Give the file a plain name: characters that show, no folder, no dot at the start.",
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """What an author says about the one file that is to come in, and its bytes."""

    title: str
    purpose: str
    context: str
    name: str
    """The name that the file will have; one plain component."""
    content: IO[bytes]


@dataclass(frozen=True, slots=True)
class Program:
    """The account of a program that hands in for the person who answers for it (ADR 0025)."""

    ref: str
    name: str


class Bringing(Drafting, Reading):
    """The way in."""

    def bring_in(
        self,
        author: Person,
        workspace: Workspace,
        incoming: Incoming,
        *,
        source: Source,
        again: str | None = None,
        program: Program | None = None,
    ) -> Request:
        """Hand in a file for the author's own workspace; `again` is the returned request that it is a new round of.

        The same hand-in twice within minutes is one request; of a program, for as long as the first is not decided.
        The log says of what a `program` handed in that it did, and on whose behalf.
        Raises: NotFound, Denied, Conflict, Invalid; Denied (registry) — if the author may not work there now.
        """
        before = self._returned(author, workspace, again) if again else None
        permit = self._permit(author, workspace)
        policy = self.policy_for(workspace.project)
        draft = Draft(incoming.title, incoming.purpose, incoming.context, "", (incoming.name,))
        check_draft(draft, policy.min_context)
        files = self._keep_upload(incoming, Limits(1, self.incoming_bytes, self.incoming_bytes))
        said: dict[str, Any] = {**self._said(draft, policy, files, permit), "direction": "ingress"}
        with self._db.begin() as tx:
            if before is not None:
                return self._next_round(tx, author, before, said, source)
            request = a_request(author, workspace.project, workspace.ref, **said)
            if program is None:
                return self._hand_in(tx, request, Record(actor=as_actor(author), source=source))
            return self._hand_in_for(tx, program, request, source)

    def _hand_in_for(self, tx: Connection, program: Program, request: Request, source: Source) -> Request:
        """Hand in what a program brings, once among all that it brought; nothing of its owner's own is its."""
        store.one_at_a_time(tx, request.author_ref)  # also from here, so that two calls at once find each other
        own = self._registry.requests_by_program(tx, program.ref)
        detail = {"program": program.name}
        by = Record(actor=Actor.service(program.ref), source=source, detail=detail, on_behalf_of=request.author_ref)
        made = self._hand_in(tx, request, by, among=own)
        if made.ref not in own:
            self._registry.note_request_by_program(tx, program.ref, made.ref)
        return made

    def pending(self) -> list[str]:
        """References of requests that wait for the machine; first those whose files go into an inbox or out of it."""
        row = tables.request.c
        to_go = row.state == State.REVOKED.value
        to_come = (row.state == State.RELEASED.value) & (row.retry_at <= self._clock())
        mine = select(row.ref).where(row.direction == "ingress", row.packaged.is_(True), to_go | to_come)
        with self._db.read() as tx:
            due = list(tx.execute(mine.order_by(row.changed_at)).scalars())
        return [*(ref for ref in due if not self._was_refused(ref)), *super().pending()]

    def release(self, ref: str) -> Request:
        """Release an approved request, out of the zone or into a workspace; it can be repeated at any time."""
        with self._db.read() as tx:
            request = store.load(tx, ref)
        if request.direction == "egress":
            return super().release(ref)
        if request.state is State.REVOKED:
            return self._take_back(ref)
        with self._refusing(ref, "release"):
            return self._bring(ref)

    def _bring(self, ref: str) -> Request:
        request = self._begin(ref)
        if request.state is State.RELEASING:
            try:
                request = self._let_in(request)
            except NotAsRecorded:
                raise
            except (EgressError, RegistryError, OSError) as error:
                return self._release_failed(request, "storage" if isinstance(error, OSError) else error.code)
        if not _is_to_come(request):
            return request
        try:
            return self._place(request)
        except NotAsRecorded:
            raise
        except (EgressError, RegistryError, OSError) as error:
            return self._not_placed(request, "storage" if isinstance(error, OSError) else error.code)

    def _let_in(self, request: Request) -> Request:
        """Re-hash every byte and decide the delivery: one transaction with its event."""
        for file in request.outputs:
            if hash_of(self._vault.path(file.sha256)) != (file.sha256, file.size):
                reason = Text("보관된 파일이 승인된 것과 다릅니다.", "A stored file is not the one that was approved.")
                raise ReleaseFailed("bytes_changed", reason)
        files = [file.sha256 for file in request.outputs]
        record = Record(actor=WORKER, source=HERE, detail={"files": files, "workspace": request.workspace_ref})
        with self._db.begin() as tx:
            current = store.load(tx, request.ref, lock=True)
            if current.state is not State.RELEASING:
                return current
            self._check_as_recorded(tx, current.ref)
            self._check_votes(tx, current)
            self._check_destination(current)
            columns: dict[str, Any] = {"packaged": True, "retry_at": self._clock()}
            self._move(tx, current, "ingress.released", Party.SYSTEM, record, **columns)
            return store.load(tx, request.ref)

    def _place(self, request: Request) -> Request:
        """Put the files into the inbox; a revocation waits for it, or comes first and leaves nothing to do.

        Raises: ReleaseFailed, NotFound — if the bytes changed after the decision, or there is no inbox.
        """
        with self._db.begin() as tx:
            current = store.load(tx, request.ref, lock=True)
            if not _is_to_come(current):
                return current
            self._check_as_recorded(tx, current.ref)
            self._check_destination(current)
            parcels = [Parcel(f.name, self._vault.path(f.sha256), f.sha256, f.size) for f in current.outputs]
            deliver(self._workspaces, current.workspace_ref, current.ref, parcels)
            store.change(tx, current, attempts=0, retry_at=None)
            self._tell(tx, current, "ingress.released")
            return store.load(tx, current.ref)

    def _not_placed(self, request: Request, code: str) -> Request:
        """Leave the inbox as it is and try again later; that it failed is recorded once."""
        record = Record(actor=WORKER, source=HERE, outcome="failed", reason=code)
        with self._db.begin() as tx:
            current = store.load(tx, request.ref, lock=True)
            if not _is_to_come(current):
                return current
            if current.attempts == 0:
                self._record(tx, current, "ingress.released", record)
            later = self._clock() + wait_after(current.attempts)
            store.change(tx, current, attempts=current.attempts + 1, retry_at=later)
            return store.load(tx, request.ref)

    def _take_back(self, ref: str) -> Request:
        """Remove what was revoked, which its event has said before."""
        with self._db.begin() as tx:
            current = store.load(tx, ref, lock=True)
            if current.state is State.REVOKED and current.packaged:
                take_back(self._workspaces, current.workspace_ref, current.ref)
                store.change(tx, current, packaged=False)
            return store.load(tx, ref)

    def _check_destination(self, request: Request) -> None:
        """Hold the workspace to the person and the project of the request, by what the registry knows.

        Raises: ReleaseFailed
        """
        workspace = self._registry.workspace_by_ref(request.workspace_ref)
        if (workspace.person_ref, workspace.project) != (request.author_ref, request.project):
            raise ReleaseFailed("other_workspace", Text("신청자의 분석환경이 아닙니다.", "Not the author's workspace."))

    def _keep_upload(self, incoming: Incoming, limits: Limits) -> list[RequestFile]:
        """The uploaded bytes as a file of the vault.

        Raises: Invalid — for a name that is not plain, or too many bytes. NoRoom.
        """
        try:
            check_names([incoming.name], limits)
        except OutboxRefused:
            raise Invalid("bad_name", _PLAIN_NAME) from None
        with needing_room(NOT_TAKEN), self._landing() as directory:
            size = 0
            with (directory / incoming.name).open("xb") as sink:
                while block := incoming.content.read(BLOCK):
                    size += len(block)
                    if size > limits.file_bytes:
                        reason = Text(
                            f"파일이 한도 {limits.file_bytes:,}바이트보다 큽니다.",
                            f"The file is larger than the limit of {limits.file_bytes:,} bytes.",
                        )
                        raise Invalid("too_large", reason)
                    sink.write(block)
            taken = self._vault.take(directory, [incoming.name], limits)
        return [RequestFile(file.name, file.sha256, file.size) for file in taken]

    @contextmanager
    def _landing(self) -> Iterator[Path]:
        """A directory of the zone's own, gone after the block."""
        directory = self._vault.scratch / f"upload-{secrets.token_hex(8)}"
        directory.mkdir(mode=0o700)
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def _returned(self, author: Person, workspace: Workspace, ref: str) -> Request:
        with self._db.read() as tx:
            request = store.load(tx, ref)
        check_author(author, request.author_ref)
        if request.direction != "ingress" or request.workspace_ref != workspace.ref:
            raise Conflict("other_way", Text("다른 신청입니다.", "That is another request."))
        check_state(request.state, {State.RETURNED})
        return request

    def _next_round(
        self, tx: Connection, author: Person, before: Request, said: Mapping[str, Any], source: Source
    ) -> Request:
        request = store.load(tx, before.ref, lock=True)
        if request.version != before.version:
            store.change(tx, before)
        request = replace(request, round=request.round + 1, **said)
        record = Record(actor=as_actor(author), source=source, detail=fingerprint(request))
        moved, _ = self._move(tx, request, "egress.resubmitted", Party.AUTHOR, record, approved_event=None)
        store.replace_round(tx, moved)
        return replace(moved, version=moved.version + 1)

    def _earlier(self, tx: Connection, request: Request) -> tuple[JobFile, ...]:
        """What left before is no measure of what comes in."""
        return super()._earlier(tx, request) if request.direction == "egress" else ()

    def _beside_others(self, tx: Connection, request: Request, policy: Policy, result: ScanResult) -> Report:
        """What somebody brings in says nothing about how they take results out."""
        egress = request.direction == "egress"
        return super()._beside_others(tx, request, policy, result) if egress else result.report

    def _actions(
        self, tx: Connection, person: Person, request: Request, votes: list[Vote], *, independent: bool
    ) -> Iterable[Action]:
        offered = super()._actions(tx, person, request, votes, independent=independent)
        return offered if request.direction == "egress" else (set(offered) - {Action.COLLECT, Action.COPY, Action.EDIT})

    def _record(self, tx: Connection, request: Request, action: str, record: Record, **about: Any) -> str:
        """Say of everything that happens to a request that comes in that it comes in."""
        if request.direction != "egress":
            record = replace(record, detail={**(record.detail or {}), "direction": request.direction})
        return super()._record(tx, request, action, record, **about)

    def _tell(self, tx: Connection, request: Request, event: str) -> None:
        if request.direction == "egress":
            super()._tell(tx, request, event)
            return
        text = _TOLD.get(event) or called(request, TOLD[event])
        self._registry.tell(tx, request.author_ref, event.replace(".", "_"), text.fill(title=request.title))
        if event in mail.KINDS:
            mail.put(tx, event, request, [request.author_ref], self._clock())


def _is_to_come(request: Request) -> bool:
    """Whether the delivery is decided and not made yet."""
    return request.state is State.RELEASED and request.retry_at is not None
