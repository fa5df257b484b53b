"""Collecting the findings on one file: the listing knows the rules, so a check says only what it saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from egress_review.findings import WHOLE_FILE, Finding, Flagged, NotChecked, Number, Passed, Severity, Where
from egress_review.rules import RULE
from egress_review.terms import Policy
from registry.text import Text

LISTED = 100
"""Places that one rule lists in one file; the rest are counted, as nobody reads further."""

_UNSET = "Ansim: the policy says nothing of it"

_MORE = Text(
    ko="같은 문제가 {number}곳 더 있습니다.",
    en="The same problem stands in {number} more places.",
)


def inside(outer: Where, place: Where) -> Where:
    """A place in a piece as a place in the file that holds the piece."""
    if outer == WHOLE_FILE:
        return place
    path = ".".join(part for part in (outer.path, place.path) if part)
    return replace(place, page=place.page or outer.page, sheet=place.sheet or outer.sheet, path=path)


class Listing:
    """The findings on one file while its checks run."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._findings: list[Finding] = []
        self._more: Counter[tuple[str, Severity]] = Counter()
        self._listed: Counter[str] = Counter()
        self._fixes: dict[str, Text] = {}
        self._within = WHOLE_FILE

    @contextmanager
    def within(self, place: Where) -> Iterator[None]:
        """Let every place that is recorded meanwhile be one of that sheet or under that path."""
        outer, self._within = self._within, inside(self._within, place)
        try:
            yield
        finally:
            self._within = outer

    def flag(
        self,
        rule: str,
        message: Text,
        fix: Text,
        *,
        where: Where = WHOLE_FILE,
        number: Number = None,
        severity: Severity | None = None,
    ) -> None:
        """Record a problem; `severity` may only differ from the rule's for a reason of the check's own."""
        where = inside(self._within, where)
        weight = severity or RULE[rule].severity
        self._listed[rule] += 1
        self._fixes[rule] = fix
        if self._listed[rule] > LISTED:
            self._more[rule, weight] += 1
            return
        self._findings.append(Flagged(rule, weight, self._source(rule), where, number, message, fix))

    def skip(self, rule: str, message: Text, fix: Text, *, severity: Severity | None = None) -> None:
        """Record that a rule could not be applied; `severity` as in `flag`."""
        self._listed[rule] += 1
        weight = severity or RULE[rule].severity
        skipped = NotChecked(rule, weight, self._source(rule), message, fix)
        if skipped not in self._findings:
            self._findings.append(skipped)

    def failed(self, prefixes: tuple[str, ...]) -> bool:
        """Whether a rule of one of these families found something that keeps the file from passing."""
        return any(
            isinstance(one, Flagged) and one.severity.decides and one.rule.startswith(prefixes)
            for one in self._findings
        )

    def close(self, applied: tuple[str, ...]) -> tuple[Finding, ...]:
        """All findings; every rule of `applied` that recorded nothing has passed."""
        for (rule, weight), number in self._more.items():
            message = _MORE.fill(number=number)
            source = self._source(rule)
            self._findings.append(Flagged(rule, weight, source, WHOLE_FILE, number, message, self._fixes[rule]))
        passed = [Passed(rule, RULE[rule].severity, self._source(rule)) for rule in applied if not self._listed[rule]]
        return (*self._findings, *passed)

    def _source(self, rule: str) -> str:
        source = RULE[rule].source
        if source.startswith("{"):
            return self._policy.sources.get(source.strip("{}"), _UNSET)
        return source
