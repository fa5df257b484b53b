"""What one action is in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audit.text import Language

Retention = Literal["access", "rights", "pseudonymisation"]


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action: its name, what it says in Korean and in English, and its retention class."""

    action: str
    ko: str
    en: str
    retention: Retention = "access"

    def say(self, language: Language) -> str:
        """Return the description in one language."""
        return self.ko if language == "ko" else self.en
