"""The commands of `ansim deid` that read tables; loaded only when one of them runs."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from audit.body import timestamp
from audit.cli_context import Context, language_of
from audit.event import Actor, Source, Subjects
from audit.text import Text
from deid.cautions import cautions, sentences
from deid.engine import Changer, surveyed
from deid.errors import UsageError
from deid.key_users import DEFAULT_LIFE, after_day, last_day
from deid.keys import DomainKey, KeyStore
from deid.linkage.service import LinkageDesk
from deid.people import RegisteredPeople
from deid.policy import Policy, load_policy
from deid.progress import shown
from deid.reading import opened
from deid.recogniser_file import kept_recognisers
from deid.risk.assessment import as_json
from deid.service import DeidDesk, Extract, Need
from deid.sources import Table

KEYS_DIRECTORY = "additional"
SAMPLE_ROWS = 5
CLI = Actor.service("cli")

_MADE = Text(
    "{rows:,}행, {columns}열의 추출본을 만들었습니다. 기준을 위해 {suppressed:,}행을 뺐습니다.",
    "The extract has {rows:,} rows and {columns} columns; {suppressed:,} rows were left out for the criteria.",
)
_EMPTY = Text(
    "! 추출본에 행이 없습니다. 원본에 행이 있는지 확인하십시오.",
    "! The extract has no rows; see whether the source has any.",
)
_STOPPED = Text("멈췄습니다. 아무것도 쓰지 않았습니다.", "Stopped; nothing was written.")
_NOTED = Text(
    "키 {key}을(를) {day}까지 쓰는 것으로 기록했습니다. 먼저 끝나면: ansim deid keys end-use {use} --reason …",
    "It needs the key {key} until {day}. If that ends earlier: ansim deid keys end-use {use} --reason …",
)
_UNNAMED = Text("정책에 없어 뺀 열: {names}", "Columns left out because the policy does not name them: {names}")
_DROPPED = Text("[정책에 없는 열 · 빠짐]", "[not named in the policy · dropped]")


def run_apply(arguments: argparse.Namespace, context: Context) -> int:
    """Make an extract, or show on a few rows what would be made."""
    policy = load_policy(arguments.policy, kept_recognisers(context.home))
    with opened(arguments.table, arguments) as table:
        if arguments.dry_run:
            return _dry_run(policy, table, context)
        if arguments.target is None:
            raise UsageError(
                Text(
                    "추출본 파일을 지정하거나 --dry-run을 쓰십시오.", "name the file of the extract, or use --dry-run."
                )
            )
        with _changer(arguments, policy) as changer:
            try:
                made = _make(policy, table, arguments, context, changer)
            except KeyboardInterrupt:
                sys.stderr.write(_STOPPED.say(language_of()) + "\n")
                raise
    applied = made.applied
    if context.json:
        facts = asdict(applied) | {"assessment": None if applied.assessment is None else as_json(applied.assessment)}
        noted = {"use": made.user.ref, "until": timestamp(made.user.until)}
        context.print(
            json.dumps({"sha256": made.sha256, "policy": policy.digest, **facts, **noted}, ensure_ascii=False)
        )
        return 0
    language = language_of()
    said = _MADE.format(rows=applied.rows, columns=len(applied.columns), suppressed=applied.suppressed)
    context.print(said.say(language))
    if not applied.rows:
        context.print(_EMPTY.say(language))
    if applied.unnamed:
        context.print(_UNNAMED.format(names=", ".join(applied.unnamed)).say(language))
    context.print(f"SHA-256 {made.sha256}")
    key, day = f"{policy.linkage_domain} v{policy.key_version}", last_day(made.user.until)
    context.print(_NOTED.format(key=key, day=day, use=made.user.ref).say(language))
    _warn(policy, context)
    return 0


def _make(
    policy: Policy, table: Table, arguments: argparse.Namespace, context: Context, changer: Changer | None
) -> Extract:
    zone = context.zone()
    need = Need(
        _end(arguments.until, zone, policy.project),
        source_sha256=_digest_of(arguments),
        on_behalf_of=None if arguments.by is None else str(zone.registry.person(arguments.by).ref),
    )
    keys = KeyStore(zone.home / KEYS_DIRECTORY)
    # What was decided in the portal a moment ago need not wait for the worker.
    LinkageDesk(zone.log, RegisteredPeople(zone.registry), keys).carry_out()
    desk = DeidDesk(zone.log, keys)
    with shown("change", quiet=context.json) as report:
        return desk.make_extract(
            policy,
            table,
            arguments.target,
            by=CLI,
            source=Source(None),
            subjects=subjects_of(zone, policy.dataset),
            progress=report,
            changer=changer,
            need=need,
        )


def _end(asked: str | None, zone: Any, project_id: str) -> datetime:
    """Return how long the extract needs its key: as asked, or as long as the project lasts, or a year.

    Raises: UsageError — if what was asked is no day.
    """
    if asked is not None:
        try:
            return after_day(date.fromisoformat(asked))
        except (ValueError, OverflowError):
            raise UsageError(
                Text("--until의 날짜는 2027-12-31처럼 씁니다.", "Write the day of --until as 2027-12-31.")
            ) from None
    now = datetime.now(UTC)
    ends = [project.ends_at for project in zone.registry.projects() if project.id == project_id]
    return ends[0] if ends and ends[0] > now else now + DEFAULT_LIFE


def _digest_of(arguments: argparse.Namespace) -> str | None:
    """Return the digest of the source; a table of a database has none."""
    if arguments.connection is not None:
        return None
    with Path(arguments.table).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _changer(arguments: argparse.Namespace, policy: Policy) -> Iterator[Changer | None]:
    """Give what makes the rows: nothing for this process, or the cluster that the command names."""
    if arguments.scheduler is None:
        yield None
        return
    from deid.scale.cluster import Certificates, cluster, refuse_unspread

    refuse_unspread(policy)
    given = (arguments.tls_ca, arguments.tls_cert, arguments.tls_key)
    if any(given) and not all(given):
        raise UsageError(
            Text(
                "--tls-ca, --tls-cert, --tls-key는 함께 지정하십시오.",
                "--tls-ca, --tls-cert and --tls-key go together.",
            )
        )
    with cluster(arguments.scheduler, Certificates(*given) if all(given) else None) as together:
        yield together.changed


def _dry_run(policy: Policy, table: Table, context: Context) -> int:
    """Show a few rows before and after; the tokens are of a key made for this once, so they say nothing."""
    key = DomainKey("dry-run", 1, os.urandom(32))
    # What an action must know of a whole column is read in full: among five rows every value would be a rare one.
    plan = surveyed(policy, table, key)
    before = _first_rows(table, tuple(c.name for c in policy.columns if c.name in table.columns))
    after = plan.change(_first_rows(table, plan.needed), 0, key) if before.num_rows else None
    warned = {caution.column: caution.text.say(language_of()) for caution in cautions(policy)}
    for column in policy.columns:
        shown = after.column(column.name).to_pylist() if column.shown and after else []
        old = before.column(column.name).to_pylist() if column.name in before.schema.names else []
        if context.json:
            entry = {
                "column": column.name,
                "role": column.role,
                "action": column.action_name,
                "technique": column.technique,
                "caution": warned.get(column.name),
            }
            context.print(json.dumps({**entry, "before": old, "after": shown}, ensure_ascii=False, default=str))
            continue
        context.print(f"{column.name}  [{column.role} · {column.action_name}]")
        for one, other in zip(old, shown or ["—"] * len(old), strict=True):
            context.print(f"    {one}  →  {other}")
    for name in (name for name in table.columns if name not in before.schema.names):
        if context.json:
            entry = {"column": name, "role": None, "action": "drop", "technique": "suppress_column", "caution": None}
            context.print(json.dumps({**entry, "before": [], "after": []}, ensure_ascii=False))
        else:
            context.print(f"{name}  {_DROPPED.say(language_of())}")
    _warn(policy, context)
    return 0


def _warn(policy: Policy, context: Context) -> None:
    """Say what the policy shows although it is permitted."""
    for sentence in () if context.json else sentences(policy, language_of()):
        context.print(f"! {sentence}")


def _first_rows(table: Table, columns: tuple[str, ...]) -> pa.RecordBatch:
    for batch in table.batches(columns):
        return batch.slice(0, SAMPLE_ROWS)
    return pa.RecordBatch.from_arrays([pa.array([], pa.string()) for _ in columns], names=list(columns))


def subjects_of(zone: Any, dataset_id: str) -> Subjects:
    """Return whose data it is, where the dataset is registered."""
    for dataset in zone.registry.datasets():
        if dataset.id == dataset_id:
            version = max((v.number for v in zone.registry.versions(dataset.id)), default=1)
            return Subjects.datasets([(dataset.id, version, dataset.people)])
    return Subjects.datasets([(dataset_id, 0, 0)])
