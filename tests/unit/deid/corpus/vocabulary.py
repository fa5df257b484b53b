"""Templates, names and places of made-up documents, in two halves that share nothing but the common surnames.

The rules are developed on `developed.txt`. Nobody who works on them reads the failures on `held_out.txt`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMON = tuple("김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One half: what documents are made of."""

    administrative: tuple[str, ...]
    long: tuple[str, ...]
    fillers: tuple[str, ...]
    """Paragraphs about nobody, with numbers and words that only look like identifiers."""
    sentences: tuple[str, ...]
    """Where a number stands when its spellings are tried; a word of `words` comes before it."""
    surnames: tuple[str, ...]
    given: tuple[str, ...]
    first: str
    second: str
    foreign: tuple[str, ...]
    provinces: tuple[str, ...]
    cities: tuple[str, ...]
    towns: tuple[str, ...]
    roads: tuple[str, ...]
    neighbourhoods: tuple[str, ...]
    buildings: tuple[str, ...]
    banks: tuple[str, ...]
    hosts: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]


_TEMPLATES = ("administrative", "long", "fillers", "sentences")
_SYLLABLES = ("first", "second")


def _read(name: str) -> Vocabulary:
    text = (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8")
    sections: dict[str, str] = dict(re.findall(r"^== (\w+)\n(.*?)\n(?=== |\Z)", text, re.MULTILINE | re.DOTALL))
    words = dict(line.split(": ", 1) for line in sections["words"].splitlines())
    values: dict[str, Any] = {
        key: tuple(part.split("\n--\n" if key in _TEMPLATES else ", ")) for key, part in sections.items()
    }
    values |= {key: sections[key] for key in _SYLLABLES}
    values["words"] = {label: tuple(names.split(", ")) for label, names in words.items()}
    return Vocabulary(**values)


DEVELOPED = _read("developed")
HELD_OUT = _read("held_out")
