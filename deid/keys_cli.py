"""The commands about the additional information: keys and their end, linkage domains, leading a token back.

Whoever asks and whoever agrees proves with password and one-time code to be there, each on their own.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from deid.reidentification.standing import DEFAULT_DAYS, GROUNDS, MAX_DAYS, MAX_TOKENS

_JSON = ("프로그램용 출력", "answer for programs")
_BY = ("본인의 아이디 (비밀번호와 인증번호를 묻습니다)", "your user name; password and code are asked for")
_REQUEST = ("요청 번호", "reference of the request")
_REASON = ("사유", "why")
USES = "key_uses_commands"


def add_keys(commands: Any) -> None:
    """Add `keys` and its commands."""
    acts = _group(commands, "keys", ("추가정보(가명 키)", "the additional information"))
    _command(acts, "list", "run_keys_list", ("키와 그 끝, 파기된 키", "keys, when each ends or was destroyed"), USES)
    used = _command(acts, "uses", "run_keys_uses", ("키를 쓰는 추출본", "what uses a key, and until when"), USES)
    used.add_argument("domain", nargs="?")
    used.add_argument("version", type=int, nargs="?")
    used.add_argument("--all", action="store_true", help=_say("끝난 것도 표시", "also what has ended"))
    ended = _command(acts, "end-use", "run_keys_end_use", ("키의 이용 하나를 끝냄", "end one use of a key"), USES)
    ended.add_argument("use", help=_say("이용 번호 ku_…", "reference of the use, ku_…"))
    ended.add_argument("--reason", required=True, help=_say(*_REASON))
    ended.add_argument("--by", metavar="USER", help=_say("결정한 사람의 아이디", "user name of who decided it"))
    ending = _command(acts, "ending", "run_keys_ending", ("끝이 가까운 키", "keys whose end is near"))
    ending.add_argument("--days", type=int, default=30, help=_say("며칠 안", "within so many days"))
    record = _command(acts, "record", "run_keys_record", ("키 하나의 파기 기록", "the record of one destruction"))
    record.add_argument("domain")
    record.add_argument("version", type=int)
    destroyed = _command(acts, "destroy", "run_keys_destroy", ("키 하나를 영구 파기", "destroy one key for ever"))
    destroyed.add_argument("domain")
    destroyed.add_argument("version", type=int)
    destroyed.add_argument("--reason", required=True, help=_say("파기 사유", "why"))
    destroyed.add_argument(
        "--also",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help=_say("사본이 남았는지 찾아볼 백업 폴더", "directory of backups to look for copies in"),
    )


def add_linkage(commands: Any) -> None:
    """Add `linkage` and its commands."""
    acts = _group(commands, "linkage", ("과제 사이의 가명 연계", "linking pseudonyms of projects"))
    asked = _command(acts, "request", "run_linkage_request", ("연계를 요청", "ask for a linkage"))
    asked.add_argument("domain", help=_say("연계 영역의 이름", "name of the linkage domain"))
    asked.add_argument("project", help=_say("과제 번호", "id of the project"))
    asked.add_argument("--reason", required=True, help=_say(*_REASON))
    _by(asked)
    for name, handler, about in (
        ("approve", "run_linkage_approve", ("다른 사람이 승인", "another person agrees")),
        ("refuse", "run_linkage_refuse", ("거절하거나 철회", "turn down, or take back")),
        ("end", "run_linkage_end", ("시행 중인 연계를 끝냄", "end a linkage that is in force")),
    ):
        act = _command(acts, name, handler, about)
        act.add_argument("request", help=_say(*_REQUEST))
        if name != "approve":
            act.add_argument("--reason", required=True, help=_say(*_REASON))
        _by(act)
    _command(acts, "list", "run_linkage_list", ("연계 목록", "linkages and requests"))
    shown = _command(
        acts, "preview", "run_linkage_preview", ("결합률을 미리 계산", "estimate how many people two tables share")
    )
    shown.add_argument("request", help=_say(*_REQUEST))
    for name in ("first", "second"):
        shown.add_argument(name, type=Path, help=_say("원자료", "source data"))
        shown.add_argument(f"{name}_column", help=_say("식별자 열", "column of identifiers"))
    _by(shown)


def add_reidentify(commands: Any) -> None:
    """Add `reidentify` and its commands."""
    acts = _group(commands, "reidentify", ("가명 하나의 원래 값 확인", "lead single tokens back to people"))
    asked = _command(acts, "request", "run_reidentify_request", ("확인을 요청", "ask to open tokens"))
    asked.add_argument(
        "--extract", required=True, help=_say("추출본 파일 또는 SHA-256", "the extract: its file or SHA-256")
    )
    asked.add_argument(
        "--token",
        action="append",
        required=True,
        help=_say(f"확인할 가명, 최대 {MAX_TOKENS}개", f"a token to open; at most {MAX_TOKENS}"),
    )
    asked.add_argument("--limit", type=int, required=True, help=_say("확인할 최대 개수", "how many may be opened"))
    grounds = "; ".join(f"{code}: {text.say(language_of())}" for code, text in GROUNDS.items())
    asked.add_argument("--ground", required=True, choices=sorted(GROUNDS), help=grounds)
    asked.add_argument("--reason", required=True, help=_say(*_REASON))
    days = _say(f"유효 기간(일), 최대 {MAX_DAYS}", f"days it holds, at most {MAX_DAYS}")
    asked.add_argument("--days", type=int, default=DEFAULT_DAYS, help=days)
    asked.add_argument("--space", default="person", help=_say("정책의 space", "the policy's space"))
    _by(asked)
    _command(acts, "list", "run_reidentify_list", ("요청 목록", "requests"))
    for name, handler, about in (
        ("show", "run_reidentify_show", ("요청 하나", "one request")),
        ("approve", "run_reidentify_approve", ("승인 (서로 다른 두 사람)", "agree; two different people")),
        ("refuse", "run_reidentify_refuse", ("거절하거나 철회", "turn down, or take back")),
        ("open", "run_reidentify_open", ("가명 하나를 화면에 한 번 표시", "show one identifier once")),
    ):
        act = _command(acts, name, handler, about)
        act.add_argument("request", help=_say(*_REQUEST))
        if name == "refuse":
            act.add_argument("--reason", required=True, help=_say(*_REASON))
        if name == "open":
            act.add_argument("token", help=_say("가명 하나", "one token"))
            act.add_argument(
                "--beside",
                required=True,
                metavar="USER",
                help=_say("함께 있는 승인자의 아이디", "user name of the approver who is present"),
            )
        if name == "show":
            act.add_argument(
                "--by",
                metavar="USER",
                help=_say("사유까지 보려면 본인의 아이디", "your user name, to read the sealed reason as well"),
            )
        else:
            _by(act)


def _group(commands: Any, name: str, about: tuple[str, str]) -> Any:
    return commands.add_parser(name, help=_say(*about)).add_subparsers(required=True, metavar="COMMAND")


def _command(
    acts: Any, name: str, handler: str, about: tuple[str, str], module: str = "keys_commands"
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = acts.add_parser(name, help=_say(*about))
    parser.add_argument("--json", action="store_true", help=_say(*_JSON))
    parser.set_defaults(func=_later(handler, module))
    return parser


def _by(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", required=True, metavar="USER", help=_say(*_BY))


def _later(name: str, module: str) -> Callable[[argparse.Namespace, Context], int]:
    """Return a handler that loads what it needs only when it runs."""

    def run(arguments: argparse.Namespace, context: Context) -> int:
        handler: Callable[[argparse.Namespace, Context], int] = getattr(import_module(f"deid.{module}"), name)
        return handler(arguments, context)

    return run


def _say(ko: str, en: str) -> str:
    return ko if language_of() == "ko" else en
