"""A synthetic extract from beginning to end: hold rows out, learn, draw, attack, judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from audit.text import Text
from deid.errors import DataError
from deid.synth.coding import People, people_in
from deid.synth.engine import MarginalEngine
from deid.synth.gate import LEAST_HELD_OUT, Judged, judge
from deid.synth.matrix import Space, Tables
from deid.synth.ordering import ordered
from deid.synth.policy import HELD_OUT, SynthPolicy
from deid.synth.port import Drawn, Engine, Progress
from deid.synth.sampler import Sampler
from deid.synth.sdv_engine import SdvEngine
from deid.synth.shape import Shape
from deid.synth.shapes import shapes
from deid.synth.usefulness import Usefulness, usefulness

MOST_LEARNT = 1_000_000
"""Rows of the source that are looked at, a random sample of more: counts of a million rows are as good as of all."""
MOST_COMPARED = 50_000
"""Rows of each table that attacks and measures look at: a sample of more would change no verdict and take hours."""

ENGINES: Mapping[str, Engine] = {
    "marginals": MarginalEngine(),
    **{name: SdvEngine(name) for name in ("gaussian_copula", "ctgan", "tvae")},
}


@dataclass(frozen=True, slots=True)
class Parts:
    """The rows an engine learnt from, those it never saw, and what it draws."""

    learnt: pa.Table
    held_out: pa.Table
    drawn: Drawn


@dataclass(frozen=True, slots=True)
class Synthetic:
    """The verdict on what was drawn, and what it is good for."""

    rows: int
    learnt_rows: int
    held_out_rows: int
    said: dict[str, object]
    judged: Judged
    useful: Usefulness
    shapes: tuple[Shape, ...]
    """Every column beside held-out rows, as it may be shown."""
    model: bytes | None = None
    """What the rows were drawn from, where the policy keeps it."""


def learn_and_draw(
    source: pa.Table, policy: SynthPolicy, random: np.random.Generator, progress: Progress = lambda _done, _all: None
) -> Parts:
    """Hold rows out, learn from the others, and give what draws rows with the learnt columns of the policy.

    Raises: DataError — if the source does not fit the policy, or is too small for a held-out part.
    """
    names = list(columns_of(policy))
    missing = ", ".join(name for name in names if name not in source.column_names)
    if missing:
        raise DataError(Text(f"자료에 없는 열입니다: {missing}", f"the data has no column {missing}."))
    if twice := ", ".join(name for name in names if source.column_names.count(name) > 1):
        raise DataError(Text(f"같은 이름의 열이 둘 있습니다: {twice}", f"the data has two columns named {twice}."))
    read = source.select(names)
    learnt, held_out = split(read, random, people_in(read, policy.person))
    drawn = ENGINES[policy.engine].make(learnt, policy, policy.rows or learnt.num_rows, random, progress)
    return Parts(learnt, held_out, replace(drawn, tables=(ordered(table, policy) for table in drawn.tables)))


def judged(
    parts: Parts,
    drawn: Sampler,
    policy: SynthPolicy,
    random: np.random.Generator,
    progress: Progress = lambda _done, _all: None,
) -> Synthetic:
    """Attack a sample of what was drawn, and measure what it is good for."""
    people = people_in(parts.held_out, policy.person)
    found = judged_rows(parts.learnt, parts.held_out, drawn, policy, parts.drawn.said, random, progress, people)
    return replace(found, model=parts.drawn.model)


def judged_rows(
    learnt: pa.Table,
    held_out: pa.Table,
    drawn: Sampler,
    policy: SynthPolicy,
    said: dict[str, object],
    random: np.random.Generator,
    progress: Progress = lambda _done, _all: None,
    people: People | None = None,
) -> Synthetic:
    """Attack a sample of drawn rows with the rows they were learnt from and those held out.

    `people` says whose each held-out row is, where a person can have several.
    """
    whose = np.arange(held_out.num_rows) if people is None else people
    places = [_compared(part.num_rows, random) for part in (learnt, held_out)]
    samples = [part.take(pa.array(chosen)) for part, chosen in zip((learnt, held_out), places, strict=True)]
    samples.append(drawn.table())
    space = Space.of(policy.learnt, samples)
    values = [space.values(part) for part in samples]
    tables = Tables(space, synthetic=values[2], learnt=values[0], held_out=values[1])
    verdict = judge(tables, policy.gate, policy.secrets, random, progress)
    useful = usefulness(tables, policy.targets, random)
    beside = shapes(tables, policy.learnt, whose[places[1]])
    return Synthetic(drawn.rows, learnt.num_rows, held_out.num_rows, said, verdict, useful, beside)


def _compared(rows: int, random: np.random.Generator) -> np.ndarray:
    """Return which rows of so many are looked at."""
    sampler = Sampler(MOST_COMPARED, random)
    sampler.add(pa.table({"row": np.arange(rows)}))
    return sampler.table().column("row").to_numpy() if rows else np.arange(0)


def columns_of(policy: SynthPolicy) -> tuple[str, ...]:
    """Return the columns of the source that are read: those that are learnt, and the one that says whose a row is."""
    names = tuple(column.name for column in policy.learnt)
    return (*names, policy.person) if policy.person else names


def split(source: pa.Table, random: np.random.Generator, people: People | None = None) -> tuple[pa.Table, pa.Table]:
    """Return the rows to learn from and those held out, at random; `people` are held out whole.

    Raises: DataError — if there are too few for a control.
    """
    every = source.num_rows if people is None else len(np.unique(people))
    held = int(every * HELD_OUT)
    if held < LEAST_HELD_OUT:
        least = int(LEAST_HELD_OUT / HELD_OUT)
        ko, en = ("행이", "rows") if people is None else ("사람이", "people")
        raise DataError(
            Text(
                f"{ko} {every}개뿐이라 위험을 잴 수 없습니다. 적어도 {least}개가 필요합니다.",
                f"with {every} {en} the risk cannot be measured; at least {least} are needed.",
            )
        )
    order = random.permutation(source.num_rows)
    if people is None:
        return source.take(pa.array(order[held:])), source.take(pa.array(order[:held]))
    out = np.isin(people[order], random.permutation(np.unique(people))[:held])
    return source.take(pa.array(order[~out])), source.take(pa.array(order[out]))
