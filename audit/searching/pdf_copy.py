"""A copy as PDF: for the file of a case, with its origin, the signed state of the log, and how to check it.

Drawn by reportlab, whose pages need nothing but a TrueType font; the glyphs that are used are embedded, so the file
reads the same on any machine (docs/adr/0007). Imported only where a PDF is made.
"""

from __future__ import annotations

import functools
import io
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from audit.errors import FontMissing
from audit.searching.copies import KOREAN_TIME, Copy
from audit.text import Language, Text

FONTS = (
    ("NanumGothic.ttf", "NanumGothicBold.ttf"),
    ("NanumBarunGothic.ttf", "NanumBarunGothicBold.ttf"),
    ("UnDotum.ttf", "UnDotumBold.ttf"),
)
FONT_DIRECTORIES = (
    Path("/usr/share/fonts/truetype/nanum"),
    Path("/usr/share/fonts/nanum"),
    Path("/usr/share/fonts/truetype/unfonts-core"),
    Path("/usr/local/share/fonts"),
)
"""Where Debian and Fedora keep fonts with Korean letters; `fonts/` of the zone comes first."""

_MARGIN = 36  # points, half an inch

_SAID = {
    "asked": Text("조회 조건", "What was asked"),
    "reason": Text("내려받은 사유", "Reason for this copy"),
    "by": Text("내려받은 사람", "Taken by"),
    "at": Text("만든 시각(한국)", "Made at (Korea)"),
    "origin": Text("기록의 이름(origin)", "Origin of the log"),
    "size": Text("기록의 크기", "Size of the log"),
    "signed": Text("서명된 크기", "Signed size"),
    "root": Text("루트 해시", "Root hash"),
    "rows": Text("줄 수", "Lines"),
    "note": Text("서명된 체크포인트", "The signed checkpoint"),
    "check": Text("검증하는 방법", "How to check it"),
    "cut": Text(
        "결과가 더 있습니다. 이 파일에는 처음 {n}건만 있습니다.",
        "There is more: this file holds only the first {n} lines.",
    ),
    "how": Text(
        "이 문서는 사본이며, 증거는 감사 기록 자체입니다. 어느 줄이든 번호로 영수증을 만들어"
        " (ansim audit receipt make 번호) 기록의 공개키로 오프라인에서 검증할 수 있습니다"
        " (ansim audit receipt verify 파일 --key log.vkey). 기록 전체는 ansim audit verify로 검증합니다."
        " 같은 크기의 체크포인트는 이 문서와 루트 해시가 같아야 합니다.",
        "This document is a copy; the log itself is the evidence. The receipt of any line is made by its number"
        " (ansim audit receipt make NUMBER) and checked offline with the public key of the log"
        " (ansim audit receipt verify FILE --key log.vkey). ansim audit verify checks the whole log."
        " A checkpoint of the same size must have the same root hash as this document.",
    ),
    "none": Text("아직 없음", "none yet"),
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why and for whom a PDF is made."""

    asked: Sequence[tuple[str, str]]
    """The conditions as a person reads them: label and value."""
    by: str
    reason: str


def pdf_copy(copy: Copy, occasion: Occasion, language: Language, *, fonts: Sequence[Path] = ()) -> bytes:
    """Return the file; `fonts` are directories to look in first.

    Raises: FontMissing — if this machine has no font with Korean letters.
    """
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.platypus import SimpleDocTemplate

    register(find_font(fonts))
    data = io.BytesIO()
    title = copy.title.say(language)
    document = SimpleDocTemplate(
        data,
        pagesize=landscape(A4),
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=title,
        author="Ansim",
        subject=copy.origin,
        lang="ko-KR" if language == "ko" else "en",
    )

    def foot(canvas: Any, page: Any) -> None:
        canvas.setFont("AnsimKorean", 7)
        size = copy.head.size if copy.head else 0
        canvas.drawString(_MARGIN, 20, f"{copy.origin} · {size:,} · {title}")
        canvas.drawRightString(landscape(A4)[0] - _MARGIN, 20, str(page.page))

    document.build(list(_story(copy, occasion, language, document.width)), onFirstPage=foot, onLaterPages=foot)
    return data.getvalue()


def find_font(first: Sequence[Path] = ()) -> tuple[Path, Path]:
    """Return a regular and a bold font with Korean letters.

    Raises: FontMissing — if there is none.
    """
    for directory in (*first, *FONT_DIRECTORIES):
        for regular, bold in FONTS:
            if (directory / regular).is_file():
                strong = directory / bold
                return directory / regular, strong if strong.is_file() else directory / regular
    raise FontMissing(f"none of {', '.join(name for name, _ in FONTS)} in {', '.join(map(str, FONT_DIRECTORIES))}")


@functools.lru_cache(maxsize=4)
def register(font: tuple[Path, Path]) -> None:
    """Make a regular and a bold font known as AnsimKorean and AnsimKoreanBold.

    Raises: FontMissing — if one of them cannot be read.
    """
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    try:
        for name, path in zip(("AnsimKorean", "AnsimKoreanBold"), font, strict=True):
            pdfmetrics.registerFont(TTFont(name, str(path)))
    except TTFError as error:
        raise FontMissing(f"{font[0]}: {error}") from error


def _story(copy: Copy, occasion: Occasion, language: Language, width: float) -> Iterator[Any]:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, Preformatted, Spacer

    plain = ParagraphStyle("plain", fontName="AnsimKorean", fontSize=8, leading=11, wordWrap="CJK")
    bold = ParagraphStyle("bold", parent=plain, fontName="AnsimKoreanBold")
    head = ParagraphStyle("head", parent=bold, fontSize=15, leading=20, spaceAfter=6)
    part = ParagraphStyle("part", parent=bold, fontSize=10, leading=14, spaceBefore=8, spaceAfter=3)
    fixed = ParagraphStyle("fixed", parent=plain, fontSize=7, leading=9)
    yield Paragraph(escape(copy.title.say(language)), head)
    yield _facts(copy, occasion, language, (bold, plain), width)
    if copy.cut:
        yield Paragraph(escape(_SAID["cut"].format(n=f"{len(copy.lines):,}").say(language)), part)
    yield Spacer(1, 8)
    yield _table(copy, language, (bold, plain), width)
    yield Paragraph(escape(_SAID["check"].say(language)), part)
    yield Paragraph(escape(_SAID["how"].say(language)), plain)
    yield Paragraph(escape(_SAID["note"].say(language)), part)
    note = copy.note or _SAID["none"].say(language)
    # A post-quantum signature is one word of three thousand letters.
    wrapped = [part for line in note.splitlines() for part in textwrap.wrap(line, 170) or [""]]
    yield Preformatted("\n".join(wrapped), fixed)


def _facts(copy: Copy, occasion: Occasion, language: Language, styles: tuple[Any, Any], width: float) -> Any:
    from reportlab.platypus import Paragraph, Table

    asked = " · ".join(f"{label}: {value}" for label, value in occasion.asked) or "-"
    rows = {
        "asked": asked,
        "reason": occasion.reason,
        "by": occasion.by,
        "at": f"{copy.made_at.astimezone(KOREAN_TIME):%Y-%m-%d %H:%M:%S}",
        "rows": f"{len(copy.lines):,}",
        "origin": copy.origin,
        "size": f"{copy.size:,}",
        "signed": f"{copy.head.size:,}" if copy.head else _SAID["none"].say(language),
        "root": copy.head.root.hex() if copy.head else _SAID["none"].say(language),
    }
    bold, plain = styles
    cells = [
        [Paragraph(_SAID[name].say(language), bold), Paragraph(escape(value), plain)] for name, value in rows.items()
    ]
    return Table(cells, colWidths=[110, width - 110], style=[("VALIGN", (0, 0), (-1, -1), "TOP"), _TIGHT])


_TIGHT = ("BOTTOMPADDING", (0, 0), (-1, -1), 1)


def _table(copy: Copy, language: Language, styles: tuple[Any, Any], width: float) -> Any:
    from reportlab.lib import colors
    from reportlab.platypus import LongTable, Paragraph

    shown = [column for column in copy.columns if column.pdf]
    bold, plain = styles
    rows = [[Paragraph(escape(column.title.say(language)), bold) for column in shown]]
    for line in copy.lines:
        rows.append([Paragraph(escape(column.value(line, language)), plain) for column in shown])  # noqa: PERF401
    share = width / sum(column.pdf for column in shown)
    style = [
        ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#b9c2c8")),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef2f4")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ]
    return LongTable(rows, colWidths=[column.pdf * share for column in shown], repeatRows=1, style=style)
