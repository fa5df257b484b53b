"""Points of data that an interactive figure keeps: plotly, Vega and Bokeh figures written as JSON."""

from __future__ import annotations

import base64
import json
import re
import sys
from array import array
from collections.abc import Iterator
from typing import Any

from egress_review.checks.cells import judge
from egress_review.checks.documents import MOST_MARKS, MOST_VERTICES
from egress_review.checks.listing import Listing
from egress_review.checks.marks import MOST_PLACES, Name, Place, loose
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

FEWEST_RAW = 20
"""Values of a trace that is computed from records, such as a box plot, from which it holds the records."""

FEWEST_OF_BOX = 6
"""Values of a box or a violin, which are drawn of nothing but records unless their quartiles are given instead."""
_BOXES = frozenset(("box", "violin"))
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
        least = (
            FEWEST_OF_BOX
            if kind in _BOXES
            else FEWEST_RAW
            if kind in _RAW
            else MOST_VERTICES
            if mode == "lines"
            else MOST_MARKS
        )
        if longest >= least:
            listing.flag("figure.points", _MESSAGE.fill(number=longest), _FIX, where=where, number=longest)


def check_bars(subject: Subject, listing: Listing) -> None:
    """Bars, slices and cells of an interactive figure that are whole numbers and, by its words, count people."""
    content = subject.json
    if not isinstance(content, dict):
        return
    title = json.dumps(content.get("layout", content.get("encoding", "")), ensure_ascii=False)
    for path, trace in _traces(content):
        axis = _COUNTED_AXIS.get(str(trace.get("type", "")))
        if axis is None:
            continue
        held = trace.get("x" if axis == "y" and trace.get("orientation") == "h" else axis)
        values = held if isinstance(held, list) else []
        said = f"{title} {trace.get('name', '')}"
        whole = [v for v in values if type(v) is int]
        if len(whole) < max(2, len(values)) or not _SAYS_PEOPLE.search(said):
            continue
        for value in whole:
            judge(value, Where(path=path), subject.claims, subject.policy, listing)


_COUNTED_AXIS = {"bar": "y", "pie": "values", "sunburst": "values", "treemap": "values", "funnel": "x"}
_SAYS_PEOPLE = re.compile(
    r"\b(?:patients|people|persons|participants|subjects|cases|deaths|events|count|counts|number of|n)\b"
    r"|환자|대상자|인원|명수|건수|사망",
    re.IGNORECASE,
)


def single_points(content: Any) -> int:
    """How many points of a figure stand for one record each, of plotly and of Vega."""
    if not isinstance(content, dict):
        return 0
    found = [loose(*_of_plotly(trace)) for _, trace in _traces(content) if _is_scatter(trace)]
    mark = content.get("mark")
    shape = str(mark.get("type") if isinstance(mark, dict) else mark)
    if "vega" in str(content.get("$schema", "")) and shape in _MARKS_OF_VEGA:
        found += [loose(*of) for of in _of_vega(content)]
    return max(found, default=0)


_MARKS_OF_VEGA = frozenset(("point", "circle", "square", "tick"))
_DRAWING = 300.0
"""Units that the values of an axis are stretched to, so that they are compared as places of a drawing."""


def _is_scatter(trace: dict[str, Any]) -> bool:
    kind, mode = str(trace.get("type", "scatter")), str(trace.get("mode", "markers" if "marker" in trace else ""))
    return kind in ("scatter", "scattergl", "scatter3d") and "markers" in mode and "lines" not in mode


def _of_plotly(trace: dict[str, Any]) -> tuple[list[Place], list[list[Place]], list[Name]]:
    xs, ys, said = (value if isinstance(value := trace.get(key), list) else [] for key in ("x", "y", "text"))
    errors = isinstance(trace.get("error_y"), dict) or isinstance(trace.get("error_x"), dict)
    return ([], [], []) if errors else _places(xs, ys, said)


def _of_vega(content: dict[str, Any]) -> Iterator[tuple[list[Place], list[list[Place]], list[Name]]]:
    encoding = content.get("encoding")
    fields = [_field(encoding, axis) for axis in ("x", "y", "text")]
    for _, trace in _traces(content):
        rows = [row for row in trace.get("values", ()) if isinstance(row, dict)]
        xs, ys, said = ([row.get(name) for row in rows] if name else [] for name in fields)
        yield _places(xs, ys, said)


def _field(encoding: Any, axis: str) -> str | None:
    channel = encoding.get(axis) if isinstance(encoding, dict) else None
    if not isinstance(channel, dict) or channel.get("aggregate") or channel.get("bin"):
        return None
    return channel.get("field") if isinstance(channel.get("field"), str) else None


def _places(xs: list[Any], ys: list[Any], said: list[Any]) -> tuple[list[Place], list[list[Place]], list[Name]]:
    """Values as places of a drawing, a category at a step of its own; each with its name, if it has one."""
    if not xs or len(xs) != len(ys) or len(xs) > MOST_PLACES:
        return [], [], []
    places = list(zip(_stretched(xs), _stretched(ys), strict=True))
    names = [Name(place, str(text)) for place, text in zip(places, said, strict=False) if isinstance(text, str)]
    return places, [], names


def _stretched(values: list[Any]) -> list[float]:
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        order = {value: n for n, value in enumerate(dict.fromkeys(map(str, values)))}
        values = [order[str(value)] for value in values]
    values = [max(-_FARTHEST, min(value, _FARTHEST)) for value in values]
    least, most = min(values), max(values)
    return [_DRAWING * (value - least) / ((most - least) or 1) for value in values]


_FARTHEST = 1e100
"""Beyond this a value is drawn at the rim; numbers of a document may have any length."""
_CODES = {"i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "f4": "f", "f8": "d"}


def _unpacked(value: Any) -> Any:
    """The values that plotly packs as `{"dtype": "f8", "bdata": "…"}`; what cannot be read stays as it is."""
    if not isinstance(value, dict) or set(value) != {"dtype", "bdata"} or value["dtype"] not in _CODES:
        return value
    try:
        packed = base64.b64decode(value["bdata"], validate=True)
        return array(_CODES[value["dtype"]], packed).tolist() if sys.byteorder == "little" else value
    except (ValueError, TypeError):
        return value


def _traces(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Traces of plotly with their values unpacked; data of Vega and Bokeh as traces of their own."""
    data = content.get("data")
    typed = isinstance(data, list) and all(isinstance(trace, dict) and "type" in trace for trace in data)
    if isinstance(data, list) and ("layout" in content or typed):
        for number, trace in enumerate(data, 1):
            if isinstance(trace, dict):
                yield f"$.data[{number}]", {key: _unpacked(value) for key, value in trace.items()}
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
