"""The keys that travel to a worker: for each purpose the derived key alone, never the secret it is derived from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from audit.text import Text
from deid.engine import Plan
from deid.errors import KeyStoreError
from deid.keys import DomainKey


@dataclass(frozen=True, slots=True, repr=False)
class DerivedKeys(DomainKey):
    """Keys that were derived before; a purpose that nobody foresaw has none."""

    derived: Mapping[str, bytes] = field(default_factory=dict)

    def derive(self, purpose: str) -> bytes:
        """Return the key of one purpose.

        Raises: KeyStoreError — if it was not sent along: a worker has nothing to derive it from.
        """
        try:
            return self.derived[purpose]
        except KeyError:
            raise KeyStoreError(
                Text(
                    f"작업자에게 보내지 않은 용도의 키입니다: {purpose}",
                    f"the key for {purpose} was not sent to the worker.",
                )
            ) from None


@dataclass(frozen=True, slots=True, repr=False)
class _Recorder(DomainKey):
    """Derives as the key itself does, and remembers what for."""

    whole: DomainKey | None = None
    used: dict[str, bytes] = field(default_factory=dict)

    def derive(self, purpose: str) -> bytes:
        """Return the key of one purpose."""
        assert self.whole is not None
        self.used[purpose] = self.whole.derive(purpose)
        return self.used[purpose]


def derived_keys(plan: Plan, first: pa.RecordBatch, key: DomainKey) -> DerivedKeys:
    """Return the keys that a plan asks for, found by letting it change one row.

    Raises: DataError — if the row does not fit the policy.
    """
    recorder = _Recorder(key.domain, key.version, b"", key)
    plan.change(first.slice(0, 1), 0, recorder)
    return DerivedKeys(key.domain, key.version, b"", dict(recorder.used))
