"""A policy as a value: the numbers that checks and reviews go by. Standard library only, as the scanner is.

Every term has a source, because a number without one cannot be defended to the person it stops.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from deid.zone_recognisers import ZoneRecogniser
from registry.text import Text

Zeros = Literal["allow", "note", "warn", "fail"]

KNOWN_TYPES = ("csv", "ipynb", "jpeg", "json", "md", "png", "tsv", "txt", "xlsx")
"""File types that the engine can check to the end; a policy can leave some out and add none."""

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

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical content; the same for the same terms, wherever they were read."""
        return hashlib.sha256(canonical(self.as_json())).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """All content as JSON values."""
        content = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "recognisers"}
        # Without any the content is that of before there were any, and so is the digest that votes were given under.
        added = {"recognisers": [one.as_json() for one in self.recognisers]} if self.recognisers else {}
        return (
            content
            | added
            | {
                "title": {"ko": self.title.ko, "en": self.title.en},
                "types": list(self.types),
                "sources": dict(self.sources),
            }
        )

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Policy:
        """The policy of `as_json`.

        Raises: TermsError — for content that `as_json` of no valid policy gives.
        """
        content = {"recognisers": [], **content}
        names = {f.name for f in fields(cls)}
        for key in sorted(set(content) ^ names):
            raise TermsError(key, Text(ko=f"알 수 없거나 빠진 항목: {key}", en=f"unknown or missing: {key}"))
        title = content["title"]
        values = dict(content) | {
            "title": Text(ko=title["ko"], en=title["en"]),
            "types": tuple(content["types"]),
            "recognisers": tuple(map(ZoneRecogniser.from_json, content["recognisers"])),
            "sources": dict(content["sources"]),
        }
        policy = cls(**values)
        check_terms(policy)
        return policy


TERMS = tuple(f.name for f in fields(Policy) if f.name not in ("name", "title", "sources", "recognisers"))
"""The terms that must have a value and a source."""

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
}


def check_terms(policy: Policy) -> None:
    """Hold a policy to what every policy must obey.

    Raises: TermsError — naming the first term that breaks it.
    """
    for key, least in _LEAST.items():
        value = getattr(policy, key)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise TermsError(key, _too_low(key, least))
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
    for key in TERMS:
        if not policy.sources.get(key):
            raise TermsError(key, Text(ko=f"{key} 항목에 출처가 없습니다", en=f"{key} has no source"))


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
