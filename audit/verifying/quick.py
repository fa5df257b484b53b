"""Reads the bodies of a run of entries at once, many times faster than parsing each, and says exactly the same.

Most bodies of a log differ from an earlier one only in id, time, commitments and small facts. What is left when those
are cut out, the frame, is parsed once. A body with a known frame is the one that was parsed, with other values in the
same places; it is of the right form exactly if these values are. All bodies of a run are cut, and held against their
frames, in a few steps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from audit.body import MAX_BODY_BYTES, parse
from audit.errors import MalformedBody
from audit.verifying.facts import Facts, facts_of, read
from audit.verifying.forms import END, TS_BYTES, are_hex, are_ids, are_tails
from audit.verifying.frames import (
    LEAF,
    NOWHERE,
    Cut,
    Fits,
    Frame,
    Key,
    Learnt,
    Places,
    cut_body,
    fitting,
    frame_of,
    is_cut_between_members,
    learnt,
    linking,
    links_with,
    numbers_in,
    places_of,
)

MAX_FRAMES = 10_000  # about 30 MB; a log with more kinds of entries than that is read at the speed of parsing
_MAX_OTHERS = 8  # frames of bodies with one hint
_MAX_PATTERNS = 50
_BEGUN = b',"c'  # what follows the actor: the commitments, or the component
_NEXT = b'","'


class Said(NamedTuple):
    """What the bodies of a run say, side by side."""

    event_ids: list[bytes]
    tails: list[bytes]
    """The last bytes of each body, from its time."""
    frames: list[Frame]
    commitments: bytes
    """Of all bodies one after the other, in hexadecimal."""
    intents: list[bytes]
    """The intents of which these are outcomes."""

    def time(self, number: int) -> bytes:
        """Return the time of one of the bodies."""
        return self.tails[number][:TS_BYTES]

    def times(self) -> bytes:
        """Return the times of all bodies as a JSON list of texts."""
        return b'["%b"]' % b"".join(self.tails).replace(END, _NEXT)[: -len(_NEXT)]

    def ids(self) -> bytes:
        """Return the ids of all events as a JSON list of texts."""
        return b'["%b"]' % _NEXT.join(self.event_ids)


class Reader:
    """Reads runs of bodies, and remembers the frames that it met."""

    def __init__(self) -> None:
        self._frames: dict[Key, Learnt] = {}
        self._usual: dict[bytes, Places] = {}
        self._others: dict[bytes, tuple[Places, ...]] = {}
        self._patterns: dict[bytes, Fits] = {}

    def read(self, leaves: Sequence[bytes], hints: Sequence[bytes] = ()) -> Said:
        """Return what the bodies of a run say; each stands behind the byte that marks a leaf of the tree.

        A hint names the frame that a body most likely has, and nothing depends on its being right. Without hints it is
        how a body begins.

        Raises: MalformedBody — if any of them is not exactly the body of one entry.
        """
        if len(hints) != len(leaves):
            hints = [leaf.partition(_BEGUN)[0] for leaf in leaves]
        usual = self._usual.get
        places = [usual(hint, NOWHERE) for hint in hints]
        parts = [place[0](leaf) for place, leaf in zip(places, leaves, strict=True)]
        details, *found = zip(*parts, strict=True)
        _, fits, *wanted, frames, _, _, _ = zip(*places, strict=True)
        good: list[object] = [fit(detail) for fit, detail in zip(fits, details, strict=True)]
        if found[:3] != wanted:
            whole = zip(good, zip(*found[:3], strict=True), zip(*wanted, strict=True), strict=True)
            good = [fit and one == other for fit, one, other in whole]
        framed, ids, tails, sealed = list(frames), *map(list, found[3:])
        intents: list[bytes] = []
        if not all(good):
            for n in [n for n, fit in enumerate(good) if not fit]:
                framed[n], facts = self._met(hints[n], leaves[n])
                ids[n], tails[n], sealed[n] = facts.event_id, facts.ts + END, b"".join(facts.commitments)
                if facts.intent_id is not None:
                    intents.append(facts.intent_id)
        return _checked(Said(ids, tails, framed, b"".join(sealed), intents), leaves)

    def _met(self, hint: bytes, leaf: bytes) -> tuple[Frame, Facts]:
        """Return what a body says whose detail must be parsed, or that has not its usual frame, and its frame."""
        for places in self._others.get(hint, ()):
            detail, before, after, middle, event_id, tail, sealed = places.cut(leaf)
            if (before, after, middle) == (places.before, places.after, places.middle):
                frame = places.frame if places.fits(detail) else linking(places, detail)
                if frame is not None:
                    self._usual[hint] = places
                    commitments = (sealed,) if sealed else ()
                    return frame, Facts(tail[:TS_BYTES], event_id, frame.columns, frame.links, commitments, None)
        facts, met = self._meet(leaf[len(LEAF) :])
        if met is not None and met.middle:
            self._place(hint, places_of(met), leaf)
        return frame_of(facts.columns, facts.links), facts

    def _place(self, hint: bytes, places: Places, leaf: bytes) -> None:
        others = self._others.get(hint, ())
        known = {(other.before, other.after, other.middle) for other in others}
        if places.body is None and (pattern := numbers_in(leaf[places.detail])) is not None:
            # Most often only numbers differ. Where something else does, the frame is met again, and stays as it is.
            first = (places.before, places.after, places.middle) not in known
            if first and (pattern in self._patterns or len(self._patterns) < _MAX_PATTERNS):
                fits = self._patterns.setdefault(pattern, re.compile(pattern).fullmatch)
                places = places._replace(fits=fits)
        if len(self._usual) >= MAX_FRAMES:
            self._usual.clear()
            self._others.clear()
        self._usual[hint] = places
        self._others[hint] = (places, *others[: _MAX_OTHERS - 1])

    def _meet(self, body: bytes) -> tuple[Facts, Learnt | None]:
        """Return what a body says that has a new frame, or other parts than most; and its frame."""
        cut = cut_body(body)
        if cut is None or len(body) > MAX_BODY_BYTES:
            return read(body), None
        met = self._frames.get(cut.key)
        if met is None:
            return self._learn(body, cut)
        linked = met.frame.links
        if cut.detail is not None:
            if met.fits is not None and (fits := fitting(cut.detail)) is not None:
                met = self._frames[cut.key] = met._replace(fits=fits)
            elif met.body is not None:
                linked = links_with(met.body, cut.detail)
            else:
                return read(body), None
        if cut.intent_id is not None:
            linked = tuple(sorted((*linked, (b"intent", cut.intent_id))))
        return Facts(cut.ts, cut.event_id, met.frame.columns, linked, cut.commitments, cut.intent_id), met

    def _learn(self, body: bytes, cut: Cut) -> tuple[Facts, Learnt | None]:
        parsed = parse(body)
        facts = facts_of(parsed)
        if not is_cut_between_members(parsed, body, cut):
            return facts, None
        if len(self._frames) >= MAX_FRAMES:
            self._frames.clear()
        shared = {name: value for name, value in parsed.items() if name not in ("detail", "intent_id")}
        met = self._frames[cut.key] = learnt(facts.columns, shared, cut)
        return facts, met


def _checked(said: Said, leaves: Sequence[bytes]) -> Said:
    """Return what the bodies say if the values that were cut out are of the right form."""
    whole = are_ids(said.event_ids) and are_tails(said.tails) and are_hex(said.commitments)
    if not whole or max(map(len, leaves)) > len(LEAF) + MAX_BODY_BYTES:
        raise MalformedBody("an id, a time or a commitment is not of its form, or a body is too long")
    return said
