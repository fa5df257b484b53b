"""One thing that can be put right, as a value: what it is, and what does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from audit.text import Text
from hub_config.settings import Settings


@dataclass(frozen=True, slots=True)
class Mend:
    """One thing that is wrong and can be put right without a choice and without touching data."""

    code: str
    """What the audit log calls it."""
    what: Text
    """What will be done; it is said before."""
    do: Callable[[], object]
    """Raises OSError or a ZoneError if it cannot be done."""
    log_needs_it: bool = False
    """Whether the log may not be writable before it is done; then it is recorded afterwards."""


Finder = Callable[[Settings], Iterable[Mend]]
