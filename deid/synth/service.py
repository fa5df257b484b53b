"""Making a synthetic extract as an action on data: announced before, reported after, undone if it cannot be told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from audit.canonical import JSON
from audit.event import Actor, Object, Source, Subjects
from audit.log import AuditLog
from audit.text import Text
from deid.announced import Announced
from deid.errors import DataError, DeidError
from deid.sources import Table
from deid.synth.engine import fresh_random
from deid.synth.kept import batches_of, model_path, refuse_model_target, write_model
from deid.synth.made import Makers, makers_of
from deid.synth.making import MOST_COMPARED, MOST_LEARNT, Synthetic, columns_of, judged, learn_and_draw
from deid.synth.policy import SynthPolicy
from deid.synth.port import Progress
from deid.synth.related_making import RelatedMaking
from deid.synth.relations import RelatedPolicy
from deid.synth.sampler import Sampler
from deid.synth.sdv_engine import refuse_missing
from deid.targets import Stage, extract_file, refuse_target, stage


class Shown(Protocol):
    """Shows how far one stage has come: "read", "draw" or "attack"."""

    def __call__(self, stage: str, /) -> AbstractContextManager[Progress]:
        """Give what takes the work done and all there is."""


@dataclass(frozen=True, slots=True)
class SyntheticExtract:
    """What came of it; without a hash nothing was written, because a risk forbade it."""

    tables: Mapping[str, Synthetic]
    """By table; a relational extract has one more, on whole people."""
    sha256: str | None

    @property
    def made(self) -> Synthetic:
        """Return what came of the first table, which is the only one of an extract of one."""
        return next(iter(self.tables.values()))


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
        asked = _Asked(policy, by, source, subjects)

        def work() -> dict[str, Synthetic]:
            with stage(target) as staged:
                made = _made(policy, table, staged, shown)
                if made.judged.passed:
                    _write(made, policy, staged, target)
                    write_model(made.model, (target,))
            return {target.stem: made}

        return self._carry_out(asked, (target,), work)

    def make_related(
        self,
        policy: RelatedPolicy,
        sources: Mapping[str, Table],
        directory: Path,
        *,
        by: Actor,
        source: Source,
        subjects: Subjects,
        shown: Shown,
    ) -> SyntheticExtract:
        """Make all tables of a relational extract in a directory, if every risk of every table keeps its limit.

        Raises: DataError — if the data does not fit, or a file is there already. NotDurable.
        """
        asked = _Asked(policy, by, source, subjects)
        targets = {table.name: directory / f"{table.name}.parquet" for table in policy.tables}

        def work() -> dict[str, Synthetic]:
            with _stages(directory, policy) as staged:
                made = _made_related(policy, sources, staged, shown)
                if all(one.judged.passed for one in made.values()):
                    _write_all(made, policy, staged, targets)
                    write_model(made[policy.root.name].model, tuple(targets.values()))
            return made

        return self._carry_out(asked, tuple(targets.values()), work)

    def _carry_out(
        self, asked: _Asked, targets: tuple[Path, ...], work: Callable[[], dict[str, Synthetic]]
    ) -> SyntheticExtract:
        """Announce the work, do it, and report what came of it; what cannot be reported is not there afterwards."""
        policy = asked.policy
        refuse_missing(policy.engine)
        for target in targets:
            refuse_target(target)
        if policy.save_model:
            refuse_model_target(targets[0])
        about = Object("dataset", policy.dataset, project=policy.project)
        announced = Announced(self._log, "deid.synthetic", policy.digest, asked.by, asked.subjects, asked.source)
        facts = _facts(policy)
        intent = announced.record("intent", about, detail=facts)
        try:
            made = work()
        except BaseException as error:
            reason = error.reason_code if isinstance(error, DeidError) else "interrupted"
            announced.record("failed", about, intent_id=intent, reason=reason)
            raise
        tables = [one for name, one in made.items() if name in {target.stem for target in targets}]
        counted: dict[str, JSON] = {
            **facts,
            "rows": sum(one.rows for one in tables),
            "held_out": tables[0].held_out_rows,
        }
        if tables[0].model is not None:
            counted["model"] = hashlib.sha256(tables[0].model).hexdigest()
        if not all(one.judged.passed for one in made.values()):
            announced.record("denied", about, intent_id=intent, reason="risk_too_high", detail=counted)
            return SyntheticExtract(made, None)
        digest = digest_of(targets)
        try:
            announced.record("ok", replace(about, sha256=digest), intent_id=intent, detail=counted)
        except BaseException:
            # What is not recorded must not be there, whether the log failed or somebody pressed Ctrl-C just now.
            _unlink((*targets, *(model_path(target) for target in targets)))
            raise
        return SyntheticExtract(made, digest)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be made, by whom and of whom."""

    policy: SynthPolicy | RelatedPolicy
    by: Actor
    source: Source
    subjects: Subjects


def digest_of(targets: Sequence[Path]) -> str:
    """Return the digest of one file, or that of the digests of several in their order."""
    digests = []
    for target in targets:
        with target.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode("ascii")).hexdigest()


def _unlink(targets: tuple[Path, ...]) -> None:
    for target in targets:
        target.unlink(missing_ok=True)


@contextmanager
def _stages(directory: Path, policy: RelatedPolicy) -> Iterator[dict[str, Stage]]:
    with ExitStack() as stack:
        yield {table.name: stack.enter_context(stage(directory / f"{table.name}.parquet")) for table in policy.tables}


def _made_related(
    policy: RelatedPolicy, sources: Mapping[str, Table], staged: Mapping[str, Stage], shown: Shown
) -> dict[str, Synthetic]:
    """Draw rows of all tables, put them aside, and attack a sample of them."""
    making = RelatedMaking(policy, sources, fresh_random())
    with shown("read") as reading:
        making.read(reading)
    with shown("draw") as drawing:

        def put(name: str, rows: pa.Table) -> None:
            for batch in batches_of(rows):
                staged[name].add(batch)

        making.draw(put, drawing)
        for one in staged.values():
            one.end()
    with shown("attack") as attacking:
        return making.judge(attacking)


def _made(policy: SynthPolicy, table: Table, staged: Stage, shown: Shown) -> Synthetic:
    """Draw rows, put them aside, and attack a sample of them."""
    random = fresh_random()
    with shown("read") as reading:
        source = _sampled(table, policy, Sampler(MOST_LEARNT, random), reading)
        makers = makers_of(policy, table, random)
    drawn = Sampler(MOST_COMPARED, random)
    with shown("draw") as drawing:
        parts = learn_and_draw(source, policy, random, drawing)
        staged.write_all(_put_aside(parts.drawn.tables, makers, drawn))
    with shown("attack") as attacking:
        return judged(parts, drawn, policy, random, attacking)


def _sampled(table: Table, policy: SynthPolicy, sampler: Sampler, progress: Progress) -> pa.Table:
    names = columns_of(policy)
    if missing := ", ".join(name for name in names if name not in table.columns):
        raise DataError(Text(f"자료에 없는 열입니다: {missing}", f"the data has no column {missing}."))
    for batch in table.batches(names):
        sampler.add(pa.Table.from_batches([batch]))
        progress(sampler.rows, table.rows)
    return sampler.table()


def _put_aside(tables: Iterator[pa.Table], makers: Makers, sampler: Sampler) -> Iterator[pa.RecordBatch]:
    for table in tables:
        first = sampler.rows + 1
        sampler.add(table)
        yield from makers.complete(table, first).combine_chunks().to_batches()


def _write(made: Synthetic, policy: SynthPolicy | RelatedPolicy, staged: Stage, target: Path) -> None:
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


def _write_all(
    made: Mapping[str, Synthetic], policy: RelatedPolicy, staged: Mapping[str, Stage], targets: Mapping[str, Path]
) -> None:
    """Write every table, or none."""
    written: list[Path] = []
    try:
        for name, target in targets.items():
            _write(made[name], policy, staged[name], target)
            written.append(target)
    except BaseException:
        _unlink(tuple(written))
        raise


def _facts(policy: SynthPolicy | RelatedPolicy) -> dict[str, JSON]:
    """Return what the log says of the policy; a log holds no fractions, so the budget is told as text."""
    if isinstance(policy, RelatedPolicy):
        columns = sum(len(table.policy.columns) for table in policy.tables)
        return {"engine": policy.engine, "columns": columns, "tables": len(policy.tables)}
    facts: dict[str, JSON] = {"engine": policy.engine, "columns": len(policy.columns)}
    if policy.privacy is not None:
        facts |= {"epsilon": f"{policy.privacy.epsilon:g}", "delta": f"{policy.privacy.delta:g}"}
    return facts
