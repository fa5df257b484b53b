"""Making an extract meet its policy: rows in classes too small or too uniform are left out, as far as it permits.

(행 항목 삭제.) If more rows would have to go than the policy permits, nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from audit.text import Text
from deid.errors import DataError
from deid.policy import Policy
from deid.risk.assessment import Assessment, assess_policy, criteria
from deid.risk.classes import Classes, classes, codes, combine

Mask = NDArray[np.bool_]


_EMPTY = Text(
    "남은 행이 없어 정책의 기준을 계산할 수 없습니다. 원본에 행이 있는지 확인하십시오.",
    "no rows are left, so the policy's criteria cannot be computed; see whether the source has rows.",
)
_NO_ROWS = Text(
    "행이 있는 원본을 주거나 식별가능정보 열을 더 넓게 일반화하십시오."
    " 빈 추출본이 필요하면 정책에서 release를 빼십시오.",
    "Give a source that has rows, or generalise the quasi-identifiers further."
    " For an empty extract leave `release` out of the policy.",
)


class NotReleasable(DataError):
    """The extract does not meet its policy."""

    reason_code = "not_releasable"
    exit_code: ClassVar[int] = 1
    hint = Text(
        "식별가능정보 열을 더 넓게 일반화하거나(`ansim deid risk`가 어느 열인지 보여 줍니다) 기준을 바꾸십시오.",
        "Generalise the quasi-identifiers further (`ansim deid risk` shows which), or change the criteria.",
    )


class NothingLeft(NotReleasable):
    """There is no row of which the criteria could be true."""

    exit_code: ClassVar[int] = 2
    hint = _NO_ROWS


@dataclass(frozen=True, slots=True)
class Released:
    """An extract that meets its policy."""

    kept: Mask
    """Which rows stay."""
    suppressed: int
    """Rows that were left out for it."""
    assessment: Assessment


def meet(table: pa.Table, policy: Policy) -> Released:
    """Return which rows may stay so that a policy's criteria are met; the table needs its quasi and sensitive columns.

    A table without rows meets none: what was not computed is not fine.

    Raises: NotReleasable — if too many rows would have to go, none is left, or a criterion still fails; names it.
    """
    quasi = policy.of_role("quasi")
    mask = np.ones(table.num_rows, dtype=np.bool_)
    if policy.release.k is not None and quasi:
        # Leaving rows out never makes a class smaller that stays: classes go as a whole.
        mask = _kept_rows(table, quasi, policy)
    kept = table.filter(pa.array(mask))
    suppressed = table.num_rows - kept.num_rows
    if suppressed > policy.release.max_suppression * table.num_rows:
        raise NotReleasable(
            Text(
                f"기준을 맞추려면 {table.num_rows:,}행 중 {suppressed:,}행을 지워야 하나"
                f" 정책은 {policy.release.max_suppression:.1%}까지만 허용합니다.",
                f"{suppressed:,} of {table.num_rows:,} rows would have to go;"
                f" the policy permits {policy.release.max_suppression:.1%}.",
            )
        )
    found = assess_policy(kept, policy)
    demands = criteria(policy.release, found)
    if demands and not kept.num_rows:
        raise NothingLeft(_EMPTY)
    for demand in demands:
        if demand.met != "met":
            where = f"({demand.column})" if demand.column else ""
            raise NotReleasable(
                Text(
                    f"정책의 {demand.name}{where} 기준 {demand.required:g}을(를) 만족하지 못합니다.",
                    f"the policy's criterion {demand.name}{where} = {demand.required:g} is not met.",
                )
            )
    return Released(mask, suppressed, found)


def _kept_rows(table: pa.Table, quasi: tuple[str, ...], policy: Policy) -> Mask:
    found = classes(table, quasi)
    good = found.sizes >= (policy.release.k or 1)
    for name, least in policy.release.l_diversity.items():
        good &= _distinct(found, table.column(name)) >= least
    return np.asarray(good[found.of_row])


def _distinct(found: Classes, sensitive: pa.ChunkedArray) -> NDArray[np.int64]:
    values, count = codes(sensitive)
    both, _ = combine([(found.of_row, len(found.sizes)), (values, count)])
    return np.bincount(np.unique(both) // count, minlength=len(found.sizes))
