"""From an event to the exact bytes of its entry: pure but for the random salts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from audit import body as bodies
from audit.assembly import assemble
from audit.body import Body
from audit.catalogue import CATALOGUE
from audit.columns import Columns, LinkKind
from audit.digests import ADDRESS, Indexed
from audit.errors import EventRefused, MalformedBody
from audit.event import Event
from audit.sealing import SOURCE_IP, Opening, seal, subject_of


class Composed(NamedTuple):
    """An event as it will be entered."""

    body: Body
    data: bytes
    """The canonical bytes of the body."""
    sealed: Mapping[str, list[Opening]]
    """The openings of its commitments, by the subject under whose key they are kept."""
    indexed: tuple[Indexed, ...]
    """Those of its sealed values that can be searched for."""
    columns: Columns
    links: frozenset[tuple[LinkKind, str]]


def compose(event: Event, *, component: str, at: datetime) -> Composed:
    """Return the entry of an event.

    Raises: EventRefused — if the event is not of the permitted form.
    """
    if event.action not in CATALOGUE:
        raise EventRefused(f"no action of the catalogue: {event.action[:64]}")
    try:
        openings = _seal_all(event)
        commitments = {name: opening.commitment() for name, opening in openings.items()}
        body, data, columns, links = assemble(event, at=at, component=component, commitments=commitments)
    except MalformedBody as error:
        raise EventRefused(f"{event.action}: {error}") from None
    if len(data) > bodies.MAX_BODY_BYTES:
        raise EventRefused(f"{event.action}: a body of {len(data)} bytes is longer than an entry may be")
    return Composed(body, data, _by_subject(event, openings), _indexed(event), columns, links)


def same_claim(body: Body, recorded: bytes) -> bool:
    """Return whether a recorded body says what this one says, but for time and randomness that the log added."""
    return _claim(bodies.parse(recorded)) == _claim(body)


def _claim(body: Body) -> Body:
    return {**body, "ts": None, "c": sorted(body.get("c", ()))}


def _seal_all(event: Event) -> dict[str, Opening]:
    """Return an opening for every value of an event that a leaf must not show."""
    openings = {name: seal(value) for name, value in event.sealed.items()} if event.sealed else {}
    if event.source.ip is not None:
        if SOURCE_IP in openings:
            raise MalformedBody(f"sealed: {SOURCE_IP} is the log's own field")
        openings[SOURCE_IP] = seal(event.source.ip)
    return openings


def _by_subject(event: Event, openings: Mapping[str, Opening]) -> dict[str, list[Opening]]:
    """Return the openings by the subject under whose key they are kept."""
    groups: dict[str, list[Opening]] = {}
    for name, opening in openings.items():
        groups.setdefault(_subject_of(event, name), []).append(opening)
    return groups


def _indexed(event: Event) -> tuple[Indexed, ...]:
    """Return the values of an event that can be searched for."""
    if event.source.ip is None:
        return ()
    return (Indexed(_subject_of(event, SOURCE_IP), ADDRESS, event.source.ip),)


def _subject_of(event: Event, name: str) -> str:
    return subject_of((event.actor.kind, event.actor.ref), (event.object.kind, event.object.ref), name)
