"""The values of egress review: drafts, requests, files, votes, and what one person may see of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from egress_review.claims import Claims, parse_claims
from egress_review.findings import FileReport, Report, Verdict
from egress_review.terms import canonical
from egress_review.workflow import State


class Choice(StrEnum):
    """What a checker says about one file."""

    APPROVE = "approve"
    CHANGES = "changes"
    REJECT = "reject"


class Action(StrEnum):
    """What a person can do with a request now."""

    VOTE = "vote"
    RETURN = "return"
    REJECT = "reject"
    RESUBMIT = "resubmit"
    WITHDRAW = "withdraw"
    REVOKE = "revoke"
    PREVIEW = "preview"
    COLLECT = "collect"


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author hands in."""

    title: str
    purpose: str
    context: str
    controls: str
    """Statistical controls in words, or as a JSON object of declarations (`egress_review.claims`)."""
    files: tuple[str, ...]
    """Names of files in the outbox."""


@dataclass(frozen=True, slots=True)
class RequestFile:
    """One file of one round, as it lies in the vault."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class DatasetUse:
    """A dataset version that the workspace could read when the request was handed in, and how many it is about."""

    dataset: str
    version: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One egress request in its present round."""

    ref: str
    project: str
    author_ref: str
    workspace_ref: str
    title: str
    purpose: str
    context: str
    controls: str
    state: State
    round: int
    policy_name: str
    policy_digest: str
    """The policy under which the present round was checked; votes hold for no other."""
    files: tuple[RequestFile, ...]
    datasets: tuple[DatasetUse, ...]
    created_at: datetime
    submitted_at: datetime
    changed_at: datetime
    """When the request came into its present state."""
    released_at: datetime | None
    approved_event: str | None
    """The id of the event that records the approval."""
    release_index: int | None
    """Index of the release in the audit log, once the package is made."""
    packaged: bool
    """Whether the package lies ready to be collected."""
    attempts: int
    """Failed attempts of the machine at the present step."""
    retry_at: datetime | None
    version: int
    """Number of changes; a change on top of an unknown one is refused."""

    @property
    def context_hash(self) -> str:
        """SHA-256 over everything the author says about the files; a changed word voids the votes."""
        said = {
            "title": self.title,
            "purpose": self.purpose,
            "context": self.context,
            "controls": self.controls,
            "files": sorted([file.name, file.sha256] for file in self.files),
        }
        return hashlib.sha256(canonical(said)).hexdigest()

    @property
    def confirm_code(self) -> str:
        """What a checker types to approve: the last four characters of the reference."""
        return self.ref[-4:]

    def file(self, sha256: str) -> RequestFile | None:
        """The file of that hash in the present round."""
        return next((file for file in self.files if file.sha256 == sha256), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What one checker said about one file, and exactly what it was said about."""

    checker_ref: str
    roles: tuple[str, ...]
    sha256: str
    choice: Choice
    round: int
    context_hash: str
    policy_digest: str
    revision: int
    """1 for the blind vote, more for votes in consolidation; nothing is overwritten."""
    comment: str
    at: datetime


class Visibility(StrEnum):
    """Who reads a message."""

    REVIEWERS = "reviewers"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A reason or remark that belongs to a round."""

    round: int
    by_ref: str | None
    """Who wrote it; None for a reader who may not know."""
    by_role: str
    kind: str
    """The audit event that it came with."""
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """One checker's latest votes of the present round, as one viewer may see them."""

    own: bool
    checker_ref: str | None
    """Who it was; None for a viewer who may not know."""
    role: str
    votes: Mapping[str, Choice]
    """Choice by SHA-256 of the file."""
    comment: str
    revision: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """A request as one person may see it at this moment."""

    request: Request
    report: Report | None
    """Findings of the present round; None until the scan is done."""
    reviews: tuple[ReviewView, ...]
    blind: bool
    """Whether there may be votes that this viewer does not see yet."""
    messages: tuple[Message, ...]
    actions: frozenset[Action]
    required_votes: int
    confirm_code: str
    earlier: tuple[str, ...]
    """References of releases of the same project, the latest first; only for reviewers."""

    def report_of(self, sha256: str) -> FileReport | None:
        """Findings on one file."""
        files = self.report.files if self.report else ()
        return next((file for file in files if file.sha256 == sha256), None)

    @property
    def needs_senior(self) -> bool:
        """Whether approving would overrule a rule, which takes a senior checker and a reason."""
        return self.report is not None and any(f.verdict is not Verdict.PASSED for f in self.report.files)


def controls_object(controls: str) -> dict[str, Any] | None:
    """The declarations in the controls, where they are a JSON object; None where they are words."""
    if not controls.lstrip().startswith("{"):
        return None
    try:
        content = json.loads(controls)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def claims_of(controls: str) -> Claims:
    """The claims that the controls declare; none where they are words only.

    Raises: ClaimError — for declarations that cannot be understood.
    """
    return parse_claims(controls_object(controls))
