"""`ansim audit witness`: the commands of a witness, which need no zone; those of the zone join them.

`python -m audit.witness` has the same commands with nothing of a zone and no package but `cryptography`.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from audit.durable import replace_file
from audit.errors import WitnessUnusable
from audit.text import Text
from audit.trusted import TrustedKeys
from audit.witness.deciding import Refusal
from audit.witness.protocol import CONFLICT, FORBIDDEN, NOT_FOUND, UNPROCESSABLE
from audit.witness.server import WitnessServer
from audit.witness.service import Witness
from audit.witness.state import Known

Handler = Callable[[argparse.Namespace, Context], int]
Guard = Callable[[Handler], Handler]

EXIT_OK, EXIT_FOUND, EXIT_USAGE, EXIT_TAMPERED, EXIT_UNTRUSTED = 0, 1, 2, 10, 12
EXIT_BY_STATUS = {
    CONFLICT: EXIT_FOUND,
    UNPROCESSABLE: EXIT_TAMPERED,
    FORBIDDEN: EXIT_UNTRUSTED,
    NOT_FOUND: EXIT_UNTRUSTED,
}
DEFAULT_LISTEN = "127.0.0.1:8610"
DEFAULT_HOURS = 26

_MADE = Text(
    "증인 {name}을(를) 만들었습니다. 아래 검증 키 가운데 하나를 안심구역 담당자에게 전달하십시오.",
    "The witness {name} is made. Give one of these verifier keys to the people of the zone.",
)
_WATCHED = Text("{origin} 기록을 확인합니다.", "The log {origin} is watched.")
_LISTENS = Text("증인 {name}이(가) {address}에서 요청을 받습니다.", "The witness {name} listens on {address}.")
_SIGNED = Text("서명했습니다: {origin} 크기 {size} → {file}", "Signed: {origin} at size {size} → {file}")
_BEHIND = Text(
    "서명하지 않았습니다: 증인이 아는 크기는 {size}입니다. 안심구역에서 요청을 다시 만드십시오:"
    " `ansim audit witness request FILE --since {size}`",
    "Not signed: the witness stands at size {size}. Make the request anew:"
    " `ansim audit witness request FILE --since {size}`",
)
_REFUSED = Text("서명하지 않았습니다: {reason}", "Not signed: {reason}")
_ALARM = Text(
    "기록이 이전에 서명한 내용과 어긋날 수 있습니다. 이 요청 파일을 보관하고 감사 책임자에게 알리십시오.",
    "The log may contradict what it signed before. Keep the request and tell the compliance officer.",
)
_NO_FILE = Text("{file}을(를) 읽을 수 없습니다.", "{file} cannot be read.")
_NOTHING = Text("아직 서명한 체크포인트가 없습니다.", "Nothing was signed yet.")
_STANDS = Text(
    "{mark} {origin}: 크기 {size}, 마지막 요청 {seen}시간 전, 마지막 증가 {grown}시간 전",
    "{mark} {origin}: size {size}, last asked {seen} h ago, last grown {grown} h ago",
)
_EVIDENCE = Text("  ! 크기 {size}: {reason} ({at})", "  ! size {size}: {reason} ({at})")


def add_parsers(commands: Any, guard: Guard, *, zone: Callable[[Any, Guard], None] | None = None) -> None:
    """Add `witness` and its commands; `zone` adds those that need a zone."""
    help_text = _say("다른 기관의 증인", "witnesses in other departments")
    group = commands.add_parser("witness", help=help_text).add_subparsers(required=True)
    made = group.add_parser("init", help=_say("증인을 새로 만듦", "make a witness"))
    made.add_argument("--name", required=True, help="witness.example.org/audit")
    made.set_defaults(func=guard(init))
    watched = group.add_parser("trust", help=_say("확인할 기록의 키를 등록", "watch a log, or take over its new keys"))
    watched.add_argument("keys", nargs="+", metavar="VKEY|FILE")
    watched.set_defaults(func=guard(trust))
    served = group.add_parser("serve", help=_say("증인 서비스를 실행", "run the service"))
    served.add_argument("--listen", default=DEFAULT_LISTEN, metavar="HOST:PORT")
    served.set_defaults(func=guard(serve))
    signed = group.add_parser("sign", help=_say("요청 파일에 서명", "sign a request file"))
    signed.add_argument("file", type=Path)
    signed.add_argument(
        "--out", type=Path, help=_say("답 파일 (기본: FILE.signed)", "the answer (default: FILE.signed)")
    )
    signed.set_defaults(func=guard(sign))
    for command in (made, watched, served, signed):
        command.add_argument("--state", type=Path, required=True, metavar="DIR")
        command.add_argument("--json", action="store_true")
    for command in (made, served):
        command.add_argument("--origin", action="append", default=[], metavar="VKEY|FILE")
    if zone is not None:
        zone(group, guard)


def add_status(group: Any, guard: Guard, handler: Handler, *, state_required: bool) -> None:
    """Add `status`, of a witness or, without --state, of a zone."""
    shown = group.add_parser("status", help=_say("증인의 상태", "how the witnesses stand"))
    shown.add_argument("--state", type=Path, metavar="DIR", required=state_required)
    shown.add_argument("--max-age", type=float, default=DEFAULT_HOURS, metavar="HOURS")
    shown.add_argument("--json", action="store_true")
    shown.set_defaults(func=guard(handler))


def init(arguments: argparse.Namespace, context: Context) -> int:
    """Make a witness and print its verifier keys."""
    logs = [_keys(given) for given in arguments.origin]
    witness = Witness.create(arguments.state, arguments.name)
    for keys in logs:
        witness.trust(keys)
    vkeys = [verifier.vkey() for verifier in witness.verifiers]
    if context.json:
        context.print(json.dumps({"name": witness.name, "vkeys": vkeys, "origins": [k.origin for k in logs]}))
    else:
        context.print(_MADE.format(name=witness.name).say(language_of()))
        for vkey in vkeys:
            context.print(vkey)
    return EXIT_OK


def trust(arguments: argparse.Namespace, context: Context) -> int:
    """Watch logs."""
    witness = Witness(arguments.state)
    for keys in [_keys(given) for given in arguments.keys]:
        witness.trust(keys)
        said = (
            json.dumps({"origin": keys.origin})
            if context.json
            else _WATCHED.format(origin=keys.origin).say(language_of())
        )
        context.print(said)
    return EXIT_OK


def serve(arguments: argparse.Namespace, context: Context) -> int:
    """Answer requests until a signal says stop."""
    witness = Witness(arguments.state)
    for given in arguments.origin:
        witness.trust(_keys(given))
    host, colon, port = arguments.listen.rpartition(":")
    if not colon or not port.isdigit():
        context.print("--listen HOST:PORT")
        return EXIT_USAGE
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    try:
        server = WitnessServer((host.strip("[]"), int(port)), witness)
    except OSError as error:
        raise WitnessUnusable(f"{arguments.listen}: {error.strerror}") from None
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    address = f"{server.server_address[0]!s}:{server.server_address[1]}"
    if context.json:
        context.print(json.dumps({"name": witness.name, "address": address}))
    else:
        context.print(_LISTENS.format(name=witness.name, address=address).say(language_of()))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    stop.wait()
    server.shutdown()
    thread.join()
    server.server_close()
    return EXIT_OK


def sign(arguments: argparse.Namespace, context: Context) -> int:
    """Sign the checkpoint in a request file, and write the answer beside it."""
    witness = Witness(arguments.state)
    try:
        data = arguments.file.read_bytes()
    except OSError:
        context.print(_NO_FILE.format(file=arguments.file).say(language_of()))
        return EXIT_USAGE
    said = witness.add_checkpoint(data)
    if isinstance(said, Refusal):
        _print_refusal(said, context)
        return EXIT_BY_STATUS.get(said.status, EXIT_USAGE)
    target = arguments.out or arguments.file.with_name(arguments.file.name + ".signed")
    replace_file(target, said.note.encode("utf-8"), mode=0o644)
    origin, size = said.note.split("\n", 2)[:2]
    if context.json:
        context.print(json.dumps({"origin": origin, "size": int(size), "file": str(target)}))
    else:
        context.print(_SIGNED.format(origin=origin, size=size, file=target).say(language_of()))
    return EXIT_OK


def _print_refusal(refusal: Refusal, context: Context) -> None:
    if context.json:
        found = {"status": refusal.status, "reason": refusal.reason, "known_size": refusal.known_size}
        context.print(json.dumps({"refused": found}))
        return
    language = language_of()
    if refusal.status == CONFLICT:
        context.print(_BEHIND.format(size=refusal.known_size).say(language))
        return
    context.print(_REFUSED.format(reason=refusal.reason).say(language))
    if refusal.status == UNPROCESSABLE:
        context.print(_ALARM.say(language))


def show_state(arguments: argparse.Namespace, context: Context) -> int:
    """Show what a witness has seen of each log; 1 if one is silent for too long or contradicted itself."""
    witness, now = Witness(arguments.state), time.time()
    known = {row.head.origin: row for row in witness.state.all()}
    with witness.state.changing() as tx:
        rows = [_Seen(origin, known.get(origin), tx.evidence(origin)) for origin in sorted({*witness.logs(), *known})]
    found = [row.silent(now, arguments.max_age) or bool(row.evidence) for row in rows]
    if context.json:
        context.print(json.dumps({"name": witness.name, "logs": [row.json(now) for row in rows]}, ensure_ascii=False))
    else:
        for row, bad in zip(rows, found, strict=True):
            row.print(context, now, bad=bad)
    return EXIT_FOUND if any(found) else EXIT_OK


@dataclass(frozen=True, slots=True)
class _Seen:
    """One log as a witness sees it."""

    origin: str
    known: Known | None
    evidence: list[tuple[int, str, int, str]]

    def silent(self, now: float, hours: float) -> bool:
        return self.known is None or now - self.known.seen_at > hours * 3600

    def json(self, now: float) -> dict[str, Any]:
        contradictions = [{"size": size, "reason": reason, "at": _at(at)} for size, reason, at, _ in self.evidence]
        if self.known is None:
            return {"origin": self.origin, "size": None, "contradictions": contradictions}
        return {
            "origin": self.origin,
            "size": self.known.head.size,
            "seen_at": _at(self.known.seen_at),
            "grown_at": _at(self.known.grown_at),
            "age_seconds": int(now - self.known.grown_at),
            "contradictions": contradictions,
        }

    def print(self, context: Context, now: float, *, bad: bool) -> None:
        language, mark = language_of(), "✗" if bad else "✓"
        if self.known is None:
            context.print(f"{mark} {self.origin}: {_NOTHING.say(language)}")
        else:
            seen, grown = (round((now - at) / 3600, 1) for at in (self.known.seen_at, self.known.grown_at))
            line = _STANDS.format(mark=mark, origin=self.origin, size=self.known.head.size, seen=seen, grown=grown)
            context.print(line.say(language))
        for size, reason, at, _ in self.evidence:
            context.print(_EVIDENCE.format(size=size, reason=reason, at=_at(at)).say(language))


def _keys(given: str) -> TrustedKeys:
    """Return the keys in an argument: a verifier key itself, or a file of them."""
    return TrustedKeys.parse(given) if "+" in given and not Path(given).exists() else TrustedKeys.load(Path(given))


def _at(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
