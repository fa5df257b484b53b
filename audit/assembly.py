"""The body of an entry and its canonical bytes, put together from parts that were checked before.

It gives exactly what `body.check(body.build(…))` and `canonical.dump` give, or refuses what they refuse; a property
test holds it to that. It is many times faster, because who does what to what comes again and again, and what was
checked and written once need not be checked and written twice. All keys of a body are known, so their order is
written down here.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from audit import body as bodies
from audit.body import FIELDS, FORMAT, Body, is_plain_detail
from audit.canonical import JSON, dump, restricted
from audit.columns import Columns, LinkKind, columns, links, links_nothing
from audit.errors import MalformedBody
from audit.event import Actor, Event, Object, Source, Subjects
from audit.schema import Rule

_PARTS = 4096

_RULES: Mapping[str, Rule] = {name: field.rule for name, field in FIELDS.items()}
_PLAIN_VALUES = frozenset({str, int, bool, type(None)})


class Assembled(NamedTuple):
    """A body with all that is derived from it."""

    body: Body
    data: bytes
    """The canonical bytes."""
    columns: Columns
    links: frozenset[tuple[LinkKind, str]]


class _Frame(NamedTuple):
    """What the bodies of many events share, as values and as canonical text around what is an event's own."""

    body: Body
    head: str
    component: str
    thing: str
    tail: str
    columns: tuple[Any, ...]
    links: frozenset[tuple[LinkKind, str]]


def assemble(event: Event, *, at: datetime, component: str, commitments: Mapping[str, bytes]) -> Assembled:
    """Return the body of an event, its canonical bytes, and what they say for searching.

    Raises: MalformedBody — if the event does not have the form of a body.
    """
    frame, ts = _frame_of(event, component), bodies.timestamp(at)
    event_id = _checked("id", event.id)
    body: Body = {**frame.body, "id": event_id, "ts": ts}
    text, linked = [frame.head], frame.links
    if commitments:
        opened = body["c"] = {_sealed_name(name): commitments[name].hex() for name in sorted(commitments)}
        text += (',"c":{"', '","'.join(['":"'.join(item) for item in opened.items()]), '"}')
    text.append(frame.component)
    if event.detail:
        body["detail"], written = _detail(event.detail)
        text += (',"detail":', written)
    text += (',"id":"', event_id, '"')
    if event.intent_id is not None:
        body["intent_id"] = _checked("intent_id", event.intent_id)
        text += (',"intent_id":"', event.intent_id, '"')
    text += (frame.thing, frame.tail, ts, '","v":1}')
    if event.intent_id is not None or (event.detail and not links_nothing(body["detail"])):
        linked = frozenset(links(body))
    return Assembled(body, "".join(text).encode(), Columns._make((ts, *frame.columns, event_id)), linked)


def _frame_of(event: Event, component: str) -> _Frame:
    # Never the address: it is sealed, and nothing of it may stay in memory.
    host, container = event.source.host, event.source.container
    wanted = (event.action, event.actor, event.object, event.subjects, host, container, component)
    texts = (event.outcome, event.on_behalf_of, event.policy, event.reason)
    if not _plain(event.subjects):
        return _new_frame(*wanted, *texts)
    try:
        return _frame(*wanted, *texts)
    except TypeError:  # a value that cannot be remembered is none that belongs there
        return _new_frame(*wanted, *texts)


def _new_frame(
    action: str,
    actor: Actor,
    thing: Object,
    subjects: Subjects,
    host: str,
    container: str | None,
    component: str,
    outcome: str,
    on_behalf_of: str | None,
    policy: str | None,
    reason: str | None,
) -> _Frame:
    parts: Body = {
        "actor": bodies.actor_value(actor),
        "object": bodies.object_value(thing),
        "source": bodies.source_value(Source(None, host, container)),
        "subjects": bodies.subjects_value(subjects),
    }
    texts = {"action": action, "component": component, "outcome": outcome}
    texts |= {"on_behalf_of": on_behalf_of, "policy": policy, "reason": reason}  # type: ignore[dict-item]
    parts |= {name: value for name, value in texts.items() if value is not None}
    for name, value in parts.items():
        _check(name, value)
    written = {name: f'"{name}":{dump(value).decode()}' for name, value in parts.items()}
    after = [
        written[name]
        for name in ("on_behalf_of", "outcome", "policy", "reason", "source", "subjects")
        if name in written
    ]
    return _Frame(
        body={"v": FORMAT, **parts},
        head=f"{{{written['action']},{written['actor']}",
        component=f",{written['component']}",
        thing=f",{written['object']}",
        tail=f',{",".join(after)},"ts":"',
        columns=columns({**parts, "ts": "", "id": ""})[1:-1],
        links=frozenset(links(parts)),
    )


_frame = functools.lru_cache(_PARTS)(_new_frame)


def _detail(detail: Mapping[str, JSON]) -> tuple[Body, str]:
    """Return a detail as plain values and as canonical text."""
    if _PLAIN_VALUES.issuperset(map(type, detail.values())) and type(detail) is dict:
        try:
            written = dump(detail)
        except MalformedBody:
            written = b""  # the rule says what is wrong
        if is_plain_detail(written):
            return dict(detail), written.decode()
    value = restricted(detail)
    _check("detail", value)
    assert isinstance(value, dict)
    return value, dump(value).decode()


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


def _plain(subjects: Subjects) -> bool:
    """Return whether equal values are the same here: True equals 1, but only one of them is a number of people."""
    return all(type(number) is int for number in (*subjects.versions, *subjects.people))
