"""The items of a report: what an officer looks at each month, one after the other, and where the law asks for it.

Each item is a table: a title, what to look for, and a pure function from the evidence to rows. A row holds
indexes of entries and opaque references; who that is and why they did it is opened for the officer on the page
alone. An item has at most `MAX_ROWS` rows and says how many there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from audit.canonical import JSON
from audit.review.evidence import Evidence, Fact
from audit.review.policy import ReviewPolicy
from audit.review.rules_checkers import approved_by
from audit.review.rules_record import OFFICER, REASON
from audit.review.rules_use import PERSON, late_use
from audit.text import Text

MAX_ROWS = 200
Row = dict[str, JSON]
Rows = Callable[[Evidence, ReviewPolicy], list[Row]]

DOWNLOADS = ("egress.collected", "log.downloaded", "log.exported", "log.bundled")
LOG_READS = ("log.searched", "log.viewed", "log.unsealed", *DOWNLOADS[1:], "log.verified", "review.made")
RIGHTS = ("person.role_granted", "person.role_revoked", "membership.", "grant.")
ADMINISTRATION = ("person.", "project.", "dataset.", "image.", "settings.", "policy.", "zone.")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a report."""

    id: str
    title: Text
    ask: Text
    """What the officer is to look for."""
    rows: Rows


def downloads(evidence: Evidence, _policy: ReviewPolicy) -> list[Row]:
    """Return every copy that was taken: released files and copies of the log, with how the reason is kept."""
    return [{**_entry(f), "reason": _reason(f)} for f in _of(evidence, DOWNLOADS) if f.outcome == "ok"]


def after_hours(evidence: Evidence, _policy: ReviewPolicy) -> list[Row]:
    """Return who used the zone outside working hours: how often, on how many days, and between which entries."""
    late, day_of = late_use(evidence), evidence.days()
    rows: list[Row] = []
    for who, own in late.items():
        days = {day_of[v.quarter] for v in own}
        ends = {"first": min(v.first for v in own), "last": max(v.last for v in own)}
        rows.append({"who": who, "count": sum(v.count for v in own), "days": len(days), **ends})
    return _most_first(rows)


def mass_reads(evidence: Evidence, policy: ReviewPolicy) -> list[Row]:
    """Return how much each person handled, and on their busiest day."""
    rule, day_of = policy.rules["mass_reads"], evidence.days()
    total: Counter[str] = Counter()
    by_day: dict[str, Counter[str]] = defaultdict(Counter)
    for volume in evidence.volumes:
        if volume.actor.startswith(PERSON) and rule.covers(volume.action):
            total[volume.actor] += volume.count
            by_day[volume.actor][str(day_of[volume.quarter])] += volume.count
    rows: list[Row] = []
    for who, count in total.items():
        day = min(by_day[who], key=lambda d: (-by_day[who][d], d))
        rows.append({"who": who, "count": count, "busiest": day, "on_that_day": by_day[who][day]})
    return _most_first(rows)


def denials(evidence: Evidence, _policy: ReviewPolicy) -> list[Row]:
    """Return what was refused, by action, reason and person."""
    groups: dict[tuple[str, str, str], list[Fact]] = defaultdict(list)
    for fact in evidence.inside():
        if fact.outcome == "denied":
            groups[fact.action, fact.reason or "", _refused(fact)].append(fact)
    rows: list[Row] = [
        {
            "action": action,
            "reason": reason or None,
            "who": who,
            "count": sum(f.count for f in facts),
            "first": min(f.index for f in facts),
            "last": max(f.index for f in facts),
        }
        for (action, reason, who), facts in groups.items()
    ]
    return _most_first(rows)


def administration(evidence: Evidence, _policy: ReviewPolicy) -> list[Row]:
    """Return what operators and the zone's own processes changed, rights apart."""
    return [_entry(f) for f in _of(evidence, ADMINISTRATION) if not _is(f, RIGHTS) and f.outcome != "denied"]


def impersonation(evidence: Evidence, _policy: ReviewPolicy) -> list[Row]:
    """Return what somebody did in another person's name."""
    return [{**_entry(f), "for": f.on_behalf_of} for f in _by_index(evidence.inside()) if f.on_behalf_of]


def rights(evidence: Evidence, _policy: ReviewPolicy) -> list[Row]:
    """Return every change of roles, memberships and grants."""
    return [_entry(f) for f in _of(evidence, RIGHTS) if f.outcome != "denied"]


def releases(evidence: Evidence, _policy: ReviewPolicy) -> list[Row]:
    """Return what left the zone, with the people who approved it."""
    approvals = {(a.object, a.round): (a.index, people) for a, people in approved_by(evidence, everywhere=True)}
    rows = []
    for fact in _of(evidence, ("egress.released",)):
        index, people = approvals.get((fact.object, fact.round), (None, frozenset()))
        rows.append({**_entry(fact), "approved": index, "approvers": sorted(people)})
    return rows


def break_glass(evidence: Evidence, policy: ReviewPolicy) -> list[Row]:
    """Return each use of an emergency procedure."""
    return [_entry(f) for f in _by_index(evidence.inside()) if policy.rules["break_glass"].covers(f.action)]


def log_reads(evidence: Evidence, _policy: ReviewPolicy) -> list[Row]:
    """Return who read the log, how often, and whether they are a compliance officer."""
    groups: dict[tuple[str, str, bool], list[int]] = defaultdict(list)
    for fact in _of(evidence, LOG_READS):
        groups[fact.actor, fact.action, OFFICER in fact.roles].append(fact.index)
    rows: list[Row] = [
        {"who": who, "action": action, "officer": officer, "count": len(found), "first": min(found), "last": max(found)}
        for (who, action, officer), found in groups.items()
    ]
    return _most_first(rows)


def verifications(evidence: Evidence, _policy: ReviewPolicy) -> list[Row]:
    """Return each verification of the log, what it covered, and what was left unfinished."""
    found = _of(evidence, ("log.verified", "zone.reconciled"))
    return [{**_entry(f), "outcome": f.outcome, "reason": f.reason, "covered": f.size} for f in found]


ITEMS: Mapping[str, Item] = MappingProxyType(
    {
        item.id: item
        for item in (
            Item(
                "downloads",
                Text("내려받기와 그 사유", "Downloads and their reasons"),
                Text("사유가 있고, 승인된 목적에 맞는지 봅니다.", "Is there a reason, and does it fit the purpose?"),
                downloads,
            ),
            Item(
                "after_hours",
                Text("업무시간 외 이용", "Use outside working hours"),
                Text("미리 알린 일정인지 봅니다.", "Was it agreed beforehand?"),
                after_hours,
            ),
            Item(
                "mass_reads",
                Text("사람별 처리량", "Volumes by person"),
                Text("업무에 비해 지나치게 많은지 봅니다.", "Is it far more than the work needs?"),
                mass_reads,
            ),
            Item(
                "denials",
                Text("거부된 작업", "Refusals"),
                Text("같은 시도가 되풀이되는지 봅니다.", "Is the same thing tried again and again?"),
                denials,
            ),
            Item(
                "administration",
                Text("관리자 작업", "Administrator actions"),
                Text("알고 있는 작업인지 봅니다.", "Is each of them known to you?"),
                administration,
            ),
            Item(
                "impersonation",
                Text("다른 사람을 대신한 작업", "Actions in another person's name"),
                Text("본인의 요청이 있었는지 봅니다.", "Did that person ask for it?"),
                impersonation,
            ),
            Item(
                "rights",
                Text("역할과 접근권한의 변경", "Changes of roles and rights"),
                Text(
                    "승인된 변경인지, 필요 없는 권한이 남지 않았는지 봅니다.", "Was it approved, and is none left over?"
                ),
                rights,
            ),
            Item(
                "releases",
                Text("반출과 승인자", "Releases and who approved them"),
                Text("서로 다른 두 사람이 승인했는지 봅니다.", "Did two different people approve each?"),
                releases,
            ),
            Item(
                "break_glass",
                Text("비상 접근", "Break-glass"),
                Text("사유와 사후 승인을 봅니다.", "Is there a reason, and was it approved afterwards?"),
                break_glass,
            ),
            Item(
                "log_reads",
                Text("감사 기록의 열람", "Who read the log"),
                Text("볼 권한이 있는 사람만 보았는지 봅니다.", "Did only people read it who may?"),
                log_reads,
            ),
            Item(
                "verification",
                Text("감사 기록의 검증", "Verification of the log"),
                Text("이 달에 검증했고 결과가 온전함인지 봅니다.", "Was it verified this month, and was it intact?"),
                verifications,
            ),
        )
    }
)


def _entry(fact: Fact) -> Row:
    row: Row = {"index": fact.index, "action": fact.action, "who": fact.actor, "kind": fact.object_kind}
    row["object"] = fact.object
    if fact.project is not None and fact.project != fact.object:
        row["project"] = fact.project
    return row


def _reason(fact: Fact) -> str:
    """Return how the reason of a download is kept: never the reason itself."""
    if REASON in fact.sealed:
        return "sealed"
    if fact.reason is not None:
        return "code"
    # What a request is for was said when it was handed in, and approved with it.
    return "request" if fact.object_kind == "request" else "none"


def _refused(fact: Fact) -> str:
    """Return who was refused: at the door the actor is the door, and the object is the person."""
    return fact.object if not fact.person and fact.object_kind == "person" else fact.actor


def _is(fact: Fact, actions: Iterable[str]) -> bool:
    return any(fact.action == a or (a.endswith(".") and fact.action.startswith(a)) for a in actions)


def _of(evidence: Evidence, actions: tuple[str, ...]) -> list[Fact]:
    return _by_index(f for f in evidence.inside() if _is(f, actions))


def _by_index(facts: Iterable[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda f: f.index)


def _most_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(
        rows, key=lambda row: (-int(str(row["count"])), str(row.get("who")), str(sorted(row.items(), key=str)))
    )
