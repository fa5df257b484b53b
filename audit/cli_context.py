"""What a subcommand of `ansim` is given: where the zone is, how to answer, and the zone itself on demand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from audit.text import Language


class Context(Protocol):
    """The surroundings of one command."""

    @property
    def home(self) -> Path:
        """Return the directory of the zone (ANSIM_HOME)."""

    @property
    def json(self) -> bool:
        """Return whether the answer is for a program."""

    def zone(self) -> Any:
        """Open the zone; commands that need none never call it."""

    def print(self, *objects: object) -> None:
        """Write to standard output."""


def language_of(environment: Mapping[str, str] = os.environ) -> Language:
    """Return the language that the terminal asks for: Korean for a Korean locale, English for any other."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "ko" if value.startswith("ko") else "en"
    return "en"
