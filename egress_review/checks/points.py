"""Points of data that an interactive figure keeps: plotly, Vega and Bokeh figures written as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from egress_review.checks.documents import MOST_MARKS, MOST_VERTICES
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

FEWEST_RAW = 20
"""Values of a trace that is computed from records, such as a box plot, from which it holds the records."""

_RAW = frozenset(("box", "violin", "histogram", "histogram2d", "splom", "parcoords", "scattergeo", "scattermapbox"))
_AXES = ("x", "y", "z", "r", "theta", "lat", "lon", "values", "customdata", "text", "hovertext", "ids")
_MESSAGE = Text(
    ko="대화형 그림에 점 {number}개의 값이 그대로 들어 있습니다.",
    en="The interactive figure keeps the values of {number} points.",
)
_PACKED = Text(
    ko="대화형 그림에 묶어 넣은 값이 있어 읽을 수 없습니다.",
    en="The interactive figure keeps packed values, which are not read.",
)
_FIX = Text(
    ko="그림을 PNG로 저장하고, 그림 뒤의 수는 집계표로 함께 내십시오.",
    en="Save the figure as PNG, and hand in the counts behind it as a table.",
)


def check_points(subject: Subject, listing: Listing) -> None:
    """Flag traces that are a table of records."""
    content = subject.json
    if not isinstance(content, dict):
        return
    for path, trace in _traces(content):
        kind, mode = str(trace.get("type", "scatter")), str(trace.get("mode", ""))
        where = Where(path=path)
        values = [trace[axis] for axis in _AXES if axis in trace]
        if any(isinstance(value, dict) and "bdata" in value for value in values):
            listing.flag("figure.points", _PACKED, _FIX, where=where)
        longest = max((len(value) for value in values if isinstance(value, list)), default=0)
        least = FEWEST_RAW if kind in _RAW else MOST_VERTICES if mode == "lines" else MOST_MARKS
        if longest >= least:
            listing.flag("figure.points", _MESSAGE.fill(number=longest), _FIX, where=where, number=longest)


def _traces(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Traces of plotly; data of Vega and Bokeh as traces of their own."""
    data = content.get("data")
    if "layout" in content and isinstance(data, list):
        yield from ((f"$.data[{n}]", trace) for n, trace in enumerate(data, 1) if isinstance(trace, dict))
    if "vega" in str(content.get("$schema", "")):
        sets = data if isinstance(data, list) else [data, *_datasets(content)]
        for number, one in enumerate(sets, 1):
            values = one.get("values") if isinstance(one, dict) else one
            if isinstance(values, list):
                yield f"$.data[{number}]", {"values": values}
    if "roots" in content and "bokeh" in str(content).lower()[:20_000]:
        yield "$.roots", {"values": [0] * MOST_MARKS}


def _datasets(content: dict[str, Any]) -> list[Any]:
    held = content.get("datasets")
    return list(held.values()) if isinstance(held, dict) else []
