"""The pictures of a risk report as plain values, so that they are kept with the report and drawn safely anywhere."""

from __future__ import annotations

from typing import get_args

from audit.text import Language
from deid.records.drawn import plain
from deid.records.model import Document
from deid.risk.assessment import Assessment
from deid.risk.pictures import column_chart, histogram


def pictures(before: Assessment, after: Assessment) -> Document:
    """Return what a risk report draws, in both languages; nothing where no column is a quasi-identifier."""
    return {language: _drawn(before, after, language) for language in get_args(Language)}


def _drawn(before: Assessment, after: Assessment, language: Language) -> list[Document]:
    if not after.quasi:
        return []
    return [plain(histogram(after, before, language)), plain(column_chart(after, before, language))]
