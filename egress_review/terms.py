"""A policy as a value: the numbers that checks and reviews go by. Standard library only, as the scanner is.

Every term has a source, because a number without one cannot be defended to the person it stops.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from types import MappingProxyType
from typing import Any, Literal

from deid.zone_recognisers import ZoneRecogniser
from registry.text import Text

Zeros = Literal["allow", "note", "warn", "fail"]

KNOWN_TYPES = (
    *("csv", "docx", "html", "hwpx", "ipynb", "jpeg", "json", "md", "pdf", "png", "pptx", "svg", "tsv", "txt", "xlsx"),
    *("code", "tex", "zip"),
)
"""File types that the engine can check to the end; a policy can leave some out and add none."""

APPROVING_ROLES = ("data_controller", "senior_checker")
"""Roles that a policy can want among those who approve; whoever holds one votes as a checker all the same."""

BUDGET_DAYS = 30
"""The period over which the budgets of a project are counted: what was handed in within the last 30 days."""

FEWEST_VOTES = 2
"""No policy can let one person release data: two distinct humans, always."""


class TermsError(ValueError):
    """A value that a policy must not have; `key` names it and `reason` says why."""

    def __init__(self, key: str, reason: Text) -> None:
        super().__init__(reason.en)
        self.key = key
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What one zone, owner or jurisdiction demands of an output."""

    name: str
    title: Text
    min_cell: int
    """Fewest people behind a published count; counts from 1 to one less are flagged."""
    zeros: Zeros
    """What a count of zero is: nothing, or a finding of that severity."""
    round_base: int
    """Base that the suggested rounding uses."""
    max_files: int
    max_file_bytes: int
    max_total_bytes: int
    max_rows: int
    row_level_rows: int
    """Rows from which a table is suspected to be records of single people."""
    types: tuple[str, ...]
    required_votes: int
    """Distinct people who must approve each file; never fewer than two."""
    min_context: int
    """Characters that the description of an output must have at least."""
    collect_days: int
    """Days for which a released package can be collected."""
    sources: Mapping[str, str]
    """Source of each of the terms above, by its name."""
    recognisers: tuple[ZoneRecogniser, ...] = ()
    """What the zone looks for in outputs beside what is built in; part of the digest, so a vote covers them."""
    other_organisation: bool = False
    """Whether at least one who approves belongs to an organisation other than the author's."""
    required_roles: tuple[str, ...] = ()
    """Roles that must be among those who approve, of `APPROVING_ROLES`."""
    budget_requests: int = 0
    """Requests that a project may hand in within `BUDGET_DAYS`; 0: as many as it likes."""
    budget_files: int = 0
    """Output files of a project within `BUDGET_DAYS`; 0: as many as it likes."""
    budget_bytes: int = 0
    """Bytes of the output files of a project within `BUDGET_DAYS`; 0: as many as it likes."""
    idle_days: int = 0
    """Days without any step after which an open request is given up and its files are purged; 0: never."""
    purge_days: int = 0
    """Days after the end of a request after which its files are removed from the zone; 0: never."""
    review_days: int = 0
    """Business days within which a request is decided, else its checkers are reminded; 0: no deadline."""
    low_risk_bytes: int = 0
    """Largest request of the low-risk tier; 0: there is no such tier. Two people vote in it as in any other."""
    recheck_percent: int = 0
    """Share of the releases that are looked at once more afterwards, by chance."""
    evidence_required: bool = False
    """Whether sums and means need the number and the largest of their contributors as a supporting file."""
    dominance_n: int = 0
    """With `dominance_k`: the largest n contributors may not make up k percent of a total; 0: not looked at."""
    dominance_k: int = 0
    """Percent; see `dominance_n`."""
    p_percent: int = 0
    """The rest of a total without its two largest must be at least p percent of the largest; 0: not looked at."""
    min_dof: int = 0
    """Fewest residual degrees of freedom of a model; 0: not looked at."""
    survival_threshold: int = 0
    """Fewest people at risk behind a step of a survival curve; 0: not looked at."""

    @property
    def low_risk(self) -> bool:
        """Whether there is a low-risk tier, as far as this policy is concerned."""
        return self.low_risk_bytes > 0

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical content; the same for the same terms, wherever they were read."""
        return hashlib.sha256(canonical(self.as_json())).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """All content as JSON values."""
        left_out = {"recognisers", *(key for key in NEUTRAL if not self._says(key))}
        content = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in left_out}
        # Without any the content is that of before there were any, and so is the digest that votes were given under.
        added: dict[str, Any] = {key: list(content[key]) for key in ("required_roles",) if key in content}
        if self.recognisers:
            added["recognisers"] = [one.as_json() for one in self.recognisers]
        return (
            content
            | added
            | {
                "title": {"ko": self.title.ko, "en": self.title.en},
                "types": list(self.types),
                "sources": dict(self.sources),
            }
        )

    def _says(self, term: str) -> bool:
        """Whether a later term is more than its absence."""
        return term in self.sources or getattr(self, term) != NEUTRAL[term]

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Policy:
        """The policy of `as_json`.

        Raises: TermsError — for content that `as_json` of no valid policy gives.
        """
        content = {"recognisers": [], **NEUTRAL, **content}
        names = {f.name for f in fields(cls)}
        for key in sorted(set(content) ^ names):
            raise TermsError(key, Text(ko=f"알 수 없거나 빠진 항목: {key}", en=f"unknown or missing: {key}"))
        title = content["title"]
        values = dict(content) | {
            "title": Text(ko=title["ko"], en=title["en"]),
            "types": tuple(content["types"]),
            "required_roles": tuple(content["required_roles"]),
            "recognisers": tuple(map(ZoneRecogniser.from_json, content["recognisers"])),
            "sources": dict(content["sources"]),
        }
        policy = cls(**values)
        check_terms(policy)
        return policy


TERMS = tuple(f.name for f in fields(Policy) if f.name not in ("name", "title", "sources", "recognisers"))
"""Every term, each with a value and a source."""

NEUTRAL: Mapping[str, Any] = MappingProxyType(
    {f.name: f.default for f in fields(Policy) if f.default is not MISSING and f.name != "recognisers"}
)
"""The terms that a policy may leave out, and what it then means: as it was before there was such a term."""

_LEAST = {
    "min_cell": 2,
    "round_base": 1,
    "max_files": 1,
    "max_file_bytes": 1,
    "max_total_bytes": 1,
    "max_rows": 1,
    "row_level_rows": 1,
    "required_votes": FEWEST_VOTES,
    "min_context": 0,
    "collect_days": 1,
    **{key: 0 for key, value in NEUTRAL.items() if type(value) is int},
}
_MOST = {"recheck_percent": 100, "dominance_k": 100, "p_percent": 100}


def check_terms(policy: Policy) -> None:
    """Hold a policy to what every policy must obey.

    Raises: TermsError — naming the first term that breaks it.
    """
    for key, least in _LEAST.items():
        value = getattr(policy, key)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise TermsError(key, _too_low(key, least))
        if value > _MOST.get(key, value):
            most = _MOST[key]
            raise TermsError(key, Text(ko=f"{key} 값은 {most} 이하여야 합니다", en=f"{key} must be at most {most}"))
    if policy.zeros not in ("allow", "note", "warn", "fail"):
        reason = Text(
            ko="zeros 값은 allow, note, warn, fail 가운데 하나입니다",
            en="zeros is one of allow, note, warn, fail",
        )
        raise TermsError("zeros", reason)
    for kind in policy.types:
        if kind not in KNOWN_TYPES:
            reason = Text(
                ko=f"검사할 수 없는 파일 형식: {kind}",
                en=f"{kind!r} is not a file type that can be checked; known: {', '.join(KNOWN_TYPES)}",
            )
            raise TermsError("types", reason)
    _check_reviewers(policy)
    if (policy.dominance_n > 0) is not (policy.dominance_k > 0):
        reason = Text(
            ko="dominance_n과 dominance_k는 함께 정합니다",
            en="dominance_n and dominance_k are set together or not at all",
        )
        raise TermsError("dominance_k", reason)
    for key in TERMS:
        if not policy.sources.get(key) and getattr(policy, key) != NEUTRAL.get(key, MISSING):
            raise TermsError(key, Text(ko=f"{key} 항목에 출처가 없습니다", en=f"{key} has no source"))


def _check_reviewers(policy: Policy) -> None:
    """Raises: TermsError — for what is no yes or no, and for a role that cannot approve."""
    for key in ("other_organisation", "evidence_required"):
        if not isinstance(getattr(policy, key), bool):
            raise TermsError(key, Text(ko=f"{key} 값은 true나 false입니다", en=f"{key} is true or false"))
    for role in policy.required_roles:
        if role not in APPROVING_ROLES:
            known = ", ".join(APPROVING_ROLES)
            reason = Text(
                ko=f"승인자에게 요구할 수 없는 역할: {role} (가능: {known})",
                en=f"{role!r} is no role that can be asked for among those who approve; known: {known}",
            )
            raise TermsError("required_roles", reason)


def _too_low(key: str, least: int) -> Text:
    if key == "required_votes":
        return Text(
            ko="승인자는 두 명보다 적을 수 없습니다",
            en="required_votes must be at least 2: no policy lets one person release data",
        )
    return Text(
        ko=f"{key} 값은 {least} 이상의 정수여야 합니다",
        en=f"{key} must be a whole number of at least {least}",
    )


def canonical(content: Any) -> bytes:
    """JSON with sorted keys and no spaces: one content, one sequence of bytes."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
