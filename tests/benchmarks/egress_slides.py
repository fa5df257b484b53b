"""Decks of slides and Hangul documents of the corpus, as their programs write them: PowerPoint and Hangul."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.benchmarks.egress_documents import packed

Rows = Sequence[Sequence[str]]

_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_CORE = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
_ALL = f'xmlns:a="{_A}" xmlns:p="{_P}" xmlns:r="{_REL}"'


@dataclass(frozen=True, slots=True)
class Slide:
    """A slide: boxes of words, tables, further shapes as XML, and the notes for the speaker."""

    boxes: Sequence[str] = ()
    tables: Sequence[Rows] = ()
    shapes: str = ""
    notes: str = ""
    hidden: bool = False


def pptx(
    *slides: Slide,
    creator: str = "",
    parts: Mapping[str, bytes] | None = None,
    relations: str = "",
    layout: str = "",
) -> bytes:
    """A deck of slides with one layout, on which `layout` stands as XML, and further parts."""
    numbered = list(enumerate(slides, 1))
    listed = "".join(f'<p:sldId id="{255 + n}" r:id="s{n}"/>' for n, _ in numbered)
    links = "".join(_link(f"s{n}", "slide", f"slides/slide{n}.xml") for n, _ in numbered)
    content: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="text/xml"/></Types>',
        "_rels/.rels": _links(_link("r1", "officeDocument", "ppt/presentation.xml")),
        "docProps/core.xml": f'<c:coreProperties xmlns:c="{_CORE}" xmlns:d="http://purl.org/dc/elements/1.1/">'
        f"<d:title>PowerPoint Presentation</d:title><d:creator>{escape(creator)}</d:creator></c:coreProperties>",
        "ppt/presentation.xml": f'<p:presentation {_ALL}><p:sldIdLst>{listed}</p:sldIdLst><p:sldSz cx="9144000" '
        'cy="6858000"/></p:presentation>',
        "ppt/_rels/presentation.xml.rels": _links(links + _link("m1", "slideMaster", "slideMasters/slideMaster1.xml")),
        "ppt/slideMasters/slideMaster1.xml": _page(
            "sldMaster", _box("Click to edit Master title style", 1, place="title")
        ),
        "ppt/slideLayouts/slideLayout1.xml": _page("sldLayout", _box("Click to edit", 1, place="body") + layout),
        **(parts or {}),
    }
    for n, slide in numbered:
        content |= _slide(n, slide, relations if n == 1 else "")
    return packed(content)


def _slide(number: int, slide: Slide, relations: str) -> dict[str, str | bytes]:
    boxes = "".join(_box(text, n) for n, text in enumerate(slide.boxes, 2))
    grids = "".join(grid(rows) for rows in slide.tables)
    shown = ' show="0"' if slide.hidden else ""
    links = _link("l1", "slideLayout", "../slideLayouts/slideLayout1.xml") + relations
    files: dict[str, str | bytes] = {f"ppt/slides/slide{number}.xml": _page("sld", boxes + grids + slide.shapes, shown)}
    if slide.notes:
        links += _link("n1", "notesSlide", f"../notesSlides/notesSlide{number}.xml")
        said = _box(slide.notes, 2, place="body") + _box("1", 3, place="sldNum")
        files[f"ppt/notesSlides/notesSlide{number}.xml"] = _page("notes", said)
    return files | {f"ppt/slides/_rels/slide{number}.xml.rels": _links(links)}


def _page(kind: str, shapes: str, more: str = "") -> str:
    return f"<p:{kind} {_ALL}{more}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:{kind}>"


def _box(text: str, number: int, place: str = "") -> str:
    paragraphs = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in text.split("\n"))
    held = f'<p:ph type="{place}"/>' if place else ""
    named = f'<p:nvSpPr><p:cNvPr id="{number}" name="TextBox {number}"/><p:nvPr>{held}</p:nvPr></p:nvSpPr>'
    return f"<p:sp>{named}<p:spPr/><p:txBody><a:bodyPr/>{paragraphs}</p:txBody></p:sp>"


def shape(text: str = "", *, at: tuple[int, int] = (900_000, 900_000), look: str = "/>", named: str = "") -> str:
    """An ellipse at a place, with words whose properties end in `look`, and attributes of its name."""
    form = (
        f'<p:spPr><a:xfrm><a:off x="{at[0]}" y="{at[1]}"/><a:ext cx="90000" cy="90000"/></a:xfrm>'
        '<a:prstGeom prst="ellipse"/></p:spPr>'
    )
    said = f"<a:r><a:rPr {look}<a:t>{escape(text)}</a:t></a:r>" if text else ""
    head = f'<p:nvSpPr><p:cNvPr id="9" name="Oval 9" {named}/><p:nvPr/></p:nvSpPr>'
    return f"<p:sp>{head}{form}<p:txBody><a:p>{said}</a:p></p:txBody></p:sp>"


def grid(rows: Rows) -> str:
    """A table of a slide, as XML."""
    lines = "".join(f"<a:tr>{''.join(map(_cell, row))}</a:tr>" for row in rows)
    return (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="40" name="Table 1"/></p:nvGraphicFramePr><a:graphic>'
        f"<a:graphicData><a:tbl>{lines}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )


def _cell(text: str) -> str:
    return f"<a:tc><a:txBody><a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p></a:txBody></a:tc>"


def comment(text: str) -> bytes:
    """The comments of a slide."""
    return f'<p:cmLst {_ALL}><p:cm authorId="0"><p:text>{escape(text)}</p:text></p:cm></p:cmLst>'.encode()


def authors(name: str) -> bytes:
    """Those who wrote comments."""
    return f'<p:cmAuthorLst {_ALL}><p:cmAuthor id="0" name="{escape(name)}" initials="A"/></p:cmAuthorLst>'.encode()


def _link(key: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{key}" Type="{_REL}/{kind}" Target="{target}"/>'


def _links(links: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}">{links}</Relationships>'


# -- Hangul -----------------------------------------------------------------------------------------------------------

_HANCOM = "http://www.hancom.co.kr/hwpml/2011"
_HP = f'xmlns:hp="{_HANCOM}/paragraph" xmlns:hs="{_HANCOM}/section" xmlns:hh="{_HANCOM}/head"'
_OPF = 'xmlns:opf="http://www.idpf.org/2007/opf/"'


def hwpx(
    paragraphs: Sequence[str] = (),
    tables: Sequence[Rows] = (),
    *,
    body: str = "",
    creator: str = "",
    head: str = "",
    preview: str | None = None,
    parts: Mapping[str, bytes] | None = None,
    items: str = "",
) -> bytes:
    """A document of paragraphs and tables, with raw XML behind them; the preview says what it says if not told."""
    grids = "".join(said(_table(rows)) for rows in tables)
    told = "\r\n".join(paragraphs) + "\r\n" + "\r\n".join(f"<{'><'.join(row)}>" for rows in tables for row in rows)
    letters = '<hh:charPr id="0" height="1000"/><hh:charPr id="7" height="100"/>'
    shapes = f"<hh:refList><hh:charProperties>{letters}</hh:charProperties>{head}</hh:refList>"
    lines = "".join(said(text=text) for text in paragraphs)
    named = f'<opf:title/><opf:meta name="creator" content="text">{escape(creator)}</opf:meta>'
    listed = f'<opf:item id="section0" href="Contents/section0.xml"/>{items}'
    content: dict[str, str | bytes] = {
        "mimetype": "application/hwp+zip",
        "version.xml": f'<hv:HCFVersion xmlns:hv="{_HANCOM}/version" application="Hancom Office Hangul"/>',
        "Contents/header.xml": f'<hh:head {_HP}>{shapes}<hh:docOption><hh:linkinfo path=""/></hh:docOption></hh:head>',
        "Contents/section0.xml": f"<hs:sec {_HP}>{lines}{grids}{body}</hs:sec>",
        "Preview/PrvText.txt": (told if preview is None else preview)[:1000],
        "settings.xml": f'<ha:HWPApplicationSetting xmlns:ha="{_HANCOM}/app"/>',
        "META-INF/manifest.xml": '<odf:manifest xmlns:odf="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        "Contents/content.hpf": f"<opf:package {_OPF}><opf:metadata>{named}</opf:metadata>"
        f"<opf:manifest>{listed}</opf:manifest></opf:package>",
        **(parts or {}),
    }
    return packed(content)


def said(inner: str = "", *, text: str = "", look: int = 0) -> str:
    """A paragraph of a text in letters of the kind `look`, or of what stands in its run."""
    run = inner or f"<hp:t>{escape(text)}</hp:t>"
    return f'<hp:p id="0"><hp:run charPrIDRef="{look}">{run}</hp:run><hp:linesegarray/></hp:p>'


def _table(rows: Rows) -> str:
    cells = [[cell(text, r, c) for c, text in enumerate(row)] for r, row in enumerate(rows)]
    return table(*cells)


def table(*rows: Sequence[str]) -> str:
    """A table of rows of cells that are XML."""
    return f"<hp:tbl>{''.join(f'<hp:tr>{chr(10).join(row)}</hp:tr>' for row in rows)}</hp:tbl>"


def cell(text: str, row: int, column: int, down: int = 1, across: int = 1) -> str:
    """A cell of a table at its place."""
    return (
        f'<hp:tc><hp:subList>{said(text=text)}</hp:subList><hp:cellAddr colAddr="{column}" rowAddr="{row}"/>'
        f'<hp:cellSpan colSpan="{across}" rowSpan="{down}"/></hp:tc>'
    )


def field(kind: str, text: str) -> str:
    """A field of a kind with words of its own: a memo, a place to click, a path."""
    held = f"<hp:subList>{said(text=text)}</hp:subList>"
    return said(f'<hp:ctrl><hp:fieldBegin type="{kind}">{held}</hp:fieldBegin></hp:ctrl>')


def noted(text: str) -> str:
    """A hidden comment."""
    return said(f"<hp:ctrl><hp:hiddenComment><hp:subList>{said(text=text)}</hp:subList></hp:hiddenComment></hp:ctrl>")


def removed(text: str) -> str:
    """Words that were deleted while changes were tracked."""
    return said(f'<hp:t>a<hp:deleteBegin Id="1"/>{escape(text)}<hp:deleteEnd Id="1"/>b</hp:t>')
