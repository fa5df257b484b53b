"""Pseudonyms: an identifier becomes a token that only the additional information leads back from, or nothing does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.text import Text
from deid.action import Action, Rows, Source, as_numbers
from deid.keys import DomainKey
from deid.pseudonyms import identifiers, one_way, reversible
from deid.randomness import words


@dataclass(frozen=True, slots=True)
class PseudonymReversible(Action):
    """Replace identifiers by tokens that a person with the key and two approvals can lead back."""

    space: str = "person"
    techniques: ClassVar = ("encrypt_two_way", "pseudonym_per_domain")
    summary: ClassVar = Text(
        "추가정보로 되돌릴 수 있는 가명으로 바꿉니다.", "Replaces identifiers by tokens that the key leads back from."
    )

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the tokens; the same identifier has the same token in every column of the same space."""
        return reversible(identifiers(column, rows.name), rows.key.derive(f"reversible|{self.space}"))


@dataclass(frozen=True, slots=True)
class PseudonymOneWay(Action):
    """Replace identifiers by keyed tokens that nothing leads back from."""

    space: str = "person"
    techniques: ClassVar = ("hash_keyed", "pseudonym_per_domain", "tokenize")
    summary: ClassVar = Text(
        "되돌릴 수 없는 가명으로 바꿉니다.", "Replaces identifiers by keyed tokens that nothing leads back from."
    )

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the tokens; the same identifier has the same token in every column of the same space."""
        return one_way(identifiers(column, rows.name), rows.key.derive(f"one_way|{self.space}"))


@dataclass(frozen=True, slots=True)
class OrderPreserving(Action):
    """Replace numbers by others in the same order.

    The order itself tells much: who knows the ranks of a population knows the values. The policy must accept that.
    """

    accept_leak_of_order: bool
    _values: Any = None
    _codes: Any = None
    techniques: ClassVar = ("encrypt_order_preserving",)
    summary: ClassVar = Text(
        "순서만 유지하는 다른 숫자로 바꿉니다. 순서는 드러납니다.",
        "Replaces numbers by others in the same order; the order itself is shown.",
    )

    def mistake(self) -> Text | None:
        """Refuse a policy that does not accept what is shown."""
        if self.accept_leak_of_order:
            return None
        return Text(
            "순서가 드러납니다. accept_leak_of_order: true로 승인하십시오", "shows the order; it must be accepted"
        )

    def caution(self) -> Text | None:
        """Say what the order tells."""
        return Text(
            "순서가 그대로 드러납니다. 값의 분포를 아는 사람은 순위로 원래 값을 짐작할 수 있습니다.",
            "The order is shown: whoever knows how the values are distributed can work them out from the ranks.",
        )

    def survey(self, name: str, source: Source, key: DomainKey) -> Action:
        """Give every distinct value a code: keyed random gaps, added up in the order of the values."""
        distinct: set[float] = set()
        for batch in source.batches((name,)):
            numbers = as_numbers(batch.column(0), 0, name)
            distinct.update(pc.unique(pc.drop_null(numbers)).to_pylist())
        values = np.array(sorted(distinct))
        gaps = words(key.derive(f"order|{name}"), np.arange(len(values), dtype=np.uint64))[:, 0] % np.uint64(1000)
        return replace(self, _values=values, _codes=np.cumsum(gaps.astype(np.int64) + 1))

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the codes."""
        numbers = as_numbers(column, rows.start, rows.name)
        filled = numbers.fill_null(0).to_numpy(zero_copy_only=False)
        if not len(self._values):
            return pa.nulls(len(numbers), pa.int64())
        places = np.minimum(np.searchsorted(self._values, filled), len(self._values) - 1)
        return pa.array(self._codes[places], mask=~numbers.is_valid().to_numpy(zero_copy_only=False))
