"""What went to a browser, cell by cell: how many bytes, of which types.

The head of a message says which cell it answers, and what it offers says its types. A server that lies about either
can put bytes down to another cell of the same connection; their number is the gate's own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from audit.canonical import JSON
from hub_config.gate.frames import WORD, Json, Protocol
from hub_config.gate.outputs import (
    DISPLAYS,
    KNOWN,
    LARGEST_HEADER,
    LARGEST_LEGACY,
    LARGEST_READ,
    LONGEST_FIELD,
    kind_of,
    types_of,
)

MOST_KNOWN = 256
"""Cells of one connection whose answers are told apart; what answers an older one is counted with the rest."""
MOST_CELLS = 64
"""Cells of one entry of the log."""
LEAST_REST = 65_536
"""What answers no cell is told with the next cell, or when it is as much as this."""
MOST_CONTAINERS = 50_000
"""Objects and lists of what is read: the gate serves others meanwhile."""
#: What a kernel says about a cell beside its output.
ABOUT = frozenset({"status", "execute_input", "execute_reply"})


@dataclass(slots=True)
class Answered:
    """What came back for one cell since the last entry."""

    bytes: int = 0
    types: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Shown:
    """One connection to a kernel."""

    ended: bool = False
    """Nothing comes any more: whatever is left is told, and then this is forgotten."""
    _cells: OrderedDict[str, str] = field(default_factory=OrderedDict)
    """The entry of each cell, by the id that the browser gave the message."""
    _answers: dict[str, Answered] = field(default_factory=dict)
    """By the entry of the cell."""
    _rest: int = 0

    def sent(self, message: str, entry: str) -> None:
        """Note a cell whose answers will come."""
        if len(message) <= LONGEST_FIELD:
            self._cells[message] = entry
            if len(self._cells) > MOST_KNOWN:
                self._cells.popitem(last=False)

    def note(self, data: bytes, protocol: Protocol) -> None:
        """Count a message that went to the browser."""
        header, parent, content = _read(data, protocol)
        message = parent.get("msg_id")
        entry = self._cells.get(message) if isinstance(message, str) else None
        if entry is None:
            self._rest += len(data)
            return
        answered = self._answers.setdefault(entry, Answered())
        answered.bytes += len(data)
        kind = kind_of(header)
        if kind not in ABOUT:
            answered.types.update(types_of(content) if kind in DISPLAYS else (kind if kind in KNOWN else "other",))

    def taken(self) -> Mapping[str, JSON] | None:
        """Return what an entry says, and begin to count anew; None while there is nothing to say."""
        if not self._answers and self._rest < LEAST_REST:
            return None
        told = [(entry, self._answers.pop(entry)) for entry in list(self._answers)[:MOST_CELLS]]
        cells: list[JSON] = [{"cell": entry, "bytes": one.bytes, "types": sorted(one.types)} for entry, one in told]
        rest, self._rest = self._rest, 0
        return {"cells": cells, "rest": rest}


def _read(data: bytes, protocol: Protocol) -> tuple[Json, Json, Json]:
    """Return header, parent header and, of what is displayed, the content; empty for what cannot be read."""
    if protocol == "legacy":
        whole = _object(data, LARGEST_LEGACY)
        head, parent, content = (_part(whole.get(name)) for name in ("header", "parent_header", "content"))
        return head, parent, content if kind_of(head) in DISPLAYS else {}
    table = [int.from_bytes(data[WORD * at : WORD * (at + 1)], "little") for at in range(2, 7)]
    header = _object(data[table[0] : table[1]], LARGEST_HEADER)
    content = _object(data[table[3] : table[4]], LARGEST_READ) if kind_of(header) in DISPLAYS else {}
    return header, _object(data[table[1] : table[2]], LARGEST_HEADER), content


def _object(data: bytes, largest: int) -> Json:
    if len(data) > largest or data.count(b"{") + data.count(b"[") > MOST_CONTAINERS:
        return {}
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {}
    return _part(found)


def _part(found: object) -> Json:
    return found if isinstance(found, dict) else {}
