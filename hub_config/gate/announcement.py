"""What the zone announces to everybody, as the worker told the gate: maintenance, why and until when.

The gate says it itself, on its own pages and above workspaces, because hub and portal may be away just then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.text import Text

LONGEST = 1000


@dataclass(slots=True)
class Announcement:
    """The one place where it is kept; a gate that started anew knows it again when the worker has told it."""

    said: Text | None = None

    def tell(self, document: Mapping[str, Any]) -> None:
        """Take over what is announced; `said` is null, or one line in each language.

        Raises: ValueError, KeyError — for anything else.
        """
        said = document["said"]
        if said is None:
            self.said = None
            return
        lines = [said["ko"], said["en"]]
        if not all(isinstance(line, str) and line.isprintable() and 0 < len(line) <= LONGEST for line in lines):
            raise ValueError(f"an announcement is one line in each language, of {LONGEST} characters at most")
        self.said = Text(*lines)
