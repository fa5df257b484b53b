"""Jinja2 with our texts, formats and icons; everything a template may call is listed here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from egress_review.checks.kinds import extensions_for
from portal import formats
from portal.i18n import N_, Language, catalogue

HERE = Path(__file__).parent
TEMPLATE_OPTIONS: Mapping[str, Any] = {
    "extensions": ["jinja2.ext.i18n"],
    "trim_blocks": True,
    "lstrip_blocks": True,
}
CODE = N_("program code (%(extensions)s)")


class Bilingual(Protocol):
    """A statement in both languages, whichever package made it."""

    @property
    def ko(self) -> str: ...
    @property
    def en(self) -> str: ...


@cache
def icon(name: str) -> Markup:
    """Return one of our icons as inline SVG; it is decoration, the text beside it carries the meaning."""
    source = (HERE / "static" / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    return Markup(source.strip().replace("<svg ", '<svg class="icon" aria-hidden="true" focusable="false" ', 1))  # noqa: S704


@pass_context
def _gettext(context: Context, msgid: str) -> str:
    return catalogue(context["lang"]).text(msgid)


@pass_context
def _ngettext(context: Context, one: str, many: str, count: int) -> str:
    return catalogue(context["lang"]).counted(one, many, count)


@pass_context
def _said(context: Context, text: Bilingual | str) -> str:
    """Write a bilingual value in the language of the page; a plain string is a msgid."""
    if isinstance(text, str):
        return catalogue(context["lang"]).text(text)
    return text.ko if context["lang"] == "ko" else text.en


def _time(moment: datetime, shown: str) -> Markup:
    stamp = moment.isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}</time>').format(stamp, shown)


def _times(zone: ZoneInfo) -> dict[str, Callable[..., Markup]]:
    """Return the filters that write a moment as the clocks of the zone show it."""

    @pass_context
    def day(context: Context, moment: datetime) -> Markup:
        return _time(moment, formats.day(moment, context["lang"], zone))

    @pass_context
    def minute(context: Context, moment: datetime) -> Markup:
        return _time(moment, formats.minute(moment, context["lang"], zone))

    @pass_context
    def second(context: Context, moment: datetime) -> Markup:
        return _time(moment, formats.second(moment, context["lang"], zone))

    def clock(moment: datetime) -> Markup:
        return _time(moment, formats.clock(moment, zone))

    return {"day": day, "minute": minute, "second": second, "clock": clock}


@pass_context
def _span(context: Context, length: timedelta) -> str:
    return formats.span(length, context["lang"])


@pass_context
def _kinds(context: Context, kinds: Iterable[str]) -> str:
    """Write types of files as people name them: by the extension that they have, programs by all of theirs."""
    code = catalogue(context["lang"]).text(CODE) % {"extensions": ", ".join(extensions_for("code"))}
    return ", ".join(code if kind == "code" else kind for kind in kinds)


@pass_context
def _number(context: Context, value: float) -> str:
    return formats.number(value, context["lang"])


def environment(zone: ZoneInfo = formats.KOREAN_TIME) -> Environment:
    """Return the template environment: everything is escaped, an unknown name is an error.

    `zone` is where the people are who read the times on the pages.
    """
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, **TEMPLATE_OPTIONS
    )
    env.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals["icon"] = icon
    env.filters.update(
        said=_said,
        **_times(zone),
        span=_span,
        kinds=_kinds,
        number=_number,
        octets=formats.size,
    )
    return env


def render(env: Environment, template: str, language: Language, values: Mapping[str, Any]) -> str:
    """Return a page in a language."""
    return env.get_template(template).render({**values, "lang": language})
