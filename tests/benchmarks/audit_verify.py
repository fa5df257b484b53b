"""How fast a whole log is verified and how fast proofs are made, at a million entries, each beside a peer.

Verification stands beside the cheapest thing that could be called one: reading the same bodies from the same file in
one process and hashing them with SHA-256, nothing else. Proofs stand beside those of pymerkle over the same leaves.
"""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pymerkle import SqliteTree

from audit.db import Database
from audit.tree import Tree
from tests.benchmarks.audit_bulk import fill
from tests.benchmarks.rows import Row

ENTRIES = int(os.environ.get("ANSIM_BENCH_ENTRIES", "1000000"))
SMALL = 10_000
RATE_BAR, MEMORY_BAR, PROOF_BAR_MS, GROWTH_BAR, PEER_BAR = 200_000, 150, 2.0, 2.0, 100
PROOFS, PEER_PROOFS = 400, 5
ROOT = Path(__file__).resolve().parents[2]

_VERIFY = """
import resource, sys, time
from pathlib import Path
from audit.db import Database
from audit.trusted import TrustedKeys
from audit.verify import verify
home, processes = Path(sys.argv[1]), int(sys.argv[2])
began = time.monotonic()
db = Database.open(f"sqlite:///{home / 'ansim.db'}")
result = verify(db, TrustedKeys.load(home / "keys" / "trusted-keys"), home / "log", processes=processes)
assert result.ok and not result.problems, result.problems
largest = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(time.monotonic() - began, largest / 1024, sum(one.ru_utime + one.ru_stime for one in spent))
"""


def measure_verify() -> list[Row]:
    """Verify a million entries as the command does, and with one process."""
    with _log(ENTRIES) as home:
        plain = _hash_bodies(home)
        processes = len(os.sched_getaffinity(0))
        seconds, megabytes, processor = _verified(home, processes)
        alone, _, _ = _verified(home, 1)
    rate, hashed = ENTRIES / seconds, ENTRIES / plain
    beside = "read and SHA-256 of the bodies, one process"
    return [
        Row(
            benchmark="audit-verify",
            what=f"entries of {ENTRIES:,} verified, {processes} processes",
            value=rate,
            unit="entries/s",
            beside=beside,
            reference=hashed,
            bar=f">= {RATE_BAR:,} entries/s",
            passed=rate >= RATE_BAR,
        ),
        Row(
            benchmark="audit-verify",
            what="processor time per entry, all processes with their start",
            value=processor / ENTRIES * 1e6,
            unit="us",
            beside=f"{RATE_BAR:,} entries/s on {processes} free cores",
            reference=processes / RATE_BAR * 1e6,
            bar="tells of a busy machine what time cannot",
            passed=None,
        ),
        Row(
            benchmark="audit-verify",
            what="the same in one process",
            value=ENTRIES / alone,
            unit="entries/s",
            beside=beside,
            reference=hashed,
            bar="-",
            passed=None,
        ),
        Row(
            benchmark="audit-verify",
            what="memory of the largest process",
            value=megabytes,
            unit="MiB",
            beside="bar",
            reference=MEMORY_BAR,
            bar=f"< {MEMORY_BAR} MiB",
            passed=megabytes < MEMORY_BAR,
        ),
    ]


def measure_proofs() -> list[Row]:
    """Prove entries and growth at a million entries, at ten thousand, and with pymerkle over the same leaves."""
    rows: list[Row] = []
    with _log(ENTRIES) as large, _log(SMALL) as small:
        peer = _peer(large)
        for kind in ("inclusion", "consistency"):
            found, before = _proofs(large, ENTRIES, kind), _proofs(small, SMALL, kind)
            slowest, slowest_before = _p99(found), _p99(before)
            middle, peers = statistics.median(found), statistics.median(peer[kind])
            rows += [
                Row(
                    benchmark="audit-proofs",
                    what=f"{kind} proof at {ENTRIES:,}, p99",
                    value=slowest,
                    unit="ms",
                    beside=f"at {SMALL:,}, p99",
                    reference=slowest_before,
                    bar=f"<= {PROOF_BAR_MS} ms and <= {GROWTH_BAR:g}x",
                    passed=slowest <= PROOF_BAR_MS and slowest <= GROWTH_BAR * slowest_before,
                    samples=tuple(found),
                ),
                Row(
                    benchmark="audit-proofs",
                    what=f"{kind} proofs per second at {ENTRIES:,}",
                    value=1000 / middle,
                    unit="/s",
                    beside="pymerkle in SQLite",
                    reference=1000 / peers,
                    bar=f">= {PEER_BAR}x",
                    passed=peers >= PEER_BAR * middle,
                ),
            ]
    return rows


@contextmanager
def _log(size: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ansim-bench-log-") as scratch:
        home = Path(scratch)
        fill(home, size).db.close()
        yield home


def _hash_bodies(home: Path) -> float:
    """Return the seconds that reading and hashing the bodies takes, which no verification can do without."""
    with sqlite3.connect(f"file:{home / 'ansim.db'}?mode=ro", uri=True) as connection:
        began = time.monotonic()
        for (body,) in connection.execute("SELECT body FROM audit_entry ORDER BY idx"):
            hashlib.sha256(b"\0" + body).digest()
        return time.monotonic() - began


def _verified(home: Path, processes: int) -> tuple[float, float, float]:
    """Verify in a fresh process; return seconds, the MiB of the largest process, and seconds of processor time."""
    command = [sys.executable, "-c", _VERIFY, str(home), str(processes)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, megabytes, processor = map(float, done.stdout.split())
    return seconds, megabytes, processor


def _proofs(home: Path, size: int, kind: str) -> list[float]:
    """Return the milliseconds of proofs, each with nothing kept from the one before."""
    chance = random.Random(6962)
    db = Database.open(f"sqlite:///{home / 'ansim.db'}")
    found: list[float] = []
    with db.read() as tx:
        for _ in range(PROOFS):
            index = chance.randrange(1, size)
            found.append(_milliseconds(lambda at: getattr(Tree(tx), kind)(at, size), index))
    db.close()
    return found[PROOFS // 10 :]  # the first ones read the file from the disk


def _peer(home: Path) -> dict[str, list[float]]:
    """Return the milliseconds of the proofs of pymerkle's own SQLite tree over the same leaves."""
    with tempfile.TemporaryDirectory(prefix="ansim-bench-peer-") as scratch:
        tree = SqliteTree(str(Path(scratch) / "peer.db"), algorithm="sha256")
        with sqlite3.connect(home / "ansim.db") as connection:
            leaves = (row[0] for row in connection.execute("SELECT leaf_hash FROM audit_entry ORDER BY idx"))
            tree.append_entries(leaves, chunksize=50_000)
        size, chance = tree.get_size(), random.Random(6962)
        indexes = [chance.randrange(1, size) for _ in range(PEER_PROOFS)]
        return {
            "inclusion": [_milliseconds(lambda at: tree.prove_inclusion(at, size), index) for index in indexes],
            "consistency": [_milliseconds(lambda at: tree.prove_consistency(at, size), index) for index in indexes],
        }


def _milliseconds(work: Callable[[int], object], index: int) -> float:
    began = time.perf_counter()
    work(index)
    return (time.perf_counter() - began) * 1000


def _p99(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]
