"""A heading and a table as text for a terminal and as HTML for a notebook; what a file says is never markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_CELL = "text-align:left;vertical-align:top;white-space:pre-wrap"


def as_text(heading: str, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The heading, then each row as its first cell with the others named below it."""
    blocks = [heading]
    for first, *rest in rows:
        parts = [f"    {title}: {value}" for title, value in zip(titles[1:], rest, strict=True) if value]
        blocks.append("\n".join([f"  {first}", *parts]))
    return "\n".join(blocks)


def as_html(heading: str, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The heading, then a table if there are rows."""
    html = f'<p style="white-space:pre-wrap"><strong>{escape(heading)}</strong></p>'
    if not rows:
        return html
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(title)}</th>' for title in titles)
    cells = ("".join(f'<td style="{_CELL}">{escape(value)}</td>' for value in row) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f"{html}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
