"""Documents of the corpus as their programs write them: Word documents, PDF, drawings and pages."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

Rows = Sequence[Sequence[str]]

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_CORE = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"


def docx(
    paragraphs: Sequence[str] = (),
    tables: Sequence[Rows] = (),
    *,
    body: str = "",
    creator: str = "",
    parts: Mapping[str, bytes] | None = None,
    relations: str = "",
) -> bytes:
    """A document of paragraphs and tables, with raw XML behind them and further parts."""
    said = "".join(f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>" for text in paragraphs)
    grids = "".join(_grid(rows) for rows in tables)
    content: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="text/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}">'
        f'<Relationship Id="r1" Type="{_REL}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{_W}" xmlns:r="{_REL}"><w:body>{said}{grids}{body}</w:body>'
        "</w:document>",
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>',
        "docProps/core.xml": f'<c:coreProperties xmlns:c="{_CORE}" xmlns:d="http://purl.org/dc/elements/1.1/">'
        f"<d:creator>{escape(creator)}</d:creator></c:coreProperties>",
        **(parts or {}),
    }
    return packed(content)


def packed(content: Mapping[str, str | bytes]) -> bytes:
    """A package of parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in content.items():
            package.writestr(name, data)
    return target.getvalue()


def _grid(rows: Rows) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{_cells(row)}</w:tr>' for row in rows)}</w:tbl>"


def _cells(row: Sequence[str]) -> str:
    return "".join(f"<w:tc><w:p><w:r><w:t>{escape(cell)}</w:t></w:r></w:p></w:tc>" for cell in row)


def comments(text: str) -> bytes:
    """The part of a document that holds its comments."""
    said = f"<w:comment w:id='0' w:author='A'><w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p></w:comment>"
    return f'<w:comments xmlns:w="{_W}">{said}</w:comments>'.encode()


def inserted(text: str) -> str:
    """A tracked deletion of some words."""
    return f"<w:p><w:del w:id='1' w:author='A'><w:r><w:delText>{escape(text)}</w:delText></w:r></w:del></w:p>"


def unseen(text: str) -> str:
    """A paragraph of hidden text."""
    return f"<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>{escape(text)}</w:t></w:r></w:p>"


def linked(kind: str, target: str) -> str:
    """A relation to something outside the document."""
    return f'<Relationship Id="x1" Type="{_REL}/{kind}" Target="{escape(target)}" TargetMode="External"/>'


# -- PDF --------------------------------------------------------------------------------------------------------------


def pdf(
    pages: Sequence[Sequence[tuple[float, float, str]]],
    *,
    drawn: bytes = b"",
    more: Sequence[bytes] = (),
    catalog: bytes = b"",
    page: bytes = b"",
    info: bytes = b"/Producer (Matplotlib pdf backend)",
    tail: bytes = b"",
) -> bytes:
    """A PDF of pages with words at places; `more` are objects from number 100, reached or not as the caller says."""
    objects: dict[int, bytes] = {}
    numbers = [10 + 2 * n for n in range(len(pages))]
    kids = b" ".join(b"%d 0 R" % n for n in numbers)
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>"
    objects[2] = b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % len(pages)
    objects[3] = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    objects[4] = b"<< " + info + b" >>"
    for number, words in zip(numbers, pages, strict=True):
        said = b"".join(b"BT /F1 11 Tf %.1f %.1f Td (%s) Tj ET\n" % (x, y, t.encode()) for x, y, t in words)
        objects[number] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> "
            b"/XObject << /M0 5 0 R >> >> /Contents %d 0 R " % (number + 1)
        ) + (page + b" >>")
        objects[number + 1] = stream(b"", said + drawn)
    objects[5] = stream(b"/Type /XObject /Subtype /Form /BBox [-3 -3 3 3]", b"-3 -3 6 6 re f\n")
    objects |= {100 + n: content for n, content in enumerate(more)}
    return _file(objects) + tail


def stream(words: bytes, content: bytes) -> bytes:
    """A stream object with a packed content."""
    packed = zlib.compress(content)
    head = b"<< " + words + b" /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed)
    return head + packed + b"\nendstream"


def _file(objects: Mapping[int, bytes]) -> bytes:
    data = bytearray(b"%PDF-1.4\n%\xac\xdc\xab\xba\n")
    places: dict[int, int] = {}
    for number, content in sorted(objects.items()):
        places[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(data)
    data += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        data += b"%d 1\n%010d 00000 n \n" % (number, place)
    data += b"trailer\n<< /Size %d /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (max(objects) + 1, start)
    return bytes(data)


def lines(text: Sequence[str], x: float = 60, top: float = 780) -> list[tuple[float, float, str]]:
    """Lines of text from the top of a page."""
    return [(x, top - 18 * n, line) for n, line in enumerate(text)]


def pdf_table(rows: Rows) -> list[tuple[float, float, str]]:
    """A table as it is printed: every cell at its column."""
    return [(60 + 130 * c, 760 - 18 * r, cell) for r, row in enumerate(rows) for c, cell in enumerate(row)]


# -- drawings and pages -----------------------------------------------------------------------------------------------


def svg(labels: Sequence[str] = (), *, marks: int = 0, body: str = "") -> bytes:
    """A drawing with labels and so many marks, as matplotlib writes it."""
    said = "".join(f'<text x="10" y="{20 + 14 * n}">{escape(label)}</text>' for n, label in enumerate(labels))
    dots = "".join(f'<use xlink:href="#m1" x="{n * 3.7:.3f}" y="{(n * 7919) % 200}.5"/>' for n in range(marks))
    return (
        '<?xml version="1.0" encoding="utf-8" standalone="no"?>\n'
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="460pt" '
        'height="345pt" version="1.1"><defs><path id="m1" d="M 0 3 C 1 3 2 3 3 0 z"/></defs><g id="axes_1">'
        f'<path d="M 57 307 L 57 41 L 414 41 z" style="fill: #ffffff"/>{dots}{said}</g>{body}</svg>\n'
    ).encode()


def page(rows: Rows = (), *, body: str = "", head: str = "") -> bytes:
    """A page with one table."""
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    table = f'<table border="1" class="dataframe"><tbody>{lines}</tbody></table>' if rows else ""
    return f"<!DOCTYPE html>\n<html><head><title>t</title>{head}</head><body>{table}{body}</body></html>\n".encode()
