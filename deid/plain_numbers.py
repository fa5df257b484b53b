"""Numbers that stand in a file as text, as every number of a CSV does."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_PLAIN = r"^-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?$"
"""Longer ones, and those with a leading zero, are codes: nothing lies between two of them."""
_SHORTEST_CODE = 5
"""A column whose texts all have the same number of digits, so many or more, holds codes: of districts or of post."""


def as_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of text that holds nothing but plain numbers as numbers, and any other as it is.

    A blank cell is a missing number.
    """
    if not pa.types.is_string(column.type):
        return column
    texts = pc.utf8_trim_whitespace(column)
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    if texts.null_count == len(texts) or not pc.all(pc.match_substring_regex(texts, _PLAIN)).as_py():
        return column
    fractions = pc.any(pc.match_substring(texts, ".")).as_py()
    lengths = pc.min_max(pc.utf8_length(texts)).as_py()
    if not fractions and lengths["min"] == lengths["max"] >= _SHORTEST_CODE:
        return column
    return pc.cast(texts, pa.float64() if fractions else pa.int64())
