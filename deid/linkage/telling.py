"""What may be told of the people whom two tables share; without the table libraries, for those who only read it.

What is told of the number shared is differentially private (discrete Laplace noise, epsilon 1): whether one person is
in a table changes the chance of any answer by less than a factor of e. What is small stays untold in both directions:
"nearly nobody" as "nearly everybody".
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from audit.text import Text
from deid.discrete_laplace import Below, discrete_laplace

EPSILON = Fraction(1)
BASE = 5
PREVIEWS = 5
"""How often one linkage domain may be previewed: each answer tells a little, and five tell five times as much."""

Shown = Literal["few", "nearly_all", "some"]


@dataclass(frozen=True, slots=True)
class Preview:
    """What may be told."""

    first: int
    """People in the first table, rounded to 5."""
    second: int
    shown: Shown
    """Whether the number shared may be told, or is too near to nobody or to everybody."""
    shared: int | None
    """Rounded to 5; None where it may not be told."""
    percent: int | None
    """Of the people in the first table."""
    threshold: int

    def say(self) -> Text:
        """Return the answer as one sentence."""
        match self.shown:
            case "few":
                return Text(
                    f"겹치는 사람은 {self.threshold}명 미만이거나 없습니다.",
                    f"Fewer than {self.threshold} people, or nobody, are in both.",
                )
            case "nearly_all":
                return Text(
                    f"한쪽의 모두, 또는 {self.threshold}명 미만을 뺀 모두가 겹칩니다.",
                    f"All people of one table, or all but fewer than {self.threshold}, are in both.",
                )
            case "some":
                return Text(
                    f"겹치는 사람은 약 {self.shared:,}명, 첫 표의 약 {self.percent}%입니다.",
                    f"About {self.shared:,} people are in both, about {self.percent} % of the first table.",
                )


def told(first: int, second: int, shared: int, threshold: int, below: Below = secrets.randbelow) -> Preview:
    """Return what may be told of three numbers. Everything after the noise follows from the noisy number alone."""
    smaller = min(first, second)
    noisy = min(max(shared + discrete_laplace(1 / EPSILON, below), 0), smaller)
    shown: Shown = "few" if noisy < threshold else "nearly_all" if smaller - noisy < threshold else "some"
    number = _rounded(noisy) if shown == "some" else None
    percent = None if number is None else round(100 * number / first)
    return Preview(_rounded(first), _rounded(second), shown, number, percent, threshold)


def _rounded(number: int) -> int:
    return BASE * round(number / BASE)
