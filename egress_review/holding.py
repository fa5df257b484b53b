"""Requests of a frozen project are held: nobody reads, votes on, releases or collects them until the freeze is lifted.

Nothing about them changes meanwhile, so they go on where they stood. What makes the zone safer still works: a release
can be revoked, and what differs from the log is found and looked into.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, exists

from egress_review.errors import Conflict
from egress_review.workflow import MOVES
from registry import tables
from registry.freezing import is_frozen
from registry.permits import FROZEN, FROZEN_HINT

STILL_WORKS = frozenset({"egress.revoked"})
"""Moves that close something, which a freeze must not stand in the way of."""
HELD = frozenset(
    {
        *({move.event for move in MOVES} - STILL_WORKS),
        *("egress.drafted", "egress.viewed", "egress.code_read", "egress.collected"),
        "egress.collections_allowed",
        *("egress.purged", "egress.idle_warned"),
    }
)
"""What is recorded about a request only while its project is not frozen; the same of what is brought in."""
_VERBS = frozenset(action.partition(".")[2] for action in HELD)


def check_not_frozen(tx: Connection, action: str, project: str) -> None:
    """Let an act about a request pass, in the transaction that does it.

    Raises: Conflict — if the project is frozen and the act is one that a freeze holds.
    """
    if action.partition(".")[2] in _VERBS and is_frozen(tx, project):
        raise Conflict("project_frozen", FROZEN, hint=FROZEN_HINT)


def not_frozen(project: ColumnElement[str]) -> ColumnElement[bool]:
    """The condition under which the machine looks at a request."""
    return ~exists().where(tables.freeze.c.project == project)
