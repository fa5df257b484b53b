"""Installed packages, what is known against them, and the port behind which the advisories lie."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class AdvisoriesUnknown(Exception):
    """Nothing can be said, for the data are not there, too old, or unreadable; the message says which."""


@dataclass(frozen=True, slots=True, order=True)
class Installed:
    """One package of one image: of Debian by its source package, of Python by its normalised name."""

    image: str
    name: str
    version: str


def latest(versions: Iterable[str], order: Callable[[str], Any]) -> str:
    """Return the last of some versions, "" where there are none; one that is no version stands before all others."""

    def rank(version: str) -> tuple[bool, Any]:
        try:
            return True, order(version)
        except ValueError:
            return False, version

    return max(versions, key=rank, default="")


@dataclass(frozen=True, slots=True, order=True)
class Known:
    """Something known against an installed package; `fixed` is the version that mends it, "" where there is none."""

    package: Installed
    advisory: str
    fixed: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known against some packages, and those of them of which nothing could be learned."""

    found: Sequence[Known]
    passed_over: Sequence[Installed] = ()


class Advisories(Protocol):
    """What is known against packages of one kind: a file that the operator brought, or somebody on the network."""

    def look(self, packages: Sequence[Installed]) -> Looked:
        """Return all that is known against these packages. Raises: AdvisoriesUnknown."""

    @property
    def origin(self) -> str:
        """Where the data come from, and of when they are."""

    def order(self, version: str) -> Any:
        """Return what compares as versions of these packages do. Raises: ValueError — for what is no version."""
