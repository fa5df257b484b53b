"""The record of an extract as a plain document, as `ansim extract --json` prints it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from audit.body import timestamp
from deid.records.model import Document, Extract, Review, Run


def summary(extract: Extract) -> Document:
    """Return one line of the list."""
    run, review = extract.run, extract.review
    return {
        "ref": extract.ref,
        "state": extract.state.value,
        "dataset": extract.draft.dataset,
        "version": extract.version,
        "project": extract.draft.project,
        "run": run.number if run else None,
        "rows": run.rows if run else None,
        "binding": run.binding if run else None,
        "verdict": review.verdict.value if review else None,
        "ends_at": timestamp(extract.draft.ends_at),
    }


def whole(extract: Extract) -> Document:
    """Return everything that is known of an extract."""
    end = extract.destruction
    return {
        **summary(extract),
        "draft": _plain(asdict(extract.draft)),
        "by": extract.by_ref,
        "at": timestamp(extract.at),
        "runs": [_run(run) for run in extract.runs],
        "reviews": [_review(review) for review in extract.reviews],
        "steps": [_plain(asdict(step)) for step in extract.steps],
        "destruction": _plain(asdict(end)) if end else None,
    }


def _run(run: Run) -> Document:
    document: Document = _plain({**asdict(run), "directory": str(run.directory)})
    return document


def _review(review: Review) -> Document:
    document: Document = _plain(asdict(review))
    return document


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return timestamp(value) if isinstance(value, datetime) else value
