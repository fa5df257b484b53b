"""The risk report of a run as rows: each figure before and after; what was not computed says so and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from audit.text import Language, Text
from deid.records.model import Document

FIGURES: Mapping[str, Text] = MappingProxyType(
    {
        "rows": Text("행 수", "Rows"),
        "k": Text("k-익명성 (가장 작은 묶음)", "k-anonymity (smallest class)"),
        "classes": Text("묶음 수", "Classes"),
        "sample_uniques": Text("유일한 행", "Sample uniques"),
        "special_uniques": Text("특이 유일 행", "Special uniques"),
        "prosecutor_highest": Text("최고 위험 (검사 모형)", "Highest risk (prosecutor)"),
        "prosecutor_average": Text("평균 위험", "Average risk"),
        "singular": Text("드문 값을 가진 칸", "Cells with a rare value"),
    }
)
MET: Mapping[str, Text] = MappingProxyType(
    {
        "met": Text("만족", "met"),
        "failed": Text("불만족", "not met"),
        "not_computed": Text("계산 안 됨", "not computed"),
    }
)
NOT_COMPUTED = Text("계산 안 됨", "not computed")

_READ: Mapping[str, Callable[[Document], Any]] = MappingProxyType(
    {
        "rows": lambda risk: risk.get("rows"),
        "k": lambda risk: risk.get("k"),
        "classes": lambda risk: risk.get("classes"),
        "sample_uniques": lambda risk: risk.get("sample_uniques"),
        "special_uniques": lambda risk: _inner(risk.get("special_uniques"), "rows"),
        "prosecutor_highest": lambda risk: risk.get("risk", {}).get("prosecutor_highest"),
        "prosecutor_average": lambda risk: risk.get("risk", {}).get("prosecutor_average"),
        "singular": lambda risk: sum(
            int(one.get("rare_values", 0)) for one in risk.get("singular_values", {}).values()
        ),
    }
)


def figures(risk: Document, language: Language) -> Iterator[tuple[str, str, str]]:
    """Yield (figure, before, after) of one table."""
    for name, read in _READ.items():
        yield name, said(read(risk["before"]), language), said(read(risk["after"]), language)


def said(value: Any, language: Language) -> str:
    """Return a figure as a person reads it; what is missing is not computed and never looks like zero."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NOT_COMPUTED.say(language)
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}"
    return f"{value:,.0f}"


def class_shares(risk: Document, which: str) -> list[tuple[str, float]]:
    """Return the share of rows in classes of each size, in percent, the smallest classes first."""
    found = risk[which]
    rows = max(1, int(found.get("rows") or 0))
    return [
        (f"{one['from']}" if one["from"] == one["to"] else f"{one['from']}–{one['to']}", 100 * one["rows"] / rows)
        for one in found.get("class_sizes", [])
    ]


def _inner(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else value
