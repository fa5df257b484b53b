"""SVG, read to its last attribute: the words in a drawing, its pictures, how many points of data it draws.

A drawing keeps every point with the coordinates it was drawn at, so a scatter plot is a table of records.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from xml.etree import ElementTree

from egress_review.checks.plotted import Plot, read_plot
from egress_review.checks.unseen_values import GEOMETRY, LONGEST_UNKNOWN, unseen_in
from egress_review.checks.xml_tree import BrokenXmlError, local, namespace, read_xml

MOST_ELEMENTS = 100_000

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_KNOWN_SPACES = frozenset((_SVG, "", "http://www.w3.org/XML/1998/namespace"))

DRAWS = frozenset(
    """
    svg g defs path rect circle ellipse line polyline polygon text tspan textPath title desc style use clipPath
    linearGradient radialGradient stop marker symbol pattern mask image metadata a switch filter feGaussianBlur
    feOffset feMerge feMergeNode feBlend feFlood feComposite feColorMatrix
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
RUNS = frozenset(
    """
    script foreignObject set animate animateMotion animateTransform handler iframe
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
_POINTS = frozenset(("circle", "ellipse", "use"))
_COMMANDS = re.compile(r"[A-Za-z]")
_NUMBERS = re.compile(r"[-+]?(?:\d*\.\d+|\d+\.?)(?:[eE][-+]?\d+)?")
_HIDES = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?<![\w-])opacity\s*:\s*0(?:\.0+)?\s*(?:[;}]|$)|font-size\s*:\s*0(?![\d.])"
)
_CSS_LOADS = re.compile(r"url\s*\(\s*['\"]?(?!#)[^)]|@import", re.IGNORECASE)
_DATA_URI = re.compile(r"\s*data:image/(?:png|jpeg|jpg);base64,", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing in pieces, and what of it is not to be seen."""

    prose: str
    """The words of the drawing, of its descriptions, metadata and comments, a line each, as one reads them."""
    styles: str
    images: tuple[bytes, ...]
    marks: int
    """Marks of one shape: the points of a scatter plot."""
    vertices: int
    """Corners of the longest line."""
    plot: Plot
    runs: tuple[str, ...]
    outside: int
    hidden: tuple[str, ...]


def read_drawing(data: bytes) -> Drawing:
    """A drawing from its bytes.

    Raises: BrokenXmlError
    """
    root = read_xml(data, doctype=True, comments=True)
    if local(root.tag) != "svg" or sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        raise BrokenXmlError("svg")
    return _Reader().read(root)


class _Reader:
    def __init__(self) -> None:
        self._words: list[str] = []
        self._styles: list[str] = []
        self._images: list[bytes] = []
        self._runs: dict[str, None] = {}
        self._hidden: dict[str, None] = {}
        self._outside = 0
        self._marks = Counter[str]()
        self._vertices = 0

    def read(self, root: ElementTree.Element) -> Drawing:
        described = {id(e) for m in root.iter() if local(m.tag) == "metadata" for e in m.iter() if e is not m}
        for element in _as_read(root):
            if not isinstance(element.tag, str):
                # matplotlib writes the text of every label once more as a comment: words like any other.
                self._words += [(element.text or "").strip(), (element.tail or "").strip()]
            elif id(element) in described:
                self._words += [text for text in strings_of_one(element) if not text.startswith("http")]
            else:
                self._element(element)
        styles = "\n".join(self._styles)
        if _HIDES.search(styles):
            self._hidden["hidden by style"] = None
        self._hidden |= dict.fromkeys(unseen_in(root))
        return Drawing(
            "\n".join(word for word in self._words if word),
            styles,
            tuple(self._images),
            max(self._marks.values(), default=0),
            self._vertices,
            read_plot(root),
            tuple(self._runs),
            self._outside + len(_CSS_LOADS.findall(styles)),
            tuple(self._hidden),
        )

    def _element(self, element: ElementTree.Element) -> None:
        name = local(element.tag)
        if name in RUNS:
            self._runs[name] = None
        elif namespace(element.tag) not in _KNOWN_SPACES or name not in DRAWS:
            self._hidden["unknown element"] = None
        if name == "style":
            self._styles.append(element.text or "")
        elif element.text:
            self._words.append(element.text.strip())
        self._words.append((element.tail or "").strip())
        for key, value in element.attrib.items():
            self._attribute(name, key, value)
        self._count(name, element)

    def _attribute(self, tag: str, key: str, value: str) -> None:
        space, name = namespace(key), local(key)
        if name.startswith("on") and not space:
            self._runs["event handler"] = None
        elif name == "href":
            self._reference(tag, value)
        elif name == "style":
            self._styles.append(value)
        elif name == "display" and value.strip() == "none":
            self._hidden["hidden by style"] = None
        elif name.startswith("data-") or space not in (*_KNOWN_SPACES, _XLINK):
            self._hidden["data attribute"] = None
            self._words.append(value)
        elif name in ("id", "class", "title", "type", "role") or name.startswith("aria-"):
            if len(value) > 40 or re.search(r"\d{6}", value):
                self._words.append(value)
        elif tag != "path" and _CSS_LOADS.search(value):
            self._outside += 1
        elif len(value) > LONGEST_UNKNOWN and name not in GEOMETRY:
            self._words.append(value)

    def _reference(self, tag: str, value: str) -> None:
        if value.startswith("#"):
            return
        match = _DATA_URI.match(value) if tag == "image" else None
        if match is None:
            scheme = value.strip().lower().partition(":")[0]
            if tag == "a" and scheme in ("http", "https"):
                self._words.append(value)
            elif scheme in ("javascript", "data", "vbscript", "file"):
                self._runs["link"] = None
            else:
                self._outside += 1
            return
        try:
            self._images.append(base64.b64decode("".join(value[match.end() :].split()), validate=True))
        except (binascii.Error, ValueError):
            self._hidden["broken picture"] = None

    def _count(self, name: str, element: ElementTree.Element) -> None:
        """Marks of one shape and the corners of lines; a glyph is drawn by reference too, but never at a place."""
        if name in _POINTS:
            target = next((v for k, v in element.attrib.items() if local(k) == "href"), name)
            letter = name == "use" and target.startswith("#glyph")
            if not letter and (name != "use" or ("x" in element.attrib and "y" in element.attrib)):
                self._marks[target] += 1
        elif name == "path":
            shape = element.get("d", "")
            numbers = len(_NUMBERS.findall(shape))
            self._vertices = max(self._vertices, numbers // 2 if shape.count("L") + shape.count("l") >= 3 else 0)
            if 0 < numbers <= 40:
                self._marks["".join(_COMMANDS.findall(shape)) + element.get("class", "")] += "C" in shape
        elif name in ("polyline", "polygon"):
            self._vertices = max(self._vertices, len(_NUMBERS.findall(element.get("points", ""))) // 2)


def _as_read(root: ElementTree.Element) -> list[ElementTree.Element]:
    """The elements of a drawing, its labels from top to bottom and left to right where each has a place of its own.

    As they stand in the file, the ticks of an axis may lie between the numbers of a row.
    """
    elements = list(root.iter())
    labels = [element for element in elements if _is_label(element)]
    places = [place for label in labels if (place := _place(label)) is not None]
    moved = any("transform" in element.attrib for element in elements if not _is_label(element))
    if moved or len(places) < len(labels):
        return elements
    ranked = (label for _, label in sorted(zip(places, labels, strict=True), key=itemgetter(0)))
    return [next(ranked) if _is_label(element) else element for element in elements]


def _is_label(element: ElementTree.Element) -> bool:
    return isinstance(element.tag, str) and local(element.tag) == "text"


def _place(label: ElementTree.Element) -> tuple[float, float] | None:
    """Line and column of a label of one piece; None for any other."""
    x, y = (_NUMBERS.fullmatch(label.get(key, "").strip().removesuffix("px")) for key in ("x", "y"))
    return None if x is None or y is None or len(label) else (float(y[0]), float(x[0]))


def strings_of_one(element: ElementTree.Element) -> list[str]:
    """The texts and attribute values of one element alone."""
    texts = (element.text, element.tail, *element.attrib.values())
    return [text.strip() for text in texts if text and text.strip()]
