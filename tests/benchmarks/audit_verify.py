"""How fast a whole log of a million entries is verified: where it lives, and the copy of it that a stranger has.

It stands beside the cheapest thing that could be called a verification: reading the same bodies from the same file in
one process and hashing them with SHA-256, nothing else. Each verification runs in a fresh process, as a command does.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from audit.db import Database
from audit.export.layout import VERIFIER_FILE
from audit.export.write import export_log
from audit.trusted import TRUSTED_KEYS_FILE, TrustedKeys
from tests.benchmarks.audit_million import ENTRIES, filled, scratch
from tests.benchmarks.rows import Row

RATE_BAR, MEMORY_BAR = 200_000, 150
ROOT = Path(__file__).resolve().parents[2]
BESIDE = "read and SHA-256 of the bodies, one process"

_MEASURED = """
import resource, runpy, sys, time
from pathlib import Path
kind, keys, processes, *rest = sys.argv[1:]
if kind == "live":
    from audit.db import Database
    from audit.trusted import TrustedKeys
    from audit.verify import verify
    began, home = time.monotonic(), Path(rest[0])
    db = Database.open(f"sqlite:///{home / 'ansim.db'}")
    result = verify(db, TrustedKeys.load(Path(keys)), home / "log", processes=int(processes))
    assert result.ok and not result.problems, result.problems
elif kind == "export":
    from audit.trusted import TrustedKeys
    from audit.verifying.exported import verify_export
    began = time.monotonic()
    result = verify_export(Path(rest[0]), TrustedKeys.load(Path(keys)), processes=int(processes))
    assert result.ok and not result.problems, result.problems
else:
    sys.argv, began = [rest[1], rest[0], "--key", keys], time.monotonic()
    try:
        runpy.run_path(rest[1], run_name="__main__")
    except SystemExit as ended:
        assert not ended.code, ended.code
seconds = time.monotonic() - began
spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
# Its own most memory since it was started: what the kernel counts for a process begins with that of its parent.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
largest = max(int(status["VmHWM"].split()[0]), spent[1].ru_maxrss)
print()
print(seconds, largest / 1024, sum(one.ru_utime + one.ru_stime for one in spent))
"""


class Verified(NamedTuple):
    """What a verification took."""

    seconds: float
    megabytes: float
    """Of the largest process."""
    processor: float
    """Seconds of processor time, of all processes with their start."""


def measure() -> list[Row]:
    """Verify the log, its copy, and the copy with the program that lies in it."""
    home, processes = filled(ENTRIES), len(os.sched_getaffinity(0))
    keys, copy = home / "keys" / TRUSTED_KEYS_FILE, scratch() / "copy"
    db = Database.open(f"sqlite:///{home / 'ansim.db'}")
    export_log(db, home / "log", TrustedKeys.load(keys), copy)
    db.close()
    hashed = ENTRIES / _hash_bodies(home)
    live, alone = (_verified("live", keys, n, home) for n in (processes, 1))
    exported = _verified("export", keys, processes, copy)
    program = _verified("program", keys, 1, copy, copy / VERIFIER_FILE)
    return [
        _rate(f"the log, {processes} processes", live, hashed, processes),
        _rate(f"an export, {processes} processes", exported, hashed, processes),
        _rate("the log, one process", alone, hashed, None),
        _rate("an export with its own program (standard library, one process)", program, hashed, None),
        *(_memory(title, one) for title, one in (("the log", live), ("an export", exported), ("its program", program))),
    ]


def _rate(what: str, done: Verified, hashed: float, cores: int | None) -> Row:
    """Return the row of a verification; where others keep the cores busy, its processor time decides."""
    each, wanted = done.processor / ENTRIES * 1e6, (cores or 1) / RATE_BAR * 1e6
    said = f"processor {each:.1f} us an entry"
    rate = ENTRIES / done.seconds
    if cores is not None:
        # Nothing waits for anything here, so idle cores mean that they were somebody else's.
        restless = done.processor < 0.8 * done.seconds * cores
        decides = ", too restless: processor time decides" if restless and rate < RATE_BAR else ""
        said = f">= {RATE_BAR:,} entries/s ({said}, {wanted:.1f} on {cores} free cores{decides})"
    passed = rate >= RATE_BAR or (cores is not None and restless and each <= wanted)
    return Row(
        benchmark="audit-verify",
        what=f"{ENTRIES:,} entries verified: {what}",
        value=rate,
        unit="entries/s",
        beside=BESIDE,
        reference=hashed,
        bar=said,
        passed=None if cores is None else passed,
    )


def _memory(what: str, done: Verified) -> Row:
    return Row(
        benchmark="audit-verify",
        what=f"memory of the largest process: {what}",
        value=done.megabytes,
        unit="MiB",
        beside="bar",
        reference=MEMORY_BAR,
        bar=f"< {MEMORY_BAR} MiB",
        passed=done.megabytes < MEMORY_BAR,
    )


def _hash_bodies(home: Path) -> float:
    """Return the seconds that reading and hashing the bodies takes, which no verification can do without."""
    with sqlite3.connect(f"file:{home / 'ansim.db'}?mode=ro", uri=True) as connection:
        began = time.monotonic()
        for (body,) in connection.execute("SELECT body FROM audit_entry ORDER BY idx"):
            hashlib.sha256(b"\0" + body).digest()
        return time.monotonic() - began


def _verified(kind: str, keys: Path, processes: int, *places: Path) -> Verified:
    command: Sequence[str] = [sys.executable, "-c", _MEASURED, kind, str(keys), str(processes), *map(str, places)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{kind}: {done.stdout[-500:]}{done.stderr[-2000:]}")
    return Verified(*map(float, done.stdout.splitlines()[-1].split()))
