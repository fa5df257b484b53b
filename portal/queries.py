"""The search form of the audit log: read from the address, turned into a query, and back into addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from audit.searching.fields import LONGEST, as_query
from audit.searching.naming import Names
from audit.searching.query import Query
from portal.errors import WrongInput
from portal.visit import Visit
from registry.text import Text

_NUMBER = re.compile("[0-9]{1,18}")  # what the index of an entry may be; anything else is the first page
NOBODY = "p_"  # matches no reference: an unknown person finds nothing instead of everything
SEARCH = "/compliance/search"


@dataclass(frozen=True, slots=True)
class SearchForm:
    """What the compliance officer typed; every field that is not empty must hold."""

    who: str = ""
    project: str = ""
    dataset: str = ""
    request: str = ""
    file: str = ""
    action: str = ""
    outcome: str = ""
    component: str = ""
    since: str = ""
    until: str = ""
    address: str = ""
    correlation: str = ""
    text: str = ""

    def as_dict(self) -> dict[str, str]:
        """The fields that are not empty."""
        return {name: value for name, value in asdict(self).items() if value}

    def fields(self) -> dict[str, str]:
        """The fields that are not empty, by the names that a saved search and the command use."""
        found = self.as_dict()
        return {"person" if name == "who" else name: value for name, value in found.items()}

    def link(self, **changes: str) -> str:
        """The address of this search with some fields changed; pages begin anew."""
        return f"{SEARCH}?{urlencode(replace(self, **changes).as_dict())}"

    def turn(self, **where: int) -> str:
        """The address of another page of this search."""
        return f"{SEARCH}?{urlencode({**self.as_dict(), **where})}"


def form_of(values: Mapping[str, Any]) -> SearchForm:
    """Return the form that an address, a posted form or a saved search holds; what it does not know is left out."""
    given = {"who" if name == "person" else name: value for name, value in values.items()}
    known = {name: given.get(name) for name in SearchForm.__dataclass_fields__}
    return SearchForm(**{name: value.strip() for name, value in known.items() if isinstance(value, str)})


def query_of(form: SearchForm, names: Names, zone: ZoneInfo) -> Query:
    """Turn a form into a query; somebody whom nobody knows by that name finds nothing. Its days are those of `zone`.

    Raises: QuestionRefused — for a field that cannot be read, or a name of several people.
    """
    named = len(form.who) <= LONGEST and not form.who.startswith("p_")
    unknown = form.who and named and not names.called(form.who)
    asked = replace(form, who=NOBODY) if unknown else form
    return as_query(
        replace(asked, since=_moment(asked.since, zone), until=_moment(asked.until, zone, 1)).fields(), names
    )


def _moment(text: str, zone: ZoneInfo, days_later: int = 0) -> str:
    """Return a day as the moment when it begins, or one behind it; anything else stays for the query to judge."""
    try:
        return (as_day(text, zone) + timedelta(days=days_later)).isoformat()
    except WrongInput:
        return text


def as_day(text: str, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day, given as 2026-11-21.

    Raises: WrongInput.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError as error:
        raise WrongInput(Text("날짜는 2026-11-21 형식으로 씁니다.", "Write days as 2026-11-21.")) from error


@dataclass(frozen=True, slots=True)
class Turn:
    """Which page is wanted: behind an entry, or before one."""

    after: int | None
    before: int | None

    @classmethod
    def of(cls, visit: Visit) -> Turn:
        """Read it from the address."""
        after, before = (int(q) if _NUMBER.fullmatch(q := visit.query(name)) else None for name in ("after", "before"))
        return cls(after if before is None else None, before)

    def apply(self, query: Query, limit: int) -> Query:
        """Return the query for this page; a page before an entry is read backwards."""
        if self.before is None:
            return replace(query, after=self.after, limit=limit)
        return replace(query, after=self.before, limit=limit, newest_first=not query.newest_first)
