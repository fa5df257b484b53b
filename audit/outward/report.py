"""The report of a project as one HTML page without scripts, links or pictures, made to be printed."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from audit.catalogue import CATALOGUE
from audit.outward import report_texts
from audit.outward.report_facts import Facts
from audit.searching.wording import OUTCOMES, ROLES
from audit.text import Language, Text

TEMPLATE = "report.html"
_KST = timezone(timedelta(hours=9), "KST")


@dataclass(frozen=True, slots=True)
class About:
    """What the head of the report says of the project and of the log."""

    id: str
    title: Text
    period: str
    made_at: datetime
    origin: str
    entries: int
    size: int
    """The number of entries of the whole log when the report was made."""


def report_page(about: About, facts: Facts, language: Language, names: Mapping[str, str] | None = None) -> str:
    """Return the report; `names` gives the name behind a reference, where names were asked for."""
    environment = _environment(language)
    template = environment.get_template(TEMPLATE)
    return template.render(about=about, facts=facts, language=language, names=names or {}, t=report_texts)


@functools.cache
def _environment(language: Language) -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )

    def say(text: Text) -> str:
        return text.say(language)

    def said(action: str) -> str:
        return CATALOGUE[action].say(language) if action in CATALOGUE else action

    def role(name: str) -> str:
        known = ROLES.get(name)
        return name if known is None else known.say(language)

    def outcome(name: str) -> str:
        return OUTCOMES[name].say(language)

    made.globals |= {"say": say, "said": said, "outcome": outcome, "when": when}
    made.filters["role"] = role
    return made


def when(at: datetime | None) -> str:
    """Return a moment in Korean time, to the second."""
    return "" if at is None else f"{at.astimezone(_KST):%Y-%m-%d %H:%M:%S}"
