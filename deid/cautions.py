"""What a policy permits and still shows: said to whoever decides on it, before anything is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.text import Language, Text
from deid.policy import Policy

GENERALISING = frozenset(
    (
        *("categorize", "date_floor", "generalize_local", "geo_level", "mask", "microaggregate", "partial_suppress"),
        *("range", "round", "round_controlled", "round_random"),
    )
)
"""Actions that are there to make the values of several people alike, wherever they lie.

`rare_to_other` and `top_bottom_code` are not: they change the few values at the edge, and one that becomes another
leaves as many different values as there were.
"""
_IDLE = Text(
    "{action} 처리 뒤에도 값의 종류가 {count}가지로 줄지 않았습니다. 값이 그대로 구별됩니다. 더 넓게 묶으십시오.",
    "After {action} there are still {count} different values, none fewer: each tells what it told. Make it coarser.",
)
_SOURCE_ORDER = Text(
    "행의 순서가 원자료와 같습니다. 원자료를 가진 사람은 줄을 맞대어 볼 수 있습니다. order: shuffled를 쓰십시오.",
    "Rows stand in the order of the source: whoever has it can put them side by side. Use order: shuffled.",
)


@dataclass(frozen=True, slots=True)
class Caution:
    """One thing to know; of a column, or of the whole where none is named."""

    column: str | None
    text: Text


def cautions(policy: Policy) -> list[Caution]:
    """Return what a policy shows although it is permitted, in the order of its columns."""
    found = [Caution(column.name, text) for column in policy.shown if (text := column.action.caution()) is not None]
    if policy.order == "source" and (policy.of_role("direct") or policy.of_role("quasi")):
        found.append(Caution(None, _SOURCE_ORDER))
    return found


def idle(policy: Policy, before: Mapping[str, int], after: Mapping[str, int]) -> list[Caution]:
    """Return the columns in which generalising left as many different values as there were.

    `before` and `after` say how many different values a column had and has. The guideline calls such rounding
    unsuitable: 983,116,785 to thousands is still a value of one person alone.
    """
    return [
        Caution(column.name, _IDLE.format(action=column.action_name, count=f"{after[column.name]:,}"))
        for column in policy.shown
        if column.action_name in GENERALISING and 1 < before.get(column.name, 0) <= after.get(column.name, 0)
    ]


def sentences(policy: Policy, language: Language, found: Sequence[Caution] | None = None) -> list[str]:
    """Return the cautions as sentences, each with its column."""
    found = cautions(policy) if found is None else found
    return [("" if one.column is None else f"{one.column}: ") + one.text.say(language) for one in found]
