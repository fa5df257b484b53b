"""`ansim homes encrypt`: move plain homes of stopped workspaces into encrypted ones.

Exit codes: 0 done, also where there was nothing to do · 1 a home was not moved, and stays plain · 2 wrong usage.
"""

from __future__ import annotations

import argparse
import contextlib
import pwd
from typing import TYPE_CHECKING, Any

from audit.cli_context import language_of
from audit.text import Text
from hub_config.errors import SettingsError

if TYPE_CHECKING:
    from hub_config.cli import Context
    from hub_config.home_moving import Moved
    from hub_config.shared_space import SharedSpace
    from hub_config.zone import Zone
    from registry.model import Workspace

_HELP = Text("분석환경의 홈", "homes of workspaces")
_ENCRYPT = Text(
    "암호화되지 않은 홈을 암호화된 홈으로 옮기고 원래 것을 파기",
    "move plain homes of stopped workspaces into encrypted ones, and destroy the plain ones",
)
_REF = Text("분석환경의 참조 (ws_…)", "reference of a workspace (ws_…)")
_PERSON = Text("이 이용자의 모든 홈", "every home of this person, by user name")
_PROJECT = Text("이 과제의 공유 폴더", "the shared space of this project")
_ALL = Text("구역의 모든 홈과 공유 폴더", "every home and shared space of the zone")
_JSON = Text("프로그램용 출력", "answer for programs")
_SET_PLAIN = Text(
    "이 구역은 홈을 암호화하지 않습니다 (workspace.homes: plain).",
    "This zone does not encrypt homes (workspace.homes: plain).",
)
_SET_HINT = Text(
    "ansim.yaml에서 workspace.homes를 encrypted로 바꾸고 구역을 다시 시작하십시오.",
    "Set workspace.homes to encrypted in ansim.yaml and start the zone again.",
)
_DONE = Text(
    "{ref}: 파일 {files}개({bytes}바이트)를 암호화된 홈으로 옮기고 원래 홈을 파기했습니다.",
    "{ref}: {files} files ({bytes} bytes) are in an encrypted home now; the plain one is destroyed.",
)
_REST = Text("{ref}: 남아 있던 원래 홈을 파기했습니다.", "{ref}: what was left of the plain home is destroyed.")
_NOT = Text("{ref}: 옮기지 않았습니다. {why}", "{ref}: not moved. {why}")
_NOTHING = Text("옮길 홈이 없습니다.", "No home is plain.")


def add_parser(commands: Any) -> None:
    """Add `homes`."""
    language = language_of()
    verbs = commands.add_parser("homes", help=_HELP.say(language)).add_subparsers(required=True, metavar="VERB")
    encrypt = verbs.add_parser("encrypt", help=_ENCRYPT.say(language))
    which = encrypt.add_mutually_exclusive_group(required=True)
    which.add_argument("--workspace", metavar="REF", help=_REF.say(language))
    which.add_argument("--person", metavar="HANDLE", help=_PERSON.say(language))
    which.add_argument("--project", metavar="ID", help=_PROJECT.say(language))
    which.add_argument("--all", action="store_true", help=_ALL.say(language))
    encrypt.add_argument("--json", action="store_true", help=_JSON.say(language))
    encrypt.set_defaults(func=run_encrypt)


def run_encrypt(arguments: argparse.Namespace, context: Context) -> int:
    """Move the homes that are named, one after another; one that cannot be moved keeps no other from it."""
    from hub_config.home_helper.errors import HomeError
    from hub_config.home_moving import Move
    from hub_config.homes import ZoneHomes

    zone, language = context.zone(), language_of()
    if zone.settings.workspace.homes != "encrypted":
        raise SettingsError(_SET_PLAIN, hint=_SET_HINT)
    gid = pwd.getpwnam(zone.settings.gate.user).pw_gid
    moved: list[Moved] = []
    failed: dict[str, Text | str] = {}
    for workspace in chosen(zone, arguments):
        try:
            done = Move(ZoneHomes(zone.settings), zone.log, workspace, gid, lambda: at_work(zone)).run()
        except HomeError as error:
            failed[workspace.ref] = error.reason
        else:
            moved += [done] if done is not None else []
    if context.json:
        done_ones = [{"workspace": one.workspace, "files": one.files, "bytes": one.bytes} for one in moved]
        context.emit({"moved": done_ones, "not_moved": {ref: str(why) for ref, why in failed.items()}})
        return 1 if failed else 0
    for one in moved:
        said = _DONE if one.files or one.bytes else _REST
        context.print(said.say(language).format(ref=one.workspace, files=one.files, bytes=one.bytes))
    for ref, why in failed.items():
        context.print(_NOT.say(language).format(ref=ref, why=why.say(language) if isinstance(why, Text) else why))
    if not moved and not failed:
        context.print(_NOTHING.say(language))
    return 1 if failed else 0


def chosen(zone: Zone, arguments: argparse.Namespace) -> list[Workspace | SharedSpace]:
    """Return the workspaces, and the projects' shared spaces, that the command names. Raises: NotFound."""
    from hub_config.shared_space import space_of

    if arguments.workspace:
        return [zone.registry.workspace_by_ref(arguments.workspace)]
    every = sorted(zone.registry.workspaces(), key=lambda one: one.ref)
    projects = sorted({one.project for one in every})
    if arguments.project:
        wanted = zone.registry.project(arguments.project).id
        return [space_of(one, every) for one in projects if one == wanted]
    if arguments.all:
        return [*every, *(space_of(one, every) for one in projects)]
    person = zone.registry.person(arguments.person)
    return [one for one in every if one.person_ref == person.ref]


def at_work(zone: Zone) -> set[str]:
    """Return the workspaces that have a container, or that the hub runs or starts, with the spaces that they share.

    The hub need not answer. Raises: EngineMissing, httpx.HTTPError — where nobody can say what runs, nothing is moved.
    """
    import httpx2 as httpx

    from hub_config.engine import connect
    from hub_config.hub_api import HubApi
    from hub_config.shared_space import shared_ref
    from hub_config.workspace_container import container_name

    every = {one.ref: one for one in zone.registry.workspaces()}
    with contextlib.closing(connect()) as engine:
        names = {one.name for one in engine.containers.list(all=True, ignore_removed=True)}
    found = {ref for ref in every if container_name(ref) in names}
    with HubApi(zone.settings.hub_url(), zone.keys.hub_token("worker")) as hub:
        try:
            servers = {(one.handle, one.name) for one in hub.servers()}
        except httpx.ConnectError:  # the hub does not run, and starts nothing
            servers = set()
    for handle, project in servers:
        person = zone.registry.person(handle).ref
        found |= {ref for ref, one in every.items() if (one.person_ref, one.project) == (person, project)}
    return found | {shared_ref(every[ref].project) for ref in found}
