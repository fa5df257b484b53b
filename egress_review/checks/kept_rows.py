"""Rows of the data that a model keeps inside it: support vectors, neighbours, medoids, what it was trained on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

RULES = ("table.records",)

DEEPEST, FEWEST, FEWEST_VALUES = 40, 2, 2
"""Depth of JSON that is read; rows, and values of a row, from which a list of lists holds rows."""

_KEPT = re.compile(
    r"support[_ ]?vectors?_?|sv|svs|dual_rows|_?fit_?x_?|_?fit_?y_?|(?:x|y)_?(?:train|test|fit|data)(?:ing)?_?|"
    r"train(?:ing)?_?"
    r"(?:data|set|rows|x|y|samples|examples)?|exemplars?_?|medoids?_?|prototypes_?|inducing_?points?|landmarks?|"
    r"neighbou?rs_?|"
    r"samples|examples|instances|records|observations|raw_?data|rows|shap_?data|background_?data|학습 ?자료|원자료|"
    r"서포트 ?벡터"
)
_PRINTED = re.compile(
    r"(?:support[_ ]?vectors?_?|_?fit_X|X_train|medoids?_?|exemplars?)\s{0,5}(?:[:=]|"
    r"is)?\s{0,5}(?:np\.)?(?:array\()?\s{0,5}\[\s{0,5}\[",
    re.IGNORECASE,
)
_MESSAGE = Text(
    ko="모형 안에 원자료의 행이 {number}개 들어 있습니다.",
    en="The model keeps {number} rows of the data inside it.",
)
_PRINTS = Text(
    ko="모형이 간직한 원자료의 행이 찍혀 있습니다.", en="Rows of the data that a model keeps are printed here."
)
_MEND = Text(
    ko="계수와 성능만 남기고 서포트 벡터, 이웃, 중심 개체처럼 원자료인 것은 빼십시오.",
    en="Keep coefficients and performance only; leave out support vectors, neighbours and medoids, which are data.",
)


def check_kept_rows(subject: Subject, listing: Listing) -> None:
    """Look for lists of rows under the names by which models keep them."""
    if subject.type == "json":
        for path, number in _kept(subject.json):
            listing.flag("table.records", _MESSAGE.fill(number=number), _MEND, where=Where(path=path), number=number)
        return
    for match in _PRINTED.finditer(subject.text):
        listing.flag("table.records", _PRINTS, _MEND, where=Where(row=subject.line_of(match.start())))


def _kept(value: Any, path: str = "$", depth: int = 0) -> Iterator[tuple[str, int]]:
    if depth > DEEPEST:
        return
    inner = value.items() if isinstance(value, dict) else enumerate(value, 1) if isinstance(value, list) else ()
    for key, one in inner:
        at = f"{path}.{key[:60]}" if isinstance(key, str) else f"{path}[{key}]"
        if isinstance(key, str) and _KEPT.fullmatch(key[:40].strip().lower()) and _are_rows(one):
            yield at, len(one)
        elif isinstance(one, dict | list):
            yield from _kept(one, at, depth + 1)


def _are_rows(value: Any) -> bool:
    """Whether a value is a list of rows of numbers that are all of one length."""
    if not isinstance(value, list) or len(value) < FEWEST or not all(isinstance(row, list) for row in value):
        return False
    widths = {len(row) for row in value}
    numbers = all(type(cell) in (int, float) for row in value for cell in row)
    return len(widths) == 1 and min(widths) >= FEWEST_VALUES and numbers
