"""Which policy a project is held to: the strictest of the zone's, those of the owners of its data, and its own.

chosen = policy_for(tx, zone_policy, "cardio", at)

An owner's policy follows the data: a project is held to it from the first day on which it was granted the dataset,
also after the grant ended, because what was made from the data may still lie in a workspace. What is assigned is the
content of a policy and not its name: a file that changes later changes nothing until it is assigned again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Row, Select, and_, or_, select

from egress_review import tables
from egress_review.strictest import strictest
from egress_review.terms import Policy
from registry.tables import access_grant

Scope = Literal["dataset", "project"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """The policy that somebody set for one dataset or project."""

    scope: Scope
    target: str
    policy: Policy | None
    """None: nothing is asked beyond the policy of the zone."""
    by_ref: str
    at: datetime
    row: int
    """Number of the row; a later assignment has a larger one."""


def policy_for(tx: Connection, zone: Policy, project: str, at: datetime) -> Policy:
    """The policy for what a project hands in at a time: `zone` itself where nobody asked for more."""
    return combined(zone, [one.policy for one in _for_project(tx, project, at) if one.policy is not None])


def policies_behind(tx: Connection, project: str, at: datetime) -> list[Assigned]:
    """What is assigned to a project and to the data that it was ever granted, datasets first."""
    return [one for one in _for_project(tx, project, at) if one.policy is not None]


def assigned(tx: Connection) -> list[Assigned]:
    """Everything that is assigned now, datasets first."""
    return [one for one in _latest(tx.execute(select(tables.policy_choice)).all()) if one.policy is not None]


def owners_allow_low_risk(tx: Connection, project: str, at: datetime, datasets: Iterable[str]) -> bool:
    """Whether the owner of all data that a project ever had has said, in a policy of their own, that there is a tier.

    The policy of the zone alone does not say it for them.
    """
    had = {*datasets, *tx.execute(_granted(project, at)).scalars()}
    said = {one.target for one in assigned(tx) if one.scope == "dataset" and one.policy and one.policy.low_risk}
    return bool(had) and had <= said


def combined(zone: Policy, others: Iterable[Policy]) -> Policy:
    """The strictest of all; the same policy twice counts once, so its digest stays what it was."""
    distinct = {policy.digest: policy for policy in others}
    distinct.pop(zone.digest, None)
    return strictest([zone, *distinct.values()])


def _for_project(tx: Connection, project: str, at: datetime) -> list[Assigned]:
    row = tables.policy_choice.c
    of_data = and_(row.scope == "dataset", row.target.in_(_granted(project, at)))
    mine = or_(and_(row.scope == "project", row.target == project), of_data)
    return _latest(tx.execute(select(tables.policy_choice).where(mine)).all())


def _granted(project: str, at: datetime) -> Select[str]:
    """The datasets that a project was granted until then, whether or not it still is."""
    return select(access_grant.c.dataset).where(
        access_grant.c.project == project,
        access_grant.c.starts_at <= at,
        # A grant that was taken back before it began opened nothing.
        or_(access_grant.c.revoked_at.is_(None), access_grant.c.revoked_at > access_grant.c.starts_at),
    )


def _latest(rows: Sequence[Row[Any]]) -> list[Assigned]:
    """The last row on each dataset and project: what was assigned before it stays on record."""
    last = {(row.scope, row.target): row for row in sorted(rows, key=lambda row: int(row.id))}
    return [_assigned(last[key]) for key in sorted(last)]


def _assigned(row: Row[Any]) -> Assigned:
    return Assigned(
        scope=row.scope,
        target=row.target,
        policy=None if row.policy is None else Policy.from_json(json.loads(row.policy)),
        by_ref=row.by_ref,
        at=row.at,
        row=row.id,
    )
