"""The type of texts that people read, under the name by which this package and those above it know it."""

from __future__ import annotations

from audit.text import LANGUAGES, Language, Text

__all__ = ["LANGUAGES", "Language", "Text"]
