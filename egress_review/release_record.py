"""What release.json says: a pure function of the request, its findings and its votes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from egress_review.findings import Report, Verdict
from egress_review.model import Request
from egress_review.package import FILES, FORMAT, Part
from egress_review.review import Ballot
from egress_review.showing import Shown
from egress_review.terms import Policy
from egress_review.wire import report_to_wire


def release_document(
    request: Request,
    *,
    report: Report,
    policy: Policy,
    ballots: Iterable[Ballot],
    vote_indexes: Mapping[str, int],
    shown: Mapping[str, Mapping[str, Shown]],
    approved_index: int,
    origin: str,
    package: Sequence[Part],
) -> dict[str, Any]:
    """The record of a release: votes by role, never by person; everything else in full.

    Where a rule was overruled, the votes say why. `shown` is what each checker had been shown of which file.
    """
    findings = {file["sha256"]: file["findings"] for file in _wire_files(report)}
    verdicts = {file.sha256: file.verdict.value for file in report.files}
    overruled = any(verdicts[file.sha256] != Verdict.PASSED.value for file in request.outputs)
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
            **_described(request),
        },
        "datasets": [{"id": use.dataset, "version": use.version, "people": use.people} for use in request.datasets],
        "policy": {"name": policy.name, "digest": policy.digest, "content": policy.as_json()},
        "files": [
            {
                **Part(f"{FILES}/{file.name}", file.sha256, file.size).as_json(),
                "verdict": verdicts[file.sha256],
                "findings": findings[file.sha256],
            }
            for file in request.outputs
        ],
        "votes": [
            {
                "role": "senior_checker" if "senior_checker" in ballot.roles else "checker",
                "files": {sha256: choice.value for sha256, choice in sorted(ballot.choices.items())},
                "log_index": vote_indexes[ballot.checker_ref],
                **_looked(shown.get(ballot.checker_ref, {})),
                **({"reason": ballot.comment} if overruled else {}),
            }
            for ballot in sorted(ballots, key=lambda one: vote_indexes[one.checker_ref])
        ],
        "log": {"origin": origin, "approved_index": approved_index},
        "package": [part.as_json() for part in package],
    }


def _described(request: Request) -> dict[str, Any]:
    """Groups with what was said of them; of evidence its number only: its hash would let a small file be guessed."""
    leaving = {file.name for file in request.outputs}
    groups = {
        name: {
            "context": group.context,
            "controls": group.controls,
            "files": [file for file in group.files if file in leaving],
        }
        for name, group in sorted(request.groups.items())
    }
    evidence = {"supporting_files": len(request.supporting)} if request.supporting else {}
    return ({"groups": groups} if groups else {}) | evidence


def _looked(shown: Mapping[str, Shown]) -> dict[str, Any]:
    """How many pages each file has, and which of them the voter was not shown."""
    files = {sha256: {"pages": one.pages, "unseen": one.unseen} for sha256, one in sorted(shown.items())}
    return {"shown": files} if files else {}


def _wire_files(report: Report) -> list[dict[str, Any]]:
    files: Any = report_to_wire(report)["files"]
    return list(files)
