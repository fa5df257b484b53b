"""What release.json says: a pure function of the request, its findings and its votes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from egress_review.findings import Report
from egress_review.model import Request
from egress_review.package import FILES, FORMAT, Part
from egress_review.review import Ballot
from egress_review.terms import Policy
from egress_review.wire import report_to_wire


def release_document(
    request: Request,
    *,
    report: Report,
    policy: Policy,
    ballots: Iterable[Ballot],
    vote_indexes: Mapping[str, int],
    approved_index: int,
    origin: str,
    package: Sequence[Part],
) -> dict[str, Any]:
    """The record of a release: votes by role, never by person; everything else in full."""
    findings = {file["sha256"]: file["findings"] for file in _wire_files(report)}
    verdicts = {file.sha256: file.verdict.value for file in report.files}
    return {
        "format": FORMAT,
        "request": {
            "ref": request.ref,
            "project": request.project,
            "round": request.round,
            "title": request.title,
            "purpose": request.purpose,
            "context": request.context,
            "controls": request.controls,
            "context_hash": request.context_hash,
        },
        "datasets": [{"id": use.dataset, "version": use.version, "people": use.people} for use in request.datasets],
        "policy": {"name": policy.name, "digest": policy.digest, "content": policy.as_json()},
        "files": [
            {
                **Part(f"{FILES}/{file.name}", file.sha256, file.size).as_json(),
                "verdict": verdicts[file.sha256],
                "findings": findings[file.sha256],
            }
            for file in request.files
        ],
        "votes": [
            {
                "role": "senior_checker" if "senior_checker" in ballot.roles else "checker",
                "files": {sha256: choice.value for sha256, choice in sorted(ballot.choices.items())},
                "log_index": vote_indexes[ballot.checker_ref],
            }
            for ballot in sorted(ballots, key=lambda one: vote_indexes[one.checker_ref])
        ],
        "log": {"origin": origin, "approved_index": approved_index},
        "package": [part.as_json() for part in package],
    }


def _wire_files(report: Report) -> list[dict[str, Any]]:
    files: Any = report_to_wire(report)["files"]
    return list(files)
