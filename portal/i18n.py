"""Texts in Korean and English: gettext catalogues read from their .po files, English being the msgid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from babel.messages.pofile import read_po

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")
LOCALE_DIR = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one language; a text that the catalogue lacks stays English (a test refuses that for ko)."""

    language: Language
    single: Mapping[str, str]
    plural: Mapping[str, str]

    def text(self, msgid: str) -> str:
        """Return the text for a msgid."""
        return self.single.get(msgid, msgid)

    def counted(self, one: str, many: str, count: int) -> str:
        """Return the text for a number of things; Korean has a single form (CLDR plural rules)."""
        return self.plural.get(one, one if count == 1 else many)


def N_(msgid: str) -> str:  # noqa: N802  (the gettext convention for a text marked but not yet translated)
    """Mark a text for the catalogue where it stands; it is translated where it is shown."""
    return msgid


@cache
def catalogue(language: Language) -> Catalogue:
    """Return the catalogue of a language, read once."""
    if language == "en":
        return Catalogue("en", {}, {})
    with (LOCALE_DIR / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        messages = [m for m in read_po(file, locale=language) if m.id and not m.fuzzy]
    single = {m.id: m.string for m in messages if isinstance(m.id, str) and isinstance(m.string, str) and m.string}
    plural = {m.id[0]: _first(m.string) for m in messages if not isinstance(m.id, str) and _first(m.string)}
    return Catalogue(language, single, plural)


def _first(forms: str | Sequence[str] | None) -> str:
    return forms[0] if forms and not isinstance(forms, str) else ""


def as_language(value: str | None) -> Language | None:
    """Return a language we have texts for, or nothing."""
    return value if value in LANGUAGES else None


def preferred(header: str) -> Language:
    """Choose a language from an Accept-Language header (RFC 9110 §12.5.4); Korean when it names neither."""
    best: tuple[float, Language] | None = None
    for part in header.split(","):
        tag, _, quality = part.strip().partition(";q=")
        language = as_language(tag.lower().split("-")[0])
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if language and weight > 0 and (best is None or weight > best[0]):
            best = (weight, language)
    return best[1] if best else "ko"
