"""Which probes of the server, and of a workspace's memory, a test makes red by taking their wall away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., object])
CONTROLLED: set[str] = set()


def controlled(*names: str) -> Callable[[Test], Test]:
    """Say of a test that it takes the walls of these probes away and expects each to notice."""
    CONTROLLED.update(names)
    return lambda test: test
