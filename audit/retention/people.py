"""The rule of two people: what cannot be undone is done by one and confirmed by another, of different duties. Pure."""

from __future__ import annotations

from audit.errors import RetentionRefused
from audit.event import Actor
from audit.text import Text

KEEPERS = frozenset({"operator", "data_controller"})
"""Roles that run the zone or answer for its data; the other of the two is always a compliance officer."""
OFFICERS = frozenset({"compliance_officer"})

_TWO = Text(
    "서로 다른 두 사람이 있어야 합니다: 준법감시 담당자 한 명과 운영자 또는 데이터 제공 책임자 한 명입니다.",
    "It takes two different people: a compliance officer, and an operator or a data controller.",
)
_CONCERNED = Text(
    "당사자는 자신의 기록에 관한 일을 하거나 확인할 수 없습니다.",
    "Nobody decides or confirms what concerns their own record.",
)


def check_pair(by: Actor, confirmer: Actor, concerned: str | None = None) -> None:
    """Accept two people who may decide together; `concerned` is whose record it is about.

    Raises: RetentionRefused — if one of them is missing, is both, or is the person concerned.
    """
    if by.kind != "person" or confirmer.kind != "person" or by.ref == confirmer.ref:
        raise RetentionRefused("second_person_needed", _TWO)
    if concerned in (by.ref, confirmer.ref):
        raise RetentionRefused("own_record", _CONCERNED)
    for one, other in ((by, confirmer), (confirmer, by)):
        if not OFFICERS.isdisjoint(one.roles) and not KEEPERS.isdisjoint(other.roles):
            return
    raise RetentionRefused("second_person_needed", _TWO)
