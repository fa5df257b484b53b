"""A risk assessment on one page: what a reviewer looks at before deciding, in Korean or English, as HTML or PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from audit.text import Language, Text
from deid.cautions import Caution
from deid.risk.assessment import Assessment, Criterion, Met
from deid.risk.bought import Bought, Standing
from deid.risk.measures import NotComputed
from deid.risk.page import Block, Cell, Grid, Heading, Note, Page, Tone
from deid.risk.page_html import html
from deid.risk.pictures import bought_chart, column_chart, histogram
from deid.risk.singular import NOT_NUMBERS

_TITLE = Text("재식별 위험 보고서", "Risk of re-identification")
_VERDICT: dict[str, tuple[Tone, Text]] = {
    "met": ("met", Text("정책의 모든 기준을 만족합니다.", "Every criterion of the policy is met.")),
    "failed": ("failed", Text("만족하지 못한 기준이 있습니다.", "A criterion of the policy is not met.")),
    "not_computed": (
        "unknown",
        Text("계산하지 못한 기준이 있어 판단할 수 없습니다.", "A criterion could not be computed: no verdict."),
    ),
    "none": ("unknown", Text("정책에 기준이 없어 판단하지 않았습니다.", "The policy names no criterion: no verdict.")),
}
MET: dict[Met, tuple[Tone, Text]] = {
    "met": ("met", Text("만족", "met")),
    "failed": ("failed", Text("불만족", "not met")),
    "not_computed": ("unknown", Text("계산 안 됨", "not computed")),
}
_HEADINGS = {
    "criteria": Text("정책 기준", "Criteria of the policy"),
    "cautions": Text("주의할 점", "Cautions"),
    "figures": Text("주요 수치", "Main figures"),
    "classes": Text("같은 조합을 가진 사람 수별 행의 비율", "Rows by how many share their combination"),
    "columns": Text("열별 위험", "Risk by column"),
    "bought": Text("처리별 효과", "What each action bought"),
    "sensitive": Text("민감정보의 다양성", "Variety of sensitive values"),
    "limits": Text("이 수치가 말하지 않는 것", "What these figures do not say"),
}
FIGURES = {
    "rows": Text("행 수", "Rows"),
    "k": Text("k-익명성 (가장 작은 묶음)", "k-anonymity (smallest class)"),
    "classes": Text("묶음 수", "Classes"),
    "uniques": Text("유일한 행 (표본 유일)", "Sample uniques"),
    "special": Text("특이 유일 행 (SUDA)", "Special uniques (SUDA)"),
    "prosecutor": Text("최고 위험 (검사 모형)", "Highest risk (prosecutor)"),
    "average": Text("평균 위험 (검사 모형)", "Mean risk (prosecutor)"),
    "journalist": Text("최고 위험 (기자 모형)", "Highest risk (journalist)"),
    "marketer": Text("평균 위험 (마케터 모형)", "Share named right (marketer)"),
}
_WORDS = {
    "before": Text("처리 전", "before"),
    "after": Text("처리 후", "after"),
    "measure": Text("지표", "Measure"),
    "column": Text("열", "Column"),
    "action": Text("처리", "Action"),
    "criterion": Text("기준", "Criterion"),
    "required": Text("요구", "Required"),
    "found": Text("측정", "Found"),
    "verdict": Text("판정", "Verdict"),
    "values": Text("값의 종류", "Values"),
    "rare": Text("드문 값 (5행 미만)", "Rare values (under 5 rows)"),
    "suda": Text("SUDA 기여", "Part in SUDA"),
    "sigma": Text("3σ 밖", "Beyond 3σ"),
    "mad": Text("MAD 밖", "Beyond MAD"),
    "distinct": Text("서로 다른 값 (l)", "Distinct l"),
    "entropy": Text("엔트로피 l", "Entropy l"),
    "t": Text("t-근접성", "t-closeness"),
    "mean": Text("평균 위험", "Mean risk"),
    "unique": Text("유일한 행", "Unique rows"),
    "without": Text("이 처리만 뺐을 때 평균 위험", "Mean risk without it alone"),
    "start": Text("원자료", "source data"),
    "criteria": Text("정책이 요구한 값과 측정한 값", "what the policy requires and what was measured"),
    "figures": Text("식별가능정보: {names}", "quasi-identifiers: {names}"),
    "columns": Text("열마다 드문 값과 특이정보", "rare and singular values of each column"),
    "steps": Text(
        "정책의 순서대로 처리를 하나씩 더했을 때의 위험. 행 삭제는 마지막에 이루어지며 여기에 없습니다.",
        "the risk as one action after another is added, in the policy's order; rows left out come last, not here",
    ),
    "caution": Text("주의할 점", "Caution"),
    "cautions": Text("정책이 허용하지만 드러내는 것", "what the policy permits and still shows"),
    "whole": Text("추출본 전체", "the whole extract"),
    "spread": Text("묶음 안의 민감정보 값", "sensitive values within classes"),
}
_NOT_COMPUTED = Text("계산 안 됨", "not computed")
_MISSING = Text(
    "‘계산 안 됨’은 위험이 없다는 뜻이 아니라 알 수 없다는 뜻입니다. 그 수치는 가장 나쁜 경우로 보고 판단하거나, 적힌"
    " 까닭을 없앤 뒤 다시 측정하십시오.",
    "“Not computed” does not mean that there is no risk: nobody knows. Take such a figure as the worst case, or remove"
    " the reason beside it and measure again.",
)
_BLANKED = Text(
    "식별가능정보가 모두 *인 {rows}행은 삭제된 행입니다. 위 수치에는 들어 있지 않습니다.",
    "{rows} rows say * in every quasi-identifier: they were suppressed, and count in no figure above.",
)
_NO_POLICY = Text(
    "정책이 주어지지 않아 처리 방법이 드러내는 것을 확인하지 못했습니다.",
    "No policy was given: what the actions still show was not looked at.",
)
_NO_CAUTION = Text(
    "정책의 처리 방법에서 알려진 주의점을 찾지 못했습니다.",
    "None of the known cautions applies to the policy's actions.",
)
_NOT_NUMBERS = Text("숫자 아님", "no numbers")
_NONE = Text("없음", "none")
_LIMITS = Text(
    "k-익명성은 이 표에 적은 식별가능정보만 봅니다. 공격자가 다른 정보를 알거나, 한 묶음의 민감한 값이 모두 같거나,"
    " 같은 사람이 다른 추출본에도 있으면 이 수치보다 위험합니다. 기자 모형은 모집단 자료가 있어야 계산합니다.",
    "k-anonymity looks only at the columns named as quasi-identifiers. The risk is higher if an attacker knows more,"
    " if all of a class share one sensitive value, or if the same people are in another extract. The journalist's risk"
    " needs a table of the population.",
)


def report_page(
    found: Assessment,
    before: Assessment | None,
    demands: Sequence[Criterion],
    language: Language,
    *,
    name: str,
    steps: Bought | None = None,
    known: Sequence[Caution] | None = None,
) -> str:
    """Return the page as HTML; `known` are the cautions of the policy, None where there is no policy."""
    return html(content(found, before, demands, language, name=name, steps=steps, known=known))


def report_pdf(
    found: Assessment,
    before: Assessment | None,
    demands: Sequence[Criterion],
    language: Language,
    *,
    name: str,
    steps: Bought | None = None,
    known: Sequence[Caution] | None = None,
    fonts: Sequence[Path] = (),
) -> bytes:
    """Return the page as PDF; `known` as for HTML.

    Raises: FontMissing — if this machine has no font with Korean letters.
    """
    from deid.risk.page_pdf import pdf

    return pdf(content(found, before, demands, language, name=name, steps=steps, known=known), fonts=fonts)


def content(
    found: Assessment,
    before: Assessment | None,
    demands: Sequence[Criterion],
    language: Language,
    *,
    name: str,
    steps: Bought | None = None,
    known: Sequence[Caution] | None = None,
) -> Page:
    """Return what stands on the page."""

    def head(key: str) -> Heading:
        return Heading(_HEADINGS[key].say(language))

    tone, verdict = _VERDICT[_verdict(demands)]
    blocks: list[Block] = [Note(verdict.say(language), tone)]
    if demands:
        blocks += [head("criteria"), _criteria(demands, language)]
    blocks += [head("cautions"), _cautions(known, language)]
    blocks += [head("figures"), _figures(found, before, language)]
    if found.blanked:
        blocks.append(Note(_BLANKED.format(rows=f"{found.blanked:,}").say(language), "unknown"))
    blocks.append(head("classes"))
    if isinstance(found.k, NotComputed):
        blocks.append(Note(said(found.k, language).text, "unknown"))
    else:
        blocks.append(histogram(found, before, language))
    if steps is not None and steps.steps:
        blocks += [head("bought"), bought_chart(steps, language), _bought(steps, language)]
    if found.singular:
        blocks += [head("columns"), column_chart(found, before, language), _columns(found, language)]
    if found.diversity:
        blocks += [head("sensitive"), _sensitive(found, language)]
    blocks.append(head("limits"))
    if any(cell.text.startswith(_NOT_COMPUTED.say(language)) for cell in _cells(blocks)):
        blocks.append(Note(_MISSING.say(language), "unknown"))
    blocks.append(Note(_LIMITS.say(language)))
    return Page(_TITLE.say(language), name, language, tuple(blocks))


def said(value: object, language: Language, *, share: bool = False) -> Cell:
    """Return a figure as a field of a table; one that was not computed says so and why, in a tone of its own."""
    if value is NOT_NUMBERS:
        return Cell(_NOT_NUMBERS.say(language), "unknown", number=True)
    if isinstance(value, NotComputed):
        return Cell(f"{_NOT_COMPUTED.say(language)}: {value.reason.say(language)}", "unknown", number=True)
    assert isinstance(value, int | float)
    if share:
        return Cell("< 0.01%" if 0 < value < 0.0001 else f"{value:.2%}", number=True)
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"
    return Cell(text, number=True)


def _verdict(demands: Sequence[Criterion]) -> str:
    states = {demand.met for demand in demands}
    if not states:
        return "none"
    return "failed" if "failed" in states else "not_computed" if "not_computed" in states else "met"


def _cautions(known: Sequence[Caution] | None, language: Language) -> Block:
    """Return what the policy shows although it is permitted; that nothing was looked at is no caution less."""
    if known is None:
        return Note(_NO_POLICY.say(language), "unknown")
    if not known:
        return Note(_NO_CAUTION.say(language))
    whole = _WORDS["whole"].say(language)
    rows = tuple((Cell(one.column or whole), Cell(one.text.say(language))) for one in known)
    (caption,) = _words(language, "cautions")
    return Grid(caption, _words(language, "column", "caution"), rows)


def _cells(blocks: Sequence[Block]) -> Iterator[Cell]:
    for block in blocks:
        if isinstance(block, Grid):
            for row in block.rows:
                yield from row
        elif isinstance(block, Note):
            yield Cell(block.text)


def _words(language: Language, *keys: str) -> tuple[str, ...]:
    return tuple(_WORDS[key].say(language) for key in keys)


def _criteria(demands: Sequence[Criterion], language: Language) -> Grid:
    rows = []
    for demand in demands:
        tone, word = MET[demand.met]
        name = f"{demand.name} ({demand.column})" if demand.column else demand.name
        required = f"{'≤' if demand.name == 't' else '≥'} {demand.required:g}"
        verdict = Cell(word.say(language), tone)
        rows.append((Cell(name), Cell(required, number=True), said(demand.found, language), verdict))
    (caption,) = _words(language, "criteria")
    return Grid(caption, _words(language, "criterion", "required", "found", "verdict"), tuple(rows))


def _figures(found: Assessment, before: Assessment | None, language: Language) -> Grid:
    def values(one: Assessment) -> list[object]:
        special = one.special if isinstance(one.special, NotComputed) else one.special.rows
        risk = one.attackers
        chances = [risk.prosecutor_highest, risk.prosecutor_average, risk.journalist_highest, risk.marketer]
        return [one.rows, one.k, one.class_count, one.uniques, special, *chances]

    columns = [values(one) for one in ((found,) if before is None else (before, found))]
    keys = ("measure", "after") if before is None else ("measure", "before", "after")
    rows = []
    for (key, text), *numbers in zip(FIGURES.items(), *columns, strict=True):
        share = key in ("prosecutor", "average", "journalist", "marketer")
        rows.append((Cell(text.say(language)), *(said(number, language, share=share) for number in numbers)))
    names = ", ".join(found.quasi) or _NONE.say(language)
    return Grid(_WORDS["figures"].say(language).replace("{names}", names), _words(language, *keys), tuple(rows))


def _columns(found: Assessment, language: Language) -> Grid:
    special = found.special
    rows = []
    for name, singular in found.singular.items():
        if name not in found.quasi:
            part: Cell = Cell("–", number=True)
        elif isinstance(special, NotComputed):
            part = said(special, language)
        else:
            part = said(special.by_column[name] / max(1, sum(special.by_size.values())), language, share=True)
        rare = said(singular.by_frequency / max(1, found.rows), language, share=True)
        ways = (said(singular.by_sigma, language), said(singular.by_median, language))
        rows.append((Cell(name), said(found.distinct_values[name], language), rare, part, *ways))
    head = _words(language, "column", "values", "rare", "suda", "sigma", "mad")
    return Grid(_WORDS["columns"].say(language), head, tuple(rows))


def _bought(steps: Bought, language: Language) -> Grid:
    def standing(one: Standing) -> tuple[Cell, ...]:
        return (
            said(one.k, language),
            said(one.unique, language, share=True),
            said(one.average, language, share=True),
        )

    blank = Cell("–", number=True)
    start = Cell(_WORDS["start"].say(language))
    rows: list[tuple[Cell, ...]] = [(start, Cell("–"), blank, *standing(steps.start), blank)]
    for step in steps.steps:
        values = Cell(f"{step.values_before:,} → {step.values_after:,}", number=True)
        left_out = said(step.without.average, language, share=True)
        rows.append((Cell(step.column), Cell(step.action), values, *standing(step.standing), left_out))
    head = ("column", "action", "values")
    rest = _words(language, "unique", "mean", "without")
    return Grid(_WORDS["steps"].say(language), (*_words(language, *head), "k", *rest), tuple(rows))


def _sensitive(found: Assessment, language: Language) -> Grid:
    rows = tuple(
        (Cell(name), said(one.distinct, language), said(one.entropy, language), said(one.closeness, language))
        for name, one in found.diversity.items()
    )
    (caption,) = _words(language, "spread")
    return Grid(caption, _words(language, "column", "distinct", "entropy", "t"), rows)
