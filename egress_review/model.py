"""The values of egress review: drafts, requests, files, votes, and what one person may see of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

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
    EDIT = "edit"
    """Change a draft, and hand it in."""
    COPY = "copy"
    """Make a new draft of what a request said."""
    COMMENT = "comment"
    RECUSE = "recuse"
    PREVIEW = "preview"
    COLLECT = "collect"


Direction = Literal["egress", "ingress"]
"""Out of the zone, or into a workspace."""

Kind = Literal["output", "supporting"]
"""An output is voted on and released; a supporting file is evidence for reviewers and checks, and never leaves."""


@dataclass(frozen=True, slots=True)
class Group:
    """Files that share one description: what they show, and what was done against disclosure."""

    context: str
    controls: str
    files: tuple[str, ...]
    """Names of files of the request, each in one group at most; the others belong to the request's own words."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author hands in."""

    title: str
    purpose: str
    context: str
    controls: str
    """Statistical controls in words, or as a JSON object of declarations (`egress_review.claims`)."""
    files: tuple[str, ...]
    """Names of files in the outbox that are to leave."""
    supporting: tuple[str, ...] = ()
    """Names of files in the outbox that only reviewers and checks read."""
    groups: Mapping[str, Group] = field(default_factory=dict)
    """Groups of files by name."""


@dataclass(frozen=True, slots=True)
class RequestFile:
    """One file of one round, as it lies in the vault."""

    name: str
    sha256: str
    size: int
    kind: Kind = "output"
    group: str = ""
    """Name of its group; empty for the request's own."""


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
    salt: str = ""
    """Random part of the context hash where there is evidence, which must not be guessed from the hash."""
    direction: Direction = "egress"
    state: State
    round: int
    policy_name: str
    policy_digest: str
    """The policy under which the present round was checked; votes hold for no other."""
    files: tuple[RequestFile, ...]
    """Every file of the round, evidence too; what is voted on and leaves is `outputs`."""
    groups: Mapping[str, Group] = field(default_factory=dict)
    datasets: tuple[DatasetUse, ...]
    created_at: datetime
    submitted_at: datetime
    changed_at: datetime
    """When the request came into its present state."""
    idle_since: datetime | None = None
    """When it last got on in a way that its author may know of."""
    warned_at: datetime | None = None
    """When its author was warned that it will be abandoned."""
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
    def outputs(self) -> tuple[RequestFile, ...]:
        """The files that are voted on, packed, released and collected."""
        return tuple(file for file in self.files if file.kind == "output")

    @property
    def supporting(self) -> tuple[RequestFile, ...]:
        """The files that never leave."""
        return tuple(file for file in self.files if file.kind == "supporting")

    @property
    def context_hash(self) -> str:
        """SHA-256 over everything the author says about the files; a changed word voids the votes."""
        said: dict[str, Any] = {
            "title": self.title,
            "purpose": self.purpose,
            "context": self.context,
            "controls": self.controls,
            "files": sorted([file.name, file.sha256] for file in self.outputs),
        }
        # Without them the content is that of before there were any, and so is the hash that votes were given on.
        if self.direction != "egress":
            said["direction"] = self.direction
            said["workspace"] = self.workspace_ref
        if self.supporting:
            said["supporting"] = sorted([file.name, file.sha256] for file in self.supporting)
            said["salt"] = self.salt
        if self.groups:
            said["groups"] = {
                name: {"context": group.context, "controls": group.controls, "files": sorted(group.files)}
                for name, group in self.groups.items()
            }
        return hashlib.sha256(canonical(said)).hexdigest()

    def says_the_same(self, other: Request) -> bool:
        """Whether another hand-in says the same about the same files, whatever its salt."""
        return replace(other, salt=self.salt).context_hash == self.context_hash

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
    visibility: Visibility = Visibility.ALL
    group: str = ""
    """The group that it is about; empty for the whole request."""
    file: str = ""
    """Name of the file that it is about."""


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
    purged_at: datetime | None
    """When its files were removed from the zone; hashes, findings, votes and remarks stay."""
    earlier: tuple[str, ...]
    """References of releases of the same project, the latest first; only for reviewers."""
    required_roles: tuple[str, ...] = ()
    """Roles that the policy wants among those who approve."""
    other_organisation: bool = False
    """Whether the policy wants somebody of another organisation than the author's among them."""
    tier: Literal["low", "ordinary"] = "ordinary"
    """The low-risk tier shortens what two people read, never their number."""
    due_at: datetime | None = None
    """Until when an open request should be decided, by the policy and the calendar of the zone."""

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


def declared(request: Request) -> dict[str, Any] | None:
    """The declarations of a request with those of its groups as those of their files, as checks read them."""
    said = controls_object(request.controls)
    own = {name: controls_object(group.controls) or {} for name, group in request.groups.items()}
    if not any(own.values()):
        return said
    general = dict(said or {})
    files = {str(name): dict(claims) for name, claims in dict(general.pop("files", {})).items()}
    for name, group in request.groups.items():
        claims = {key: value for key, value in own[name].items() if key != "files"}
        of_files = own[name].get("files", {})
        for file in group.files:
            files[file] = {**claims, **of_files.get(file, {}), **files.get(file, {})}
    return general | {"files": files}


def claims_of(controls: str) -> Claims:
    """The claims that the controls declare; none where they are words only.

    Raises: ClaimError — for declarations that cannot be understood.
    """
    return parse_claims(controls_object(controls))
