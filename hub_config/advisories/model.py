"""Installed packages, what is known against them, and the port behind which the advisories lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class AdvisoriesUnknown(Exception):
    """Nothing can be said, for the data are not there, too old, or unreadable; the message says which."""


@dataclass(frozen=True, slots=True, order=True)
class Installed:
    """One package of one image: of Debian by its source package, of Python by its normalised name."""

    image: str
    name: str
    version: str


@dataclass(frozen=True, slots=True, order=True)
class Known:
    """Something known against an installed package; `fixed` is the version that mends it, "" where there is none."""

    package: Installed
    advisory: str
    fixed: str = ""


class Advisories(Protocol):
    """What is known against packages of one kind: a file that the operator brought, or somebody on the network."""

    def known(self, packages: Sequence[Installed]) -> list[Known]:
        """Return all that is known against these packages. Raises: AdvisoriesUnknown."""

    @property
    def origin(self) -> str:
        """Where the data come from, and of when they are."""
