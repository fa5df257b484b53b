"""A sentence for people, in the two languages of the zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["ko", "en"]

LANGUAGES: tuple[Language, ...] = ("ko", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One statement in Korean and English, so that neither can be forgotten where it is written."""

    ko: str
    en: str

    def text(self, language: str) -> str:
        """The statement in `language`; Korean for any language but English, as the zone is Korean."""
        return self.en if language == "en" else self.ko

    def fill(self, **values: object) -> Text:
        """The same statement with `{name}` places filled in both languages.

        The Korean side puts no particle after a place: 은/는 and 이/가 depend on the value's last sound.
        """
        return Text(ko=self.ko.format(**values), en=self.en.format(**values))

    def __str__(self) -> str:
        return self.en
