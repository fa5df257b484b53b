"""Making the tables of a synthetic extract, with the report on how safe and how useful each is; nothing if one is not.

Loaded only where one is made. No key is used: nobody's pseudonym is in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from audit.event import Subjects
from audit.text import Language, Text
from deid.records.drawn import plain
from deid.records.errors import Invalid, TooRisky
from deid.records.model import Document, Draft, Level
from deid.records.order import Item
from deid.records.processing import Made, Workshop, fresh_directory, sha256_of
from deid.records.readme import README, synthetic_readme
from deid.sources import Table, open_table
from deid.synth.making import Synthetic
from deid.synth.picture import picture
from deid.synth.policy import ColumnKind, SynthPolicy
from deid.synth.port import Progress
from deid.synth.relations import RelatedPolicy, load_extract_policy
from deid.synth.report import document
from deid.synth.service import SynthDesk, SyntheticExtract

TECHNIQUE = "synthesize"
WHOLE = "people"
"""The report on whole people, over all tables of a relational extract."""


def make_synthetic(shop: Workshop, draft: Draft, items: Mapping[str, Item], directory: Path) -> Made:
    """Write every table of a synthetic extract into a new directory.

    Raises: PolicyError, DataError, NotDurable, Invalid. TooRisky — with the report; the directory is not there then.
    """
    policy = read_synthetic_policy(draft, items)
    sources = {name: open_table(item.source) for name, item in sorted(items.items())}
    with fresh_directory(directory) as fresh:
        extract = _made(shop, draft, policy, sources, fresh)
        found = _report(extract, policy)
        if extract.sha256 is None:
            raise TooRisky(found)
        tables = tuple(
            _table(name, items[name], sources[name], policy, extract, fresh / f"{name}.parquet") for name in sources
        )
        levels = tuple(level for name in sources for level in _levels(name, _policy_of(policy, name), sources[name]))
        (fresh / README).write_text(synthetic_readme(draft, levels, tables), encoding="utf-8")
    return Made(policy.digest, "", 0, tables, levels, {"version": 1, "tables": {}, "synthetic": found})


def read_synthetic_policy(draft: Draft, items: Mapping[str, Item]) -> SynthPolicy | RelatedPolicy:
    """Return the policy of a synthetic order, which serves its dataset and project and names its tables.

    Raises: PolicyError. Invalid.
    """
    return fitting(draft, load_extract_policy(next(iter(items.values())).policy), set(items))


def fitting(draft: Draft, policy: SynthPolicy | RelatedPolicy, tables: Collection[str]) -> SynthPolicy | RelatedPolicy:
    """Return a policy that serves the dataset and project of a draft and names exactly these tables.

    Raises: Invalid.
    """
    if (policy.dataset, policy.project) != (draft.dataset, draft.project):
        raise Invalid(
            "policy_of_another",
            Text(
                "합성 정책의 데이터셋·과제가 신청과 다릅니다.",
                "The synthetic policy is for another dataset or project than the order.",
            ),
        )
    wanted = {table.name for table in policy.tables} if isinstance(policy, RelatedPolicy) else None
    if (wanted is None and len(tables) != 1) or (wanted is not None and wanted != set(tables)):
        raise Invalid(
            "other_tables",
            Text(
                "신청의 표와 합성 정책의 표가 다릅니다. 표가 여럿이면 정책의 tables에 모두 적으십시오.",
                "The tables of the order and of the synthetic policy differ; name several under tables in the policy.",
            ),
        )
    return policy


def _made(
    shop: Workshop, draft: Draft, policy: SynthPolicy | RelatedPolicy, sources: Mapping[str, Table], directory: Path
) -> SyntheticExtract:
    @contextmanager
    def shown(stage: str) -> Iterator[Progress]:
        yield lambda done, every: shop.progress(stage, done, every)

    desk, subjects = SynthDesk(shop.desk.log), Subjects.datasets([(draft.dataset, 0, draft.people)])
    if isinstance(policy, RelatedPolicy):
        return desk.make_related(
            policy, sources, directory, by=shop.by, source=shop.source, subjects=subjects, shown=shown
        )
    [(name, table)] = sources.items()
    target = directory / f"{name}.parquet"
    return desk.make(policy, table, target, by=shop.by, source=shop.source, subjects=subjects, shown=shown)


def _report(extract: SyntheticExtract, policy: SynthPolicy | RelatedPolicy) -> Document:
    tables = {
        name: {**document(made, policy), "pictures": {lang: plain(picture(made, lang)) for lang in get_args(Language)}}
        for name, made in extract.tables.items()
    }
    found: Document = {"engine": policy.engine, "policy": policy.name, "passed": extract.sha256 is not None}
    if extract.made.model is not None:
        # A reviewer says yes to it too: the binding of the run is over this report.
        found["model"] = hashlib.sha256(extract.made.model).hexdigest()
    return {**found, "tables": tables}


def _table(
    name: str, item: Item, source: Table, policy: SynthPolicy | RelatedPolicy, extract: SyntheticExtract, path: Path
) -> Document:
    made: Synthetic = extract.tables.get(name) or next(iter(extract.tables.values()))
    columns = _policy_of(policy, name).columns
    return {
        "table": name,
        "policy": policy.name,
        "policy_sha256": policy.digest,
        "source_sha256": sha256_of(item.source),
        "source_form": dict(source.described),
        "sha256": sha256_of(path),
        "rows_before": made.learnt_rows + made.held_out_rows if source.rows is None else source.rows,
        "rows": made.rows,
        "suppressed": 0,
        "columns": len(columns),
        "dropped": len(set(source.columns) - {column.name for column in columns}),
    }


def _policy_of(policy: SynthPolicy | RelatedPolicy, name: str) -> SynthPolicy:
    return policy.table(name).policy if isinstance(policy, RelatedPolicy) else policy


def _levels(name: str, policy: SynthPolicy, source: Table) -> list[Level]:
    named = {column.name for column in policy.columns}
    made = [Level(name, c.name, "synthetic", "synthesize", TECHNIQUE, _parameters(c), "") for c in policy.columns]
    left = [n for n in source.columns if n not in named]
    return [*made, *(Level(name, n, "drop", "drop", "suppress_column", "", "") for n in left)]


def _parameters(column: ColumnKind) -> str:
    """Return what the policy says of a column: its kind, and whether its values or range are public."""
    shown = [f"kind={column.kind}"]
    if column.values:
        shown.append(f"values={len(column.values)}")
    if column.range is not None:
        shown.append(f"range={column.range[0]:g}..{column.range[1]:g}")
    return ", ".join(shown)
