"""A text that a person reads, in both languages of the zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["ko", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in Korean and in English; both say the same."""

    ko: str
    en: str

    def say(self, language: Language) -> str:
        """Return the sentence in one language."""
        return self.ko if language == "ko" else self.en

    def format(self, **values: object) -> Text:
        """Return the sentence with its places filled in, in both languages."""
        return Text(self.ko.format(**values), self.en.format(**values))
