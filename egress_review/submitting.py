"""The author's side: look into the outbox, check before asking, hand in, hand in again, withdraw."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from audit.canonical import JSON
from audit.event import Event, Object, Source
from audit.refs import new_ref
from egress_review import store, tables
from egress_review.desk import Record, as_actor, limits_of, subjects_of
from egress_review.draft_rules import check_controls, check_draft, check_leaves, invalid
from egress_review.errors import Denied, EgressError
from egress_review.findings import Report
from egress_review.job import JobFile, ScanJob
from egress_review.model import DatasetUse, Draft, Group, Kind, Request, RequestFile, controls_object
from egress_review.terms import Policy
from egress_review.vault import OutboxFile, Stored, Vault, list_outbox
from egress_review.watching import Watching
from egress_review.workflow import FINAL, Party, State
from registry.model import Person, WorkPermit, Workspace
from registry.text import Text

TWICE = timedelta(minutes=10)
"""Time within which the same hand-in is taken for a second click."""


class Submitting(Watching):
    """What an author does."""

    def list_outbox(self, workspace: Workspace) -> list[OutboxFile]:
        """What lies in the outbox and what stands against handing it in."""
        return list_outbox(self.outbox_of(workspace), self.limits_for(workspace.project))

    def precheck(
        self,
        workspace: Workspace,
        names: Sequence[str],
        controls: str,
        *,
        source: Source,
        supporting: Sequence[str] = (),
        context: str | None = None,
    ) -> Report:
        """What the scan would find, under the policy in force; nothing is kept but the audit event.

        `supporting` are files in the outbox that the checks compare with and that would not leave; without `context`
        the description is not checked.
        Raises: Denied (registry) — if nobody may work there now. OutboxRefused, Invalid, ScanFailed.
        """
        author = self._registry.person_by_ref(workspace.person_ref)
        permit = self._registry.may_work(author.handle, workspace.project, begins=False)  # it asks for nothing
        check_controls(controls)
        self._admit_precheck(permit, author, source)
        with self._db.read() as tx:
            policy, earlier = self.policy_for(workspace.project, tx=tx), self._left_before(tx, workspace.project)
        with self._vault.temporary() as vault:
            taken = vault.take(self.outbox_of(workspace), [*names, *supporting], limits_of(policy))
            job = self._job(vault, policy, taken[: len(names)], controls, context, taken[len(names) :])
            uses = [DatasetUse(mount.dataset, mount.version, mount.people) for mount in permit.mounts]
            try:
                sources = self._sources(uses, submitted=False)
                result = self._scanner.scan(replace(job, sources=sources, previous=earlier))
            except EgressError as error:
                self._record_precheck(permit, author, job, None, source, error.code)
                raise
        self._record_precheck(permit, author, job, result.report, source, None)
        self._watch_precheck(permit, author, result)
        return result.report

    def submit(self, author: Person, workspace: Workspace, draft: Draft, *, source: Source) -> Request:
        """Hand files in: they are copied into the vault, and the request waits for its scan.

        The same hand-in twice within minutes is one request.
        Raises: Denied, Invalid, OutboxRefused; Denied (registry) — if the author may not work there now.
        """
        permit = self._permit(author, workspace)
        policy = self.policy_for(workspace.project)
        check_draft(draft, policy.min_context)
        files = self._take(workspace, policy, draft)
        said = self._said(draft, policy, files, permit)
        with self._db.begin() as tx:
            request = a_request(author, workspace.project, workspace.ref, **said)
            return self._hand_in(tx, request, Record(actor=as_actor(author), source=source))

    def _hand_in(self, tx: Connection, request: Request, by: Record, *, among: frozenset[str] | None = None) -> Request:
        """Add a request and hand it in; or return the one that says the same: of minutes ago, or `among` some."""
        store.one_at_a_time(tx, request.author_ref)
        row = tables.request.c
        mine = (row.author_ref == request.author_ref, row.project == request.project)
        recent = row.submitted_at > request.submitted_at - TWICE
        undecided = row.state.not_in([state.value for state in FINAL])
        for twin in store.find(tx, *mine, recent if among is None else undecided):
            if among is not None and twin.ref not in among:
                continue
            if twin.says_the_same(request) and twin.state not in FINAL | {State.DRAFT, State.RETURNED}:
                return twin
        store.insert_request(tx, request)
        record = replace(by, detail={**fingerprint(request), **(by.detail or {})})
        self._drafted(tx, request, record)
        return self._move(tx, request, "egress.submitted", Party.AUTHOR, record)[0]

    def resubmit(self, author: Person, ref: str, draft: Draft, *, source: Source) -> Request:
        """Hand a returned request in again as a new round; earlier votes are void, and stay on record.

        Raises: Denied, Conflict, Invalid, OutboxRefused. What comes in is uploaded again: `bringing`.
        """
        with self._db.read() as tx:
            before = store.load(tx, ref)
        check_leaves(before)
        workspace = self._registry.workspace_by_ref(before.workspace_ref)
        permit = self._permit(author, workspace)
        policy = self.policy_for(workspace.project)
        check_draft(draft, policy.min_context)
        files = self._take(workspace, policy, draft)
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            if request.version != before.version:
                store.change(tx, before)
            request = replace(request, round=request.round + 1, **self._said(draft, policy, files, permit))
            record = Record(actor=as_actor(author), source=source, detail=fingerprint(request))
            moved, _ = self._move(tx, request, "egress.resubmitted", Party.AUTHOR, record, approved_event=None)
            store.replace_round(tx, moved)
            return replace(moved, version=moved.version + 1)

    def withdraw(self, author: Person, ref: str, *, source: Source) -> Request:
        """Take a request back before anybody approved it.

        Raises: Denied, Conflict.
        """
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            check_author(author, request.author_ref)
            record = Record(actor=as_actor(author), source=source)
            moved, _ = self._move(tx, request, "egress.withdrawn", Party.AUTHOR, record)
            return moved

    def _take(self, workspace: Workspace, policy: Policy, draft: Draft) -> list[RequestFile]:
        """The files of a draft, copied into the vault, with what each is for.

        Raises: OutboxRefused. Invalid — for evidence with the bytes of an output, which would leave as that output.
        """
        taken = self._vault.take(self.outbox_of(workspace), (*draft.files, *draft.supporting), limits_of(policy))
        outputs = {file.sha256 for file in taken[: len(draft.files)]}
        group_of = {name: group for group, one in draft.groups.items() for name in one.files}
        files = []
        for number, file in enumerate(taken):
            kind: Kind = "output" if number < len(draft.files) else "supporting"
            if kind == "supporting" and file.sha256 in outputs:
                raise invalid(
                    "evidence_leaves",
                    "근거 파일이 반출 파일과 같습니다. 근거 파일은 나가지 않으므로 하나로만 고르십시오.",
                    "A supporting file equals an output. Supporting files never leave: choose it as one of the two.",
                )
            files.append(RequestFile(file.name, file.sha256, file.size, kind, group_of.get(file.name, "")))
        return files

    def _permit(self, author: Person, workspace: Workspace, *, begins: bool = True) -> WorkPermit:
        check_author(author, workspace.person_ref)
        return self._registry.may_work(author.handle, workspace.project, begins=begins)

    def _said(self, draft: Draft, policy: Policy, files: Sequence[RequestFile], permit: WorkPermit) -> dict[str, Any]:
        """The fields of a request that a hand-in fills."""
        now = self._clock()
        return {
            "title": draft.title.strip(),
            "purpose": draft.purpose.strip(),
            "context": draft.context.strip(),
            "controls": draft.controls.strip(),
            "policy_name": policy.name,
            "policy_digest": policy.digest,
            "salt": secrets.token_hex(16) if draft.supporting else "",
            "files": tuple(files),
            "groups": {
                name: Group(group.context.strip(), group.controls.strip(), tuple(sorted(group.files)))
                for name, group in sorted(draft.groups.items())
            },
            "datasets": tuple(DatasetUse(m.dataset, m.version, m.people) for m in permit.mounts),
            "submitted_at": now,
            "changed_at": now,
        }

    def _job(
        self,
        vault: Vault,
        policy: Policy,
        files: Sequence[Stored],
        controls: str,
        context: str | None,
        supporting: Sequence[Stored] = (),
    ) -> ScanJob:
        return ScanJob(
            files=tuple(JobFile(file.name, file.sha256, vault.path(file.sha256)) for file in files),
            supporting=tuple(JobFile(file.name, file.sha256, vault.path(file.sha256)) for file in supporting),
            policy=policy,
            controls=controls_object(controls),
            context=context,
            scratch=self._vault.scratch,
        )

    def _record_precheck(
        self,
        permit: WorkPermit,
        author: Person,
        job: ScanJob,
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
                policy=job.policy.digest,
                detail={"files": [file.sha256 for file in job.files], "verdicts": verdicts},
            ),
            wait="durable",
        )


def a_request(author: Person, project: str, workspace_ref: str, **said: Any) -> Request:
    """A request to which nothing has happened yet; `said` is what a hand-in fills, or what a draft says."""
    return Request(
        ref=new_ref("er"),
        project=project,
        author_ref=author.ref,
        workspace_ref=workspace_ref,
        state=State.DRAFT,
        created_at=said["submitted_at"],
        released_at=None,
        approved_event=None,
        release_index=None,
        packaged=False,
        attempts=0,
        retry_at=None,
        version=0,
        **{"round": 1, **said},
    )


def check_author(person: Person, author_ref: str) -> None:
    """Refuse anybody but the author.

    Raises: Denied
    """
    if person.ref != author_ref:
        raise Denied("not_the_author", Text(ko="신청자만 할 수 있습니다.", en="Only the author can do this."))


def fingerprint(request: Request) -> Mapping[str, JSON]:
    """What the audit log keeps of a hand-in: hashes and sizes, no names and no texts."""
    return {
        "context": request.context_hash,
        "workspace": request.workspace_ref,
        "files": [{"sha256": file.sha256, "size": file.size} for file in request.outputs],
        "supporting": [{"sha256": file.sha256, "size": file.size} for file in request.supporting],
    }
