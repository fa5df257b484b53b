"""Making the tables of an extract by policy, the risk measured before and after; loaded only where one is made."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from audit.event import Actor, Source, Subjects
from audit.text import Text
from deid.policy import Policy, load_policy
from deid.records.errors import Invalid
from deid.records.levels import levels_of
from deid.records.model import Document, Draft, Level
from deid.records.order import Item
from deid.records.pictures import pictures
from deid.records.readme import README, readme
from deid.records.rules import digest
from deid.risk.assessment import Assessment, Criterion, as_json, assess_policy, criteria
from deid.risk.measures import NotComputed
from deid.service import DeidDesk, Need
from deid.sources import Table, open_table
from deid.zone_recognisers import ZoneRecogniser

Progress = Callable[[str, int, int | None], None]
"""Takes the table, the rows done and, where it is known, all there are."""


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a run."""

    policy_sha256: str
    linkage_domain: str
    key_version: int
    tables: tuple[Document, ...]
    levels: tuple[Level, ...]
    risk: Document


@dataclass(frozen=True, slots=True)
class Workshop:
    """By whom, from where and for whom the tables are made."""

    desk: DeidDesk
    by: Actor
    source: Source
    progress: Progress = lambda _table, _done, _all: None
    recognisers: tuple[ZoneRecogniser, ...] = ()
    """What the zone looks for in texts beside what is built in."""
    owner: str | None = None
    """The extract that the tables are made for."""
    on_behalf_of: str | None = None


def read_policies(
    draft: Draft, items: Mapping[str, Item], recognisers: tuple[ZoneRecogniser, ...] = ()
) -> dict[str, Policy]:
    """Return the policies of an order, which all serve its dataset, project and purpose, with one key.

    Raises: PolicyError. Invalid — naming the table whose policy is for something else.
    """
    policies = {table: load_policy(item.policy, recognisers) for table, item in items.items()}
    keys = {(policy.linkage_domain, policy.key_version) for policy in policies.values()}
    for table, policy in policies.items():
        if (policy.dataset, policy.project, policy.purpose) != (draft.dataset, draft.project, draft.kind.value):
            raise Invalid(
                "policy_of_another",
                Text(
                    f"{table}: 정책의 데이터셋·과제·목적이 신청과 다릅니다.",
                    f"{table}: the policy is for another dataset, project or purpose than the order.",
                ),
            )
    if len(keys) != 1:
        raise Invalid(
            "several_keys",
            Text(
                "한 추출본의 정책들은 linkage_domain과 key_version이 같아야 합니다.",
                "The policies of one extract share linkage_domain and key_version.",
            ),
        )
    return policies


def make_tables(shop: Workshop, draft: Draft, items: Mapping[str, Item], directory: Path) -> Made:
    """Write every table of an extract into a new directory, with a page that says what was done to each column.

    Raises: PolicyError, DataError, KeyStoreError, NotDurable, Invalid; the directory is not there then.
    """
    policies = read_policies(draft, items, shop.recognisers)
    with fresh_directory(directory) as fresh:
        made = [_make_table(shop, draft, name, policies[name], item, fresh) for name, item in sorted(items.items())]
        levels = tuple(level for _, rows, _ in made for level in rows)
        (fresh / README).write_text(readme(draft, levels, [table for table, _, _ in made]), encoding="utf-8")
    any_policy = next(iter(policies.values()))
    return Made(
        digest({name: policy.digest for name, policy in policies.items()}),
        any_policy.linkage_domain,
        any_policy.key_version,
        tuple(table for table, _, _ in made),
        levels,
        {"version": 1, "tables": {table["table"]: risk for table, _, risk in made}},
    )


@contextmanager
def fresh_directory(directory: Path) -> Iterator[Path]:
    """Give a directory beside another, which gets its name when the block ends well and goes when it does not."""
    fresh = directory.with_name(f".{directory.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        yield fresh
        for path in fresh.iterdir():
            path.chmod(0o444)
        fresh.chmod(0o755)
        fresh.rename(directory)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def _make_table(
    shop: Workshop, draft: Draft, name: str, policy: Policy, item: Item, directory: Path
) -> tuple[Document, list[Level], Document]:
    source, source_sha256 = open_table(item.source), sha256_of(item.source)
    extract = shop.desk.make_extract(
        policy,
        source,
        directory / f"{name}.parquet",
        by=shop.by,
        source=shop.source,
        subjects=Subjects.datasets([(draft.dataset, 0, draft.people)]),
        progress=lambda done, every: shop.progress(name, done, every),
        need=Need(draft.ends_at, "ordered", shop.owner, source_sha256, shop.on_behalf_of),
    )
    before, after = _measured(source, policy), _measured(open_table(extract.path), policy)
    applied = extract.applied
    table: Document = {
        "table": name,
        "policy": policy.name,
        "policy_sha256": policy.digest,
        "source_sha256": source_sha256,
        "source_form": dict(source.described),
        "sha256": extract.sha256,
        "rows_before": before.rows if before.rows or source.rows is None else source.rows,
        "rows": applied.rows,
        "suppressed": applied.suppressed,
        "columns": len(applied.columns),
        "dropped": len(applied.dropped),
    }
    return table, levels_of(name, policy, applied.unnamed), _risk(policy, before, after)


def _measured(table: Table, policy: Policy) -> Assessment:
    """Measure a table by the roles that the policy gives its columns."""
    wanted = [c.name for c in policy.columns if c.role in ("quasi", "sensitive") and c.name in table.columns]
    return assess_policy(pa.Table.from_batches(list(table.batches(tuple(wanted or table.columns[:1])))), policy)


def _risk(policy: Policy, before: Assessment, after: Assessment) -> Document:
    return {
        "before": as_json(before),
        "after": as_json(after),
        "criteria": [_criterion(one) for one in criteria(policy.release, after)],
        "pictures": pictures(before, after),
    }


def _criterion(one: Criterion) -> Document:
    found: Any = {"not_computed": one.found.reason.en} if isinstance(one.found, NotComputed) else one.found
    return {"name": one.name, "column": one.column, "required": one.required, "found": found, "met": one.met}


def sha256_of(path: Path) -> str:
    """Return the digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove(directory: Path) -> None:
    """Remove the files of a run, wherever it was interrupted before; nothing that is not there is an error."""
    for place in (directory, directory.with_name(f".{directory.name}.new")):
        if not place.is_symlink():
            shutil.rmtree(place, ignore_errors=True)
    if directory.parent.is_dir():
        descriptor = os.open(directory.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(descriptor)
        os.close(descriptor)
