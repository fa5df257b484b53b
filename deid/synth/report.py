"""The report on a synthetic extract: what it puts at risk and what it is good for, on one picture, and all figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict

from audit.text import Language, Text
from deid.risk.page import Block, Cell, Grid, Heading, Note, Page
from deid.synth.gate import Judged, Verdict
from deid.synth.making import Synthetic
from deid.synth.picture import label_of, picture
from deid.synth.policy import SynthPolicy
from deid.synth.relations import RelatedPolicy
from deid.synth.shape import BESIDE, LEGEND, shape_charts
from deid.synth.words import LIMIT_FROM, MEANINGS, RISKS, VERDICT_WORDS

VERDICTS: dict[Verdict, Text] = {verdict: VERDICT_WORDS[verdict] for verdict in Verdict}
_TONES = {Verdict.BELOW: "met", Verdict.ABOVE: "failed", Verdict.NOT_MEASURED: "unknown"}


def report(tables: Mapping[str, Synthetic], policy: SynthPolicy | RelatedPolicy, language: Language) -> Page:
    """Return the report as a page; `deid.risk.page_html` and `page_pdf` show it."""
    passed = all(made.judged.passed for made in tables.values())
    verdict = (
        Text("모든 위험이 한도 이하로 측정되었습니다.", "Every risk was measured and lies below its limit.")
        if passed
        else Text(
            "제공할 수 없습니다: 한도를 넘거나 측정되지 않은 위험이 있습니다.",
            "Not releasable: a risk is above its limit or not measured.",
        )
    )
    blocks: list[Block] = [
        Note(verdict.say(language), "met" if passed else "failed"),
        Note(_facts(next(iter(tables.values())), policy).say(language)),
    ]
    for name, made in tables.items():
        of = f" — {name}" if len(tables) > 1 else ""
        blocks += [
            Heading(Text("위험과 쓸모", "Risk and use").say(language) + of),
            picture(made, language),
            Heading(Text("위험", "Risks").say(language) + of),
            _risk_grid(made.judged, language),
            Heading(Text("쓸모", "Use").say(language) + of),
            _use_grid(made, language),
            _column_grid(made, language),
            Heading(BESIDE.say(language) + of),
            Note(LEGEND.say(language)),
            *shape_charts(made.shapes, language),
        ]
    blocks += [*_meanings(policy, language), Note(CAUTION.say(language), "unknown")]
    title = Text("합성자료 보고서", "Report on a synthetic extract").say(language)
    return Page(title, f"{policy.name} · {policy.dataset} · {policy.digest[:12]}", language, blocks)


def _meanings(policy: SynthPolicy | RelatedPolicy, language: Language) -> list[Block]:
    """Say what each risk is and where its limit comes from."""
    head = (Text("위험", "risk"), Text("뜻", "meaning"), LIMIT_FROM)
    rows = tuple(
        (Cell(RISKS[name].say(language)), Cell(text.say(language)), Cell(policy.gate.source_of(name).say(language)))
        for name, text in MEANINGS.items()
    )
    return [
        Heading(Text("위험의 뜻과 한도의 근거", "What the risks mean, and where the limits come from").say(language)),
        Grid("", tuple(text.say(language) for text in head), rows),
    ]


CAUTION = Text(
    "이 보고서의 수치는 원자료로 계산한 것이므로 안심구역 밖으로 내보낼 때에는 반출심사를 거쳐야 합니다."
    " 측정한 공격으로 드러나지 않은 위험이 없다는 뜻은 아닙니다.",
    "The figures were computed from the source, so outside the zone this report passes egress review like any result."
    " That these attacks found nothing does not mean that no other would.",
)


def document(made: Synthetic, policy: SynthPolicy | RelatedPolicy) -> dict[str, object]:
    """Return all figures for programs; what was not computed is null, never a number."""
    useful = made.useful
    return {
        "policy": policy.name,
        "policy_digest": policy.digest,
        "passed": made.judged.passed,
        "rows": made.rows,
        "learnt_rows": made.learnt_rows,
        "held_out_rows": made.held_out_rows,
        "engine": made.said,
        "risks": [
            {
                "name": risk.name,
                "about": risk.about or None,
                "value": _number(risk.value),
                "interval": list(risk.interval),
                "limit": _number(risk.limit),
                "source": asdict(policy.gate.source_of(risk.name)),
                "verdict": risk.verdict.value,
                "attack": _number(risk.attack),
                "control": _number(risk.control),
                "attacks": risk.attacks,
            }
            for risk in made.judged.risks
        ],
        "use": {
            "score": useful.score,
            "columns": useful.columns,
            "pairs": {"synthetic": useful.pairs, "real": useful.pairs_real},
            "query_error": {"synthetic": _number(useful.query_error), "real": _number(useful.query_error_real)},
            "tasks": [{"target": t.target, "real": t.real, "synthetic": t.synthetic} for t in useful.tasks],
            "not_computed": list(useful.not_computed),
        },
        "shapes": [shape.document() for shape in made.shapes],
    }


def _facts(made: Synthetic, policy: SynthPolicy | RelatedPolicy) -> Text:
    if isinstance(policy, RelatedPolicy) or policy.privacy is None:
        budget = Text("차분 프라이버시 없음", "no differential privacy")
    else:
        epsilon, delta = policy.privacy.epsilon, policy.privacy.delta
        budget = Text(
            f"차분 프라이버시 ε={epsilon:g}, δ={delta:g}", f"differential privacy, ε={epsilon:g}, δ={delta:g}"
        )
    rows, learnt, held = made.rows, made.learnt_rows, made.held_out_rows
    return Text(
        f"엔진 {policy.engine}, {budget.ko}. {learnt:,}행으로 배워 {rows:,}행을 만들었고,"
        f" {held:,}행은 비교를 위해 분리했습니다.",
        f"Engine {policy.engine}, {budget.en}. {rows:,} rows were drawn from what {learnt:,} taught;"
        f" {held:,} were held out.",
    )


def _risk_grid(judged: Judged, language: Language) -> Grid:
    head = (
        Text("위험", "risk"),
        Text("값", "value"),
        Text("95 % 구간", "95 % interval"),
        Text("한도", "limit"),
        Text("공격 / 대조", "attack / control"),
        Text("공격 수", "attacks"),
        Text("판정", "verdict"),
    )
    rows = []
    for risk in judged.risks:
        tone = _TONES[risk.verdict]
        rows.append(
            (
                Cell(label_of(risk, language)),
                Cell(_shown(risk.value), number=True),
                Cell(f"{risk.interval[0]:.3f} – {risk.interval[1]:.3f}", number=True),
                Cell(_shown(risk.limit), number=True),
                Cell(f"{_shown(risk.attack)} / {_shown(risk.control)}", number=True),
                Cell(f"{risk.attacks:,}", number=True),
                Cell(VERDICTS[risk.verdict].say(language), tone),  # type: ignore[arg-type]
            )
        )
    caption = Text(
        "구간의 위쪽 끝이 한도 이하여야 합니다. 복제는 구간의 아래쪽 끝이 실제 행의 한도를 넘지 않아야 합니다.",
        "The upper end of each interval has to lie below the limit; of copies, the lower end below that of real rows.",
    )
    return Grid(caption.say(language), tuple(text.say(language) for text in head), tuple(rows))


def _use_grid(made: Synthetic, language: Language) -> Grid:
    useful = made.useful
    rows = [
        _line(Text("열과 열 쌍의 유사도", "likeness of columns and pairs"), useful.score, None, language),
        _line(Text("열 쌍의 유사도", "likeness of pairs"), useful.pairs, useful.pairs_real, language),
        _line(
            Text("집계 오차 (중앙값)", "error of counts (median)"),
            useful.query_error,
            useful.query_error_real,
            language,
        ),
        *(
            _line(
                Text(f"모형: {task.target} (AUC)", f"model: {task.target} (AUC)"), task.synthetic, task.real, language
            )
            for task in useful.tasks
        ),
    ]
    unknown = Text("계산 안 됨", "not computed").say(language)
    rows += [(Cell(one), Cell(unknown, "unknown"), Cell("")) for one in useful.not_computed]
    head = (Text("쓸모", "use"), Text("합성", "synthetic"), Text("실제", "real"))
    caption = Text("실제: 배우지 않은 실제 행으로 같은 것을 잰 값", "real: the same measured on held-out rows")
    return Grid(caption.say(language), tuple(text.say(language) for text in head), tuple(rows))


def _column_grid(made: Synthetic, language: Language) -> Grid:
    head = (Text("열", "column"), Text("유사도", "likeness"))
    rows = tuple((Cell(name), Cell(f"{value:.3f}", number=True)) for name, value in made.useful.columns.items())
    caption = Text("1은 분포가 같음, 0은 겹치지 않음", "1 is the same distribution, 0 one that shares nothing")
    return Grid(caption.say(language), tuple(text.say(language) for text in head), rows)


def _line(name: Text, value: float, real: float | None, language: Language) -> tuple[Cell, Cell, Cell]:
    beside = Cell("" if real is None else _shown(real), number=True)
    return Cell(name.say(language)), Cell(_shown(value), number=True), beside


def _shown(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
