"""How often a workspace may ask: many times at once, and then no faster than a steady rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Bucket:
    """How many requests a workspace may still make; it fills again by `per_second`, up to `most`."""

    most: int
    per_second: float
    clock: Callable[[], float] = time.monotonic
    left: float = field(init=False)
    since: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin full."""
        self.left, self.since = self.most, self.clock()

    def take(self) -> float:
        """Take one; return how many seconds to wait if there is none, else 0."""
        now = self.clock()
        self.left = min(self.most, self.left + (now - self.since) * self.per_second)
        self.since = now
        if self.left < 1:
            return (1 - self.left) / self.per_second
        self.left -= 1
        return 0.0
