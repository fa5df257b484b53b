"""What a workspace had of the server's processors, as the engine counts it, where its own kernel counts otherwise."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

MARGIN = 1.25  # a share is counted in slices of a tenth of a second, so a short burst is a little over


@dataclass(frozen=True, slots=True)
class Spent:
    """What a container had spent at a moment; times in seconds."""

    at: float
    processors: float
    held_back: int
    """In how many slices of time the engine's control group stopped it, because its share was spent."""


def spent(api: Any, container: str) -> Spent:
    """Ask the engine what a container has spent so far."""
    said = api.stats(container, stream=False, one_shot=True)["cpu_stats"]
    return Spent(
        time.monotonic(), said["cpu_usage"]["total_usage"] / 1e9, int(said["throttling_data"]["throttled_periods"])
    )


def judged_share(before: Spent, after: Spent, cpus: float) -> tuple[bool, str]:
    """Say whether a container that asked for more than its share was held to it."""
    share = (after.processors - before.processors) / (after.at - before.at)
    stopped = after.held_back - before.held_back
    seen = f"the server's control group stopped it in {stopped} slices of time; {share:.2f} processors of {cpus:.2f}"
    return stopped > 0 and share <= cpus * MARGIN, seen
