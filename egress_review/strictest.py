"""Several policies at once: of each term the strictest value wins, with the source of the policy that sets it.

A zone, a data owner and a jurisdiction may each have a policy; whoever hands in a result is held to all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, get_args

from egress_review.terms import Policy, Zeros
from registry.text import Text

_BY_WEIGHT: tuple[str, ...] = get_args(Zeros)
"""What a zero can be, from nothing to the heaviest finding."""

Strictness = Callable[[Any], Any]
"""Larger is stricter."""


def _more(value: int) -> int:
    return value


def _less(value: int) -> int:
    return -value


def _less_but_none(value: int) -> float:
    """A limit of 0 is none at all, which is the least strict."""
    return -value if value else -math.inf


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
    "other_organisation": _more,
    "budget_requests": _less_but_none,
    "budget_files": _less_but_none,
    "budget_bytes": _less_but_none,
    "idle_days": _less_but_none,
    "purge_days": _less_but_none,
    "review_days": _less_but_none,
    "low_risk_bytes": _less,
    "recheck_percent": _more,
    "evidence_required": _more,
    "dominance_n": _more,
    "dominance_k": _less_but_none,
    "p_percent": _more,
    "min_dof": _more,
    "survival_threshold": _more,
}
"""How each term is compared. Types are those that every policy allows, roles all that any policy asks for."""

LONGEST_NAMES = 64
"""Characters of the joined name; the digest tells policies apart, the name is for people."""


def strictest(policies: Sequence[Policy]) -> Policy:
    """One policy that is at least as strict as each of those given; one alone stays as it is.

    Its digest covers the names, the values and the sources, so a vote says which policies it was given under.
    """
    first, *others = policies
    if not others:
        return first
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for term in STRICTER:
        winner = max(policies, key=lambda policy: STRICTER[term](getattr(policy, term)))
        values[term] = getattr(winner, term)
        if term in winner.sources:
            sources[term] = f"{winner.name}: {winner.sources[term]}"
    values["types"] = tuple(kind for kind in first.types if all(kind in policy.types for policy in others))
    sources["types"] = "; ".join(f"{policy.name}: {policy.sources['types']}" for policy in policies)
    values["required_roles"] = tuple(sorted({role for policy in policies for role in policy.required_roles}))
    asking = [policy for policy in policies if "required_roles" in policy.sources]
    if asking:
        sources["required_roles"] = "; ".join(f"{policy.name}: {policy.sources['required_roles']}" for policy in asking)
    return Policy(
        name=_joined([policy.name for policy in policies]),
        title=Text(
            ko=" + ".join(policy.title.ko for policy in policies), en=" + ".join(policy.title.en for policy in policies)
        ),
        sources=sources,
        recognisers=tuple(dict.fromkeys(one for policy in policies for one in policy.recognisers)),
        **values,
    )


def _joined(names: Sequence[str]) -> str:
    """The names in order, as many as fit, and how many more there are."""
    whole = "+".join(names)
    if len(whole) <= LONGEST_NAMES:
        return whole
    shown = list(names)
    while len("+".join([*shown, f"{len(names) - len(shown)} more"])) > LONGEST_NAMES:
        shown.pop()
    return "+".join([*shown, f"{len(names) - len(shown)} more"])
