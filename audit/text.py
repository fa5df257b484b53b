"""A text that a person reads, in both languages of the zone; every package says what it has to say with this type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["ko", "en"]

LANGUAGES: tuple[Language, ...] = ("ko", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in Korean and in English, so that neither can be forgotten where it is written."""

    ko: str
    en: str

    def say(self, language: str) -> str:
        """Return the sentence in one language; Korean for any but English, as the zone is Korean."""
        return self.en if language == "en" else self.ko

    def format(self, **values: object) -> Text:
        """Return the sentence with its `{name}` places filled in, in both languages.

        The Korean side puts no particle after a place: 은/는 and 이/가 depend on the value's last sound.
        """
        return Text(self.ko.format(**values), self.en.format(**values))

    # The same under the names that errors of the packages above use: an error has a `text`, and so has its reason.
    text = say
    fill = format

    def __str__(self) -> str:
        return self.en
