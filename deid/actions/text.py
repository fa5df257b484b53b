"""Free text: what identifies a person is cut out, the rest stays readable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from audit.text import Text
from deid.action import Action, Rows
from deid.identifiers import detect
from deid.number_windows import Rules
from deid.pseudonyms import one_way
from deid.zone_recognisers import ZoneRecogniser, compiled


@dataclass(frozen=True, slots=True)
class ScrubText(Action):
    """Replace direct identifiers in text by what they are; with `tokens` the same identifier keeps one token."""

    tokens: bool = False
    _more: tuple[ZoneRecogniser, ...] = ()
    """The recognisers that the zone adds to those built in; no parameter of a policy."""
    techniques: ClassVar = ("mask", "tokenize", "partial_suppress")
    summary: ClassVar = Text(
        "글 속의 식별정보를 종류 표시로 바꿉니다.", "Replaces direct identifiers in text by what they are."
    )

    def with_recognisers(self, more: tuple[ZoneRecogniser, ...]) -> ScrubText:
        """Return the action with the recognisers of a zone."""
        return replace(self, _more=more)

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the texts without the identifiers that the rules know."""
        encoded = pc.dictionary_encode(pc.cast(column, pa.string()))
        key = rows.key.derive("scrub") if self.tokens else None
        more = compiled(self._more)
        texts = [scrub(text, key, more=more) for text in encoded.dictionary.to_pylist()]
        return pa.DictionaryArray.from_arrays(encoded.indices, pa.array(texts, pa.string())).cast(pa.string())


def scrub(text: str, key: bytes | None = None, *, more: Rules = ()) -> str:
    """Return text with every direct identifier replaced by its label, and a keyed token where a key is given."""
    parts: list[str] = []
    position = 0
    for span in detect(text, more=more):
        parts.append(text[position : span.start])
        parts.append(_placeholder(span.label, text[span.start : span.end], key))
        position = span.end
    return "".join(parts) + text[position:]


def _placeholder(label: str, value: str, key: bytes | None) -> str:
    if key is None:
        return f"[{label}]"
    token = one_way(pa.array([value]), key)[0].as_py()
    return f"[{label}_{token[:8]}]"
