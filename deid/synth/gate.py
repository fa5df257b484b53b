"""The verdict on a synthetic table: every risk measured and below its limit, or no release.

What could not be measured is a refusal, never a pass: without held-out rows there is no control, and without a
control an attack that succeeds says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from deid.synth import attacks, copies
from deid.synth.limits import Gate
from deid.synth.matrix import Tables
from deid.synth.port import Progress
from deid.synth.shares import Excess
from deid.synth.singling import singling_out
from deid.synth.words import end_held

LEAST_HELD_OUT = 100
"""Held-out rows from which a control says something: below, its interval alone is wider than any limit."""


class Verdict(StrEnum):
    """What one risk comes to."""

    BELOW = "below"
    ABOVE = "above"
    NOT_MEASURED = "not_measured"


@dataclass(frozen=True, slots=True)
class Risk:
    """One risk: the measured value with its interval, the limit it is held to, and what the control found."""

    name: str
    about: str
    """The column that is guessed; empty for risks of whole rows."""
    value: float
    interval: tuple[float, float]
    limit: float
    verdict: Verdict
    attack: float
    control: float
    attacks: int

    @property
    def held(self) -> float:
        """Return the end of the interval that is held to the limit."""
        return self.interval[end_held(self.name)]

    @property
    def only_wide(self) -> bool:
        """Whether only the width of the interval is above the limit, which more rows make narrower."""
        return self.verdict is Verdict.ABOVE and self.held > self.limit >= self.value


@dataclass(frozen=True, slots=True)
class Judged:
    """All risks of one table."""

    risks: tuple[Risk, ...]

    @property
    def passed(self) -> bool:
        """Whether every risk was measured and lies below its limit."""
        return bool(self.risks) and all(risk.verdict is Verdict.BELOW for risk in self.risks)


def judge(
    tables: Tables,
    gate: Gate,
    secrets: tuple[str, ...],
    random: np.random.Generator,
    progress: Progress = lambda _done, _all: None,
) -> Judged:
    """Measure every risk of a table and hold it to its limit.

    Where no secret is named any column may be one: that nobody thought of what an
    attacker wants is no reason to leave an attack out.
    """
    names = (
        *(("singling_out", ""), ("linkability", ""), ("membership", ""), ("copies", ""), ("held_out_copies", "")),
        *(("inference", secret) for secret in secrets or ("",)),
    )
    too_few = len(tables.held_out) < LEAST_HELD_OUT or len(tables.learnt) < LEAST_HELD_OUT or not len(tables.synthetic)
    risks = []
    for done, (name, about) in enumerate(names):
        risks.append(_unmeasured(name, about, gate) if too_few else _risk(name, about, tables, gate, random))
        progress(done + 1, len(names))
    return Judged(tuple(risks))


def _risk(name: str, about: str, tables: Tables, gate: Gate, random: np.random.Generator) -> Risk:
    if name == "copies":
        return _of_copies(name, copies.of_learnt(tables))
    if name == "held_out_copies":
        return _of_copies(name, copies.of_held_out(tables))
    if name == "membership":
        found = attacks.membership(tables, gate.attacks, random)
        limit = gate.membership
        verdict = _verdict(found.interval[1], limit) if found.of else Verdict.NOT_MEASURED
        return Risk(name, about, found.area, found.interval, limit, verdict, found.area, 0.5, found.of)
    if len(tables.space.names) < 2:
        return _unmeasured(name, about, gate)
    if name == "inference":
        places = [tables.space.names.index(about)] if about else list(range(len(tables.space.names)))
        return _of_excess(name, about, attacks.inference(tables, places, gate.attacks, random), gate.inference)
    attack = singling_out if name == "singling_out" else attacks.linkability
    return _of_excess(name, about, attack(tables, gate.attacks, random), _limit(name, gate))


def _of_excess(name: str, about: str, found: Excess, limit: float) -> Risk:
    verdict = _verdict(found.interval[1], limit) if found.attack.of and found.control.of else Verdict.NOT_MEASURED
    rates = found.attack.rate, found.control_rate
    return Risk(name, about, found.rate, found.interval, limit, verdict, *rates, min(found.attack.of, found.control.of))


def _of_copies(name: str, found: copies.Copies) -> Risk:
    limit = found.yardstick.interval[1]
    verdict = Verdict.ABOVE if found.too_many else Verdict.BELOW
    made = found.synthetic
    return Risk(name, "", made.rate, made.interval, limit, verdict, made.rate, found.yardstick.rate, made.of)


def _unmeasured(name: str, about: str, gate: Gate) -> Risk:
    return Risk(
        name, about, float("nan"), (0.0, 1.0), _limit(name, gate), Verdict.NOT_MEASURED, float("nan"), float("nan"), 0
    )


def _limit(name: str, gate: Gate) -> float:
    limits = {
        "singling_out": gate.singling_out,
        "linkability": gate.linkability,
        "inference": gate.inference,
        "membership": gate.membership,
    }
    return limits.get(name, float("nan"))


def _verdict(most: float, limit: float) -> Verdict:
    """Hold the upper end of the interval to the limit: what may be too much is too much."""
    return Verdict.BELOW if most <= limit else Verdict.ABOVE
