"""A finding: which rule, about whom or what, how much, and which entries show it; never a value of anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from audit.canonical import JSON
from audit.review.evidence import Evidence
from audit.review.policy import Rule

MAX_ENTRIES = 20  # named in a finding; its count says how many there are


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that stands out."""

    rule: str
    who: tuple[str, ...]
    """Opaque references of the people it is about; empty where it is about the zone."""
    what: str | None
    """A request or a project, where it is about one."""
    measured: int
    threshold: int
    count: int
    """How many entries it is about."""
    entries: tuple[int, ...]
    """Their indexes, the first `MAX_ENTRIES` that are known."""

    def document(self) -> dict[str, JSON]:
        """Return the finding as a report keeps it."""
        return {
            "rule": self.rule,
            "who": list(self.who),
            "what": self.what,
            "measured": self.measured,
            "threshold": self.threshold,
            "count": self.count,
            "entries": list(self.entries),
        }


Judge = Callable[[Evidence, Rule], Iterable[Finding]]
"""A rule: pure, and blind to the order in which the evidence arrives."""


def finding(
    rule: Rule,
    entries: Iterable[int],
    *,
    who: Iterable[str] = (),
    what: str | None = None,
    measured: int | None = None,
    count: int | None = None,
) -> Finding:
    """Return a finding about some entries; what is measured is their number unless it is said."""
    indexes = sorted(set(entries))
    total = len(indexes) if count is None else count
    return Finding(
        rule=rule.id,
        who=tuple(sorted(set(who))),
        what=what,
        measured=total if measured is None else measured,
        threshold=rule.threshold,
        count=total,
        entries=tuple(indexes[:MAX_ENTRIES]),
    )


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the one order that a report has: the strongest of each rule first."""
    return sorted(findings, key=lambda f: (f.rule, -f.measured, f.who, f.what or "", f.entries))
