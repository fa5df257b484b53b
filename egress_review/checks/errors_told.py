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

_QUOTES = Text(
    ko="오류 메시지에는 자료의 값이 그대로 인용될 수 있습니다.", en="A traceback may quote values of the data."
)
_REDACT = Text(
    ko="ansim_client.clean()이 만드는, 값을 지운 오류 메시지를 내십시오.",
    en="Hand in the traceback without its values, as ansim_client.clean() writes it.",
)


def check_tracebacks(subject: Subject, listing: Listing) -> None:
    """Flag a traceback that says more than its redacted form would."""
    found = _BEGINS.search(subject.text)
    if found is None or is_redacted(subject.text):
        return
    told = subject.text[found.start() :]
    if not redact(told) or is_harmless(told, source_lines(told)):
        return
    listing.flag("notebook.error", _QUOTES, _REDACT, where=Where(row=subject.line_of(found.start())))
