"""The body of an entry and its canonical bytes, put together from parts that were checked before.

It gives exactly what `body.check(body.build(…))` and `canonical.dump` give, or refuses what they refuse; a property
test holds it to that. It is several times faster, because actors, objects, subjects and sources come again and
again, and a part that was checked and written once need not be checked and written twice. All keys of a body are
known, so their order is written down here.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import datetime

from audit import body as bodies
from audit.body import FIELDS, FORMAT, Body
from audit.canonical import JSON, dump_text, restricted
from audit.errors import MalformedBody
from audit.event import Actor, Event, Object, Source, Subjects
from audit.schema import Rule

_PARTS = 4096

# In the order of the canonical form. `c` and `v` are the log's own, so no caller can make them wrong.
_TEXTS_BEFORE_OBJECT = ("id", "intent_id")
_TEXTS_BEFORE_SOURCE = ("on_behalf_of", "outcome", "policy", "reason")
_RULES: Mapping[str, Rule] = {name: field.rule for name, field in FIELDS.items()}

Part = tuple[Body, str]
"""A value and its canonical text."""


def assemble(event: Event, *, at: datetime, component: str, commitments: Mapping[str, bytes]) -> tuple[Body, bytes]:
    """Return the body of an event and its canonical bytes.

    Raises: MalformedBody — if the event does not have the form of a body.
    """
    ts = bodies.timestamp(at)
    actor, actor_text = _actor(event.actor)
    thing, thing_text = _object(event.object)
    subjects, subjects_text = _subjects(event.subjects) if _plain(event.subjects) else _new_subjects(event.subjects)
    source, source_text = _source(event.source.host, event.source.container)
    body: Body = {
        "v": FORMAT,
        "id": event.id,
        "ts": ts,
        "component": component,
        "action": event.action,
        "outcome": event.outcome,
        "actor": actor,
        "object": thing,
        "subjects": subjects,
        "source": source,
    }
    text = ['{"action":"', _checked("action", event.action), '","actor":', actor_text]
    if commitments:
        opened = body["c"] = {_sealed_name(name): commitments[name].hex() for name in sorted(commitments)}
        text += (',"c":{"', '","'.join(['":"'.join(item) for item in opened.items()]), '"}')
    text += (',"component":"', _component(component), '"')
    if event.detail:
        detail = body["detail"] = restricted(event.detail)
        _check("detail", detail)
        text += (',"detail":', dump_text(detail))
    text += _texts(event, body, _TEXTS_BEFORE_OBJECT)
    text += (',"object":', thing_text)
    text += _texts(event, body, _TEXTS_BEFORE_SOURCE)
    text += (',"source":', source_text, ',"subjects":', subjects_text, ',"ts":"', ts, '","v":1}')
    try:
        return body, "".join(text).encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedBody("a text is not valid Unicode") from None


def _texts(event: Event, body: Body, names: tuple[str, ...]) -> list[str]:
    """Return the text fields of an event that are there, and put the optional ones into the body."""
    found: list[str] = []
    for name in names:
        value = getattr(event, name)
        if value is not None:
            found += (',"', name, '":"', _checked(name, value), '"')
            body[name] = value
    return found


def _checked(name: str, value: str) -> str:
    """Return a text that fits its field: none of these forms has a character that JSON would escape."""
    _check(name, value)
    return value


def _check(name: str, value: JSON) -> None:
    try:
        _RULES[name](value)
    except MalformedBody as error:
        raise MalformedBody(f"body.{name}{error}") from None


@functools.lru_cache(_PARTS)
def _sealed_name(name: str) -> str:
    _check("c", {name: "0" * 64})  # the values are hexadecimal: the log makes them
    return name


@functools.lru_cache(64)
def _component(component: str) -> str:
    return _checked("component", component)


@functools.lru_cache(_PARTS)
def _actor(actor: Actor) -> Part:
    return _part("actor", bodies.actor_value(actor))


@functools.lru_cache(_PARTS)
def _object(thing: Object) -> Part:
    return _part("object", bodies.object_value(thing))


@functools.lru_cache(_PARTS)
def _source(host: str, container: str | None) -> Part:
    # Never the address: it is sealed, and nothing of it may stay in memory.
    return _part("source", bodies.source_value(Source(None, host, container)))


@functools.lru_cache(_PARTS)
def _subjects(subjects: Subjects) -> Part:
    return _new_subjects(subjects)


def _new_subjects(subjects: Subjects) -> Part:
    return _part("subjects", bodies.subjects_value(subjects))


def _plain(subjects: Subjects) -> bool:
    """Return whether equal values are the same here: True equals 1, but only one of them is a number of people."""
    return all(type(number) is int for number in (*subjects.versions, *subjects.people))


def _part(name: str, value: Body) -> Part:
    _check(name, value)
    return value, dump_text(value)
