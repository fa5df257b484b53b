"""The record of processing activities as rows: each says what it is, from where that is known, and by which entry.

The fields are those of GDPR art. 30(1)(a) to (g). The same facts go into a Korean privacy policy (PIPA art. 30). What
neither the log nor the register nor the controller says is a row as well, so that a gap cannot look like an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from audit.catalogue import CATALOGUE
from audit.processing.declared import FILE, Declared
from audit.processing.facts import Activity, Facts, Use
from audit.retention.policy import RetentionPolicy
from audit.searching.copies import KOREAN_TIME
from audit.searching.naming import Titled
from audit.searching.wording import OUTCOMES, ROLES
from audit.text import Text

TITLE = Text("개인정보 처리활동 기록 (GDPR 제30조)", "Record of processing activities (GDPR art. 30)")


class Origin(Enum):
    """From where something is known."""

    LOG = Text("감사 기록", "audit log")
    REGISTER = Text("명부", "register")
    DECLARED = Text(f"책임자가 적음({FILE})", f"declared ({FILE})")
    SETTINGS = Text("보유기간 정책", "retention policy")
    UNKNOWN = Text("알 수 없음", "not known")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the record."""

    part: Text
    letter: str
    """The letter of GDPR art. 30(1)."""
    name: Text
    value: Text
    origin: Origin
    entries: tuple[int, ...] = ()
    """Which entries of the log say so."""


class DescribedProject(Titled, Protocol):
    """What is asked of a project of the register; the log has no titles and no purposes."""

    @property
    def purpose(self) -> str: ...


class DescribedDataset(Titled, Protocol):
    """What is asked of a dataset of the register."""

    @property
    def owner_org(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Register:
    """What the register of the zone says today, by id."""

    projects: Mapping[str, DescribedProject] = field(default_factory=dict)
    datasets: Mapping[str, DescribedDataset] = field(default_factory=dict)


_ZONE = Text("안심구역 전체", "The whole zone")
_UNKNOWN = Text(
    f"감사 기록과 명부에 없습니다. {FILE}에 적으십시오.",
    f"Neither the log nor the register says; write it into {FILE}.",
)
_DECLARED: tuple[tuple[str, str, Text], ...] = (
    ("controller", "a", Text("개인정보처리자와 연락처", "Controller, with contact")),
    ("joint_controllers", "a", Text("공동 처리자", "Joint controllers")),
    ("representative", "a", Text("대리인", "Representative")),
    ("protection_officer", "a", Text("개인정보 보호책임자와 연락처", "Data protection officer, with contact")),
    ("transfers", "e", Text("국외 이전과 보호조치", "Transfers to other countries, with safeguards")),
    ("measures", "g", Text("안전성 확보조치의 설명", "Description of the security measures")),
)
_OF_DATASET: tuple[tuple[str, str, Text], ...] = (
    ("people", "c", Text("정보주체의 유형 · {data}", "Categories of data subjects · {data}")),
    ("data", "c", Text("개인정보의 항목 · {data}", "Categories of personal data · {data}")),
    ("recipients", "d", Text("그 밖에 제공받는 자 · {data}", "Other recipients · {data}")),
    ("erasure", "f", Text("파기 기한 · {data}", "Time limit for erasure · {data}")),
)
_PURPOSE, _DATA = Text("처리 목적", "Purposes"), Text("이용한 데이터", "Data used")
_RECIPIENTS, _RESULTS = Text("이용하는 사람", "Who uses the data"), Text("반출된 결과", "Results that left")
_PERIOD, _LIMIT = Text("처리 기간", "Period of processing"), Text("기록의 보유기간", "How long records are kept")
_SHOWN = Text("안전성 확보조치의 기록", "Security measures, as recorded")
_PRUNED = Text("보유기간이 끝나 삭제된 기록", "Entries gone after their legal period")
_USE = Text(
    "{title}({id}) 버전 {version}: 정보주체 {people}명, {sensitive}, 제공기관 {owner}, 승인 종료 {until}",
    "{title} ({id}) version {version}: {people} people, {sensitive}, from {owner}, approved until {until}",
)
_SENSITIVE = {
    True: Text("민감정보 있음", "sensitive"),
    False: Text("민감정보 없음", "not sensitive"),
    None: Text("민감정보 여부 알 수 없음", "whether sensitive is not known"),
}
_REVOKED = Text("{at}에 회수됨", "revoked on {at}")
_LEFT = Text(
    "반출 {released}회, 수령 {collected}회. 어느 나라에 있는 사람이 받았는지는 기록에 없습니다.",
    "{released} released, {collected} collected. In which country the receiver was is not recorded.",
)
_NOT_SAID, _NONE = Text("알 수 없음", "not known"), Text("기록에 없음", "none recorded")
_BETWEEN = Text("{start} ~ {end}", "{start} to {end}")
_CLOSED = Text("{start} ~ {end}, {closed}에 종료됨", "{start} to {end}, closed on {closed}")
_YEARS = {
    "access": Text("접속기록 {n}년. {source}", "records of access: {n} years. {source}"),
    "rights": Text("권한 기록 {n}년. {source}", "records of rights: {n} years. {source}"),
    "pseudonymisation": Text("가명처리 기록 {n}년. {source}", "records of pseudonymisation: {n} years. {source}"),
}


def rows(facts: Facts, register: Register, declared: Declared, policy: RetentionPolicy | None) -> tuple[Row, ...]:
    """Return the whole record, first of the zone and then project by project, each in the order of the letters."""
    parts = [_of_zone(facts, declared, policy), *(_of(one, facts, register, declared) for one in facts.activities)]
    return tuple(row for part in parts for row in sorted(part, key=lambda row: row.letter))


def _of_zone(facts: Facts, declared: Declared, policy: RetentionPolicy | None) -> Iterator[Row]:
    for key, letter, name in _DECLARED:
        yield _declared(_ZONE, letter, name, declared.zone.get(key))
    if policy is not None:
        for kind, period in policy.periods.items():
            source = period.source
            said = Text(
                _YEARS[kind].ko.format(n=period.years, source=source.ko),
                _YEARS[kind].en.format(n=period.years, source=source.en),
            )
            yield Row(_ZONE, "f", _LIMIT, said, Origin.SETTINGS)
    for one in facts.measures:
        spec, outcome = CATALOGUE[one.body["action"]], OUTCOMES[one.body["outcome"]]
        said = Text(f"{_day(one.ts)} {spec.ko}: {outcome.ko}", f"{_day(one.ts)} {spec.en}: {outcome.en}")
        yield Row(_ZONE, "g", _SHOWN, said, Origin.LOG, (one.index,))
    if facts.pruned:
        count = Text(f"처음 {facts.pruned:,}건", f"the first {facts.pruned:,}")
        yield Row(_ZONE, "f", _PRUNED, count, Origin.LOG)


def _of(activity: Activity, facts: Facts, register: Register, declared: Declared) -> Iterator[Row]:
    known = register.projects.get(activity.project)
    part = Text(activity.project, activity.project)
    if known is not None:
        part = Text(f"{known.title_ko} ({known.id})", f"{known.title_en} ({known.id})")
        yield Row(part, "b", _PURPOSE, Text(known.purpose, known.purpose), Origin.REGISTER)
    else:
        yield Row(part, "b", _PURPOSE, _UNKNOWN, Origin.UNKNOWN)
    for use in activity.uses:
        sensitive, registered = facts.sensitive.get(use.dataset, (None, None))
        entries = (use.entry, *(() if registered is None else (registered,)))
        yield Row(part, "c", _DATA, _use(use, sensitive, register), Origin.LOG, entries)
    for dataset in dict.fromkeys(use.dataset for use in activity.uses):
        texts = declared.datasets.get(dataset, {})
        for key, letter, name in _OF_DATASET:
            yield _declared(part, letter, name.format(data=dataset), texts.get(key))
    yield Row(part, "d", _RECIPIENTS, _people(activity), Origin.LOG)
    released, collected = (activity.left.get(action, 0) for action in ("egress.released", "egress.collected"))
    yield Row(part, "d", _RESULTS, _LEFT.format(released=released, collected=collected), Origin.LOG)
    yield _period(part, activity)


def _declared(part: Text, letter: str, name: Text, said: Text | None) -> Row:
    return Row(part, letter, name, said or _UNKNOWN, Origin.UNKNOWN if said is None else Origin.DECLARED)


def _use(use: Use, sensitive: bool | None, register: Register) -> Text:
    known = register.datasets.get(use.dataset)
    until = _NOT_SAID if use.ends_at is None else Text(*[_day(use.ends_at)] * 2)
    if use.revoked is not None:
        until = _REVOKED.format(at=_day(use.revoked.ts))
    sides = []
    for language, title in (("ko", known and known.title_ko), ("en", known and known.title_en)):
        values = {"title": title or use.dataset, "owner": known.owner_org if known else _NOT_SAID.say(language)}
        values |= {"sensitive": _SENSITIVE[sensitive].say(language), "until": until.say(language)}
        sides.append(_USE.say(language).format(id=use.dataset, version=use.version, people=f"{use.people:,}", **values))
    return Text(*sides)


def _people(activity: Activity) -> Text:
    if not activity.roles:
        return _NONE
    counted = [(ROLES.get(role, Text(role, role)), count) for role, count in sorted(activity.roles.items())]
    ko, en = (", ".join(f"{role.say(lang)} {count}" for role, count in counted) for lang in ("ko", "en"))
    return Text(ko, en)


def _period(part: Text, activity: Activity) -> Row:
    if activity.period is None:
        return Row(part, "f", _PERIOD, _NOT_SAID, Origin.UNKNOWN)
    start, end = (_NOT_SAID if at is None else Text(*[_day(at)] * 2) for at in map(activity.moment, _ENDS))
    told = [activity.period]
    said = _BETWEEN
    closed = ""
    if activity.closed is not None:
        said, closed = _CLOSED, _day(activity.closed.ts)
        told.append(activity.closed)
    ko, en = (said.say(lang).format(start=start.say(lang), end=end.say(lang), closed=closed) for lang in ("ko", "en"))
    return Row(part, "f", _PERIOD, Text(ko, en), Origin.LOG, tuple(one.index for one in told))


_ENDS = ("starts_at", "ends_at")


def _day(at: datetime) -> str:
    return f"{at.astimezone(KOREAN_TIME):%Y-%m-%d}"


def gaps(record: Iterable[Row]) -> int:
    """Return how many rows say that something is not known."""
    return sum(row.origin is Origin.UNKNOWN for row in record)
