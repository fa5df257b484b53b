"""Draws `docs/images/synth-rows.svg` from what `bench_synth_rows` measured: seconds and memory by rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hub_config.processes import REPOSITORY

IMAGE = REPOSITORY / "docs" / "images" / "synth-rows.svg"
_WIDTH, _TOP, _BOTTOM = 380, 70, 310
Points = Sequence[Mapping[str, float]]


def drawing(points: Points) -> str:
    """Return the picture: both axes begin at zero and are linear, so that a line is a line."""
    last = points[-1]
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 380" role="img" aria-labelledby="t d"'
            " font-family=\"system-ui, 'Noto Sans KR', 'NanumGothic', sans-serif\">",
            '<title id="t">합성자료 작성 비용 / What rows of a synthetic extract cost</title>',
            f'<desc id="d">Left: seconds of the processor rise in a line to {last["seconds"]:.0f} at'
            f" {last['rows']:,.0f} rows. Right: the most memory that was held, {last['mb']:.0f} MB there.</desc>",
            '<rect width="960" height="380" fill="#ffffff"/>',
            *_panel(60, "프로세서 시간 (초)", "seconds of the processor", points, "seconds"),
            *_panel(540, "메모리 최댓값 (MB)", "most memory held (MB)", points, "mb"),
            "</svg>",
            "",
        ]
    )


def _panel(left: int, korean: str, english: str, points: Points, key: str) -> list[str]:
    most, widest = max(p[key] for p in points) * 1.2, points[-1]["rows"]
    places = [(left + _WIDTH * p["rows"] / widest, _BOTTOM - (_BOTTOM - _TOP) * p[key] / most) for p in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    drawn = [
        f'<text x="{left}" y="30" font-size="17" font-weight="600" fill="#16303c">{korean}</text>',
        f'<text x="{left}" y="50" font-size="14" fill="#48616d">{english}</text>',
        f'<path d="M{left} {_TOP}V{_BOTTOM}H{left + _WIDTH}" fill="none" stroke="#9db4bf"/>',
        f'<polyline points="{line}" fill="none" stroke="#1f6078" stroke-width="2.5"/>',
    ]
    for (x, y), point in zip(places, points, strict=True):
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#1f6078"/>')
        if point["rows"] < widest / 20:
            continue  # too near to the corner to be labelled
        text = 'font-size="13" text-anchor="middle"'
        drawn.append(f'<text x="{x:.1f}" y="{y - 12:.1f}" {text} fill="#16303c">{point[key]:.0f}</text>')
        drawn.append(f'<text x="{x:.1f}" y="{_BOTTOM + 20}" {text} fill="#48616d">{point["rows"]:,.0f}</text>')
    middle = left + _WIDTH / 2
    text = 'font-size="13" text-anchor="middle" fill="#48616d"'
    drawn.append(f'<text x="{middle:.0f}" y="{_BOTTOM + 48}" {text}>행 수 · rows</text>')
    return drawn
