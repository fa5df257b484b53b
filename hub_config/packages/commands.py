"""`ansim packages`: the shelf of Python packages, who may install what, and requests for more.

Exit codes: 0 done · 2 wrong usage or input · 3 the package index or a tool cannot be reached.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from audit.cli_context import Context, language_of
from audit.event import Source
from audit.text import Text
from registry.desk import CLI
from registry.packages.model import STATES, PackageRequest, State

if TYPE_CHECKING:
    from registry.packages.desk import PackageDesk

HERE = Source(None)  # typed on the zone's own machine: no network address
_ADDED = Text("보관함에 넣음: {names}", "On the shelf now: {names}")
_NOTHING = Text("이미지에 이미 모두 있습니다.", "The image holds all of it already.")
_CARRIED = Text(
    "{count}개 파일과 requirements.lock을 {folder}에 두었습니다.", "{count} files and requirements.lock: {folder}"
)
_REMOVED = Text("보관함에서 뺌: {name} ({count}개 파일)", "Taken off the shelf: {name} ({count} files)")
_DONE = Text("{package}: {state} ({project})", "{package}: {state} ({project})")
_HEADS = {
    "shelf": (
        Text("패키지", "package"),
        Text("버전", "version"),
        Text("크기(MB)", "MB"),
        Text("필요로 함", "requires"),
    ),
    "requests": (
        *(Text("신청", "request"), Text("과제", "project"), Text("패키지", "package"), Text("상태", "state")),
        *(Text("까닭", "why"), Text("답", "answer")),
    ),
}


def add_parser(subparsers: Any) -> None:
    """Add `packages` and its commands; each sets `func`, a handler of (arguments, context)."""
    group = subparsers.add_parser("packages", help=_say("분석환경의 파이썬 패키지", "Python packages for workspaces"))
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    shown = _command(
        commands, "list", list_shelf, "보관함의 패키지", "what lies on the shelf, or what a project may use"
    )
    shown.add_argument("--project", help=_say("이 과제가 쓸 수 있는 것만", "only what this project may install"))
    added = _command(commands, "add", add, "패키지를 보관함에 넣기", "put packages and what they need on the shelf")
    _what(added)
    added.add_argument(
        "--from", dest="folder", type=Path, help=_say("wheel 폴더(망 없이)", "a folder of wheels; no network")
    )
    fetched = _command(
        commands, "fetch", fetch, "반입할 폴더에 내려받기", "download into a folder, for a zone without a network"
    )
    _what(fetched)
    fetched.add_argument("--to", dest="folder", type=Path, required=True, help=_say("폴더", "the folder"))
    removed = _command(commands, "remove", remove, "보관함에서 빼기", "take a package off the shelf")
    removed.add_argument("package", help=_say("패키지", "name of the package"))
    asked = _command(commands, "requests", list_requests, "패키지 신청 목록", "requests for packages")
    asked.add_argument("--all", action="store_true", help=_say("결정된 것도", "also those that are decided"))
    allowed = _command(commands, "allow", allow, "과제에 패키지 허용", "allow a project a package")
    allowed.add_argument("project", help=_say("과제", "project id"))
    allowed.add_argument("package", help=_say("패키지", "name of the package"))
    for name, state in (("approve", State.APPROVED), ("refuse", State.REFUSED)):
        decided = _command(
            commands, name, decide, f"신청 결정: {STATES[state].ko}", f"decide on a request: {STATES[state].en}"
        )
        decided.add_argument("ref", help=_say("신청 번호", "reference of the request"))
        decided.add_argument("--note", default="", help=_say("신청자에게 전하는 말", "what to tell who asked"))
        decided.set_defaults(state=state)
    revoked = _command(commands, "revoke", revoke, "허용 거두기", "take an allowance back")
    revoked.add_argument("ref", help=_say("신청 번호", "reference of the request"))


def list_shelf(arguments: argparse.Namespace, context: Context) -> int:
    """Show the wheels on the shelf; with a project, those that it may install and what is allowed but missing."""
    desk = _desk(context)
    wheels, missing = desk.shelf.wheels(), frozenset[str]()
    if arguments.project:
        context.zone().registry.project(arguments.project)
        allowed = desk.allowance(arguments.project)
        missing = allowed.named - {one.package for one in wheels}
        wheels = tuple(one for one in wheels if one.package in allowed.packages)
    if context.json:
        fields = ("package", "version", "file", "sha256", "size", "requires_python", "requires")
        rows = [{name: getattr(one, name) for name in fields} for one in wheels]
        _emit(context, {"packages": rows, "not_on_the_shelf": sorted(missing)})
        return 0
    lines = [[one.package, one.version, f"{one.size / 1e6:.1f}", ", ".join(one.requires)] for one in wheels]
    lines += [[name, _say("보관함에 없음", "not on the shelf"), "", ""] for name in sorted(missing)]
    context.print(_table("shelf", lines))
    return 0


def add(arguments: argparse.Namespace, context: Context) -> int:
    """Put packages on the shelf, each file held against its digest; nothing is allowed to anybody by it."""
    from hub_config.packages import filling

    desk, lock = _desk(context), _lock(arguments, context)
    if arguments.folder and not arguments.lock:
        lock = _read_lock(arguments.folder / filling.LOCK_NAME)
    wheels = filling.bring_in(desk.shelf, lock, folder=arguments.folder)
    if wheels:
        desk.shelve(wheels, by=CLI, source=HERE)
    names = [f"{one.package} {one.version}" for one in wheels]
    if context.json:
        _emit(context, {"added": [{"package": w.package, "version": w.version, "sha256": w.sha256} for w in wheels]})
    else:
        told = _ADDED.format(names=", ".join(names)) if names else _NOTHING
        context.print(told.say(language_of()))
    return 0


def fetch(arguments: argparse.Namespace, context: Context) -> int:
    """Download packages with their digests into a folder; needs no zone."""
    from hub_config.packages import filling

    files = filling.carry_out(_lock(arguments, context), arguments.folder)
    if context.json:
        _emit(context, {"folder": str(arguments.folder), "files": [one.name for one in files]})
    else:
        context.print(_CARRIED.format(count=len(files), folder=arguments.folder).say(language_of()))
    return 0


def remove(arguments: argparse.Namespace, context: Context) -> int:
    """Take a package off the shelf; what is installed in workspaces stays there."""
    count = _desk(context).unshelve(arguments.package, by=CLI, source=HERE)
    if context.json:
        _emit(context, {"removed": arguments.package, "files": count})
    else:
        context.print(_REMOVED.format(name=arguments.package, count=count).say(language_of()))
    return 0


def list_requests(arguments: argparse.Namespace, context: Context) -> int:
    """Show who asked for what."""
    found = [one for one in _desk(context).requests() if arguments.all or one.state is State.ASKED]
    if context.json:
        _emit(context, {"requests": [_document(one) for one in found]})
        return 0
    language = language_of()
    rows = [
        [one.ref, one.project, one.package, STATES[one.state].say(language), one.why, one.note or ""] for one in found
    ]
    context.print(_table("requests", rows))
    return 0


def allow(arguments: argparse.Namespace, context: Context) -> int:
    """Allow a project a package that nobody asked for."""
    return _tell(context, _desk(context).allow(arguments.project, arguments.package, by=CLI, source=HERE))


def decide(arguments: argparse.Namespace, context: Context) -> int:
    """Allow or refuse what was asked for."""
    desk = _desk(context)
    return _tell(context, desk.decide(arguments.ref, arguments.state, arguments.note, by=CLI, source=HERE))


def revoke(arguments: argparse.Namespace, context: Context) -> int:
    """Take back what was allowed."""
    return _tell(context, _desk(context).revoke(arguments.ref, by=CLI, source=HERE))


def _command(commands: Any, name: str, run: Any, ko: str, en: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=_say(ko, en))
    parser.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    parser.set_defaults(func=run)
    return parser


def _what(parser: argparse.ArgumentParser) -> None:
    words = _say("패키지 또는 패키지==버전", "a package, or package==version")
    parser.add_argument("wanted", nargs="*", metavar="PACKAGE", help=words)
    parser.add_argument(
        "--lock", type=Path, help=_say("해시가 있는 requirements 파일", "a requirements file with hashes")
    )


def _lock(arguments: argparse.Namespace, context: Context) -> str:
    """Return the digests that hold: of a file, or of what the index has now. Raises: PackagesRefused, ImageError."""
    from hub_config.packages import filling
    from hub_config.packages.errors import PackagesRefused

    folder_alone = arguments.command == "packages" and arguments.func is add and arguments.folder is not None
    if bool(arguments.lock) + bool(arguments.wanted) + folder_alone > 1 and not (arguments.lock and folder_alone):
        raise PackagesRefused(
            Text(
                "패키지 이름, --lock, --from 가운데 하나를 주십시오. --from은 --lock과 함께 쓸 수 있습니다.",
                "Give packages, or --lock, or --from with or without --lock.",
            )
        )
    if arguments.lock:
        return _read_lock(arguments.lock)
    if arguments.wanted:
        return filling.pins_for(arguments.wanted, say=lambda line: context.json or sys.stderr.write(f"{line}\n"))
    if folder_alone:
        return ""
    raise PackagesRefused(
        Text(
            "패키지 이름을 하나 이상 적거나 --lock FILE을 주십시오.",
            "Name at least one package, or give --lock FILE.",
        )
    )


def _read_lock(path: Path) -> str:
    from hub_config.packages import filling
    from hub_config.packages.errors import PackagesRefused

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        hint = Text(
            "휠과 잠금 파일은 `ansim packages fetch PACKAGE --to FOLDER`로 만듭니다.",
            "`ansim packages fetch PACKAGE --to FOLDER` writes wheels and lock.",
        )
        told = Text("읽을 수 없는 파일입니다: {path} ({error})", "{path} cannot be read ({error}).")
        raise PackagesRefused(told.format(path=path, error=type(error).__name__), hint=hint) from error
    filling.check_lock(text, path.name)
    return text


def _desk(context: Context) -> PackageDesk:
    desk: PackageDesk = context.zone().packages
    return desk


def _tell(context: Context, request: PackageRequest) -> int:
    if context.json:
        _emit(context, _document(request))
    else:
        state = STATES[request.state].say(language_of())
        context.print(_DONE.format(package=request.package, state=state, project=request.project).say(language_of()))
    return 0


def _document(one: PackageRequest) -> Mapping[str, object]:
    return {
        "ref": one.ref,
        "project": one.project,
        "package": one.package,
        "state": one.state.value,
        "why": one.why,
        "note": one.note,
        "asked_by": one.asked_by,
        "asked_at": one.asked_at.isoformat(),
        "decided_by": one.decided_by,
        "decided_at": one.decided_at.isoformat() if one.decided_at else None,
    }


def _table(kind: str, rows: Sequence[Sequence[str]]) -> Table:
    table = Table(*(head.say(language_of()) for head in _HEADS[kind]))
    for row in rows:
        table.add_row(*row)
    return table


def _emit(context: Context, document: Mapping[str, object]) -> None:
    context.print(json.dumps(document, ensure_ascii=False))


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
