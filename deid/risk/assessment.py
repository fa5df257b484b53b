"""One table, measured: everything a reviewer asks of it, and whether it meets what the policy demands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any, Literal

import pyarrow as pa

from audit.text import Text
from deid.policy import Policy, Release
from deid.risk.blanked import without_blanked
from deid.risk.classes import Classes, classes, codes
from deid.risk.measures import (
    NO_QUASI,
    Attackers,
    Figure,
    NotComputed,
    attackers,
    distinct_l,
    entropy_l,
    k_anonymity,
    t_closeness,
    uniques,
)
from deid.risk.population import Population, outside
from deid.risk.singular import Singular, singular_values
from deid.risk.special import MAX_COLUMNS, SpecialUniques, special_uniques

MAX_SPECIAL_COLUMNS = 12
"""More columns have too many combinations to try them all."""
SIZE_STEPS = (1, 2, 3, 5, 10, 20, 50, 100, 1000)

MAX_SPECIAL_WORK = 300_000_000
"""Rows times sets of columns to look at: half a minute or so."""

TOO_MANY = NotComputed(Text("식별가능정보 열이 12개보다 많습니다.", "more than twelve columns are quasi-identifiers."))
TOO_LONG = NotComputed(
    Text(
        "행과 열의 조합이 너무 많습니다. 표본으로 계산하십시오.",
        "too many rows and sets of columns; try it on a sample.",
    )
)
NO_SPECIAL_ROWS = NotComputed(Text("자료에 행이 없습니다.", "the table has no rows."))

Met = Literal["met", "failed", "not_computed"]


@dataclass(frozen=True, slots=True)
class Diversity:
    """How varied one sensitive column is within the classes."""

    distinct: Figure
    entropy: Figure
    closeness: Figure


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was measured."""

    rows: int
    quasi: tuple[str, ...]
    k: Figure
    class_count: int
    class_sizes: tuple[tuple[int, int, int], ...]
    """(smallest size, largest size, rows in classes of these sizes)."""
    uniques: Figure
    special: SpecialUniques | NotComputed
    attackers: Attackers
    diversity: Mapping[str, Diversity]
    singular: Mapping[str, Singular]
    distinct_values: Mapping[str, int]
    blanked: int = 0
    """Rows that say `*` in every quasi-identifier; they count in no figure."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One demand of a policy and what was found."""

    name: Literal["k", "l", "t"]
    column: str | None
    required: float
    found: Figure

    @property
    def met(self) -> Met:
        """Return whether it is met; what was not computed is not met."""
        if isinstance(self.found, NotComputed):
            return "not_computed"
        good = self.found <= self.required if self.name == "t" else self.found >= self.required
        return "met" if good else "failed"


def assess(
    table: pa.Table, quasi: Sequence[str], sensitive: Sequence[str], population: Population | None = None
) -> Assessment:
    """Measure a table, beside the population that it was drawn from where that is given."""
    names = tuple(quasi)
    table, blanked = without_blanked(table, names)
    found = classes(table, names)
    return Assessment(
        rows=table.num_rows,
        quasi=names,
        k=k_anonymity(found) if names else NO_QUASI,
        class_count=len(found.sizes),
        class_sizes=_histogram(found) if names else (),
        uniques=float(uniques(found)) if names else NO_QUASI,
        special=_special(table, names),
        attackers=_attackers(found, table, names, population),
        diversity={name: _diversity(found, table.column(name), has_quasi=bool(names)) for name in sensitive},
        singular={name: singular_values(table.column(name)) for name in (*names, *sensitive)},
        distinct_values={name: codes(table.column(name))[1] for name in (*names, *sensitive)},
        blanked=blanked,
    )


def assess_policy(table: pa.Table, policy: Policy, population: Population | None = None) -> Assessment:
    """Measure a table by the roles that a policy gives its columns."""
    there = set(table.column_names)
    quasi = [column.name for column in policy.columns if column.role == "quasi" and column.name in there]
    sensitive = [column.name for column in policy.columns if column.role == "sensitive" and column.name in there]
    return assess(table, quasi, sensitive, population)


def criteria(release: Release, found: Assessment) -> list[Criterion]:
    """Return every demand of a policy with what was found."""
    demands: list[Criterion] = []
    if release.k is not None:
        demands.append(Criterion("k", None, release.k, found.k))
    for name, least in release.l_diversity.items():
        demands.append(Criterion("l", name, least, found.diversity[name].distinct))
    for name, most in release.t_closeness.items():
        demands.append(Criterion("t", name, most, found.diversity[name].closeness))
    return demands


def as_json(found: Assessment) -> dict[str, Any]:
    """Return an assessment as `--json` prints it; what was not computed says so and why."""
    return {
        "rows": found.rows,
        "blanked_rows": found.blanked,
        "quasi_identifiers": list(found.quasi),
        "k": _figure(found.k),
        "classes": found.class_count,
        "class_sizes": [{"from": low, "to": high, "rows": rows} for low, high, rows in found.class_sizes],
        "sample_uniques": _figure(found.uniques),
        "special_uniques": _special_json(found.special),
        "risk": {
            "prosecutor_highest": _figure(found.attackers.prosecutor_highest),
            "prosecutor_average": _figure(found.attackers.prosecutor_average),
            "journalist_highest": _figure(found.attackers.journalist_highest),
            "marketer": _figure(found.attackers.marketer),
        },
        "sensitive": {
            name: {
                "distinct_l": _figure(value.distinct),
                "entropy_l": _figure(value.entropy),
                "t": _figure(value.closeness),
            }
            for name, value in found.diversity.items()
        },
        "singular_values": {
            name: {
                "three_sigma": _figure(value.by_sigma),
                "median_deviation": _figure(value.by_median),
                "rare_values": value.by_frequency,
            }
            for name, value in found.singular.items()
        },
        "distinct_values": dict(found.distinct_values),
    }


def _figure(value: Figure | int) -> Any:
    if isinstance(value, NotComputed):
        return {"not_computed": value.reason.en}
    return value


def _special_json(value: SpecialUniques | NotComputed) -> Any:
    if isinstance(value, NotComputed):
        return _figure(value)
    return {
        "rows": value.rows,
        "by_column": value.by_column,
        "by_size": {str(size): count for size, count in value.by_size.items()},
    }


def _attackers(found: Classes, table: pa.Table, quasi: tuple[str, ...], population: Population | None) -> Attackers:
    if not quasi:
        return Attackers(NO_QUASI, NO_QUASI, NO_QUASI, NO_QUASI)
    if population is None or not found.rows:
        return attackers(found)
    seen = outside(table, quasi, population)
    return (
        attackers(found, seen, seen)
        if isinstance(seen, NotComputed)
        else attackers(found, seen.smallest, seen.named_right)
    )


def _special(table: pa.Table, quasi: tuple[str, ...]) -> SpecialUniques | NotComputed:
    if not quasi:
        return NO_QUASI
    if not table.num_rows:
        return NO_SPECIAL_ROWS
    if len(quasi) > MAX_SPECIAL_COLUMNS:
        return TOO_MANY
    sets = sum(comb(len(quasi), size) for size in range(1, MAX_COLUMNS + 1))
    return TOO_LONG if sets * table.num_rows > MAX_SPECIAL_WORK else special_uniques(table, quasi)


def _diversity(found: Classes, column: pa.ChunkedArray, *, has_quasi: bool) -> Diversity:
    if not has_quasi:
        return Diversity(NO_QUASI, NO_QUASI, NO_QUASI)
    return Diversity(distinct_l(found, column), entropy_l(found, column), t_closeness(found, column))


def _histogram(found: Classes) -> tuple[tuple[int, int, int], ...]:
    sizes = found.sizes
    ends = [step - 1 for step in SIZE_STEPS[1:]]
    largest = int(sizes.max()) if len(sizes) else 0
    bins = []
    for low, high in zip(SIZE_STEPS, [*ends, max(largest, SIZE_STEPS[-1])], strict=True):
        rows = int(sizes[(sizes >= low) & (sizes <= high)].sum())
        bins.append((low, high, rows))
    return tuple(bins)
