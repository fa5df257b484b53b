"""Tokenisation: an identifier becomes a short number that was drawn for it and that nothing computes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.text import Text
from deid.action import Action, Rows, Source
from deid.keys import DomainKey
from deid.pseudonyms import identifiers, one_way


@dataclass(frozen=True, slots=True)
class Tokenize(Action):
    """Replace identifiers by short tokens for people to read out, such as `P0042`, in a keyed random order.

    The numbers hold within one extract only: another extract numbers its people anew.
    """

    prefix: str = "P"
    _identifiers: pa.Array | None = None
    techniques: ClassVar = ("tokenize",)
    summary: ClassVar = Text(
        "짧은 일련번호 토큰으로 바꿉니다. 번호의 순서는 무작위이며 추출본마다 다릅니다.",
        "Replaces identifiers by short numbers in a random order; another extract numbers anew.",
    )

    def mistake(self) -> Text | None:
        """Refuse a prefix that would make tokens look like numbers or formulas."""
        if self.prefix.isalnum() and self.prefix.isascii() and not self.prefix[-1].isdigit() and len(self.prefix) <= 8:
            return None
        return Text(
            "prefix는 8자 이하의 영문자·숫자이며 영문자로 끝나야 합니다",
            "prefix is up to 8 ASCII letters and digits, a letter last",
        )

    def survey(self, name: str, source: Source, key: DomainKey) -> Action:
        """Number the distinct identifiers in the order of their keyed hashes."""
        seen: pa.Array = pa.array([], pa.string())
        for batch in source.batches((name,)):
            found = pc.drop_null(identifiers(batch.column(0), name))
            seen = pc.unique(pa.concat_arrays([seen, pc.unique(found)]))
        hashes = one_way(seen, key.derive(f"tokenize|{name}"))
        return replace(self, _identifiers=seen.take(pc.array_sort_indices(hashes)))

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the tokens."""
        numbered = self._identifiers if self._identifiers is not None else pa.array([], pa.string())
        width = len(str(len(numbered)))
        numbers = np.char.zfill(np.arange(1, len(numbered) + 1).astype(str), width)
        tokens = pa.array([f"{self.prefix}{number}" for number in numbers.tolist()], pa.string())
        return tokens.take(pc.index_in(identifiers(column, rows.name), value_set=numbered))
