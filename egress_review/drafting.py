"""Drafts that are kept: written down in several sittings, handed in when they are ready, or copied from what ended.

A draft is words and names of files. The bytes stay in the outbox, where the author may still change them; they are
taken when the draft is handed in, and not before (invariant I4).
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from audit.event import Source
from egress_review import store, tables
from egress_review.desk import Record, as_actor
from egress_review.draft_rules import check_draft, check_leaves, check_lengths, invalid
from egress_review.errors import Conflict
from egress_review.model import DatasetUse, Draft, Group, Request
from egress_review.submitting import Submitting, a_request, check_author, fingerprint
from egress_review.workflow import FINAL, Party, State, check_state
from registry.model import Person, Workspace
from registry.text import Text

MOST_DRAFTS = 50
"""Drafts that one person may keep in one project; nobody finds the fifty-first."""
MOST_NAMES = 1000
"""Names of files in a draft; what a policy allows is asked when it is handed in."""


class Drafting(Submitting):
    """What an author does before anything is handed in."""

    def save_draft(self, author: Person, workspace: Workspace, draft: Draft, *, source: Source) -> Request:
        """Keep a draft; it may be incomplete, and nothing is copied yet.

        Raises: Invalid, Conflict; Denied (registry) — if the author may not work there now.
        """
        permit = self._permit(author, workspace, begins=False)  # a draft asks for nothing yet
        _check_kept(draft)
        uses = tuple(DatasetUse(mount.dataset, mount.version, mount.people) for mount in permit.mounts)
        with self._db.begin() as tx:
            return self._keep(tx, author, workspace.project, workspace.ref, uses, draft, source)

    def edit_draft(self, author: Person, ref: str, draft: Draft, *, source: Source) -> Request:
        """Replace what a draft says.

        Raises: NotFound, Denied, Conflict, Invalid.
        """
        _check_kept(draft)
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            check_author(author, request.author_ref)
            record = Record(actor=as_actor(author), source=source, detail=_sizes(draft))
            columns = _words(draft)
            moved, _ = self._move(tx, request, "egress.draft_saved", Party.AUTHOR, record, **columns)
            row = tables.draft
            tx.execute(update(row).where(row.c.request_ref == ref).values(content=_content(draft), at=moved.changed_at))
            return moved

    def draft_of(self, author: Person, ref: str) -> Draft:
        """What a kept draft says, or what a request said when it was handed in last, as a draft.

        Raises: NotFound, Denied.
        """
        with self._db.read() as tx:
            request = store.load(tx, ref)
            check_author(author, request.author_ref)
            return _draft(tx, request)

    def submit_draft(self, author: Person, ref: str, draft: Draft | None = None, *, source: Source) -> Request:
        """Hand a kept draft in, as it is kept or as it is given now.

        Raises: NotFound, Denied, Conflict, Invalid, OutboxRefused; Denied (registry).
        """
        with self._db.read() as tx:
            before = store.load(tx, ref)
            check_author(author, before.author_ref)
            check_state(before.state, {State.DRAFT})
            said = draft or _draft(tx, before)
        workspace = self._registry.workspace_by_ref(before.workspace_ref)
        permit = self._permit(author, workspace)
        policy = self.policy_for(workspace.project)
        check_draft(said, policy.min_context)
        files = self._take(workspace, policy, said)
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            if request.version != before.version:
                store.change(tx, before)
            request = replace(request, round=1, **self._said(said, policy, files, permit))
            record = Record(actor=as_actor(author), source=source, detail=fingerprint(request))
            moved, _ = self._move(tx, request, "egress.submitted", Party.AUTHOR, record)
            store.replace_round(tx, moved)
            tx.execute(delete(tables.draft).where(tables.draft.c.request_ref == ref))
            return replace(moved, version=moved.version + 1)

    def copy_to_draft(self, author: Person, ref: str, *, source: Source) -> Request:
        """Make a new draft of what an ended request said, such as one that was blocked; the files are chosen anew.

        Raises: NotFound, Denied, Conflict, Invalid; Denied (registry).
        """
        with self._db.read() as tx:
            request = store.load(tx, ref)
            check_author(author, request.author_ref)
            draft = _draft(tx, request)
        check_leaves(request)
        check_state(request.state, FINAL)
        workspace = self._registry.workspace_by_ref(request.workspace_ref)
        permit = self._permit(author, workspace, begins=False)
        uses = tuple(DatasetUse(mount.dataset, mount.version, mount.people) for mount in permit.mounts)
        with self._db.begin() as tx:
            return self._keep(tx, author, request.project, request.workspace_ref, uses, draft, source, copied=ref)

    def _keep(
        self,
        tx: Connection,
        author: Person,
        project: str,
        workspace_ref: str,
        uses: tuple[DatasetUse, ...],
        draft: Draft,
        source: Source,
        copied: str | None = None,
    ) -> Request:
        table = tables.request.c
        mine = (table.author_ref == author.ref, table.project == project, table.state == State.DRAFT.value)
        if (tx.scalar(select(func.count()).select_from(tables.request).where(*mine)) or 0) >= MOST_DRAFTS:
            raise Conflict(
                "too_many_drafts",
                Text(
                    ko=f"초안은 과제마다 {MOST_DRAFTS}개까지입니다. 쓰지 않는 것을 철회하십시오.",
                    en=f"At most {MOST_DRAFTS} drafts are kept in a project. Withdraw those that you do not need.",
                ),
            )
        now = self._clock()
        none = {"round": 0, "policy_name": "", "policy_digest": "", "files": (), "submitted_at": now, "changed_at": now}
        request = a_request(author, project, workspace_ref, **none, **_words(draft), datasets=uses)
        store.insert_request(tx, request, draft=_content(draft))
        origin = {"copied_from": copied} if copied else {}
        record = Record(actor=as_actor(author), source=source, detail={**_sizes(draft), **origin})
        self._drafted(tx, request, record)
        return request


def _check_kept(draft: Draft) -> None:
    if not draft.title.strip():
        raise invalid("missing", "제목: 입력이 필요합니다.", "A draft needs a title.")
    check_lengths(draft)
    names = (*draft.files, *draft.supporting, *(name for group in draft.groups.values() for name in group.files))
    if len(names) > MOST_NAMES or any(len(name) > 255 for name in names):
        raise invalid(
            "too_long", "파일 이름이 너무 많거나 깁니다.", "There are too many names of files, or too long ones."
        )


def _words(draft: Draft) -> dict[str, Any]:
    return {
        "title": draft.title.strip(),
        "purpose": draft.purpose.strip(),
        "context": draft.context.strip(),
        "controls": draft.controls.strip(),
    }


def _sizes(draft: Draft) -> dict[str, Any]:
    """What the log keeps of a draft: no names and no texts."""
    return {"outputs": len(draft.files), "supporting": len(draft.supporting), "groups": len(draft.groups)}


def _content(draft: Draft) -> str:
    return json.dumps(asdict(replace(draft, groups=dict(draft.groups))), ensure_ascii=False, sort_keys=True)


def _draft(tx: Connection, request: Request) -> Draft:
    """A kept draft, or what the last round said."""
    row = tables.draft.c
    content = tx.execute(select(row.content).where(row.request_ref == request.ref)).scalar()
    if content is not None:
        given = json.loads(content)
        groups = {
            name: Group(one["context"], one["controls"], tuple(one["files"])) for name, one in given["groups"].items()
        }
        lists = {key: tuple(given[key]) for key in ("files", "supporting")}
        return Draft(**{**given, **lists, "groups": groups})
    return Draft(
        files=tuple(file.name for file in request.outputs),
        supporting=tuple(file.name for file in request.supporting),
        groups=request.groups,
        **{key: getattr(request, key) for key in ("title", "purpose", "context", "controls")},
    )
