"""A risk assessment on one page: what a reviewer looks at before deciding, in Korean or English.

Self-contained HTML with drawings inside it, so that it can be printed, mailed and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from audit.text import Language, Text
from deid.risk.assessment import Assessment, Criterion, Met
from deid.risk.measures import NotComputed

_TITLE = Text("재식별 위험 보고서", "Risk of re-identification")
_VERDICT = {
    "met": Text("정책의 모든 기준을 만족합니다.", "Every criterion of the policy is met."),
    "failed": Text("만족하지 못한 기준이 있습니다.", "A criterion of the policy is not met."),
    "not_computed": Text(
        "계산하지 못한 기준이 있어 판단할 수 없습니다.", "A criterion could not be computed: no verdict."
    ),
    "none": Text("정책에 기준이 없어 판단하지 않았습니다.", "The policy names no criterion: no verdict."),
}
_MET: dict[Met, Text] = {
    "met": Text("만족", "met"),
    "failed": Text("불만족", "not met"),
    "not_computed": Text("계산 안 됨", "not computed"),
}
_HEADINGS = {
    "criteria": Text("정책 기준", "Criteria of the policy"),
    "figures": Text("주요 수치", "Main figures"),
    "classes": Text("같은 조합을 가진 사람 수별 행의 비율", "Rows by how many share their combination"),
    "columns": Text("열별 위험: 드문 값을 가진 행의 비율", "Risk by column: rows with a rare value"),
    "sensitive": Text("민감정보의 다양성", "Variety of sensitive values"),
    "singular": Text("특이정보", "Singular values"),
    "limits": Text("이 수치가 말하지 않는 것", "What these figures do not say"),
}
_FIGURES = {
    "rows": Text("행 수", "Rows"),
    "k": Text("k-익명성 (가장 작은 묶음)", "k-anonymity (smallest class)"),
    "classes": Text("묶음 수", "Classes"),
    "uniques": Text("유일한 행 (표본 유일)", "Sample uniques"),
    "special": Text("특이 유일 행", "Special uniques"),
    "prosecutor": Text("최고 위험 (검사 모형)", "Highest risk (prosecutor)"),
    "average": Text("평균 위험", "Average risk"),
    "journalist": Text("최고 위험 (기자 모형)", "Highest risk (journalist)"),
}
_BEFORE, _AFTER = Text("처리 전", "before"), Text("처리 후", "after")
_COLUMN = Text("열", "Column")
_LIMITS = Text(
    "k-익명성은 표에 이름 붙인 식별가능정보만 봅니다. 공격자가 다른 정보를 알거나, 한 묶음의 민감한 값이 모두 같거나,"
    " 같은 사람이 다른 추출본에도 있으면 이 수치보다 위험합니다.",
    "k-anonymity looks only at the columns named as quasi-identifiers. The risk is higher if an attacker knows more,"
    " if all of a class share one sensitive value, or if the same people are in another extract.",
)
_STYLE = """
body{font:16px/1.5 "Noto Sans KR","Noto Sans CJK KR",sans-serif;color:#1c2430}
body{max-width:52rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:1.8rem 0 .5rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d8dee6}
td.n{text-align:right;font-variant-numeric:tabular-nums}.verdict{padding:.7rem 1rem;border-left:6px solid;margin:1rem 0}
.met{border-color:#1a7f4b;background:#e9f6ef}.failed{border-color:#b3261e;background:#fbeceb}
.not_computed,.none{border-color:#8a6100;background:#fdf4df}.muted{color:#556070}
svg{width:100%;height:auto}@media print{body{margin:0}}
"""


def report_page(
    found: Assessment, before: Assessment | None, demands: Sequence[Criterion], language: Language, *, name: str
) -> str:
    """Return the page."""

    def say(text: Text) -> str:
        return escape(text.say(language))

    verdict = _verdict(demands)
    parts = [
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{say(_TITLE)}: {escape(name)}</title>',
        f"<style>{_STYLE}</style><h1>{say(_TITLE)}</h1><p class=muted>{escape(name)}</p>",
        f'<p class="verdict {verdict}"><strong>{say(_VERDICT[verdict])}</strong></p>',
        _criteria(demands, language),
        f"<h2>{say(_HEADINGS['figures'])}</h2>{_figures(found, before, language)}",
        f"<h2>{say(_HEADINGS['classes'])}</h2>{_histogram(found, before, language)}",
        f"<h2>{say(_HEADINGS['columns'])}</h2>{_by_column(found, before, language)}",
        _sensitive(found, language),
        f"<h2>{say(_HEADINGS['limits'])}</h2><p>{say(_LIMITS)}</p></html>",
    ]
    return "\n".join(parts)


def _verdict(demands: Sequence[Criterion]) -> str:
    states = {demand.met for demand in demands}
    if not states:
        return "none"
    return "failed" if "failed" in states else "not_computed" if "not_computed" in states else "met"


def _criteria(demands: Sequence[Criterion], language: Language) -> str:
    if not demands:
        return ""
    rows = "".join(
        f"<tr><th scope=row>{d.name}{f' ({escape(d.column)})' if d.column else ''}</th>"
        f"<td class=n>{d.required:g}</td><td class=n>{_said(d.found, language)}</td>"
        f"<td>{_MET[d.met].say(language)}</td></tr>"
        for d in demands
    )
    return f"<h2>{_HEADINGS['criteria'].say(language)}</h2><table>{rows}</table>"


def _figures(found: Assessment, before: Assessment | None, language: Language) -> str:
    def values(one: Assessment) -> list[object]:
        special = one.special if isinstance(one.special, NotComputed) else one.special.rows
        risk = one.attackers
        return [
            one.rows,
            one.k,
            one.class_count,
            one.uniques,
            special,
            risk.prosecutor_highest,
            risk.prosecutor_average,
            risk.journalist_highest,
        ]

    now = values(found)
    was = [None] * len(now) if before is None else values(before)
    head = "" if before is None else f"<th class=n>{_BEFORE.say(language)}</th>"
    rows = "".join(
        f"<tr><th scope=row>{text.say(language)}</th>"
        + ("" if before is None else f"<td class=n>{_said(old, language)}</td>")
        + f"<td class=n>{_said(new, language)}</td></tr>"
        for text, old, new in zip(_FIGURES.values(), was, now, strict=True)
    )
    return f"<table><tr><td></td>{head}<th class=n>{_AFTER.say(language)}</th></tr>{rows}</table>"


def _histogram(found: Assessment, before: Assessment | None, language: Language) -> str:
    """Draw the share of rows in classes of each size; small classes, on the left, are the risk."""
    if not found.class_sizes:
        return f"<p>{_said(found.k, language)}</p>"
    rows = max(1, found.rows)
    old = {} if before is None else {low: count / max(1, before.rows) for low, _, count in before.class_sizes}
    bars, width = [], 720 / len(found.class_sizes)
    for number, (low, high, count) in enumerate(found.class_sizes):
        x, share = number * width + 20, count / rows
        label = f"{low}" if low == high else f"{low}–{high}"
        if low in old:
            bars.append(_bar(x, width * 0.4, old[low], "#b9c2cf"))
        bars.append(_bar(x + width * 0.42, width * 0.4, share, "#b3261e" if high < 5 else "#2f6db5"))
        bars.append(f'<text x="{x + width * 0.42:.0f}" y="218" text-anchor=middle font-size=12>{label}</text>')
    summary = ", ".join(f"{low}–{high}: {count / rows:.1%}" for low, high, count in found.class_sizes)
    return (
        f'<svg viewBox="0 0 760 230" role=img aria-label="{escape(summary)}">{"".join(bars)}'
        '<line x1=20 y1=200 x2=740 y2=200 stroke="#556070"/></svg>'
    )


def _bar(x: float, width: float, share: float, colour: str) -> str:
    height = 180 * share
    label = f'<text x="{x + width / 2:.0f}" y="{195 - height:.0f}" text-anchor=middle font-size=11>{share:.0%}</text>'
    return f'<rect x="{x:.0f}" y="{200 - height:.1f}" width="{width:.0f}" height="{height:.1f}" fill="{colour}"/>' + (
        label if share >= 0.005 else ""
    )


def _by_column(found: Assessment, before: Assessment | None, language: Language) -> str:
    rows = []
    for name, singular in found.singular.items():
        share = singular.by_frequency / max(1, found.rows)
        was = "" if before is None or name not in before.singular else _share(before, name)
        bar = f'<svg viewBox="0 0 200 12"><rect width="{200 * share:.1f}" height="12" fill="#b3261e"/></svg>'
        rows.append(
            f"<tr><th scope=row>{escape(name)}</th><td style='width:40%'>{bar}</td>"
            f"<td class=n>{was}{share:.1%}</td></tr>"
        )
    return f"<table><tr><th>{_COLUMN.say(language)}</th><td></td><td></td></tr>{''.join(rows)}</table>"


def _share(before: Assessment, name: str) -> str:
    return f"{before.singular[name].by_frequency / max(1, before.rows):.1%} → "


def _sensitive(found: Assessment, language: Language) -> str:
    if not found.diversity:
        return ""
    rows = "".join(
        f"<tr><th scope=row>{escape(name)}</th><td class=n>l = {_said(value.distinct, language)}</td>"
        f"<td class=n>e^H = {_said(value.entropy, language)}</td><td class=n>t = "
        f"{_said(value.closeness, language)}</td></tr>"
        for name, value in found.diversity.items()
    )
    return f"<h2>{_HEADINGS['sensitive'].say(language)}</h2><table>{rows}</table>"


def _said(value: object, language: Language) -> str:
    if isinstance(value, NotComputed):
        return f"— <small>({escape(value.reason.say(language))})</small>"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}"
    return f"{value:,.0f}" if isinstance(value, int | float) else "—"
