"""A page as self-contained HTML with its drawings inside, so that it can be printed, mailed and kept."""

from __future__ import annotations

from html import escape

from deid.risk.page import Block, Chart, Grid, Heading, Line, Note, Page, Rect, Words

_STYLE = """
body{font:16px/1.5 "Noto Sans KR","Noto Sans CJK KR",NanumGothic,sans-serif;color:#1c2430;background:#fff}
body{max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.94rem}
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #d8dee6;vertical-align:top}
caption{text-align:left;color:#556070;font-size:.85rem;padding:.2rem 0}
.n{text-align:right;font-variant-numeric:tabular-nums}p.tone{padding:.6rem 1rem;border-left:6px solid;margin:1rem 0}
p.met{border-color:#1a7f4b;background:#e9f6ef}p.failed{border-color:#b3261e;background:#fbeceb}
p.unknown{border-color:#8a6100;background:#fdf4df}td.met{color:#14663c}td.failed{color:#b3261e;font-weight:700}
td.unknown{color:#6b4c00;background:repeating-linear-gradient(45deg,#fdf4df 0 6px,#f6e6bd 6px 12px)}
.muted{color:#556070}svg{width:100%;height:auto}.narrow{display:none}.scroll+.scroll{margin-top:1rem}
@media print{body{margin:0;max-width:none;font-size:11px}h2{margin:.7rem 0 .2rem}svg{max-height:11rem}}
@media screen and (max-width:40rem){.alone svg{min-width:34rem}.wide{display:none}.narrow{display:block}
.many table,.many tbody,.many tr,.many th,.many td{display:block}.many caption{display:block}
.many tr{border-bottom:1px solid #d8dee6;padding:.4rem 0}.many th,.many td{border:0;padding:.1rem 0}
.many thead{position:absolute;clip-path:inset(50%);height:1px;overflow:hidden}
.many td{display:flex;justify-content:space-between;gap:1rem}.many td,p{word-break:keep-all;overflow-wrap:anywhere}
.many td::before{content:attr(data-of);color:#556070;flex:none;min-width:8.4rem}}
"""

_FEW = 3
"""Columns of a table that stand beside each other on a telephone."""


def html(page: Page) -> str:
    """Return the document."""
    head = (
        f'<!doctype html><html lang="{page.language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(page.title)}: {escape(page.name)}</title><style>{_STYLE}</style>"
    )
    body = "\n".join(_block(block) for block in page.blocks)
    return f"{head}<main><h1>{escape(page.title)}</h1><p class=muted>{escape(page.name)}</p>\n{body}</main></html>\n"


def _block(block: Block) -> str:
    match block:
        case Heading(text):
            return f"<h2>{escape(text)}</h2>"
        case Note(text, tone):
            kind = "" if tone == "plain" else f' class="tone {tone}"'
            return f"<p{kind}>{escape(text)}</p>"
        case Grid():
            return _grid(block)
        case Chart():
            return _chart(block)


def _grid(grid: Grid) -> str:
    numbers = [all(row[place].number for row in grid.rows) for place in range(len(grid.head))] if grid.rows else []
    head = "".join(
        f"<th scope=col{' class=n' if number else ''}>{escape(text)}</th>"
        for text, number in zip(grid.head, numbers or [False] * len(grid.head), strict=True)
    )
    rows = []
    for first, *rest in grid.rows:
        cells = "".join(
            f'<td class="{cell.tone}{" n" if cell.number else ""}" data-of="{escape(of)}">{escape(cell.text)}</td>'
            for cell, of in zip(rest, grid.head[1:], strict=True)
        )
        rows.append(f"<tr><th scope=row>{escape(first.text)}</th>{cells}</tr>")
    # A telephone shows the fields of a long row below each other, and so sentences.
    many = " many" if len(grid.head) > _FEW or (len(grid.head) == _FEW and not any(numbers)) else ""
    return (
        f'<div class="scroll{many}"><table><caption>{escape(grid.caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _chart(chart: Chart) -> str:
    if chart.narrow is None:
        return _svg(chart, "alone")
    return _svg(chart, "wide") + _svg(chart.narrow, "narrow")


def _svg(chart: Chart, kind: str) -> str:
    shapes = "".join(_shape(shape) for shape in chart.shapes)
    return (
        f'<div class="scroll {kind}"><svg viewBox="0 0 {chart.width:g} {chart.height:g}" role="img"'
        f' aria-label="{escape(chart.about)}">{shapes}</svg></div>'
    )


def _shape(shape: Rect | Words | Line) -> str:
    match shape:
        case Rect(x, y, width, height, fill):
            return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'
        case Words(x, y, text, size, anchor, fill):
            place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" fill="{fill}"'
            return f"<text {place}>{escape(text)}</text>"
        case Line(x1, y1, x2, y2):
            return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#556070"/>'
