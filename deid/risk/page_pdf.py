"""A page as PDF on A4, drawn by reportlab with the letters of a font of the machine (docs/adr/0007).

Imported only where a PDF is made.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from audit.searching.pdf_copy import find_font
from deid.risk.page import Block, Chart, Grid, Heading, Line, Note, Page, Rect, Words

_MARGIN = 34  # points
_FONT, _BOLD = "AnsimRisk", "AnsimRiskBold"
_SCALES = (0.62, 0.52, 0.44)
"""Shares of the width that a drawing takes: smaller where three of them and six tables would not stand on one sheet."""
_OF_WORDS = 3
"""Columns of a table without numbers whose first is narrow."""
_LARGE = 0.95
"""The share where a report takes several sheets anyway."""
_TONES = {"plain": "#1c2430", "met": "#1a7f4b", "failed": "#b3261e", "unknown": "#6b4c00"}
_GROUND = {"met": "#e9f6ef", "failed": "#fbeceb", "unknown": "#fdf4df"}


def pdf(page: Page, *, fonts: Sequence[Path] = ()) -> bytes:
    """Return the file; `fonts` are directories to look in first.

    Raises: FontMissing — if this machine has no font with Korean letters.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import SimpleDocTemplate

    for name, path in zip((_FONT, _BOLD), find_font(fonts), strict=True):
        pdfmetrics.registerFont(TTFont(name, str(path)))
    sides = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), _MARGIN)
    about = {"title": f"{page.title}: {page.name}", "author": "Ansim"}

    def foot(canvas: Any, sheet: Any) -> None:
        canvas.setFont(_FONT, 7)
        canvas.drawString(_MARGIN, 20, page.name)
        canvas.drawRightString(A4[0] - _MARGIN, 20, str(sheet.page))

    data = io.BytesIO()
    for scale in (*_SCALES, _LARGE):
        data = io.BytesIO()
        document = SimpleDocTemplate(data, pagesize=A4, **about, **sides)
        story = [part for block in page.blocks for part in _parts(block, document.width, scale)]
        document.build([*_title(page), *story], onFirstPage=foot, onLaterPages=foot)
        if document.page == 1:
            break
    return data.getvalue()


def _styles() -> dict[str, Any]:
    from reportlab.lib import colors
    from reportlab.lib.styles import ParagraphStyle

    plain = ParagraphStyle("plain", fontName=_FONT, fontSize=6.8, leading=8.4, wordWrap="CJK")
    bold = ParagraphStyle("bold", parent=plain, fontName=_BOLD)
    made: dict[str, Any] = {
        "plain": plain,
        "bold": bold,
        "caption": ParagraphStyle(
            "caption",
            parent=plain,
            fontSize=6.2,
            leading=7.6,
            spaceBefore=2,
            textColor=colors.HexColor("#556070"),
            keepWithNext=1,
        ),
        "title": ParagraphStyle("title", parent=bold, fontSize=14, leading=17),
        "part": ParagraphStyle(
            "part", parent=bold, fontSize=8.5, leading=11, spaceBefore=5, spaceAfter=1, keepWithNext=1
        ),
    }
    for tone, colour in _TONES.items():
        made[f"cell {tone}"] = ParagraphStyle(tone, parent=plain, textColor=colors.HexColor(colour))
    made["cell failed"].fontName = _BOLD
    for tone, ground in _GROUND.items():
        extra = {"backColor": colors.HexColor(ground), "borderPadding": 4, "spaceBefore": 6, "spaceAfter": 6}
        made[f"note {tone}"] = ParagraphStyle(f"note {tone}", parent=bold, fontSize=9, leading=12, **extra)
    return made


def _title(page: Page) -> list[Any]:
    from reportlab.platypus import Paragraph

    styles = _styles()
    return [Paragraph(escape(page.title), styles["title"]), Paragraph(escape(page.name), styles["plain"])]


def _parts(block: Block, width: float, scale: float) -> list[Any]:
    from reportlab.platypus import Paragraph, Spacer

    styles = _styles()
    match block:
        case Heading(text):
            return [Paragraph(escape(text), styles["part"])]
        case Note(text, tone):
            if tone == "plain":
                return [Paragraph(escape(text), styles["plain"])]
            return [Spacer(1, 4), Paragraph(escape(text), styles[f"note {tone}"])]
        case Grid():
            told = block.caption and scale == _LARGE  # there is room for it
            above = [Paragraph(escape(block.caption), styles["caption"])] if told else []
            return [*above, _table(block, styles, width)]
        case Chart():
            return [_drawing(block, width * scale)]


def _table(grid: Grid, styles: dict[str, Any], width: float) -> Any:
    from reportlab.lib import colors
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import LongTable, Paragraph

    def styled(style: Any, *, number: bool) -> Any:
        return ParagraphStyle("number", parent=style, alignment=2) if number else style

    numbers = [bool(grid.rows) and all(row[place].number for row in grid.rows) for place in range(len(grid.head))]
    cells = [[Paragraph(escape(t), styled(styles["bold"], number=n)) for t, n in zip(grid.head, numbers, strict=True)]]
    for row in grid.rows:
        cells.append([Paragraph(escape(c.text), styled(styles[f"cell {c.tone}"], number=c.number)) for c in row])  # noqa: PERF401
    share = width / (len(grid.head) + 0.6)  # the first column names what the row is
    widths = [share * 1.6, *[share] * (len(grid.head) - 1)]
    if len(widths) <= _OF_WORDS and not any(numbers):
        widths = [width * 0.2, *[width * 0.8 / (len(widths) - 1)] * (len(widths) - 1)]  # sentences beside their column
    style = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.HexColor("#b9c2cf")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 0.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
    ]
    return LongTable(cells, colWidths=widths, repeatRows=1, style=style)


def _drawing(chart: Chart, width: float) -> Any:
    from reportlab.graphics import shapes
    from reportlab.lib import colors

    scale = width / chart.width
    drawing = shapes.Drawing(chart.width * scale, chart.height * scale)
    group = shapes.Group()
    for shape in chart.shapes:
        match shape:
            case Rect(x, y, w, h, fill):
                colour = colors.HexColor(fill)
                group.add(shapes.Rect(x, chart.height - y - h, w, h, fillColor=colour, strokeColor=None))
            case Words(x, y, text, size, anchor, fill):
                words = shapes.String(x, chart.height - y, text, fontName=_FONT, fontSize=size, textAnchor=anchor)
                words.fillColor = colors.HexColor(fill)
                group.add(words)
            case Line(x1, y1, x2, y2):
                group.add(
                    shapes.Line(x1, chart.height - y1, x2, chart.height - y2, strokeColor=colors.HexColor("#556070"))
                )
    group.scale(scale, scale)
    drawing.add(group)
    return drawing
