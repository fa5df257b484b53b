"""The walk along the tree: holds tiles, checkpoints and what was found in the entries against each other.

It takes one tile at a time, so its memory does not grow with the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from audit.body import parse
from audit.evidence import Signed
from audit.export.layout import TILE_WIDTH, Tile
from audit.merkle import EMPTY_ROOT, HASH_BYTES, fold_joined
from audit.verifying.chunk import TILE_HEIGHT, UNKNOWN, Chunk
from audit.verifying.edge import Edge, split
from audit.verifying.findings import Findings

Progress = Callable[[int, int], None]

_NO_HASH = b"\0" * HASH_BYTES
MAX_INTENTS = 100_000  # open at one time; no zone has so many, and memory must not grow with the log


class Tiles(Protocol):
    """The tiles that were kept beside the entries."""

    partial: bool
    """Whether partial tiles are kept too."""
    lost: str
    """The code for a tile that is not there."""
    torn: str
    """The code for a tile that is not of its length."""

    def hashes(self, tile: Tile) -> bytes | None:
        """Return the hashes of a tile, or None if it is not there."""

    def root(self, tile: Tile) -> bytes | None:
        """Return the root that was kept with a tile, or None where none is kept."""


@dataclass(frozen=True, slots=True)
class Walked:
    """Where the walk ended, and what of the log is covered by a signature."""

    whole: bool
    """Whether it came to the end."""
    reached: int
    """Where it ended: before the first tile of which nothing is left."""
    covered: int
    checked: int
    root: bytes
    pruned: bool
    """Whether the log itself declares, with their root, that the entries below the minimum were pruned."""
    destroyed: int
    newest: Signed | None
    """The largest checkpoint that holds."""


class Walk:
    """One pass over a log of `size` entries, of which those below `minimum` need not be there."""

    def __init__(self, size: int, minimum: int, tiles: Tiles, signed: Iterator[Signed], findings: Findings) -> None:
        self._size, self._minimum = size, minimum
        self._tiles = tiles
        self._signed = signed
        self._findings = findings
        self._next: Signed | None = next(signed, None)
        self._edge = Edge()
        self._closed: list[list[bytes]] = []
        self._suspect_from: int | None = None
        self._broken = False
        self._covered = 0
        self._checked = 0
        self._newest: Signed | None = None
        self._ts = b""
        self._minimum_root = EMPTY_ROOT if minimum == 0 else None
        self._pruned = False
        self._destroyed = 0
        self._reached = size
        self._intents: dict[bytes, int] = {}

    def run(self, chunks: Iterator[Chunk], progress: Progress) -> Walked:
        """Walk along the chunks, which come in order."""
        self._check_root(EMPTY_ROOT, 0)
        whole = True
        for chunk in chunks:
            if not self._chunk(chunk):
                whole = False
                break
            progress(chunk.end, self._size)
        if whole:
            self._right_edge()
            self._open_intents()
        root = self._edge.root()
        return Walked(
            whole, self._reached, self._covered, self._checked, root, self._pruned, self._destroyed, self._newest
        )

    def rest(self) -> int:
        """Take the checkpoints behind the end; return the size of the largest, 0 if there is none."""
        largest = 0
        while (signed := self._next) is not None:
            self._advance(signed)
            largest = signed.size
        return largest

    def _chunk(self, chunk: Chunk) -> bool:
        """Take the entries of a chunk; False if a whole tile of them is missing."""
        if chunk.tiles:
            self._whole(chunk)
        else:
            self._entries(chunk)
        for code, index, last in chunk.problems:
            self._findings.at(code, index, last)
        if chunk.first_ts < self._ts and chunk.first_ts:
            self._findings.at("time.backwards", self._first_known(chunk))
        self._ts = chunk.last_ts or self._ts
        self._destroyed += chunk.destroyed
        for _, body in chunk.declared:
            self._declared(body)
        for event_id, index in chunk.intents:
            if len(self._intents) < MAX_INTENTS:
                self._intents[event_id] = index
        for intent_id in chunk.outcomes:
            self._intents.pop(intent_id, None)
        return self._reached == self._size

    def _whole(self, chunk: Chunk) -> None:
        """Take entries in which nothing is wrong, tile by tile."""
        for suspect in chunk.suspects:
            self._suspect(*suspect)
        for n, hashes in enumerate(chunk.tiles):
            start = chunk.start + n * TILE_WIDTH
            root = chunk.roots[n] if n < len(chunk.roots) else None
            if root is None or not self._is_kept(start, hashes, root):
                self._tile(start, start + len(hashes) // HASH_BYTES, split(hashes))

    def _is_kept(self, start: int, hashes: bytes, root: bytes) -> bool:
        """Take a full tile if it is the one that was kept, and no checkpoint needs its entries one by one."""
        tile, end = Tile(0, start // TILE_WIDTH), start + TILE_WIDTH
        signed_here = self._next is not None and self._next.size <= end
        if signed_here or self._tiles.hashes(tile) != hashes or self._tiles.root(tile) not in (None, root):
            return False
        self._close(tile, root)
        self._edge.add(root, TILE_HEIGHT)
        self._at_minimum(end)
        return True

    def _entries(self, chunk: Chunk) -> None:
        """Take entries one by one, up to the first tile of which nothing is there."""
        suspects = iter(chunk.suspects)
        suspect = next(suspects, None)
        for start in range(chunk.start, chunk.end, TILE_WIDTH):
            end = min(start + TILE_WIDTH, chunk.end)
            hashes = chunk.hashes[start - chunk.start : end - chunk.start]
            if end > self._minimum and not self._tiles.partial and not any(hashes):
                self._reached = start
                break
            while suspect is not None and suspect[1] < end:
                self._suspect(*suspect)
                suspect = next(suspects, None)
            self._tile(start, end, hashes)

    def _declared(self, data: bytes) -> None:
        body = parse(data)
        detail, root = body.get("detail", {}), self._minimum_root
        if body["outcome"] == "ok" and root is not None and detail.get("minimum") == self._minimum:
            self._pruned = self._pruned or detail.get("root") == root.hex()

    def _first_known(self, chunk: Chunk) -> int:
        return next((index for index, value in enumerate(chunk.hashes, chunk.start) if value != UNKNOWN), chunk.start)

    def _tile(self, start: int, end: int, hashes: list[bytes]) -> None:
        """Hold the entries of one tile against all that was recorded about them."""
        tile, root = Tile(0, start // TILE_WIDTH, end - start), None
        if tile.full or self._tiles.partial:
            hashes, root = self._against_tile(tile, start, hashes)
        base = self._edge.copy()
        position = start
        while (signed := self._next) is not None and signed.size <= end:
            self._extend(hashes, start, position, signed.size, root)
            position = signed.size
            if self._edge.root() != signed.root and (tail := _usable_tail(base, signed, start)):
                for index, (found, recorded) in enumerate(zip(hashes, tail, strict=False), start):
                    if found != recorded:
                        self._suspect("entry.tree", index)
                hashes = tail + hashes[len(tail) :]
                self._edge = base.copy()
                self._extend(hashes, start, start, signed.size, None)
            self._check_root(self._edge.root(), signed.size)
            self._at_minimum(position)
        self._extend(hashes, start, position, end, root)
        self._at_minimum(end)

    def _extend(self, hashes: list[bytes], start: int, position: int, end: int, root: bytes | None) -> None:
        """Add the entries from `position` to `end` of the tile that begins at `start`; the whole tile by its root."""
        if root is not None and position == start and end - start == TILE_WIDTH:
            self._edge.add(root, TILE_HEIGHT)
        else:
            for value in hashes[position - start : end - start]:
                self._edge.add(value)

    def _at_minimum(self, size: int) -> None:
        if size == self._minimum and self._minimum_root is None:
            self._minimum_root = self._edge.root()

    def _against_tile(self, tile: Tile, start: int, hashes: list[bytes]) -> tuple[list[bytes], bytes | None]:
        """Compare a tile with the hashes it should have.

        Return the hashes to build the tree from, and for a full tile their root.
        """
        span = TILE_WIDTH**tile.level
        end = start + tile.width * span
        data, joined = self._tiles.hashes(tile), b"".join(hashes)
        if data is None or len(data) != tile.width * HASH_BYTES:
            self._findings.at(self._tiles.lost if data is None else self._tiles.torn, start, end - 1)
            data = joined if all(hashes) else b"".join(value or _NO_HASH for value in hashes)
        elif data != joined:
            recorded = split(data)
            for offset, (found, kept) in enumerate(zip(hashes, recorded, strict=True)):
                # Of what is missing, or was pruned, the tile alone speaks.
                if found not in (kept, UNKNOWN):
                    first = start + offset * span
                    self._suspect("tile.root" if tile.level else "entry.tree", first, first + span - 1)
            hashes = recorded
        if not tile.full:
            return hashes, None
        root = fold_joined(data)
        kept_root = self._tiles.root(tile)
        if kept_root is not None and root != kept_root:
            self._suspect("tile.root", start, end - 1)
        self._close(tile, root)
        return hashes, root

    def _close(self, tile: Tile, root: bytes) -> None:
        """Collect the root of a full tile; 256 of them make a tile of the next level."""
        if len(self._closed) == tile.level:
            self._closed.append([])
        self._closed[tile.level].append(root)
        if len(self._closed[tile.level]) == TILE_WIDTH:
            hashes, self._closed[tile.level] = self._closed[tile.level], []
            above = Tile(tile.level + 1, tile.n // TILE_WIDTH)
            self._against_tile(above, above.n * TILE_WIDTH ** (above.level + 1), hashes)

    def _right_edge(self) -> None:
        """Hold the partial tiles above the entries against the roots of the tiles below them."""
        if self._tiles.partial:
            for level, hashes in enumerate(self._closed, 1):
                if hashes:
                    n = (self._size >> TILE_HEIGHT * level) // TILE_WIDTH
                    self._against_tile(Tile(level, n, len(hashes)), n * TILE_WIDTH ** (level + 1), hashes)

    def _open_intents(self) -> None:
        for index in self._intents.values():
            self._findings.at("intent.open", index)

    def _check_root(self, root: bytes, size: int) -> None:
        """Hold the tree at `size` against every checkpoint of that size."""
        while (signed := self._next) is not None and signed.size == size:
            self._advance(signed)
            if root == signed.root:
                self._covered, self._suspect_from, self._newest = size, None, signed
            elif self._covered == size and self._newest is not None:
                # Whoever has the key signed two histories: of all findings the one that no accident explains.
                self._findings.at("checkpoint.split", size)
            elif self._suspect_from is None and not self._broken:
                self._findings.at("checkpoint.root", self._covered, max(size - 1, self._covered))
                self._broken = True

    def _advance(self, done: Signed) -> None:
        """Go on to the next checkpoint; several of one size count once."""
        self._next = next(self._signed, None)
        if self._next is None or self._next.size != done.size:
            self._checked += 1

    def _suspect(self, code: str, index: int, last: int | None = None) -> None:
        """Note a problem that explains why later checkpoints may not hold."""
        self._findings.at(code, index, last)
        if self._suspect_from is None:
            self._suspect_from = index


def _usable_tail(base: Edge, signed: Signed, start: int) -> list[bytes] | None:
    """Return the leaf hashes kept beside a checkpoint if they lead to its signed root."""
    if signed.tail is None or len(signed.tail) != (signed.size - start) * HASH_BYTES:
        return None
    hashes, edge = split(signed.tail), base.copy()
    for value in hashes:
        edge.add(value)
    return hashes if edge.root() == signed.root else None
