"""What to look for in the log, and what is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.event import Outcome

MAX_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; every condition that is given must hold."""

    actor: str | None = None
    project: str | None = None
    object: str | None = None
    dataset: str | None = None
    person: str | None = None
    """In whose timeline the entry stands, as actor, object or data subject."""
    request: str | None = None
    """In the timeline of which egress request the entry stands."""
    file: str | None = None
    """The SHA-256 of a file of an egress request: handed in, checked, voted on, released, collected or viewed."""
    action: str | None = None
    """An action, or its first part with a dot: "egress." finds all of them."""
    actions: tuple[str, ...] = ()
    """Any of these actions."""
    outcome: Outcome | None = None
    component: str | None = None
    address: str | None = None
    """The network address from which it was done; found by its keyed digest, the address is in no index."""
    correlation: str | None = None
    """The id of an event: finds an announcement with all its outcomes, whichever of them is named."""
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""
    text: str | None = None
    """A part of the body as written; sealed values are not in the body."""
    after: int | None = None
    """Continue behind this index, in the direction of the query."""
    limit: int = 100
    newest_first: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log."""

    index: int
    id: str
    ts: datetime
    component: str
    body: Mapping[str, Any]
    leaf_hash: bytes
    intact: bool = True
    """Whether the body has the hash stored with it; of a body that is none, only the columns are shown."""
