"""The `ansim` command: joins the command lines of the packages and turns errors into one sentence and a next step."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from audit.cli_context import language_of
from audit.speaking_parser import SpeakingParser
from audit.text import Text
from hub_config.errors import ZoneError
from hub_config.full_disk import full

if TYPE_CHECKING:
    from audit.db import Database
    from hub_config.zone import Zone

DEFAULT_PORT = 8600
#: Command groups and the package that defines them; imported only when used, so that `ansim up` starts quickly.
GROUPS = {
    "audit": "audit.cli",
    "registry": "registry.cli",
    "deid": "deid.cli",
    "extract": "deid.records.cli",
    "egress": "egress_review.cli",
    "bundle": "hub_config.bundle.commands",
    "homes": "hub_config.home_commands",
    "mail": "hub_config.mail_commands",
    "maintenance": "hub_config.maintenance_commands",
    "packages": "hub_config.packages.commands",
    "probe": "hub_config.probe.commands",
    "project": "hub_config.freeze_commands",
    "backup": "hub_config.backup.commands",
    "restore": "hub_config.backup.restore_command",
    "sbom": "hub_config.sbom.commands",
    "support-bundle": "hub_config.support.commands",
    "units": "hub_config.systemd.commands",
}


@dataclass(slots=True)
class Context:
    """What every command gets: where the zone is, how to print, and the zone itself, opened on first use."""

    home: Path
    json: bool
    console: Console = field(default_factory=lambda: Console(highlight=False))
    owner: Database | None = None
    _zone: Zone | None = None

    def zone(self) -> Zone:
        """Open the zone.

        Raises: ZoneError — if there is none.
        """
        if self._zone is None:
            from hub_config.zone import open_zone

            self._zone = open_zone(self.home, "cli", owner=self.owner)
        return self._zone

    def print(self, *objects: object) -> None:
        """Print a result: as it is for a program, wrapped by the terminal for a person."""
        if self.json:
            sys.stdout.write(" ".join(map(str, objects)) + "\n")
        else:
            self.console.print(*objects, markup=False, soft_wrap=True)

    def emit(self, document: Any) -> None:
        """Print a machine-readable result."""
        sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")


def parser(groups: dict[str, str]) -> argparse.ArgumentParser:
    """Build the command line with the given groups filled in."""
    top = SpeakingParser(prog="ansim", description="Ansim (안심): a data safe zone on this machine.")
    top.add_argument("--home", type=Path, default=None, help="the zone's directory (ANSIM_HOME, else ./var)")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_zone_commands(commands)
    for module in groups.values():
        importlib.import_module(module).add_parser(commands)
    for name in sorted(GROUPS.keys() - groups.keys()):
        commands.add_parser(name, help=f"see `ansim {name} --help`")
    return top


def _add_zone_commands(commands: Any) -> None:
    up = commands.add_parser("up", help="start the zone; the first time, make it")
    kind = up.add_mutually_exclusive_group()
    kind.add_argument("--demo", action="store_true", default=True, help="with the demo world (the default)")
    kind.add_argument("--empty", dest="demo", action="store_false", help="an empty zone for real data")
    up.add_argument("--port", type=int, default=DEFAULT_PORT, help="the zone's port at the first start")
    up.add_argument("--no-story", dest="story", action="store_false", help="do not play the first release")
    up.set_defaults(func=run_up)
    commands.add_parser("down", help="stop everything that `up` started").set_defaults(func=run_down)
    status = commands.add_parser("status", help="show what runs")
    status.add_argument("--json", action="store_true")
    status.set_defaults(func=run_status)
    doctor = commands.add_parser("doctor", help="say what this machine is missing")
    doctor.add_argument("--json", action="store_true")
    doctor.add_argument("--mend", action="store_true", help="put right what is safe to put right, after asking")
    doctor.add_argument("--yes", action="store_true", help="with --mend: do not ask")
    doctor.set_defaults(func=run_doctor)
    demo = commands.add_parser("demo", help="help with the demo accounts").add_subparsers(required=True)
    code = demo.add_parser("code", help="show an account's current one-time code")
    code.add_argument("handle")
    code.set_defaults(func=run_demo_code)


def run_up(arguments: argparse.Namespace, context: Context) -> int:
    """Start the zone."""
    from hub_config.up import Start, up

    start = Start(home=context.home, demo=arguments.demo, port=arguments.port, story=arguments.story)
    up(start, context.console)
    return 0


def run_down(arguments: argparse.Namespace, context: Context) -> int:
    """Stop the zone."""
    from hub_config.up import down

    down(context.home, context.console, say=context.console.print)
    return 0


_FINE = Text("정상", "ok")
_NO_TERMINAL = Text(
    "비밀번호나 확인 문구를 입력할 터미널이 없습니다. 터미널에서 다시 실행하십시오.",
    "There is no terminal to type a password or a confirmation at. Run it again at a terminal.",
)


def run_status(arguments: argparse.Namespace, context: Context) -> int:
    """Show each process and whether it answers; 1 if one does not."""
    from hub_config.status import status

    report = status(context.home)
    if context.json:
        context.emit(report.document())
    else:
        context.print(report.table())
    return 0 if report.healthy else 1


def run_doctor(arguments: argparse.Namespace, context: Context) -> int:
    """Walk the checks of a start and show each; 3 if one fails. With --mend, put right what is safe to put right."""
    if arguments.mend:
        from hub_config.mending.command import run_mend

        return run_mend(context, yes=arguments.yes)
    from hub_config.doctor import diagnose

    rows = diagnose(context.home)
    if context.json:
        context.emit([{"check": r.check.en, "ok": r.ok, "reason": str(r.reason), "hint": str(r.hint)} for r in rows])
    else:
        for row in rows:
            mark = "[green]✓[/]" if row.ok else "[red]✗[/]"
            context.console.print(f"{mark} {_words(row.check)}: {_words(row.reason or _FINE)} {_words(row.hint)}")
    return 0 if all(r.ok for r in rows) else 3


def run_demo_code(arguments: argparse.Namespace, context: Context) -> int:
    """Show the one-time code of a demo account, for people without an authenticator app at hand."""
    import pyotp

    from hub_config.welcome import ACCOUNTS_FILE, read_accounts

    for account in read_accounts(context.home / ACCOUNTS_FILE):
        if account.handle == arguments.handle:
            context.print(pyotp.TOTP(account.totp_secret).now())
            return 0
    unknown = Text("시범 계정이 아닙니다: {handle}", "{handle} is no demo account.")
    hint = Text("계정 이름은 `ansim up`이 알려 줍니다.", "`ansim up` names the accounts.")
    raise ZoneError(unknown.format(handle=arguments.handle), hint=hint)


def default_home() -> Path:
    """Return ANSIM_HOME, else `var` of the checkout this command runs from."""
    return Path(os.environ.get("ANSIM_HOME") or Path(__file__).resolve().parent.parent / "var").resolve()


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 done or clean, 1 a finding stands, 2 wrong usage or input, 3 the machine lacks something."""
    words = sys.argv[1:] if arguments is None else arguments
    wanted = {name: module for name, module in GROUPS.items() if name in words}
    options = parser(wanted).parse_args(words)
    context = Context(home=options.home or default_home(), json=bool(getattr(options, "json", False)))
    handler: Callable[[argparse.Namespace, Context], int] = options.func
    try:
        if getattr(options, "as_owner", False):  # said by the command: it changes what only the tables' owner may
            context.owner = _owner(options, context.home)
        return handler(options, context)
    except KeyboardInterrupt:
        return 130
    except EOFError:  # a password was asked for, and nobody is there to type it
        sys.stderr.write(f"{_NO_TERMINAL.say(language_of())}\n")
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read the output has seen enough
        return 0
    except ZoneError as error:
        return _say(error, error.exit_code)
    except Exception as error:  # the edge of the process: an error of a family is said, any other is shown whole
        if (no_room := full(error, context.home)) is not None:
            return _say(no_room, no_room.exit_code)
        if (gone := _of_database(error)) is not None:
            return _say(gone, gone.exit_code)
        code = _family_code(error)
        if code is None:
            if (other := _of_other_tables(error, context.home)) is None:
                raise
            return _say(other, other.exit_code)
        return _say(error, code)


def _owner(options: argparse.Namespace, home: Path) -> Database | None:
    from hub_config.systemd.owning import become_zone_user, connect_as_owner

    if options.plan:
        become_zone_user(home)
        return None
    return connect_as_owner(home, from_stdin=options.owner_from_stdin)


def _of_database(error: Exception) -> ZoneError | None:
    from hub_config.database_away import away  # loads the database's driver; most commands end without

    return away(error)


def _of_other_tables(error: Exception, home: Path) -> ZoneError | None:
    from hub_config.other_tables import other_tables  # loads what migrates; most commands end without

    return other_tables(error, home)


def _family_code(error: Exception) -> int | None:
    """Return the exit code of a package's error family; None for a programmer's error, which must be seen whole."""
    hint = getattr(error, "hint", None)
    return None if hint is None else int(getattr(error, "exit_code", 2))


def _say(error: Exception, code: int) -> int:
    console = Console(stderr=True, highlight=False)
    console.print(f"[bold red]ansim:[/] {escape(_words(getattr(error, 'reason', str(error))))}", soft_wrap=True)
    if hint := getattr(error, "hint", ""):
        console.print(f"       {escape(_words(hint))}", soft_wrap=True)
    return code


def _words(text: Any) -> str:
    """Return a text in the language of the terminal; errors of the packages speak Korean and English."""
    language = language_of()
    for name in ("text", "say"):
        if hasattr(text, name):
            return str(getattr(text, name)(language))
    return str(text)


if __name__ == "__main__":
    sys.exit(main())
