"""`ansim deid scrub`: writes texts without their direct identifiers."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from audit.cli_context import Context
from audit.text import Text
from deid.document_set import Detector, Scrubbed, scrub_set
from deid.english import detect_english, merged
from deid.errors import UsageError
from deid.identifiers import Span, detect
from deid.number_windows import Rules
from deid.text_cli import STANDARD_INPUT, as_json, read_text, recognisers_of
from deid.written import write_report

KEY_BYTES = 32


def run_scrub(arguments: argparse.Namespace, context: Context) -> int:
    """Write texts without their direct identifiers; the same identifier keeps one mark within a text.

    The marks are keyed with random bytes that are forgotten: nothing leads back, and two runs share nothing. With
    `--together` all documents share one key.

    Raises: UsageError, RecogniserError, MissingExtraError — before anything is written.
    """
    targets = _targets(arguments.files, arguments.out)
    texts = [read_text(path) for path in arguments.files]
    finder = _finder(recognisers_of(arguments.recognisers, context.home), english=arguments.english)
    scrubbed = _scrubbed(texts, finder, together=arguments.together)
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
        for target, one in zip(targets, scrubbed, strict=True):
            _write(target, one.text)
    elif not arguments.json:
        sys.stdout.write(scrubbed[0].text)
    if arguments.json:
        documents = [_entry(path, one) for path, one in zip(arguments.files, scrubbed, strict=True)]
        sys.stdout.write(json.dumps({"documents": documents}, ensure_ascii=False) + "\n")
    return 0


def _scrubbed(texts: Sequence[str], finder: Detector, *, together: bool) -> list[Scrubbed]:
    if together:
        return scrub_set(texts, os.urandom(KEY_BYTES), detector=finder)
    return [one for text in texts for one in scrub_set([text], os.urandom(KEY_BYTES), detector=finder)]


def _finder(more: Rules, *, english: bool) -> Detector:
    def find(text: str, known: frozenset[str]) -> list[Span]:
        ours = detect(text, more=more, known=known)
        return merged(ours, next(detect_english([text]))) if english else ours

    return find


def _targets(files: Sequence[str], out: Path | None) -> list[Path]:
    """Return where each result goes; no result may replace its source or another result."""
    if out is None:
        if len(files) > 1:
            raise UsageError(
                Text("파일이 여러 개면 --out 폴더를 지정하십시오.", "for several files, name a folder with --out.")
            )
        return []
    targets = [out / ("stdin.txt" if path == STANDARD_INPUT else Path(path).name) for path in files]
    if len(set(targets)) < len(targets):
        raise UsageError(Text("이름이 같은 파일이 있습니다.", "two of the files have the same name."))
    if taken := [target for target in targets if target.exists()]:
        raise UsageError(Text(f"이미 있는 파일입니다: {taken[0]}", f"{taken[0]} is already there."))
    return targets


def _write(target: Path, text: str) -> None:
    """Write a file as a whole or not at all; it may still hold what no rule knows, so only its owner reads it."""
    write_report(target, text.encode("utf-8"))


def _entry(path: str, one: Scrubbed) -> dict[str, object]:
    spans = [{**as_json(span), "mark": mark} for span, mark in zip(one.spans, one.marks, strict=True)]
    return {"path": path, "text": one.text, "spans": spans}
