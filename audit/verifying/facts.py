"""What a body says that everything else about its entry is held against: columns, links and commitments.

`read` is the rule: it parses the canonical bytes and walks the whole form. `Reader` gives the same answers faster.
Most bodies of a log differ from an earlier one only in their id, time, commitments and small numbers. What is left
when those are cut out, the frame, is parsed once; a body with a known frame and well-formed cuts needs no parsing:
it is the concatenation of JSON members of which each is canonical and of the right form.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, TypeAlias

from audit.body import FIELDS, MAX_BODY_BYTES, Body, parse
from audit.canonical import read as decode
from audit.columns import DETAIL_LINKS, FILE_FIELDS, columns, links
from audit.errors import MalformedBody

MAX_FRAMES = 20_000  # about 30 MB; a log with more kinds of entries than that is read at the speed of parsing


_Columns: TypeAlias = "tuple[bytes | None, ...]"
_Links: TypeAlias = "tuple[tuple[bytes, bytes], ...]"


class Facts(NamedTuple):
    """What one body says. Texts are bytes: they are compared, never shown."""

    ts: bytes
    event_id: bytes
    columns: _Columns
    """The columns between `ts` and `event_id`, in the order of the table."""
    links: _Links
    """Sorted pairs of kind and reference."""
    commitments: tuple[bytes, ...]
    """In hexadecimal, by the names of their fields."""
    intent_id: bytes | None
    """The intent whose outcome this is."""


def read(body: bytes) -> Facts:
    """Return what a body says.

    Raises: MalformedBody — for any bytes that are not exactly the body of one entry.
    """
    return _facts(parse(body))


def _facts(body: Body) -> Facts:
    row = columns(body)
    intent_id = body.get("intent_id")
    return Facts(
        ts=row.ts.encode(),
        event_id=row.event_id.encode(),
        columns=tuple(None if value is None else value.encode() for value in row[1:-1]),
        links=_sorted_links(body),
        commitments=tuple(value.encode() for _, value in sorted(body.get("c", {}).items())),
        intent_id=None if intent_id is None else intent_id.encode(),
    )


def _sorted_links(body: Body) -> _Links:
    return tuple(sorted((kind.encode(), ref.encode()) for kind, ref in links(body)))


_UUID = rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_TS = rb"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
_HEX, _NAME = rb"[0-9a-f]{64}", rb"[a-z][a-z0-9_.-]{0,63}+"
_CUTS = re.compile(
    rb'(\{"action":"[a-z._]++","actor":\{[^{}]*+\})'
    rb'(?:,"c":\{"(%s)":"(%s)"((?:,"%s":"%s")*+)\})?+' % (_NAME, _HEX, _NAME, _HEX) + rb'(,"component":"[a-z0-9_-]++")'
    rb'(?:,"detail":(\{(?:[^{}]++|\{[^{}]*+\})*+\}))?+'
    rb',"id":"(%s)"(?:,"intent_id":"(%s)")?+' % (_UUID, _UUID) + rb'(,"object":\{.*),"ts":"(%s)","v":1\}' % _TS
)
# Values that the rule for details accepts under any key: no float, no minus zero, and no text that could be an
# address, for want of a dot and of a second colon. Anything else is parsed.
_VALUE = rb'(?>-?[1-9][0-9]{0,14}+|0|"[A-Za-z0-9_-]{0,120}+(?::[A-Za-z0-9_-]{1,120}+)?+"|true|false|null)'
_MEMBER = rb'"[a-z_]{1,64}+":(?:%s|\[%s(?:,%s)*+\])' % ((_VALUE,) * 3)
_FLAT = re.compile(rb"\{%s(?:,%s)*+\}" % (_MEMBER, _MEMBER))
_DETAIL_NAMES = re.compile(rb'"([a-z_]++)":')
_MORE_SEALED = re.compile(rb'"(%s)":"(%s)"' % (_NAME, _HEX))
# Under these names a value decides in whose timelines an entry stands, so it is no cut.
_LINKING = frozenset(name.encode() for name in (*DETAIL_LINKS, *FILE_FIELDS))
_ANY: tuple[bytes, ...] = (b"*",)
_PROBES = (b"7", b'"%s"' % (b"ab" * 32), b'["p_aaaaaaaaaaaaaaaa"]')


class Frame(NamedTuple):
    """What a body shares with others: its members as they are written, or their names alone."""

    head: bytes
    sealed: tuple[bytes, ...]
    component: bytes
    detail: tuple[bytes, ...] | None
    """The names in it, if it is flat and its values are such as any name may have; else `_ANY`, and it is parsed."""
    outcome: bool
    rest: bytes


Cut: TypeAlias = "tuple[tuple[Any, ...], bytes, bytes, bytes | None, tuple[bytes, ...], bytes | None]"
"""A frame, and what is a body's own: time, id, intent, commitments, and a detail that is to be parsed.

Plain tuples: one is made for every entry.
"""


def cut(body: bytes) -> Cut | None:
    """Return a body in two parts, or None if it is not of the kind that this is for.

    Nothing is said of whether the frame is any good; only what was cut out is of the right form.
    """
    found = _CUTS.fullmatch(body)
    if found is None:
        return None
    head, name, commitment, more, component, detail, event_id, intent_id, rest, ts = found.groups()
    names: tuple[bytes, ...] = ()
    commitments: tuple[bytes, ...] = ()
    if name is not None:
        names, commitments = (name,), (commitment,)
        if more:
            others = _MORE_SEALED.findall(more)
            names += tuple(one for one, _ in others)
            commitments += tuple(one for _, one in others)
    shown: tuple[bytes, ...] | None = None
    other: bytes | None = None
    if detail is not None:
        shown = tuple(_DETAIL_NAMES.findall(detail)) if _FLAT.fullmatch(detail) else _ANY
        if not _LINKING.isdisjoint(shown):
            shown = _ANY
        other = detail if shown is _ANY else None
    return (head, names, component, shown, intent_id is not None, rest), ts, event_id, intent_id, commitments, other


Read: TypeAlias = "tuple[bytes, bytes, _Columns, _Links, tuple[bytes, ...], bytes | None]"
"""What a body says, in the order of `Facts`."""


class Reader:
    """Reads bodies as `read` does, and remembers the frames that it met."""

    def __init__(self) -> None:
        self._frames: dict[tuple[Any, ...], tuple[_Columns, _Links, Body]] = {}

    def read(self, body: bytes) -> Read:
        """Return what a body says.

        Raises: MalformedBody — for any bytes that are not exactly the body of one entry.
        """
        parts = cut(body)
        if parts is None or len(body) > MAX_BODY_BYTES:
            return read(body)
        frame, ts, event_id, intent_id, commitments, detail = parts
        known = self._frames.get(frame)
        if known is None:
            return self._learn(body, frame)
        found, linked, shared = known
        if detail is not None:
            linked = _with_detail(shared, detail)
        if intent_id is not None:
            linked = tuple(sorted((*linked, (b"intent", intent_id))))
        return ts, event_id, found, linked, commitments, intent_id

    def _learn(self, body: bytes, parts: tuple[Any, ...]) -> Read:
        parsed, frame = parse(body), Frame(*parts)
        facts = _facts(parsed)
        if _is_whole(frame) and all(_says_the_same(facts, parsed, frame, other) for other in _others(frame)):
            if len(self._frames) >= MAX_FRAMES:
                self._frames.clear()
            shared = {name: value for name, value in parsed.items() if name not in ("detail", "intent_id")}
            self._frames[frame] = (facts.columns, _shared_links(facts), shared)
        return facts


def _with_detail(shared: Body, data: bytes) -> _Links:
    """Return the links of a body that has this detail; it alone is parsed.

    Raises: MalformedBody — if it is none.
    """
    detail = decode(data)
    FIELDS["detail"].rule(detail)
    return _sorted_links({**shared, "detail": detail})


def _is_whole(frame: Frame) -> bool:
    """Return whether the cuts were made between members of the body itself, not within one."""
    texts = [frame.head + b"}", b"{" + frame.component[1:] + b"}", b"{" + frame.rest[1:] + b"}"]
    try:
        return all(isinstance(json.loads(text), dict) for text in texts)
    except ValueError:
        return False


def _others(frame: Frame) -> list[bytes]:
    """Return bodies with the same frame and nothing else in common with this one."""
    sealed = b",".join(b'"%s":"%s"' % (name, b"0f" * 32) for name in frame.sealed)
    intent = b',"intent_id":"00000000-0000-7000-8000-000000000001"' if frame.outcome else b""
    details: list[bytes | None] = [None]
    if frame.detail == _ANY:
        details = [b'{"a":1}']
    elif frame.detail is not None:
        details = [b"{%s}" % b",".join(b'"%s":%s' % (name, probe) for name in frame.detail) for probe in _PROBES]
    return [
        b"".join(
            (
                frame.head,
                b',"c":{%s}' % sealed if sealed else b"",
                frame.component,
                b"" if detail is None else b',"detail":' + detail,
                b',"id":"00000000-0000-7000-8000-000000000000"',
                intent,
                frame.rest,
                b',"ts":"2000-01-01T00:00:00.000000Z","v":1}',
            )
        )
        for detail in details
    ]


def _says_the_same(facts: Facts, body: Body, frame: Frame, data: bytes) -> bool:
    try:
        other = parse(data)
    except MalformedBody:
        return False
    if frame.detail == _ANY:
        other["detail"] = body["detail"]
    found = _facts(other)
    return facts.columns == found.columns and _shared_links(facts) == _shared_links(found)


def _shared_links(facts: Facts) -> _Links:
    """Return the links that do not come from what was cut out."""
    return tuple(link for link in facts.links if link != (b"intent", facts.intent_id))
