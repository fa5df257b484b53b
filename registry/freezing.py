"""Freezing a project: everything of it stands still at once, nothing of it is lost, and it goes on when lifted.

A freeze is a row beside the project, not a state of it: what the project was, it is again afterwards. While it is
there no workspace starts or runs, and nothing about a request of the project moves. The worker carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, insert, select

from audit.event import Actor, Object, Source
from audit.search import Entry, Query, search
from registry import forms, queries, tables
from registry.desk import Desk
from registry.errors import Conflict
from registry.model import ProjectStatus
from registry.text import Text

_ALREADY = Text(ko="이미 동결된 과제입니다.", en="The project is frozen already.")


@dataclass(frozen=True, slots=True)
class Freeze:
    """One project that stands still."""

    project: str
    at: datetime
    by_ref: str
    why: str


class Freezing(Desk):
    """Use cases about frozen projects."""

    def freeze_project(self, project_id: str, why: str, *, by: Actor, source: Source) -> Freeze:
        """Freezes a project; `why` is for people and sealed in the log.

        Raises: NotFound, Invalid, Denied, Conflict — it is closed, or frozen already.
        """
        why = forms.check_paragraphs("why", why)
        with self._changing("project.frozen", _about(project_id), by=by, source=source) as change:
            if queries.project(change.tx, project_id, lock=True).status is not ProjectStatus.ACTIVE:
                raise Conflict("project_closed", Text(ko="종료된 과제입니다.", en="The project is closed."))
            if is_frozen(change.tx, project_id):
                raise Conflict("frozen_already", _ALREADY)
            frozen = Freeze(project_id, change.now, change.actor.ref, why)
            change.tx.execute(
                insert(tables.freeze).values(project=project_id, at=frozen.at, by_ref=frozen.by_ref, why=why)
            )
            change.sealed["why"] = why
        return frozen

    def unfreeze_project(self, project_id: str, why: str, *, by: Actor, source: Source) -> None:
        """Lifts a freeze; people start their workspaces again, and requests go on where they stood.

        Raises: NotFound, Invalid, Denied, Conflict — it is not frozen.
        """
        why = forms.check_paragraphs("why", why)
        with self._changing("project.unfrozen", _about(project_id), by=by, source=source) as change:
            queries.project(change.tx, project_id, lock=True)
            table = tables.freeze
            if change.tx.execute(delete(table).where(table.c.project == project_id)).rowcount != 1:
                raise Conflict("not_frozen", Text(ko="동결된 과제가 아닙니다.", en="The project is not frozen."))
            change.sealed["why"] = why

    def freezes(self) -> list[Freeze]:
        """The projects that are frozen now, by id."""
        table = tables.freeze
        with self._db.read() as tx:
            rows = tx.execute(select(table).order_by(table.c.project)).all()
        return [Freeze(row.project, row.at, row.by_ref, row.why) for row in rows]

    def freeze_of(self, project_id: str) -> Freeze | None:
        """The freeze of a project, if it has one."""
        return next((one for one in self.freezes() if one.project == project_id), None)

    def cut_off(self, freeze: Freeze) -> Entry | None:
        """What the log says last about carrying out a freeze; None while it says nothing."""
        asked = Query(action="project.cut_off", object=freeze.project, since=freeze.at, limit=1)
        with self._db.read() as tx:
            return next(iter(search(tx, asked)), None)


def is_frozen(tx: Connection, project_id: str) -> bool:
    """Whether a project stands still now."""
    return bool(tx.scalar(select(exists().where(tables.freeze.c.project == project_id))))


def _about(project_id: str) -> Object:
    return Object("project", forms.check_slug("project", project_id), project_id)
