"""The record as one HTML page without scripts, links or pictures, made to be printed."""

from __future__ import annotations

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from audit.processing.record import Origin, gaps
from audit.searching.copies import KOREAN_TIME, Copy
from audit.text import Language, Text

TEMPLATE = "record.html"
_LEGEND = Text(
    "이 기록은 감사 기록, 명부, 책임자가 적은 내용으로 만들었습니다. 기록 번호는 감사 기록의 번호이며,"
    " 그 내용은 ansim audit receipt make 번호로 증명할 수 있습니다. 모르는 것은 모른다고 적었습니다.",
    "It is made from the audit log, the register and what the controller declared. Entries are numbers in the audit"
    " log; ansim audit receipt make NUMBER proves what they say. What is not known is said to be not known.",
)
_MADE = Text("작성 {at} (한국) · 기록 {size}건 · {origin}", "Made {at} (Korea) · {size} entries · {origin}")
_GAPS = Text("채워야 할 항목 {n}개", "{n} fields to be filled in")


def html_copy(copy: Copy, language: Language) -> str:
    """Return the page."""
    made = {"at": f"{copy.made_at.astimezone(KOREAN_TIME):%Y-%m-%d %H:%M}", "size": f"{copy.size:,}"}
    parts: dict[str, list[tuple[bool, list[str]]]] = {}
    for row in copy.lines:
        cells = [column.value(row, language) for column in copy.columns[1:]]
        parts.setdefault(row.part.say(language), []).append((row.origin is Origin.UNKNOWN, cells))
    template = _environment().get_template(TEMPLATE)
    return template.render(
        language=language,
        title=copy.title.say(language),
        made=_MADE.format(origin=copy.origin, **made).say(language),
        legend=_LEGEND.say(language),
        gaps=_GAPS.format(n=gaps(copy.lines)).say(language),
        heads=[column.title.say(language) for column in copy.columns[1:]],
        parts=parts,
        note=copy.note or "",
    )


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
