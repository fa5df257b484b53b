"""Shares of attacks that went well, with the interval in which the true share lies."""

from __future__ import annotations

import math
from dataclasses import dataclass

CONFIDENCE_Z = 1.959963984540054
"""The two-sided 95 % point of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with Wilson's interval (Wilson 1927)."""

    found: int
    of: int

    @property
    def rate(self) -> float:
        """Return the middle of the interval, which a few attacks pull less far than the plain share."""
        z2 = CONFIDENCE_Z**2
        return (self.found + z2 / 2.0) / (self.of + z2) if self.of else 1.0

    @property
    def half(self) -> float:
        """Return half the width of the interval; 1, which says nothing, without any attack."""
        if not self.of:
            return 1.0
        z2, share = CONFIDENCE_Z**2, self.found / self.of
        spread = math.sqrt(share * (1.0 - share) / self.of + z2 / (4.0 * self.of**2))
        return CONFIDENCE_Z * spread / (1.0 + z2 / self.of)

    @property
    def interval(self) -> tuple[float, float]:
        """Return the least and the most that the true share is likely to be."""
        return max(0.0, self.rate - self.half), min(1.0, self.rate + self.half)


@dataclass(frozen=True, slots=True)
class Excess:
    """What an attack finds of the people an engine learnt from beyond what it finds of people it never saw.

    (attack - control) / (1 - control): the measure of Giomi et al., "A Unified Framework for Quantifying Privacy Risk
    in Synthetic Data" (PoPETs 2023, section 3). Its interval comes from both by the propagation of errors.
    """

    attack: Share
    control: Share
    scale: float = 1.0
    """By how much the control's share is raised, where the control has fewer rows than were learnt from."""

    @property
    def control_rate(self) -> float:
        """Return what the control would find among as many rows as were learnt from."""
        return min(1.0, self.control.rate * self.scale)

    @property
    def rate(self) -> float:
        """Return the excess, 0 at least."""
        return max(0.0, self.centre)

    @property
    def interval(self) -> tuple[float, float]:
        """Return the least and the most that the excess is likely to be."""
        return max(0.0, self.centre - self._half), min(1.0, max(0.0, self.centre + self._half))

    @property
    def centre(self) -> float:
        """Return the excess as it was found; below 0 where the control happened to find more."""
        left = 1.0 - self.control_rate
        return (self.attack.rate - self.control_rate) / left if left > 0.0 else 1.0

    @property
    def _half(self) -> float:
        left = 1.0 - self.control_rate
        if left <= 0.0:
            return 1.0
        by_attack = self.attack.half / left
        by_control = self.scale * self.control.half * (1.0 - self.attack.rate) / left**2
        return math.hypot(by_attack, by_control)
