"""Finds every text of the portal and brings the Korean catalogue up to date: `python -m portal.extract`.

A text that is new stands in the catalogue with an empty translation, one that is gone leaves it; a test refuses a
catalogue that is not complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from portal.i18n import LOCALE_DIR

HERE = Path(__file__).parent
CATALOGUE = LOCALE_DIR / "ko" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
SOURCES = (("*.py", "python"), ("*.html", "jinja2.ext:babel_extract"))
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}

Message = str | tuple[str, ...]


def messages() -> Iterator[tuple[str, int, Message]]:
    """Yield (file, line, text) of every text that the catalogue must hold."""
    for pattern, method in SOURCES:
        for path in sorted(HERE.rglob(pattern)):
            found = extract(method, BytesIO(path.read_bytes()), keywords=KEYWORDS, options=dict(OPTIONS))
            for line, message, _, _ in found:
                yield path.relative_to(HERE).as_posix(), line, message


def template() -> Catalog:
    """Return a catalogue of every text, without translations."""
    catalogue = Catalog(locale="ko", project="Ansim portal", charset="utf-8", header_comment=HEADER, fuzzy=False)
    for file, _, message in messages():
        catalogue.add(message, locations=[(file, 0)])
    return catalogue


def read(path: Path = CATALOGUE) -> Catalog:
    """Return the catalogue as it is kept."""
    with path.open("rb") as file:
        return read_po(file, locale="ko")


def update(path: Path = CATALOGUE) -> None:
    """Write the catalogue with every text of today, keeping the translations it has."""
    wanted, kept = template(), read(path) if path.exists() else Catalog(locale="ko")
    for message in wanted:
        known = kept.get(message.id) if message.id else None
        if known is not None:
            message.string = known.string
    wanted.creation_date = wanted.revision_date = FIXED
    out = BytesIO()
    write_po(out, wanted, width=110, sort_output=True, include_lineno=False)
    path.write_bytes(out.getvalue())


HEADER = "# Korean texts of the portal. Kept by `python -m portal.extract`; translations are edited here."
FIXED = datetime(2026, 11, 21, tzinfo=UTC)  # the file changes only when a text does

if __name__ == "__main__":
    update()
