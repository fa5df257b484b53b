"""Decks of slides (PowerPoint, Office Open XML), read to the last part: slides, notes, comments, layouts.

The format is ECMA-376, part 1, 13 and 19 to 21.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from posixpath import normpath
from xml.etree import ElementTree

from egress_review.checks.document import (
    OFFICE_SPACES,
    OTHER_THUMBNAIL,
    THUMBNAIL,
    Document,
    Grammar,
    Story,
    StoryKind,
    Trees,
    beside_of,
    elements_of,
    in_turn,
    left_by_templates,
    loads,
    misnamed,
    offices_in_properties,
    people_in_properties,
    pictures_of,
    speaking,
    strange_parts,
    strangers,
    stray,
    trees_of,
)
from egress_review.checks.organisations import is_somebody
from egress_review.checks.slide import laid_out, longest_line, marks_on, size_of, unseen_on
from egress_review.checks.xml_tree import local
from egress_review.checks.zipped import BrokenPackageError, parts_named, read_parts
from egress_review.findings import Severity

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_SLIDE = re.compile(r"ppt/slides/slide\d+\.xml")
_NOTES = re.compile(r"ppt/notesSlides/notesSlide\d+\.xml")
_BEHIND = re.compile(
    r"ppt/(slideLayouts/slideLayout|slideMasters/slideMaster|notesMasters/notesMaster|handoutMasters/handoutMaster)\d+\.xml"
)
_COMMENTS = re.compile(r"ppt/comments/[\w-]+\.xml|ppt/(?:commentAuthors|authors)\.xml")
_PICTURE = re.compile(r"ppt/media/[\w.-]+\.(?:png|jpe?g)", re.IGNORECASE)
HARMLESS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:app|core)\.xml|ppt/_rels/presentation\.xml\.rels|"
    r"ppt/(?:presentation|presProps|viewProps|tableStyles|revisionInfo)\.xml|ppt/theme/theme(?:Override)?\d+\.xml|"
    r"ppt/(?:slides|slideLayouts|slideMasters|notesSlides|notesMasters|handoutMasters|theme)/"
    r"(?:slide|slideLayout|slideMaster|notesSlide|notesMaster|handoutMaster|theme|themeOverride)\d+\.xml|"
    r"ppt/(?:slides|slideLayouts|slideMasters|notesSlides|notesMasters|handoutMasters|theme|comments)/_rels/[\w.-]+\.rels"
)
"""Parts that carry nothing but what this module reads, or how it looks."""
_ROOTS = {
    **dict.fromkeys(("sldLayout", "sldMaster", "notesMaster", "handoutMaster"), _BEHIND),
    **dict.fromkeys(("cmLst", "cmAuthorLst", "authorLst"), _COMMENTS),
    "sld": _SLIDE,
    "notes": _NOTES,
}
"""What the root of a part is called, and the names under which it is read."""
_SAID = ("t",)
_NAMED = ("tableStyleId", "attrName")
"""Elements of which the text is the name of a style, or of what an animation changes."""
_FURNITURE = frozenset(("sldNum", "dt", "hdr", "ftr", "sldImg"))
"""Places on a page of notes that hold no note: its number, date, header, footer, the picture of the slide."""
_RUNS = re.compile(r"ppaction://(?:program|macro|ole)", re.IGNORECASE)

PARTS = parts_named(
    (r".*vbaProject.*|.*vbaData.*", Severity.BLOCK, "매크로", "a macro"),
    (r"ppt/printerSettings/.*", Severity.FAIL, "프린터 설정", "printer settings"),
    (r"ppt/(?:embeddings|activeX|ctrlProps)/.*|.*\.bin", Severity.BLOCK, "안에 든 다른 파일", "an embedded file"),
    (r"ppt/charts/.*", Severity.FAIL, "원자료가 딸린 차트", "a chart with its data"),
    (r"ppt/diagrams/.*", Severity.FAIL, "다이어그램", "a diagram"),
    (r"customXml/.*|docProps/custom\.xml|ppt/tags/.*", Severity.FAIL, "사용자 정의 정보", "custom information"),
    (r"ppt/changesInfos/.*", Severity.FAIL, "변경 이력", "the history of changes"),
    (
        r"ppt/(?:media|ink)/.*",
        Severity.FAIL,
        "읽을 수 없는 그림이나 영상",
        "a picture or film of a kind that is not read",
    ),
    OTHER_THUMBNAIL,
)


def read_deck(data: bytes) -> Document:
    """A deck from its bytes.

    Raises: BrokenPackageError
    """
    parts = read_parts(data)
    if "ppt/presentation.xml" not in parts:
        raise BrokenPackageError("파워포인트 문서로 읽을 수 없습니다.", "It cannot be read as a deck of slides.")
    return _deck(parts, trees_of(parts, HARMLESS, _COMMENTS))


def _deck(parts: Mapping[str, bytes], trees: Trees) -> Document:
    stories = (*_slides(trees), *_behind(trees), *_comments(trees))
    spoken = [tree for name, tree in trees.items() if _tells(name)]
    noted = [tree for name, tree in trees.items() if _COMMENTS.fullmatch(name)]
    paged = [tree for name, tree in trees.items() if _tells(name) and not _COMMENTS.fullmatch(name)]
    slides = [tree for name, tree in trees.items() if _SLIDE.fullmatch(name)]
    known = left_by_templates(parts)
    size = size_of(trees["ppt/presentation.xml"])
    return Document(
        stories,
        "\n".join(
            (beside_of((tree for name, tree in trees.items() if not _tells(name)), spoken, _SAID), *_prompts(trees))
        ),
        pictures_of(parts, _PICTURE, known),
        strange_parts(parts, known | trees.keys(), PARTS, _PICTURE, THUMBNAIL),
        hidden=sum(unseen_on(tree, size) for tree in slides),
        comments=sum(local(e.tag) == "cm" for e in elements_of(trees)),
        slides=sum(story.unseen for story in stories if story.kind is StoryKind.PAGE),
        notes=sum(story.kind is StoryKind.NOTES for story in stories),
        thumbnails=pictures_of(parts, THUMBNAIL, known),
        fields=sum(_RUNS.match(e.get("action", "")) is not None for e in elements_of(trees)),
        unknown=strangers(trees, OFFICE_SPACES)
        + speaking(paged, (*_SAID, *_NAMED))
        + speaking(noted, (*_SAID, "text"))
        + stray(spoken, "p", _SAID)
        + misnamed(trees, _ROOTS),
        people=people_in_properties(trees) + sum(map(_is_author, elements_of(trees))),
        offices=offices_in_properties(trees),
        outside=sum(map(loads, elements_of(trees))),
        marks=max(map(marks_on, slides), default=0),
        vertices=max(map(longest_line, slides), default=0),
    )


def _tells(name: str) -> bool:
    return any(pattern.fullmatch(name) for pattern in (_SLIDE, _NOTES, _BEHIND, _COMMENTS))


def _slides(trees: Trees) -> Iterator[Story]:
    """Each slide in the order of the show, its notes behind it; then what no show has."""
    listed = [name for name in _listed(trees) if name in trees]
    left = (name for name in in_turn(trees) if _SLIDE.fullmatch(name) and name not in listed)
    noted: set[str] = set()
    for number, name in enumerate((*dict.fromkeys(listed), *left), 1):
        slide = trees[name]
        unseen = name not in listed or slide.get("show") in ("0", "false")
        tables = (*_GRAMMAR.tables(slide), *laid_out(slide))
        yield Story(f"slide[{number}]", _words(slide), tables, unseen)
        for one in _targets(trees, name):
            if one in trees and one not in noted and local(trees[one].tag) == "notes":
                noted.add(one)
                yield from _notes(f"slide[{number}].notes", trees[one])
    lost = (name for name in in_turn(trees) if _NOTES.fullmatch(name) and name not in noted)
    for number, name in enumerate(lost, 1):
        yield from _notes(f"lost[{number}].notes", trees[name])


def _listed(trees: Trees) -> list[str]:
    """The names of the slides that the show has, in its order."""
    links = trees.get("ppt/_rels/presentation.xml.rels")
    targets = {} if links is None else {link.get("Id"): _resolved("ppt", link.get("Target", "")) for link in links}
    shown = trees["ppt/presentation.xml"].iter(f"{_P}sldId")
    return [targets[one] for slide in shown if (one := slide.get(f"{_R}id")) in targets]


def _targets(trees: Trees, name: str) -> Iterator[str]:
    folder, _, file = name.rpartition("/")
    links = trees.get(f"{folder}/_rels/{file}.rels")
    return (_resolved(folder, link.get("Target", "")) for link in (() if links is None else links))


def _resolved(folder: str, target: str) -> str:
    return target.removeprefix("/") if target.startswith("/") else normpath(f"{folder}/{target}")


def _notes(place: str, tree: ElementTree.Element) -> Iterator[Story]:
    """The notes of a slide, if they say anything."""
    words = _words(tree, without=_FURNITURE)
    tables = tuple(_GRAMMAR.tables(tree))
    if words.strip() or tables:
        yield Story(place, words, tables, unseen=True, kind=StoryKind.NOTES)


def _behind(trees: Trees) -> Iterator[Story]:
    """What layouts and masters show on every slide: all but the places that a slide fills."""
    for name, tree in trees.items():
        if _BEHIND.fullmatch(name):
            words, tables = _words(tree, without=None), tuple(_GRAMMAR.tables(tree))
            if words.strip() or tables:
                yield Story(name.rpartition("/")[2].removesuffix(".xml"), words, tables, kind=StoryKind.BEHIND)


def _prompts(trees: Trees) -> tuple[str, ...]:
    """What stands in the places that slides fill, and in the furniture of notes, each line once."""
    pages = (tree for name, tree in trees.items() if _BEHIND.fullmatch(name) or _NOTES.fullmatch(name))
    shapes = (shape for tree in pages for shape in tree.iter(f"{_P}sp") if _is_of(shape, None))
    lines = (line for shape in shapes for line in _GRAMMAR.lines(shape).split("\n"))
    return tuple(dict.fromkeys(filter(str.strip, lines)))


def _comments(trees: Trees) -> Iterator[Story]:
    for name, tree in trees.items():
        if _COMMENTS.fullmatch(name):
            lines = ["".join(_said(one)) for one in tree.iter(f"{_A}p")]
            lines += [element.text or "" for element in tree.iter() if local(element.tag) == "text"]
            lines += [element.get(key, "") for element in tree.iter() for key in ("name", "initials")]
            words = "\n\n".join(filter(str.strip, lines))
            place = name.removeprefix("ppt/").removesuffix(".xml")
            yield Story(place, words, unseen=True, kind=StoryKind.COMMENTS)


def _words(root: ElementTree.Element, without: frozenset[str] | None = frozenset()) -> str:
    """What the boxes of a page say, a line for each paragraph, and what is said of pictures and links.

    Placeholders of a kind in `without` are left out; with None all of them.
    """
    skipped = {id(one) for shape in root.iter(f"{_P}sp") if _is_of(shape, without) for one in shape.iter()}
    bodies = [one for one in root.iter() if local(one.tag) == "txBody" and id(one) not in skipped]
    held = {id(paragraph) for body in bodies for paragraph in body.iter(f"{_A}p")}
    loose = [one for one in root.iter(f"{_A}p") if id(one) not in held and id(one) not in skipped]
    # Each box is a text of its own: lines of neighbours would look like a table, and so would cells.
    said = [_GRAMMAR.lines(body) for body in (*bodies, *loose)]
    more = [text for one in root.iter() if id(one) not in skipped for text in _descriptions(one)]
    return "\n\n".join((*said, *more))


def _is_of(shape: ElementTree.Element, kinds: frozenset[str] | None) -> bool:
    """Whether a shape is a placeholder of one of these kinds; of any where `kinds` is None."""
    place = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    return place is not None and (kinds is None or place.get("type", "obj") in kinds)


def _said(paragraph: ElementTree.Element) -> Iterator[str]:
    for element in paragraph.iter():
        match local(element.tag):
            case "t":
                yield element.text or ""
            case "br":
                yield "\n"


_GRAMMAR = Grammar(f"{_A}tbl", f"{_A}tr", f"{_A}tc", f"{_A}p", _said)


def _descriptions(element: ElementTree.Element) -> Iterator[str]:
    """Words beside a picture or a link, which the slide does not show."""
    return (value for key, value in element.attrib.items() if local(key) in ("descr", "title", "tooltip") and value)


def _is_author(element: ElementTree.Element) -> bool:
    """Whether an element names somebody who wrote comments."""
    return local(element.tag) in ("cmAuthor", "author") and is_somebody(element.get("name"))
