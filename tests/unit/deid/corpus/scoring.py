"""How well finds fit what is there, character by character and identifier by identifier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from deid.identifiers import Span
from tests.unit.deid.corpus.documents import Document

Detector = Callable[[str], Sequence[Span]]


@dataclass(slots=True)
class Scores:
    """Counts over documents."""

    right: int = 0
    found: int = 0
    wanted: int = 0
    total: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)

    @property
    def precision(self) -> float:
        """Return the share of found characters that belong to an identifier."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Return the share of characters of identifiers that were found."""
        return self.right / self.wanted if self.wanted else 1.0

    @property
    def f2(self) -> float:
        """Return F with recall counted twice as much as precision."""
        p, r = self.precision, self.recall
        return 5 * p * r / (4 * p + r) if p + r else 0.0


def score(documents: Iterable[Document], detector: Detector) -> Scores:
    """Return the counts; an identifier is covered if every character of it is in some find, whatever its label."""
    counts = Scores()
    for document in documents:
        gold = {place for one in document.gold for place in range(one.start, one.end)}
        spans = detector(document.text)
        seen = {place for span in spans for place in range(span.start, span.end)}
        counts.right += len(gold & seen)
        counts.found += len(seen)
        counts.wanted += len(gold)
        for span in spans:
            if gold.isdisjoint(range(span.start, span.end)):
                counts.false[span.label] += 1
        for one in document.gold:
            counts.total[one.label] += 1
            counts.covered[one.label] += seen.issuperset(range(one.start, one.end))
            counts.named[one.label] += any(
                s.label == one.label and s.start < one.end and one.start < s.end for s in spans
            )
    return counts


def covered(document: Document, detector: Detector) -> bool:
    """Return whether every character of the identifiers of a document is in some find."""
    seen = {place for span in detector(document.text) for place in range(span.start, span.end)}
    return all(seen.issuperset(range(one.start, one.end)) for one in document.gold)
