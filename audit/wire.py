"""The language of the append-only service: one JSON object per line, in both directions.

    → {"op": "append", "event": {…}}            → {"op": "cell", "event": {…}, "code": base64}
    ← {"index": 17}                              ← {"error": "refused", "reason": "…"}

An answer with an index says that the event is durable; the index is null where the tree is made a moment later.
Answers come in the order of the requests. Sealed values travel in the clear: the socket is local, and only
the service has the keys.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from typing import Any, get_args

from audit.cells import MAX_CELL_BYTES
from audit.errors import (
    AuditError,
    EventRefused,
    LogFull,
    MalformedRequest,
    NotDurable,
    NotPermitted,
    ServiceBusy,
    TooManyEvents,
)
from audit.event import Actor, Event, Object, Outcome, Source, Subjects, this_host

MAX_LINE_BYTES = MAX_CELL_BYTES * 4 // 3 + 200_000
CODE_DETAIL = "code"

_ERRORS: Mapping[str, type[AuditError]] = {
    "malformed": MalformedRequest,
    "not_permitted": NotPermitted,
    "refused": EventRefused,
    "too_many": TooManyEvents,
    "busy": ServiceBusy,
    "full": LogFull,
    "not_durable": NotDurable,
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request: an event, and the code that it records if it records a cell."""

    event: Event
    code: bytes | None = None


def request_line(request: Request) -> bytes:
    """Return a request as a line.

    Raises: EventRefused — if the event holds something that has no place in JSON.
    """
    message: dict[str, Any] = {"op": "append", "event": asdict(request.event)}
    if request.code is not None:
        message |= {"op": "cell", "code": base64.b64encode(request.code).decode("ascii")}
    try:
        line = json.dumps(message, allow_nan=False).encode("ascii") + b"\n"
    except (TypeError, ValueError) as error:
        raise EventRefused(f"{request.event.action}: {error}") from None
    if len(line) > MAX_LINE_BYTES:
        raise EventRefused(f"{request.event.action}: longer than the audit service takes")
    return line


def parse_request(line: bytes) -> Request:
    """Return the request in a line; the host of its source is this machine, whatever the line says.

    Raises: MalformedRequest — for any line that is not exactly one request.
    """
    try:
        message = json.loads(line)
        match message:
            case {"op": "append", "event": dict(fields), **rest} if not rest:
                return Request(_event(fields))
            case {"op": "cell", "event": dict(fields), "code": str(code), **rest} if not rest:
                return Request(_event(fields), base64.b64decode(code, validate=True))
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error) as error:
        raise MalformedRequest(f"not a request: {type(error).__name__}") from None
    raise MalformedRequest("not a request: no known operation")


def index_line(index: int | None) -> bytes:
    """Return the answer that an event is durably recorded."""
    return json.dumps({"index": index}).encode("ascii") + b"\n"


def error_line(error: AuditError) -> bytes:
    """Return the answer that an event is not recorded, and why."""
    # The most particular class first: NotPermitted is an EventRefused.
    code = next((code for code, kind in _ERRORS.items() if isinstance(error, kind)), "not_durable")
    return json.dumps({"error": code, "reason": str(error)}).encode("ascii") + b"\n"


def parse_answer(line: bytes) -> int | None:
    """Return the index in an answer; None for an event that is durable and has none yet.

    Raises: the error that the service answered with. MalformedRequest — for any line that is not exactly one
    answer.
    """
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise MalformedRequest("the audit service answered no JSON") from None
    match message:
        case {"index": int(index)} if not isinstance(index, bool):
            return index
        case {"index": None}:
            return None
        case {"error": str(code), "reason": str(reason)} if code in _ERRORS:
            raise _ERRORS[code](reason)
    raise MalformedRequest("the audit service answered something else than an index or an error")


def _event(fields: dict[str, Any]) -> Event:
    """Return the event in parsed JSON; what the values say is checked by the log.

    Raises: TypeError, KeyError, ValueError — if a field is missing, unknown or of another type.
    """
    rest = dict(fields)
    source = _strings(rest.pop("source"), optional=("ip", "container"), ignored=("host",))
    if (ip := source.get("ip")) is not None:
        ip_address(ip)
    return Event(
        action=_string(rest.pop("action")),
        actor=_actor(rest.pop("actor")),
        object=Object(**_strings(rest.pop("object"), "kind", "ref", optional=("project", "sha256"))),
        subjects=_subjects(rest.pop("subjects")),
        source=Source(ip, this_host(), source.get("container")),
        outcome=_outcome(rest.pop("outcome")),
        detail=_mapping(rest.pop("detail")),
        sealed={name: _string(value) for name, value in _mapping(rest.pop("sealed")).items()},
        **_strings(rest, "id", optional=("reason", "intent_id", "on_behalf_of", "policy")),
    )


def _actor(value: object) -> Actor:
    fields = _mapping(value)
    roles = [_string(role) for role in fields.pop("roles")]
    kind = fields.pop("kind")
    if kind not in ("person", "service", "system"):
        raise ValueError("no kind of actor")
    return Actor(kind=kind, roles=tuple(roles), **_strings(fields, "ref", optional=("session",)))


def _subjects(value: object) -> Subjects:
    fields = _mapping(value)
    kind = fields.pop("kind")
    if kind not in ("none", "dataset", "person"):
        raise ValueError("no kind of subjects")
    refs = tuple(_string(ref) for ref in fields.pop("refs"))
    versions, people = (tuple(_number(n) for n in fields.pop(name)) for name in ("versions", "people"))
    if fields or (kind == "dataset" and not len(refs) == len(versions) == len(people)):
        raise ValueError("subjects of another form")
    return Subjects(kind, refs, versions, people)


def _outcome(value: object) -> Outcome:
    for outcome in get_args(Outcome):
        if value == outcome:
            return outcome  # type: ignore[no-any-return]
    raise ValueError("no outcome")


def _strings(
    value: object, *required: str, optional: tuple[str, ...] = (), ignored: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the text fields of an object, refusing absent and unknown ones."""
    fields = _mapping(value)
    if unknown := fields.keys() - {*required, *optional, *ignored}:
        raise ValueError(f"unknown: {sorted(unknown)}")
    found = {name: _string(fields[name]) for name in required}
    found |= {name: _string(fields[name]) for name in optional if fields.get(name) is not None}
    return found


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return dict(value)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("not a whole number")
    return value
