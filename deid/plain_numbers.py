"""Numbers that stand in a file as text, as every number of a CSV does."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_PLAIN = r"^-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?$"
"""Longer ones, and those with a leading zero, are codes: nothing lies between two of them."""
_SHORTEST_CODE = 5
"""A column whose texts all have the same number of digits, so many or more, holds codes: of districts or of post."""
_SHORTEST_OF_FEW = 2
_FEW = 20
"""Shorter ones are codes, of provinces or classes, where there are no more than so many and each stands for several."""


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
    if not fractions and _are_codes(texts):
        return column
    return pc.cast(texts, pa.float64() if fractions else pa.int64())


def spelt(column: pa.ChunkedArray, numbers: pa.ChunkedArray) -> dict[object, str]:
    """Return how a column of text writes each of the numbers that it was read as: the shortest way, if in several."""
    texts = pc.unique(pc.utf8_trim_whitespace(pc.drop_null(column)))
    texts = texts.filter(pc.not_equal(texts, ""))
    pairs = zip(pc.cast(texts, numbers.type).to_pylist(), texts.to_pylist(), strict=True)
    return dict(sorted(pairs, key=lambda pair: (-len(pair[1]), pair[1])))


def _are_codes(texts: pa.ChunkedArray) -> bool:
    lengths = pc.min_max(pc.utf8_length(texts)).as_py()
    if lengths["min"] != lengths["max"] or lengths["min"] < _SHORTEST_OF_FEW:
        return False
    different = pc.count_distinct(texts).as_py()
    several = 2 * different <= len(texts) - texts.null_count
    return bool(lengths["min"] >= _SHORTEST_CODE or (different <= _FEW and several))
