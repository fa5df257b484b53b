"""Projects and who takes part in them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from audit import body
from audit.canonical import JSON
from audit.event import Actor, Object, Source, Subjects
from audit.refs import new_ref
from registry import forms, queries, tables
from registry.desk import Desk
from registry.errors import Conflict, Denied, NotFound
from registry.intake import Reviews
from registry.model import Limits, Membership, PersonStatus, Project, ProjectStatus, Role
from registry.people import roles_anywhere, wrong_state
from registry.roles import IN_ONE_PROJECT, IN_THE_ZONE, check_no_clash, check_project_role
from registry.text import Text


class Projects(Desk):
    """Use cases about projects and memberships."""

    _reviews: Reviews

    def project(self, project_id: str) -> Project:
        """The project with that id. Raises: NotFound."""
        with self._db.read() as tx:
            return queries.project(tx, project_id)

    def projects(self) -> list[Project]:
        """All projects, by id."""
        with self._db.read() as tx:
            return queries.projects(tx)

    def add_project(
        self,
        project_id: str,
        title_ko: str,
        title_en: str,
        purpose: str,
        starts_at: datetime,
        ends_at: datetime,
        limits: Limits | None = None,
        *,
        by: Actor,
        source: Source,
    ) -> Project:
        """Opens a project.

        Raises: Invalid, Denied, Conflict — the id is taken, also by a closed project.
        """
        forms.check_period(starts_at, ends_at)
        new = Project(
            id=forms.check_slug("project", project_id),
            title_ko=forms.check_line("title_ko", title_ko),
            title_en=forms.check_line("title_en", title_en),
            purpose=forms.check_paragraphs("purpose", purpose),
            starts_at=starts_at,
            ends_at=ends_at,
            status=ProjectStatus.ACTIVE,
            limits=forms.check_limits(Limits() if limits is None else limits),
        )
        with self._changing("project.created", Object("project", new.id, new.id), by=by, source=source) as change:
            known = select(tables.project.c.id).where(tables.project.c.id == new.id)
            if change.tx.execute(known).first() is not None:
                raise Conflict(
                    "project_exists",
                    Text(ko="이미 있는 과제 번호입니다.", en="There is a project with this id already."),
                )
            change.tx.execute(
                insert(tables.project).values(
                    id=new.id,
                    title_ko=new.title_ko,
                    title_en=new.title_en,
                    purpose=new.purpose,
                    status=new.status.value,
                    starts_at=new.starts_at,
                    ends_at=new.ends_at,
                    **_limit_columns(new.limits),
                )
            )
            change.detail.update(_period(starts_at, ends_at), **_limit_detail(new.limits))
        return new

    def change_project(
        self,
        project_id: str,
        *,
        ends_at: datetime | None = None,
        limits: Limits | None = None,
        by: Actor,
        source: Source,
    ) -> Project:
        """Extends or shortens the period of an open project, or changes what its workspaces may use.

        Raises: NotFound, Invalid, Denied, Conflict — the project is closed.
        """
        with self._changing(
            "project.changed",
            Object("project", forms.check_slug("project", project_id), project_id),
            by=by,
            source=source,
        ) as change:
            present = queries.project(change.tx, project_id, lock=True)
            _check_open(present)
            end = present.ends_at if ends_at is None else ends_at
            forms.check_period(present.starts_at, end)
            allowed = present.limits if limits is None else forms.check_limits(limits)
            change.tx.execute(
                update(tables.project)
                .where(tables.project.c.id == project_id)
                .values(ends_at=end, **_limit_columns(allowed))
            )
            change.detail.update(_period(present.starts_at, end), **_limit_detail(allowed))
            return queries.project(change.tx, project_id)

    def close_project(self, project_id: str, *, by: Actor, source: Source) -> Project:
        """Ends a project for good; its workspaces end with it. Raises: NotFound, Denied, Conflict."""
        with self._changing(
            "project.closed",
            Object("project", forms.check_slug("project", project_id), project_id),
            by=by,
            source=source,
        ) as change:
            _check_open(queries.project(change.tx, project_id, lock=True))
            change.tx.execute(
                update(tables.project)
                .where(tables.project.c.id == project_id)
                .values(status=ProjectStatus.CLOSED.value)
            )
            return queries.project(change.tx, project_id)

    def add_member(
        self,
        project_id: str,
        handle: str,
        role: Role,
        starts_at: datetime,
        ends_at: datetime,
        *,
        by: Actor,
        source: Source,
    ) -> Membership:
        """Gives a person a part in a project.

        Raises: NotFound, Invalid, Conflict, Denied — also where the part may not meet another that the person
        has, or for this project ever had: who knows how data was pseudonymised does not forget it.
        """
        forms.check_period(starts_at, ends_at)
        with self._db.read() as tx:
            person = queries.person_by_handle(tx, handle)
            queries.project(tx, project_id)
        new = Membership(new_ref("m"), project_id, person.ref, Role(role), starts_at, ends_at, None)
        with self._changing(
            "membership.granted",
            Object("membership", new.ref, project_id),
            by=by,
            source=source,
            subjects=Subjects.person(person.ref),
        ) as change:
            change.detail.update(_period(starts_at, ends_at), role=new.role.value, person=person.ref)
            _check_may_join(change.tx, new)
            check_no_clash(IN_ONE_PROJECT, self._reviews.parts(change.tx, project_id).get(person.ref, ()), new.role)
            change.tx.execute(
                insert(tables.membership).values(
                    ref=new.ref,
                    project=project_id,
                    person_ref=person.ref,
                    role=new.role.value,
                    starts_at=starts_at,
                    ends_at=ends_at,
                )
            )
        return new

    def remove_member(
        self, project_id: str, handle: str, role: Role | None = None, *, by: Actor, source: Source
    ) -> list[Membership]:
        """Ends the person's parts in a project, all or those of one role; each is one event.

        Raises: NotFound — the person has no such part. Denied.
        """
        with self._db.read() as tx:
            person = queries.person_by_handle(tx, handle)
            present = [
                one
                for one in queries.memberships(tx, project=project_id, person_ref=person.ref)
                if one.revoked_at is None and (role is None or one.role is role)
            ]
        if not present:
            raise NotFound(
                "not_a_member",
                Text(ko="이 과제의 구성원이 아닙니다.", en="The person is not a member of this project."),
            )
        for one in present:
            self._revoke(one, by=by, source=source)
        return present

    def members(self, project_id: str) -> list[Membership]:
        """Who takes or took part in a project, oldest first; `revoked_at` and `ends_at` tell which."""
        with self._db.read() as tx:
            return queries.memberships(tx, project=project_id)

    def memberships(self, person_ref: str) -> list[Membership]:
        """The parts that a person has or had in projects, oldest first."""
        with self._db.read() as tx:
            return queries.memberships(tx, person_ref=person_ref)

    def is_member(self, person_ref: str, project_id: str) -> bool:
        """Whether the person takes part in the project or ever did: the conflict of interest does not end."""
        with self._db.read() as tx:
            return bool(queries.memberships(tx, project=project_id, person_ref=person_ref))

    def _revoke(self, one: Membership, *, by: Actor, source: Source) -> None:
        with self._changing(
            "membership.revoked",
            Object("membership", one.ref, one.project),
            by=by,
            source=source,
            subjects=Subjects.person(one.person_ref),
        ) as change:
            change.detail.update(role=one.role.value, person=one.person_ref)
            table = tables.membership
            ended = change.tx.execute(
                update(table).where(table.c.ref == one.ref, table.c.revoked_at.is_(None)).values(revoked_at=change.now)
            )
            if ended.rowcount != 1:
                raise Conflict(
                    "membership_ended",
                    Text(ko="이미 끝난 참여입니다.", en="This membership has ended already."),
                )


def _check_open(project: Project) -> None:
    if project.status is not ProjectStatus.ACTIVE:
        raise Conflict("project_closed", Text(ko="종료된 과제입니다.", en="The project is closed and stays closed."))


def _check_may_join(tx: Connection, new: Membership) -> None:
    """Raises: Conflict — project or person is closed, or has this part already. Invalid. Denied."""
    _check_open(queries.project(tx, new.project, lock=True))
    present = queries.person_by_ref(tx, new.person_ref, lock=True)
    if present.status is PersonStatus.CLOSED:
        raise wrong_state(present)
    check_project_role(new.role, present.roles)
    check_no_clash(IN_THE_ZONE, roles_anywhere(tx, present), new.role)
    ever = queries.memberships(tx, project=new.project, person_ref=new.person_ref)
    check_no_clash(IN_ONE_PROJECT, [one.role for one in ever], new.role)
    _check_did_not_approve(tx, new)
    if any(one.role is new.role and one.in_force(new.starts_at) for one in ever):
        raise Conflict(
            "member_already",
            Text(
                ko="같은 역할로 이미 참여하고 있습니다.",
                en="The person already has this part in the project at that time.",
            ),
        )


def _check_did_not_approve(tx: Connection, new: Membership) -> None:
    """Raises: Denied — who let a project have data cannot become the one who uses it."""
    table = tables.access_grant
    own = queries.grants(
        tx,
        table.c.project == new.project,
        table.c.approved_by == new.person_ref,
        table.c.revoked_at.is_(None),
        table.c.ends_at > new.starts_at,
    )
    if own:
        raise Denied(
            "approved_a_grant",
            Text(
                ko="이 과제에 데이터 이용을 승인한 사람은 구성원이 될 수 없습니다.",
                en="Who approved a grant to this project cannot become its member.",
            ),
        )


def _limit_columns(limits: Limits) -> dict[str, object]:
    return {"memory_bytes": limits.memory_bytes, "cpus": limits.cpus, "pids": limits.pids}


def _limit_detail(limits: Limits) -> dict[str, JSON]:
    # Audit bodies hold no fractions: two readers may not print one number differently.
    return {
        "memory_bytes": limits.memory_bytes,
        "cpu_thousandths": round(limits.cpus * 1000),
        "pids": limits.pids,
    }


def _period(starts_at: datetime, ends_at: datetime) -> dict[str, JSON]:
    return {"starts_at": body.timestamp(starts_at), "ends_at": body.timestamp(ends_at)}
