"""What stands around the cells of a workbook and shows nothing but them: charts, headers, print areas, colours by rule.

Each is taken apart: it may point at cells of the workbook, repeat what they hold, and say words, which are read like
any others. Whatever does more is left to the table of parts. The formats are ECMA-376, part 1, 18 and 21.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from xml.etree import ElementTree

from egress_review.checks.xml_tree import BrokenXmlError, local, namespace, read_xml, strings_of

LARGEST = 256 * 1024
"""Bytes up to which a chart or a drawing is taken apart."""
MOST_SAID = 2_000
"""Characters that stand around the cells of one sheet, up to which they are headers and rules."""
_CHART = re.compile(r"xl/charts/chart\d{1,4}\.xml")
_DRAWING = re.compile(r"xl/drawings/drawing\d{1,4}\.xml")
_LOOKS = re.compile(r"xl/charts/(?:style|colors)\d{1,4}\.xml")
_RELATIONS = re.compile(r"xl/(?:charts|drawings)/_rels/(?:chart|drawing)\d{1,4}\.xml\.rels")
_TARGET = re.compile(r"(?:/xl/|\.\./)?(?:charts/|drawings/)?(?:chart|drawing|style|colors)\d{1,4}\.xml")
_SPACES = re.compile(
    r"(?:http://schemas\.openxmlformats\.org/|http://schemas\.microsoft\.com/office/|http://purl\.oclc\.org/ooxml/).*|"
)
_STANDARD = re.compile(r"http://|\{[0-9A-F-]{36}\}")
_HOLDS = frozenset(("externalData", "userShapes", "pivotSource", "pic", "oleObj", "contentPart", "controls"))
"""Elements by which a chart or a drawing brings in something else."""
_SAID = frozenset(("t", "f", "sqref", "formatCode", "v"))
"""Elements of which the text is read; that of places is a number."""
_REFERENCE = re.compile(
    r"(?:'(?P<quoted>(?:[^'\[\]]|''){1,40})'|(?P<plain>[^\W\d][\w.]{0,40}))!"
    r"(?:\$?[A-Z]{1,3}\$?\d{1,7}(?::\$?[A-Z]{1,3}\$?\d{1,7})?|\$?[A-Z]{1,3}:\$?[A-Z]{1,3}|\$?\d{1,7}:\$?\d{1,7})"
)
_RULE = re.compile(r"[^\"'\[\]{}]{0,60}|\"[^\"]{0,20}\"")
"""The formula of a rule that colours cells, or of one that says what may be typed: it names cells, and no list."""
_NAME = re.compile(r"_xlnm\.[A-Za-z_]{1,30}|[^\W\d][\w.]{0,40}")
PLAIN = frozenset(("drawing", "headerFooter", "conditionalFormatting", "dataValidations", "sheetProtection"))
"""Elements of a sheet beside its cells that are taken apart here; a drawing is a part of its own."""


def explained(
    parts: Mapping[str, bytes], sheets: Collection[str], cells: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """The parts that draw the cells and nothing else, each with the words in it."""
    found: dict[str, tuple[str, ...]] = {}
    numbers = {number for cell in cells if (number := _number(cell)) is not None}
    for name, data in parts.items():
        if len(data) > LARGEST or not any(one.fullmatch(name) for one in (_CHART, _DRAWING, _LOOKS, _RELATIONS)):
            continue
        try:
            tree = read_xml(data)
        except BrokenXmlError:
            continue
        if _RELATIONS.fullmatch(name):
            fits = all(_TARGET.fullmatch(one.get("Target", "")) for one in tree)
        else:
            fits = _only_draws(tree, sheets, cells, numbers)
        if fits:
            found[name] = tuple(_words(tree))
    return found


def _only_draws(
    tree: ElementTree.Element, sheets: Collection[str], cells: Collection[str], numbers: set[float]
) -> bool:
    for element in tree.iter():
        tag, text = local(element.tag), (element.text or "").strip()
        if tag in _HOLDS or not _SPACES.fullmatch(namespace(element.tag)) or (element.tail or "").strip():
            return False
        if tag == "f" and not is_reference(text, sheets):
            return False
        if tag == "v" and text and text not in cells and _number(text) not in numbers:
            return False
        if tag not in _SAID and text and _number(text) is None and text not in ("true", "false"):
            return False
    return True


def _number(text: str) -> float | None:
    try:
        return round(float(text), 9) if len(text) < 40 else None
    except ValueError:
        return None


def _words(tree: ElementTree.Element) -> Iterator[str]:
    """What a part says: every text of letters, and every longer value of an attribute."""
    yield from ((element.text or "").strip() for element in tree.iter() if local(element.tag) == "t")
    yield from (text for text in strings_of(tree, 12) if not _STANDARD.match(text) and not _REFERENCE.fullmatch(text))


def is_reference(text: str, sheets: Collection[str]) -> bool:
    """Whether a formula names cells of the workbook and computes nothing."""
    places = text.strip("()").split(",")
    found = [_REFERENCE.fullmatch(place.strip()) for place in places[:20]]
    named = [(one["quoted"] or one["plain"] or "").replace("''", "'") for one in found if one]
    return len(named) == len(places) and all(name in sheets for name in named)


def strange_names(root: ElementTree.Element, sheets: Collection[str]) -> tuple[int, tuple[str, ...]]:
    """How many defined names are more than names of cells, and the names of those that are not."""
    names = [one for one in root.iter() if local(one.tag) == "definedName"]
    plain = [
        one
        for one in names
        if _NAME.fullmatch(one.get("name", "")) and not one.get("comment") and is_reference(one.text or "", sheets)
    ]
    return len(names) - len(plain), tuple(one.get("name", "") for one in plain)


def around_cells(beside: Sequence[ElementTree.Element]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of elements of a sheet that hold more than words and rules about its cells, and the words of the others."""
    strange: dict[str, None] = {}
    said: list[str] = []
    for element in beside:
        tag = local(element.tag)
        words = list(strings_of(element))
        formulas = [one.text or "" for one in element.iter() if local(one.tag) in ("formula", "formula1", "formula2")]
        if tag not in PLAIN or not all(map(_RULE.fullmatch, formulas)):
            strange[tag] = None
        said += [word for word in words if len(word) > 1 and not word.isdigit()]
    if sum(map(len, said)) > MOST_SAID:
        strange |= dict.fromkeys(local(element.tag) for element in beside)
    return tuple(sorted(strange)), tuple(dict.fromkeys(said))
