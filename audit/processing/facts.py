"""What the log tells of the processing in a zone, project by project; nothing here is read from anywhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, func, select

from audit.body import moment
from audit.search import MAX_LIMIT, Entry, Query, look, search
from audit.searching.plan import Budget
from audit.tables import audit_entry, audit_pruning

PROJECTS = ("project.created", "project.changed", "project.closed")
DATASETS = ("dataset.registered", "dataset.version_added")
GRANTS = ("grant.approved", "grant.revoked")
MEMBERS = ("membership.granted", "membership.revoked")
LEFT = ("egress.released", "egress.collected")
MEASURES = ("zone.probed", "log.verified", "zone.backed_up", "review.signed", "log.clock_right", "log.clock_off")
"""What shows that a safeguard worked; of each the last is told."""


@dataclass(frozen=True, slots=True)
class Use:
    """One approval to use a version of a dataset."""

    dataset: str
    version: int
    people: int
    ends_at: datetime | None
    entry: int
    revoked: Entry | None


@dataclass(slots=True)
class Activity:
    """The processing for one project."""

    project: str
    period: Entry | None = None
    """The entry that says its period last."""
    closed: Entry | None = None
    uses: list[Use] = field(default_factory=list)
    roles: Counter[str] = field(default_factory=Counter)
    """How many people take part in which role; who was taken out again is not counted."""
    left: Mapping[str, int] = field(default_factory=dict)
    """How often results were released and collected, by action."""

    def moment(self, name: str) -> datetime | None:
        """Return a moment that the entry of the period names."""
        return None if self.period is None else _moment(self.period, name)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the log tells."""

    activities: tuple[Activity, ...]
    sensitive: Mapping[str, tuple[bool, int]]
    """Whether a dataset was registered as sensitive, and the entry that says so."""
    measures: tuple[Entry, ...]
    size: int
    """How many entries the log has."""
    pruned: int = 0
    """How many of these, the first ones, are gone after their legal period, and with them what they told."""


def gather(tx: Connection, size: int) -> Facts:
    """Return what a log of `size` entries tells."""
    found: dict[str, Activity] = {}
    for one in _done(tx, PROJECTS):
        activity = found.setdefault(one.body["object"]["ref"], Activity(one.body["object"]["ref"]))
        if one.body["action"] == "project.closed":
            activity.closed = one
        else:
            activity.period = one
    for use, project in _uses(_done(tx, GRANTS)):
        found.setdefault(project, Activity(project)).uses.append(use)
    for project, roles in _roles(_done(tx, MEMBERS)).items():
        found.setdefault(project, Activity(project)).roles = roles
    for project, left in _left(tx).items():
        found.setdefault(project, Activity(project)).left = left
    pruned = tx.scalar(select(func.max(audit_pruning.c.minimum))) or 0
    activities = tuple(found[id] for id in sorted(found))
    return Facts(activities, _sensitive(_done(tx, DATASETS)), tuple(_last(tx)), size, pruned)


def _done(tx: Connection, actions: tuple[str, ...]) -> Iterator[Entry]:
    """Yield what was done, in the order of the log, all of it."""
    query = Query(actions=actions, outcome="ok", newest_first=False, limit=MAX_LIMIT)
    while True:
        page = look(tx, query, budget=Budget())
        yield from page.entries
        if page.next_after is None:
            return
        query = replace(query, after=page.next_after)


def _uses(entries: Iterable[Entry]) -> Iterator[tuple[Use, str]]:
    approved: dict[str, tuple[Entry, str]] = {}
    revoked: dict[str, Entry] = {}
    for one in entries:
        thing = one.body["object"]
        if one.body["action"] == "grant.revoked":
            revoked[thing["ref"]] = one
        else:
            approved[thing["ref"]] = one, thing.get("project", "")
    for ref, (one, project) in approved.items():
        for row in one.body["subjects"].get("datasets", ()):
            until = _moment(one, "ends_at")
            yield Use(row["id"], row["version"], row["people"], until, one.index, revoked.get(ref)), project


def _roles(entries: Iterable[Entry]) -> dict[str, Counter[str]]:
    held: dict[str, tuple[str, str, str]] = {}
    for one in entries:
        thing, detail = one.body["object"], one.body.get("detail", {})
        if one.body["action"] == "membership.revoked":
            held.pop(thing["ref"], None)
        else:
            held[thing["ref"]] = thing.get("project", ""), str(detail.get("role", "")), str(detail.get("person", ""))
    found: dict[str, Counter[str]] = {}
    for project, role, _person in sorted(set(held.values())):
        found.setdefault(project, Counter())[role] += 1
    return found


def _left(tx: Connection) -> dict[str, dict[str, int]]:
    table, found = audit_entry.c, dict[str, dict[str, int]]()
    wanted = (
        select(table.project, table.action, func.count())
        .where(table.action.in_(LEFT), table.outcome == "ok", table.project.is_not(None))
        .group_by(table.project, table.action)
    )
    for project, action, count in tx.execute(wanted):
        found.setdefault(project, {})[action] = count
    return found


def _sensitive(entries: Iterable[Entry]) -> dict[str, tuple[bool, int]]:
    told = ((one, one.body.get("detail", {}).get("sensitive")) for one in entries)
    return {one.body["object"]["ref"]: (said, one.index) for one, said in told if isinstance(said, bool)}


def _last(tx: Connection) -> Iterator[Entry]:
    for action in MEASURES:
        yield from search(tx, Query(action=action, limit=1))


def _moment(entry: Entry, name: str) -> datetime | None:
    said = entry.body.get("detail", {}).get(name)
    return moment(said) if isinstance(said, str) else None
