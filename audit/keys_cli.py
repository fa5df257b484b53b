"""`ansim audit key`: the life cycle of the keys that sign the log."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from audit.cli_context import Context, language_of
from audit.continuing import LastGood, begin, prepare, verify_continuation
from audit.db import Database
from audit.durable import replace_file
from audit.errors import MalformedNote, NotTrusted, ProofInvalid
from audit.event import Actor, Event, Object, Source, Subjects
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.rotation import follow, rotate
from audit.schemes import SCHEMES
from audit.store import log_size
from audit.tables import metadata
from audit.text import Text
from audit.trusted import TRUSTED_KEYS_FILE, TrustedKey, TrustedKeys
from audit.witness.cosignatures import last_witnessed

Handler = Callable[[argparse.Namespace, Context], int]
Guard = Callable[[Handler], Handler]

EXIT_OK, EXIT_FOUND, EXIT_USAGE, EXIT_TAMPERED, EXIT_UNTRUSTED = 0, 1, 2, 10, 12

_KEY = Text("{mark} {name}  {kind}  크기 {first}부터 {last}", "{mark} {name}  {kind}  from size {first} to {last}")
_ROTATED = Text(
    "서명 키를 교체했습니다. {index}번 기록이며, 크기 {size}의 체크포인트에 이전 키와 새 키가 함께 서명했습니다.\n"
    "{trusted}와 {receipt}를 증인과 검증자에게 전달하십시오.",
    "The signing keys are replaced: entry {index}; the checkpoint of size {size} is signed by the old and the new.\n"
    "Give {trusted} and {receipt} to witnesses and verifiers.",
)
KINDS: Mapping[str, Text] = MappingProxyType(
    {
        "log": _ROTATED,
        "master": Text(
            "마스터 키를 교체했습니다. {index}번 기록이며, 사람별 키 {items}개를 새 키로 다시 감쌌습니다.",
            "The master key is replaced: entry {index}; {items} keys of subjects are wrapped by the new one.",
        ),
        "cells": Text(
            "셀 저장소의 공용 키를 교체했습니다. {index}번 기록이며, 셀 {items}개를 새 키로 다시 암호화했습니다.",
            "The common key of the cell store is replaced: entry {index}; {items} cells are encrypted under the new.",
        ),
        "release": Text(
            "반출 서명 키를 교체했습니다. {index}번 기록입니다. 이전 서명은 그대로 유효합니다.",
            "The key that signs releases is replaced: entry {index}. Earlier signatures stay valid.",
        ),
    }
)
"""What can be replaced, and what is said when it is."""
_STILL_NEEDED = Text(
    "결정된 반출 묶음이 아직 남아 있어 이전 키는 그 묶음을 만든 뒤 저절로 파기됩니다.",
    "Releases that were decided before wait for their package; the old key is destroyed by itself when they are made.",
)
_FOLLOWED = Text(
    "이전 키가 새 키를 보증합니다 (크기 {size}부터). {file}에 기록했습니다.",
    "The old keys vouch for the new ones (from size {size}). Written to {file}.",
)
_NOT_FOLLOWED = Text("이전 키가 새 키를 보증하지 않습니다: {reason}", "The old keys do not vouch for the new: {reason}")
_PREPARED = Text(
    "{home}에 새 기록을 준비했습니다: {origin}은(는) {old}의 크기 {size}에 이어집니다.\n"
    "`ansim --home {home} up`으로 시작하면 0번 기록이 이를 남깁니다.",
    "A new log is prepared in {home}: {origin} continues {old} at size {size}.\n"
    "Start it with `ansim --home {home} up`; entry 0 will say so.",
)
_NO_GOOD = Text(
    "증인의 정족수가 서명한 체크포인트가 없어 훈련할 수 없습니다. 증인을 먼저 두십시오.",
    "No checkpoint has a quorum of witnesses, so there is nothing to continue from. Set up a witness first.",
)
_DRILLED = Text(
    "훈련 완료: 크기 {size}까지 증인이 확인했고, 그 뒤 {lost}건은 키 유출 시 사람이 다시 확인해야 합니다. "
    "새 기록 {origin}의 0번이 이를 증명합니다.",
    "Rehearsed: witnesses vouch up to size {size}; the {lost} entries after it would have to be checked by hand. "
    "Entry 0 of the new log {origin} proves it.",
)


def add_parsers(commands: Any, guard: Guard) -> None:
    """Add `key` and its commands."""
    group = commands.add_parser("key", help=_say("서명 키", "the signing keys")).add_subparsers(required=True)
    listed = group.add_parser("list", help=_say("키와 유효 범위", "the keys and where they count"))
    listed.set_defaults(func=guard(show))
    rotated = group.add_parser("rotate", help=_say("키 교체", "replace the signing keys, or another key"))
    rotated.add_argument(
        "which", nargs="?", choices=tuple(KINDS), default="log", help=_say("교체할 키", "the key to replace")
    )
    fate = rotated.add_mutually_exclusive_group(required=True)
    fate.add_argument(
        "--keep-old", type=Path, metavar="DIR", help=_say("이전 키를 옮겨 둘 곳", "where the old keys are moved")
    )
    fate.add_argument("--destroy-old", action="store_true", help=_say("이전 키를 파기", "the old keys are destroyed"))
    rotated.set_defaults(func=guard(rotate_keys))
    followed = group.add_parser("follow", help=_say("교체된 키를 이전 키로 확인", "check new keys with the old ones"))
    followed.add_argument("receipt", type=Path)
    followed.add_argument("new", type=Path, help=_say("새 trusted-keys 파일", "the new trusted-keys file"))
    followed.add_argument("--key", type=Path, required=True, help=_say("보관해 온 키 파일", "the file kept so far"))
    followed.set_defaults(func=guard(follow_keys))
    continued = group.add_parser("continue", help=_say("키 유출 뒤 새 기록 준비", "begin a new log after a lost key"))
    continued.add_argument("--checkpoint", type=Path, required=True)
    continued.add_argument("--key", type=Path, required=True, help=_say("이전 기록의 키", "the keys of the old log"))
    continued.add_argument("--policy", type=Path, required=True, help=_say("증인 정책", "the policy of witnesses"))
    continued.add_argument("--origin", required=True)
    continued.add_argument("--into", type=Path, required=True, metavar="HOME")
    continued.set_defaults(func=guard(continue_log))
    drilled = group.add_parser("drill", help=_say("키 유출 대응 훈련", "rehearse the loss of a key"))
    drilled.set_defaults(func=guard(drill))
    for command in (listed, rotated, followed, continued, drilled):
        command.add_argument("--json", action="store_true")


def show(_arguments: argparse.Namespace, context: Context) -> int:
    """Print every key that the log has had."""
    trusted = TrustedKeys.load(context.home / "keys" / TRUSTED_KEYS_FILE)
    if context.json:
        rows = [_key_json(key) for key in trusted.keys]
        context.print(json.dumps({"origin": trusted.origin, "keys": rows}, ensure_ascii=False))
        return EXIT_OK
    for key in trusted.keys:
        kind, mark = SCHEMES[key.verifier.kind].title, "✓" if key.last is None else " "
        name = f"{key.verifier.name}+{key.verifier.key_id.hex()}"
        last = "…" if key.last is None else key.last
        context.print(_KEY.format(mark=mark, name=name, kind=kind, first=key.first, last=last).say(language_of()))
    return EXIT_OK


def rotate_keys(arguments: argparse.Namespace, context: Context) -> int:
    """Replace the signing keys of the running log, or another key of the zone."""
    if arguments.which != "log":
        return _replace(arguments, context)
    zone = context.zone()
    keys = LogKeys.load_or_create(context.home / "keys")
    done = rotate(zone.log, keys, keep=arguments.keep_old)
    trusted = keys.directory / TRUSTED_KEYS_FILE
    if context.json:
        vkeys = [verifier.vkey() for verifier in done.new]
        facts = {"index": done.index, "size": done.size, "vkeys": vkeys}
        context.print(json.dumps({**facts, "trusted_keys": str(trusted), "receipt": str(done.receipt)}))
    else:
        said = _ROTATED.format(index=done.index, size=done.size, trusted=trusted, receipt=done.receipt)
        context.print(said.say(language_of()))
    return EXIT_OK


def _replace(arguments: argparse.Namespace, context: Context) -> int:
    facts = context.zone().replacements[arguments.which](arguments.keep_old)
    if context.json:
        context.print(json.dumps({"key": arguments.which, **facts}))
        return EXIT_OK
    language = language_of()
    context.print(KINDS[arguments.which].format(**facts).say(language))
    if facts.get("kept"):
        context.print(_STILL_NEEDED.say(language))
    return EXIT_OK


def follow_keys(arguments: argparse.Namespace, context: Context) -> int:
    """Take over a new list of keys if the old ones vouch for it; needs no zone."""
    old, new = TrustedKeys.load(arguments.key), TrustedKeys.load(arguments.new)
    try:
        size = follow(old, new, _read(arguments.receipt))
    except (NotTrusted, ProofInvalid) as error:
        reason = str(error)
        said = {"followed": False, "reason": reason}
        context.print(json.dumps(said) if context.json else _NOT_FOLLOWED.format(reason=reason).say(language_of()))
        return EXIT_TAMPERED if isinstance(error, ProofInvalid) else EXIT_UNTRUSTED
    replace_file(arguments.key, new.format().encode("utf-8"), mode=0o644)
    if context.json:
        context.print(json.dumps({"followed": True, "size": size, "file": str(arguments.key)}))
    else:
        context.print(_FOLLOWED.format(size=size, file=arguments.key).say(language_of()))
    return EXIT_OK


def continue_log(arguments: argparse.Namespace, context: Context) -> int:
    """Prepare the home of a log that continues another from its last good checkpoint."""
    last = LastGood(_read(arguments.checkpoint), TrustedKeys.load(arguments.key), _read(arguments.policy))
    prepare(arguments.into, arguments.origin, last)
    head = last.check()
    facts = {"home": str(arguments.into), "origin": arguments.origin, "old": head.origin, "size": head.size}
    context.print(json.dumps(facts) if context.json else _PREPARED.format(**facts).say(language_of()))
    return EXIT_OK


def drill(_arguments: argparse.Namespace, context: Context) -> int:
    """Do in a temporary place everything that a lost key would ask for, and record that it was rehearsed."""
    zone = context.zone()
    log, policy = zone.log, zone.witnesses.policy
    with zone.db.read() as tx:
        size, good = log_size(tx), last_witnessed(tx, policy)
    if good is None:
        context.print(json.dumps({"rehearsed": False}) if context.json else _NO_GOOD.say(language_of()))
        return EXIT_FOUND
    trusted = LogKeys.load_or_create(context.home / "keys").trusted(log.origin)
    last = LastGood(good[1], trusted, zone.witness_policy_text)
    origin = f"{log.origin}/drill"
    with tempfile.TemporaryDirectory(prefix="ansim-drill-") as scratch:
        covered = rehearse(Path(scratch), origin, last)
    log.record(_own_event({"size": covered, "lost": size - covered}))
    facts = {"size": covered, "lost": size - covered, "origin": origin}
    context.print(
        json.dumps({"rehearsed": True, **facts}) if context.json else _DRILLED.format(**facts).say(language_of())
    )
    return EXIT_OK


def rehearse(home: Path, origin: str, last: LastGood) -> int:
    """Continue a log in an empty directory, prove it to a stranger, and return the size up to which it vouches.

    Raises: AuditError — if a step does not hold.
    """
    keys = prepare(home, origin, last)
    db = Database.open(f"sqlite:///{home / 'ansim.db'}")
    try:
        metadata.create_all(db.engine)
        log = AuditLog(db, keys, component="cli", origin=origin, log_dir=home / "log")
        begin(log)
        return verify_continuation(log.receipt(0), keys.trusted(origin), last).size
    finally:
        db.close()


def _key_json(key: TrustedKey) -> dict[str, Any]:
    kind = SCHEMES[key.verifier.kind].title
    return {"vkey": key.verifier.vkey(), "kind": kind, "first": key.first, "last": key.last}


def _own_event(detail: dict[str, Any]) -> Event:
    about, where = Object("log", "audit"), Source(ip=None)
    return Event("log.key_drilled", Actor.service("cli"), about, Subjects.none(), where, detail=detail)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise MalformedNote(f"{path} cannot be read") from None


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
