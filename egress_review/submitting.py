"""The author's side: look into the outbox, check before asking, hand in, hand in again, withdraw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from audit.canonical import JSON
from audit.event import Event, Object, Source
from audit.refs import new_ref
from egress_review import store, tables
from egress_review.claims import ClaimError
from egress_review.desk import Desk, Record, as_actor, subjects_of
from egress_review.errors import Denied, EgressError, Invalid
from egress_review.findings import Report
from egress_review.job import JobFile, ScanJob
from egress_review.model import DatasetUse, Draft, Request, RequestFile, claims_of, controls_object
from egress_review.vault import OutboxFile, Stored, Vault, list_outbox
from egress_review.workflow import FINAL, Party, State
from registry.model import Person, WorkPermit, Workspace
from registry.text import Text

LONGEST_TITLE = 200
LONGEST_TEXT = 20_000
"""Characters of a title, and of purpose, context or controls."""

TWICE = timedelta(minutes=10)
"""Time within which the same hand-in is taken for a second click."""


class Submitting(Desk):
    """What an author does."""

    def list_outbox(self, workspace: Workspace) -> list[OutboxFile]:
        """What lies in the outbox and what stands against handing it in."""
        return list_outbox(self.outbox_of(workspace), self.limits)

    def precheck(self, workspace: Workspace, names: Sequence[str], controls: str, *, source: Source) -> Report:
        """What the scan would find, under the policy in force; nothing is kept but the audit event.

        Raises: Denied (registry) — if nobody may work there now. OutboxRefused, Invalid, ScanFailed.
        """
        author = self._registry.person_by_ref(workspace.person_ref)
        permit = self._registry.may_work(author.handle, workspace.project)
        _check_controls(controls)
        with self._vault.temporary() as vault:
            stored = vault.take(self.outbox_of(workspace), names, self.limits)
            try:
                report = self._scanner.scan(self._job(vault, stored, controls, None)).report
            except EgressError as error:
                self._record_precheck(permit, author, stored, None, source, error.code)
                raise
        self._record_precheck(permit, author, stored, report, source, None)
        return report

    def submit(self, author: Person, workspace: Workspace, draft: Draft, *, source: Source) -> Request:
        """Hand files in: they are copied into the vault, and the request waits for its scan.

        The same hand-in twice within minutes is one request.
        Raises: Denied, Invalid, OutboxRefused; Denied (registry) — if the author may not work there now.
        """
        permit = self._permit(author, workspace)
        _check_draft(draft, self.policy.min_context)
        stored = self._vault.take(self.outbox_of(workspace), draft.files, self.limits)
        now = self._clock()
        request = Request(
            ref=new_ref("er"),
            project=workspace.project,
            author_ref=author.ref,
            workspace_ref=workspace.ref,
            state=State.DRAFT,
            round=1,
            created_at=now,
            released_at=None,
            approved_event=None,
            release_index=None,
            packaged=False,
            attempts=0,
            retry_at=None,
            version=0,
            **self._said(draft, stored, permit),
        )
        record = Record(actor=as_actor(author), source=source, detail=_fingerprint(request))
        with self._db.begin() as tx:
            table = tables.request
            mine = (table.c.author_ref == author.ref, table.c.project == request.project)
            for twin in store.find(tx, *mine, table.c.submitted_at > now - TWICE):
                if twin.context_hash == request.context_hash and twin.state not in FINAL | {State.RETURNED}:
                    return twin
            store.insert_request(tx, request)
            self._record(tx, request, "egress.drafted", record)
            request, _ = self._move(tx, request, "egress.submitted", Party.AUTHOR, record)
        return request

    def resubmit(self, author: Person, ref: str, draft: Draft, *, source: Source) -> Request:
        """Hand a returned request in again as a new round; earlier votes are void, and stay on record.

        Raises: Denied, Conflict, Invalid, OutboxRefused.
        """
        with self._db.read() as tx:
            before = store.load(tx, ref)
        workspace = self._registry.workspace_by_ref(before.workspace_ref)
        permit = self._permit(author, workspace)
        _check_draft(draft, self.policy.min_context)
        stored = self._vault.take(self.outbox_of(workspace), draft.files, self.limits)
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            if request.version != before.version:
                store.change(tx, before)
            request = replace(request, round=request.round + 1, **self._said(draft, stored, permit))
            record = Record(actor=as_actor(author), source=source, detail=_fingerprint(request))
            moved, _ = self._move(tx, request, "egress.resubmitted", Party.AUTHOR, record, approved_event=None)
            store.replace_round(tx, moved)
            return replace(moved, version=moved.version + 1)

    def withdraw(self, author: Person, ref: str, *, source: Source) -> Request:
        """Take a request back before anybody approved it.

        Raises: Denied, Conflict.
        """
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            _check_author(author, request.author_ref)
            record = Record(actor=as_actor(author), source=source)
            moved, _ = self._move(tx, request, "egress.withdrawn", Party.AUTHOR, record)
            return moved

    def _permit(self, author: Person, workspace: Workspace) -> WorkPermit:
        _check_author(author, workspace.person_ref)
        return self._registry.may_work(author.handle, workspace.project)

    def _said(self, draft: Draft, stored: Sequence[Stored], permit: WorkPermit) -> dict[str, Any]:
        """The fields of a request that a hand-in fills."""
        now = self._clock()
        return {
            "title": draft.title.strip(),
            "purpose": draft.purpose.strip(),
            "context": draft.context.strip(),
            "controls": draft.controls.strip(),
            "policy_name": self.policy.name,
            "policy_digest": self.policy.digest,
            "files": tuple(RequestFile(file.name, file.sha256, file.size) for file in stored),
            "datasets": tuple(DatasetUse(m.dataset, m.version, m.people) for m in permit.mounts),
            "submitted_at": now,
            "changed_at": now,
        }

    def _job(self, vault: Vault, files: Sequence[Stored], controls: str, context: str | None) -> ScanJob:
        return ScanJob(
            files=tuple(JobFile(file.name, file.sha256, vault.path(file.sha256)) for file in files),
            policy=self.policy,
            controls=controls_object(controls),
            context=context,
            scratch=self._vault.scratch,
        )

    def _record_precheck(
        self,
        permit: WorkPermit,
        author: Person,
        stored: Sequence[Stored],
        report: Report | None,
        source: Source,
        failed: str | None,
    ) -> None:
        verdicts = {file.sha256: file.verdict.value for file in report.files} if report else {}
        uses = tuple(DatasetUse(mount.dataset, mount.version, mount.people) for mount in permit.mounts)
        self._log.record(
            Event(
                action="egress.prechecked",
                actor=as_actor(author),
                object=Object("workspace", permit.workspace.ref, permit.project.id),
                subjects=subjects_of(uses),
                source=source,
                outcome="failed" if failed else "ok",
                reason=failed,
                policy=self.policy.digest,
                detail={"files": [file.sha256 for file in stored], "verdicts": verdicts},
            ),
            wait="durable",
        )


def _check_author(person: Person, author_ref: str) -> None:
    if person.ref != author_ref:
        raise Denied("not_the_author", Text(ko="신청자만 할 수 있습니다.", en="Only the author can do this."))


def _check_draft(draft: Draft, least_context: int) -> None:
    """Refuse a draft that no reviewer could judge (invariant I7; a quarter of refusals are for lack of context)."""
    for name, value, longest, needed in (
        (Text("제목", "title"), draft.title, LONGEST_TITLE, True),
        (Text("목적", "purpose"), draft.purpose, LONGEST_TEXT, True),
        (Text("설명", "context"), draft.context, LONGEST_TEXT, True),
        (Text("통계적 통제", "controls"), draft.controls, LONGEST_TEXT, False),
    ):
        if len(value) > longest:
            raise _invalid("too_long", f"{name.ko}: {longest}자까지 쓸 수 있습니다.", f"The {name.en} is too long.")
        if needed and not value.strip():
            raise _invalid("missing", f"{name.ko}: 입력이 필요합니다.", f"The {name.en} is missing.")
    if len(draft.context.strip()) < least_context:
        raise _invalid(
            "context_short",
            f"설명을 {least_context}자 이상 적으십시오: 무엇을 누구에게서 어떻게 셌는지, 변수의 뜻, 대상자 수.",
            f"Describe the result in at least {least_context} characters: what was counted, of whom and how.",
        )
    _check_controls(draft.controls)


def _check_controls(controls: str) -> None:
    try:
        claims_of(controls)
    except ClaimError as error:
        raise Invalid("bad_controls", error.reason) from None


def _invalid(code: str, ko: str, en: str) -> Invalid:
    return Invalid(code, Text(ko=ko, en=en))


def _fingerprint(request: Request) -> Mapping[str, JSON]:
    """What the audit log keeps of a hand-in: hashes and sizes, no names and no texts."""
    return {
        "context": request.context_hash,
        "files": [{"sha256": file.sha256, "size": file.size} for file in request.files],
    }
