"""What goes to the browsers of one person in one project, counted over restarts of the workspace: an officer is told of
what is no ordinary output, and of very much. A gate that starts anew counts anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from hub_config.gate.access import Access
from hub_config.gate.config import Limits
from hub_config.gate.frames import MAX_BUFFERS, PARTS, WORD, Protocol
from hub_config.gate.held_files import FILES
from hub_config.gate.trickle import Found, Trickle

#: So many times as much in buffers beside messages as in text that looks encoded is told: 10 MB an hour and 30 MB a day
#: where the policy says nothing. Figures that a widget draws anew (ipympl, `Image` of ipywidgets: 80 to 400 kB as PNG,
#: measured of Matplotlib 3.11) are pictures and not counted; two columns of 500,000 numbers for a chart are 8 MB.
BINARY_TIMES = 100
BEGINNINGS = tuple(begins for kind in FILES if kind.type.startswith("image/") for begins in kind.begins)
LEGACY_WORD = 4  # bytes of an offset in the table of the legacy protocol


#: The budget is of one start of a workspace, and its owner starts it; so many times as much within a day is told.
STARTS_OF_A_DAY = 3
DAY_SECONDS = 24 * 3600.0


@dataclass(slots=True)
class Day:
    """Everything that went to browsers since the first byte of a day; the next day begins with the first byte after."""

    budget: int
    """Bytes that one start of the workspace may show."""
    _began: float | None = None
    _size: int = 0
    _messages: int = 0
    _told: bool = False

    def count(self, size: int, now: float) -> Found | None:
        """Count bytes of one message or stretch; return what is to be told, once a day."""
        if self._began is None or now - self._began >= DAY_SECONDS:
            self._began, self._size, self._messages, self._told = now, 0, 0, False
        self._size += size
        self._messages += 1
        if self._told or self._size < self.budget * STARTS_OF_A_DAY:
            return None
        self._told = True
        return Found(self._size, self._messages, int(DAY_SECONDS), "all")


@dataclass(slots=True)
class Outflow:
    """The counters of one person in one project."""

    encoded: Trickle
    binary: Trickle
    day: Day

    @classmethod
    def of(cls, access: Access, limits: Limits) -> Outflow:
        """Return counters that hold to the policy of a project, and to the limits of the gate."""
        budget = min(limits.session_bytes, access.session_bytes)
        return cls(Trickle(access.dense_bytes), Trickle(access.dense_bytes * BINARY_TIMES), Day(budget))

    def hold_to(self, other: Outflow) -> None:
        """Take over the limits of counters that were made of a newer policy; what was counted stays."""
        self.encoded.limit, self.binary.limit = other.encoded.limit, other.binary.limit
        self.day.budget = other.day.budget

    def note(self, data: bytes, beside: int, now: float) -> Iterator[Found]:
        """Count one message with so many bytes beside its JSON; give what is to be told."""
        for found in (self.encoded.note(data, now), self.binary.count(beside, "binary", now)):
            if found is not None:
                yield found


def bytes_beside(data: bytes, protocol: Protocol) -> int:
    """Return how many bytes of a message of a kernel are neither its JSON nor a picture, which begins as one does.

    Bytes that the table of offsets leaves out count, as does all of what is no message: a page that a workspace made
    itself could read them.
    """
    if protocol == "v1":
        return _beside(data, WORD, "little", 0)
    return 0 if data[:1] == b"{" else _beside(data, LEGACY_WORD, "big", len(data))


def _beside(data: bytes, word: int, order: Literal["little", "big"], end: int) -> int:
    """Read a table of offsets; the legacy one has one JSON part, and leaves out the `end` that the other one has."""
    count = int.from_bytes(data[:word], order)
    first = word * (count + 1)
    parts = 1 if end else len(PARTS) + 1
    if count + bool(end) <= parts or first > len(data):
        return len(data)
    read = min(count, parts + 1 + MAX_BUFFERS)
    at = [int.from_bytes(data[word * n : word * (n + 1)], order) for n in range(1, read + 1)] + [end] * bool(end)
    if at != sorted(at) or at[0] < first or at[-1] > len(data):
        return len(data)
    pictures = sum(b - a for a, b in pairwise(at[parts:]) if data.startswith(BEGINNINGS, a, b))
    return len(data) - first - (at[parts] - at[0]) - pictures
