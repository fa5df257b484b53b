"""Verifies a whole log from the bodies of its entries, trusting nothing but one public key.

It shares no code with what writes the log beyond the form of a body and the arithmetic of the tree. What it
holds the bodies against, in this order: their fixed form, the columns and links derived from them, the hash
stored with them, the tiles of the tree, every signed checkpoint in the database and in files, and the
presence of their sealed values. It reads one tile at a time, so its memory does not grow with the log.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from audit.body import Body, parse
from audit.columns import columns, links
from audit.db import Database
from audit.errors import MalformedBody
from audit.evidence import Signed, signed_files, signed_rows
from audit.merkle import EMPTY_ROOT, HASH_BYTES, Frontier, fold, leaf_hash
from audit.note import Verifier
from audit.tables import audit_entry, audit_link, audit_sidecar, audit_tile
from audit.verification import Problem, Verification

TILE_WIDTH = 256
MAX_PER_CODE = 100
_UNKNOWN = b""

Progress = Callable[[int, int], None]


def verify(
    db: Database, verifier: Verifier, log_dir: Path, progress: Progress = lambda done, total: None
) -> Verification:
    """Return what is wrong with the log in a database; `progress` is told entries done and in all.

    `verifier` is the key that the caller trusts, from a place that whoever may change the database cannot
    change.
    """
    findings = Findings()
    files = signed_files(log_dir, verifier, findings.at_checkpoint)
    with db.read() as tx:
        return _Walk(tx, verifier, files, findings).run(progress)


class Findings:
    """Problems as they are met, each place reported once per code."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], Problem] = {}
        self._counts: Counter[str] = Counter()

    def at(self, code: str, index: int, last: int | None = None) -> None:
        """Note a problem."""
        # Counted by code: many harmless problems must never crowd out a grave one.
        if self._counts[code] < MAX_PER_CODE and (code, index) not in self._found:
            self._counts[code] += 1
            self._found[code, index] = Problem(code, index, index if last is None else last)

    def at_checkpoint(self, code: str, size: int) -> None:
        """Note a problem with the checkpoint of a size."""
        self.at(code, size)

    def sorted(self) -> tuple[Problem, ...]:
        """Return the problems by their place."""
        return tuple(sorted(self._found.values(), key=lambda problem: problem.place))


class _Walk:
    """One pass over the log, tile by tile."""

    def __init__(self, tx: Connection, verifier: Verifier, files: Iterator[Signed], findings: Findings) -> None:
        self._tx = tx
        self._findings = findings
        self._seen: Counter[str] = Counter()
        rows = self._counted("rows", signed_rows(tx, verifier, findings.at_checkpoint))
        # Of two of one size the row comes first: it has the leaf hashes that pin a difference to an entry.
        self._signed = heapq.merge(rows, self._counted("files", files), key=lambda signed: signed.size)
        self._next: Signed | None = next(self._signed, None)
        self._frontier = Frontier()
        self._closed: list[list[bytes]] = []
        self._suspect_from: int | None = None
        self._broken = False
        self._covered = 0
        self._checked = 0
        self._ts = ""

    def run(self, progress: Progress) -> Verification:
        size = self._size()
        self._check_root(EMPTY_ROOT, 0)
        for start in range(0, size, TILE_WIDTH):
            end = min(start + TILE_WIDTH, size)
            if not self._tile(start, end):
                # Nothing can be said of what stands behind such a hole.
                self._findings.at("entry.missing", start, self._next_index(start) - 1)
                break
            progress(end, size)
        else:
            self._beyond(size)
        if size and not self._checked:
            self._findings.at("checkpoint.none", 0, size - 1)
        elif self._seen["rows"] and not self._seen["files"]:
            self._findings.at("checkpoint.files", 0)
        problems = self._findings.sorted()
        return Verification(size, self._frontier.root(), self._covered, self._checked, problems)

    def _size(self) -> int:
        # Asked one by one: together they would read the whole table.
        first = self._tx.scalar(select(func.min(audit_entry.c.idx)))
        last = self._tx.scalar(select(func.max(audit_entry.c.idx)))
        if first is not None and first < 0:
            self._findings.at("entry.extra", first)
        return 0 if last is None else last + 1

    def _next_index(self, start: int) -> int:
        found: int = self._tx.execute(
            select(func.min(audit_entry.c.idx)).where(audit_entry.c.idx >= start)
        ).scalar_one()
        return found

    def _counted(self, place: str, found: Iterator[Signed]) -> Iterator[Signed]:
        for signed in found:
            self._seen[place] += 1
            yield signed

    def _tile(self, start: int, end: int) -> bool:
        """Check the entries of one tile against all that is recorded about them; False if it has none."""
        hashes = self._entries(start, end)
        if not any(hashes):
            return False
        if end - start == TILE_WIDTH:
            hashes = self._against_tile(0, start // TILE_WIDTH, start, hashes)
        base = self._frontier.copy()
        position = start
        while (signed := self._next) is not None and signed.size <= end:
            self._extend(hashes[position - start : signed.size - start])
            position = signed.size
            if self._frontier.root() != signed.root and (tail := _usable_tail(base, signed, start)):
                for index, (found, recorded) in enumerate(zip(hashes, tail, strict=False), start):
                    if found != recorded:
                        self._suspect("entry.tree", index)
                hashes[: len(tail)] = tail
                self._frontier = base.copy()
                self._extend(tail)
            self._check_root(self._frontier.root(), signed.size)
        self._extend(hashes[position - start :])
        return True

    def _entries(self, start: int, end: int) -> list[bytes]:
        """Check each entry in a range by itself; return the hashes of the bodies, unknown where missing."""
        idx = audit_entry.c.idx
        rows = self._tx.execute(select(audit_entry).where(idx >= start, idx < end).order_by(idx)).all()
        by_index = {row.idx: row for row in rows}
        if rows:
            self._missing(start, end, by_index)
        bodies: dict[int, Body] = {}
        for index, row in by_index.items():
            if (body := self._entry(index, row)) is not None:
                bodies[index] = body
        self._links(start, end, bodies)
        self._sidecars(bodies)
        return [leaf_hash(by_index[i].body) if i in by_index else _UNKNOWN for i in range(start, end)]

    def _missing(self, start: int, end: int, present: dict[int, Row[Any]]) -> None:
        gap: int | None = None
        for index in range(start, end + 1):
            if index < end and index not in present:
                gap = index if gap is None else gap
            elif gap is not None:
                self._suspect("entry.missing", gap, index - 1)
                gap = None

    def _entry(self, index: int, row: Row[Any]) -> Body | None:
        if leaf_hash(row.body) != row.leaf_hash:
            self._suspect("entry.leaf_hash", index)
        try:
            body = parse(bytes(row.body))
        except MalformedBody:
            self._suspect("entry.form", index)
            return None
        stored = tuple(row)[3:]  # behind idx, leaf_hash and body stand the derived columns, in their order
        if columns(body) != stored:
            self._findings.at("entry.columns", index)
        if body["ts"] < self._ts:
            self._findings.at("time.backwards", index)
        self._ts = body["ts"]
        return body

    def _links(self, start: int, end: int, bodies: dict[int, Body]) -> None:
        table = audit_link.c
        rows = self._tx.execute(select(table.kind, table.ref, table.idx).where(table.idx >= start, table.idx < end))
        stored = {(kind, ref, index) for kind, ref, index in rows}
        derived = {(kind, ref, index) for index, body in bodies.items() for kind, ref in links(body)}
        for index in sorted({index for _, _, index in stored ^ derived}):
            # Where the body itself is gone or damaged, that is the problem.
            if index in bodies:
                self._findings.at("entry.links", index)

    def _sidecars(self, bodies: dict[int, Body]) -> None:
        wanted = {bytes.fromhex(c): index for index, body in bodies.items() for c in body.get("c", {}).values()}
        known = audit_sidecar.c.commitment
        present = {bytes(c) for c in self._tx.scalars(select(known).where(known.in_(list(wanted))))}
        for index in sorted({index for commitment, index in wanted.items() if commitment not in present}):
            self._findings.at("sidecar.missing", index)

    def _against_tile(self, level: int, n: int, start: int, hashes: list[bytes]) -> list[bytes]:
        """Compare a full tile with the hashes it should have; return the hashes to build the tree from."""
        table = audit_tile.c
        tile = self._tx.execute(select(table.hashes, table.root).where(table.level == level, table.n == n)).first()
        span = TILE_WIDTH**level
        if tile is None or len(tile.hashes) != TILE_WIDTH * HASH_BYTES:
            self._findings.at("tile.missing", start, start + TILE_WIDTH * span - 1)
            recorded = hashes
        else:
            recorded = _split(bytes(tile.hashes))
            for offset, (found, kept) in enumerate(zip(hashes, recorded, strict=True)):
                if found != kept:
                    code = "tile.root" if level else "entry.tree"
                    self._suspect(code, start + offset * span, start + (offset + 1) * span - 1)
            if fold(recorded) != bytes(tile.root):
                self._suspect("tile.root", start, start + TILE_WIDTH * span - 1)
        self._close(level, n, fold(recorded))
        return recorded

    def _close(self, level: int, n: int, root: bytes) -> None:
        """Collect the root of a full tile; 256 of them make a tile of the next level."""
        if len(self._closed) == level:
            self._closed.append([])
        self._closed[level].append(root)
        if len(self._closed[level]) == TILE_WIDTH:
            hashes, self._closed[level] = self._closed[level], []
            above = n // TILE_WIDTH
            self._against_tile(level + 1, above, above * TILE_WIDTH ** (level + 2), hashes)

    def _extend(self, hashes: Sequence[bytes]) -> None:
        for value in hashes:
            self._frontier.append(value)

    def _check_root(self, root: bytes, size: int) -> None:
        """Hold the tree at `size` against every checkpoint of that size."""
        while (signed := self._next) is not None and signed.size == size:
            self._advance(signed)
            if root == signed.root:
                self._covered, self._suspect_from = size, None
            elif self._suspect_from is None and not self._broken:
                self._findings.at("checkpoint.root", self._covered, max(size - 1, self._covered))
                self._broken = True

    def _advance(self, done: Signed) -> None:
        """Go on to the next checkpoint; rows and files of one size count once."""
        self._next = next(self._signed, None)
        if self._next is None or self._next.size != done.size:
            self._checked += 1

    def _suspect(self, code: str, index: int, last: int | None = None) -> None:
        """Note a problem that explains why later checkpoints may not hold."""
        self._findings.at(code, index, last)
        if self._suspect_from is None:
            self._suspect_from = index

    def _beyond(self, size: int) -> None:
        """Find what speaks of entries behind the end of the log."""
        largest = 0
        while (signed := self._next) is not None:
            self._advance(signed)
            largest = signed.size
        if largest > size:
            self._findings.at("checkpoint.truncated", size, largest - 1)
        table = audit_tile.c
        behind = select(func.count()).where(table.level == 0, or_(table.n >= size // TILE_WIDTH, table.n < 0))
        if self._tx.scalar(behind):
            self._findings.at("tile.extra", size)
        idx = audit_link.c.idx
        if self._tx.scalar(select(func.count()).where(or_(idx >= size, idx < 0))):
            self._findings.at("entry.links", size)


def _usable_tail(base: Frontier, signed: Signed, start: int) -> list[bytes] | None:
    """Return the leaf hashes kept beside a checkpoint if they lead to its signed root."""
    if signed.tail is None or len(signed.tail) != (signed.size - start) * HASH_BYTES:
        return None
    hashes, frontier = _split(signed.tail), base.copy()
    for value in hashes:
        frontier.append(value)
    return hashes if frontier.root() == signed.root else None


def _split(data: bytes) -> list[bytes]:
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]
