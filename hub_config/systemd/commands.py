"""`ansim units`: the systemd units of this zone, shown or laid down.

Exit codes: 0 done · 1 with --mend, something is left · 2 wrong settings · 3 the machine lacks something.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from audit.text import Text

_HELP = Text("systemd 서비스 파일 보기와 설치", "the zone's systemd units: show them, lay them down")
_WRITE = Text("파일을 쓰고 바뀐 것을 말함 (root)", "write the files and say which changed (root)")
_MIGRATE = Text("데이터베이스를 이 판에 맞춤 (root)", "bring the database to this version (root)")
_OWNER = Text(
    "데이터베이스 소유자의 주소를 표준 입력에서 한 줄로 읽음",
    "read the address of the database's owner from standard input, one line",
)
_SETTINGS = Text(
    "--migrate와 함께: 곧 적용할 설정 파일, root만 쓸 수 있어야 함",
    "with --migrate: the settings that the zone is about to get, a file that root alone can write",
)
_MEND = Text(
    "멈춘 유닛을 시작하고, 곧 끝나는 자체 인증서를 다시 만듦. 먼저 물어봄 (root)",
    "start units that stand still and make the zone's own certificate anew before it ends, after asking (root)",
)
_YES = Text("--mend와 함께: 묻지 않음", "with --mend: do not ask")
_JSON = Text("프로그램용 출력", "answer for programs")
_CHANGED = Text(
    "{n}개 파일을 썼습니다. 적용: systemctl daemon-reload && systemctl restart ansim.target",
    "{n} files were written. To apply them: systemctl daemon-reload && systemctl restart ansim.target",
)
_SAME = Text("모든 파일이 이미 그대로입니다.", "Every file stands as it should.")


def add_parser(subparsers: Any) -> None:
    """Add `units`."""
    language = language_of()
    parser = subparsers.add_parser("units", help=_HELP.say(language))
    parser.add_argument("--write", action="store_true", help=_WRITE.say(language))
    parser.add_argument("--migrate", action="store_true", help=_MIGRATE.say(language))
    parser.add_argument("--owner-from-stdin", action="store_true", help=_OWNER.say(language))
    parser.add_argument("--settings", type=Path, help=_SETTINGS.say(language))
    parser.add_argument("--mend", action="store_true", help=_MEND.say(language))
    parser.add_argument("--yes", action="store_true", help=_YES.say(language))
    parser.add_argument("--json", action="store_true", help=_JSON.say(language))
    parser.set_defaults(func=run_units)


def run_units(arguments: argparse.Namespace, context: Context) -> int:
    """Show the units, or write them and say what changed."""
    from hub_config.settings import load_settings
    from hub_config.systemd import trusted_settings
    from hub_config.systemd.installing import lay_down
    from hub_config.systemd.migrating import bring_up_to_date
    from hub_config.systemd.units import all_units

    if arguments.mend:
        from hub_config.mending.machine import run_machine

        return run_machine(context, yes=arguments.yes)
    acting = arguments.write or arguments.migrate
    if arguments.settings is not None:
        settings = trusted_settings.load_coming_settings(arguments.settings, context.home)
    else:
        settings = (trusted_settings.load_trusted_settings if acting else load_settings)(context.home)
    owner = sys.stdin.readline().strip() if arguments.owner_from_stdin else ""  # the process list shows no password
    changed = [str(path) for path in lay_down(settings)] if arguments.write else []
    migrated = bring_up_to_date(settings, owner=owner) if arguments.migrate else False
    if not acting:
        units = {unit.name: unit.text for unit in all_units(settings)}
        if context.json:
            _emit(units)
        else:
            context.print("\n".join(f"### {name}\n{text}" for name, text in units.items()))
    elif context.json:
        _emit({"changed": changed, "migrated": migrated})
    else:
        text = _CHANGED.format(n=len(changed)) if changed else _SAME
        context.print(text.say(language_of()))
    return 0


def _emit(document: Any) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
