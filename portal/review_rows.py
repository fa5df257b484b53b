"""The rows of a monthly report as the officer reads them: who, what, about what, how much, and which entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.catalogue import CATALOGUE
from audit.review.items import ITEMS
from audit.review.policy import ReviewPolicy
from audit.review.service import Opened
from audit.review.store import VERDICTS, Judgement
from portal.dashboard_charts import REASONS
from portal.records import OUTCOMES, SERVICES, Naming, Who
from registry.text import Text

TIMELINES = ("person", "dataset", "project", "request")
RULE = "rule."
TONES = {"no_concern": "ok", "follow_up": "warn", "incident": "stop"}
ICONS = {"no_concern": "passed", "follow_up": "clock", "incident": "alert"}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of an item."""

    who: tuple[Who, ...]
    what: Text | None
    about: tuple[str, str] | None
    """Kind and reference of a thing with a timeline, or of any other."""
    count: int | None
    entries: tuple[int, ...]
    more: bool
    """Whether there are entries beyond those named."""
    notes: tuple[Text, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One item of a report, or one rule that found something."""

    id: str
    title: Text
    ask: Text
    count: int
    judged: Judgement | None
    alert: bool
    source: Text | None = None

    @property
    def verdict(self) -> Text | None:
        """What the officer found."""
        return _own(VERDICTS[self.judged.verdict]) if self.judged else None


def parts(opened: Opened, policy: ReviewPolicy) -> list[Part]:
    """Return every item of a report, then the rules that found something, those to be told first in front."""
    judged = opened.judgements
    items = [
        Part(id, _own(ITEMS[id].title), _own(ITEMS[id].ask), item["count"], judged.get(id), alert=False)
        for id, item in opened.report.items.items()
    ]
    counts: dict[str, int] = {}
    for found in opened.report.content["anomalies"]:
        counts[found["rule"]] = counts.get(found["rule"], 0) + 1
    rules = [policy.rules[rule] for rule in counts]
    rules.sort(key=lambda rule: (rule.level != "alert", rule.id))
    found = [
        Part(
            RULE + rule.id,
            _own(rule.title),
            _own(rule.why),
            counts[rule.id],
            judged.get(RULE + rule.id),
            alert=rule.level == "alert",
            source=_own(rule.source),
        )
        for rule in rules
    ]
    return [*found, *items]


def lines(opened: Opened, item: str, naming: Naming, reasons: Mapping[int, str]) -> list[Line]:
    """Return the rows of one item; `reasons` are those opened for the officer, by entry."""
    if item.startswith(RULE):
        found = (one for one in opened.report.content["anomalies"] if RULE + one["rule"] == item)
        return [_finding(one, naming) for one in found]
    rows: Sequence[Mapping[str, Any]] = opened.report.items[item]["rows"]
    return [_line(row, naming, reasons.get(row.get("index", -1))) for row in rows]


def _finding(found: Mapping[str, Any], naming: Naming) -> Line:
    about = _about(found["what"])
    limit = Text(
        f"{found['measured']} (기준 {found['threshold']})", f"{found['measured']} (limit {found['threshold']})"
    )
    entries = tuple(found["entries"])
    return Line(
        who=tuple(who_is(ref, naming) for ref in found["who"]),
        what=None,
        about=about,
        count=found["count"],
        entries=entries[:8],
        more=found["count"] > len(entries[:8]),
        notes=(limit,),
    )


def _line(row: Mapping[str, Any], naming: Naming, reason: str | None) -> Line:
    ends = (row["first"], row["last"]) if "first" in row else ()
    entries = (row["index"],) if "index" in row else tuple(dict.fromkeys(ends))
    spec = CATALOGUE.get(row.get("action", ""))
    return Line(
        who=(who_is(row["who"], naming),) if row.get("who") else (),
        what=Text(spec.ko, spec.en) if spec else None,
        about=(row["kind"], row["object"]) if "object" in row and row["object"] != "audit" else None,
        count=row.get("count"),
        entries=entries,
        more=bool(ends) and row.get("count", 1) > len(entries),
        notes=tuple(note(row, naming) for key, note in NOTES.items() if row.get(key) is not None),
        reason=reason,
    )


def _about(what: str | None) -> tuple[str, str] | None:
    if what is None:
        return None
    return ("request", what) if what.startswith("er_") else ("project", what)


def who_is(ref: str, naming: Naming) -> Who:
    """Return who stands behind a reference, for a compliance officer."""
    if ref.startswith("p_"):
        return Who(ref, Text("사용자", "person"), naming(ref), person=True)
    return Who(ref, SERVICES.get(ref, Text(ref, ref)))


def _names(row: Mapping[str, Any], naming: Naming) -> Text:
    names = ", ".join(naming(ref) or ref for ref in row["approvers"]) or "–"
    return Text(f"승인: {names}", f"approved by {names}")


def _reason(row: Mapping[str, Any], _naming: Naming) -> Text:
    kept = {
        "sealed": Text("사유가 봉인되어 있음", "its reason is sealed"),
        "request": Text("반출신청의 목적을 사유로 봄", "the purpose of the request is its reason"),
        "none": Text("사유 없음", "no reason was given"),
    }
    return (
        kept.get(row["reason"]) or REASONS.get(row["reason"]) or Text(f"코드 {row['reason']}", f"code {row['reason']}")
    )


def _outcome(row: Mapping[str, Any], _naming: Naming) -> Text:
    return OUTCOMES[row["outcome"]]


def _days(row: Mapping[str, Any], _naming: Naming) -> Text:
    return Text(f"{row['days']}일에 걸쳐", f"on {row['days']} days")


def _busiest(row: Mapping[str, Any], _naming: Naming) -> Text:
    n = row["on_that_day"]
    return Text(f"가장 많은 날 {row['busiest']}: {n:,}건", f"most on {row['busiest']}: {n:,}")


def _officer(row: Mapping[str, Any], _naming: Naming) -> Text:
    if row["officer"]:
        return Text("준법감시 담당자", "compliance officer")
    return Text("준법감시 담당자가 아님", "not a compliance officer")


def _covered(row: Mapping[str, Any], _naming: Naming) -> Text:
    return Text(f"기록 {row['covered']:,}건까지", f"up to {row['covered']:,} entries")


def _instead(row: Mapping[str, Any], naming: Naming) -> Text:
    who = naming(row["for"]) or row["for"]
    return Text(f"{who} 님을 대신함", f"for {who}")


def _project(row: Mapping[str, Any], _naming: Naming) -> Text:
    return Text(f"과제 {row['project']}", f"project {row['project']}")


NOTES: Mapping[str, Callable[[Mapping[str, Any], Naming], Text]] = {
    "project": _project,
    "days": _days,
    "busiest": _busiest,
    "approvers": _names,
    "reason": _reason,
    "outcome": _outcome,
    "officer": _officer,
    "covered": _covered,
    "for": _instead,
}
"""What else a row says, by the field that says it."""


def _own(text: Any) -> Text:
    return Text(text.ko, text.en)
