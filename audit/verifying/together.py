"""The bodies of a run in their parts, put together again: whatever does not come out as it is there is told at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import eq, getitem
from typing import NamedTuple

from audit.body import MAX_BODY_BYTES
from audit.errors import MalformedBody
from audit.verifying.facts import Facts
from audit.verifying.forms import END, TAIL_BYTES, are_hex, are_ids, are_times
from audit.verifying.frames import NO_DETAIL, NO_FORM, Frame, Places, fits

_END_OF_LINE = b"\n"


class Dates(NamedTuple):
    """The ids and times of a run of entries, as they are kept beside the bodies."""

    ids: list[bytes]
    times: list[bytes]


class Said(NamedTuple):
    """What the bodies of a run say, side by side."""

    event_ids: list[bytes]
    times: list[bytes]
    frames: list[Frame]
    commitments: bytes
    """Of all bodies one after the other, in hexadecimal."""
    intents: list[bytes]
    """The intents of which these are outcomes."""


@dataclass(slots=True)
class Run:
    """The bodies of a run, and side by side the parts that each should be made of."""

    bodies: Sequence[bytes]
    dated: bool
    """Whether ids and times are not the bodies' own, so that they must turn out to be."""
    before: list[bytes]
    sealed: list[bytes]
    after: list[bytes]
    details: list[bytes]
    ids: list[bytes]
    middle: list[bytes]
    times: list[bytes]
    forms: list[bytes]
    frames: list[Frame]
    parses: list[bool]
    """Which of them are read one by one."""
    alone: dict[int, Facts] = field(default_factory=dict)
    """What was read of these."""

    @classmethod
    def of(cls, bodies: Sequence[bytes], places: Sequence[Places], dates: Dates | None) -> Run:
        """Return the bodies cut where their parts most likely are."""
        *cuts, before, after, middle, forms, frames, parses, _, _ = zip(*places, strict=True)
        sealed, details, *dated = (map(getitem, bodies, cut) for cut in (cuts[:2] if dates else cuts))
        ids, times = dates or dated
        parts = before, sealed, after, details, ids, middle, times, forms, frames, parses
        return cls(bodies, dates is not None, *map(list, parts))  # type: ignore[arg-type]

    def put(self, n: int, frame: Frame, facts: Facts) -> None:
        """Take one body as it was read by itself.

        Raises: MalformedBody — if it has another id or time than it should.
        """
        if self.dated and (facts.event_id, facts.ts) != (self.ids[n], self.times[n]):
            raise MalformedBody("an entry has another id or time than is kept beside it")
        body, cut = self.bodies[n], NO_DETAIL + facts.event_id
        at = body.index(cut)
        self.before[n], self.sealed[n], self.after[n], self.details[n] = body[:at], b"", b"", NO_DETAIL
        self.ids[n], self.middle[n], self.times[n] = facts.event_id, body[at + len(cut) : -TAIL_BYTES], facts.ts
        self.forms[n], self.frames[n], self.parses[n] = NO_FORM, frame, True
        self.alone[n] = facts

    def is_whole(self) -> bool:
        """Return whether the bodies are exactly what their parts make."""
        # One after the other: what was just put together is still at hand when it is compared.
        return all(map(eq, self._wholes(), self.bodies))

    def unlike(self) -> list[int]:
        """Return which bodies are not what their parts make, or have another detail than they should."""
        rows = enumerate(zip(self._wholes(), self.bodies, self.forms, self.details, self.parses, strict=True))
        return [
            n for n, (whole, body, form, detail, alone) in rows if not (alone or (whole == body and fits(form)(detail)))
        ]

    def _wholes(self) -> Iterator[bytes]:
        parts = self.before, self.sealed, self.after, self.details, self.ids, self.middle, self.times
        return map(b"".join, zip(*parts, repeat(END), strict=False))

    def said(self) -> Said:
        """Return what the bodies say, all of which were held against their parts.

        Raises: MalformedBody — if what was cut out is not of its form.
        """
        for n, facts in self.alone.items():
            self.sealed[n] = b"".join(facts.commitments)
        commitments = b"".join(self.sealed)
        intents = [facts.intent_id for _, facts in sorted(self.alone.items()) if facts.intent_id is not None]
        if max(map(len, self.bodies)) > MAX_BODY_BYTES:
            raise MalformedBody("a body is too long")
        if not (are_ids(self.ids) and are_times(self.times) and are_hex(commitments)):
            raise MalformedBody("an id, a time or a commitment is not of its form")
        return Said(self.ids, self.times, self.frames, commitments, intents)


def as_lines(texts: Sequence[bytes]) -> bytes | None:
    """Return texts with a line feed behind each; None if any has one in it."""
    lines = _END_OF_LINE.join(texts) + _END_OF_LINE
    return lines if lines.count(_END_OF_LINE) == len(texts) else None
