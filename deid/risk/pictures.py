"""The drawings of a risk report: class sizes, what each action bought, risk by column."""

from __future__ import annotations

from collections.abc import Sequence

from audit.text import Language, Text
from deid.risk.assessment import Assessment
from deid.risk.bought import Bought
from deid.risk.measures import Figure, NotComputed
from deid.risk.page import BLUE, GREY, MUTED, RED, Chart, Line, Rect, Words, short

_WIDE = 760
_SMALL = 5
"""Classes of fewer people than that are drawn as the risk."""
_TEXTS = {
    "small": Text("5명 미만 (위험)", "fewer than 5 (risk)"),
    "enough": Text("5명 이상", "5 or more"),
    "before": Text("처리 전", "before"),
    "after": Text("처리 후", "after"),
    "rows": Text("행의 비율", "share of rows"),
    "start": Text("원자료", "source data"),
    "mean": Text("평균 위험 (행 하나를 맞힐 확률)", "mean risk (chance to name a row right)"),
    "rare": Text("드문 값을 가진 행의 비율", "share of rows with a rare value"),
    "unknown": Text("계산 안 됨", "not computed"),
}
_MOST_BARS = 12


def histogram(found: Assessment, before: Assessment | None, language: Language) -> Chart:
    """Draw the share of rows in classes of each size; small classes, on the left, are the risk."""
    old = {} if before is None else {low: count / max(1, before.rows) for low, _, count in before.class_sizes}
    width = 700 / max(1, len(found.class_sizes))
    shapes: list[Rect | Words | Line] = [Words(20, 14, _say("rows", language), 11, fill=MUTED)]
    told = []
    for number, (low, high, count) in enumerate(found.class_sizes):
        x, share = 30 + number * width, count / max(1, found.rows)
        last = number + 1 == len(found.class_sizes)
        label = f"{low:,}+" if last else f"{low}" if low == high else f"{low}–{high}"
        if low in old:
            shapes += _column(x, width * 0.4, old[low], GREY)
        shapes += _column(x + width * 0.42, width * 0.4, share, RED if high < _SMALL else BLUE)
        shapes.append(Words(x + width * 0.42, 204, label, 12, "middle"))
        told.append(f"{label}: {share:.1%}")
    edge = 30 + width * sum(high < _SMALL for _, high, _ in found.class_sizes) - width * 0.08
    shapes += [Line(20, 190, 740, 190), Line(edge, 24, edge, 210)]
    shapes += [Words(edge - 8, 222, _say("small", language), 11, "end", RED)]
    shapes += [Words(edge + 8, 222, _say("enough", language), 11, "start", BLUE)]
    shapes += _legend(before is not None, language)
    return Chart(", ".join(told), _WIDE, 228, tuple(shapes))


def column_chart(found: Assessment, before: Assessment | None, language: Language) -> Chart:
    """Draw for each column the share of rows whose value few share."""
    bars = []
    for name, singular in found.singular.items():
        was = None if before is None or name not in before.singular else before.singular[name].by_frequency
        old = None if was is None or before is None else was / max(1, before.rows)
        bars.append((name, old, singular.by_frequency / max(1, found.rows)))
    bars.sort(key=lambda bar: -max(bar[2], bar[1] or 0))
    return _bars(_say("rare", language), bars[:_MOST_BARS], language, two=before is not None)


def bought_chart(steps: Bought, language: Language) -> Chart:
    """Draw the mean risk as one action after another is added."""
    bars: list[tuple[str, Figure | None, Figure]] = [(_say("start", language), None, steps.start.average)]
    bars += [(f"+ {step.column}: {step.action}", None, step.standing.average) for step in steps.steps[:_MOST_BARS]]
    return _bars(_say("mean", language), bars, language, two=False)


def _bars(title: str, bars: Sequence[tuple[str, Figure | None, Figure]], language: Language, *, two: bool) -> Chart:
    height = 22.0
    shapes: list[Rect | Words | Line] = [Words(20, 14, title, 11, fill=MUTED)]
    for number, (label, old, new) in enumerate(bars):
        y = 24 + number * height
        shapes.append(Words(20, y + 12, short(label, 32), 12))
        if old is not None and not isinstance(old, NotComputed):
            shapes.append(Rect(250, y, max(0.5, 420 * old), 5, GREY))
        if isinstance(new, NotComputed):
            shapes.append(Words(250, y + 12, _say("unknown", language), 12, fill="#6b4c00"))
            continue
        shapes.append(Rect(250, y + 6, max(0.5, 420 * new), 9, RED))
        shapes.append(Words(256 + 420 * max(new, old if isinstance(old, float) else 0), y + 14, f"{new:.2%}", 11))
    told = ", ".join(f"{label} {_told(new, language)}" for label, _, new in bars)
    shapes.append(Line(250, 20, 250, 24 + len(bars) * height))
    if two:
        shapes += _legend(True, language)
    return Chart(f"{title}: {told}", _WIDE, 32 + len(bars) * height, tuple(shapes))


def _told(value: Figure, language: Language) -> str:
    return _say("unknown", language) if isinstance(value, NotComputed) else f"{value:.2%}"


def _column(x: float, width: float, share: float, colour: str) -> list[Rect | Words | Line]:
    height = 150 * share
    shapes: list[Rect | Words | Line] = [Rect(x, 190 - height, width, height, colour)]
    if share >= 0.0005:
        text = f"{share:.0%}" if share >= 0.095 else f"{share:.1%}"
        shapes.append(Words(x + width / 2, 186 - height, text, 10, "middle"))
    return shapes


def _legend(two: bool, language: Language) -> list[Rect | Words | Line]:
    if not two:
        return []
    return [
        Rect(560, 4, 12, 10, GREY),
        Words(577, 13, _say("before", language), 11),
        Rect(640, 4, 12, 10, BLUE),
        Rect(652, 4, 12, 10, RED),
        Words(669, 13, _say("after", language), 11),
    ]


def _say(key: str, language: Language) -> str:
    return _TEXTS[key].say(language)
