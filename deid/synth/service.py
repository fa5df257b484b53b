"""Making a synthetic extract as an action on data: announced before, reported after, undone if it cannot be told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from audit.canonical import JSON
from audit.errors import AuditError
from audit.event import Actor, Object, Source, Subjects
from audit.log import AuditLog
from audit.text import Text
from deid.announced import Announced
from deid.errors import DataError, DeidError
from deid.sources import Table
from deid.synth.engine import fresh_random
from deid.synth.making import MOST_COMPARED, MOST_LEARNT, Synthetic, judged, learn_and_draw, with_keys
from deid.synth.policy import SynthPolicy
from deid.synth.port import Progress
from deid.synth.sampler import Sampler
from deid.targets import Stage, extract_file, refuse_target, stage


class Shown(Protocol):
    """Shows how far one stage has come: "read", "draw" or "attack"."""

    def __call__(self, stage: str, /) -> AbstractContextManager[Progress]:
        """Give what takes the work done and all there is."""


@dataclass(frozen=True, slots=True)
class SyntheticExtract:
    """What came of it; without a hash nothing was written, because a risk forbade it."""

    made: Synthetic
    sha256: str | None


class SynthDesk:
    """Makes synthetic extracts."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    def make(
        self,
        policy: SynthPolicy,
        table: Table,
        target: Path,
        *,
        by: Actor,
        source: Source,
        subjects: Subjects,
        shown: Shown,
    ) -> SyntheticExtract:
        """Learn, draw, attack, and write the extract if every risk keeps its limit.

        Raises: DataError — if the data does not fit, or the target is there already. NotDurable — if it cannot be
        recorded; nothing is written then.
        """
        refuse_target(target)
        about = Object("dataset", policy.dataset, project=policy.project)
        announced = Announced(self._log, "deid.synthetic", policy.digest, by, subjects, source)
        facts = _facts(policy)
        intent = announced.record("intent", about, detail=facts)
        try:
            with stage(target) as staged:
                made = _made(policy, table, staged, shown)
                if made.judged.passed:
                    _write(made, policy, staged, target)
        except BaseException as error:
            reason = error.reason_code if isinstance(error, DeidError) else "interrupted"
            announced.record("failed", about, intent_id=intent, reason=reason)
            raise
        counted: dict[str, JSON] = {**facts, "rows": made.rows, "held_out": made.held_out_rows}
        if not made.judged.passed:
            announced.record("denied", about, intent_id=intent, reason="risk_too_high", detail=counted)
            return SyntheticExtract(made, None)
        with target.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        try:
            announced.record("ok", replace(about, sha256=digest), intent_id=intent, detail=counted)
        except AuditError:
            # What is not recorded must not be there.
            target.unlink()
            raise
        return SyntheticExtract(made, digest)


def _made(policy: SynthPolicy, table: Table, staged: Stage, shown: Shown) -> Synthetic:
    """Draw rows, put them aside, and attack a sample of them."""
    random = fresh_random()
    with shown("read") as reading:
        source = _sampled(table, policy, Sampler(MOST_LEARNT, random), reading)
    drawn = Sampler(MOST_COMPARED, random)
    with shown("draw") as drawing:
        parts = learn_and_draw(source, policy, random, drawing)
        staged.write_all(_put_aside(parts.drawn.tables, policy, drawn))
    with shown("attack") as attacking:
        return judged(parts, drawn, policy, random, attacking)


def _sampled(table: Table, policy: SynthPolicy, sampler: Sampler, progress: Progress) -> pa.Table:
    names = tuple(column.name for column in policy.learnt)
    if missing := ", ".join(name for name in names if name not in table.columns):
        raise DataError(Text(f"자료에 없는 열입니다: {missing}", f"the data has no column {missing}."))
    for batch in table.batches(names):
        sampler.add(pa.Table.from_batches([batch]))
        progress(sampler.rows, table.rows)
    return sampler.table()


def _put_aside(tables: Iterator[pa.Table], policy: SynthPolicy, sampler: Sampler) -> Iterator[pa.RecordBatch]:
    for table in tables:
        first = sampler.rows + 1
        sampler.add(table)
        yield from with_keys(table, policy, first).combine_chunks().to_batches()


def _write(made: Synthetic, policy: SynthPolicy, staged: Stage, target: Path) -> None:
    """Write the file; it says that it is synthetic, by which policy and engine, and nothing of the source."""
    described: dict[str, object] = {
        "synthetic": True,
        "policy": policy.name,
        "policy_digest": policy.digest,
        "dataset": policy.dataset,
        "project": policy.project,
        "engine": made.said,
    }
    with extract_file(target, described) as writer:
        for batch in staged.batches():
            writer.write(batch)


def _facts(policy: SynthPolicy) -> dict[str, JSON]:
    """Return what the log says of the policy; a log holds no fractions, so the budget is told as text."""
    facts: dict[str, JSON] = {"engine": policy.engine, "columns": len(policy.columns)}
    if policy.privacy is not None:
        facts |= {"epsilon": f"{policy.privacy.epsilon:g}", "delta": f"{policy.privacy.delta:g}"}
    return facts
