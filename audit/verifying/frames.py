"""Frames: what bodies say alike that have the same members, but for the few parts in which most bodies differ.

A body is cut into its frame and these parts. That the parts are of the right form is all that is said of it here: the
frame is proven by parsing one body that has it, see `audit.verifying.quick`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import orjson

from audit.body import FIELDS, PLAIN_VALUES, Body, is_plain_detail
from audit.canonical import decode, dump
from audit.columns import DETAIL_LINKS, FILE_FIELDS
from audit.verifying.facts import FoundColumns, FoundLinks, links_of
from audit.verifying.forms import END, HEX_BYTES, ID_BYTES, TAIL_BYTES, TS_BYTES, are_hex, are_ids, are_times

PRUNED = b"log.pruned"
_MAX_LINKED, _MAX_REMEMBERED = 50, 500

# What stands before the parts that are cut out, in the order of a body: `c`, `detail`, `id`, `intent_id`, `ts`.
_SEALED, _IS, _DETAIL, _INTENT, _TS = b',"c":{"', b'":"', b',"detail":', b'","intent_id":"', b',"ts":"'
NO_DETAIL = _ID = b',"id":"'
"""What stands where a detail would, in a body without one; behind every detail it stands too."""
NO_FORM = re.escape(NO_DETAIL)

_NAMES = re.compile(rb'"([a-z_]++)":')
_MORE_SEALED = re.compile(rb'":"([0-9a-f]{64})(?=")')
_MEMBERS = re.compile(rb'"([a-z_]++)":(%b)' % PLAIN_VALUES)
_NUMBER = rb"(?!0[0-9])[0-9]{1,15}+"
# Under these names a value decides in whose timelines an entry stands.
_LINKING = frozenset(name.encode() for name in (*DETAIL_LINKS, *FILE_FIELDS))
_DECIDING = re.compile(rb'"(?:%b)":%b' % (b"|".join(sorted(_LINKING)), PLAIN_VALUES))

Key: TypeAlias = "tuple[Any, ...]"
Fits: TypeAlias = "Callable[[bytes], object]"


class Frame(NamedTuple):
    """What bodies with one frame say of their rows, and those links alone that some of them have."""

    columns: FoundColumns
    links: FoundLinks
    notable: bool
    """Whether this announces something, or declares what was pruned."""
    row: bytes
    """The columns as a list of JSON."""
    kinds: bytes
    """The kinds of the links as they stand in a JSON list, with the comma behind them."""
    refs: bytes
    """What the links lead to, likewise."""


class Learnt(NamedTuple):
    """A frame that was met, and how bodies are told to have it."""

    frame: Frame
    """But for links that come from the detail or name an intent."""
    form: bytes | None
    """The pattern of details that link nothing and need no parsing; None if they must be parsed."""
    body: Body | None
    """Where details are parsed: what else decides about links."""
    before: bytes = b""
    """What stands before the commitment, or the detail if there is none; nothing if there are several."""
    after: bytes = b""
    """What stands between the commitment and the detail."""
    middle: bytes = b""
    """What stands between the id and the time; nothing if there are several commitments."""
    sealed: bool = False
    """Whether there is a commitment."""


class Places(NamedTuple):
    """How a body is cut that most likely has a frame, and what it is put together from again.

    Where it says nothing in a place, that is empty. What stands for a detail has `,"id":"` behind it, and is that alone
    in a body without one.
    """

    sealed: slice
    """Where the commitment is."""
    detail: slice
    event_id: slice
    ts: slice
    before: bytes
    after: bytes
    middle: bytes
    form: bytes
    """The pattern of the details that go with any frame: see `fits`."""
    frame: Frame
    parses: bool
    """Whether such bodies are read one by one."""
    body: Body | None
    """Where details are parsed: what else decides about links."""
    linked: dict[tuple[bytes, ...], Frame]
    """Where details are parsed: the frame with their links, by what decides about these."""

    def parts(self, body: bytes) -> tuple[bytes, bytes, bytes, bytes] | None:
        """Return commitment, detail, id and time of a body with these fixed parts; None of any other."""
        parts = sealed, detail, event_id, ts = body[self.sealed], body[self.detail], body[self.event_id], body[self.ts]
        whole = self.before, sealed, self.after, detail, event_id, self.middle, ts, END
        return parts if b"".join(whole) == body else None


class Cut(NamedTuple):
    """A body in its parts."""

    key: Key
    """What names its frame."""
    head: int
    """Where the detail begins, or the id if there is none."""
    actor: int
    """Where the commitments begin, or as `head`."""
    id_at: int
    ts: bytes
    event_id: bytes
    commitments: tuple[bytes, ...]
    detail: bytes | None
    intent_id: bytes | None


def cut_body(body: bytes) -> Cut | None:
    """Return a body in its parts, or None if it is not of the kind that this is for.

    Nothing is said of whether the frame is any good; only what was cut out is of the right form.
    """
    head, _, rest = body.partition(_ID)
    first, told, detail = head.partition(_DETAIL)
    actor, _, sealed = first.partition(_SEALED)
    event_id, middle, tail = rest[:ID_BYTES], rest[ID_BYTES:-TAIL_BYTES], rest[-TAIL_BYTES:]
    intent_id = None
    if middle.startswith(_INTENT):
        at = len(_INTENT)
        intent_id, middle = middle[at : at + ID_BYTES], middle[at + ID_BYTES :]
    names, commitments = _names_and_commitments(sealed)
    ids = [event_id] if intent_id is None else [event_id, intent_id]
    ended = middle.endswith(_TS) and tail[TS_BYTES:] == END
    if not ended or not (are_ids(ids) and are_times([tail[:TS_BYTES]]) and are_hex(b"".join(commitments))):
        return None
    key: Key = (actor, *names, told, middle)
    return Cut(
        key if intent_id is None else (*key, _INTENT),
        len(first),
        len(actor),
        len(head),
        tail[:TS_BYTES],
        event_id,
        tuple(commitments),
        detail if told else None,
        intent_id,
    )


def _names_and_commitments(sealed: bytes) -> tuple[tuple[bytes, ...], list[bytes]]:
    """Return the names of sealed fields with what is written around them, and their commitments."""
    name, _, value = sealed.partition(_IS)
    if value[HEX_BYTES : HEX_BYTES + 3] != b'","':
        return (name, value[HEX_BYTES:]), [value[:HEX_BYTES]] if name else []
    parts = _MORE_SEALED.split(sealed)
    return tuple(parts[::2]), parts[1::2]


def is_cut_between_members(parsed: Body, body: bytes, cut: Cut) -> bool:
    """Return whether the cuts were made between members of the body itself, not within one."""
    written = {name: b'"%s":%s' % (name.encode(), dump(parsed[name])) for name in sorted(parsed)}

    def length(before: str) -> int:
        return len(b"{" + b",".join([text for name, text in written.items() if name < before]))

    return (
        cut.id_at == length("id")
        and cut.head == length("detail")
        and cut.actor == (length("c") if "c" in parsed else cut.head)
        and (cut.detail is not None) == ("detail" in parsed)
        and (cut.intent_id is not None) == ("intent_id" in parsed)
        and len(cut.commitments) == len(parsed.get("c", ()))
        and body.endswith(written["ts"] + b"," + written["v"] + b"}")
    )


@lru_cache(maxsize=4096)
def frame_of(columns: FoundColumns, linked: FoundLinks) -> Frame:
    """Return the frame of a body with these columns and links."""
    notable = columns[1] == PRUNED or columns[2] == b"intent"
    kinds, refs = (_members(values) for values in zip(*linked, strict=True)) if linked else (b"", b"")
    return Frame(columns, linked, notable, b"[%b]" % _members(columns)[:-1], kinds, refs)


def _members(values: Iterable[bytes | None]) -> bytes:
    """Return texts as they stand in a list of JSON, with the comma behind them."""
    return orjson.dumps([None if value is None else value.decode() for value in values])[1:-1] + b","


def learnt(columns: FoundColumns, shared: Body, cut: Cut) -> Learnt:
    """Return the frame of a body, of which `shared` is everything but the detail and the intent."""
    form = NO_FORM if cut.detail is None else form_of(cut.detail)
    found = Learnt(frame_of(columns, links_of(shared)), form, shared if form is None else None)
    if cut.intent_id is not None or len(cut.commitments) > 1:
        return found
    actor, name, after, _, middle = cut.key
    if not cut.commitments:
        return found._replace(before=actor, middle=middle)
    return found._replace(before=actor + _SEALED + name + _IS, after=after, middle=middle, sealed=True)


def places_of(found: Learnt) -> Places:
    """Return where the parts of a body begin that has this frame: from its start, and from its end."""
    after_at = len(found.before) + (HEX_BYTES if found.sealed else 0)
    id_at = -(ID_BYTES + len(found.middle) + TAIL_BYTES)
    return Places(
        sealed=slice(len(found.before), after_at),
        detail=slice(after_at + len(found.after), id_at),
        event_id=slice(id_at, id_at + ID_BYTES),
        ts=slice(-TAIL_BYTES, -len(END)),
        before=found.before,
        after=found.after,
        middle=found.middle,
        form=NO_FORM if found.form is None else found.form,
        frame=found.frame,
        parses=found.form is None,
        body=found.body,
        linked={},
    )


def _nowhere() -> Places:
    """Return how a body is cut of which nothing is known: not at all."""
    nothing = slice(0)
    blank = Frame((), (), False, b"", b"", b"")
    return Places(nothing, nothing, nothing, nothing, b"", b"", b"", NO_FORM, blank, True, None, {})


NOWHERE = _nowhere()


def linking(places: Places, detail: bytes) -> Frame | None:
    """Return the frame of a body whose detail must be parsed, with its links; None if it does not end there.

    Raises: MalformedBody — if the detail is none.
    """
    if places.body is None or not (detail.startswith(_DETAIL) and detail.endswith(_ID)):
        return None
    data = detail[len(_DETAIL) : -len(_ID)]
    # What says the same in these members leads to the same; what is not plain, if it says the same in all.
    decides = (data,) if _plain_names(data) is None else tuple(_DECIDING.findall(data))
    if (found := places.linked.get(decides)) is None:
        found = frame_of(places.frame.columns, links_with(places.body, data))
        if len(places.linked) < _MAX_LINKED and len(data) < _MAX_REMEMBERED:
            places.linked[decides] = found
    return found


def links_with(shared: Body, data: bytes) -> FoundLinks:
    """Return the links of a body that has this detail; it alone is parsed.

    Raises: MalformedBody — if it is none.
    """
    if _plain_names(data) is not None:
        return links_of({**shared, "detail": orjson.loads(data)})
    detail = decode(data)
    FIELDS["detail"].rule(detail)
    return links_of({**shared, "detail": detail})


def _plain_names(detail: bytes) -> tuple[bytes, ...] | None:
    """Return the names in a detail that is beyond doubt of the permitted form, and canonical."""
    names = tuple(_NAMES.findall(detail)) if is_plain_detail(detail) else ()
    return names if names and names == tuple(sorted(set(names))) else None


def form_of(detail: bytes) -> bytes | None:
    """Return the pattern of details with the same names, if this one links nothing and needs no parsing."""
    names = _plain_names(detail)
    if names is None or not _LINKING.isdisjoint(names):
        return None
    return _form(b'"%b":%b' % (name, PLAIN_VALUES) for name in names)


def numbers_in(form: bytes, detail: bytes) -> bytes:
    """Return the pattern of the plain details that differ from this one in numbers alone; `form` if it is none."""
    if form == NO_FORM:
        return form
    return _form(
        b'"%b":%b' % (name, _NUMBER if value[:1].isdigit() else re.escape(value))
        for name, value in _MEMBERS.findall(detail)
    )


def _form(members: Iterable[bytes]) -> bytes:
    return rb"%b\{%b\}%b" % (_DETAIL, b",".join(members), _ID)


@lru_cache(maxsize=1000)
def fits(form: bytes) -> Fits:
    """Return what tells whether a detail is of a form.

    Such details go with any frame: they are right beside whatever else a body says, and add nothing to its links.
    """
    return re.compile(form).fullmatch


@lru_cache(maxsize=50)
def all_fit(forms: tuple[bytes, ...]) -> Fits:
    """Return what tells whether each of many details is of one of these forms; a line feed ends each."""
    return re.compile(rb"(?>(?:(?>%b)\n)*)" % b"|".join(forms)).fullmatch
