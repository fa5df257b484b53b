"""What the commands about the uses of keys do: `ansim deid keys list`, `uses` and `end-use`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from audit.body import timestamp
from audit.cli_context import Context, language_of
from audit.event import Actor, Source
from audit.text import Text
from deid import key_users
from deid.key_life import lives
from deid.key_users import KIND_TEXT, KeyUser, last_day
from deid.keys import KeyRecord, KeyStore
from deid.service import DeidDesk

KEYS_DIRECTORY = "additional"
CLI = Actor.service("cli")
HERE = Source(None)

NO_KEYS = Text(
    "키가 없습니다. `ansim deid apply`나 `ansim extract make`로 추출본을 만들 때 생깁니다.",
    "There is no key. The first one is made with an extract: `ansim deid apply` or `ansim extract make`.",
)
_NO_USES = Text(
    "키를 쓰는 추출본이 없습니다. 끝난 것까지 보려면 --all을 붙이십시오.",
    "Nothing uses a key now; --all shows what has ended too.",
)
_LIVES = Text("{day}까지 · 이용 {count}건", "until {day} · uses: {count}")
_DESTROYED = Text("{day}에 파기됨", "destroyed on {day}")
_NO_END = Text("끝이 정해지지 않음", "no end is noted")
_UNTIL = Text("{day}까지", "until {day}")
_ENDED = Text("{day}에 끝남", "ended on {day}")
_UNWRITTEN = Text("파일이 확인되지 않음", "no file is known")
_DONE = Text("{ref}의 이용을 끝냈습니다.", "The use {ref} was ended.")
_LAST = Text(
    "{key} 키를 쓰는 것이 더 없으므로 10분 안에 파기됩니다.",
    "Nothing else uses {key}; it is destroyed within ten minutes.",
)
_OTHERS = Text("{key} 키는 아직 {count}건이 쓰고 있습니다.", "{count} more use {key}.")


def run_keys_list(_arguments: argparse.Namespace, context: Context) -> int:
    """Show every key that was ever made, with its end and how many use it."""
    store = KeyStore.kept_in(context.zone().home / KEYS_DIRECTORY)
    if store is None:
        return _nothing(NO_KEYS, context)
    now, records = datetime.now(UTC), store.records()
    using = key_users.users(store)
    ends = {(life.domain, life.version): life.until for life in lives(store)}
    living = [
        sum(one.living(now) for one in using if (one.domain, one.version) == (record.domain, record.version))
        for record in records
    ]
    if context.json:
        rows = [
            asdict(record) | {"until": _time(ends.get((record.domain, record.version))), "uses": count}
            for record, count in zip(records, living, strict=True)
        ]
        context.print(json.dumps(rows, ensure_ascii=False))
        return 0
    for record, count in zip(records, living, strict=True):
        end = _end_of(record, ends.get((record.domain, record.version)), count)
        context.print(f"{record.domain} v{record.version}  {end}")
    return _said_if_none(records, NO_KEYS, context)


def run_keys_uses(arguments: argparse.Namespace, context: Context) -> int:
    """Show what uses a key, or every key, until when and by whom; `--all` also what has ended."""
    zone, now = context.zone(), datetime.now(UTC)
    store = KeyStore.kept_in(zone.home / KEYS_DIRECTORY)
    if store is None:
        return _nothing(NO_KEYS, context)
    found = [
        one for one in key_users.users(store, arguments.domain, arguments.version) if arguments.all or one.living(now)
    ]
    if context.json:
        context.print(json.dumps([_document(one, now) for one in found], ensure_ascii=False))
        return 0
    names = {person.ref: person.handle for person in zone.registry.people()}
    for one in found:
        end = (_UNTIL if one.living(now) else _ENDED).format(day=last_day(one.end))
        kind = KIND_TEXT[one.kind].say(language_of()) + (f" {one.owner}" if one.kind == "ordered" else "")
        file = f"SHA-256 {one.extract_sha256[:16]}…" if one.extract_sha256 else _tell(_UNWRITTEN)
        context.print(f"{one.ref}  {one.domain} v{one.version}  {one.dataset} → {one.project}  {_tell(end)}")
        context.print(f"    {kind} · {names.get(one.by_ref, one.by_ref)} · {file}")
    return _said_if_none(found, _NO_USES, context)


def run_keys_end_use(arguments: argparse.Namespace, context: Context) -> int:
    """End one use of a key; who types stands for the operator, `--by` says whose decision it is."""
    zone, store = context.zone(), _store(context)
    person = None if arguments.by is None else str(zone.registry.person(arguments.by).ref)
    ended = DeidDesk(zone.log, store).end_use(arguments.use, arguments.reason, by=CLI, source=HERE, on_behalf_of=person)
    now = datetime.now(UTC)
    if context.json:
        context.print(json.dumps(_document(ended, now), ensure_ascii=False))
        return 0
    left = sum(one.living(now) for one in key_users.users(store, ended.domain, ended.version))
    context.print(_tell(_DONE.format(ref=ended.ref)))
    context.print(_tell((_OTHERS if left else _LAST).format(key=f"{ended.domain} v{ended.version}", count=left)))
    return 0


def _end_of(record: KeyRecord, until: datetime | None, count: int) -> str:
    if record.destroyed_at is not None:
        return _tell(_DESTROYED.format(day=record.destroyed_at[:10]))
    return _tell(_NO_END) if until is None else _tell(_LIVES.format(day=last_day(until), count=count))


def _document(one: KeyUser, now: datetime) -> dict[str, Any]:
    times = {"noted_at": _time(one.noted_at), "until": _time(one.until), "ended_at": _time(one.ended_at)}
    return asdict(one) | times | {"living": one.living(now)}


def _time(at: datetime | None) -> str | None:
    return None if at is None else timestamp(at)


def _said_if_none(found: Sequence[object], nothing: Text, context: Context) -> int:
    if not found:
        context.print(_tell(nothing))
    return 0


def _nothing(said: Text, context: Context) -> int:
    context.print("[]" if context.json else _tell(said))
    return 0


def _store(context: Context) -> KeyStore:
    return KeyStore(context.zone().home / KEYS_DIRECTORY)


def _tell(text: Text) -> str:
    return text.say(language_of())
