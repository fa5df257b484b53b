"""What another policy would have made of past requests, counted: pure values and decisions.

Two policies are compared on the same files, votes and engine, so that what differs is the policy alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from egress_review.findings import Flagged, NotChecked, Report
from egress_review.model import Request, Vote
from egress_review.review import Binding, Decision, Demands, ballots, decide
from egress_review.terms import Policy
from registry.text import Text

REFUSED, BLOCKED = "refused", "blocked"

FATES: Mapping[str, Text] = {
    REFUSED: Text("제출할 수 없음", "refused at hand-in"),
    BLOCKED: Text("자동 점검에서 차단", "blocked by a check"),
    Decision.OPEN.value: Text("의견이 더 필요함", "needs more votes"),
    Decision.APPROVED.value: Text("승인", "approved"),
    Decision.CONFLICT.value: Text("의견 조정이 필요함", "reviewers disagree"),
    Decision.NEEDS_SENIOR.value: Text("선임 심사자가 필요함", "needs a senior checker"),
    Decision.NEEDS_ROLE.value: Text("정해진 역할의 승인자가 필요함", "needs somebody of a role"),
    Decision.NEEDS_OTHER_ORGANISATION.value: Text("다른 기관의 승인자가 필요함", "needs another organisation"),
}
"""What a request comes to under a policy, with the votes that were really cast."""


@dataclass(frozen=True, slots=True)
class Side:
    """One request under one policy."""

    fate: str
    verdicts: tuple[str, ...]
    """In the order of its files."""
    rules: frozenset[tuple[str, str]]
    """Rules that flagged something or could not be applied, each with its weight: a note may become a failure."""

    @classmethod
    def of(
        cls,
        request: Request,
        report: Report,
        policy: Policy,
        votes: Iterable[Vote],
        barred: frozenset[str],
        demands: Demands,
    ) -> Side:
        """What the request comes to."""
        found = {
            (finding.rule, finding.severity.value)
            for file in report.files
            for finding in file.findings
            if isinstance(finding, Flagged | NotChecked)
        }
        fate = _fate(request, report, policy, votes, barred, demands)
        return cls(fate, tuple(file.verdict.value for file in report.files), frozenset(found))


@dataclass(frozen=True, slots=True)
class Changed:
    """A request that the other policy would have treated in another way."""

    ref: str
    before: str
    after: str
    files: int
    """Files with another verdict."""
    appears: tuple[str, ...]
    """Rules that would speak and did not."""
    goes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What a trial of a policy found."""

    requests: int
    files: int
    verdicts: tuple[tuple[str, str, int], ...]
    """From which verdict to which, and how many files; those that stay too."""
    decisions: tuple[tuple[str, str, int], ...]
    rules: tuple[tuple[str, int, int], ...]
    """In how many requests a rule would newly speak, and in how many no longer."""
    changed: tuple[Changed, ...]
    purged: tuple[str, ...]
    """Requests whose files are no longer there; nothing is said of them."""
    failed: tuple[str, ...]
    """Requests that the scanner could not finish."""

    @property
    def other_verdicts(self) -> int:
        """Files whose verdict would change."""
        return sum(count for before, after, count in self.verdicts if before != after)

    @property
    def other_decisions(self) -> int:
        """Requests whose decision would change."""
        return sum(count for before, after, count in self.decisions if before != after)

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        totals = {"other_verdicts": self.other_verdicts, "other_decisions": self.other_decisions}
        return asdict(self) | totals

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Simulation:
        """The simulation of `as_json`."""
        rows = {key: tuple(tuple(row) for row in content[key]) for key in ("verdicts", "decisions", "rules")}
        lists = ("appears", "goes")
        changed = tuple(Changed(**(one | {key: tuple(one[key]) for key in lists})) for one in content["changed"])
        return cls(
            requests=content["requests"],
            files=content["files"],
            changed=changed,
            purged=tuple(content["purged"]),
            failed=tuple(content["failed"]),
            **rows,
        )


def count(pairs: Sequence[tuple[str, Side, Side]], purged: Sequence[str], failed: Sequence[str]) -> Simulation:
    """The differences between the two sides of each request, by its reference."""
    verdicts: Counter[tuple[str, str]] = Counter()
    decisions: Counter[tuple[str, str]] = Counter()
    appears: Counter[str] = Counter()
    goes: Counter[str] = Counter()
    changed = []
    for ref, before, after in pairs:
        steps = list(zip(before.verdicts, after.verdicts, strict=True))
        verdicts.update(steps)
        decisions[before.fate, after.fate] += 1
        new = sorted({rule for rule, _ in after.rules - before.rules})
        gone = sorted({rule for rule, _ in before.rules - after.rules})
        appears.update(new)
        goes.update(gone)
        if before != after:
            files = sum(one != other for one, other in steps)
            changed.append(Changed(ref, before.fate, after.fate, files, tuple(new), tuple(gone)))
    return Simulation(
        requests=len(pairs),
        files=verdicts.total(),
        verdicts=tuple((*key, number) for key, number in sorted(verdicts.items())),
        decisions=tuple((*key, number) for key, number in sorted(decisions.items())),
        rules=tuple((rule, appears[rule], goes[rule]) for rule in sorted(appears | goes)),
        changed=tuple(changed),
        purged=tuple(purged),
        failed=tuple(failed),
    )


def _fate(
    request: Request,
    report: Report,
    policy: Policy,
    votes: Iterable[Vote],
    barred: frozenset[str],
    demands: Demands,
) -> str:
    sizes = [file.size for file in request.outputs]
    too_much = len(sizes) > policy.max_files or sum(sizes) > policy.max_total_bytes
    if too_much or max(sizes, default=0) > policy.max_file_bytes or len(request.context) < policy.min_context:
        return REFUSED
    if any(file.blocked for file in report.files):
        return BLOCKED
    binding = Binding.of(request, exceptions=not report.passed)
    return decide(ballots(votes, binding), binding, policy.required_votes, barred, demands).value
