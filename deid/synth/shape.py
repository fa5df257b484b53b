"""How often each group of values of a column stands in synthetic and in real rows, as it may be shown.

Light, so that pages can draw it without loading what measures; `deid.synth.shapes` counts it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from audit.text import Language, Text
from deid.risk.page import BLUE, GREY, MUTED, Chart, Line, Rect, Words, short

REST, NONE = "#rest", "#none"
"""Labels of the groups that have no value of their own: what was joined, and rows without a value."""
BESIDE = Text("열마다 나란히: 실제와 합성", "Column by column: real beside synthetic")
LEGEND = Text(
    "위 막대(회색): 배우지 않은 실제 사람의 비율(묶음마다 한 사람을 한 번 셈), 아래 막대(파랑): 합성 행의 비율."
    " 실제 사람이 10명이 안 되는 묶음은 합치고, 실제 사람 수는 5의 배수로 맞췄습니다. 숫자는 실제 · 합성의 차례입니다.",
    "Upper bar (grey): shares of real people who were held out, each counted once in a group; lower bar (blue): shares"
    " of synthetic rows. Groups of fewer than 10 real people are joined, and counts of real people are rounded to"
    " multiples of 5. Figures: real · synthetic.",
)
_LABELS = {REST: Text("그 밖의 값", "other values"), NONE: Text("값 없음", "no value")}
_PANEL, _LEFT, _BAR, _STEP, _HEAD = 380, 138, 150, 22, 26
_LETTERS = 22


@dataclass(frozen=True, slots=True)
class Shape:
    """One column: shares by group, both adding up to about one."""

    column: str
    labels: tuple[str, ...]
    real: tuple[float, ...]
    """Of held-out people, one counted once in each group, from counts that were rounded; no group is of few people."""
    synthetic: tuple[float, ...]
    """Of rows."""

    def document(self) -> dict[str, Any]:
        """Return the shape as JSON values."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Shape:
        """Return the shape of a document."""
        return cls(found["column"], tuple(found["labels"]), tuple(found["real"]), tuple(found["synthetic"]))


def shape_charts(shapes: Sequence[Shape], language: Language, beside: int = 2) -> list[Chart]:
    """Draw all columns, so many beside each other in each drawing."""
    return [_together(shapes[place : place + beside], language, beside) for place in range(0, len(shapes), beside)]


def _together(shapes: Sequence[Shape], language: Language, beside: int) -> Chart:
    drawn: list[Rect | Words | Line] = []
    told = []
    for place, shape in enumerate(shapes):
        drawn += _panel(shape, place * _PANEL, language)
        told.append(_told(shape, language))
    height = _HEAD + _STEP * max(len(shape.labels) for shape in shapes) + 6
    # On a telephone they stand below each other.
    below = None if beside == 1 else _stacked(shapes, language, "; ".join(told))
    return Chart("; ".join(told), beside * _PANEL, height, tuple(drawn), below)


def _stacked(shapes: Sequence[Shape], language: Language, told: str) -> Chart:
    drawn: list[Rect | Words | Line] = []
    top = 0.0
    for shape in shapes:
        drawn += _panel(shape, 0, language, top)
        top += _HEAD + _STEP * len(shape.labels) + 6
    return Chart(told, _PANEL, top, tuple(drawn))


def _panel(shape: Shape, x: float, language: Language, top: float = 0.0) -> list[Rect | Words | Line]:
    drawn: list[Rect | Words | Line] = [Words(x + 8, top + 16, short(shape.column, 40), 13)]
    most = max((*shape.real, *shape.synthetic, 0.01))
    left, bottom = x + _LEFT, top + _HEAD + _STEP * len(shape.labels)
    drawn.append(Line(left, top + _HEAD - 2, left, bottom - 2))
    for place, (label, real, made) in enumerate(zip(shape.labels, shape.real, shape.synthetic, strict=True)):
        y = top + _HEAD + _STEP * place
        drawn.append(Words(left - 6, y + 13, short(label_of(label, language), _LETTERS), 11, "end"))
        drawn.append(Rect(left, y + 1, max(0.5, _BAR * real / most), 8, GREY))
        drawn.append(Rect(left, y + 9, max(0.5, _BAR * made / most), 8, BLUE))
        said = f"{real:.1%} · {made:.1%}"
        drawn.append(Words(left + 6 + _BAR * max(real, made) / most, y + 13, said, 10, fill=MUTED))
    return drawn


def label_of(label: str, language: Language) -> str:
    """Return what a group is called."""
    return _LABELS[label].say(language) if label in _LABELS else label


def _told(shape: Shape, language: Language) -> str:
    real, made = (text.say(language) for text in (Text("실제", "real"), Text("합성", "synthetic")))
    groups = zip(shape.labels, shape.real, shape.synthetic, strict=True)
    parts = [f"{label_of(name, language)} {real} {one:.1%} {made} {other:.1%}" for name, one, other in groups]
    return f"{shape.column}: {', '.join(parts)}"
