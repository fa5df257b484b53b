"""Reads the bodies of a run of entries at once, many times faster than parsing each, and says exactly the same.

Most bodies of a log differ from an earlier one only in id, time, commitments and small facts. What is left when those
are cut out, the frame, is parsed once. A body with a known frame is the one that was parsed, with other values in the
same places; it is of the right form exactly if these values are. The short ones, of which every body has the same
number of bytes, are checked for the whole run in a few steps over all of them joined.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from audit.body import FIELDS, MAX_BODY_BYTES, PLAIN_VALUES, Body, is_plain_detail, parse
from audit.canonical import decode, dump
from audit.columns import DETAIL_LINKS, FILE_FIELDS
from audit.errors import MalformedBody
from audit.verifying.facts import Facts, FoundColumns, FoundLinks, facts_of, links_of, read

PRUNED = b"log.pruned"
MAX_FRAMES = 20_000  # about 30 MB; a log with more kinds of entries than that is read at the speed of parsing

# What stands before the parts that are cut out, in the order of a body: `c`, `detail`, `id`, `intent_id`, `ts`.
_SEALED, _IS, _DETAIL, _ID, _INTENT, _TS = b',"c":{"', b'":"', b',"detail":', b',"id":"', b'","intent_id":"', b',"ts":"'
_END = b'","v":1}'
_ID_BYTES, _HEX_BYTES, _TS_BYTES = 36, 64, 27
_TAIL_BYTES = _TS_BYTES + len(_END)

_NAMES = re.compile(rb'"([a-z_]++)":')
_MORE_SEALED = re.compile(rb'":"([0-9a-f]{64})(?=")')
# Under these names a value decides in whose timelines an entry stands.
_LINKING = frozenset(name.encode() for name in (*DETAIL_LINKS, *FILE_FIELDS))

_HEX_DIGITS, _DIGITS = b"0123456789abcdef", b"0123456789"
_ID_CLASSES = bytes(104 if n in _HEX_DIGITS else n if n == 45 else 0 for n in range(256))  # h for any digit
_ID_FORM = b"hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"
_TIME_CLASSES = bytes(48 if n in _DIGITS else n for n in range(256))
_TIME_FORM = b'0000-00-00T00:00:00.000000Z","v":0}'
# Digits of ids and times that may not be just any: where they stand, and which they may be.
_ID_DIGITS = {14: b"7", 19: b"89ab"}
_TIME_DIGITS = {5: b"01", 8: b"0123", 11: b"012", 14: b"012345", 17: b"012345", 33: b"1"}

_Key: TypeAlias = "tuple[Any, ...]"
Fits: TypeAlias = "Callable[[bytes], object]"
_Places: TypeAlias = "tuple[Frame, bytes, int, bytes, int, int, bytes, int, Fits]"


class Frame(NamedTuple):
    """What all bodies say that have the same members but for what is cut out, and where these parts stand."""

    columns: FoundColumns
    links: FoundLinks
    """But for those that come from the detail or name an intent."""
    notable: bool
    """Whether this announces something, or declares what was pruned."""
    fits: Fits | None
    """Tells of a detail with `_ID` whether it links nothing and needs no parsing; None if it must be parsed."""
    body: Body | None
    """Where details are parsed: what else decides about links."""
    before: bytes = b""
    """What stands before the one commitment; nothing where a body has none or several, or must be parsed."""
    after: bytes = b""
    """What stands between the commitment and the detail, or the id."""
    middle: bytes = b""
    """What stands between the id and the time."""


class Said(NamedTuple):
    """What the bodies of a run say, side by side."""

    event_ids: list[bytes]
    tails: list[bytes]
    """The last bytes of each body, from its time."""
    frames: list[Frame]
    commitments: list[bytes]
    """Of all bodies one after the other, in hexadecimal."""
    intents: list[bytes]
    """The intents of which these are outcomes."""

    def times(self) -> list[bytes]:
        """Return the time of each body."""
        return [tail[:_TS_BYTES] for tail in self.tails]

    def add(self, facts: Facts) -> None:
        """Add what one body says that was read by the rule."""
        self.event_ids.append(facts.event_id)
        self.tails.append(facts.ts + _END)
        self.frames.append(_frame(facts.columns, facts.links))
        self.commitments.extend(facts.commitments)
        if facts.intent_id is not None:
            self.intents.append(facts.intent_id)


class Reader:
    """Reads runs of bodies, and remembers the frames that it met."""

    def __init__(self) -> None:
        self._frames: dict[_Key, Frame] = {}
        self._usual: dict[FoundColumns, _Places] = {}

    def read(self, bodies: Sequence[bytes]) -> Said:
        """Return what the bodies of a run say.

        Raises: MalformedBody — if any of them is not exactly the body of one entry.
        """
        said = Said([], [], [], [], [])
        known = self._frames.get
        event_id, tail, framed = said.event_ids.append, said.tails.append, said.frames.append
        commitment = said.commitments.append
        for body in bodies:
            head, _, rest = body.partition(_ID)
            first, told, detail = head.partition(_DETAIL)
            actor, _, sealed = first.partition(_SEALED)
            name, _, sealed = sealed.partition(_IS)
            frame = known((actor, name, sealed[_HEX_BYTES:], told, rest[_ID_BYTES:-_TAIL_BYTES]))
            if frame is None or (told and (frame.fits is None or not frame.fits(detail + _ID))):
                said.add(self._other(body))
                continue
            event_id(rest[:_ID_BYTES])
            tail(rest[-_TAIL_BYTES:])
            framed(frame)
            if name:
                commitment(sealed[:_HEX_BYTES])
        return _checked(said, bodies)

    def read_kept(self, bodies: Sequence[bytes], columns: Sequence[FoundColumns]) -> Said | None:
        """Return what the bodies of a run say that are kept under these columns; None if they do not say these.

        Columns name the frame that a body most likely has: that it has this one takes three comparisons.

        Raises: as `read`.
        """
        said = Said([], [], [], [], [])
        usual = self._usual.get
        event_id, tail, framed = said.event_ids.append, said.tails.append, said.frames.append
        commitment = said.commitments.append
        for body, kept in zip(bodies, columns, strict=True):
            if (found := usual(kept)) is not None:
                frame, before, sealed_at, after, detail_at, id_at, middle, middle_at, fits = found
                if (
                    body[middle_at:-_TAIL_BYTES] == middle
                    and body[sealed_at:detail_at] == after
                    and body[: sealed_at - _HEX_BYTES] == before
                    and fits(body[detail_at:id_at])
                ):
                    event_id(body[id_at:middle_at])
                    tail(body[-_TAIL_BYTES:])
                    framed(frame)
                    commitment(body[sealed_at - _HEX_BYTES : sealed_at])
                    continue
            facts, met = self._meet(body)
            if facts.columns != kept:
                return None
            said.add(facts)
            if met is not None and met.before:
                self._usual[kept] = _places(met)
        return _checked(said, bodies)

    def _other(self, body: bytes) -> Facts:
        return self._meet(body)[0]

    def _meet(self, body: bytes) -> tuple[Facts, Frame | None]:
        """Return what a body says that has a new frame, or other parts than most; and its frame."""
        cut = _cut(body)
        if cut is None or len(body) > MAX_BODY_BYTES:
            return read(body), None
        frame = self._frames.get(cut.key)
        if frame is None:
            return self._learn(body, cut)
        linked = frame.links
        if cut.detail is not None:
            if frame.fits is not None and (fits := _fitting(cut.detail)) is not None:
                frame = self._frames[cut.key] = frame._replace(fits=fits)
            elif frame.body is not None:
                linked = _with_detail(frame.body, cut.detail)
            else:
                return read(body), None
        if cut.intent_id is not None:
            linked = tuple(sorted((*linked, (b"intent", cut.intent_id))))
        return Facts(cut.ts, cut.event_id, frame.columns, linked, cut.commitments, cut.intent_id), frame

    def _learn(self, body: bytes, cut: Cut) -> tuple[Facts, Frame | None]:
        parsed = parse(body)
        facts = facts_of(parsed)
        if not _is_cut_between_members(parsed, body, cut):
            return facts, None
        if len(self._frames) >= MAX_FRAMES:
            self._frames.clear()
            self._usual.clear()
        shared = {name: value for name, value in parsed.items() if name not in ("detail", "intent_id")}
        fits = None if cut.detail is None else _fitting(cut.detail)
        parses = cut.detail is not None and fits is None
        frame = _frame(facts.columns, links_of(shared))
        frame = frame._replace(fits=fits, body=shared if parses else None)
        frame = self._frames[cut.key] = frame if parses else _placed(frame, cut)
        return facts, frame


class Cut(NamedTuple):
    """A body in its parts."""

    key: _Key
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


def _cut(body: bytes) -> Cut | None:
    """Return a body in its parts, or None if it is not of the kind that this is for.

    Nothing is said of whether the frame is any good; only what was cut out is of the right form.
    """
    head, _, rest = body.partition(_ID)
    first, told, detail = head.partition(_DETAIL)
    actor, _, sealed = first.partition(_SEALED)
    event_id, middle, tail = rest[:_ID_BYTES], rest[_ID_BYTES:-_TAIL_BYTES], rest[-_TAIL_BYTES:]
    intent_id = None
    if middle.startswith(_INTENT):
        at = len(_INTENT)
        intent_id, middle = middle[at : at + _ID_BYTES], middle[at + _ID_BYTES :]
    names, commitments = _names_and_commitments(sealed)
    ids = [event_id] if intent_id is None else [event_id, intent_id]
    if not middle.endswith(_TS) or not (_are_ids(ids) and _are_tails([tail]) and _are_hex(commitments)):
        return None
    key: _Key = (actor, *names, told, middle)
    return Cut(
        key if intent_id is None else (*key, _INTENT),
        len(first),
        len(actor),
        len(head),
        tail[:_TS_BYTES],
        event_id,
        tuple(commitments),
        detail if told else None,
        intent_id,
    )


def _names_and_commitments(sealed: bytes) -> tuple[tuple[bytes, ...], list[bytes]]:
    """Return the names of sealed fields with what is written around them, and their commitments."""
    name, _, value = sealed.partition(_IS)
    if value[_HEX_BYTES : _HEX_BYTES + 3] != b'","':
        return (name, value[_HEX_BYTES:]), [value[:_HEX_BYTES]] if name else []
    parts = _MORE_SEALED.split(sealed)
    return tuple(parts[::2]), parts[1::2]


def _is_cut_between_members(parsed: Body, body: bytes, cut: Cut) -> bool:
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


def _frame(columns: FoundColumns, linked: FoundLinks) -> Frame:
    return Frame(columns, linked, columns[1] == PRUNED or columns[2] == b"intent", None, None)


def _placed(frame: Frame, cut: Cut) -> Frame:
    """Return a frame with what stands between its parts, if these are one commitment, detail, id and time."""
    if cut.intent_id is not None or len(cut.commitments) != 1:
        return frame
    actor, name, after, told, middle = cut.key
    return frame._replace(before=actor + _SEALED + name + _IS, after=after + told, middle=middle)


def _places(frame: Frame) -> _Places:
    """Return where the parts of a body with this frame begin: from its start, and from its end."""
    sealed_at = len(frame.before) + _HEX_BYTES
    detail_at, middle_at = sealed_at + len(frame.after), -(_TAIL_BYTES + len(frame.middle))
    fits = frame.fits or _ID.__eq__
    id_at = middle_at - _ID_BYTES
    return frame, frame.before, sealed_at, frame.after, detail_at, id_at, frame.middle, middle_at, fits


def _with_detail(shared: Body, data: bytes) -> FoundLinks:
    """Return the links of a body that has this detail; it alone is parsed.

    Raises: MalformedBody — if it is none.
    """
    detail = decode(data)
    FIELDS["detail"].rule(detail)
    return links_of({**shared, "detail": detail})


def _fitting(detail: bytes) -> Fits | None:
    """Return what tells details of the same names from others, if this one links nothing and needs no parsing."""
    if not is_plain_detail(detail):
        return None
    names = tuple(_NAMES.findall(detail))
    return _of_names(names) if names == tuple(sorted(set(names))) and _LINKING.isdisjoint(names) else None


@lru_cache(maxsize=1000)
def _of_names(names: tuple[bytes, ...]) -> Fits:
    members = b",".join(b'"%s":%s' % (name, PLAIN_VALUES) for name in names)
    return re.compile(rb"\{%s\}%s" % (members, _ID)).fullmatch


def _checked(said: Said, bodies: Sequence[bytes]) -> Said:
    """Return what the bodies say if the values that were cut out are of the right form."""
    whole = _are_ids(said.event_ids) and _are_tails(said.tails) and _are_hex(said.commitments)
    if not whole or max(map(len, bodies), default=0) > MAX_BODY_BYTES:
        raise MalformedBody("an id, a time or a commitment is not of its form, or a body is too long")
    return said


def _are_ids(values: Sequence[bytes]) -> bool:
    """Return whether every value is a UUIDv7 as bodies write it; none is longer than one."""
    joined = b"".join(values)
    return joined.translate(_ID_CLASSES) == _ID_FORM * len(values) and _have(joined, _ID_BYTES, _ID_DIGITS)


def _are_tails(values: Sequence[bytes]) -> bool:
    """Return whether every value is a time with the version behind it, as bodies end; none is longer than that."""
    joined = b"".join(values)
    return joined.translate(_TIME_CLASSES) == _TIME_FORM * len(values) and _have(joined, _TAIL_BYTES, _TIME_DIGITS)


def _have(joined: bytes, width: int, digits: dict[int, bytes]) -> bool:
    return not any(joined[at::width].translate(None, some) for at, some in digits.items())


def _are_hex(values: Sequence[bytes]) -> bool:
    """Return whether every value is a hash in lower-case hexadecimal; none is longer than one."""
    joined = b"".join(values)
    if len(joined) != _HEX_BYTES * len(values):
        return False
    try:
        return unhexlify(joined).hex().encode() == joined
    except ValueError:
        return False
