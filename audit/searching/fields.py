"""The fields of a search as a person fills them in, and the query that they mean.

The portal's form, the options of the command and a saved search hold the same fields; days are days in Korea.
"""

from __future__ import annotations

import difflib
import hashlib
import ipaddress
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from audit.catalogue import CATALOGUE
from audit.errors import QuestionRefused
from audit.event import Outcome
from audit.searching.copies import KOREAN_TIME
from audit.searching.naming import Names
from audit.searching.query import Query
from audit.text import Text

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHA256 = re.compile("[0-9a-f]{64}")
_EVENT_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONGEST = 300
_PLAIN = ("actor", "object", "project", "dataset", "request", "action", "component", "address", "correlation", "text")


def as_query(fields: Mapping[str, str], names: Names) -> Query:
    """Return the query that filled-in fields mean; empty ones ask nothing.

    Raises: QuestionRefused — for a field that cannot be read, naming it.
    """
    given = {name: _readable(value) for name, value in fields.items() if value.strip()}
    found: dict[str, Any] = {name: given[name] for name in _PLAIN if name in given}
    for name, check in _CHECKS.items():
        if name in given:
            check(given[name])
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
    if "since" in found and "until" in found and found["until"] <= found["since"]:
        raise QuestionRefused(
            Text("종료일이 시작일보다 앞섭니다. 두 날짜를 확인하십시오.", "The last day lies before the first one.")
        )
    return Query(**found)


def _readable(value: str) -> str:
    """Return what was typed without surrounding space.

    Raises: QuestionRefused — if nobody could have meant it: no database takes some of it, and the record keeps it all.
    """
    found = value.strip()
    if len(found) > LONGEST:
        raise QuestionRefused(
            Text(
                f"조건 하나에는 {LONGEST}자까지 쓸 수 있습니다. 지금은 {len(found):,}자입니다.",
                f"A condition has at most {LONGEST} characters; this one has {len(found):,}.",
            )
        )
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in found):
        raise QuestionRefused(
            Text("조건에 글자가 아닌 제어 문자가 들어 있습니다.", "A condition holds characters that are no text.")
        )
    return found


def _check_action(action: str) -> None:
    # A slip of the pen must not read as "this never happened".
    if action in CATALOGUE or (action.endswith(".") and any(known.startswith(action) for known in CATALOGUE)):
        return
    near = difflib.get_close_matches(action, CATALOGUE, n=1)
    also = Text(f" {near[0]}을(를) 찾으십니까?", f" Do you mean {near[0]}?") if near else Text("", "")
    raise QuestionRefused(
        Text(f"이런 수행업무는 없습니다: {action}.{also.ko}", f"There is no action {action}.{also.en}")
    )


def _check_address(address: str) -> None:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise QuestionRefused(
            Text(
                "접속지 주소는 203.0.113.7이나 2001:db8::7처럼 하나를 다 적습니다.",
                "Write one whole network address, as 203.0.113.7 or 2001:db8::7.",
            )
        ) from None


def _check_event(event_id: str) -> None:
    if not _EVENT_ID.fullmatch(event_id):
        raise QuestionRefused(
            Text(
                "사건 식별자는 기록 화면에 적힌 36자리 값입니다.",
                "The id of an event has 36 characters, as the page of its entry shows it.",
            )
        )


_CHECKS: Mapping[str, Callable[[str], None]] = {
    "action": _check_action,
    "address": _check_address,
    "correlation": _check_event,
}
"""Fields whose values have a form; what has another one can be in no entry."""


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
