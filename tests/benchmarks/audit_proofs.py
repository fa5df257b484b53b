"""How fast a log of a million entries proves an entry and its growth, on SQLite and on PostgreSQL.

Every proof begins anew, as for a receipt, but may use what its process remembers of hashes. Beside the million stands a
log of ten thousand, proof by proof in turns, and pymerkle's own SQLite tree over the same leaves, which remembers too.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

from pymerkle import SqliteTree
from sqlalchemy import Connection

from audit.db import Database
from audit.tree import Tree
from tests.benchmarks.audit_million import ENTRIES, filled, told
from tests.benchmarks.rows import Row
from tests.benchmarks.slices import percentile

SMALL = 10_000
BAR_MS, GROWTH_BAR, PEER_BAR = 2.0, 2.0, 100
PROOFS, PEER_PROOFS = 1000, 10
KINDS = ("inclusion", "consistency")
RESTLESS = 1.5
"""How much longer the slowest may take than their processor time before others are to blame for it."""


class Proofs(NamedTuple):
    """What proofs of one kind took, in milliseconds."""

    wall: Sequence[float]
    processor: Sequence[float]

    def p99(self) -> float:
        """Return the slowest in a hundred, by the clock on the wall."""
        return percentile(self.wall, 0.99)

    def p99_processor(self) -> float:
        """Return the slowest in a hundred, by processor time of this process."""
        return percentile(self.processor, 0.99)


def measure() -> list[Row]:
    """Prove entries and growth at both sizes in both databases, and with pymerkle."""
    rows: list[Row] = []
    home = filled(ENTRIES)
    with ExitStack() as stack:
        sqlite = [Database.open(f"sqlite:///{one / 'ansim.db'}") for one in (home, filled(SMALL))]
        sizes = {size: stack.enter_context(db.read()) for size, db in zip((ENTRIES, SMALL), sqlite, strict=True)}
        found = _in_turns(sizes)
        peer = _peer(home)
        for kind in KINDS:
            rows.append(_slowest("SQLite", kind, found[kind, ENTRIES], found[kind, SMALL]))
            rows.append(_beside_peer(kind, found[kind, ENTRIES].wall, peer[kind]))
    with told("postgresql").db.read() as tx:
        found = _in_turns(dict.fromkeys((ENTRIES, SMALL), tx))
    return rows + [_slowest("PostgreSQL", kind, found[kind, ENTRIES], found[kind, SMALL]) for kind in KINDS]


def _in_turns(sizes: Mapping[int, Connection]) -> dict[tuple[str, int], Proofs]:
    chance = random.Random(6962)
    arms = [(kind, size) for kind in KINDS for size in sizes]
    taken: dict[tuple[str, int], list[tuple[float, float]]] = {arm: [] for arm in arms}
    for _ in range(PROOFS):
        chance.shuffle(arms)
        for kind, size in arms:
            index = chance.randrange(1, size)
            tx = sizes[size]
            taken[kind, size].append(_milliseconds(lambda at: getattr(Tree(tx), kind)(at, size), index))  # noqa: B023
    # The first ones read the file from the disk.
    return {arm: Proofs(*zip(*times[PROOFS // 10 :], strict=True)) for arm, times in taken.items()}


def _slowest(database: str, kind: str, large: Proofs, small: Proofs) -> Row:
    value, before, said = large.p99(), small.p99(), ""
    own = large.p99_processor(), small.p99_processor()
    met = value <= BAR_MS and value <= GROWTH_BAR * before
    if not met and value > RESTLESS * own[0]:
        met, said = own[0] <= BAR_MS and own[0] <= GROWTH_BAR * own[1], ", too restless: processor time decides"
    middle = statistics.median(large.wall), statistics.median(small.wall)
    return Row(
        benchmark="audit-proofs",
        what=f"{database}, {kind} proof at {ENTRIES:,}, p99",
        value=value,
        unit="ms",
        beside=f"at {SMALL:,}, p99",
        reference=before,
        bar=f"<= {BAR_MS:g} ms and <= {GROWTH_BAR:g}x (median {middle[0]:.2f} and {middle[1]:.2f}, processor p99 "
        f"{own[0]:.2f} and {own[1]:.2f}{said})",
        passed=met,
        samples=tuple(large.wall),
    )


def _beside_peer(kind: str, ours: Sequence[float], peer: Sequence[float]) -> Row:
    middle, peers = statistics.median(ours), statistics.median(peer)
    return Row(
        benchmark="audit-proofs",
        what=f"{kind} proofs per second at {ENTRIES:,}, SQLite",
        value=1000 / middle,
        unit="/s",
        beside="pymerkle in SQLite",
        reference=1000 / peers,
        bar=f">= {PEER_BAR}x",
        passed=peers >= PEER_BAR * middle,
    )


def _peer(home: Path) -> dict[str, list[float]]:
    """Return the milliseconds of proofs of pymerkle's own SQLite tree over the same leaves."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="ansim-bench-peer-") as place:
        peer = SqliteTree(str(Path(place) / "peer.db"), algorithm="sha256")
        with closing(peer.con), closing(sqlite3.connect(home / "ansim.db")) as connection:
            leaves = (row[0] for row in connection.execute("SELECT leaf_hash FROM audit_entry ORDER BY idx"))
            peer.append_entries(leaves, chunksize=50_000)
            for kind, index in _asked(PEER_PROOFS):
                prove = getattr(peer, f"prove_{kind}")
                found.setdefault(kind, []).append(_milliseconds(lambda at: prove(at, ENTRIES), index)[0])  # noqa: B023
    # It too remembers subtrees that it met: its first proofs take several times as long.
    return {kind: taken[1:] for kind, taken in found.items()}


def _asked(count: int) -> Iterator[tuple[str, int]]:
    """Yield kinds of proof in turns, each for an entry or an earlier size at random."""
    chance = random.Random(6962)
    for _ in range(count):
        for kind in KINDS:
            yield kind, chance.randrange(1, ENTRIES)


def _milliseconds(work: Callable[[int], object], index: int) -> tuple[float, float]:
    """Return what something takes, by the clock on the wall and in processor time of this process."""
    began, spent = time.perf_counter(), time.process_time()
    work(index)
    return (time.perf_counter() - began) * 1000, (time.process_time() - spent) * 1000
