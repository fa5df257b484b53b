"""What a synthetic table puts at risk and what it is good for, on one picture: wide for a page, narrow for a telephone.

Each risk is drawn as a part of its limit with its interval, and each measure of use beside that of real rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from audit.text import Language, Text
from deid.risk.page import BLUE, GREY, MUTED, RED, Chart, Line, Rect, Words, short
from deid.synth.words import RISKS, VERDICT_WORDS, end_held

if TYPE_CHECKING:
    # The portal draws what a report says; what measures it takes a second to load.
    from deid.synth.gate import Risk
    from deid.synth.making import Synthetic

AMBER = "#6b4c00"
LIMIT_AT = 0.6
"""Where the limit stands, as a part of the longest bar."""
SEEN = 14.0
_RISK = Text("위험 (세로선: 한도)", "risk (upright line: limit)")
_USE = Text("쓸모 (회색: 실제 행)", "use (grey: real rows)")
Drawn = Rect | Words | Line


@dataclass(frozen=True, slots=True)
class Danger:
    """One risk as it is drawn."""

    label: str
    interval: tuple[float, float]
    limit: float
    verdict: str
    held: float
    """The end of the interval that is held to the limit."""


@dataclass(frozen=True, slots=True)
class Use:
    """One measure of use as it is drawn; real rows may have none."""

    label: str
    value: float
    real: float | None


@dataclass(frozen=True, slots=True)
class Form:
    """Where things stand."""

    width: float
    left: float
    """Where bars begin."""
    longest: float
    step: float
    """From one bar to the next."""
    down: float
    """How far a bar stands below its label."""
    letters: int
    size: float
    words: float
    """Where labels begin."""


WIDE = Form(width=760, left=250, longest=420, step=22, down=0, letters=34, size=12, words=20)
NARROW = Form(width=340, left=8, longest=270, step=40, down=19, letters=44, size=13, words=8)


def picture(made: Synthetic, language: Language) -> Chart:
    """Draw what was measured."""
    useful = made.useful
    dangers = [
        Danger(label_of(risk, language), risk.interval, risk.limit, risk.verdict.value, risk.held)
        for risk in made.judged.risks
    ]
    tasks = [(task.target, task.synthetic, task.real) for task in useful.tasks]
    uses = _uses((useful.pairs, useful.pairs_real), tasks, language)
    return replace(_drawn(dangers, uses, language, WIDE), narrow=_drawn(dangers, uses, language, NARROW))


def pictures(found: Mapping[str, Any], language: Language) -> tuple[Chart, Chart]:
    """Draw what a report says (`deid.synth.report.document`), wide and narrow."""
    dangers = []
    for one in found["risks"]:
        label = RISKS[one["name"]].say(language) + (f": {one['about']}" if one["about"] else "")
        limit = one["limit"] if one["limit"] else float("nan")
        low, high = one["interval"]
        dangers.append(Danger(label, (low, high), limit, one["verdict"], (low, high)[end_held(one["name"])]))
    use = found["use"]
    tasks = [(task["target"], task["synthetic"], task["real"]) for task in use["tasks"]]
    uses = _uses((use["pairs"]["synthetic"], use["pairs"]["real"]), tasks, language)
    return _drawn(dangers, uses, language, WIDE), _drawn(dangers, uses, language, NARROW)


def label_of(risk: Risk, language: Language) -> str:
    """Return what a risk is called."""
    name = RISKS[risk.name].say(language)
    return f"{name}: {risk.about}" if risk.about else name


def _uses(pairs: tuple[float, float], tasks: Sequence[tuple[str, float, float]], language: Language) -> list[Use]:
    likeness = Text("열 쌍의 유사도", "likeness of pairs").say(language)
    model = Text("모형", "model").say(language)
    return [Use(likeness, *pairs), *(Use(f"{model}: {target}", made, real) for target, made, real in tasks)]


def _drawn(dangers: Sequence[Danger], uses: Sequence[Use], language: Language, form: Form) -> Chart:
    drawn: list[Drawn] = [Words(form.words, 14, _RISK.say(language), 11, fill=MUTED)]
    y = 18.0
    told = []
    for danger in dangers:
        drawn += _danger(danger, y, language, form)
        told.append(f"{danger.label}: {VERDICT_WORDS[danger.verdict].say(language)}")
        y += form.step
    y += 16
    drawn.append(Words(form.words, y - 2, _USE.say(language), 11, fill=MUTED))
    for use in uses:
        drawn += _use(use, y, form)
        told.append(f"{use.label}: {use.value:.3f}")
        y += form.step
    return Chart(", ".join(told), form.width, y + 12, tuple(drawn))


def _danger(danger: Danger, y: float, language: Language, form: Form) -> list[Drawn]:
    label = Words(form.words, y + 14, short(danger.label, form.letters), form.size)
    top = y + form.down
    if danger.verdict == "not_measured":
        said = VERDICT_WORDS[danger.verdict].say(language)
        return [label, Words(form.left, top + 14, said, form.size, fill=AMBER)]
    limit = form.longest * LIMIT_AT
    # A limit of nothing, where no real row equals another, is passed by whatever is not nothing.
    scale = limit / max(danger.limit, 1e-9)
    low, high = (min(form.longest, end * scale) for end in danger.interval)
    low = min(low, form.longest - SEEN)  # what lies beyond the picture is still seen at its end
    colour = RED if danger.verdict == "above" else BLUE
    return [
        label,
        Rect(form.left + low, top + 5, max(2.0, high - low), 10, colour),
        Line(form.left + limit, top, form.left + limit, top + 20),
        Words(form.left + max(limit, high) + 8, top + 14, f"{danger.held:.3f}", 11),
    ]


def _use(use: Use, y: float, form: Form) -> list[Drawn]:
    top = y + form.down
    drawn: list[Drawn] = [Words(form.words, y + 16, short(use.label, form.letters), form.size)]
    if use.real is not None:
        drawn.append(Rect(form.left, top + 4, max(0.5, form.longest * use.real), 5, GREY))
    drawn.append(Rect(form.left, top + 9, max(0.5, form.longest * use.value), 8, BLUE))
    longest = form.longest * max(use.value, use.real or 0.0)
    drawn.append(Words(form.left + 6 + longest, top + 16, f"{use.value:.3f}", 11))
    return drawn
