"""Checks a run of entries against everything that is derived from their bodies; the tree comes afterwards."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from audit.body import parse
from audit.errors import MalformedBody
from audit.merkle import HASH_BYTES, above
from audit.verifying.edge import split
from audit.verifying.facts import read
from audit.verifying.frames import PRUNED
from audit.verifying.quick import Reader
from audit.verifying.subjects import subject_of
from audit.verifying.together import Dates, Said

TILE_HEIGHT, TILE_WIDTH = 8, 256
CHUNK = 8192  # entries: 32 tiles; fewer take longer, more take memory
MAX_PER_CODE = 100
UNKNOWN = b""

Row = tuple[Any, ...]
"""idx, leaf_hash, body, and in a database ts, event_id and the other columns of `audit.columns`; texts as bytes."""
LinkRow = tuple[int, bytes, bytes]
Agrees: TypeAlias = "Callable[[bytes, Said], bool]"
"""Told the hashes of the bodies, one after the other, and what they say."""


@dataclass(slots=True)
class Chunk:
    """What a run of entries says, and what is wrong with it."""

    start: int
    end: int
    hashes: list[bytes] = field(default_factory=list)
    """The hashes of the bodies; unknown where a body is missing. Where nothing is wrong there are `tiles` instead."""
    tiles: list[bytes] = field(default_factory=list)
    """The hashes of the bodies one after the other, tile by tile."""
    roots: list[bytes] = field(default_factory=list)
    """The roots of those of these tiles that are full."""
    suspects: list[tuple[str, int, int]] = field(default_factory=list)
    """Problems that explain why the tree may not hold: code, first and last index."""
    problems: list[tuple[str, int, int]] = field(default_factory=list)
    first_ts: bytes = b""
    last_ts: bytes = b""
    intents: list[tuple[bytes, int]] = field(default_factory=list)
    outcomes: list[bytes] = field(default_factory=list)
    declared: list[tuple[int, bytes]] = field(default_factory=list)
    """Entries that declare what was pruned: index and body."""
    destroyed: int = 0
    """How many entries have sealed values that an erasure destroyed."""
    counts: Counter[str] = field(default_factory=Counter)

    def suspect(self, code: str, index: int, last: int | None = None) -> None:
        """Note a problem that explains why the tree may not hold."""
        if (count := self.counts[code]) < MAX_PER_CODE:
            self.counts[code] = count + 1
            self.suspects.append((code, index, index if last is None else last))

    def problem(self, code: str, index: int) -> None:
        """Note any other problem."""
        if (count := self.counts[code]) < MAX_PER_CODE:
            self.counts[code] = count + 1
            self.problems.append((code, index, index))


class Beside(Protocol):
    """What a database keeps beside the bodies of a run of entries; an export keeps nothing."""

    erased: Mapping[str, int]
    """The index of the last erasure of each subject: their sealed values of earlier entries are destroyed."""

    def links(self, start: int, end: int) -> Sequence[LinkRow]:
        """Return the links of a range, sorted."""

    def missing(self, commitments: bytes) -> set[bytes]:
        """Return which commitments, in hexadecimal one after the other, have no sealed value any more."""


def all_at_once(
    start: int,
    bodies: Sequence[bytes],
    reader: Reader,
    beside: Beside | None = None,
    agrees: Agrees | None = None,
    hints: Sequence[Hashable] = (),
    dates: Dates | None = None,
) -> Chunk | None:
    """Return a run of entries in which nothing is wrong; None if anything may be.

    `agrees` says whether all rows that are kept of the bodies are what these say, and whether there are no others.
    """
    try:
        said = reader.read(bodies, hints, dates)
        hashes = _hashes(bodies)
    except (MalformedBody, TypeError, AttributeError):
        return None
    if said.times != sorted(said.times) or (agrees is not None and not agrees(hashes, said)):
        return None
    chunk = Chunk(start, start + len(bodies), first_ts=said.times[0], last_ts=said.times[-1])
    chunk.tiles, chunk.roots = tiles_of(hashes)
    chunk.outcomes = said.intents
    for n in [n for n, frame in enumerate(said.frames) if frame.notable]:
        columns = said.frames[n].columns
        if columns[2] == b"intent":
            chunk.intents.append((said.event_ids[n], start + n))
        if columns[1] == PRUNED:
            chunk.declared.append((start + n, bodies[n]))
    if beside is not None and (absent := beside.missing(said.commitments)):
        owners = enumerate(bodies, start)
        sealed = ((index, body, value) for index, body in owners for value in read(body).commitments)
        _sealed(chunk, [owner for owner in sealed if owner[2] in absent], beside.erased)
    return chunk


def _hashes(bodies: Sequence[bytes]) -> bytes:
    """Return the leaf hashes of bodies, one after the other (RFC 6962 section 2.1)."""
    begun = hashlib.sha256(b"\0").copy  # cheaper than to begin each anew
    hashes: list[bytes] = []
    for body in bodies:
        leaf = begun()
        leaf.update(body)
        hashes.append(leaf.digest())
    return b"".join(hashes)


def tiles_of(hashes: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return hashes that stand one after the other tile by tile, and the roots of the tiles that are full."""
    step = TILE_WIDTH * HASH_BYTES
    nodes = hashes[: len(hashes) // step * step]
    for _ in range(TILE_HEIGHT):
        nodes = above(nodes)
    return [hashes[at : at + step] for at in range(0, len(hashes), step)], split(nodes)


def one_by_one(start: int, end: int, rows: Iterable[Row], beside: Beside | None, *, minimum: int = 0) -> Chunk:
    """Return the entries of a range with the exact place of everything that is wrong with them.

    `rows` rise by index and lie in it. Those below `minimum` need not be there.
    """
    chunk = Chunk(start, end)
    sha256, hashes, last = hashlib.sha256, chunk.hashes, b""
    derived: list[LinkRow] = []
    wanted: dict[bytes, tuple[int, bytes]] = {}
    unread: set[int] = set()
    following = start
    for row in rows:
        index, stored, body = row[:3]
        if index != following:
            _gap(chunk, following, index, minimum)
        following = index + 1
        try:
            found = sha256(b"\0" + body).digest()
            ts, event_id, columns, linked, commitments, intent_id = read(body)
        except (MalformedBody, TypeError):
            _unreadable(chunk, index, stored, body)
            unread.add(index)
            continue
        hashes.append(found)
        if beside is not None:
            if found != stored:
                chunk.suspect("entry.leaf_hash", index)
            if row[3] != ts or row[4] != event_id or row[5:] != columns:
                chunk.problem("entry.columns", index)
            derived += [(index, kind, ref) for kind, ref in linked]
            for commitment in commitments:
                wanted[commitment] = (index, body)
        if ts < last:
            chunk.problem("time.backwards", index)
        last = ts
        chunk.first_ts = chunk.first_ts or ts
        if columns[2] == b"intent":
            chunk.intents.append((event_id, index))
        if intent_id is not None:
            chunk.outcomes.append(intent_id)
        if columns[1] == PRUNED:
            chunk.declared.append((index, body))
    _gap(chunk, following, end, minimum)
    chunk.last_ts = last
    if beside is not None:
        _links(chunk, beside.links(start, end), derived, unread)
        absent = beside.missing(b"".join(wanted))
        _sealed(chunk, [(*wanted[commitment], commitment) for commitment in absent], beside.erased)
    return chunk


def _gap(chunk: Chunk, first: int, end: int, minimum: int) -> None:
    chunk.hashes += [UNKNOWN] * (end - first)
    first = max(first, minimum)
    while first < end:
        after = min(end, first - first % TILE_WIDTH + TILE_WIDTH)
        chunk.suspect("entry.missing", first, after - 1)
        first = after


def _sealed(chunk: Chunk, absent: list[tuple[int, bytes, bytes]], erased: Mapping[str, int]) -> None:
    """Tell sealed values that were destroyed on purpose from those that are missing."""
    explained: dict[int, bool] = {}
    for index, data, commitment in sorted(absent):
        body = parse(data)
        field = next(name for name, value in body["c"].items() if value.encode() == commitment)
        actor, thing = body["actor"], body["object"]
        subject = subject_of((actor["kind"], actor["ref"]), (thing["kind"], thing["ref"]), field)
        explained[index] = explained.get(index, True) and index < erased.get(subject, -1)
    chunk.destroyed = sum(explained.values())
    for index, destroyed in explained.items():
        if not destroyed:
            chunk.problem("sidecar.missing", index)


def _unreadable(chunk: Chunk, index: int, stored: object, body: object) -> None:
    """Note what is wrong with a body that is none."""
    found = hashlib.sha256(b"\0" + body).digest() if isinstance(body, bytes) else b"\0" * 32
    chunk.hashes.append(found)
    if stored is not None and found != stored:
        chunk.suspect("entry.leaf_hash", index)
    chunk.suspect("entry.form", index)


def _links(chunk: Chunk, stored: Sequence[LinkRow], derived: list[LinkRow], unread: set[int]) -> None:
    if stored == derived:
        return
    # SQLite keeps a number with a fraction where an index belongs.
    for index in sorted({int(row[0]) for row in set(stored) ^ set(derived)}):
        # Where the body itself is gone or damaged, that is the problem.
        if index not in unread and chunk.hashes[index - chunk.start] != UNKNOWN:
            chunk.problem("entry.links", index)
