"""A form as PDF, drawn as the copies of the audit log are: embedded fonts, no outside resource (docs/adr/0007)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from audit.searching.pdf_copy import find_font
from audit.text import Language, Text
from deid.records.forms import Form, Section

_MARGIN = 42  # points
_FONT, _BOLD = "AnsimForm", "AnsimFormBold"
_SIGN = Text(
    "이 문서는 사본입니다. 감사 기록의 extract.* 사건에 같은 해시가 남아 있으며, `ansim audit verify`로 검증합니다.",
    "This document is a copy. The events extract.* of the audit log hold the same hashes; `ansim audit verify` checks"
    " the log.",
)


def form_pdf(form: Form, language: Language, *, fonts: Sequence[Path] = ()) -> bytes:
    """Return the file; `fonts` are directories to look in first.

    Raises: FontMissing — if this machine has no font with Korean letters.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import SimpleDocTemplate

    for name, path in zip((_FONT, _BOLD), find_font(fonts), strict=True):
        pdfmetrics.registerFont(TTFont(name, str(path)))
    data = io.BytesIO()
    sides = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), _MARGIN)
    locale = "ko-KR" if language == "ko" else "en"
    document = SimpleDocTemplate(data, pagesize=A4, title=form.title, author="Ansim", lang=locale, **sides)

    def foot(canvas: Any, page: Any) -> None:
        canvas.setFont(_FONT, 7)
        canvas.drawString(_MARGIN, 22, form.reference)
        canvas.drawRightString(A4[0] - _MARGIN, 22, str(page.page))

    document.build(list(_story(form, language, document.width)), onFirstPage=foot, onLaterPages=foot)
    return data.getvalue()


def _story(form: Form, language: Language, width: float) -> Iterator[Any]:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, Spacer

    plain = ParagraphStyle("plain", fontName=_FONT, fontSize=8, leading=11, wordWrap="CJK")
    bold = ParagraphStyle("bold", parent=plain, fontName=_BOLD)
    part = ParagraphStyle("part", parent=bold, fontSize=10, leading=14, spaceBefore=10, spaceAfter=3, keepWithNext=1)
    yield Paragraph(escape(form.title), ParagraphStyle("head", parent=bold, fontSize=16, leading=22, spaceAfter=2))
    yield Paragraph(escape(form.reference), plain)
    for section in form.sections:
        yield Paragraph(escape(section.heading), part) if section.heading else Spacer(1, 6)
        yield from _parts(section, (plain, bold), width)
    yield Spacer(1, 14)
    yield Paragraph(escape(_SIGN.say(language)), plain)


def _parts(section: Section, styles: tuple[Any, Any], width: float) -> Iterator[Any]:
    plain, bold = styles
    if section.facts:
        cells = [[(label, bold), (value, plain)] for label, value in section.facts]
        yield _table(cells, (width * 0.24, width * 0.76), heads=0)
    if section.header:
        share = width / len(section.header)
        cells = [[(name, bold) for name in section.header]]
        cells += [[(value, plain) for value in row] for row in section.rows]
        yield _table(cells, (share,) * len(section.header), heads=1)


def _table(cells: Sequence[Sequence[tuple[str, Any]]], widths: Sequence[float], *, heads: int) -> Any:
    from reportlab.lib import colors
    from reportlab.platypus import LongTable, Paragraph

    drawn = [[Paragraph(escape(text), style) for text, style in row] for row in cells]
    style: list[Any] = [
        ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#b9c2c8")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ]
    if heads:
        style.append(("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef2f4")))
    return LongTable(drawn, colWidths=widths, repeatRows=heads, style=style)
