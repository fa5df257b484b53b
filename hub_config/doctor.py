"""What `ansim doctor` looks at, and what it says of each: in words that an operator can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from audit.clock.reading import told
from audit.clock.sources import of_this_machine
from audit.outward.standing import Standing
from audit.text import Text
from hub_config import (
    certificates,
    database_away,
    engine,
    maintaining,
    own_kernels,
    program_accounts,
    requests_check,
    reviewing,
    user_mapping,
    workspace_names,
)
from hub_config.backup import age as backup_age
from hub_config.backup import destroyed
from hub_config.errors import ZoneError
from hub_config.home_helper.errors import HomeError
from hub_config.homes import ZoneHomes
from hub_config.identity import checking
from hub_config.outward import standings_of
from hub_config.preflight import CHECKS, Plan, check_root
from hub_config.probe.standing import read_standing
from hub_config.room import LOG, rooms
from hub_config.settings import FILE_NAME, Settings, ZoneSettings, load_settings
from hub_config.status import room_of, what_runs

_MACHINE = {
    "system": Text("운영체제", "system"),
    "python": Text("파이썬", "python"),
    "root": Text("root 권한", "root"),
    "ports": Text("포트", "ports"),
    "disk": Text("디스크", "disk"),
}
_ENGINE = Text("컨테이너 엔진", "container engine")
_NO_ENGINE = Text("응답하는 컨테이너 엔진이 없습니다.", "No container engine answers.")
_NO_ENGINE_HINT = Text("`make up`이 배포판의 엔진을 설치합니다.", "`make up` installs the distribution's.")
_NO_ENGINE_ON_A_SERVER = Text(
    "`systemctl status docker ansim-engine`으로 확인하십시오. 구역은 ansim-engine을 거쳐 엔진에 닿습니다.",
    "Look with `systemctl status docker ansim-engine`: the zone reaches the engine through the second.",
)
_ON_A_SERVER = {
    "ports": Text(
        "그 프로그램을 멈추거나, 인벤토리의 ansim_settings에서 포트를 바꾸고 플레이북을 다시 실행하십시오.",
        "Stop that program, or set another port in ansim_settings of the inventory and run the playbook again.",
    ),
    "disk": Text("그 디스크를 비우거나 늘리십시오.", "Free space on that disk, or enlarge it."),
}
"""What to do where the settings are the inventory's and nobody runs make."""
_CLOCK = Text("시각 동기화", "clock")
_CLOCK_HINT = Text(
    "chrony를 설치하고 기준 시각 서버를 정하십시오. `chronyc tracking`이 상태를 보여 줍니다.",
    "Install chrony and name its servers; `chronyc tracking` shows how it stands.",
)
_PLAIN = Text(
    "암호화하지 않습니다. 크기 한도도 없습니다(workspace.homes: plain).",
    "plain: neither encrypted nor limited in size (workspace.homes)",
)
_ENCRYPTED = Text("분석환경마다 따로 암호화합니다.", "each encrypted under a key of its own")
_SOME_PLAIN = Text(
    "새 홈은 암호화합니다. 전부터 있던 홈 {left}개는 암호화되지 않은 채입니다.",
    "new ones are encrypted; {left} from before are still plain",
)
_STUCK = Text("닫지 못해 열려 있는 홈: {refs}", "could not be shut and stay mounted: {refs}")
_UNSTICK = Text(
    "`fuser -vm`으로 그 홈을 쓰는 프로세스를 찾아 끝내십시오. 작업자가 계속 다시 닫습니다(길어도 한 시간마다)."
    " docs/how-to/encrypt-homes.ko.md를 보십시오.",
    "Find with `fuser -vm` who uses them, and end it; the worker goes on trying, at least every hour. See"
    " docs/how-to/encrypt-homes.md.",
)
_HOMES_PAGE = Text("docs/how-to/encrypt-homes.ko.md를 보십시오.", "See docs/how-to/encrypt-homes.md.")
_ROOM = Text("감사 기록의 디스크 공간", "space for the log")
_NOTHING_BEGINS = Text(
    "{place}의 디스크에 {free} GiB 남아 새 작업을 시작하지 않습니다.",
    "{free} GiB are free at {place}: nothing new is begun.",
)
_SOON_REFUSED = Text(
    "{place}의 디스크에 {free} GiB 남아 곧 새 작업이 거부됩니다.",
    "{free} GiB are free at {place}: the log will soon refuse new actions.",
)
_MAKE_ROOM = Text(
    "그 디스크를 비우거나 늘리십시오. 공간이 생기면 구역은 저절로 이어서 일합니다.",
    "Free space on that disk, or enlarge it; the zone then goes on by itself.",
)
_DISKS_LOW = Text("남은 공간: {left}", "free: {left}")
_NO_BACKUPS = Text("백업하지 않습니다(backup.repository).", "none is made (backup.repository)")
_BACKUPS_PAGE = Text("docs/how-to/back-up-and-restore.ko.md를 보십시오.", "See docs/how-to/back-up-and-restore.md.")
_SEAL = Text(
    "`ansim registry person seal-emergency`로 새 봉투를 만드십시오. docs/how-to/keep-an-emergency-account.ko.md에"
    " 적혀 있습니다.",
    "`ansim registry person seal-emergency` makes a new envelope; docs/how-to/keep-an-emergency-account.md.",
)
_NEVER_SEALED = Text("봉인한 적이 없습니다.", "never sealed")
_NEEDED = Text(
    "봉인한 적이 없는데, 사람들은 다른 곳의 계정으로 로그인합니다.", "never sealed, but people sign in elsewhere"
)
_OPENED = Text("{at} UTC에 열렸습니다.", "opened {at} UTC")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One check of this machine, with what to do if it failed."""

    check: Text
    """Its English is also the check's name for programs."""
    ok: bool
    reason: Text | str = ""
    hint: Text | str = ""


def diagnose(home: Path) -> list[Diagnosis]:
    """Walk the checks that a start makes, then those of a zone that was made, without changing anything."""
    if not (home / FILE_NAME).exists():
        zone = ZoneSettings()
        plan = Plan(home=home, zone=zone, hub_port=zone.port + 1, first=True)
        return [*_of_machine(plan, CHECKS, running=False, hints={}), _of_engine(_NO_ENGINE_HINT)]
    settings = load_settings(home)
    plan = Plan(home=home, zone=settings.zone, hub_port=settings.hub.port, first=False)
    on_a_server = settings.machine.run_by == "systemd"
    # There systemd starts each process as its own user, and who asks is the zone's: never root.
    checks = [check for check in CHECKS if check is not check_root or not on_a_server]
    rows = _of_machine(plan, checks, running=what_runs(settings)[0], hints=_ON_A_SERVER if on_a_server else {})
    rows.append(_of_engine(_NO_ENGINE_ON_A_SERVER if on_a_server else _NO_ENGINE_HINT))
    return [*rows, *map(of_target, standings_of(settings)), *(look(settings) for look in LOOKS)]


def _of_machine(
    plan: Plan, checks: Iterable[Callable[[Plan], None]], *, running: bool, hints: Mapping[str, Text]
) -> list[Diagnosis]:
    rows = []
    for check in checks:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        called = _MACHINE[name]
        if name == "ports" and running:
            rows.append(Diagnosis(called, ok=True, reason=Text("이 구역이 쓰고 있습니다.", "held by this zone")))
            continue
        try:
            check(plan)
        except ZoneError as error:
            rows.append(Diagnosis(called, ok=False, reason=error.reason, hint=hints.get(name, error.hint)))
        else:
            rows.append(Diagnosis(called, ok=True))
    return rows


def _of_engine(hint: Text) -> Diagnosis:
    if engine.engine_answers():
        return Diagnosis(_ENGINE, ok=True)
    return Diagnosis(_ENGINE, ok=False, reason=_NO_ENGINE, hint=hint)


def of_target(one: Standing) -> Diagnosis:
    """Say whether a system that the record is sent to takes it."""
    called = Text("기록 전송 {name}", "outward {name}").format(name=one.target.name)
    place = one.position
    if place.failing_since is None:
        return Diagnosis(called, ok=True)
    reason = Text(
        "{since} UTC부터 실패({error}), 밀린 기록 {behind}건", "{error} since {since} UTC, {behind} entries behind"
    ).format(error=place.error, since=f"{place.failing_since:%Y-%m-%d %H:%M}", behind=one.behind)
    return Diagnosis(called, ok=False, reason=reason, hint=one.cure())


def of_room(settings: Settings) -> Diagnosis:
    """Say whether the log has room, and where it lies if it has none."""
    room = room_of(settings)
    if room is None or room.level == "ample":
        return Diagnosis(_ROOM, ok=True)
    reason = _NOTHING_BEGINS if room.level == "exhausted" else _SOON_REFUSED
    told = reason.format(place=settings.home / "log", free=room.gibibytes)
    return Diagnosis(_ROOM, ok=False, reason=told, hint=_MAKE_ROOM)


def of_disks(settings: Settings) -> Diagnosis:
    """Say which disks fill up beside that of the log: workspaces, releases, the engine, backups on this machine."""
    called = Text("다른 디스크의 공간", "space on other disks")
    full = [(place, room) for place, room in rooms(settings) if place != LOG and room.level != "ample"]
    if not full:
        return Diagnosis(called, ok=True)
    left = ", ".join(f"{place} {room.gibibytes} GiB" for place, room in full)
    return Diagnosis(called, ok=False, reason=_DISKS_LOW.format(left=left), hint=_ON_A_SERVER["disk"])


def of_backups(settings: Settings) -> Diagnosis:
    """Say whether the last backup that came back is young enough; that a zone makes none is told and no fault."""
    called = Text("백업", "backups")
    if not settings.backup.repository:
        return Diagnosis(called, ok=True, reason=_NO_BACKUPS, hint=_BACKUPS_PAGE)
    return _of_fault(called, backup_age.fault_of(settings))


def of_destroyed_keys(settings: Settings) -> Diagnosis:
    """Say whether keys that were destroyed live on in the last kept set."""
    return _of_fault(Text("파기한 키", "destroyed keys"), destroyed.fault_of(settings))


def of_clock(settings: Settings) -> Diagnosis:
    """Say whether the clock, whose times the log records, is synchronised; one that cannot be asked is no fault.

    Nor is one of a demo zone, whose times prove nothing: it is told all the same.
    """
    reading = of_this_machine().read()
    hint = "" if reading.state == "right" else _CLOCK_HINT
    return Diagnosis(_CLOCK, ok=reading.state != "off" or settings.zone.demo, reason=told(reading), hint=hint)


def of_database(settings: Settings) -> Diagnosis:
    """Say whether the database answers."""
    return _of_fault(Text("데이터베이스", "database"), database_away.fault_of(settings))


def of_certificates(settings: Settings) -> Diagnosis:
    """Say whether a certificate that the zone shows or relies on has ended, or soon will."""
    return _of_fault(Text("인증서", "certificates"), certificates.fault_of(settings))


def of_workspace_names(settings: Settings) -> Diagnosis:
    """Say whether workspaces can be reached under hosts of their own."""
    called = Text("분석환경의 이름", "names of workspaces")
    shared = workspace_names.shared(settings)
    if shared is not None:
        return Diagnosis(called, ok=True, reason=shared)
    return _of_fault(called, workspace_names.fault_of(settings))


def of_homes(settings: Settings) -> Diagnosis:
    """Say whether homes are encrypted, and whether their helper can do it; plain ones are a fault only if unwanted."""
    called, homes = Text("분석환경의 홈", "homes of workspaces"), ZoneHomes(settings)
    if not homes.kept():
        return Diagnosis(called, ok=True, reason=_PLAIN, hint=_HOMES_PAGE)
    try:
        homes.client().able()
        stuck = sorted(ref for ref, state in homes.client().every().items() if state.stuck)
    except HomeError as error:
        # Homes that are encrypted already stay so, and do not open either.
        return Diagnosis(called, ok=False, reason=error.reason, hint=_HOMES_PAGE)
    left = len(homes.plain_left())
    if stuck:
        return Diagnosis(called, ok=False, reason=_STUCK.format(refs=", ".join(stuck)), hint=_UNSTICK)
    return Diagnosis(called, ok=True, reason=_ENCRYPTED if not left else _SOME_PLAIN.format(left=left))


def of_users(settings: Settings) -> Diagnosis:
    """Say whose numbers users of containers have on the server; that they are not mapped is told and no fault."""
    ok, reason, hint = user_mapping.found(settings)
    return Diagnosis(Text("컨테이너의 사용자 번호", "users of containers"), ok=ok, reason=reason, hint=hint)


def of_kernels(settings: Settings) -> Diagnosis:
    """Say whether the projects that are to have a kernel of their own, gVisor's, get it."""
    called, wanted = Text("분석환경의 커널", "kernels of workspaces"), settings.workspace.gvisor_projects
    fault = own_kernels.fault_of(settings)
    if fault is not None:
        return _of_fault(called, fault)
    reason = own_kernels.OWN.format(names=", ".join(wanted)) if wanted else own_kernels.SERVERS
    return Diagnosis(called, ok=True, reason=reason)


def of_reviews(settings: Settings) -> Diagnosis:
    """Say whether every month was reviewed in time."""
    return _of_fault(Text("월 점검", "monthly review"), reviewing.fault_of(settings))


def of_requests(settings: Settings) -> Diagnosis:
    """Say whether requests are as the audit log has them, as far as it was found out."""
    return _of_fault(Text("신청과 감사 기록의 일치", "requests as recorded"), requests_check.fault_of(settings))


def of_provider(settings: Settings) -> Diagnosis:
    """Say whether the provider that vouches for people answers as the settings expect."""
    called = Text("기관 로그인", "sign-in by a provider")
    if not settings.oidc.on:
        return Diagnosis(called, ok=True, reason=Text("설정되지 않았습니다.", "none is set"))
    return _of_fault(called, checking.fault_of(settings))


def of_maintenance(settings: Settings) -> Diagnosis:
    """Say whether maintenance is announced; it is a fault only when its announced end has passed."""
    called = Text("점검 안내", "maintenance")
    found = maintaining.maintenance_of(settings)
    if found is None:
        return Diagnosis(called, ok=True, reason=Text("예정된 점검이 없습니다.", "none is announced"))
    said, over = found.said(ZoneInfo(settings.zone.time_zone)), maintaining.OVERDUE
    late = found.overdue(datetime.now(UTC))
    reason = Text(f"{said.ko} {over.ko}", f"{said.en} {over.en}") if late else said
    return Diagnosis(called, ok=not late, reason=reason, hint=maintaining.HINT)


def of_programs(settings: Settings) -> Diagnosis:
    """Say whether an account of a program ends soon."""
    return _of_fault(Text("서비스 계정", "accounts of programs"), program_accounts.fault_of(settings))


def of_walls(settings: Settings) -> Diagnosis:
    """Say what the last probe found, and what it advises; a zone that was never probed is no fault."""
    called = Text("벽 점검", "walls")
    last = read_standing(settings)
    if last is None:
        never = Text("아직 점검하지 않았습니다.", "not probed yet")
        attack = Text("`ansim probe`로 점검하십시오.", "`ansim probe` attacks them.")
        return Diagnosis(called, ok=True, reason=never, hint=attack)
    reason: Text | str = ""
    if last.broken:
        reason = Text("뚫림: {names}", "broken: {names}").format(names=", ".join(last.broken))
    elif last.missing:
        reason = Text("아직 점검하지 않은 실행기: {names}", "not probed yet under {names}").format(
            names=", ".join(last.missing)
        )
    elif last.lacking:
        reason = Text("권고 미충족: {names}", "advised, missing: {names}").format(names=", ".join(last.lacking))
    see = Text("docs/how-to/run-the-probe.ko.md를 보십시오.", "See docs/how-to/run-the-probe.md.")
    return Diagnosis(called, ok=not last.broken, reason=reason, hint=see)


def of_envelope(settings: Settings) -> Diagnosis:
    """Say whether the emergency account's envelope is closed; a zone where people sign in elsewhere needs one."""
    called = Text("비상 계정", "emergency account")
    account = checking.emergency_account(settings)
    if account is None:
        if settings.oidc.on or settings.directory.on:
            return Diagnosis(called, ok=False, reason=_NEEDED, hint=_SEAL)
        return Diagnosis(called, ok=True, reason=_NEVER_SEALED)
    if account.opened_at is None:
        return Diagnosis(called, ok=True)
    return Diagnosis(called, ok=False, reason=_OPENED.format(at=f"{account.opened_at:%Y-%m-%d %H:%M}"), hint=_SEAL)


def _of_fault(called: Text, fault: tuple[Text, Text] | None) -> Diagnosis:
    reason, hint = fault or ("", "")
    return Diagnosis(called, ok=fault is None, reason=reason, hint=hint)


LOOKS: tuple[Callable[[Settings], Diagnosis], ...] = (
    of_database,
    of_room,
    of_disks,
    of_backups,
    of_destroyed_keys,
    of_certificates,
    of_workspace_names,
    of_clock,
    of_reviews,
    of_requests,
    of_homes,
    of_users,
    of_kernels,
    of_maintenance,
    of_programs,
    of_walls,
    of_provider,
    of_envelope,
)
"""What is looked at in a zone that was made, in this order."""
