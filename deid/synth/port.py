"""The port for engines: what learns from a table and draws rows like it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from deid.synth.policy import SynthPolicy

Progress = Callable[[int, int | None], None]
"""Takes the rows done and, where it is known, all there are."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What an engine made, and what it says of how."""

    tables: Iterator[pa.Table]
    """The rows, block by block; they are drawn while they are read."""
    said: dict[str, object]
    model: bytes | None = None
    """What the rows are drawn from, as it may be kept; None where nothing is."""


class Engine(Protocol):
    """Learns from a table and draws rows like it; nothing that it learnt is kept."""

    def make(
        self, learnt: pa.Table, policy: SynthPolicy, rows: int, random: np.random.Generator, progress: Progress
    ) -> Drawn:
        """Return rows with the learnt columns of the policy.

        Raises: DataError — if the table does not fit the policy. MissingExtraError — if the engine is not installed.
        """
