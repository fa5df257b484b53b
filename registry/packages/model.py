"""The values of package requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from registry.packages.policy import Tier
from registry.text import Text


class State(StrEnum):
    """How a request stands."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    REVOKED = "revoked"


STATES: Mapping[State, Text] = {
    State.ASKED: Text("결정 대기", "waits for a decision"),
    State.APPROVED: Text("허용됨", "allowed"),
    State.REFUSED: Text("허용되지 않음", "not allowed"),
    State.REVOKED: Text("허용이 거두어짐", "no longer allowed"),
}


@dataclass(frozen=True, slots=True)
class PackageRequest:
    """One package that a project asked for, or that an operator allowed it unasked (then nobody asked)."""

    ref: str
    project: str
    package: str
    state: State
    why: str
    note: str | None
    asked_by: str | None
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one project may install: its tier, and every package with what it requires."""

    tier: Tier
    policy: str
    """The digest of the policy."""
    named: frozenset[str]
    """What policy and decisions name."""
    packages: frozenset[str]
    """These, and what they require: some of it may be in the image and never be asked for."""
