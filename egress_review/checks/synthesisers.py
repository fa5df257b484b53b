"""What a synthesiser writes of the data it learnt from: metadata of SDV, with real extremes, and models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

RULES = ("model.metadata",)

_WORD = "sdtype"
"""What SDV calls the kind of a column, in every version since 1.0, and no other program's files do."""
_WRITTEN = re.compile(r"""["']?\bsdtype["']?\s*:\s*["']?[a-z_]+""")
_MODEL = "ansim_synthetic_model"
"""What the zone's own engine calls a model that it keeps (`deid.synth.model`)."""
_SAID_OF_MODEL = Text(
    ko="안심 합성 엔진이 저장한 모형입니다. 검토받은 추출본 안에서만 쓰고 내보내지 않습니다.",
    en="This is a model that Ansim's engine for synthetic rows kept. It stays with its reviewed extract.",
)
_SAID = Text(
    ko="SDV의 메타데이터입니다. 원자료의 최솟값·최댓값과 드문 값이 그대로 들어 있을 수 있습니다.",
    en="This is metadata of SDV. It may hold minima, maxima and rare values of the source as they are.",
)
_MEND = Text(
    ko="메타데이터와 저장한 모형은 내보내지 마십시오. 열 이름과 종류만 따로 적어 내십시오.",
    en="Leave metadata and saved models out. Write down the names and kinds of columns by themselves.",
)


def check_synthesisers(subject: Subject, listing: Listing) -> None:
    """Flag metadata of SDV wherever it stands: as a file of JSON, in a cell, in prose."""
    if (place := subject.text.find(_MODEL)) >= 0:
        listing.flag("model.metadata", _SAID_OF_MODEL, _MEND, where=Where(row=subject.line_of(place)))
        return
    if _WORD not in subject.text and "\\u00" not in subject.text:
        return
    if subject.type == "json":
        for path in _paths(subject.json, "$"):
            listing.flag("model.metadata", _SAID, _MEND, where=Where(path=path))
            return
    if found := _WRITTEN.search(subject.text):
        listing.flag("model.metadata", _SAID, _MEND, where=Where(row=subject.line_of(found.start())))


def _paths(value: Any, path: str) -> Iterator[str]:
    """Yield where columns are described, however keys are spelt in the file."""
    if isinstance(value, dict):
        if isinstance(value.get(_WORD), str):
            yield path
        for key, inner in value.items():
            yield from _paths(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            yield from _paths(inner, f"{path}[{number}]")
