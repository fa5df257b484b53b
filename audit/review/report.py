"""The report of a review: canonical bytes that follow from the log alone, so that anyone can make them again.

The same span, the same size of the log and the same policy give the same bytes; their SHA-256 is what an officer
signs. Nothing in it names a person: references are opaque and reasons stay sealed.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from audit.body import timestamp
from audit.canonical import JSON, encode
from audit.review.errors import ReviewAltered
from audit.review.evidence import Evidence, Fact, gather
from audit.review.items import ITEMS, MAX_ROWS
from audit.review.policy import ReviewPolicy
from audit.review.rules import days_around, find, not_checked
from audit.review.working_hours import Month, Span
from audit.text import Text

FORMAT = "ansim-review/1"


@dataclass(frozen=True, slots=True)
class Head:
    """The state of the log that a report is about: that of a signed checkpoint."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """A report as bytes and as what they say."""

    data: bytes
    content: Mapping[str, Any]

    @classmethod
    def of(cls, content: Mapping[str, JSON]) -> Report:
        """Return the report that says this."""
        data = encode(content)
        return cls(data, json.loads(data))

    @classmethod
    def read(cls, data: bytes, sha256: str) -> Report:
        """Return the report in bytes that were kept under a hash.

        Raises: ReviewAltered — if they are others.
        """
        report = cls(data, {})
        if report.sha256 != sha256:
            raise ReviewAltered(
                Text("보관된 보고서가 서명된 보고서와 다릅니다.", "The kept report is not the one that was recorded.")
            )
        return cls(data, json.loads(data))

    @property
    def sha256(self) -> str:
        """Its hash, 64 hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def items(self) -> Mapping[str, Any]:
        """The items by id."""
        return {item["id"]: item for item in self.content["items"]}

    @property
    def to_be_judged(self) -> tuple[str, ...]:
        """The items in which something happened, then the rules that found something: each needs a finding."""
        happened = [item["id"] for item in self.content["items"] if item["count"]]
        return (*happened, *sorted({f"rule.{found['rule']}" for found in self.content["anomalies"]}))


def month_report(tx: Connection, month: Month, head: Head, policy: ReviewPolicy) -> Report:
    """Return the report of a month from the first `head.size` entries."""
    span = policy.hours.month(month)
    evidence = gather(tx, span, days_around(policy), policy.hours, head.size)
    free = policy.hours.free_days(month.first, month.last)
    days = [month.first + timedelta(days=n) for n in range((month.last - month.first).days + 1)]
    calendar: dict[str, JSON] = {
        "time_zone": policy.time_zone,
        "opens": policy.hours.opens.isoformat("minutes"),
        "closes": policy.hours.closes.isoformat("minutes"),
        "holidays": [day.isoformat() for day in free],
        "working_days": sum(policy.hours.is_working_day(day) for day in days),
    }
    period: dict[str, JSON] = {"month": str(month), "from": timestamp(span.since), "until": timestamp(span.until)}
    return Report.of({"period": period, "calendar": calendar, **_content(evidence, head, policy)})


def findings_of(tx: Connection, span: Span, size: int, policy: ReviewPolicy) -> tuple[list[Any], tuple[str, ...]]:
    """Return what the rules find in any span, and which of them could not be asked."""
    evidence = gather(tx, span, days_around(policy), policy.hours, size)
    return list(find(evidence, policy)), not_checked(evidence, policy)


def _content(evidence: Evidence, head: Head, policy: ReviewPolicy) -> dict[str, JSON]:
    whole = evidence.until is not None and evidence.until >= evidence.span.until
    items: list[JSON] = []
    for item in ITEMS.values():
        rows = item.rows(evidence, policy)
        items.append({"id": item.id, "count": len(rows), "rows": rows[:MAX_ROWS]})
    return {
        "format": FORMAT,
        "log": {"origin": head.origin, "size": head.size, "root": head.root.hex(), "reaches_beyond": whole},
        "policy": {"name": policy.name, "digest": policy.digest},
        "totals": _totals(evidence),
        "items": items,
        "anomalies": [found.document() for found in find(evidence, policy)],
        "not_checked": list(not_checked(evidence, policy)),
        "verification": _verification(evidence),
    }


def _totals(evidence: Evidence) -> dict[str, JSON]:
    """Return how often everything happened, how it ended, and how many people there were."""
    counts: dict[str, Counter[str]] = {}
    days: Counter[str] = Counter()
    people, day_of = set(), evidence.days()
    for volume in evidence.volumes:
        counts.setdefault(volume.action, Counter())[volume.outcome] += volume.count
        days[day_of[volume.quarter].isoformat()] += volume.count
        if volume.actor.startswith("p_"):
            people.add(volume.actor)
    by_action: list[JSON] = [{"action": action, **counts[action]} for action in sorted(counts)]
    return {
        "entries": sum(days.values()),
        "people": len(people),
        "by_action": by_action,
        "by_day": [{"day": day, "entries": days[day]} for day in sorted(days)],
    }


def _verification(evidence: Evidence) -> JSON:
    """Return the last verification of the span, if there was one."""
    last: Fact | None = max(evidence.inside("log.verified"), key=lambda f: f.index, default=None)
    if last is None:
        return None
    return {"index": last.index, "outcome": last.outcome, "reason": last.reason, "covered": last.size}
