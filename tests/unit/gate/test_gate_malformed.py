"""A flood of bytes that are no HTTP is one line a minute; a fault of the gate is told each time."""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import BadStatusLine

from hub_config.gate.malformed import EVERY_SECONDS, OneLineAMinute


def said(lines: OneLineAMinute, error: Exception | None) -> str | None:
    raised = None if error is None else (type(error), error, None)
    record = logging.LogRecord("aiohttp.server", logging.ERROR, "", 0, "Error handling request", None, raised)
    return f"{record.levelname} {record.getMessage()}" if lines.filter(record) else None


def test_what_cannot_be_read_is_told_once_a_minute_with_its_number() -> None:
    now = 1000.0
    lines = OneLineAMinute(lambda: now)
    assert said(lines, BadStatusLine("x")) == "WARNING 1 requests were no HTTP, the last BadStatusLine"
    assert [said(lines, BadStatusLine("x")) for _ in range(500)] == [None] * 500
    now += EVERY_SECONDS
    assert said(lines, BadStatusLine("x")) == "WARNING 501 requests were no HTTP, the last BadStatusLine"


def test_every_other_line_is_written_as_it_is() -> None:
    lines = OneLineAMinute()
    for _ in range(3):
        assert said(lines, ValueError("x")) == "ERROR Error handling request"
        assert said(lines, None) == "ERROR Error handling request"
