"""Hangul documents (HWPX, the word processor of Korea's public sector), read to the last part: KS X 6101 (OWPML)."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterator, Mapping
from itertools import islice, product
from xml.etree import ElementTree

from egress_review.checks.decoding import decode
from egress_review.checks.document import (
    Document,
    Rows,
    Story,
    StoryKind,
    Trees,
    beside_of,
    elements_of,
    in_turn,
    misnamed,
    pictures_of,
    speaking,
    strange_parts,
    strangers,
    stray,
    trees_of,
)
from egress_review.checks.organisations import is_organisation, is_somebody
from egress_review.checks.xml_tree import local
from egress_review.checks.zipped import BrokenPackageError, parts_named, read_parts
from egress_review.findings import Severity

_MEDIA = b"application/hwp+zip"
_HEADER, _PACKAGE = "Contents/header.xml", "Contents/content.hpf"
_PREVIEW = "Preview/PrvText.txt"
_STORIES = re.compile(r"Contents/(?:section|masterpage)[0-9]{1,6}\.xml", re.IGNORECASE)
_PICTURE = re.compile(r"BinData/[\w.-]+\.(?:png|jpe?g)", re.IGNORECASE)
_THUMBNAIL = re.compile(r"Preview/PrvImage\.(?:png|jpe?g)", re.IGNORECASE)
HARMLESS = re.compile(
    r"version\.xml|settings\.xml|META-INF/(?:container\.xml|manifest\.xml|container\.rdf)|"
    r"Contents/(?:content\.hpf|header\.xml|memoExtended\.xml|(?:section|[mM]asterpage)[0-9]{1,6}\.xml)"
)
"""Parts that carry nothing but what this module reads, or how it looks."""
_SPACES = re.compile(
    r"http://www\.hancom\.co\.kr/(?:hwpml|schema)/20\d\d/.*|http://www\.owpml\.org/owpml/20\d\d/.*|"
    r"http://www\.idpf\.org/2007/(?:opf|ops)/?|urn:oasis:names:tc:opendocument:xmlns:(?:container|(?:manifest|config):1\.0)|"
    r"http://purl\.org/dc/elements/1\.1/|http://www\.w3\.org/1999/02/22-rdf-syntax-ns#|"
)
_SAID = frozenset(("t", "mainText", "subText", "script", "text"))
"""Elements of which the text is words on a page: runs, words above others, equations, what stands in a form."""
_NOTED = frozenset(
    ("shapeComment", "metaTag", "booleanParam", "integerParam", "unsignedintegerParam", "floatParam", "stringParam")
)
"""Elements with a text that no page shows: what the program says of a picture, the settings of a field."""
_LETTERS = {"tab": "\t", "lineBreak": "\n", "nbSpace": " ", "fwSpace": " ", "hyphen": "-"}
_ROOTS = {"sec": _STORIES, "masterPage": _STORIES}
"""What the root of a part is called, and the names under which it is read."""
_TRACKED = frozenset(("insertBegin", "deleteBegin"))
_FORMS = frozenset(("comboBox", "listBox", "scrollBar", "btn", "checkBtn", "radioBtn", "edit", "video"))
_FIELDS = frozenset(
    ("HYPERLINK", "BOOKMARK", "CLICK_HERE", "CROSSREF", "FORMULA", "DATE", "TABLEOFCONTENTS", "OUTLINE", "MEMO")
)
"""Fields that point within the document, count, or ask for a word; what a formula gives stands in the text."""
_TINY = 200
"""Font size in hundredths of a point up to which nobody reads a text."""
_MOST_CELLS = 500_000
"""Cells of all tables up to which they are laid out; a cell that spans others counts as those."""
_MOST_SIGNS = 200
_MOST_LISTS = 16
_LONGEST_PREVIEW = 8_000
"""Characters of a preview up to which it is compared with the document; programs write some 1,000."""
_MOST_SOUGHT = 40
"""Pieces of a preview that are no line or cell of the document and are looked for within them."""
_WHOLE = re.compile(r"[0-9]{1,6}")
_IDLE_SCRIPT = re.compile(
    r"(?:var Documents = XHwpDocuments; var Document = Documents\.Active_XHwpDocument;)?"
    r"(?:function On[A-Z]\w{1,30}\(\) \{ //todo : \} ?){0,40}"
)
"""What the program writes where nobody wrote a script."""

Place = tuple[int, int, int, int]
"""Row and column of a cell of a table from zero, and how many of each it spans."""

PARTS = parts_named(
    (r"Scripts/.*", Severity.BLOCK, "매크로", "a macro"),
    (r"BinData/.*\.(?:ole|xlsx?|docx?|hwpx?|zip|bin)", Severity.BLOCK, "안에 든 다른 파일", "an embedded file"),
    (r"Chart/.*", Severity.FAIL, "원자료가 딸린 차트", "a chart with its data"),
    (r"BinData/.*", Severity.FAIL, "읽을 수 없는 형식의 그림", "a picture of a kind that is not read"),
    (r"Custom/.*", Severity.FAIL, "사용자 정의 정보", "custom information"),
    (r".*[Hh]istory.*", Severity.FAIL, "변경 이력", "the history of changes"),
    (r"Preview/.*", Severity.FAIL, "미리보기 그림", "a thumbnail"),
)


def read_hangul(data: bytes) -> Document:
    """A document from its bytes.

    Raises: BrokenPackageError
    """
    parts = read_parts(data)
    if parts.get("mimetype", b"").strip() != _MEDIA or _HEADER not in parts or _PACKAGE not in parts:
        raise BrokenPackageError(
            "한글(HWPX) 문서로 읽을 수 없습니다.", "It cannot be read as a Hangul document (HWPX)."
        )
    return _document(parts, trees_of(parts, HARMLESS))


def _document(parts: Mapping[str, bytes], trees: Trees) -> Document:
    told = {name: tree for name, tree in trees.items() if _STORIES.fullmatch(name)}
    elements = [element for tree in told.values() for element in tree.iter()]
    shown = _listed(trees[_PACKAGE])
    stories = tuple(
        Story(_place(name), _words(told[name]), tuple(_tables(told[name])), name not in shown) for name in in_turn(told)
    )
    preview = decode(parts.get(_PREVIEW, b""))
    stale = _stale(preview.text, stories) if preview else []
    idle = {name for name, content in parts.items() if name.startswith("Scripts/") and _is_idle(content)}
    known = {"mimetype", *trees, *idle} | ({_PREVIEW} if preview else set())
    said = Story("preview", "\n".join(stale), unseen=True, kind=StoryKind.PREVIEW)
    return Document(
        (*stories, said) if stale else stories,
        _beside(trees, told),
        pictures_of(parts, _PICTURE),
        strange_parts(parts, known, PARTS, _PICTURE, _THUMBNAIL),
        tracked=max(sum(local(e.tag) in _TRACKED for e in elements), _count(trees[_HEADER], "trackChange")),
        hidden=_unreadable(trees[_HEADER], elements)
        + sum(local(e.tag) == "hiddenComment" for e in elements)
        + sum(story.unseen for story in stories),
        comments=max(sum(local(e.tag) == "memo" for e in elements), sum(e.get("type") == "MEMO" for e in elements)),
        stale=len(stale),
        thumbnails=pictures_of(parts, _THUMBNAIL),
        fields=sum(map(_is_active, elements)),
        unknown=strangers(trees, _SPACES)
        + speaking(told.values(), _SAID | _NOTED)
        + stray(told.values(), "p", _SAID)
        + misnamed(trees, _ROOTS),
        people=sum(is_somebody(_author(one)) for one in elements_of(trees)),
        offices=sum(is_organisation(_author(one)) for one in elements_of(trees)),
        outside=_outside(parts, trees),
    )


def _listed(package: ElementTree.Element) -> frozenset[str]:
    """The parts that the list of contents names, from the root of the package."""
    named = {one.get("href", "") for one in _named(package, "item")}
    return frozenset(named | {f"Contents/{name}" for name in named})


def _beside(trees: Trees, told: Trees) -> str:
    """What the other parts say, without the signs that must not begin or end a line."""
    held = beside_of((tree for name, tree in trees.items() if name not in told), told.values(), _SAID)
    for element in islice(_named(trees[_HEADER], "forbiddenWord"), _MOST_LISTS):
        if (text := (element.text or "").strip()) and _lists_signs(text):
            held = held.replace(text, "")
    return held


def _lists_signs(text: str) -> bool:
    """Whether this is Base64 of a sorted list of signs, each once, none of them a letter or digit of ASCII."""
    try:
        signs = base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        return False
    units = struct.unpack(f"<{len(signs) // 2}H", signs[: len(signs) // 2 * 2])
    plain = all(unit > 0x20 and not (unit < 0x80 and chr(unit).isalnum()) for unit in units)
    return len(signs) % 2 == 0 and len(units) <= _MOST_SIGNS and plain and list(units) == sorted(set(units))


def _place(name: str) -> str:
    """The place of a part for findings, counted from one: `section[1]`."""
    found = re.fullmatch(r"Contents/([A-Za-z]+)([0-9]+)\.xml", name)
    return f"{found[1].lower()}[{int(found[2]) + 1}]" if found else name


def _count(root: ElementTree.Element, name: str) -> int:
    return sum(local(element.tag) == name for element in root.iter())


def _words(root: ElementTree.Element) -> str:
    """Everything a part says, removed and hidden words too, a line for each paragraph."""
    # A cell is no line of a text: among its neighbours it would look like a table of its own.
    cells = {id(one) for cell in _named(root, "tc") for one in _named(cell, "p")}
    lines = (f"\n{_line(one)}\n" if id(one) in cells else _line(one) for one in _named(root, "p"))
    said = (element.get(key, "") for element in root.iter() for key in ("composeText", "caption", "displayText"))
    arts = (element.get("text", "") for element in _named(root, "textart"))
    return "\n".join((*lines, *filter(str.strip, (*said, *arts))))


def _named(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (element for element in root.iter() if local(element.tag) == name)


def _line(paragraph: ElementTree.Element) -> str:
    return "".join(_said(paragraph))


def _said(element: ElementTree.Element) -> Iterator[str]:
    """What an element says; the paragraphs of cells, boxes and notes in it are lines of their own."""
    if local(element.tag) in _SAID:
        yield element.text or ""
    for part in element:
        name = local(part.tag)
        yield _LETTERS.get(name, "")
        if name != "p":
            yield from _said(part)
        if local(element.tag) in _SAID:
            yield part.tail or ""


def _tables(root: ElementTree.Element) -> Iterator[Rows]:
    """Every table.

    Raises: BrokenPackageError — where cells have no place, share one, or are too many.
    """
    left = _MOST_CELLS
    for table in _named(root, "tbl"):
        cells = [cell for row in table if local(row.tag) == "tr" for cell in row if local(cell.tag) == "tc"]
        places = [_place_of(cell) for cell in cells]
        left -= sum(down * across for _, _, down, across in places)
        if left < 0:
            raise BrokenPackageError("표의 칸이 너무 많습니다.", "There are too many cells.")
        if cells:
            yield _grid([(place, _cell(cell)) for place, cell in zip(places, cells, strict=True)])


def _cell(cell: ElementTree.Element) -> str:
    return " ".join(" ".join(_line(one) for one in _named(cell, "p")).split())


def _grid(cells: list[tuple[Place, str]]) -> Rows:
    """The cells of a table at their places. A label that spans rows is said in each of them, a number once."""
    held: dict[tuple[int, int], str] = {}
    for (row, column, down, across), text in cells:
        for r, c in product(range(down), range(across)):
            if (row + r, column + c) in held:
                raise BrokenPackageError("표의 칸이 겹칩니다.", "Cells of a table overlap.")
            again = c == 0 and (r == 0 or column == 0 or not text.isdecimal())
            held[row + r, column + c] = text if again else ""
    rows, columns = max(row for row, _ in held) + 1, max(column for _, column in held) + 1
    if rows * columns > 2 * len(held) + 1_000:
        raise BrokenPackageError("표에 빈 자리가 너무 많습니다.", "A table leaves too many places empty.")
    return tuple(tuple(held.get((row, column), "") for column in range(columns)) for row in range(rows))


def _place_of(cell: ElementTree.Element) -> Place:
    held = {local(part.tag): part.attrib for part in cell}
    address, span = held.get("cellAddr", {}), held.get("cellSpan", {})
    said = [address.get("rowAddr", ""), address.get("colAddr", ""), span.get("rowSpan", ""), span.get("colSpan", "")]
    if not all(map(_WHOLE.fullmatch, said)):
        raise BrokenPackageError("표의 칸이 어디 있는지 알 수 없습니다.", "A cell of a table has no place.")
    row, column, down, across = map(int, said)
    return row, column, max(1, down), max(1, across)


def _unreadable(header: ElementTree.Element, elements: list[ElementTree.Element]) -> int:
    """How many runs say something in letters that are too small to read."""
    sizes = {one.get("id"): one.get("height", "") for one in _named(header, "charPr")}
    tiny = {key for key, height in sizes.items() if _WHOLE.fullmatch(height) and int(height) <= _TINY}
    runs = (one for one in elements if local(one.tag) == "run" and one.get("charPrIDRef") in tiny)
    return sum(bool("".join(_said(run)).strip()) for run in runs)


def _is_active(element: ElementTree.Element) -> bool:
    """Whether an element is a part of a form, a film, or a field that does more than point or count."""
    name = local(element.tag)
    return name in _FORMS or (name == "fieldBegin" and element.get("type", "") not in _FIELDS)


def _author(element: ElementTree.Element) -> str | None:
    """Who made, changed or saved the document, where an element says it."""
    name = local(element.tag)
    if name == "trackChangeAuthor":
        return element.get("name")
    return element.text if name == "meta" and element.get("name") in ("creator", "lastsaveby") else None


def _outside(parts: Mapping[str, bytes], trees: Trees) -> int:
    """How many files the list of contents names that are not in the package, and documents that it is linked with."""
    folders = ("", "Contents/")
    items = (element.get("href", "") for element in _named(trees[_PACKAGE], "item"))
    linked = (element.get("path", "") for element in _named(trees[_HEADER], "linkinfo"))
    return sum(all(folder + href not in parts for folder in folders) for href in items) + sum(map(bool, linked))


def _stale(preview: str, stories: tuple[Story, ...]) -> list[str]:
    """The lines of the preview that the document does not say; cells stand in angle brackets there."""
    if len(preview) > _LONGEST_PREVIEW:
        return list(_pieces(preview).values())
    lines = {piece for story in stories for piece in _pieces(story.words)}
    held = "".join("".join(story.words.split()) for story in stories)
    left = [(piece, said) for piece, said in _pieces(preview).items() if piece not in lines]
    return [said for at, (piece, said) in enumerate(left) if at >= _MOST_SOUGHT or piece not in held]


def _pieces(text: str) -> dict[str, str]:
    """The lines and cells of a text without their spaces, and as they are."""
    said = (piece.strip() for piece in re.split(r"[<>\r\n\0]+", text))
    return {"".join(piece.split()): piece for piece in said if piece}


def _is_idle(content: bytes) -> bool:
    """Whether a script is the empty one that the program leaves in every document."""
    text = content.decode("utf-16-le", errors="replace") if b"\0" in content else content.decode(errors="replace")
    return _IDLE_SCRIPT.fullmatch(" ".join(text.split())) is not None
