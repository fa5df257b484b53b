"""The fields of a search as a person fills them in, and the query that they mean.

The portal's form, the options of the command and a saved search hold the same fields; days are days in Korea.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from audit.errors import QuestionRefused
from audit.event import Outcome
from audit.searching.copies import KOREAN_TIME
from audit.searching.naming import Names
from audit.searching.query import Query
from audit.text import Text

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHA256 = re.compile("[0-9a-f]{64}")
_PLAIN = ("actor", "object", "project", "dataset", "request", "action", "component", "address", "correlation", "text")


def as_query(fields: Mapping[str, str], names: Names) -> Query:
    """Return the query that filled-in fields mean; empty ones ask nothing.

    Raises: QuestionRefused — for a field that cannot be read, naming it.
    """
    given = {name: value.strip() for name, value in fields.items() if value.strip()}
    found: dict[str, Any] = {name: given[name] for name in _PLAIN if name in given}
    if "person" in given:
        found["person"] = names.person(given["person"])
    if "file" in given:
        found["file"] = as_hash(given["file"])
    if "outcome" in given:
        if given["outcome"] not in get_args(Outcome):
            raise QuestionRefused(Text("알 수 없는 결과 값입니다.", "There is no such outcome."))
        found["outcome"] = given["outcome"]
    if "since" in given:
        found["since"] = as_moment(given["since"])
    if "until" in given:
        # A person who says "until Friday" means Friday as well.
        found["until"] = as_moment(given["until"], days_later=1)
    return Query(**found)


def as_question(fields: Mapping[str, str], names: Names) -> dict[str, str]:
    """Return fields as they may be kept: people by their reference, and only fields that mean something.

    Raises: QuestionRefused — as `as_query`.
    """
    query = as_query(fields, names)
    kept = {name: value.strip() for name, value in fields.items() if value.strip()}
    return {
        **kept,
        **({"person": query.person} if query.person else {}),
        **({"file": query.file} if query.file else {}),
    }


def as_moment(text: str, *, days_later: int = 0) -> datetime:
    """Return the moment in a text: a day begins at midnight in Korea, `days_later` days on; a time is taken as it is.

    Raises: QuestionRefused — if it is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise QuestionRefused(Text("날짜는 2026-11-21 형식으로 씁니다.", "Write days as 2026-11-21.")) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=KOREAN_TIME)
    return moment + timedelta(days=days_later) if _DAY.fullmatch(text) else moment


def as_hash(text: str) -> str:
    """Return a SHA-256 in a text; spaces and a file name behind it, as `sha256sum` prints, are left out.

    Raises: QuestionRefused — if it is none.
    """
    first = text.strip().split()[0].lower() if text.strip() else ""
    if not _SHA256.fullmatch(first):
        raise QuestionRefused(
            Text("파일의 SHA-256은 16진수 64자리입니다.", "The SHA-256 of a file has 64 hexadecimal digits.")
        )
    return first


def file_hash(given: str) -> str:
    """Return the SHA-256 that is given, or that of the file at a path.

    Raises: QuestionRefused — if it is neither.
    """
    path = Path(given)
    if _SHA256.fullmatch(given.strip().lower()) or not path.is_file():
        return as_hash(given)
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
