"""The report on a synthetic extract as rows: each risk with its interval and limit, each measure of use beside real."""

from __future__ import annotations

from collections.abc import Iterator

from audit.text import Language, Text
from deid.records.model import Document
from deid.synth.words import RISKS, VERDICT_WORDS

NOT_COMPUTED = Text("계산 안 됨", "not computed")
_RISK_HEAD = (
    Text("위험", "Risk"),
    Text("값", "Value"),
    Text("95 % 구간", "95 % interval"),
    Text("한도", "Limit"),
    Text("공격 / 대조", "Attack / control"),
    Text("공격 수", "Attacks"),
    Text("판정", "Verdict"),
)
_USE_HEAD = (Text("쓸모", "Use"), Text("합성", "Synthetic"), Text("실제", "Real"))
_SCORE = Text("열과 열 쌍의 유사도", "likeness of columns and pairs")
_PAIRS = Text("열 쌍의 유사도", "likeness of pairs")
_QUERIES = Text("집계 오차 (중앙값)", "error of counts (median)")
_MODEL = Text("모형", "model")


def tables_of(synthetic: Document | None) -> list[tuple[str, Document]]:
    """Return the report of each table; none where the extract is not synthetic."""
    return list(((synthetic or {}).get("tables") or {}).items())


def risk_head(language: Language) -> tuple[str, ...]:
    """Return the head of the risks."""
    return tuple(text.say(language) for text in _RISK_HEAD)


def use_head(language: Language) -> tuple[str, ...]:
    """Return the head of the measures of use."""
    return tuple(text.say(language) for text in _USE_HEAD)


def risk_rows(found: Document, language: Language) -> Iterator[tuple[str, ...]]:
    """Yield one row for each risk of a table."""
    for risk in found["risks"]:
        name = RISKS[risk["name"]].say(language) + (f": {risk['about']}" if risk["about"] else "")
        low, high = risk["interval"]
        yield (
            name,
            _shown(risk["value"], language),
            f"{low:.3f} – {high:.3f}",
            _shown(risk["limit"], language),
            f"{_shown(risk['attack'], language)} / {_shown(risk['control'], language)}",
            f"{risk['attacks']:,}",
            VERDICT_WORDS[risk["verdict"]].say(language),
        )


def use_rows(found: Document, language: Language) -> Iterator[tuple[str, ...]]:
    """Yield one row for each measure of use of a table."""
    use = found["use"]
    yield _SCORE.say(language), _shown(use["score"], language), ""
    for name, key in ((_PAIRS, "pairs"), (_QUERIES, "query_error")):
        yield name.say(language), _shown(use[key]["synthetic"], language), _shown(use[key]["real"], language)
    for task in use["tasks"]:
        name_of = f"{_MODEL.say(language)}: {task['target']} (AUC)"
        yield name_of, _shown(task["synthetic"], language), _shown(task["real"], language)
    for one in use["not_computed"]:
        yield one, NOT_COMPUTED.say(language), ""


def _shown(value: float | None, language: Language) -> str:
    """Return a figure; what was not computed says so and never looks like a number."""
    return NOT_COMPUTED.say(language) if value is None else f"{value:.3f}"
