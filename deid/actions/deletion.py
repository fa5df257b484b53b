"""Deletion: what is not there cannot identify."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc

from audit.text import Text
from deid.action import Action, Rows, Source, at_least
from deid.errors import DataError
from deid.keys import DomainKey

LONGEST_KEPT = 100
"""Characters: what is longer is prose."""


@dataclass(frozen=True, slots=True)
class Drop(Action):
    """Leave the column out."""

    techniques: ClassVar = ("suppress_column",)
    summary: ClassVar = Text("열을 내보내지 않습니다.", "Leaves the column out.")

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return nulls; the engine does not write the column at all."""
        return pa.nulls(len(column), pa.string())


@dataclass(frozen=True, slots=True)
class Keep(Action):
    """Show the column as it is; long texts only where the policy says that they were looked at."""

    long_text: bool = False
    techniques: ClassVar = ()
    summary: ClassVar = Text("값을 그대로 둡니다.", "Leaves the values as they are.")

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the column.

        Raises: DataError — for a text so long that it is free text, which may name anybody.
        """
        if self.long_text or not pa.types.is_string(column.type):
            return column
        long = pc.greater(pc.utf8_length(column), LONGEST_KEPT)
        if pc.any(long).as_py():
            row = rows.start + pc.index(pc.fill_null(long, False), True).as_py() + 1
            raise DataError(
                Text(
                    f"{rows.name} 열 {row}행: {LONGEST_KEPT}자가 넘는 글입니다. role: free와 scrub_text를 쓰거나,"
                    " 확인했다면 long_text: true로 적으십시오.",
                    f"column {rows.name}, row {row}: a text of more than {LONGEST_KEPT} characters. Use role: free with"
                    " scrub_text, or long_text: true if somebody has read them.",
                )
            )
        return column


@dataclass(frozen=True, slots=True)
class PartialSuppress(Action):
    """Keep a part of each text and leave out the rest."""

    keep: int
    side: Literal["start", "end"] = "start"
    techniques: ClassVar = ("partial_suppress",)
    summary: ClassVar = Text("글자의 앞이나 뒤 일부만 남깁니다.", "Keeps only the beginning or the end of each text.")

    def mistake(self) -> Text | None:
        """Refuse numbers that mean nothing."""
        return at_least(0, keep=self.keep)

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the part that stays."""
        texts = pc.cast(column, pa.string())
        if self.side == "start":
            return pc.utf8_slice_codeunits(texts, start=0, stop=self.keep)
        if not self.keep:
            return pc.utf8_slice_codeunits(texts, start=0, stop=0)
        return pc.utf8_slice_codeunits(texts, start=-self.keep)


@dataclass(frozen=True, slots=True)
class Mask(Action):
    """Put a sign in place of every character but some at the beginning and the end."""

    show_first: int = 0
    show_last: int = 0
    sign: str = "*"
    fixed_length: bool = False
    techniques: ClassVar = ("mask",)
    summary: ClassVar = Text("남길 글자 외에는 기호로 가립니다.", "Puts a sign in place of all but a few characters.")

    def mistake(self) -> Text | None:
        """Refuse numbers that mean nothing."""
        return at_least(0, show_first=self.show_first, show_last=self.show_last)

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the masked texts; one too short to show anything is masked as a whole."""
        texts = pc.cast(column, pa.string())
        lengths = pc.utf8_length(texts)
        hidden = pc.subtract(lengths, self.show_first + self.show_last)
        short = pc.less_equal(hidden, 0)
        shown_first = pc.utf8_slice_codeunits(texts, start=0, stop=self.show_first)
        shown_last = pc.utf8_slice_codeunits(texts, start=-self.show_last) if self.show_last else None
        # A sign per character tells the length of a name; a fixed number does not.
        count = pa.scalar(3, pa.int32()) if self.fixed_length else pc.max_element_wise(hidden, 0)
        signs = pc.binary_repeat(pa.scalar(self.sign), count)
        parts = [shown_first, signs] if shown_last is None else [shown_first, signs, shown_last]
        masked = pc.binary_join_element_wise(*parts, "")
        whole = pc.binary_repeat(pa.scalar(self.sign), pa.scalar(3, pa.int32()) if self.fixed_length else lengths)
        result = pc.if_else(short, whole, masked)
        return pc.if_else(texts.is_valid(), result, pa.scalar(None, pa.string()))


@dataclass(frozen=True, slots=True)
class SuppressLocal(Action):
    """Delete single values that few rows share."""

    fewer_than: int
    _rare: frozenset[object] = frozenset()
    techniques: ClassVar = ("suppress_local",)
    summary: ClassVar = Text("드문 값만 지웁니다.", "Deletes the values that fewer rows share.")

    def mistake(self) -> Text | None:
        """Refuse numbers that mean nothing."""
        return at_least(2, fewer_than=self.fewer_than)

    def survey(self, name: str, source: Source, key: DomainKey) -> Action:
        """Count the values."""
        counts: Counter[object] = Counter()
        for batch in source.batches((name,)):
            counts.update(_counted(batch.column(0)))
        rare = frozenset(value for value, count in counts.items() if count < self.fewer_than)
        return replace(self, _rare=rare)

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the column without its rare values."""
        if not self._rare:
            return column
        rare = pa.array([value for value in self._rare if value is not None], column.type)
        return pc.if_else(pc.is_in(column, value_set=rare), pa.scalar(None, column.type), column)


@dataclass(frozen=True, slots=True)
class RareToOther(Action):
    """Call values that few rows share by one name."""

    min_count: int
    other: str = "기타"
    _common: frozenset[object] | None = None
    techniques: ClassVar = ("categorize", "generalize_local")
    summary: ClassVar = Text("드문 값을 한 이름으로 묶습니다.", "Calls the values that few rows share by one name.")

    def mistake(self) -> Text | None:
        """Refuse numbers that mean nothing."""
        return at_least(2, min_count=self.min_count)

    def survey(self, name: str, source: Source, key: DomainKey) -> Action:
        """Count the values."""
        counts: Counter[object] = Counter()
        for batch in source.batches((name,)):
            counts.update(_counted(pc.cast(batch.column(0), pa.string())))
        return replace(self, _common=frozenset(v for v, n in counts.items() if n >= self.min_count and v is not None))

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return common values, and the one name for the others."""
        texts = pc.cast(column, pa.string())
        common = pc.is_in(texts, value_set=pa.array(sorted(str(v) for v in self._common or ()), pa.string()))
        replaced = pc.if_else(common, texts, pa.scalar(self.other))
        return pc.if_else(texts.is_valid(), replaced, pa.scalar(None, pa.string()))


def _counted(column: pa.Array) -> dict[object, int]:
    return {row["values"].as_py(): row["counts"].as_py() for row in pc.value_counts(pc.drop_null(column))}
