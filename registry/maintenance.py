"""Maintenance of the zone: for a while nothing new begins, and everybody reads why and until when.

What runs goes on: kernels, reviews, releases. Only what somebody begins is refused: a workspace, a request for egress
or ingress, for an extract, for a package. It ends when an operator says so, not by the clock: the end that is
announced is a promise, and `ansim doctor` tells when it was not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType

from sqlalchemy import Connection, delete, insert, select

from audit.body import timestamp
from audit.event import Actor, Object, Source
from registry import forms, tables
from registry.desk import Desk
from registry.errors import Conflict, Denied, Invalid
from registry.text import Text

KINDS: Mapping[str, Text] = MappingProxyType(
    {
        "upgrade": Text(ko="소프트웨어 업데이트", en="an upgrade of the software"),
        "hardware": Text(ko="장비 작업", en="work on the machines"),
        "network": Text(ko="네트워크 작업", en="work on the network"),
        "database": Text(ko="데이터베이스 작업", en="work on the database"),
        "security": Text(ko="보안 조치", en="a security measure"),
        "fault": Text(ko="장애 복구", en="recovery from a fault"),
    }
)
"""Why a zone is maintained; a note in one's own words can follow."""
LONGEST = timedelta(days=30)
_WHAT = Text(
    ko="안심구역 점검 중입니다: {why}. 예상 종료 {until}.",
    en="The zone is under maintenance: {why}. Expected to end {until}.",
)
_REFUSED = Text(
    ko="지금은 분석환경을 새로 시작하거나 신청할 수 없습니다.",
    en="No workspace can be started and nothing can be requested now.",
)
_HINT = Text(
    ko="실행 중인 분석환경은 계속 쓸 수 있습니다. 점검이 끝난 뒤 다시 시도하십시오.",
    en="Workspaces that run go on. Try again when the maintenance is over.",
)
_ZONE = Object("zone", "maintenance")
_ONE_ROW = 1


@dataclass(frozen=True, slots=True)
class Maintenance:
    """What is announced; times are aware, `note` is in the operator's own words or empty."""

    kind: str
    note: str
    since: datetime
    until: datetime
    by_ref: str

    def overdue(self, now: datetime) -> bool:
        """Whether the announced end has passed."""
        return now >= self.until

    def said(self, zone: tzinfo | None = None) -> Text:
        """What people read, with the end by the clocks of the zone, or by the machine's own."""
        why, until = KINDS[self.kind], self.until.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
        note = f" ({self.note})" if self.note else ""
        return Text(
            ko=_WHAT.ko.format(why=why.ko + note, until=until), en=_WHAT.en.format(why=why.en + note, until=until)
        )

    def document(self, zone: tzinfo | None = None) -> dict[str, str]:
        """What is announced as JSON values."""
        said = self.said(zone)
        times = {"since": timestamp(self.since), "until": timestamp(self.until)}
        return {"why": self.kind, "note": self.note, **times, "ko": said.ko, "en": said.en}


class Maintaining(Desk):
    """Use cases about maintenance."""

    _time_zone: tzinfo | None = None
    """Where the people of the zone are; None is where the machine is."""

    def begin_maintenance(
        self, kind: str, until: datetime, note: str = "", *, by: Actor, source: Source
    ) -> Maintenance:
        """Announces maintenance; announced again, it has the new reason and end.

        Raises: Invalid — an unknown kind, or an end that is past or more than 30 days away. Denied.
        """
        if kind not in KINDS:
            names = ", ".join(KINDS)
            raise Invalid(
                "maintenance_kind", Text(ko=f"점검 종류는 {names} 중 하나입니다.", en=f"The kind is one of {names}.")
            )
        # Every kind of blank is one to a person, and some are none to the gate.
        note = " ".join(forms.check_line("note", note).split()) if note else ""
        with self._changing("zone.maintenance_begun", _ZONE, by=by, source=source) as change:
            if not change.now < until <= change.now + LONGEST:
                raise Invalid(
                    "maintenance_end",
                    Text(
                        ko="예상 종료는 지금부터 30일 안의 시각이어야 합니다.",
                        en="The expected end lies within the next 30 days.",
                    ),
                )
            before = announced(change.tx)
            since = change.now if before is None else before.since
            new = Maintenance(kind, note, since, until, change.actor.ref)
            _clear(change.tx)
            change.tx.execute(
                insert(tables.maintenance).values(
                    id=_ONE_ROW, kind=kind, note=note, since=since, until=until, by_ref=new.by_ref
                )
            )
            change.reason = kind
            change.detail.update(until=timestamp(until), again=before is not None)
            if note:
                change.sealed["note"] = note
        return new

    def end_maintenance(self, *, by: Actor, source: Source) -> None:
        """Ends maintenance: everything can begin again.

        Raises: Denied, Conflict — none is announced.
        """
        with self._changing("zone.maintenance_ended", _ZONE, by=by, source=source) as change:
            if not _clear(change.tx):
                raise Conflict("no_maintenance", Text(ko="점검 중이 아닙니다.", en="The zone is not in maintenance."))

    def maintenance(self) -> Maintenance | None:
        """What is announced now, if anything."""
        with self._db.read() as tx:
            return announced(tx)

    def announcement(self) -> Text | None:
        """What people read now, if anything is announced."""
        found = self.maintenance()
        return None if found is None else found.said(self._time_zone)

    def check_may_begin(self) -> None:
        """Lets somebody begin something new.

        Raises: Denied — with the reason and the expected end of the maintenance.
        """
        said = self.announcement()
        if said is not None:
            raise Denied(
                "zone_in_maintenance",
                Text(ko=f"{said.ko} {_REFUSED.ko}", en=f"{said.en} {_REFUSED.en}"),
                hint=_HINT,
            )


def announced(tx: Connection) -> Maintenance | None:
    """What is announced now, if anything."""
    row = tx.execute(select(tables.maintenance)).one_or_none()
    return None if row is None else Maintenance(row.kind, row.note, row.since, row.until, row.by_ref)


def _clear(tx: Connection) -> bool:
    return tx.execute(delete(tables.maintenance)).rowcount > 0
