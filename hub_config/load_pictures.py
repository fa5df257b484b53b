"""The pictures of a load test: what one more of everything adds, and what each process holds over the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub_config.load_figures import load_figures

INK, SOFT, LINE, MARK = "#16303c", "#48616d", "#9db4bf", "#1f6078"
WIDE, TALL, GAP, LEFT = 380, 240, 480, 60
DASHES = ("", "7 4", "2 3", "10 3 2 3", "1 5")
"""Processes are told apart by their dashes and by their name at the end of the line, never by colour alone."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: which points, what stands on its axes."""

    of: str
    x: str
    y: str
    korean: str
    english: str
    below: str
    form: str = "{:.0f}"


PANELS = (
    Panel("people", "n", "mb", "구역의 메모리 (MB)", "memory of the zone (MB)", "로그인한 사람 · people signed in"),
    Panel(
        "workspaces",
        "n",
        "containers_mb",
        "분석환경의 메모리 (MB)",
        "memory of the workspaces (MB)",
        "분석환경 수 · workspaces",
    ),
    Panel(
        "events",
        "n",
        "disk_mb",
        "기록의 디스크 (MB)",
        "disk of the record (MB)",
        "감사 기록 건수 · events",
        "{:.1f}",
    ),
    Panel(
        "released",
        "mb",
        "disk_mb",
        "반출의 디스크 (MB)",
        "disk of what was released (MB)",
        "반출한 MB · MB released",
        "{:.1f}",
    ),
)


def growth_picture() -> str:
    """Return what one more person, workspace, event and released MB adds; both axes are linear."""
    growth = load_figures().get("growth")
    if not growth:
        return _svg(120, "아직 재지 않았습니다 / Not measured yet", "There are no figures yet.", [])
    parts, said = [], []
    for number, panel in enumerate(PANELS):
        points = [(p[panel.x], p[panel.y]) for p in growth[panel.of]]
        parts += _panel(LEFT + GAP * (number % 2), 70 + 370 * (number // 2), panel, points)
        said.append(f"{panel.english}: {points[0][1]:.1f} to {points[-1][1]:.1f} at {points[-1][0]:.0f}")
    return _svg(760, "늘어날 때 드는 것 / What one more costs", "; ".join(said), parts)


def memory_picture() -> str:
    """Return what each process held over the day of the load test."""
    day = load_figures().get("day")
    if not day:
        return _svg(120, "아직 재지 않았습니다 / Not measured yet", "There are no figures yet.", [])
    processes: Mapping[str, Any] = day["processes"]
    lines = {name: [(s / 60, mb) for s, mb in row["samples"]] for name, row in processes.items()}
    most = max(mb for line in lines.values() for _, mb in line) * 1.2
    longest = max(line[-1][0] for line in lines.values()) or 1.0
    top, wide = 70, 700
    parts = [
        _text(LEFT, 30, "프로세스별 메모리 (RSS, MB)", size=17, bold=True),
        _text(LEFT, 50, "resident memory of each process (MB)", size=14, soft=True),
        _axes(LEFT, top, wide),
    ]
    ends: list[float] = []
    for (name, line), dashes in zip(lines.items(), DASHES, strict=False):
        places = [(LEFT + wide * x / longest, top + TALL - TALL * y / most) for x, y in line]
        parts.append(_line(places, dashes))
        at = places[-1][1] + 4
        while any(abs(at - other) < 15 for other in ends):
            at -= 15
        ends.append(at)
        parts.append(_text(LEFT + wide + 8, at, f"{name} {line[-1][1]:.0f}"))
    parts += [_text(LEFT, top + TALL + 20, "0", soft=True)]
    parts.append(_text(LEFT + wide, top + TALL + 20, f"{longest:.0f}", middle=True, soft=True))
    parts.append(_text(LEFT + wide / 2, top + TALL + 20, "분 · minutes", middle=True, soft=True))
    said = "; ".join(f"{n}: {line[0][1]:.0f} MB at first, {line[-1][1]:.0f} MB at last" for n, line in lines.items())
    return _svg(370, "부하 시험의 메모리 / Memory in the load test", said, parts)


def _panel(left: float, top: float, panel: Panel, points: Sequence[tuple[float, float]]) -> list[str]:
    widest = points[-1][0] or 1.0
    most = (max(y for _, y in points) or 1.0) * 1.2
    places = [(left + WIDE * x / widest, top + TALL - TALL * y / most) for x, y in points]
    parts = [
        _text(left, top - 40, panel.korean, size=17, bold=True),
        _text(left, top - 20, panel.english, size=14, soft=True),
        _axes(left, top, WIDE),
        _line(places, ""),
    ]
    for (x, y), (n, value) in zip(places, points, strict=True):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{MARK}"/>')
        parts.append(_text(x, y - 12, panel.form.format(value), middle=True))
        counted = f"{n:,.0f}" if n >= 10 or n == 0 else f"{n:.1f}"
        parts.append(_text(x, top + TALL + 20, counted, middle=True, soft=True))
    parts.append(_text(left + WIDE / 2, top + TALL + 46, panel.below, middle=True, soft=True))
    return parts


def _axes(left: float, top: float, wide: float) -> str:
    return f'<path d="M{left} {top}V{top + TALL}H{left + wide}" fill="none" stroke="{LINE}"/>'


def _line(places: Sequence[tuple[float, float]], dashes: str) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{points}" fill="none" stroke="{MARK}" stroke-width="2.5"{dashed}/>'


def _text(
    x: float, y: float, said: str, *, size: int = 13, bold: bool = False, soft: bool = False, middle: bool = False
) -> str:
    anchor = ' text-anchor="middle"' if middle else ""
    weight = ' font-weight="600"' if bold else ""
    look = f'font-size="{size}"{weight}{anchor} fill="{SOFT if soft else INK}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{said}</text>'


def _svg(high: int, title: str, said: str, parts: Sequence[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 {high}" role="img" aria-labelledby="t d"'
            " font-family=\"system-ui, 'Noto Sans KR', 'NanumGothic', sans-serif\">",
            f'<title id="t">{title}</title>',
            f'<desc id="d">{said}</desc>',
            f'<rect width="960" height="{high}" fill="#ffffff"/>',
            *parts,
            "</svg>",
            "",
        ]
    )
