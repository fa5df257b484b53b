"""Singling out on several splits of one table, pooled: a single split says more of chance than of an engine.

On every split each engine learns, draws and is attacked anew, all on the same split. Successes and attempts are added
up over the splits, and the interval comes from the sums as that of one attack does. It takes conditions for independent
of each other, which those of one split are not quite; so the difference of two engines on the same split stands beside
it, with the interval of Student's t, which needs no such thing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from deid.synth.matrix import Space, Tables
from deid.synth.policy import SynthPolicy
from deid.synth.shares import Excess, Share
from deid.synth.singling import Conditions, conditions
from tests.benchmarks.rows import Row
from tests.benchmarks.synth_attacks import singled_by_library
from tests.benchmarks.synth_measures import BESIDE, OWN

T95 = {1: 12.71, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
"""The two-sided 95 % points of Student's t by its degrees of freedom."""
BAR = "<= copula"


@dataclass(frozen=True, slots=True)
class Pooled:
    """One engine: what was found on each split, and on all together."""

    splits: tuple[Excess, ...]
    together: Excess


def halves(source: pa.Table, learnt: int, held_out: int, seed: int) -> tuple[pa.Table, pa.Table]:
    """Return rows to learn from and others, at random."""
    order = np.random.default_rng(seed).permutation(source.num_rows)
    return source.take(pa.array(order[:learnt])), source.take(pa.array(order[learnt : learnt + held_out]))


def found_in(places: Sequence[Path], name: str, policy: SynthPolicy, attacks: int) -> Pooled:
    """Attack what an engine drew on every split."""
    every = [_conditions(place, name, policy, attacks, seed) for seed, place in enumerate(places)]
    learnt, others = (np.concatenate([getattr(one, of) for one in every]) for of in ("learnt", "others"))
    together = Conditions(learnt, others, every[0].times).excess(0)
    return Pooled(tuple(one.excess(0) for one in every), together)


def found_by_library(
    places: Sequence[Path], names: Sequence[str], policy: SynthPolicy, attacks: int
) -> dict[str, Pooled]:
    """Have the published attack do the same; where as many were held out as learnt from, it corrects nothing."""
    each: dict[str, list[Excess]] = {name: [] for name in names}
    for place in places:
        for name, excess in singled_by_library(place, names, policy, attacks).items():
            each[name].append(excess)
    return {name: Pooled(tuple(splits), _added(splits)) for name, splits in each.items()}


def rows_of(attack: str, found: Mapping[str, Pooled], bar: str = BAR) -> list[Row]:
    """Return the pooled upper end of every engine with those of the splits, and how far ours is from the peer's."""
    peer = found[BESIDE].together.interval[1]
    plain = Row(benchmark="synth", what="", value=0.0, unit="", beside="", reference=0.0, bar="", passed=None)
    rows = []
    for name, pooled in found.items():
        end, ends = pooled.together.interval[1], tuple(one.interval[1] for one in pooled.splits)
        what = f"{attack}, upper end, {len(ends)} splits: {name}"
        upper = replace(plain, what=what, value=end, beside=BESIDE, reference=peer, samples=ends)
        rows.append(replace(upper, bar=bar, passed=end <= peer) if bar and name == OWN else upper)
        excess, control = pooled.together.centre, pooled.together.control_rate
        centres = tuple(one.centre for one in pooled.splits)
        what = f"{attack}, excess: {name}"
        rows.append(replace(plain, what=what, value=excess, beside="control", reference=control, samples=centres))
    apart = tuple(one.centre - other.centre for one, other in zip(found[OWN].splits, found[BESIDE].splits, strict=True))
    half = T95[len(apart) - 1] * stdev(apart) / math.sqrt(len(apart))
    what = f"{attack}, excess of {OWN} less that of {BESIDE}"
    rows.append(
        replace(plain, what=what, value=fmean(apart), beside="95 %, plus or minus", reference=half, samples=apart)
    )
    return rows


def _conditions(place: Path, name: str, policy: SynthPolicy, attacks: int, seed: int) -> Conditions:
    synthetic, learnt, held_out = (pq.read_table(place / f"{one}.parquet") for one in (name, "learnt", "held_out"))
    space = Space.of(policy.learnt, [learnt, held_out, synthetic])
    tables = Tables(space, space.values(synthetic), space.values(learnt), space.values(held_out))
    return conditions(tables, attacks, np.random.default_rng(seed))


def _added(splits: Sequence[Excess]) -> Excess:
    attack, control = (
        Share(sum(getattr(one, of).found for one in splits), sum(getattr(one, of).of for one in splits))
        for of in ("attack", "control")
    )
    return Excess(attack, control)
