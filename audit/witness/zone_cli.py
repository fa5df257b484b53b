"""The zone's commands about witnesses: ask them by file, take over their answers, see how they stand."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from audit.attesters import Attester, attester
from audit.checkpoint import unverified_checkpoint
from audit.cli_context import Context, language_of
from audit.durable import replace_file
from audit.log import utc_now
from audit.text import Text
from audit.witness import cli
from audit.witness.asking import WitnessRounds, accept, compose_request
from audit.witness.cli import EXIT_FOUND, EXIT_OK, EXIT_USAGE, Guard
from audit.witness.cosignatures import cosigned_note, last_cosigned, last_witnessed, newest
from audit.witness.policy import Witness

_NO_WITNESS = Text(
    "정책 파일에 그 증인이 없습니다. --witness로 이름을 지정하십시오: {names}",
    "The policy names no such witness. Name one with --witness: {names}",
)
_NO_POLICY = Text(
    "증인이 정해져 있지 않습니다 (ansim.yaml의 witness.policy).", "No witness is set (witness.policy in ansim.yaml)."
)
_WRITTEN = Text(
    "{file}: 크기 {old}에서 {size}까지의 서명 요청입니다. 증인의 컴퓨터에서 `ansim audit witness sign`을 실행하십시오.",
    "{file}: the request from size {old} to {size}. Run `ansim audit witness sign` on the witness's machine.",
)
_ACCEPTED = Text("크기 {size}의 서명을 보관했습니다: {names}", "The signatures at size {size} are kept: {names}")
_WITNESSED = Text(
    "{mark} 정책의 정족수를 충족한 최신 체크포인트: {size} / {newest}",
    "{mark} The newest checkpoint with a quorum: {size} of {newest}",
)
_STANDS = Text("{mark} {name}: 크기 {size} / {newest}", "{mark} {name}: size {size} of {newest}")
_FAILING = Text(", {since}부터 실패 ({reason})", ", failing since {since} ({reason})")


def add_zone_commands(group: Any, guard: Guard) -> None:
    """Add the commands that need a zone."""
    asked = group.add_parser(
        "request", help=_say("증인에게 전달할 요청 파일 작성", "write a request file for a witness")
    )
    asked.add_argument("file", type=Path)
    asked.add_argument("--witness", metavar="NAME")
    asked.add_argument("--since", type=int, metavar="SIZE", help=_say("증인이 아는 크기", "the size the witness knows"))
    asked.set_defaults(func=guard(request))
    taken = group.add_parser("accept", help=_say("증인의 답 파일을 반영", "take over the answer of a witness"))
    taken.add_argument("file", type=Path)
    taken.set_defaults(func=guard(accept_file))
    for command in (asked, taken):
        command.add_argument("--json", action="store_true")
    cli.add_status(group, guard, status, state_required=False)


def request(arguments: argparse.Namespace, context: Context) -> int:
    """Write the newest checkpoint, with the proof since what a witness has signed, into one file."""
    zone = context.zone()
    rounds: WitnessRounds = zone.witnesses
    named = [w for w in rounds.policy.witnesses if arguments.witness in (None, w.name)]
    if len(named) != 1 and arguments.since is None:
        names = ", ".join(w.name for w in rounds.policy.witnesses) or "-"
        context.print(_NO_WITNESS.format(names=names).say(language_of()))
        return EXIT_USAGE
    zone.log.checkpoint()
    with zone.db.read() as tx:
        old = last_cosigned(tx, named[0].verifier) if arguments.since is None else arguments.since
        size, asked = compose_request(tx, old)
    replace_file(arguments.file, asked.text().encode("utf-8"), mode=0o644)
    if context.json:
        context.print(json.dumps({"file": str(arguments.file), "old": old, "size": size}))
    else:
        context.print(_WRITTEN.format(file=arguments.file, old=old, size=size).say(language_of()))
    return EXIT_OK


def accept_file(arguments: argparse.Namespace, context: Context) -> int:
    """Verify the answer of a witness and keep its cosignatures."""
    zone = context.zone()
    rounds: WitnessRounds = zone.witnesses
    try:
        answer = arguments.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        context.print(
            Text("{file}을(를) 읽을 수 없습니다.", "{file} cannot be read.")
            .format(file=arguments.file)
            .say(language_of())
        )
        return EXIT_USAGE
    size = unverified_checkpoint(answer).size
    with zone.db.read() as tx:
        note = cosigned_note(tx, size)
    names = [w.name for w in accept(rounds.log, rounds.policy, note, answer, utc_now())]
    if context.json:
        context.print(json.dumps({"size": size, "witnesses": names}, ensure_ascii=False))
    else:
        context.print(_ACCEPTED.format(size=size, names=", ".join(names)).say(language_of()))
    return EXIT_OK


def status(arguments: argparse.Namespace, context: Context) -> int:
    """Show how every witness stands; 1 if one fails, or if the newest checkpoint lacks a quorum for too long."""
    if arguments.state is not None:
        return cli.show_state(arguments, context)
    zone = context.zone()
    rounds: WitnessRounds = zone.witnesses
    report = standing(rounds)
    if context.json:
        context.print(json.dumps(report, ensure_ascii=False))
    else:
        _print(report, context)
    return EXIT_FOUND if report["found"] else EXIT_OK


def standing(rounds: WitnessRounds) -> dict[str, Any]:
    """Return how the witnesses of a policy stand, as `--json` prints it."""
    policy = rounds.policy
    with rounds.log.db.read() as tx:
        head = newest(tx)
        size = 0 if head is None else head[0]
        rows = [
            _row(witness, last_cosigned(tx, witness.verifier), attester(tx, "witness", witness.verifier.key_id.hex()))
            for witness in policy.witnesses
        ]
        witnessed = last_witnessed(tx, policy)
        quorum = 0 if witnessed is None else witnessed[0]
    lacking = policy.asks and not quorum
    return {
        "asks": policy.asks,
        "newest": size,
        "witnessed": quorum if policy.asks else None,
        "witnesses": rows,
        "found": bool(lacking or any(row["failing_since"] for row in rows)),
    }


def _row(witness: Witness, size: int, state: Attester) -> dict[str, Any]:
    return {
        "name": witness.name,
        "key_id": witness.verifier.key_id.hex(),
        "url": witness.url,
        "size": size,
        "answered_at": None if state.answered_at is None else state.answered_at.isoformat(),
        "failing_since": None if state.failing_since is None else state.failing_since.isoformat(),
        "reason": state.reason,
    }


def _print(report: dict[str, Any], context: Context) -> None:
    language = language_of()
    if not report["witnesses"]:
        context.print(_NO_POLICY.say(language))
    for row in report["witnesses"]:
        mark = "✗" if row["failing_since"] else "✓"
        line = _STANDS.format(mark=mark, name=row["name"], size=row["size"], newest=report["newest"]).say(language)
        if row["failing_since"]:
            line += _FAILING.format(since=row["failing_since"], reason=row["reason"]).say(language)
        context.print(line)
    if report["asks"]:
        mark = "✓" if report["witnessed"] else "✗"
        context.print(_WITNESSED.format(mark=mark, size=report["witnessed"], newest=report["newest"]).say(language))


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
