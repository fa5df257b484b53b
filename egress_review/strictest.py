"""Several policies at once: of each term the strictest value wins, with the source of the policy that sets it.

A zone, a data owner and a jurisdiction may each have a policy; whoever hands in a result is held to all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

from egress_review.terms import TERMS, Policy, Zeros
from registry.text import Text

_BY_WEIGHT: tuple[str, ...] = get_args(Zeros)
"""What a zero can be, from nothing to the heaviest finding."""

Strictness = Callable[[Any], Any]
"""Larger is stricter."""


def _more(value: int) -> int:
    return value


def _less(value: int) -> int:
    return -value


STRICTER: dict[str, Strictness] = {
    "min_cell": _more,
    "zeros": _BY_WEIGHT.index,
    "round_base": _more,
    "max_files": _less,
    "max_file_bytes": _less,
    "max_total_bytes": _less,
    "max_rows": _less,
    "row_level_rows": _less,
    "required_votes": _more,
    "min_context": _more,
    "collect_days": _less,
}
"""How each term is compared; the types that are allowed are those that every policy allows."""


def strictest(policies: Sequence[Policy]) -> Policy:
    """One policy that is at least as strict as each of those given; one alone stays as it is.

    Its digest covers the names, the values and the sources, so a vote says which policies it was given under.
    """
    first, *others = policies
    if not others:
        return first
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for term in TERMS:
        if term == "types":
            continue
        winner = max(policies, key=lambda policy: STRICTER[term](getattr(policy, term)))
        values[term] = getattr(winner, term)
        sources[term] = f"{winner.name}: {winner.sources[term]}"
    values["types"] = tuple(kind for kind in first.types if all(kind in policy.types for policy in others))
    sources["types"] = "; ".join(f"{policy.name}: {policy.sources['types']}" for policy in policies)
    return Policy(
        name="+".join(policy.name for policy in policies),
        title=Text(
            ko=" + ".join(policy.title.ko for policy in policies), en=" + ".join(policy.title.en for policy in policies)
        ),
        sources=sources,
        **values,
    )
