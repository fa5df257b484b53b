"""The low-risk tier: aggregates and redacted tracebacks that pass every check, if the owners of all data allow it.

A tier shortens what two people read, never their number: in both of them a result leaves with two votes at least.
"""

from __future__ import annotations

from typing import Literal

from egress_review.findings import Finding, Flagged, NotChecked, Report, Severity, Verdict
from egress_review.model import Request
from egress_review.terms import Policy

Tier = Literal["low", "ordinary"]

AGGREGATES = frozenset(("csv", "tsv", "xlsx"))
"""Types that hold tables and nothing else; whether a table is one of aggregates is what the checks look at."""


def tier_of(
    request: Request,
    report: Report | None,
    policy: Policy,
    *,
    owners_allow: bool,
    redacted: frozenset[str] = frozenset(),
) -> Tier:
    """The tier of a request as it stands: anything doubtful is ordinary.

    `redacted` are the hashes of its files that are tracebacks without values.
    """
    if report is None or not owners_allow or not policy.low_risk or not report.files:
        return "ordinary"
    if request.direction != "egress" or sum(file.size for file in request.outputs) > policy.low_risk_bytes:
        return "ordinary"
    if any(file.verdict is not Verdict.PASSED or any(map(_doubtful, file.findings)) for file in report.files):
        return "ordinary"
    plain = all(_is_table(file.name) or file.sha256 in redacted for file in request.outputs)
    return "low" if plain and {file.sha256 for file in report.files} >= _outputs(request) else "ordinary"


def _doubtful(finding: Finding) -> bool:
    """Whether a person has to look at it: whatever was not checked, and whatever is flagged above a note."""
    match finding:
        case NotChecked():
            return True
        case Flagged():
            return finding.severity is not Severity.NOTE
        case _:
            return False


def _is_table(name: str) -> bool:
    return name.rpartition(".")[2].lower() in AGGREGATES


def _outputs(request: Request) -> set[str]:
    return {file.sha256 for file in request.outputs}
