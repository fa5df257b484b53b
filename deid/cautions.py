"""What a policy permits and still shows: said to whoever decides on it, before anything is made."""

from __future__ import annotations

from dataclasses import dataclass

from audit.text import Language, Text
from deid.policy import Policy

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


def sentences(policy: Policy, language: Language) -> list[str]:
    """Return the cautions as sentences, each with its column."""
    found = cautions(policy)
    return [("" if one.column is None else f"{one.column}: ") + one.text.say(language) for one in found]
