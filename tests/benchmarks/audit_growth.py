"""How the log and its proofs grow: bytes per event stay the same, a proof grows by one hash per doubling.

It draws `docs/images/audit-growth.svg` from what it measured, labelled in Korean and English.
"""

from __future__ import annotations

import math
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.log import AuditLog
from audit.tree import Tree
from hub_config.processes import REPOSITORY
from tests.benchmarks.audit_bulk import fill
from tests.benchmarks.rows import Row

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
PROOFS = 200
IMAGE = REPOSITORY / "docs" / "images" / "audit-growth.svg"
STEADY = 1.2
"""A log is of constant growth if its largest and its smallest size differ by less in bytes per event."""


@dataclass(frozen=True, slots=True)
class Point:
    """One log of one size."""

    size: int
    bytes_per_event: float
    hashes: float
    """In an inclusion proof, on average."""
    milliseconds: float
    """To make one, median."""


def measure() -> list[Row]:
    """Measure logs of every size, draw them, and return what the largest says beside the smallest."""
    points = [_point(size) for size in SIZES]
    IMAGE.write_text(drawing(points), encoding="utf-8")
    first, last = points[0], points[-1]
    return [
        Row(
            benchmark="audit-growth",
            what=f"SQLite, bytes per event at {last.size:,} entries",
            value=last.bytes_per_event,
            unit="bytes",
            beside=f"at {first.size:,}",
            reference=first.bytes_per_event,
            bar=f"<= {STEADY} x",
            passed=last.bytes_per_event <= STEADY * first.bytes_per_event,
        ),
        Row(
            benchmark="audit-growth",
            what=f"hashes in an inclusion proof at {last.size:,} entries",
            value=last.hashes,
            unit="hashes",
            beside="log2 of the size",
            reference=math.log2(last.size),
            bar="<= log2 + 1",
            passed=last.hashes <= math.log2(last.size) + 1,
        ),
    ]


def _point(size: int) -> Point:
    with tempfile.TemporaryDirectory(prefix="ansim-bench-") as directory:
        log = fill(Path(directory), size)
        hashes, seconds = zip(*(_proof(log, size, index) for index in _indexes(size)), strict=True)
        log.db.close()  # the last connection brings everything from the write-ahead log into the file
        length = (Path(directory) / "ansim.db").stat().st_size
    return Point(size, length / size, statistics.mean(hashes), statistics.median(seconds) * 1000)


def _indexes(size: int) -> list[int]:
    return random.Random(size).choices(range(size), k=PROOFS)


def _proof(log: AuditLog, size: int, index: int) -> tuple[int, float]:
    began = time.perf_counter()
    with log.db.read() as tx:
        path = Tree(tx).inclusion(index, size)
    return len(path), time.perf_counter() - began


def drawing(points: Sequence[Point]) -> str:
    """Return the picture of both curves."""
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 380" role="img" aria-labelledby="t d"'
            " font-family=\"system-ui, 'Noto Sans KR', 'NanumGothic', sans-serif\">",
            '<title id="t">감사 기록의 증가 / How the audit log grows</title>',
            '<desc id="d">Left: bytes of the database per event stay level from '
            f"{points[0].size:,} to {points[-1].size:,} entries. Right: the number of hashes in an inclusion proof"
            " rises by one for each doubling of the log.</desc>",
            '<rect width="960" height="380" fill="#ffffff"/>',
            *_panel(60, "기록 1건당 바이트 (O(1))", "bytes per event", points, lambda p: p.bytes_per_event, "{:.0f}"),
            *_panel(540, "포함 증명의 해시 수 (O(log n))", "hashes in a proof", points, lambda p: p.hashes, "{:.1f}"),
            "</svg>",
            "",
        ]
    )


def _panel(
    left: int, korean: str, english: str, points: Sequence[Point], value: Callable[[Point], float], form: str
) -> list[str]:
    width, top, bottom = 380, 70, 310
    low, high = math.log10(points[0].size), math.log10(points[-1].size)
    most = max(map(value, points)) * 1.25
    places = [
        (left + width * (math.log10(p.size) - low) / (high - low), bottom - (bottom - top) * value(p) / most)
        for p in points
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    drawn = [
        f'<text x="{left}" y="30" font-size="17" font-weight="600" fill="#16303c">{korean}</text>',
        f'<text x="{left}" y="50" font-size="14" fill="#48616d">{english}</text>',
        f'<path d="M{left} {top}V{bottom}H{left + width}" fill="none" stroke="#9db4bf"/>',
        f'<polyline points="{line}" fill="none" stroke="#1f6078" stroke-width="2.5"/>',
    ]
    for (x, y), point in zip(places, points, strict=True):
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#1f6078"/>')
        said = form.format(value(point))
        drawn.append(
            f'<text x="{x:.1f}" y="{y - 12:.1f}" font-size="13" text-anchor="middle" fill="#16303c">{said}</text>'
        )
        drawn.append(
            f'<text x="{x:.1f}" y="{bottom + 20}" font-size="13" text-anchor="middle" fill="#48616d">'
            f"{point.size:,}</text>"
        )
    drawn.append(
        f'<text x="{left + width / 2:.0f}" y="{bottom + 48}" font-size="13" text-anchor="middle" fill="#48616d">'
        "기록 수 (로그 눈금) · entries (logarithmic)</text>"
    )
    return drawn
