"""A report as PDF, for the file of the year: what was found, by whom it was signed, and how to check it.

Drawn as the copies of the log are (`audit.searching.pdf_copy`): embedded fonts, no outside resource.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from audit.review.items import ITEMS
from audit.review.service import Opened
from audit.review.store import VERDICTS
from audit.review.tables_out import HEADINGS, Reader, report_rows
from audit.review.workflow import NAMES
from audit.searching.pdf_copy import find_font
from audit.text import Text

_MARGIN = 36  # points, half an inch
_FONT, _BOLD = "AnsimReview", "AnsimReviewBold"
#: Widths of the columns of the long table, as parts of the whole; those without one stand in its headings.
_WIDTHS = {3: 0.13, 4: 0.23, 5: 0.19, 6: 0.07, 7: 0.13, 8: 0.25}
_SAID = {
    "title": Text("월 점검 보고서 {month}", "Monthly review {month}"),
    "state": Text("상태", "State"),
    "signed": Text("서명", "Signed"),
    "entries": Text("그 달의 기록", "Entries of the month"),
    "people": Text("이용한 사람", "People"),
    "log": Text("감사 기록", "Log"),
    "root": Text("루트 해시", "Root hash"),
    "hash": Text("보고서의 SHA-256", "SHA-256 of the report"),
    "policy": Text("점검 기준", "Policy"),
    "judged": Text("항목과 의견", "Items and findings"),
    "nothing": Text("해당 없음", "nothing happened"),
    "open": Text("의견 없음", "no finding"),
    "how": Text(
        "이 문서는 사본입니다. 감사 기록의 review.signed 사건에 보고서의 SHA-256이 남아 있고, 같은 크기의 기록에서 같은"
        " 보고서를 다시 만들 수 있습니다 (ansim audit review show). 기록 전체는 ansim audit verify로 검증합니다.",
        "This document is a copy. The event review.signed in the log names the SHA-256 of the report, and the same"
        " report follows again from the log at that size (ansim audit review show). ansim audit verify checks the whole"
        " log.",
    ),
}


def report_pdf(opened: Opened, reader: Reader, *, fonts: Sequence[Path] = ()) -> bytes:
    """Return the file; `fonts` are directories to look in first.

    Raises: FontMissing — if this machine has no font with Korean letters.
    """
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import SimpleDocTemplate

    for name, path in zip((_FONT, _BOLD), find_font(fonts), strict=True):
        pdfmetrics.registerFont(TTFont(name, str(path)))
    title = _SAID["title"].format(month=opened.review.month).say(reader.language)
    data = io.BytesIO()
    sides = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), _MARGIN)
    document = SimpleDocTemplate(data, pagesize=landscape(A4), title=title, author="Ansim", **sides)

    def foot(canvas: Any, page: Any) -> None:
        canvas.setFont(_FONT, 7)
        canvas.drawString(_MARGIN, 20, f"{opened.review.ref} · {opened.review.sha256}")
        canvas.drawRightString(landscape(A4)[0] - _MARGIN, 20, str(page.page))

    document.build(list(_story(opened, reader, title, document.width)), onFirstPage=foot, onLaterPages=foot)
    return data.getvalue()


def _story(opened: Opened, reader: Reader, title: str, width: float) -> Iterator[Any]:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    language = reader.language
    plain = ParagraphStyle("plain", fontName=_FONT, fontSize=8, leading=11, wordWrap="CJK")
    bold = ParagraphStyle("bold", parent=plain, fontName=_BOLD)
    part = ParagraphStyle("part", parent=bold, fontSize=10, leading=14, spaceBefore=10, spaceAfter=3)
    yield Paragraph(escape(title), ParagraphStyle("head", parent=bold, fontSize=15, leading=20, spaceAfter=6))
    yield _table([(bold, plain)], list(_facts(opened, reader)), (width * 0.2, width * 0.8))
    yield Paragraph(escape(_SAID["judged"].say(language)), part)
    judged = list(_judged(opened, reader))
    yield _table([(plain, plain, bold)], judged, (width * 0.6, width * 0.1, width * 0.3))
    rows: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for row in report_rows(opened, reader):
        rows.setdefault((row[0], row[1]), []).append(tuple(row[n] for n in _WIDTHS))
    heads = tuple(HEADINGS[n].say(language) for n in _WIDTHS)
    styles = [(bold,) * len(_WIDTHS), (plain,) * len(_WIDTHS)]
    for (_, name), lines in rows.items():
        yield Paragraph(escape(name), part)
        yield _table(styles, [heads, *lines], tuple(width * share for share in _WIDTHS.values()))
    yield Paragraph(escape(_SAID["how"].say(language)), ParagraphStyle("how", parent=plain, spaceBefore=12))


def _facts(opened: Opened, reader: Reader) -> Iterator[tuple[str, str]]:
    language, review, content = reader.language, opened.review, opened.report.content
    yield _SAID["state"].say(language), NAMES[review.state].say(language)
    if review.signed_by and review.signed_at:
        yield _SAID["signed"].say(language), f"{reader.name(review.signed_by)} · {review.signed_at}"
    yield _SAID["entries"].say(language), f"{content['totals']['entries']:,}"
    yield _SAID["people"].say(language), f"{content['totals']['people']:,}"
    yield _SAID["log"].say(language), f"{content['log']['origin']} · {content['log']['size']:,}"
    yield _SAID["root"].say(language), content["log"]["root"]
    yield _SAID["hash"].say(language), review.sha256
    yield _SAID["policy"].say(language), f"{content['policy']['name']} · {content['policy']['digest']}"


def _judged(opened: Opened, reader: Reader) -> Iterator[tuple[str, str, str]]:
    language, wanted = reader.language, set(opened.report.to_be_judged)
    counts: dict[str, int] = {}
    for found in opened.report.content["anomalies"]:
        counts[found["rule"]] = counts.get(found["rule"], 0) + 1
    named = [(f"rule.{rule}", reader.titles.get(rule, Text(rule, rule)), count) for rule, count in counts.items()]
    items = [(item["id"], ITEMS[item["id"]].title, item["count"]) for item in opened.report.content["items"]]
    for id, title, count in (*named, *items):
        judged = opened.judgements.get(id)
        missing = _SAID["open" if id in wanted else "nothing"].say(language)
        yield title.say(language), f"{count:,}", VERDICTS[judged.verdict].say(language) if judged else missing


def _table(styles: Sequence[Sequence[Any]], rows: Sequence[Sequence[str]], widths: Sequence[float]) -> Any:
    """Return a table; the last of `styles` is for all the rows that have none of their own."""
    from reportlab.lib import colors
    from reportlab.platypus import LongTable, Paragraph, TableStyle

    cells = [
        [Paragraph(escape(cell), style) for cell, style in zip(row, styles[min(n, len(styles) - 1)], strict=True)]
        for n, row in enumerate(rows)
    ]
    table = LongTable(cells, colWidths=widths, repeatRows=len(styles) - 1)
    lines = ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.HexColor("#b5c0ba"))
    table.setStyle(TableStyle([lines, ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table
