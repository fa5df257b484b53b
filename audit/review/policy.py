"""The policy of reviews: when people work, by when a month is signed, and which rules look for what.

A file that a person writes, checked as a whole before anything is reviewed: an unknown key, an unknown rule, an
action that the catalogue does not have and a threshold that can never be met are errors with their line. Every
rule is named, so that one that is off can be seen to be off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from audit.catalogue import CATALOGUE
from audit.review.errors import ReviewPolicyUnusable
from audit.review.evidence import QUARTER_MINUTES
from audit.review.working_hours import WorkingHours, public_holidays
from audit.text import Text
from audit.yaml_file import Node, read_yaml

SHIPPED = Path(__file__).parent / "policies"
DEFAULT = "kr-default"
OWN_FILE = "review.yaml"
"""In the zone's home: used instead of the shipped policy where it exists."""

Level = Literal["alert", "notice"]
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_COMMON = ("enabled", "level", "title", "why", "source")
_CALENDAR = ("time_zone", "opens", "closes", "working_days", "holidays", "extra_holidays")
_HIGHEST = {"percent": 100}


@dataclass(frozen=True, slots=True)
class RuleForm:
    """What a rule must be told: its numbers with the lowest that makes sense, and whether it names actions."""

    numbers: Mapping[str, int]
    actions: bool = False
    reasons: bool = False


FORMS: Mapping[str, RuleForm] = {
    "mass_reads": RuleForm({"threshold": 1, "window_minutes": 15}, actions=True),
    "off_hours": RuleForm({"threshold": 1}),
    "repeated_denials": RuleForm({"threshold": 1, "window_hours": 1}),
    "download_without_release": RuleForm({"threshold": 1, "days": 1}, reasons=True),
    "collected_without_release": RuleForm({"threshold": 1}),
    "approved_in_seconds": RuleForm({"threshold": 1, "seconds": 1}),
    "approved_unseen": RuleForm({"threshold": 1}),
    "approves_everything": RuleForm({"threshold": 1, "percent": 1}),
    "same_pair": RuleForm({"threshold": 2, "percent": 1}),
    "one_checker": RuleForm({"threshold": 2, "percent": 1}),
    "break_glass": RuleForm({"threshold": 1}, actions=True),
    "failed_then_signed_in": RuleForm({"threshold": 1, "window_minutes": 1}),
    "address_change": RuleForm({"threshold": 1}),
    "log_read_without_reason": RuleForm({"threshold": 1}, actions=True),
    "log_read_by_others": RuleForm({"threshold": 1}, actions=True),
    "erasures": RuleForm({"threshold": 1}, actions=True),
    "witness_failures": RuleForm({"threshold": 1}, actions=True),
    "log_not_intact": RuleForm({"threshold": 1}),
    "own_rights": RuleForm({"threshold": 1}, actions=True),
    "encoded_output": RuleForm({"threshold": 1}, actions=True),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as the policy sets it."""

    id: str
    enabled: bool
    level: Level
    title: Text
    why: Text
    source: Text
    """The law, standard or practice behind the threshold."""
    numbers: Mapping[str, int]
    actions: tuple[str, ...] = ()
    """Actions of the catalogue; one that ends in a dot stands for all of its family."""
    reasons: tuple[str, ...] = ()

    @property
    def threshold(self) -> int:
        """From how many on it is worth a look."""
        return self.numbers["threshold"]

    def covers(self, action: str) -> bool:
        """Say whether the rule is about an action."""
        return action in self.actions or f"{action.partition('.')[0]}." in self.actions


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """Everything that decides what a review shows."""

    name: str
    title: Text
    hours: WorkingHours
    time_zone: str
    sign_by_day: int
    """Of the following month: a review that is not signed when that day is over is overdue."""
    rules: Mapping[str, Rule]
    digest: str
    """SHA-256 of the file, 64 hexadecimal digits."""


def load_review_policy(home: Path | None = None) -> ReviewPolicy:
    """Return the policy of the zone in `home`: its own file, else the shipped one.

    Raises: ReviewPolicyUnusable — naming file and line.
    """
    own = None if home is None else home / OWN_FILE
    path = own if own is not None and own.exists() else SHIPPED / f"{DEFAULT}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        cause = Text(f"{path}: 읽을 수 없습니다.", f"{path} cannot be read ({type(error).__name__}).")
        raise ReviewPolicyUnusable(cause) from None
    return parse_review_policy(text, path.name)


def parse_review_policy(text: str, file: str) -> ReviewPolicy:
    """Return the policy written in `text`.

    Raises: ReviewPolicyUnusable — naming the line.
    """
    whole = read_yaml(text, file, ReviewPolicyUnusable).fields(("name", "title", "calendar", "monthly", "rules"))
    calendar = whole["calendar"].fields(_CALENDAR)
    monthly = whole["monthly"].fields(("sign_by_day",))
    rules = whole["rules"].fields(tuple(FORMS))
    return ReviewPolicy(
        name=whole["name"].name(),
        title=whole["title"].say(),
        hours=_hours(calendar),
        time_zone=calendar["time_zone"].words(),
        sign_by_day=monthly["sign_by_day"].whole(1, 28),
        rules={id: _rule(id, FORMS[id], rules[id]) for id in FORMS},
        digest=hashlib.sha256(text.encode("utf-8")).hexdigest(),
    )


def _hours(part: Mapping[str, Node]) -> WorkingHours:
    opens, closes = (_clock(part[key]) for key in ("opens", "closes"))
    if opens >= closes:
        part["closes"].refuse(Text("closes는 opens보다 늦어야 합니다", "closes must be later than opens"))
    days = [day.one_of(_WEEKDAYS) for day in part["working_days"].elements()]
    if not days:
        part["working_days"].refuse(Text("요일이 하나는 있어야 합니다", "working_days names no day"))
    try:
        zone = ZoneInfo(part["time_zone"].words())
    except (ZoneInfoNotFoundError, ValueError):
        part["time_zone"].refuse(Text("알 수 없는 시간대입니다", "no such time zone"))
    return WorkingHours(
        zone=zone,
        opens=opens,
        closes=closes,
        weekdays=frozenset(_WEEKDAYS.index(day) for day in days),
        country=_country(part["holidays"]),
        extra=frozenset(_day(day) for day in part["extra_holidays"].elements()),
    )


def _country(node: Node) -> str | None:
    country = node.words()
    if country == "none":
        return None
    try:
        public_holidays(country, 2026)
    except ValueError:
        node.refuse(Text("공휴일을 알 수 없는 국가입니다", "no public holidays are known of it"))
    return country


def _clock(node: Node) -> time:
    try:
        return time.fromisoformat(node.words())
    except ValueError:
        node.refuse(Text('시각은 "08:00"처럼 씁니다', 'write times as "08:00"'))


def _day(node: Node) -> date:
    try:
        return date.fromisoformat(str(node.scalar()))
    except ValueError:
        node.refuse(Text("날짜는 2026-12-31처럼 씁니다", "write days as 2026-12-31"))


def _rule(id: str, form: RuleForm, node: Node) -> Rule:
    lists = tuple(name for name, needed in (("actions", form.actions), ("reasons", form.reasons)) if needed)
    part = node.fields((*_COMMON, *form.numbers, *lists))
    numbers = {name: part[name].whole(lowest, _HIGHEST.get(name, 1_000_000)) for name, lowest in form.numbers.items()}
    if id == "mass_reads" and numbers["window_minutes"] % QUARTER_MINUTES:
        part["window_minutes"].refuse(Text("15분의 배수여야 합니다", "window_minutes is a multiple of 15"))
    names = {name: tuple(one.words() for one in part[name].elements()) for name in lists}
    enabled = part["enabled"].truth()
    for name in lists:
        if enabled and not names[name]:
            part[name].refuse(Text("비어 있습니다", f"{name} names nothing, so the rule could never find anything"))
    for place, action in zip(part["actions"].elements(), names["actions"], strict=True) if form.actions else ():
        if not any(known == action or (action.endswith(".") and known.startswith(action)) for known in CATALOGUE):
            place.refuse(Text(f"없는 작업입니다: {action}", f"the catalogue has no action {action}"))
    return Rule(
        id=id,
        enabled=enabled,
        level="alert" if part["level"].one_of(get_args(Level)) == "alert" else "notice",
        title=part["title"].say(),
        why=part["why"].say(),
        source=part["source"].say(),
        numbers=numbers,
        actions=names.get("actions", ()),
        reasons=names.get("reasons", ()),
    )
