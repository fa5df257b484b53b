"""A random sample of rows that come batch by batch, in memory for the sample alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


class Sampler:
    """Keeps at most so many rows, each row as likely as another: those with the least random numbers."""

    def __init__(self, most: int, random: np.random.Generator) -> None:
        self._most = most
        self._random = random
        self._tables: list[pa.Table] = []
        self._keys: list[np.ndarray] = []
        self._kept = 0
        self._limit = 1.0
        self.rows = 0
        """Rows that were offered."""

    def add(self, table: pa.Table) -> None:
        """Offer rows."""
        keys = self._random.random(table.num_rows)
        self.rows += table.num_rows
        chosen = np.flatnonzero(keys < self._limit)
        if len(chosen):
            self._tables.append(table.take(pa.array(chosen)))
            self._keys.append(keys[chosen])
            self._kept += len(chosen)
        if self._kept > self._most + self._most // 4:
            self._reduce()

    def table(self) -> pa.Table:
        """Return the sample; without any row offered there is no table, and so no column."""
        if self._kept > self._most:
            self._reduce()
        return pa.concat_tables(self._tables).combine_chunks() if self._tables else pa.table({})

    def _reduce(self) -> None:
        keys = np.concatenate(self._keys)
        least = np.argpartition(keys, self._most - 1)[: self._most]
        self._tables = [pa.concat_tables(self._tables).take(pa.array(np.sort(least))).combine_chunks()]
        self._keys = [keys[np.sort(least)]]
        self._kept = self._most
        self._limit = float(keys[least].max())
