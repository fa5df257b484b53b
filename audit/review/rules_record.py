"""Rules about the record itself and about rights: who read it, who emptied it, whether it still proves anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from audit.review.evidence import Evidence, Fact
from audit.review.findings import Finding, finding
from audit.review.policy import Rule

REASON = "reason"
OFFICER = "compliance_officer"


def every(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find everything that the policy names, by actor: what should be rare enough to be looked at each time."""
    return _by_actor(evidence, rule, lambda fact: fact.outcome != "denied")


def log_read_without_reason(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find copies of the log for which nobody said why."""
    return _by_actor(evidence, rule, lambda f: f.outcome == "ok" and f.reason is None and REASON not in f.sealed)


def log_read_by_others(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find readings of the log by anyone but a compliance officer, commands on the server included."""
    return _by_actor(evidence, rule, lambda f: f.outcome == "ok" and OFFICER not in f.roles)


def own_rights(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find people who changed their own rights."""
    return _by_actor(evidence, rule, lambda f: f.outcome == "ok" and f.person and f.object == f.actor)


def log_not_intact(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find verifications that did not come out well, and bodies that cannot be read."""
    failed = [f.index for f in evidence.inside("log.verified") if f.outcome != "ok"]
    entries = [*failed, *evidence.unreadable]
    if len(entries) >= rule.threshold:
        yield finding(rule, entries)


def _by_actor(evidence: Evidence, rule: Rule, counts: Callable[[Fact], bool]) -> Iterator[Finding]:
    found = defaultdict(list)
    for fact in evidence.inside():
        if rule.covers(fact.action) and counts(fact):
            found[fact.actor].append(fact.index)
    for who, entries in found.items():
        if len(entries) >= rule.threshold:
            yield finding(rule, entries, who=(who,))
