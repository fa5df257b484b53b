"""What the commands about the additional information do; loaded only when one of them runs."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from getpass import getpass
from pathlib import Path
from typing import Any

from audit.body import timestamp
from audit.cli_context import Context, language_of
from audit.event import Actor, Source
from audit.text import Text
from deid.errors import Refused, UsageError
from deid.key_destruction import Destruction, record_of
from deid.key_life import Life, lives
from deid.key_users import last_day
from deid.keys import KeyStore
from deid.linkage.service import Linkage, LinkageDesk
from deid.people import AGREEING, ASKING, RegisteredPeople
from deid.presence import typed
from deid.reidentification.service import ReidentificationDesk
from deid.reidentification.standing import APPROVALS, GROUNDS, STATES, Request
from deid.service import DeidDesk
from deid.sources import open_table

KEYS_DIRECTORY = "additional"
ANSWER_SECONDS = 2.0
"""How long an opening takes at least, whether or not the key made the token: the time must not tell."""
CLI = Actor.service("cli")
HERE = Source(None)
_SHA256 = re.compile("[0-9a-f]{64}")

_TERMINAL = Text(
    "원래 값은 화면에만 한 번 표시합니다. 파일이나 다른 프로그램으로 보낼 수 없습니다.",
    "The identifier is shown once, on a terminal; it cannot go to a file or another program.",
)
_OPENED = Text("원래 값: {value}   (남은 횟수 {left})", "identifier: {value}   ({left} left)")
_UNKNOWN = Text(
    "이 추출본의 키로 만든 가명이 아닙니다. (남은 횟수 {left})", "This key did not make that token. ({left} left)"
)
_DESTROYED = Text("{domain} 영역의 {version}번 키를 파기했습니다.", "Key {version} of {domain} was destroyed.")
_NOT_SEARCHED = Text(
    "파기가 중간에 끊겨 사본이 남았는지 확인하지 못했습니다. 백업은 직접 파기하십시오.",
    "The destruction had been cut off, so it was not looked for in files; destroy backups of the key yourself.",
)
_SEARCHED = Text(
    "폴더 {places}개의 파일 {files}개에서 찾아보았으나 남아 있지 않습니다.",
    "It was looked for in {files} files of {places} directories and is in none.",
)
_REMAINS = Text(
    "아직 남아 있는 사본이 있습니다. 직접 파기하고 다시 확인하십시오: {files}",
    "Copies remain; destroy them and look again: {files}",
)
_LINKED = Text("{ref}  {domain} · {project}  {state}", "{ref}  {domain} · {project}  {state}")
_ENDS = Text("{day}까지", "until {day}")
_NO_END = Text("끝이 정해지지 않음", "no end is noted")
_NONE_ENDS = Text(
    "{days}일 안에 끝나는 키가 없습니다. 모든 키는 `ansim deid keys list`로 봅니다.",
    "No key ends within {days} days; `ansim deid keys list` shows all.",
)
_NO_LINKAGES = Text(
    "연계 요청이 없습니다. `ansim deid linkage request`로 요청합니다.",
    "There is no linkage. Ask for one with `ansim deid linkage request`.",
)
_HAVE = Text(
    "승인 {approved}/{needed} · 열람 {opened}/{limit}", "approved {approved}/{needed} · opened {opened}/{limit}"
)
_NO_REQUESTS = Text(
    "재식별 요청이 없습니다. `ansim deid reidentify request`로 요청합니다.",
    "There is no request. Make one with `ansim deid reidentify request`.",
)
_STATES = {
    "asked": Text("승인 대기", "waits for approval"),
    "approved": Text("승인됨 (10분 안에 시행)", "approved; in force within ten minutes"),
    "in_force": Text("시행 중", "in force"),
    "refused": Text("거절됨", "refused"),
    "ended": Text("끝남", "ended"),
}
_RECORD = (
    ("domain", Text("연계 영역", "domain")),
    ("version", Text("키 번호", "version")),
    ("created_at", Text("생성", "made")),
    ("destroyed_at", Text("파기 일시", "destroyed at")),
    ("destroyed_by", Text("파기한 사람", "by")),
    ("destroyed_why", Text("파기 사유", "why")),
    ("method", Text("방법", "how")),
    ("event_id", Text("감사 기록", "entry of the log")),
    ("owners", Text("쓴 추출본", "used by")),
    ("extracts", Text("파일", "files")),
    ("datasets", Text("데이터셋", "datasets")),
    ("projects", Text("과제", "projects")),
    ("searched", Text("확인한 폴더", "looked through")),
    ("files", Text("확인한 파일 수", "files looked through")),
    ("remains", Text("남은 사본", "copies that remain")),
)


def run_keys_ending(arguments: argparse.Namespace, context: Context) -> int:
    """Show the keys whose end is near, and those that have none; 1 if one has none."""
    now = datetime.now(UTC)
    store = KeyStore.kept_in(context.zone().home / KEYS_DIRECTORY)  # who only looks makes none
    living = [] if store is None else lives(store)
    found = [life for life in living if life.until is None or _near(life, now, arguments.days)]
    if context.json:
        rows = [asdict(life) | {"until": None if life.until is None else timestamp(life.until)} for life in found]
        context.print(json.dumps(rows, ensure_ascii=False))
    for life in () if context.json else found:
        end = _NO_END if life.until is None else _ENDS.format(day=last_day(life.until))
        context.print(f"{life.domain} v{life.version}  {_tell(end)}  ({life.extracts})")
    if not found and not context.json:
        context.print(_tell(_NONE_ENDS.format(days=arguments.days)))
    return 1 if any(life.until is None for life in found) else 0


def run_keys_record(arguments: argparse.Namespace, context: Context) -> int:
    """Show the record of one destruction; 1 if copies remain."""
    return _show_record(context, record_of(_store(context), arguments.domain, arguments.version))


def run_keys_destroy(arguments: argparse.Namespace, context: Context) -> int:
    """Destroy one key for ever; 1 if copies of it remain in the directories that were looked through."""
    zone = context.zone()
    desk = DeidDesk(zone.log, _store(context))
    made = desk.destroy_key(
        arguments.domain, arguments.version, arguments.reason, by=CLI, source=HERE, also=arguments.also
    )
    if context.json:
        return _show_record(context, made)
    context.print(_tell(_DESTROYED.format(domain=made.domain, version=made.version)))
    if made.remains:
        context.print(_tell(_REMAINS.format(files=", ".join(made.remains))))
        return 1
    if not made.searched:
        context.print(_tell(_NOT_SEARCHED))
        return 0
    context.print(_tell(_SEARCHED.format(files=made.files, places=len(made.searched))))
    return 0


def run_linkage_request(arguments: argparse.Namespace, context: Context) -> int:
    """Ask for a linkage; the registry refuses a project that it does not know, before anybody signs in."""
    context.zone().registry.project(arguments.project)
    desk, by = _linkage_desk(context), _present(context, arguments.by)
    return _show_linkages(
        context, [desk.ask(arguments.domain, arguments.project, arguments.reason, by=by, source=HERE)]
    )


def run_linkage_approve(arguments: argparse.Namespace, context: Context) -> int:
    """Agree to a linkage."""
    by = _present(context, arguments.by)
    return _show_linkages(context, [_linkage_desk(context).approve(arguments.request, by=by, source=HERE)])


def run_linkage_refuse(arguments: argparse.Namespace, context: Context) -> int:
    """Turn a linkage down, or take a request back."""
    by = _present(context, arguments.by)
    done = _linkage_desk(context).refuse(arguments.request, arguments.reason, by=by, source=HERE)
    return _show_linkages(context, [done])


def run_linkage_end(arguments: argparse.Namespace, context: Context) -> int:
    """End a linkage that is in force."""
    by = _present(context, arguments.by)
    done = _linkage_desk(context).end(arguments.request, arguments.reason, by=by, source=HERE)
    return _show_linkages(context, [done])


def run_linkage_list(_arguments: argparse.Namespace, context: Context) -> int:
    """Show every linkage and request."""
    return _show_linkages(context, _linkage_desk(context).linkages(), many=True)


def run_linkage_preview(arguments: argparse.Namespace, context: Context) -> int:
    """Estimate how many people two tables share; below the zone's threshold nothing is told."""
    first, second = open_table(arguments.first), open_table(arguments.second)
    by = _present(context, arguments.by)
    found = _linkage_desk(context).preview(
        arguments.request,
        first,
        arguments.first_column,
        second,
        arguments.second_column,
        threshold=int(context.zone().policy.min_cell),
        by=by,
        source=HERE,
    )
    context.print(json.dumps(asdict(found)) if context.json else _tell(found.say()))
    return 0


def run_reidentify_request(arguments: argparse.Namespace, context: Context) -> int:
    """Ask to open tokens of an extract."""
    extract = _sha256_of(arguments.extract)
    by = _present(context, arguments.by)
    made = _reidentification_desk(context).ask(
        extract,
        arguments.token,
        limit=arguments.limit,
        ground=arguments.ground,
        reason=arguments.reason,
        days=arguments.days,
        space=arguments.space,
        by=by,
        source=HERE,
    )
    return _show_requests(context, [made])


def run_reidentify_list(_arguments: argparse.Namespace, context: Context) -> int:
    """Show every request."""
    return _show_requests(context, _reidentification_desk(context).requests(), many=True)


def run_reidentify_show(arguments: argparse.Namespace, context: Context) -> int:
    """Show one request, held against the log; with --by also its reason, to somebody who may ask or agree.

    Raises: Refused — if there is no such request, or the person may not read the reason.
    """
    desk = _reidentification_desk(context)
    request = desk.request(arguments.request)
    if arguments.by is None:
        return _show_requests(context, [request])
    reader = _present(context, arguments.by)
    if (ASKING | AGREEING).isdisjoint(reader.roles):
        raise Refused("no_authority", Text("사유를 볼 권한이 없습니다.", "You may not read the reason."))
    reason = desk.reason(request.ref)
    if context.json:
        row = _request_row(request, datetime.now(UTC)) | {"reason": reason}
        context.print(json.dumps(row, ensure_ascii=False))
        return 0
    _show_requests(context, [request])
    context.print(reason)
    return 0


def run_reidentify_approve(arguments: argparse.Namespace, context: Context) -> int:
    """Agree to a request."""
    by = _present(context, arguments.by)
    return _show_requests(context, [_reidentification_desk(context).approve(arguments.request, by=by, source=HERE)])


def run_reidentify_refuse(arguments: argparse.Namespace, context: Context) -> int:
    """Turn a request down, or take one's own back."""
    by = _present(context, arguments.by)
    done = _reidentification_desk(context).refuse(arguments.request, arguments.reason, by=by, source=HERE)
    return _show_requests(context, [done])


def run_reidentify_open(arguments: argparse.Namespace, context: Context) -> int:
    """Show one identifier on the terminal, once; 1 if the key did not make the token."""
    if context.json or not sys.stdout.isatty():
        raise UsageError(_TERMINAL)
    desk = _reidentification_desk(context)
    by, beside = _present(context, arguments.by), _present(context, arguments.beside)
    began = time.monotonic()
    opened = desk.open(arguments.request, arguments.token, by=by, beside=beside, source=HERE)
    time.sleep(max(0.0, ANSWER_SECONDS - (time.monotonic() - began)))
    said = _UNKNOWN if opened.value is None else _OPENED
    context.print(_tell(said.format(value=opened.value, left=opened.left)))
    return 1 if opened.value is None else 0


def _present(context: Context, handle: str) -> Actor:
    """Return somebody who proves with password and one-time code to be there.

    Raises: what the registry's refusals are. UsageError — if nobody is there to type.
    """
    password, code = typed(handle, getpass)
    person = context.zone().registry.sign_in(handle, password, code, source=HERE)
    return Actor.person(person.ref, sorted(str(role.value) for role in person.roles))


def _store(context: Context) -> KeyStore:
    return KeyStore(context.zone().home / KEYS_DIRECTORY)


def _linkage_desk(context: Context) -> LinkageDesk:
    zone = context.zone()
    desk = LinkageDesk(zone.log, RegisteredPeople(zone.registry), _store(context))
    desk.carry_out()  # what was decided in the portal need not wait for the worker
    return desk


def _reidentification_desk(context: Context) -> ReidentificationDesk:
    zone = context.zone()
    return ReidentificationDesk(zone.log, RegisteredPeople(zone.registry), _store(context))


def _sha256_of(extract: str) -> str:
    if _SHA256.fullmatch(extract):
        return extract
    try:
        with Path(extract).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(Text(f"{extract}: 읽을 수 없는 파일입니다.", f"{extract} cannot be read.")) from error


def _near(life: Life, now: datetime, days: int) -> bool:
    return life.nearing(now, timedelta(days=days))


def _show_record(context: Context, record: Destruction) -> int:
    if context.json:
        context.print(json.dumps(asdict(record), ensure_ascii=False))
        return 1 if record.remains else 0
    for name, label in _RECORD:
        value = getattr(record, name)
        shown = (", ".join(value) or "–") if isinstance(value, tuple) else value
        context.print(f"{_tell(label)}: {shown}")
    return 1 if record.remains else 0


def _show_linkages(context: Context, found: Sequence[Linkage], *, many: bool = False) -> int:
    if context.json:
        rows = [asdict(linkage) | {"at": timestamp(linkage.at)} for linkage in found]
        context.print(json.dumps(rows if many else rows[0], ensure_ascii=False))
    elif not found:
        context.print(_tell(_NO_LINKAGES))
    for linkage in () if context.json else found:
        state = _tell(_STATES[linkage.state])
        context.print(
            _tell(_LINKED.format(ref=linkage.ref, domain=linkage.domain, project=linkage.project, state=state))
        )
    return 0


def _show_requests(context: Context, found: Sequence[Request], *, many: bool = False) -> int:
    now = datetime.now(UTC)
    rows = [_request_row(request, now) for request in found]
    if context.json:
        context.print(json.dumps(rows if many else rows[0], ensure_ascii=False))
    elif not found:
        context.print(_tell(_NO_REQUESTS))
    for request, row in () if context.json else zip(found, rows, strict=True):
        state, ground = _tell(STATES[request.state(now)]), _tell(GROUNDS[request.wanted.ground])
        have = _HAVE.format(
            approved=len(request.approved_by), needed=APPROVALS, opened=row["opened"], limit=row["limit"]
        )
        until = _ENDS.format(day=last_day(request.wanted.until))
        context.print(f"{request.ref}  {row['project']} · {row['dataset']}  {state}  {_tell(have)}")
        context.print(f"    {ground} · {_tell(until)}")
    return 0


def _request_row(request: Request, now: datetime) -> dict[str, Any]:
    wanted = request.wanted
    return {
        "request": request.ref,
        "state": request.state(now),
        "project": wanted.extract.project,
        "dataset": wanted.extract.dataset,
        "extract": wanted.extract.sha256,
        "ground": wanted.ground,
        "tokens": len(wanted.tokens),
        "limit": wanted.limit,
        "opened": len(request.opened),
        "requested_by": request.by,
        "approved_by": list(request.approved_by),
        "until": timestamp(wanted.until),
    }


def _tell(text: Text) -> str:
    return text.say(language_of())
