"""`ansim registry`: the command line as a table of commands, and how their answers are shown."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text as Cell

from audit.cli_context import Context, language_of
from registry import commands as do
from registry import identity_commands as of
from registry import service_commands as services
from registry.commands import Run
from registry.roles import PERSON_ROLES, PROJECT_ROLES
from registry.scopes import Scope
from registry.text import LANGUAGES, Text
from registry.views import Document


@dataclass(frozen=True, slots=True)
class Option:
    """One argument of a command, as argparse takes it."""

    name: str
    help: str
    more: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `ansim registry <group> <verb>`."""

    group: str
    verb: str
    help: str
    run: Run
    options: tuple[Option, ...] = ()


GROUPS = {
    "person": "people, their zone-wide roles and accounts",
    "service": "accounts of programs: narrow, bound to addresses, with an end",
    "project": "projects and their periods",
    "member": "who takes part in a project",
    "dataset": "datasets and their versions",
    "grant": "which project may use which dataset version",
}

_REQUIRED = (("required", True),)
_HANDLE = Option("handle", "user name")
_IDENTITY = (
    _HANDLE,
    Option("authority", "the provider: oidc.issuer of the settings, as the page of a refusal shows it"),
    Option("subject", "by which name the provider knows the person, as that page shows it"),
)
_ROLE = Option("role", "zone-wide role", (("choices", sorted(PERSON_ROLES)),))
_PROJECT = Option("project", "project id")
_ID = Option("id", "id: small letters, digits, hyphens")
_TITLES = (
    Option("--title-ko", "title in Korean", _REQUIRED),
    Option("--title-en", "title in English", _REQUIRED),
)
_FROM = Option("--from", "first day or time (Korean time unless it has a zone)", (("dest", "since"),))
_UNTIL = Option("--until", "last day, or the time at which it ends")
_SERVICE = Option("name", "name of the account: small letters, digits, hyphens")
_LIMITS = (
    Option("--memory-mib", "memory of a workspace in MiB", (("type", int),)),
    Option("--cpus", "processors of a workspace", (("type", float),)),
    Option("--pids", "processes of a workspace", (("type", int),)),
)
_DIRECTORY = Option("directory", "directory with the files", (("type", Path),))
_OUTSIDE = Option("--treated-outside", "who de-identified this data before it came, and how", (("default", ""),))


def _required(option: Option) -> Option:
    return Option(option.name, option.help, option.more + _REQUIRED)


COMMANDS: tuple[Command, ...] = (
    Command("person", "list", "show everybody", do.person_list),
    Command(
        "person",
        "add",
        "invite somebody; prints a one-time link",
        do.person_add,
        (
            _HANDLE,
            Option("--name", "full name", _REQUIRED),
            Option("--email", "e-mail address", _REQUIRED),
            Option(
                "--role",
                "zone-wide role, may be repeated",
                (("action", "append"), ("default", []), ("choices", sorted(PERSON_ROLES))),
            ),
            Option("--language", "language of the account", (("choices", LANGUAGES), ("default", "ko"))),
        ),
    ),
    Command("person", "reinvite", "make a new invitation link", do.person_reinvite, (_HANDLE,)),
    Command("person", "grant", "give a zone-wide role", do.person_grant, (_HANDLE, _ROLE)),
    Command("person", "revoke", "take a zone-wide role", do.person_revoke, (_HANDLE, _ROLE)),
    Command(
        "person",
        "organisation",
        "enter where somebody works",
        do.person_organisation,
        (_HANDLE, Option("organisation", "name of the organisation, empty to take it back")),
    ),
    Command("person", "suspend", "stop an account for now", do.person_suspend, (_HANDLE,)),
    Command("person", "reinstate", "let a suspended person in again", do.person_reinstate, (_HANDLE,)),
    Command("person", "close", "end an account for good", do.person_close, (_HANDLE,)),
    Command(
        "person",
        "reset-second-factor",
        "ask for a reset of a lost authenticator",
        do.person_reset,
        (_HANDLE,),
    ),
    Command(
        "person",
        "confirm-second-factor",
        "confirm a reset as a second person, who enters password and code",
        do.person_confirm,
        (_HANDLE, Option("--as", "user name of the confirmer", (*_REQUIRED, ("dest", "confirmer")))),
    ),
    Command(
        "person", "reset-password", "ask for a reset of a forgotten password", do.person_reset_password, (_HANDLE,)
    ),
    Command(
        "person",
        "confirm-password",
        "confirm the reset of a password as a second person, who enters password and code",
        do.person_confirm_password,
        (_HANDLE, Option("--as", "user name of the confirmer", (*_REQUIRED, ("dest", "confirmer")))),
    ),
    Command("person", "identities", "show by which names providers know somebody", of.person_identities, (_HANDLE,)),
    Command("person", "connect", "connect an identity at a provider", of.person_connect, _IDENTITY),
    Command(
        "person",
        "confirm-identity",
        "confirm as a second person, who enters password and code, that an identity is connected",
        of.person_confirm_identity,
        (*_IDENTITY, Option("--as", "user name of the confirmer", (*_REQUIRED, ("dest", "confirmer")))),
    ),
    Command(
        "person",
        "seal-emergency",
        "give the emergency account new secrets, printed once, for a sealed envelope",
        of.person_seal_emergency,
        (Option("--handle", "user name of the account", (("default", "emergency"),)),),
    ),
    Command("person", "disconnect", "take an identity at a provider back", of.person_disconnect, _IDENTITY),
    Command("service", "list", "show every account of a program", services.service_list),
    Command("service", "scopes", "show what such an account may be made for", services.service_scopes),
    Command(
        "service",
        "add",
        "ask for an account of a program; a second person confirms it",
        services.service_add,
        (
            _SERVICE,
            Option("--purpose", "what it is for, in one line", _REQUIRED),
            Option("--owner", "user name of the person who answers for it", _REQUIRED),
            Option(
                "--scope",
                "what it may do, may be repeated",
                (("action", "append"), *_REQUIRED, ("choices", sorted(scope.value for scope in Scope))),
            ),
            Option(
                "--address", "from where it may come, may be repeated: 192.0.2.10", (("action", "append"), *_REQUIRED)
            ),
            _required(_UNTIL),
            Option("--project", "the project that its scopes are bound to"),
        ),
    ),
    Command(
        "service",
        "confirm",
        "confirm an account as a second person, who enters password and code",
        services.service_confirm,
        (_SERVICE, Option("--as", "user name of the confirmer", (*_REQUIRED, ("dest", "confirmer")))),
    ),
    Command(
        "service",
        "token",
        "make a token, printed once",
        services.service_token,
        (_SERVICE, Option("--replace", "end the present token", (("action", "store_true"),))),
    ),
    Command("service", "revoke", "end an account for good", services.service_revoke, (_SERVICE,)),
    Command("project", "list", "show all projects", do.project_list),
    Command(
        "project",
        "add",
        "open a project",
        do.project_add,
        (
            _ID,
            *_TITLES,
            Option("--purpose", "what the data is used for", _REQUIRED),
            _required(_FROM),
            _required(_UNTIL),
            *_LIMITS,
        ),
    ),
    Command(
        "project",
        "change",
        "move a project's end or change its limits",
        do.project_change,
        (_ID, _UNTIL, *_LIMITS),
    ),
    Command("project", "close", "end a project for good", do.project_close, (_ID,)),
    Command("member", "list", "show who takes or took part", do.member_list, (_PROJECT,)),
    Command(
        "member",
        "add",
        "give somebody a part in a project",
        do.member_add,
        (
            _PROJECT,
            _HANDLE,
            Option(
                "--role",
                "part in the project",
                (("choices", sorted(PROJECT_ROLES)), ("default", "researcher")),
            ),
            _FROM,
            _UNTIL,
        ),
    ),
    Command(
        "member",
        "revoke",
        "end somebody's part in a project",
        do.member_revoke,
        (_PROJECT, _HANDLE, Option("--role", "only this part", (("choices", sorted(PROJECT_ROLES)),))),
    ),
    Command("dataset", "list", "show all datasets", do.dataset_list),
    Command("dataset", "show", "show the versions of a dataset", do.dataset_show, (_ID,)),
    Command(
        "dataset",
        "add",
        "register a dataset with its first version",
        do.dataset_add,
        (
            _ID,
            _DIRECTORY,
            *_TITLES,
            Option("--owner", "institution that provides the data", _REQUIRED),
            Option("--people", "number of people in the data", (*_REQUIRED, ("type", int))),
            Option("--sensitive", "holds sensitive data or unique identifiers", (("action", "store_true"),)),
            _OUTSIDE,
        ),
    ),
    Command("dataset", "add-version", "register the next version", do.dataset_add_version, (_ID, _DIRECTORY, _OUTSIDE)),
    Command(
        "dataset",
        "check",
        "read the files again and compare them with the manifest",
        do.dataset_check,
        (_ID, Option("--version", "only this version", (("type", int),))),
    ),
    Command("grant", "list", "show grants", do.grant_list, (Option("--project", "only of this project"),)),
    Command(
        "grant",
        "add",
        "write down that a data controller approved the use of a dataset version",
        do.grant_add,
        (
            Option("dataset", "dataset id"),
            Option("version", "version number", (("type", int),)),
            _PROJECT,
            Option("--approver", "user name of the data controller who approved", _REQUIRED),
            _FROM,
            _UNTIL,
        ),
    ),
    Command("grant", "revoke", "end a grant", do.grant_revoke, (Option("ref", "reference, g_…"),)),
)

EMPTY: Mapping[str, Text] = {
    "person": Text(
        ko="등록된 사용자가 없습니다. `ansim registry person add`로 초대합니다.",
        en="There is nobody. Invite somebody with `ansim registry person add`.",
    ),
    "service": Text(
        ko="서비스 계정이 없습니다. `ansim registry service add`로 신청합니다.",
        en="There is no account of a program. Ask for one with `ansim registry service add`.",
    ),
    "project": Text(
        ko="과제가 없습니다. `ansim registry project add`로 만듭니다.",
        en="There is no project. Make one with `ansim registry project add`.",
    ),
    "member": Text(
        ko="참여자가 없습니다. `ansim registry member add`로 더합니다.",
        en="Nobody takes part. Add somebody with `ansim registry member add`.",
    ),
    "dataset": Text(
        ko="데이터셋이 없습니다. `ansim registry dataset add`로 등록합니다.",
        en="There is no dataset. Register one with `ansim registry dataset add`.",
    ),
    "dataset show": Text(
        ko="등록된 버전이 없습니다. `ansim registry dataset add-version`으로 등록합니다.",
        en="It has no version yet. Register one with `ansim registry dataset add-version`.",
    ),
    "grant": Text(
        ko="데이터 이용 승인이 없습니다. `ansim registry grant add`로 승인을 등록합니다.",
        en="There is no grant. Enter one with `ansim registry grant add`.",
    ),
}
"""What a list says that has nothing in it, by group, or by group and verb."""


def add_parser(subparsers: Any) -> None:
    """Adds `registry` with all its commands to the `ansim` command."""
    registry = subparsers.add_parser("registry", help="people, projects, datasets, grants")
    groups = registry.add_subparsers(metavar="GROUP", required=True)
    verbs = {}
    for name, text in GROUPS.items():
        verbs[name] = groups.add_parser(name, help=text).add_subparsers(metavar="VERB", required=True)
    for command in COMMANDS:
        parser = verbs[command.group].add_parser(command.verb, help=command.help)
        for option in command.options:
            parser.add_argument(option.name, help=option.help, **dict(option.more))
        parser.add_argument("--json", action="store_true", help="answer for programs")
        parser.set_defaults(func=_handler(command.run), named=f"{command.group} {command.verb}")


def _handler(run: Run) -> Any:
    def handle(arguments: argparse.Namespace, context: Context) -> int:
        zone = context.zone()
        answer = run(arguments, zone.registry)
        result = answer.result
        if answer.page is not None and isinstance(result, dict):
            result = {**result, "link": f"{zone.settings.origin('zone')}{answer.page}"}
        if context.json or arguments.json:
            sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        elif result == []:
            context.print(EMPTY.get(arguments.named, EMPTY[arguments.named.split()[0]]).text(language_of()))
        else:
            context.print(_table(result))
        return 0 if answer.ok else 1

    return handle


def _table(result: Document | list[Document]) -> Table:
    """The answer for a person: one row per document, or one row per field of a single one."""
    table = Table(box=None, pad_edge=False)
    if isinstance(result, dict):
        table.show_header = False
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in result.items():
            table.add_row(Cell(name, style="bold"), _cell(value))
        return table
    for name in result[0] if result else ():
        table.add_column(name, overflow="fold")
    for document in result:
        table.add_row(*(_cell(value) for value in document.values()))
    return table


def _cell(value: object) -> Cell:
    # A cell, not a string: names may contain what the terminal library takes for markup.
    match value:
        case None:
            return Cell("–")
        case bool():
            return Cell("yes" if value else "no")
        case list():
            return Cell(", ".join(str(item) for item in value))
        case _:
            return Cell(str(value))
