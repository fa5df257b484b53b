"""`ansim restore`: a zone from its backup and its keys, into an empty directory.

Exit codes: 0 done · 2 refused · 3 the machine lacks something · 10 what came back is not what was signed.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from audit.text import Text
from hub_config.backup.commands import bars

_DONE = Text(
    "{home}에 안심구역을 복원했습니다. 백업 {snapshot}, 감사 기록 {entries}건이 검증되었습니다.",
    "The zone is back in {home}: backup {snapshot}, {entries} entries of the log verified.",
)
_LOST = Text(
    "백업 뒤에 남긴 기록 {lost}건은 없습니다. 증인이 그 기록을 보았다면 docs/how-to/rotate-keys.ko.md의 절차로 기록을"
    " 이어 가십시오.",
    "{lost} entries that were recorded after the backup are gone. If a witness saw them, continue the log as"
    " docs/how-to/rotate-keys.md describes.",
)
_NEWER = Text(
    "저장소에는 이보다 새 백업이 {count}개 있습니다. 그 뒤에 파기한 이용자가 있으면 다시 파기하십시오.",
    "The repository holds {count} newer backups. If somebody was erased since this one, erase them again.",
)
_ERASED = Text(
    "백업 뒤에 파기한 이용자 {count}명을 다시 파기했습니다.",
    "{count} people erased since the backup were erased again.",
)
_NEXT_PLAY = Text(
    "시작하려면 플레이북 ansible/site.yml을 실행하십시오. homes 폴더는 root의 것으로 두었고, 플레이북이"
    " 도우미에게 넘깁니다. 소유자를 손으로 바꾸지 마십시오.",
    "Start it with the playbook ansible/site.yml. The directory homes is root's, and the playbook gives it to its"
    " helper: leave the owners as they are.",
)
_NEXT = Text("시작하려면: ANSIM_HOME={home} make up", "Start it: ANSIM_HOME={home} make up")


def add_parser(subparsers: Any) -> None:
    """Add `restore`, which sets `func`, a handler of (arguments, context)."""
    parser = subparsers.add_parser(
        "restore", help=_say("백업에서 안심구역 되살리기", "bring a zone back from its backup and its keys")
    )
    parser.add_argument("--repository", required=True, help=_say("restic 저장소", "the repository of restic"))
    parser.add_argument("--keys", type=Path, required=True, help=_say("봉한 열쇠 파일", "the file ansim-keys.age"))
    parser.add_argument(
        "--identity",
        type=Path,
        required=True,
        help=_say("수신자의 개인키 파일(age)", "a recipient's private key (age)"),
    )
    parser.add_argument(
        "--snapshot", default="", help=_say("백업 번호(기본: 열쇠와 한 쌍)", "another backup than the one of the keys")
    )
    parser.add_argument(
        "--losing-entries",
        default="",
        metavar="REASON",
        help=_say("더 오래된 백업을 쓰는 까닭", "why an older backup is restored all the same"),
    )
    parser.add_argument("--database", default="", help=_say("다른 데이터베이스 URL", "the URL of another database"))
    parser.add_argument(
        "--owner-from-stdin",
        action="store_true",
        help=_say(
            "테이블을 소유할 역할의 주소를 표준 입력에서 한 줄로 읽음",
            "read the address of the role that is to own the tables from standard input, one line",
        ),
    )
    parser.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Restore into ANSIM_HOME."""
    from hub_config.backup.restoring import Order, restore

    order = Order(
        repository=arguments.repository,
        keys=arguments.keys,
        identity=arguments.identity,
        home=context.home,
        snapshot=arguments.snapshot,
        losing_entries=arguments.losing_entries,
        database=arguments.database,
        owner=sys.stdin.readline().strip() if arguments.owner_from_stdin else "",  # the process list shows no password
    )
    with bars(context) as say:
        back = restore(order, say)
    if context.json:
        document = {
            "snapshot": back.snapshot,
            "entries": back.entries,
            "lost": back.lost,
            "newer_backups": back.newer,
            "erased_again": back.erased_again,
        }
        context.print(json.dumps(document))
        return 0
    language, home = language_of(), context.home
    context.print(_DONE.format(home=home, snapshot=back.snapshot[:8], entries=back.entries).say(language))
    if back.lost:
        context.print(_LOST.format(lost=back.lost).say(language))
    if back.newer:
        context.print(_NEWER.format(count=back.newer).say(language))
    if back.erased_again:
        context.print(_ERASED.format(count=back.erased_again).say(language))
    context.print((_NEXT_PLAY if back.on_server else _NEXT.format(home=home)).say(language))
    return 0


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
