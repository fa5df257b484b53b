"""What awaits a compliance officer or an operator: one tile for each duty, those that need somebody first."""

from __future__ import annotations

from dataclasses import dataclass

from audit.errors import AuditError
from deid.linkage.service import LinkageDesk
from deid.people import RegisteredPeople
from deid.records.workflow import State
from deid.reidentification.service import ReidentificationDesk
from portal.extract_desk import desk_of as extract_desk_of
from portal.formats import minute
from portal.navigation import ADEQUACY, AGREEING, COMPLIANCE, LOOKERS, OPERATORS
from portal.probe_report import read_reports
from portal.review_desk import desk_of, month_name
from portal.visit import Visit
from registry.text import Text

_NONE = Text("대기 없음", "None waiting")
_NOTHING = Text("할 일이 없습니다.", "Nothing to do.")
ICONS = {"stop": "alert", "warn": "bell", "": "clock", "ok": "passed"}
"""The icon of each tone, the gravest first."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One duty: where it is done, how it stands, and a sentence about it."""

    address: str
    icon: str
    title: Text
    tone: str
    state: Text
    words: Text


def tiles(visit: Visit) -> list[Tile]:
    """Return the tiles that a person's roles may see, the gravest first."""
    found = []
    if visit.has(*COMPLIANCE):
        found += [_monthly(visit), _second_looks(visit)]
    if visit.has(*LOOKERS):
        found.append(_as_recorded(visit))
    if visit.has(*COMPLIANCE, *OPERATORS):
        found.append(_walls(visit))
    if visit.has(*AGREEING):
        found.append(_agreements(visit))
    if visit.has(*ADEQUACY):
        found.append(_adequacy(visit))
    return sorted(found, key=lambda tile: list(ICONS).index(tile.tone))


def _monthly(visit: Visit) -> Tile:
    def tile(tone: str, state: Text, words: Text) -> Tile:
        return Tile("/monthly-reviews", "calendar", Text("월 점검", "Monthly review"), tone, state, words)

    try:
        standing = desk_of(visit.zone, visit.portal.clock).standing()
    except AuditError:
        return tile("stop", Text("알 수 없음", "Not known"), Text("화면에 까닭이 있습니다.", "The page says why."))
    if standing.overdue:
        return tile("stop", Text("기한 지남", "Overdue"), month_name(standing.overdue[0]))
    if standing.waiting:
        return tile("warn", Text("서명 대기", "To be signed"), month_name(standing.waiting[0]))
    return tile("ok", _NONE, _NOTHING)


def _second_looks(visit: Visit) -> Tile:
    waiting = sum(one.agrees is None for one in visit.zone.desk.rechecks(visit.person))
    title = Text("반출 재확인", "Second looks")
    return _counted(
        "/rechecks", "eye", title, waiting, Text("심사자의 답을 기다립니다.", "A checker's answer is awaited.")
    )


def _as_recorded(visit: Visit) -> Tile:
    stopped = sum(not one.holds for one in visit.zone.desk.alarmed(visit.person))
    title = Text("기록과 다른 신청", "Not as recorded")
    if not stopped:
        return Tile("/as-recorded", "alert", title, "ok", Text("없음", "None"), _NOTHING)
    state = Text(f"{stopped}건 멈춤", f"{stopped} stopped")
    return Tile(
        "/as-recorded", "alert", title, "stop", state, Text("두 사람이 살펴봐야 합니다.", "Two people must look.")
    )


def _walls(visit: Visit) -> Tile:
    def tile(tone: str, state: Text, words: Text) -> Tile:
        return Tile("/walls", "shield", Text("벽 점검", "Walls"), tone, state, words)

    reports, missing = read_reports(visit.zone)
    if not reports:
        return tile("", Text("아직 없음", "Not yet"), Text("첫 점검을 기다립니다.", "The first probe is awaited."))
    at, zone = min(report.ended for report in reports), visit.portal.time_zone
    words = Text(f"{minute(at, 'ko', zone)} 점검", f"Probed {minute(at, 'en', zone)}")
    broken = sum(len(report.having("broken")) for report in reports)
    if broken:
        return tile("stop", Text(f"{broken}곳 뚫림", f"{broken} broken"), words)
    if missing:
        names = ", ".join(missing)
        words = Text(f"{names} 점검을 기다립니다.", f"A probe under {names} is awaited.")
        return tile("", Text("아직 없음", "Not yet"), words)
    return tile("ok", Text("모두 막음", "Every wall stands"), words)


def _agreements(visit: Visit) -> Tile:
    people, me, log = RegisteredPeople(visit.zone.registry), visit.actor.ref, visit.zone.log
    linked, opened = LinkageDesk(log, people).linkages(), ReidentificationDesk(log, people).requests()
    links = sum(one.state == "asked" and one.requested_by != me for one in linked)
    opens = sum(one.state(visit.now) == "asked" and me not in (one.by, *one.approved_by) for one in opened)
    words = Text(f"재식별 {opens}건, 과제 연계 {links}건", f"{opens} to re-identify, {links} to link projects")
    address = "/linkages" if links and not opens else "/reidentification"
    return _counted(address, "user", Text("동의할 요청", "Requests to agree to"), opens + links, words)


def _adequacy(visit: Visit) -> Tile:
    waiting = sum(one.state is State.IN_REVIEW for one in extract_desk_of(visit.zone).every())
    words = Text("적정하다는 판정 없이는 쓰이지 않습니다.", "None is used before it is found adequate.")
    return _counted("/extracts", "shield", Text("적정성 검토", "Adequacy reviews"), waiting, words)


def _counted(address: str, icon: str, title: Text, waiting: int, words: Text) -> Tile:
    """A tile of a list that ought to be empty."""
    if not waiting:
        return Tile(address, icon, title, "ok", _NONE, _NOTHING)
    return Tile(address, icon, title, "warn", Text(f"{waiting}건 대기", f"{waiting} waiting"), words)
