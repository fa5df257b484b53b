"""The body of an entry, format 1: the canonical bytes that are hashed into the tree.

Final from the first entry: later versions add formats, they never change this one. The form is a table that
both the writer and the verifier walk. It has no place for names, e-mail addresses, network addresses or free
text: texts are ASCII without spaces, people are opaque references, everything else is a salted commitment in
`c`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeAlias

from audit.canonical import JSON, MAX_DEPTH, MAX_INTEGER, read, restricted
from audit.errors import MalformedBody
from audit.event import Actor, Event, Object, Source, Subjects
from audit.schema import Field, Rule, by_kind, count, exactly, fields, items, mapping, optional, record, text

FORMAT = 1
MAX_BODY_BYTES = 65_535  # C2SP tlog-tiles: an entry in a bundle has a 16-bit length

Body: TypeAlias = dict[str, Any]

_OPAQUE = "[a-z2-7]{16}"
_WORD = "[!-~]{1,256}"
_CODE = "[a-z0-9][a-z0-9_.-]{0,63}"
_SLUG = "[a-z][a-z0-9-]{0,29}"
_SHA256 = "[0-9a-f]{64}"
_UUID7 = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_TIMESTAMP = r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
_SERVICE = "[a-z][a-z0-9_-]{0,31}"
_SESSION = "[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
SEALED_NAME = "[a-z][a-z0-9_.-]{0,63}"

# What may be acted on, and the form of its reference. A file or a session has no name here: names can be
# personal.
OBJECT_REFS: Mapping[str, str] = MappingProxyType(
    {
        "person": f"p_{_OPAQUE}",
        "project": _SLUG,
        "dataset": _SLUG,
        "grant": f"g_{_OPAQUE}",
        "membership": f"m_{_OPAQUE}",
        "invitation": f"inv_{_OPAQUE}",
        "workspace": f"ws_{_OPAQUE}",
        "request": f"er_{_OPAQUE}",
        "file": f"{_SHA256}|f_{_OPAQUE}",
        "image": "[a-z0-9][A-Za-z0-9_.:/@-]{0,255}",
        "log": _CODE,
        "zone": _CODE,
        "policy": "[a-z0-9][a-z0-9_.:-]{0,127}",
        "session": _SESSION,
        "route": _CODE,
    }
)

_REQUIRED_ACTOR: dict[str, Rule] = {"kind": text("person"), "ref": text(OBJECT_REFS["person"])}
_ACTOR_EXTRAS = {"roles": optional(items(text(_CODE))), "session": optional(text(_SESSION))}
_ACTOR = by_kind(
    {
        "person": record(**_REQUIRED_ACTOR, **_ACTOR_EXTRAS),
        "service": record(kind=text("service"), ref=text(_SERVICE), **_ACTOR_EXTRAS),
        "system": record(kind=text("system"), ref=text(_SERVICE), **_ACTOR_EXTRAS),
    }
)
_OBJECT = by_kind(
    {
        kind: record(kind=text(kind), ref=text(ref), project=optional(text(_SLUG)), sha256=optional(text(_SHA256)))
        for kind, ref in OBJECT_REFS.items()
    }
)
_SUBJECTS = by_kind(
    {
        "none": record(kind=text("none")),
        "dataset": record(kind=text("dataset"), datasets=items(record(id=text(_SLUG), version=count, people=count))),
        "person": record(kind=text("person"), refs=items(text(OBJECT_REFS["person"]))),
    }
)
_EMAIL = re.compile(r"[^@]+@[^@]+\.[^@]+")
_IPV4 = re.compile(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9.])")


_WORD_RULE = text(_WORD)


def _detail(value: JSON) -> None:
    """Accept an object with something in it: numbers, truth values, and texts that are neither prose nor address."""
    if not isinstance(value, dict) or not value:
        raise MalformedBody(": not an object with something in it")
    _facts(value, MAX_DEPTH - 1)


def _facts(value: JSON, depth: int) -> None:
    if isinstance(value, str):
        if value:
            _impersonal(value)
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise MalformedBody(": an integer is beyond 2**53")
    elif depth == 0:
        raise MalformedBody(": nested too deep")
    elif isinstance(value, dict):
        for key, item in value.items():
            _impersonal(key)
            _facts(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            _facts(item, depth - 1)
    elif value is not None:
        raise MalformedBody(f": no place for a {type(value).__name__}")


def _impersonal(value: str) -> None:
    _WORD_RULE(value)
    if "." in value and (_EMAIL.fullmatch(value) or _IPV4.search(value)):
        raise MalformedBody(": an e-mail or network address belongs into a sealed field")
    if value.count(":") > 1 and _is_ipv6(value):
        raise MalformedBody(": a network address belongs into a sealed field")


def _is_ipv6(value: str) -> bool:
    try:
        ipaddress.IPv6Address(value.strip("[]"))
    except ValueError:
        return False
    return True


# Values that are right under any name: no float, no minus zero, and no text that could be an address, for want of a
# dot and of a second colon. What repeats a group stands in an atomic group: CPython before 3.11.5, as in Debian 12,
# does not take back the last half of a group that `*+` or `?+` repeats (gh-106052), and would accept `{"n":1,"m":}`.
PLAIN_VALUE = rb'(?>-?[1-9][0-9]{0,14}+|0|"[A-Za-z0-9_-]{0,120}+(?::[A-Za-z0-9_-]{1,120}+)?"|true|false|null)'
PLAIN_VALUES = rb"(?>%s|\[%s(?:,%s)*\])" % ((PLAIN_VALUE,) * 3)
_PLAIN_DETAIL = re.compile(rb'\{(?>"[a-z_]{1,64}":%s(?:,"[a-z_]{1,64}":%s)*)\}' % (PLAIN_VALUES, PLAIN_VALUES))


def is_plain_detail(data: bytes) -> bool:
    """Return whether a detail is of the permitted form beyond doubt, if its names rise; others may be so too."""
    return _PLAIN_DETAIL.fullmatch(data) is not None


FIELDS: Mapping[str, Field] = MappingProxyType(
    fields(
        v=exactly(FORMAT),
        id=text(_UUID7),
        ts=text(_TIMESTAMP),
        component=text(_SERVICE),
        action=text(r"[a-z]+\.[a-z_]+"),
        outcome=exactly("intent", "ok", "denied", "failed"),
        actor=_ACTOR,
        object=_OBJECT,
        subjects=_SUBJECTS,
        source=record(host=text(_WORD), container=optional(text(_SESSION))),
        reason=optional(text(_CODE)),
        intent_id=optional(text(_UUID7)),
        on_behalf_of=optional(text(OBJECT_REFS["person"])),
        policy=optional(text("[a-z0-9][a-z0-9_.:-]{0,127}")),
        detail=optional(_detail),
        c=optional(mapping(SEALED_NAME, text(_SHA256))),
    )
)
_BODY = record(**FIELDS)


def check(body: JSON) -> Body:
    """Return a body of format 1.

    Raises: MalformedBody — if the value does not have that form.
    """
    try:
        _BODY(body)
    except MalformedBody as error:
        raise MalformedBody(f"body{error}") from None
    assert isinstance(body, dict)
    return body


def parse(data: bytes) -> Body:
    """Return the body in canonical bytes.

    Raises: MalformedBody — for any bytes that are not exactly the body of one entry.
    """
    if len(data) > MAX_BODY_BYTES:
        raise MalformedBody(f"longer than {MAX_BODY_BYTES} bytes")
    return check(read(data))


def build(event: Event, *, at: datetime, component: str, commitments: Mapping[str, bytes]) -> Body:
    """Return the unchecked body of an event; `commitments` are by the names of the sealed fields."""
    return _without_absent(
        {
            "v": FORMAT,
            "id": event.id,
            "ts": timestamp(at),
            "component": component,
            "action": event.action,
            "outcome": event.outcome,
            "actor": actor_value(event.actor),
            "object": object_value(event.object),
            "subjects": subjects_value(event.subjects),
            "source": source_value(event.source),
            "reason": event.reason,
            "intent_id": event.intent_id,
            "on_behalf_of": event.on_behalf_of,
            "policy": event.policy,
            "detail": restricted(event.detail) if event.detail else None,
            "c": {name: value.hex() for name, value in commitments.items()} or None,
        }
    )


def timestamp(at: datetime) -> str:
    """Return a moment as written in bodies: UTC with microseconds, so that texts sort as times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment(ts: str) -> datetime:
    """Return the moment that a timestamp of a body names."""
    return datetime.fromisoformat(ts)


def actor_value(actor: Actor) -> Body:
    """Return who acted, as a body says it."""
    roles = sorted({str(role) for role in actor.roles}) or None
    return _without_absent({"kind": actor.kind, "ref": actor.ref, "roles": roles, "session": actor.session})


def object_value(thing: Object) -> Body:
    """Return what was acted on, as a body says it."""
    return _without_absent({"kind": thing.kind, "ref": thing.ref, "project": thing.project, "sha256": thing.sha256})


def subjects_value(subjects: Subjects) -> Body:
    """Return whose data was handled, as a body says it."""
    if subjects.kind == "dataset":
        rows = zip(subjects.refs, subjects.versions, subjects.people, strict=True)
        datasets = [{"id": i, "version": version, "people": people} for i, version, people in rows]
        return {"kind": "dataset", "datasets": datasets}
    if subjects.kind == "person":
        return {"kind": "person", "refs": list(subjects.refs)}
    return {"kind": subjects.kind}


def source_value(source: Source) -> Body:
    """Return from where it was done, as a body says it; the address is sealed."""
    return _without_absent({"host": source.host, "container": source.container})


def _without_absent(fields: Body) -> Body:
    return {name: value for name, value in fields.items() if value is not None}
