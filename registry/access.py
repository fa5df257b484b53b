"""Grants of data, and the question that every start and every minute of work asks: may they work here?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from audit.body import timestamp
from audit.event import Actor, Object, Source, Subjects
from audit.refs import new_ref
from audit.search import Query, search
from registry import forms, permits, queries, tables
from registry.errors import Conflict, Denied, NotFound
from registry.freezing import is_frozen
from registry.intake import Reviews
from registry.maintenance import Maintaining
from registry.model import Grant, Person, Role, WorkPermit, Workspace
from registry.text import Text

FIRST_UID = 200_000
"""Numeric users of workspaces lie above those of people and services, and are never used twice."""


class Access(Maintaining):
    """Use cases about grants, permits and workspaces."""

    _demo: bool
    _notice_version: str
    _reviews: Reviews

    def grant(
        self,
        dataset_id: str,
        version: int,
        project_id: str,
        starts_at: datetime,
        ends_at: datetime,
        *,
        approver: Actor,
        by: Actor | None = None,
        source: Source,
    ) -> Grant:
        """Lets a project use one version of a dataset, as approved by a data controller outside the project.

        `by` is the approver, or the command line that writes down an approval given elsewhere.
        Raises: NotFound, Invalid, Denied, Conflict — another version is granted for an overlapping time.
        """
        forms.check_period(starts_at, ends_at)
        with self._db.read() as tx:
            queries.project(tx, project_id)
            about = queries.dataset(tx, dataset_id)
            queries.version(tx, dataset_id, version)
        by = approver if by is None else by
        new = Grant(new_ref("g"), dataset_id, version, project_id, starts_at, ends_at, approver.ref, None)
        with self._changing(
            "grant.approved",
            Object("grant", new.ref, project_id),
            by=by,
            source=source,
            subjects=Subjects.datasets([(dataset_id, version, about.people)]),
        ) as change:
            if by.ref != approver.ref:
                change.on_behalf_of = approver.ref
            change.detail.update(starts_at=timestamp(starts_at), ends_at=timestamp(ends_at))
            _check_approver(change.tx, approver.ref, project_id, by)
            _check_one_version(change.tx, new)
            self._reviews.refuse_grant(change.tx, dataset_id, version, project_id, ends_at, change.now)
            change.tx.execute(
                insert(tables.access_grant).values(
                    ref=new.ref,
                    dataset=dataset_id,
                    version=version,
                    project=project_id,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    approved_by=approver.ref,
                )
            )
        return new

    def revoke_grant(self, ref: str, *, by: Actor, source: Source) -> Grant:
        """Ends a grant now; workspaces that mount its data end with it.

        Raises: NotFound, Denied, Conflict — it was revoked before.
        """
        table = tables.access_grant
        with self._db.read() as tx:
            found = queries.grants(tx, table.c.ref == ref)
            if not found:
                raise NotFound("grant_unknown", Text(ko="데이터 이용 승인이 없습니다.", en="There is no such grant."))
            about = queries.dataset(tx, found[0].dataset)
        with self._changing(
            "grant.revoked",
            Object("grant", ref, found[0].project),
            by=by,
            source=source,
            subjects=Subjects.datasets([(about.id, found[0].version, about.people)]),
        ) as change:
            ended = change.tx.execute(
                update(table).where(table.c.ref == ref, table.c.revoked_at.is_(None)).values(revoked_at=change.now)
            )
            if ended.rowcount != 1:
                raise Conflict("grant_revoked", Text(ko="이미 거둔 승인입니다.", en="The grant was revoked before."))
            return queries.grants(change.tx, table.c.ref == ref)[0]

    def grants(self, project_id: str | None = None) -> list[Grant]:
        """Grants, past and present, of a project or of all, oldest first."""
        with self._db.read() as tx:
            if project_id is None:
                return queries.grants(tx)
            return queries.grants(tx, tables.access_grant.c.project == project_id)

    def may_work(self, handle: str, project_id: str, at: datetime | None = None, *, begins: bool = True) -> WorkPermit:
        """The permit to work in a project now, or at another time; the first one makes the workspace.

        Who only looks, or goes on with what there is, `begins` nothing, and may do so under maintenance too.
        Raises: Denied — with the first condition of `registry.permits` that does not hold, or while the zone is under
        maintenance.
        """
        if begins and at is None:
            self.check_may_begin()
        at = self._clock() if at is None else at
        with self._db.read() as tx:
            facts = self._facts(tx, project_id, at, lambda: queries.person_by_handle(tx, handle))
        permission = permits.decide(facts)
        if facts.person is None:
            raise AssertionError("the conditions let a missing person pass")
        return _permit(permission, self.workspace(facts.person.ref, project_id))

    def running_allowed(
        self, person_ref: str, project_id: str, mounted: Iterable[tuple[str, int]] | None = None
    ) -> WorkPermit:
        """As `may_work`, for a workspace that runs: nothing is written.

        If the grant of one mounted dataset has ended while others go on, the container has to end all the
        same. `mounted` names the (dataset, version) pairs that it sees; without it, the log tells what the
        latest start announced.
        Raises: Denied.
        """
        with self._db.read() as tx:
            permit = self._running(tx, person_ref, project_id, self._clock())
            seen = _announced(tx, permit.workspace) if mounted is None else mounted
        permits.check_still_mounted(permit.mounts, seen)
        return permit

    def workspace(self, person_ref: str, project_id: str) -> Workspace:
        """The workspace of a person in a project, made on first use. It is a name and a number, not a right.

        Raises: NotFound — no such person or project.
        """
        with self._db.read() as tx:
            found = _workspace(tx, person_ref, project_id)
        if found is not None:
            return found
        with self._db.begin() as tx:
            queries.person_by_ref(tx, person_ref)
            queries.project(tx, project_id)
            if tx.dialect.name == "postgresql":
                # SQLite has one writer at a time; here two could take the same number.
                tx.exec_driver_sql("LOCK TABLE registry_workspace IN SHARE ROW EXCLUSIVE MODE")
            found = _workspace(tx, person_ref, project_id)
            if found is not None:
                return found
            last: int | None = tx.execute(select(func.max(tables.workspace.c.uid))).scalar_one()
            new = Workspace(new_ref("ws"), person_ref, project_id, FIRST_UID if last is None else last + 1)
            tx.execute(
                insert(tables.workspace).values(ref=new.ref, person_ref=person_ref, project=project_id, uid=new.uid)
            )
            return new

    def workspace_by_ref(self, ref: str) -> Workspace:
        """The workspace with that reference. Raises: NotFound."""
        with self._db.read() as tx:
            found = queries.workspaces(tx, tables.workspace.c.ref == ref)
        if not found:
            raise NotFound("workspace_unknown", Text(ko="분석환경이 없습니다.", en="There is no such workspace."))
        return found[0]

    def workspaces(self) -> list[Workspace]:
        """Every workspace that was ever made, the oldest first."""
        with self._db.read() as tx:
            return queries.workspaces(tx)

    def _running(self, tx: Connection, person_ref: str, project_id: str, at: datetime) -> WorkPermit:
        facts = self._facts(tx, project_id, at, lambda: queries.person_by_ref(tx, person_ref))
        permission = permits.decide(facts)
        workspace = _workspace(tx, person_ref, project_id)
        if workspace is None:
            raise Denied("workspace_unknown", Text(ko="분석환경이 없습니다.", en="There is no such workspace."))
        return _permit(permission, workspace)

    def _facts(self, tx: Connection, project_id: str, at: datetime, who: Callable[[], Person]) -> permits.Facts:
        """What the registry knows about the question; what it does not know stays absent and denies."""
        facts = permits.Facts(at=at, demo_zone=self._demo, notice_version=self._notice_version)
        try:
            person = who()
            facts = replace(facts, person=person)
            facts = replace(facts, project=queries.project(tx, project_id))
        except NotFound:
            return facts
        return replace(
            facts,
            memberships=tuple(queries.memberships(tx, project=project_id, person_ref=person.ref)),
            grants=queries.held(tx, project_id, at),
            frozen=is_frozen(tx, project_id),
        )


def _check_approver(tx: Connection, approver_ref: str, project_id: str, by: Actor) -> None:
    """Raises: Denied — approval is the approver's own, needs the role, and comes from outside the project."""
    queries.project(tx, project_id, lock=True)
    approver = queries.person_by_ref(tx, approver_ref, lock=True)
    if by.kind == "person" and by.ref != approver.ref:
        raise Denied(
            "approval_of_another",
            Text(
                ko="다른 사람의 이름으로 승인할 수 없습니다.",
                en="Nobody approves in the name of somebody else.",
            ),
        )
    if not approver.has(Role.DATA_CONTROLLER):
        raise Denied(
            "approver_no_controller",
            Text(
                ko="데이터 이용 승인은 데이터 제공 책임자만 할 수 있습니다.",
                en="A grant needs the approval of a data controller.",
            ),
        )
    if queries.memberships(tx, project=project_id, person_ref=approver.ref):
        raise Denied(
            "approver_is_member",
            Text(
                ko="과제의 구성원이거나 구성원이었던 사람은 그 과제에 데이터를 승인할 수 없습니다.",
                en="Who is or was a member of the project cannot grant data to it.",
            ),
        )


def _check_one_version(tx: Connection, new: Grant) -> None:
    """Raises: Conflict — `/data/<dataset>` can show one version only."""
    table = tables.access_grant
    others = queries.grants(
        tx,
        table.c.project == new.project,
        table.c.dataset == new.dataset,
        table.c.version != new.version,
        table.c.revoked_at.is_(None),
        table.c.starts_at < new.ends_at,
        table.c.ends_at > new.starts_at,
    )
    if others:
        raise Conflict(
            "other_version_granted",
            Text(
                ko="같은 기간에 이 데이터셋의 다른 버전이 승인되어 있습니다.",
                en="Another version of this dataset is granted for an overlapping time.",
            ),
            hint=Text(ko="먼저 그 승인을 거두십시오.", en="Revoke that grant first."),
        )


def _announced(tx: Connection, workspace: Workspace) -> set[tuple[str, int]]:
    """What the latest start of a workspace mounts: its event is written before the container is made."""
    starts = search(tx, Query(object=workspace.ref, action="workspace.start", limit=20))
    latest = next((one.body for one in starts if one.body["outcome"] in {"intent", "ok"}), None)
    if latest is None:
        return set()
    return {(row["id"], row["version"]) for row in latest["subjects"].get("datasets", ())}


def _workspace(tx: Connection, person_ref: str, project_id: str) -> Workspace | None:
    table = tables.workspace
    found = queries.workspaces(tx, table.c.person_ref == person_ref, table.c.project == project_id)
    return found[0] if found else None


def _permit(permission: permits.Permission, workspace: Workspace) -> WorkPermit:
    return WorkPermit(
        workspace=workspace,
        project=permission.project,
        mounts=permission.mounts,
        limits=permission.project.limits,
        ends_at=permission.ends_at,
    )
