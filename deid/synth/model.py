"""What the zone's own engine draws from, and the form in which it may be kept: counts with noise, none of few people.

A kept model is text (JSON), never a program. It holds the policy, the values and ends of bins that ten rows or more
stand behind, and counts: with the noise of the policy's budget, or with a little and none below ten. What was left out
cannot be worked out from what was not, since every count carries noise of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from audit.text import Text
from deid.errors import DataError, PolicyError
from deid.synth.coding import Categories, Coder, Coding, Fine, Numbers
from deid.synth.grouping import Groups, ungrouped
from deid.synth.marginals import MOST_CELLS, Codes, Marginals
from deid.synth.policy import LISTED, ColumnKind, SynthPolicy, parse_synth_policy
from deid.synth.port import Progress
from deid.synth.sampling import draw

FORM = "ansim_synthetic_model"
"""The key by which such a file is known, also to the egress rules that refuse it."""
VERSION = 1
_SHOWN = 0.05
"""A count below is written as none."""


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt of one table."""

    policy: SynthPolicy
    coding: Coding
    groups: Groups
    marginals: Marginals
    said: dict[str, object]

    def draw(self, rows: int, random: np.random.Generator, progress: Progress) -> Iterator[pa.Table]:
        """Yield blocks of rows with the learnt columns."""
        for block in draw(self.marginals, rows, random, progress):
            yield self.coding.decode(ungrouped(block, self.groups), random)

    def document(self) -> bytes:
        """Return the model as it may be kept."""
        learnt = table_document(self.coding, self.groups, self.marginals)
        return written({"policy": self.policy.content, "said": self.said, **learnt})


def read_model(data: bytes) -> Model:
    """Return a kept model of one table.

    Raises: DataError — for anything that is not exactly one.
    """
    with damaged():
        found = read_document(data)
        policy = parse_synth_policy(str(found["policy"]))
        coding, groups = read_coding(found, policy.learnt)
        said = {str(key): value for key, value in dict(found["said"]).items()}
        return Model(policy, coding, groups, read_counts(found, groups.sizes), said)


@contextmanager
def damaged() -> Iterator[None]:
    """Say of whatever goes wrong in the reading of a model that it is none. Raises: DataError."""
    try:
        yield
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError, PolicyError, pa.ArrowException):
        raise DataError(
            Text("합성 모형 파일이 아니거나 손상되었습니다.", "this is no model of synthetic rows, or it is damaged.")
        ) from None


def written(document: Mapping[str, Any]) -> bytes:
    """Return what is learnt as the bytes of a file that says what it is."""
    whole = {FORM: VERSION, **document}
    return (json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")


def read_document(data: bytes) -> Any:
    """Return what stands in such a file. Raises: ValueError, KeyError, TypeError — if it is none."""
    found = json.loads(data)
    if found[FORM] != VERSION:
        raise ValueError("another version")
    return found


def table_document(coding: Coding, groups: Groups, counts: Marginals) -> dict[str, Any]:
    """Return what is learnt of one table as plain values."""
    members = [list(group) for group in groups.members]
    combined = [found.tolist() for found in groups.combinations]
    return {
        "columns": [_column(n, c) for n, c in zip(coding.names, coding.coders, strict=True)],
        "groups": {"members": members, "combinations": combined, "sizes": list(groups.sizes)},
        "total": round(counts.total),
        "ones": [_rounded(one) for one in counts.ones],
        "pairs": [[*pair, _sparse(table)] for pair, table in sorted(counts.pairs.items())],
    }


def read_coding(found: Mapping[str, Any], columns: Sequence[ColumnKind]) -> tuple[Coding, Groups]:
    """Return how these columns are told as numbers. Raises: ValueError — if others are."""
    coders = tuple(_coder(column) for column in found["columns"])
    coding = Coding(tuple(column.name for column in columns), coders)
    kinds = zip(columns, coders, strict=True)
    if [column["name"] for column in found["columns"]] != list(coding.names) or any(
        isinstance(coder, Categories) != (column.kind in LISTED) for column, coder in kinds
    ):
        raise ValueError("other columns than those of the policy")
    return coding, _groups(found["groups"], coding.sizes)


def read_counts(found: Mapping[str, Any], sizes: tuple[int, ...]) -> Marginals:
    """Return the counts of columns of these sizes. Raises: ValueError — if they are of others."""
    ones = tuple(_numbers(one, size) for one, size in zip(found["ones"], sizes, strict=True))
    pairs = {}
    for first, second, cells in found["pairs"]:
        if not 0 <= first < second < len(ones):
            raise ValueError("a pair of no columns")
        if sizes[first] * sizes[second] > MOST_CELLS:
            raise ValueError("a pair that is never measured")
        table = np.zeros((sizes[first], sizes[second]))
        for one, other, count in cells:
            if not (0 <= one < table.shape[0] and 0 <= other < table.shape[1]):
                raise ValueError("a cell of no values")
            table[one, other] = _count(count)
        pairs[first, second] = table
    if any(not one.any() for one in (*ones, *pairs.values())):
        raise ValueError("counts of nothing")
    return Marginals(sizes, max(1.0, _count(found["total"])), ones, pairs)


def _groups(found: Mapping[str, Any], sizes: tuple[int, ...]) -> Groups:
    members = tuple(tuple(int(n) for n in group) for group in found["members"])
    if sorted(n for group in members for n in group) != list(range(len(sizes))):
        raise ValueError("groups of other columns")
    combinations: list[Codes] = []
    widths = []
    for group, rows, width in zip(members, found["combinations"], found["sizes"], strict=True):
        codes = np.asarray(rows, dtype=np.int32).reshape(-1, len(group))
        expected = sizes[group[0]] if len(group) == 1 else len(codes)
        if width != expected or (len(codes) and ((codes < 0) | (codes >= [sizes[n] for n in group])).any()):
            raise ValueError("combinations of no values")
        combinations.append(codes)
        widths.append(int(width))
    return Groups(members, tuple(combinations), tuple(widths))


def _column(name: str, coder: Coder) -> dict[str, Any]:
    if isinstance(coder, Categories):
        kind = None if coder.kind is None else str(coder.kind)
        return {"name": name, "values": list(coder.values), "folded": coder.folded, "missing": coder.missing,
                "kind": kind, "named": coder.named}  # fmt: skip
    assert isinstance(coder, Numbers)
    fine = None if coder.fine is None else {key: getattr(coder.fine, key).tolist() for key in ("edges", "weights")}
    return {"name": name, "edges": coder.edges.tolist(), "fine": fine, "decimals": coder.decimals,
            "days": coder.days, "missing": coder.missing, "integers": coder.integers}  # fmt: skip


def _coder(found: Mapping[str, Any]) -> Coder:
    if "values" in found:
        values = tuple(str(value) for value in found["values"])
        kind = None if found["kind"] is None else pa.type_for_alias(found["kind"])
        return Categories(values, bool(found["folded"]), bool(found["missing"]), kind, bool(found["named"]))
    edges, decimals = _edges(found["edges"]), int(found["decimals"])
    fine = None if found.get("fine") is None else _fine(found["fine"], edges)  # models kept before had none
    return Numbers(edges, decimals, bool(found["days"]), bool(found["missing"]), bool(found["integers"]), fine)


def _edges(found: Any) -> np.ndarray:
    edges = _numbers(found, len(found), signed=True)
    if len(edges) < 2 or any(low >= high for low, high in pairwise(edges)):
        raise ValueError("bins that do not rise")
    return edges


def _fine(found: Mapping[str, Any], coarse: np.ndarray) -> Fine:
    edges = _edges(found["edges"])
    weights = _numbers(found["weights"], len(edges) - 1)
    ends = np.searchsorted(edges, coarse)
    if not np.isin(coarse, edges).all() or any(not weights[low:high].any() for low, high in pairwise(ends)):
        raise ValueError("fine bins of other coarse ones")
    return Fine(edges, weights)


def _sparse(table: np.ndarray) -> list[list[float]]:
    places = np.argwhere(table >= _SHOWN).tolist()
    return [[one, other, round(float(table[one, other]), 1)] for one, other in places]


def _rounded(counts: np.ndarray) -> list[float]:
    return [round(float(count), 1) for count in counts]


def _numbers(found: Any, size: int, *, signed: bool = False) -> np.ndarray:
    numbers = np.asarray(found, dtype=np.float64)
    if numbers.shape != (size,) or not np.isfinite(numbers).all() or (not signed and (numbers < 0.0).any()):
        raise ValueError("counts of another shape")
    return numbers


def _count(found: Any) -> float:
    count = float(found)
    if not 0.0 <= count < 1e15:
        raise ValueError("no count")
    return count
