"""The search form of the audit log: read from the address, turned into a query of the log."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import cast, get_args
from urllib.parse import urlencode

from audit.event import Outcome
from audit.search import Query
from portal.errors import WrongInput
from portal.formats import KOREAN_TIME
from portal.visit import Visit
from registry.errors import NotFound
from registry.service import Registry
from registry.text import Text

NOBODY = "p_"  # matches no reference: an unknown user name finds nothing instead of everything


@dataclass(frozen=True, slots=True)
class SearchForm:
    """What the compliance officer typed; every field that is not empty must hold."""

    who: str = ""
    project: str = ""
    dataset: str = ""
    request: str = ""
    action: str = ""
    outcome: str = ""
    since: str = ""
    until: str = ""
    text: str = ""
    after: str = ""

    def as_dict(self) -> dict[str, str]:
        """The fields that are not empty."""
        return {name: value for name, value in asdict(self).items() if value}

    def address(self, *, after: int) -> str:
        """The address of the page behind an entry."""
        return "/compliance/search?" + urlencode({**self.as_dict(), "after": str(after)})


def log_form(visit: Visit) -> SearchForm:
    """Read the form from the address."""
    return SearchForm(**{name: visit.query(name)[:200] for name in SearchForm.__dataclass_fields__})


def as_query(registry: Registry, form: SearchForm, *, limit: int) -> Query:
    """Turn a form into a query; people may be named by user name or by reference.

    Raises: WrongInput — for a day that is none, or an outcome that does not exist.
    """
    if form.outcome and form.outcome not in get_args(Outcome):
        raise WrongInput(Text("알 수 없는 결과 값입니다.", "There is no such outcome."))
    return Query(
        person=_ref(registry, form.who) if form.who else None,
        project=form.project or None,
        dataset=form.dataset or None,
        object=form.request or None,
        action=form.action or None,
        outcome=cast(Outcome, form.outcome) if form.outcome else None,
        since=as_day(form.since) if form.since else None,
        until=as_day(form.until) + timedelta(days=1) if form.until else None,
        text=form.text or None,
        after=int(form.after) if form.after.isdecimal() else None,
        limit=limit,
    )


def as_day(text: str) -> datetime:
    """Return the first moment of a day in Korean time, given as 2026-11-21.

    Raises: WrongInput.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=KOREAN_TIME)
    except ValueError as error:
        raise WrongInput(Text("날짜는 2026-11-21 형식으로 씁니다.", "Write days as 2026-11-21.")) from error


def _ref(registry: Registry, who: str) -> str:
    if who.startswith("p_"):
        return who
    try:
        return registry.person(who).ref
    except NotFound:
        return NOBODY
