"""Whether enough witnesses signed what the log signed: a split view needs all of them to look away."""

from __future__ import annotations

from collections.abc import Iterable

from audit.verifying.findings import Findings
from audit.witness.policy import WitnessPolicy


def hold_against_policy(
    policy: WitnessPolicy, notes: Iterable[tuple[int, str]], covered: int, findings: Findings
) -> None:
    """Note what the witnesses that a policy asks for have not signed.

    `notes` are checkpoints of this log with their cosignatures, the largest first; of those that hold the tree was
    compared already, and `covered` is the largest of these.
    """
    for size, note in notes:
        if size <= covered and policy.satisfied_by(note):
            if size < covered:
                findings.at("witness.behind", size, covered - 1)
            return
    findings.at("witness.quorum", 0, max(covered - 1, 0))
