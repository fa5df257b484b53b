"""The zone's own engine: counts of values and pairs, all with noise: that of the policy's budget, or a little."""

from __future__ import annotations

import math
import secrets

import numpy as np
import pyarrow as pa

from audit.text import Text
from deid.errors import DataError
from deid.synth.accounting import rho_of
from deid.synth.coarsening import coarsened
from deid.synth.coding import LEAST_ROWS, Coding, learn_coding, people_in
from deid.synth.grouping import grouped
from deid.synth.marginals import Marginals, Rule, measure, measure_privately
from deid.synth.model import Model, read_model
from deid.synth.policy import SynthPolicy
from deid.synth.port import Drawn, Progress

NOISE = 3.0
"""Least scale of the noise on every count where there is no budget, in rows: as large as the smallest combination that
is reproduced, so that whether two people or four have it cannot be told. It is no promise by itself."""
MOST_NOISE = 40.0
"""Largest scale of it. On 24,000 rows of the Adult data a scale of 40 takes the share of conditions that fit one learnt
person only from 0.22 to 0.14 (Gaussian copula 0.14), for 0.01 of the area below the ROC curve (0.88 to 0.87)."""


def noise_of(rows: int) -> float:
    """Return the scale of the noise on counts of so many rows: a quarter of the chance that their total has itself."""
    return min(MOST_NOISE, max(NOISE, math.sqrt(rows) / 4.0))


class MarginalEngine:
    """The zone's own engine."""

    def make(
        self, learnt: pa.Table, policy: SynthPolicy, rows: int, random: np.random.Generator, progress: Progress
    ) -> Drawn:
        """Return rows; with a budget everything that depends on the data is noisy, and the rest is the policy's."""
        model = learn(learnt, policy, random)
        kept = None
        if policy.save_model:
            # Drawn from what is kept and from nothing else: then the verdict on the rows is one on the model.
            kept = model.document()
            model = read_model(kept)
        if policy.privacy is not None and policy.rows is None:
            # As many as the noisy counts add up to: how many there are is somebody's presence or absence too.
            rows = max(1, round(model.marginals.total))
        return Drawn(model.draw(rows, random, progress), model.said, kept)


def learn(learnt: pa.Table, policy: SynthPolicy, random: np.random.Generator) -> Model:
    """Return what is learnt of a table.

    Raises: DataError — if it does not fit the policy.
    """
    if learnt.num_rows < 2 * LEAST_ROWS:
        raise DataError(
            Text(
                f"배울 행이 {learnt.num_rows}개뿐입니다. 적어도 {2 * LEAST_ROWS}개가 필요합니다.",
                f"there are only {learnt.num_rows} rows to learn from; {2 * LEAST_ROWS} are needed.",
            )
        )
    people = people_in(learnt, policy.person)
    coding = learn_coding(learnt, policy.learnt, public_only=policy.privacy is not None, people=people)
    # A list of combinations that is kept says which there are: none of fewer than a value that stands by itself.
    least = max(policy.least_cell, LEAST_ROWS) if policy.save_model else policy.least_cell
    if policy.privacy is None:
        coding = coarsened(coding, coding.encode(learnt), noise_of(learnt.num_rows), random, people)
    codes, groups = grouped(coding.encode(learnt), coding.sizes, _places(policy, coding), least, people)
    said: dict[str, object] = {"engine": "marginals"}
    marginals: Marginals
    if policy.privacy is None:
        kept = float(LEAST_ROWS) if policy.save_model else 0.0
        noise = noise_of(learnt.num_rows)
        marginals = measure(codes, groups.sizes, Rule(LEAST_ROWS, policy.least_cell, noise, kept), random, people)
        said["noise"] = round(noise, 1)
    else:
        rho = rho_of(policy.privacy.epsilon, policy.privacy.delta)
        marginals = measure_privately(codes, groups.sizes, rho, random)
        said |= {"epsilon": policy.privacy.epsilon, "delta": policy.privacy.delta, "rho": rho}
    said["pairs"] = len(marginals.pairs)
    return Model(policy, coding, groups, marginals, said)


def fresh_random() -> np.random.Generator:
    """Return randomness from 256 bits of the operating system, so that nobody can draw the same rows again."""
    return np.random.default_rng(secrets.randbits(256))


def _places(policy: SynthPolicy, coding: Coding) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(coding.names.index(name) for name in group) for group in policy.together)
