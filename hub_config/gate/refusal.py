"""One reason to refuse: a status, what a person reads, and where to go instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audit.text import Text

NextStep = Literal["portal", "egress", "reload", "none"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason to refuse; `audited` where the request of a signed-in person broke a rule of the zone."""

    status: int
    title: Text
    body: Text
    next_step: NextStep = "portal"
    audited: bool = True
    retry_seconds: int | None = None
    """Where waiting helps: how long a program waits before it asks again, and a page before it reloads itself."""
