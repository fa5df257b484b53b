"""Two pairs of eyes on a request that is not as it was recorded: what is known of it, and who has looked into it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from audit.canonical import JSON
from audit.event import Source
from audit.proven import Proven
from audit.tables import audit_entry
from egress_review.as_recorded import AsRecorded, Compared
from egress_review.desk import as_actor
from egress_review.errors import Conflict, Denied
from egress_review.reviewing import checked_reason
from egress_review.standing import check_ties, ties_of
from egress_review.told import ALARM, LOOKED, is_looked_into, tell
from registry import queries
from registry.model import Person, PersonStatus, Role
from registry.text import Text

LOOKERS = frozenset((Role.COMPLIANCE_OFFICER, Role.SENIOR_CHECKER))
"""Who may look into a difference: nobody who runs the zone, for they could have made it."""


class Looking(AsRecorded):
    """What people do about an alarm."""

    def alarmed(self, person: Person) -> tuple[Compared, ...]:
        """Every request about which there was an alarm, as it is now; those on which nothing can be decided first.

        Raises: Denied
        """
        _check_role(person)
        with self._db.read() as tx:
            found = self._compared(tx, alarmed_refs(tx))
        return tuple(sorted(found, key=lambda one: (one.holds, one.ref)))

    def look_into(self, person: Person, ref: str, reason: str, *, source: Source) -> None:
        """Record that somebody looked into what differs, and what they found out.

        With two such looks, one of them of a compliance officer, a request that is as recorded again goes on.
        Raises: Denied, Conflict, Invalid.
        """
        said = checked_reason(reason)
        with self._db.begin() as tx:
            [one] = self._compared(tx, [ref], lock=True)
            looker = queries.person_by_ref(tx, person.ref)
            _check_looker(tx, looker, one)
            assert one.told.alarm is not None, "a look at nothing"
            detail: dict[str, JSON] = {"found": one.told.alarm.detail.get("found")}
            self._put_down(tx, one, LOOKED, as_actor(looker), source, detail, sealed={"reason": said})


def alarmed_refs(tx: Connection) -> list[str]:
    """References of the requests about which there was an alarm."""
    row = audit_entry.c
    alarms = select(row.object_ref).where(row.action == ALARM, row.object_kind == "request").distinct()
    return sorted(tx.execute(alarms).scalars())


def open_alarms(tx: Connection) -> list[str]:
    """References of the requests about which there was an alarm that two people have not looked into yet."""
    proven = Proven(tx, None)
    return [ref for ref in alarmed_refs(tx) if not is_looked_into(tell(proven.about("request", ref)))]


def _check_role(person: Person) -> None:
    if person.status is not PersonStatus.ACTIVE or not person.has(*LOOKERS):
        raise Denied(
            "not_a_looker",
            Text(
                ko="준법감시 담당자와 선임 심사자만 할 수 있습니다.",
                en="This is for compliance officers and senior checkers.",
            ),
        )


def _check_looker(tx: Connection, looker: Person, one: Compared) -> None:
    """Refuse whoever is tied to the request, has voted on it, or has looked already.

    Raises: Denied, Conflict.
    """
    _check_role(looker)
    if one.request is not None:
        check_ties(one.request, ties_of(tx, looker.ref))
    if any(looker.ref == event.actor for event in one.told.ballots):
        raise Denied("voted_on_it", Text(ko="이 신청을 심사한 사람은 할 수 없습니다.", en="You have voted on it."))
    if one.told.alarm is None:
        raise Conflict("no_alarm", Text(ko="살펴볼 것이 없습니다.", en="There is nothing to look into."))
    if any(event.actor == looker.ref for event in one.told.looks):
        raise Conflict("looked_already", Text(ko="이미 살펴보았습니다.", en="You have looked into it already."))
