"""Documents of one half: a template, filled with values, with the place of each identifier."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.unit.deid.corpus.makers import MAKERS, NEUTRAL, NUMBERED
from tests.unit.deid.corpus.spellings import EVERY, SPELLINGS, cells, spell
from tests.unit.deid.corpus.vocabulary import Vocabulary

_SLOT = re.compile(r"\{([A-Z_]+)(#[0-9])?\}")
_AROUND = re.compile(r"^(?:[\u202d\u202e(\[*]|<b>)+|[\u202c)]+$")
_LABEL = {"FOREIGN": "PERSON"}
_USUAL = ("plain", "plain", "plain", "plain", "spaced dashes", "en dash", "full-width digits")


@dataclass(frozen=True, slots=True)
class Gold:
    """One identifier that is there."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text and what is in it."""

    text: str
    gold: tuple[Gold, ...]


def administrative(half: Vocabulary, count: int, seed: int) -> Iterator[Document]:
    """Yield short official documents, every fourth with a paragraph about nobody."""
    random = Random(seed)
    for number in range(count):
        template = random.choice(half.administrative)
        if number % 4 == 3:
            template += "\n{FILLER}"
        yield fill(template, half, random)


def longer(half: Vocabulary, count: int, seed: int) -> Iterator[Document]:
    """Yield letters, notes, chats, minutes and tables with paragraphs about nobody around them."""
    random = Random(seed)
    for _ in range(count):
        yield fill("{FILLER}\n" + random.choice(half.long) + "\n{FILLER}", half, random)


def nobody(half: Vocabulary) -> Iterator[Document]:
    """Yield the paragraphs about nobody."""
    yield from (Document(text, ()) for text in half.fillers)


def spelt(half: Vocabulary, each: int, seed: int) -> Iterator[tuple[str, str, Document]]:
    """Yield (label, spelling, document) for every kind of number and every spelling of it."""
    random = Random(seed)
    for label in (*EVERY, "EMAIL"):
        for spelling in cells(label):
            for _ in range(each):
                yield label, spelling, one_spelt(half, label, spelling, random)


def one_spelt(half: Vocabulary, label: str, spelling: str, random: Random) -> Document:
    """Return a sentence with one identifier in a spelling, behind a word that says what it is."""
    value = spell(label, spelling, MAKERS[label](random, half), random)
    sentence = random.choice(half.sentences).format(f"{random.choice(half.words[label])} {value}")
    # Marks of direction, brackets and bold type around a number are no part of it.
    seen = _AROUND.sub("", value)
    start = sentence.index(seen)
    return Document(sentence, (Gold(start, start + len(seen), label),))


def fill(template: str, half: Vocabulary, random: Random) -> Document:
    """Return a template with values in its slots."""
    template = re.sub(r"\{FILLER\}", lambda _: random.choice(half.fillers), template)
    text, gold, position = "", [], 0
    known: dict[str, str] = {}
    for match in _SLOT.finditer(template):
        text += template[position : match.start()]
        position = match.end()
        name = match[1]
        value = known.get(match[0]) or MAKERS[name](random, half)
        if match[2]:
            known[match[0]] = value
        if name in NUMBERED:
            value = SPELLINGS[random.choice(_USUAL)](value, random)
        if name not in NEUTRAL:
            gold.append(Gold(len(text), len(text) + len(value), _LABEL.get(name, name)))
        text += value
    return Document(text + template[position:], tuple(gold))
