"""The terms of a policy that single checks go by, in the form in which they compute with them."""

from __future__ import annotations

from dataclasses import dataclass

from egress_review.terms import Policy

ONE_OF_ALL = 0.5
"""Share of a total from which a single contributor is pointed out to reviewers, whatever the policy stops.

Hundepool et al., Statistical Disclosure Control (2012), 4.2: (1,k) is in use beside (2,k), with k of a half and more.
"""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What dominates a sum; 0 stands for what the policy does not look at."""

    dominance_n: int
    dominance_k: float
    """Share of the total, from 0 to 1, from which the largest contributors dominate it."""
    p_percent: float
    """Share of the largest contribution, from 0 to 1, within which its rival could estimate it."""


def thresholds(policy: Policy) -> Thresholds:
    """The thresholds of a policy, which writes shares in per cent."""
    return Thresholds(policy.dominance_n, policy.dominance_k / 100, policy.p_percent / 100)
