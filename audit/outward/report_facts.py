"""What the record of one project says, gathered from the bodies of its entries alone. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from audit.search import Entry

Body = Mapping[str, Any]

RUNS = frozenset(
    {"cell.sent", "contents.written", "output.shown", "gate.refused", "egress.viewed", "egress.prechecked"}
)
"""Actions of which a timeline shows a run by one person as one line."""
REFUSALS = frozenset({"egress.rejected", "egress.returned", "egress.blocked", "egress.revoked", "egress.scan_failed"})


@dataclass(slots=True)
class Party:
    """Somebody who acted in a project, by opaque reference."""

    ref: str
    roles: set[str] = field(default_factory=set)
    """Roles held when acting, and in the project."""
    actions: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class GrantFact:
    """One approval to use a dataset version, and its end if it was revoked."""

    ref: str
    datasets: tuple[str, ...]
    people: int
    approved: Entry
    revoked: Entry | None


@dataclass(slots=True)
class RequestFact:
    """One egress request from its draft to its end."""

    ref: str
    steps: list[Entry] = field(default_factory=list)

    @property
    def approvers(self) -> list[str]:
        """Who voted for every file in the last round, in order; of a changed vote the last counts."""
        voted = [one.body for one in self.steps if one.body["action"] == "egress.voted"]
        last = max((_round(body) for body in voted), default=0)
        votes = {str(body["actor"]["ref"]): body for body in voted if _round(body) == last}
        return [ref for ref, body in votes.items() if set(body["detail"].get("votes", {}).values()) == {"approve"}]

    @property
    def released(self) -> Entry | None:
        """The entry of its release."""
        return next((one for one in self.steps if one.body["action"] == "egress.released"), None)

    @property
    def outcome(self) -> Entry:
        """The last thing that happened to it, looks aside."""
        return next((one for one in reversed(self.steps) if one.body["action"] != "egress.viewed"), self.steps[-1])


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline: an entry, or a run of like ones by the same person."""

    first: Entry
    last: Entry
    count: int = 1


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the report shows."""

    parties: tuple[Party, ...]
    grants: tuple[GrantFact, ...]
    requests: tuple[RequestFact, ...]
    refusals: tuple[Entry, ...]
    denied: Mapping[tuple[str, str], int]
    """How often which action was refused or failed, by action and reason."""
    timeline: tuple[Line, ...]
    datasets: tuple[tuple[str, int, int], ...]
    """Dataset versions whose data was handled, with the number of people in each."""
    closed: Entry | None


def _round(body: Body) -> int:
    return int(body.get("detail", {}).get("round", 0))


def gather(entries: Sequence[Entry]) -> Facts:
    """Return the facts of a project from its entries, given in the order of the log."""
    return Facts(
        parties=_parties(entries),
        grants=_grants(entries),
        requests=_requests(entries),
        refusals=tuple(one for one in entries if one.body["action"] in REFUSALS),
        denied=_denied(entries),
        timeline=tuple(_lines(entries)),
        datasets=datasets_of(entries),
        closed=next((one for one in reversed(entries) if _is(one, "project.closed")), None),
    )


def datasets_of(entries: Iterable[Entry]) -> tuple[tuple[str, int, int], ...]:
    """Return the dataset versions that entries concern, with the number of people in each."""
    rows = (row for one in entries for row in one.body["subjects"].get("datasets", ()))
    return tuple(sorted({(row["id"], row["version"], row["people"]) for row in rows}))


def _is(entry: Entry, action: str) -> bool:
    return bool(entry.body["action"] == action and entry.body["outcome"] == "ok")


def _parties(entries: Sequence[Entry]) -> tuple[Party, ...]:
    found: dict[str, Party] = {}
    for one in entries:
        body = one.body
        if _is(one, "membership.granted"):
            detail = body.get("detail", {})
            if isinstance(detail.get("person"), str):
                found.setdefault(detail["person"], Party(detail["person"])).roles.add(str(detail.get("role", "")))
        actor = body["actor"]
        if actor["kind"] == "person":
            party = found.setdefault(actor["ref"], Party(actor["ref"]))
            party.roles.update(actor.get("roles", ()))
            party.actions[str(body["action"])] += 1
            party.first, party.last = party.first or one.ts, one.ts
    return tuple(found.values())


def _grants(entries: Sequence[Entry]) -> tuple[GrantFact, ...]:
    revoked = {one.body["object"]["ref"]: one for one in entries if _is(one, "grant.revoked")}
    found = []
    for one in entries:
        if _is(one, "grant.approved"):
            rows = one.body["subjects"].get("datasets", ())
            names = tuple(f"{row['id']} v{row['version']}" for row in rows)
            ref = str(one.body["object"]["ref"])
            found.append(GrantFact(ref, names, sum(row["people"] for row in rows), one, revoked.get(ref)))
    return tuple(found)


def _requests(entries: Sequence[Entry]) -> tuple[RequestFact, ...]:
    found: dict[str, RequestFact] = {}
    for one in entries:
        thing = one.body["object"]
        if thing["kind"] == "request":
            found.setdefault(thing["ref"], RequestFact(thing["ref"])).steps.append(one)
    return tuple(found.values())


def _denied(entries: Sequence[Entry]) -> Mapping[tuple[str, str], int]:
    counted: Counter[tuple[str, str]] = Counter()
    for one in entries:
        body = one.body
        if body["outcome"] in ("denied", "failed"):
            count = body.get("detail", {}).get("count", 1)
            counted[str(body["action"]), str(body.get("reason", ""))] += count if isinstance(count, int) else 1
    return dict(sorted(counted.items()))


def _lines(entries: Sequence[Entry]) -> list[Line]:
    lines: list[Line] = []
    for one in entries:
        if lines and _continues(lines[-1].last.body, one.body):
            lines[-1] = Line(lines[-1].first, one, lines[-1].count + 1)
        else:
            lines.append(Line(one, one))
    return lines


def _continues(before: Body, now: Body) -> bool:
    """Whether an entry is one more of the same: action, outcome, actor and object."""
    same = all(before[name] == now[name] for name in ("action", "outcome"))
    alike = before["actor"]["ref"] == now["actor"]["ref"] and before["object"]["ref"] == now["object"]["ref"]
    return same and alike and now["action"] in RUNS
