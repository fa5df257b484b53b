"""What a body says that everything else about its entry is held against: columns, links and commitments.

`read` is the rule: it parses the canonical bytes and walks the whole form. `audit.verifying.quick` gives the same
answers faster.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from audit.body import Body, parse
from audit.columns import columns, links

FoundColumns: TypeAlias = "tuple[bytes | None, ...]"
FoundLinks: TypeAlias = "tuple[tuple[bytes, bytes], ...]"


class Facts(NamedTuple):
    """What one body says. Texts are bytes: they are compared, never shown."""

    ts: bytes
    event_id: bytes
    columns: FoundColumns
    """The columns between `ts` and `event_id`, in the order of the table."""
    links: FoundLinks
    """Sorted pairs of kind and reference."""
    commitments: tuple[bytes, ...]
    """In hexadecimal, by the names of their fields."""
    intent_id: bytes | None
    """The intent whose outcome this is."""


def read(body: bytes) -> Facts:
    """Return what a body says.

    Raises: MalformedBody — for any bytes that are not exactly the body of one entry.
    """
    return facts_of(parse(body))


def facts_of(body: Body) -> Facts:
    """Return what a parsed body says."""
    row = columns(body)
    intent_id = body.get("intent_id")
    return Facts(
        ts=row.ts.encode(),
        event_id=row.event_id.encode(),
        columns=tuple(None if value is None else value.encode() for value in row[1:-1]),
        links=links_of(body),
        commitments=tuple(value.encode() for _, value in sorted(body.get("c", {}).items())),
        intent_id=None if intent_id is None else intent_id.encode(),
    )


def links_of(body: Body) -> FoundLinks:
    """Return the links of a parsed body, sorted."""
    return tuple(sorted((kind.encode(), ref.encode()) for kind, ref in links(body)))
