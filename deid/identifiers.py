"""Finding direct identifiers in text by rule: Korean numbers first, and what any country shares.

    for span in detect("연락처 010-1234-5678"):
        print(span.label, span.start, span.end)

A span says where and what, never the value: what it found must not reach a log. Standard library
only, because the same code runs in the scanner, which has nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from deid.international import INTERNATIONAL
from deid.korean import KOREAN
from deid.korean_addresses import ADDRESSES
from deid.korean_names import CONTEXT, again, find_names
from deid.normalise import normalise
from deid.recogniser import NEVER, Recogniser

RECOGNISERS: tuple[Recogniser, ...] = (*KOREAN, *ADDRESSES, *INTERNATIONAL)

REPORTED = 0.5
"""Spans that score below this are not reported."""

CONTEXT_BEFORE = 40
CONTEXT_AFTER = 12
"""Characters around a find in which a context word counts; Korean puts the label before its value."""


@dataclass(frozen=True, slots=True)
class Span:
    """One find: code points [start, end) of the text as given, what it is, how sure, by which rule."""

    start: int
    end: int
    label: str
    score: float
    rule: str


def detect(text: str, *, heading: str = "", reported: float = REPORTED) -> list[Span]:
    """The direct identifiers in `text`, sorted and not overlapping.

    `heading` is what stands over the text, such as the name of a column: it counts as context.
    """
    normal = normalise(text)
    headed = normalise(heading).text.lower()
    found = [span for recogniser in RECOGNISERS for span in _matches(recogniser, normal.text, headed, reported)]
    found.extend(
        Span(start, end, "PERSON", score, rule)
        for start, end, score, rule in find_names(normal.text, headed)
        if score >= reported
    )
    kept = _without_overlap([*found, *_names_again(normal.text, found)])
    return [Span(*normal.span(s.start, s.end), s.label, s.score, s.rule) for s in kept]


REASONED = 0.75
"""A name found with this score or more stands for itself wherever it stands again in the text."""


def _names_again(text: str, found: list[Span]) -> Iterator[Span]:
    names = frozenset(text[s.start : s.end] for s in found if s.label == "PERSON" and s.score >= REASONED)
    for start, end in again(text, names):
        yield Span(start, end, "PERSON", REASONED, "name-again")


def is_context(heading: str) -> bool:
    """Whether a heading contains a word that makes some identifier likely under it."""
    lowered = normalise(heading).text.lower()
    words = (word for recogniser in RECOGNISERS for word in recogniser.context)
    return any(word in lowered for word in (*words, *CONTEXT))


def _matches(recogniser: Recogniser, text: str, heading: str, reported: float) -> Iterator[Span]:
    if recogniser.hint and recogniser.hint not in text:
        return
    headed = any(word in heading for word in recogniser.context)
    for match in recogniser.pattern.finditer(text):
        score = recogniser.score(match)
        if score == NEVER:
            continue
        if score < recogniser.with_context and (headed or _has_context(recogniser.context, match, text)):
            score = recogniser.with_context
        if score >= reported:
            start, end = match.span("value" if "value" in recogniser.pattern.groupindex else 0)
            yield Span(start, end, recogniser.label, score, recogniser.rule)


def _has_context(words: tuple[str, ...], match: re.Match[str], text: str) -> bool:
    """Whether a context word stands near the match on its line, also with a Korean particle stuck to it."""
    before = text[max(0, match.start() - CONTEXT_BEFORE) : match.start()].rpartition("\n")[2].lower()
    after = text[match.end() : match.end() + CONTEXT_AFTER].partition("\n")[0].lower()
    return any(word in before or word in after for word in words)


def _without_overlap(spans: list[Span]) -> list[Span]:
    """The surest spans that do not overlap, in order of position."""
    kept: list[Span] = []
    last_end = 0
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        if span.start >= last_end:
            kept.append(span)
            last_end = span.end
            continue
        # A better reading of the same place replaces what it overlaps.
        rivals = [k for k in kept if k.end > span.start]
        if all(_better(span, rival) for rival in rivals):
            kept = [k for k in kept if k.end <= span.start]
            kept.append(span)
            last_end = span.end
    return kept


def _better(span: Span, rival: Span) -> bool:
    return (span.score, span.end - span.start) > (rival.score, rival.end - rival.start)
