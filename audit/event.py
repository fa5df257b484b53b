"""What an event is: who did what to what, whose data it concerns, from where, and how it ended.

Pure values. The five legal fields (who, when, from where, whose data, what) cannot be left out: they are
positional, and the log itself adds *when*. Personal values and free text go into `sealed`; the leaf then
holds only a salted commitment, and the value lies encrypted beside it.
"""

from __future__ import annotations

import functools
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from audit.canonical import JSON
from audit.refs import new_event_id

ActorKind = Literal["person", "service", "system"]
SubjectsKind = Literal["none", "dataset", "person"]
Outcome = Literal["intent", "ok", "denied", "failed"]


@functools.cache
def this_host() -> str:
    """Return the name of this machine."""
    return socket.gethostname()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted."""

    ref: str
    """An opaque reference (`p_…`) for a person, the component's name for a service."""
    kind: ActorKind
    roles: tuple[str, ...] = ()
    """The roles held at that moment."""
    session: str | None = None
    """An opaque name of the session, never its secret."""

    @classmethod
    def person(cls, ref: str, roles: Iterable[str] = (), session: str | None = None) -> Actor:
        """Return a person as actor."""
        return cls(ref, "person", tuple(roles), session)

    @classmethod
    def service(cls, name: str) -> Actor:
        """Return one of the zone's own processes as actor."""
        return cls(name, "service")

    @classmethod
    def system(cls) -> Actor:
        """Return the zone itself as actor: what no person and no single process decided."""
        return cls("zone", "system")


@dataclass(frozen=True, slots=True)
class Object:
    """What was acted on; `kind` is a key of `audit.body.OBJECT_REFS`, which gives the form of `ref`."""

    kind: str
    ref: str
    project: str | None = None
    sha256: str | None = None
    """The hash of its content, 64 lower-case hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """Whose data was handled."""

    kind: SubjectsKind
    refs: tuple[str, ...] = ()
    """Dataset ids or opaque references of people."""
    versions: tuple[int, ...] = ()
    """The version of each dataset."""
    people: tuple[int, ...] = ()
    """How many people each dataset version describes."""

    @classmethod
    def none(cls) -> Subjects:
        """Return that nobody's data was handled."""
        return cls("none")

    @classmethod
    def datasets(cls, datasets: Iterable[tuple[str, int, int]]) -> Subjects:
        """Return the people in datasets, each given as (id, version, number of people)."""
        rows = sorted(set(datasets))
        if not rows:
            return cls.none()
        ids, versions, people = zip(*rows, strict=True)
        return cls("dataset", ids, versions, people)

    @classmethod
    def person(cls, *refs: str) -> Subjects:
        """Return people of the zone whose own data was handled."""
        return cls("person", tuple(sorted(set(refs))))


@dataclass(frozen=True, slots=True)
class Source:
    """From where it was done."""

    ip: str | None
    """The address of the person's browser; the log seals it. None where no network was involved."""
    host: str = field(default_factory=this_host)
    container: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `audit.log.AuditLog.append` adds the time and the component."""

    action: str
    """A key of `audit.catalogue.CATALOGUE`."""
    actor: Actor
    object: Object
    subjects: Subjects
    source: Source
    outcome: Outcome = "ok"
    reason: str | None = None
    """A code, never free text."""
    intent_id: str | None = None
    """The id of the event that announced this one."""
    on_behalf_of: str | None = None
    policy: str | None = None
    """The digest of the policy that decided."""
    detail: Mapping[str, JSON] = field(default_factory=dict)
    """Small and impersonal: numbers, codes, references, hashes. Texts are ASCII without spaces."""
    sealed: Mapping[str, str] = field(default_factory=dict)
    """Personal values and free text, by field name."""
    id: str = field(default_factory=new_event_id)
    """A UUIDv7; recording the same event again returns the index it has."""
