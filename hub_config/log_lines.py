"""What the zone's processes say of themselves, as lines of JSON without anything that somebody wrote or kept as data.

    {"time": "2026-11-22T06:50:43.703Z", "level": "ERROR", "logger": "ansim.worker", "message": "egress failed",
     "error": [{"type": "ValueError", "places": ["deid/service.py:88 scan"]}]}

The message of an error may quote a cell, a file or a person. So of an error only what code chose is written: its type,
where it was raised, its code or fixed summary, the number and words of the operating system, PostgreSQL's five-letter
state. Errors of `hub_config` speak of the machine and are written whole. What happened to whom is in the audit log.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from audit.text import Text

REPOSITORY = Path(__file__).resolve().parent.parent
MOST_PLACES = 30
CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")


class Lines(logging.Formatter):
    """Writes each record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; an error among the arguments is told as little as one that was raised."""
        given = record.args
        if isinstance(given, tuple):
            given = tuple(said_of(one) if isinstance(one, BaseException) else one for one in given)
        message = str(said_of(record.msg) if isinstance(record.msg, BaseException) else record.msg)
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:23] + "Z",
            "level": record.levelname,
            "logger": record.name,
            "message": message % given if given else message,
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["error"] = [told(one) for one in chain(error)]
        return json.dumps(line, ensure_ascii=False)


def speak(level: int = logging.INFO) -> None:
    """Have this process write lines to its standard error, and its last error too if it ends by one."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.basicConfig(level=level, handlers=[handler])
    logging.captureWarnings(capture=True)
    sys.excepthook = _ended
    threading.excepthook = lambda given: _ended(given.exc_type, given.exc_value, given.exc_traceback)


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came from, as Python would print them."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def told(error: BaseException) -> dict[str, Any]:
    """Return what is written of one error."""
    why = {"why": said} if (said := why_of(error)) else {}
    return {"type": name_of(error), **why, "places": places(error.__traceback__)}


def said_of(error: BaseException) -> str:
    """Return an error as a few words of a message."""
    why = why_of(error)
    if of_ours(error):
        return why
    return f"{name_of(error)} ({why})" if why else name_of(error)


def of_ours(error: BaseException) -> bool:
    """Say whether an error is one of this package, whose errors speak of the machine alone."""
    return type(error).__module__.partition(".")[0] == __name__.partition(".")[0]


def name_of(error: BaseException) -> str:
    """Return the name of an error with its module, as a traceback has it."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def why_of(error: BaseException) -> str:
    """Return why an error was raised, as far as code chose the words; empty where only the error's message says it."""
    if isinstance(error, OSError) and error.errno is not None:
        return f"{error.errno} {error.strerror}"
    if of_ours(error):
        return str(error)
    for name in ("code", "sqlstate"):
        if isinstance(found := getattr(error, name, None), str) and CODE.fullmatch(found):
            return found
    summary = getattr(type(error), "summary", None)
    return summary.en if isinstance(summary, Text) else ""


def places(raised: TracebackType | None) -> list[str]:
    """Return where an error passed, the place that raised it last: no line of a program, no value of a variable."""
    passed = [(frame.f_code, line) for frame, line in traceback.walk_tb(raised)][-MOST_PLACES:]
    return [f"{_short(code.co_filename)}:{line} {code.co_qualname}" for code, line in passed]


def _short(filename: str) -> str:
    """Return a file's name below the repository, or below where packages lie."""
    path = Path(filename)
    if path.is_relative_to(REPOSITORY) and ".venv" not in path.parts:
        return path.relative_to(REPOSITORY).as_posix()
    return filename.rpartition("site-packages/")[2].rpartition("/lib/")[2]


def _ended(kind: type[BaseException], error: BaseException | None, raised: TracebackType | None) -> None:
    if error is None or issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger("ansim").critical("ended by an error", exc_info=(kind, error, raised))
