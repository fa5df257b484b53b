"""`ansim audit verify`: the log of this zone, or an export, with progress and exit codes that scripts can rely on."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from audit.cli_context import Context, language_of
from audit.errors import AuditError, MalformedNote
from audit.event import Actor, Event, Object, Outcome, Source, Subjects
from audit.keys import VKEY_FILE
from audit.text import Text
from audit.timestamps.tokens import Trust
from audit.trusted import TRUSTED_KEYS_FILE, TrustedKeys
from audit.verification import Problem, Verdict, Verification
from audit.verify import verify
from audit.verifying.exported import verify_export
from audit.verifying.walk import Progress
from audit.witness.policy import WitnessPolicy

EXIT_BY_VERDICT: Mapping[Verdict, int] = {"intact": 0, "tampered": 10, "incomplete": 11, "untrusted": 12}
MAX_PROCESSES = 4

VERDICTS: Mapping[Verdict, Text] = {
    "intact": Text(
        "온전함: 기록 {size}건 중 {covered}건이 서명과 일치합니다.",
        "Intact: {covered} of {size} entries are as they were signed.",
    ),
    "tampered": Text("변조됨: 기록 {size}건을 검사했습니다.", "Tampered with: {size} entries were checked."),
    "incomplete": Text("불완전함: 기록 {size}건을 검사했습니다.", "Incomplete: {size} entries were checked."),
    "untrusted": Text(
        "신뢰할 수 없음: 신뢰하는 키로 서명되지 않았습니다 (기록 {size}건).",
        "Not trusted: not signed by the trusted key ({size} entries).",
    ),
}
_DESTROYED = Text(
    "  기록 {count}건의 봉인된 값은 절차에 따라 파기되었으며, 증명은 온전합니다.",
    "  Sealed values of {count} entries were destroyed as recorded; their proofs are intact.",
)
_STAMPS = Text("  시점확인 토큰 {count}개가 유효합니다.", "  {count} time stamps hold.")

Handler = Callable[[argparse.Namespace, Context], int]
Guard = Callable[[Handler], Handler]


def add_parsers(commands: Any, guard: Guard) -> None:
    """Add `verify`."""
    checked = commands.add_parser(
        "verify", help=_say("본문에서 모두 다시 계산하여 검증", "recompute everything from the bodies")
    )
    checked.add_argument("--export", type=Path, metavar="DIR", help=_say("사본을 검증", "verify a copy instead"))
    checked.add_argument(
        "--key", "--trusted-keys", type=Path, metavar="FILE", help=_say("신뢰하는 키 파일", "the keys that you trust")
    )
    checked.add_argument(
        "--policy", type=Path, metavar="FILE", help=_say("필요한 증인을 정한 정책", "which witnesses must have signed")
    )
    checked.add_argument(
        "--since",
        type=Path,
        metavar="CHECKPOINT",
        action="append",
        default=[],
        help=_say("따로 보관한 체크포인트 (여러 번 가능)", "a checkpoint that you kept elsewhere (repeatable)"),
    )
    checked.add_argument(
        "--certificates", type=Path, metavar="PEM", help=_say("시점확인 기관의 인증서", "who may stamp the time")
    )
    checked.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    checked.set_defaults(func=guard(verify_log))


def verify_log(arguments: argparse.Namespace, context: Context) -> int:
    """Verify the log of the zone, and record that it was verified; or an export, which concerns no zone."""
    policy = WitnessPolicy.load(arguments.policy) if arguments.policy else None
    held = [_read(path) for path in arguments.since]
    if arguments.export is not None:
        keys = TrustedKeys.load(arguments.key) if arguments.key else None
        trust = Trust.load(arguments.certificates) if arguments.certificates else None
        with progress_bar(context) as progress:
            result = verify_export(
                arguments.export,
                keys,
                progress,
                policy=policy,
                held=held,
                authorities=trust,
                processes=processes(),
            )
    else:
        trusted, zone = trusted_keys(arguments.key, context), context.zone()
        with progress_bar(context) as progress:
            result = verify(
                zone.db, trusted, zone.log.directory, progress, policy=policy, held=held, processes=processes()
            )
        outcome: Outcome = "ok" if result.ok else "failed"
        facts = {"verdict": result.verdict, "size": result.size, "problems": len(result.problems)}
        zone.log.record(
            Event(
                "log.verified",
                Actor.service("cli"),
                Object("log", "audit"),
                Subjects.none(),
                Source(ip=None),
                outcome=outcome,
                detail=facts,
            )
        )
    show(result, context)
    return EXIT_BY_VERDICT[result.verdict]


def show(result: Verification, context: Context) -> None:
    """Print what a verification found."""
    if context.json:
        context.print(json.dumps(verification_json(result), ensure_ascii=False))
        return
    language = language_of()
    context.print(VERDICTS[result.verdict].format(size=result.size, covered=result.covered).say(language))
    for problem in result.problems:
        context.print(f"  {problem.code}: {problem.text.say(language)}")
    for count, said in ((result.destroyed, _DESTROYED), (result.timestamps, _STAMPS)):
        if count:
            context.print(said.format(count=count).say(language))


def verification_json(result: Verification) -> dict[str, Any]:
    """Return a verification as `--json` prints it."""
    first = result.first_bad
    return {
        "verdict": result.verdict,
        "size": result.size,
        "root": result.root.hex(),
        "covered": result.covered,
        "checkpoints": result.checkpoints_checked,
        "destroyed": result.destroyed,
        "timestamps": result.timestamps,
        "first_bad": None if first is None else problem_json(first),
        "problems": [problem_json(problem) for problem in result.problems],
    }


def problem_json(problem: Problem) -> dict[str, Any]:
    """Return one problem as `--json` prints it."""
    return {
        "code": problem.code,
        "weight": problem.weight,
        "index": problem.index,
        "last": problem.last,
        "message": problem.text.say(language_of()),
    }


def trusted_keys(path: Path | None, context: Context) -> TrustedKeys:
    """Return the keys in a file that the reader kept, `log.vkey` or `trusted-keys`, else those of the zone."""
    kept = context.home / "keys" / TRUSTED_KEYS_FILE
    return TrustedKeys.load(path or (kept if kept.exists() else kept.with_name(VKEY_FILE)))


def processes() -> int:
    """Return how many processes may check a log at once."""
    return min(len(os.sched_getaffinity(0)), MAX_PROCESSES)


@contextmanager
def progress_bar(context: Context) -> Iterator[Progress]:
    """Show how far the block is, to a person at a terminal."""
    if context.json or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(_say("기록", "entries"), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise MalformedNote(f"{path}: {error.strerror}") from None


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())


__all__ = ["AuditError", "add_parsers", "show", "trusted_keys", "verification_json"]
