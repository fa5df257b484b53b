"""The zone's own engine: counts of values and pairs, with noise where the policy sets a budget."""

from __future__ import annotations

import secrets

import numpy as np
import pyarrow as pa

from audit.text import Text
from deid.errors import DataError
from deid.synth.accounting import rho_of
from deid.synth.coding import LEAST_ROWS, Coding, learn_coding
from deid.synth.grouping import grouped, ungrouped
from deid.synth.marginals import measure, measure_privately
from deid.synth.policy import SynthPolicy
from deid.synth.port import Drawn, Progress
from deid.synth.sampling import draw


class MarginalEngine:
    """The zone's own engine."""

    def make(
        self, learnt: pa.Table, policy: SynthPolicy, rows: int, random: np.random.Generator, progress: Progress
    ) -> Drawn:
        """Return rows; with a budget everything that depends on the data is noisy, and the rest is the policy's."""
        if learnt.num_rows < 2 * LEAST_ROWS:
            raise DataError(
                Text(
                    f"배울 행이 {learnt.num_rows}개뿐입니다. 적어도 {2 * LEAST_ROWS}개가 필요합니다.",
                    f"there are only {learnt.num_rows} rows to learn from; {2 * LEAST_ROWS} are needed.",
                )
            )
        private = policy.privacy is not None
        coding: Coding = learn_coding(learnt, policy.learnt, public_only=private)
        codes, groups = grouped(coding.encode(learnt), coding.sizes, _places(policy, coding), policy.least_cell)
        said: dict[str, object] = {"engine": "marginals"}
        if policy.privacy is None:
            marginals = measure(codes, groups.sizes, policy.least_cell, LEAST_ROWS)
        else:
            rho = rho_of(policy.privacy.epsilon, policy.privacy.delta)
            marginals = measure_privately(codes, groups.sizes, rho, random)
            said |= {"epsilon": policy.privacy.epsilon, "delta": policy.privacy.delta, "rho": rho}
        said["pairs"] = len(marginals.pairs)
        blocks = draw(marginals, rows, random, progress)
        return Drawn((coding.decode(ungrouped(block, groups), random) for block in blocks), said)


def fresh_random() -> np.random.Generator:
    """Return randomness from 256 bits of the operating system, so that nobody can draw the same rows again."""
    return np.random.default_rng(secrets.randbits(256))


def _places(policy: SynthPolicy, coding: Coding) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(coding.names.index(name) for name in group) for group in policy.together)
