"""Runs in the environment of the peers: every contender over the same texts in turns; answers in JSON.

python deid_text_contenders.py REPOSITORY JOB
"""

from __future__ import annotations

import gc
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SLOW = frozenset(("ko-pii",))
"""Far from the fastest: one round is enough, and the answer says so."""

Spans = list[tuple[int, int]]


def contenders() -> dict[str, tuple[Callable[[str], Any], Callable[[str], Spans]]]:
    """Return by name: what is timed (a text in, a text without identifiers out), and where it finds something."""
    import ko_pii
    import ko_pii_guard
    import maskingtape
    import tldextract

    from deid.document_set import scrub_text
    from deid.identifiers import detect

    # Without this the wrapper of Presidio waits for the network before its first text.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.extract = tldextract.tldextract.TLD_EXTRACTOR
    tape, anonymizer, guard = maskingtape.Pipeline(), ko_pii.Anonymizer(), ko_pii_guard.KoreanPIIGuard()
    key = b"benchmark" * 4

    def places(found: Any) -> Spans:
        return [(one.start, one.end) for one in found]

    return {
        "ansim": (lambda text: scrub_text(text, key), lambda text: places(detect(text))),
        "maskingtape": (tape.anonymize, lambda text: places(tape.scan(text))),
        "ko-pii": (anonymizer.process, lambda text: places(ko_pii.detect_all(text))),
        "ko-pii-guard": (guard.mask, lambda text: places(guard.analyze(text))),
    }


def main() -> None:
    """Time every contender once per round, in turns, and measure what each covers."""
    sys.path.insert(0, sys.argv[1])
    logging.disable(logging.CRITICAL)
    job = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    texts = [document["text"] for document in job["documents"]]
    found = contenders()
    seconds: dict[str, list[float]] = {name: [] for name in found}
    for scrub, _ in found.values():
        for text in texts[:20]:
            scrub(text)
    # What all of them have loaded is of no one's account: the collector passes over it from here on.
    gc.collect()
    gc.freeze()
    for number in range(job["rounds"]):
        for name, (scrub, _) in found.items():
            if name in SLOW and number:
                continue
            began = time.process_time()
            for text in texts:
                scrub(text)
            seconds[name].append(time.process_time() - began)
    covered = {name: _covered(job["documents"], spans) for name, (_, spans) in found.items()}
    json.dump({"seconds": seconds, "covered": covered}, sys.stdout)


def _covered(documents: list[dict[str, Any]], spans: Callable[[str], Spans]) -> float:
    total = covered = 0
    for document in documents:
        seen = {place for start, end in spans(document["text"]) for place in range(start, end)}
        for one in document["gold"]:
            total += 1
            covered += seen.issuperset(range(one["start"], one["end"]))
    return covered / total


if __name__ == "__main__":
    main()
