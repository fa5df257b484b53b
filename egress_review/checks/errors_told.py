"""Tracebacks in a text: their messages quote values of the data, and a copy without values is there for the asking."""

from __future__ import annotations

import re

from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from egress_review.tracebacks import is_harmless, is_redacted, redact, source_lines
from registry.text import Text

RULES = ("notebook.error",)

_BEGINS = re.compile(r"^.{0,40}Traceback \(most recent call last\)", re.MULTILINE)

_RECORD = re.compile(r"^\[?(?:\d{4}[-/]\d\d[-/]\d\d|\d\d:\d\d:\d\d)[ T\]].{0,400}$", re.MULTILINE)
"""A line with which a log goes on behind a traceback: it begins with the time, and is read as any other text is."""

_QUOTES = Text(
    ko="오류 메시지에는 자료의 값이 그대로 인용될 수 있습니다.", en="A traceback may quote values of the data."
)
_REDACT = Text(
    ko="ansim_client.clean()이 만드는, 값을 지운 오류 메시지를 내십시오.",
    en="Hand in the traceback without its values, as ansim_client.clean() writes it.",
)


def check_tracebacks(subject: Subject, listing: Listing) -> None:
    """Flag the first traceback that says more than its redacted form would."""
    text = subject.text
    begins = [found.start() for found in _BEGINS.finditer(text)]
    if not begins or is_redacted(text):
        return
    for start, following in zip(begins, [*begins[1:], len(text)], strict=True):
        first = text.find("\n", start) + 1  # the line itself may have the time before it
        record = _RECORD.search(text, first, following) if first else None
        told = text[start : record.start() if record else following]
        if redact(told) and not is_harmless(told, source_lines(told)):
            listing.flag("notebook.error", _QUOTES, _REDACT, where=Where(row=subject.line_of(start)))
            return
