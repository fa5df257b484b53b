"""Warnings before a known end of work: a day and an hour ahead, each given once."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Literal

from sqlalchemy import Connection, insert, select

from audit.body import timestamp
from audit.event import Actor, Event, Object, Source, Subjects
from registry import queries, tables
from registry.access import Access
from registry.errors import Denied
from registry.model import Person, WorkPermit
from registry.text import Text

Lead = Literal["day", "hour"]

LEADS: tuple[tuple[Lead, timedelta], ...] = (("hour", timedelta(hours=1)), ("day", timedelta(days=1)))
"""How long before the end people are told, the nearest first."""

WORKER = Actor.service("worker")

_KST = timezone(timedelta(hours=9), "KST")  # Korea keeps one offset all year

_WARNING = Text(
    ko="과제 {project}의 이용이 {end}(한국 시각)에 끝납니다. 필요한 결과는 그 전에 반출을 신청하십시오.",
    en="Your access in project {project} ends at {end} (Korean time). Submit results you need before then.",
)


class Endings(Access):
    """The use case of warning in time."""

    def ending_soon(
        self, now: datetime, *, by: Actor = WORKER, source: Source | None = None
    ) -> list[tuple[WorkPermit, Person, Lead]]:
        """Warns everybody whose work ends within a day or an hour, once each; returns those warned now.

        Message, record and audit event are one transaction per warning, so a repeated or interrupted call
        neither warns twice nor forgets anybody. An end that moves is a new end.
        """
        source = Source(None) if source is None else source
        given = []
        for permit, person, lead in self._due(now):
            with self._db.begin() as tx:
                # Looked up again: another worker may have been here since.
                if _given(tx, permit, lead):
                    continue
                self._warn(tx, permit, person, lead, by=by, source=source)
            given.append((permit, person, lead))
        return given

    def _due(self, now: datetime) -> list[tuple[WorkPermit, Person, Lead]]:
        due = []
        with self._db.read() as tx:
            for workspace in queries.workspaces(tx):
                try:
                    permit = self._running(tx, workspace.person_ref, workspace.project, now)
                except Denied:
                    continue
                lead = lead_of(permit.ends_at - now)
                if lead is not None and not _given(tx, permit, lead):
                    due.append((permit, queries.person_by_ref(tx, workspace.person_ref), lead))
        return due

    def _warn(
        self, tx: Connection, permit: WorkPermit, person: Person, lead: Lead, *, by: Actor, source: Source
    ) -> None:
        workspace = permit.workspace
        tx.execute(insert(tables.warning).values(workspace=workspace.ref, ends_at=permit.ends_at, lead=lead))
        end = f"{permit.ends_at.astimezone(_KST):%Y-%m-%d %H:%M}"
        self.tell(tx, person.ref, f"ends_in_a_{lead}", _WARNING.fill(project=workspace.project, end=end))
        self._log.append(
            tx,
            Event(
                action="workspace.warned",
                actor=by,
                object=Object("workspace", workspace.ref, workspace.project),
                subjects=Subjects.person(person.ref),
                source=source,
                detail={"lead": lead, "ends_at": timestamp(permit.ends_at)},
            ),
        )


def lead_of(remaining: timedelta) -> Lead | None:
    """The warning that is due with so much time left. Pure."""
    return next((lead for lead, before in LEADS if remaining <= before), None)


def _given(tx: Connection, permit: WorkPermit, lead: Lead) -> bool:
    table = tables.warning
    wanted = select(table.c.lead).where(
        table.c.workspace == permit.workspace.ref,
        table.c.ends_at == permit.ends_at,
        table.c.lead == lead,
    )
    return tx.execute(wanted).first() is not None
