"""What a page would run, told apart: programs of known libraries, small ones that hold no data, and figures as JSON.

A script is let through as a warning only where nothing of the zone can stand in it: it is a library to the last byte,
or it is short, spells out no data, decodes nothing and sends nothing. What it hands to a figure is taken out of it and
examined as the JSON that it is, and is of large bars and lines only; its words are read like any other.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

LONGEST, LONGEST_STRING, MOST_NUMBERS, MOST_STRINGS = 6_000, 80, 40, 60
"""Characters of a script without data, of a string in it, and how many numbers and strings it has."""
MOST_FIGURES = 50

_LIBRARIES = frozenset(
    (
        "7f4930eba8f8541dbec28dca5bd5f787f8eef1cde0369ac9657b70bed230b3e0",
        "0a17719a72751704861215da0e5c5cdb3f9a8d50eff5cb84cb6f8b80786682b0",
        "6d21266ce1bd7d9e5ab4e115989c70c20de0382fd973a8f26ab58619eba4d603",
        "a32e817bb121e9e89016ce4cee85ee3f1c66f6a6c95c4b53a5f488f77756d7a4",
        "122e3be346d66616944d0b83eaaf7242581508c3c1cfa0995a17af0d83eff770",
        "6ceddd4bac82a64f5a2b8814a4d10bb4288379262f1989caee3148e7c3509c72",
        "3b6e15d45dbb7fca5bd2094291e961ddc5472cd887009e6009a56dab668d721f",
    )
)
"""SHA-256 of plotly.js as the Python packages 5.18 to 7.1 write it into a page: versions 2.27.0 to 4.1.1."""
_PUBLIC = (
    "bootstrap|bokehjs|chart.js|d3|datatables.net|echarts|es-module-shims|highcharts|htmlwidgets|jquery|jquery-ui|katex|leaflet"
    "|lodash|lodash.js|mathjax|MathJax|moment|plotly.js|plotly.js-dist-min|popper.js|require.js|requirejs|vega|vega-embed|vega-lite"
).replace(".", r"\.")
"""Libraries that programs for statistics put into a page; a package of another name could hold anything."""
_FILE = r"(?:/(?:dist|build|es5|lib|umd|js|css|latest)){0,3}(?:/[a-zA-Z][a-zA-Z.-]{0,24}\.(?:js|css))?"
_PLACES = re.compile(
    r"https://(?:cdn\.plot\.ly/plotly-(?:latest|[\d.]{3,12})\.min\.js"
    rf"|(?:cdn\.jsdelivr\.net/npm|unpkg\.com)/(?:{_PUBLIC})(?:@[\d.]{{1,8}})?{_FILE}"
    rf"|cdnjs\.cloudflare\.com/ajax/libs/(?:{_PUBLIC})/[\d.]{{1,8}}{_FILE}"
    r"|(?:mathjax\.rstudio\.com/latest|cdn\.mathjax\.org/mathjax/latest)/MathJax\.js"
    r"|code\.jquery\.com/jquery-[\d.]{3,10}(?:\.slim)?(?:\.min)?\.js"
    r"|(?:maxcdn|stackpath)\.bootstrapcdn\.com/bootstrap/[\d.]{3,10}/(?:css|js)/bootstrap(?:\.min)?\.(?:css|js)"
    r"|fonts\.googleapis\.com/css2?)(?:\?(?:config|family|display)=[A-Za-z_+:,-]{1,60})?"
)
_LONG_NUMBER = re.compile(r"\d{6}")
_FIGURE = re.compile(r"\bPlotly\.(?:newPlot|react)\(\s{0,200}([\"'])[\w-]{1,60}\1\s{0,200},\s{0,200}")
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.){0,4000}\"|'(?:[^'\\\n]|\\.){0,4000}'|`[^`]{0,4000}`")
_NUMBER = re.compile(r"(?<![\w.#])\d+(?:\.\d+)?(?![\w])")
_A_LIST = re.compile(r"\[\s*(?:(?:-?\d[\d.]*|\"[^\"\n]*\"|'[^'\n]*')\s*,\s*){5}")
_NEVER = re.compile(
    r"\b(?:eval|Function|atob|btoa|fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|fromCharCode|fromCodePoint|unescape|"
    r"decodeURI\w*|TextDecoder|Uint8Array|ArrayBuffer|importScripts|import|Worker|postMessage|localStorage|sessionStorage|cookie|"
    r"indexedDB|crypto|Blob|inflate|gunzip|pako|write|writeln|outerHTML|innerHTML|insertAdjacentHTML|location|open|src|href)\b"
    r"|\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F{]"
)
_COMMENT = re.compile(r"/\*(?:[^*]|\*(?!/)){0,2000}\*/|(?m:^\s*//[^\n]{0,300}$)")
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
MOST_NAMES, LONGEST_NAME = 400, 40


@dataclass(frozen=True, slots=True)
class Script:
    """What became of a script: whether it may stand, what of it is words, and the data that it holds as JSON."""

    calm: bool
    words: str
    data: tuple[str, ...]


def read_script(text: str, kind: str) -> Script:
    """A script as it stands in a page; `kind` is the type that its element gives it."""
    said = text.strip()
    if kind.strip().lower() in ("application/json", "application/ld+json") and _is_json(said):
        return Script(True, "", (said,))
    if len(said) > LONGEST and hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest() in _LIBRARIES:
        return Script(True, "", ())
    rest, figures = _without_figures(said)
    if kind.strip().lower() not in ("", "text/javascript", "application/javascript", "module"):
        return Script(False, said, ())
    plain = all(map(_is_plain, figures))
    return Script(plain and holds_no_data(rest), rest, tuple(map(_as_json, figures)))


def is_known_place(address: str) -> bool:
    """Whether an address is the file of a public library and can carry nothing else."""
    return _PLACES.fullmatch(address.strip()) is not None and _LONG_NUMBER.search(address) is None


def is_plain_call(handler: str) -> bool:
    """Whether a handler is one of those of SAS, which call a function of the page by its name and hand it nothing."""
    return re.fullmatch(r"\s*(?:startup|shutdown)\(\)\s*;?\s*", handler) is not None


def holds_no_data(script: str) -> bool:
    """Whether a script is short and spells out nothing that could be data, nor what would decode or send it."""
    said = _COMMENT.sub(" ", script).replace("<!--", " ").replace("-->", " ")
    if len(script) > LONGEST or _NEVER.search(said) or _A_LIST.search(said):
        return False
    strings = _STRING.findall(said)
    names = set(_NAME.findall(_STRING.sub(" ", said)))
    numbers = _NUMBER.findall(said)
    return (
        len(strings) <= MOST_STRINGS
        and all(len(one) <= LONGEST_STRING for one in strings)
        and len(numbers) <= MOST_NUMBERS
        and not any(len(one.replace(".", "")) > 4 for one in numbers)
        and len(names) <= MOST_NAMES
        and not any(len(name) > LONGEST_NAME or sum(map(str.isdigit, name)) > 2 for name in names)
    )


def _without_figures(script: str) -> tuple[str, list[dict[str, Any]]]:
    """A script without what it hands to figures of plotly, and that as the JSON of figures."""
    figures: list[dict[str, Any]] = []
    decoder = json.JSONDecoder()
    while len(figures) < MOST_FIGURES and (match := _FIGURE.search(script)):
        try:
            data, end = decoder.raw_decode(script, match.end())
            layout, last = _next(script, end, decoder)
        except (ValueError, RecursionError):
            return script, figures
        if not isinstance(data, list) or not isinstance(layout, dict):
            return script, figures
        figures.append({"data": data, "layout": layout})
        script = f"{script[: match.start()]}draw({script[last:]}"
    return script, figures


_TRACES = frozenset(("bar", "pie", "scatter"))
_LABEL = re.compile(r"(?:[nN] ?= ?)?\d{2,3}(?:,?\d{3})?|\d{1,3}\.\d{1,2} ?%?")
"""What a label may be: a size of a group of ten or more, or a share or mean with a point."""
_JOINED = frozenset(("lines", "lines+markers"))
_BARS = frozenset(("type", "array", "arrayminus", "symmetric", "visible", "color", "thickness", "width"))
"""What error bars may hold: their lengths and how they are drawn."""
_KEYS = frozenset(
    """
    type x y name labels values orientation mode line marker legendgroup showlegend xaxis yaxis width offsetgroup hole
    alignmentgroup textposition hovertemplate textinfo domain sort opacity visible error_x error_y text
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
LEAST_SHOWN = 10
"""Whole numbers below which a bar may be a few people, whatever the policy says: such a figure is for people to see."""


def _is_plain(figure: dict[str, Any]) -> bool:
    """Whether a figure shows bars, slices and lines of large numbers, and keeps nothing beside them."""
    return all(isinstance(trace, dict) and _is_plain_trace(trace) for trace in figure["data"])


def _is_plain_trace(trace: dict[str, Any]) -> bool:
    if trace.get("type") not in _TRACES or not trace.keys() <= _KEYS or "customdata" in str(trace.get("hovertemplate")):
        return False
    if trace["type"] == "scatter" and trace.get("mode") not in _JOINED:
        return False
    spread = [part for key in ("error_x", "error_y") for part in _spread(trace.get(key, {}))]
    held = [value for key in ("x", "y", "values") for value in _listed(trace.get(key, []))] + spread
    held += _labels(trace.get("text", []))
    return not any(value is None for value in held)


def _labels(values: object) -> list[object]:
    """What stands at the marks; None for a number that may be a few people or name somebody, and for anything long."""
    said = values if isinstance(values, list) else [values]
    return [one if isinstance(one, str | float) and _LABEL.fullmatch(str(one)) else None for one in said]


def _spread(bars: object) -> list[object]:
    """The lengths of error bars, and None for anything else that they hold."""
    if not isinstance(bars, dict) or not bars.keys() <= _BARS:
        return [None]
    return [length for side in ("array", "arrayminus") for length in _lengths(bars.get(side, []))]


def _lengths(values: object) -> list[object]:
    plain = isinstance(values, list) and all(isinstance(one, int | float) for one in values)
    return list(values) if plain and isinstance(values, list) else [None]


def _listed(values: object) -> list[object]:
    """The values of an axis; None for one that is packed, nested, or so small that it may be a few people."""
    if not isinstance(values, list):
        return [None]
    return [None if isinstance(v, list | dict) or (type(v) is int and 0 < v < LEAST_SHOWN) else str(v) for v in values]


def _as_json(figure: dict[str, Any]) -> str:
    return json.dumps(figure, ensure_ascii=False)


def _next(script: str, at: int, decoder: json.JSONDecoder) -> tuple[object, int]:
    """The value behind the next comma, and where it ends; an empty layout where the call ends."""
    comma = re.compile(r"\s*,\s*").match(script, at)
    return decoder.raw_decode(script, comma.end()) if comma else ({}, at)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
