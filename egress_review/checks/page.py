"""HTML, read to its last attribute: what it says, its tables, and whatever it holds beside what is shown.

Elements and attributes that the tables here do not name are not understood, and what is not understood does not
leave. All text counts, also what a style hides: hidden text is read like any other, and is a finding besides.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

from egress_review.checks.scripts import is_known_place, is_plain_call, read_script
from egress_review.checks.unseen_values import holds_values

LONGEST_STYLE = 20_000
"""Characters of a style sheet; frames that pandas styled stay below, and nobody reads it."""

_SWITCHES = frozenset(("checkbox", "radio"))
"""Inputs that only fold something out, as scikit-learn writes for a model."""
DEEPEST = 500
"""Levels of elements beyond which a page is no page; ends that are missing count as levels, so cells may lack some."""

MOST_EMBEDDED = 50
"""Pictures inside one page."""

SHOWN = frozenset(
    """
    html head title meta body div span p h1 h2 h3 h4 h5 h6 table thead tbody tfoot tr td th caption col colgroup ul
    ol li dl dt dd br hr b i strong em small sub sup code pre blockquote a u s mark abbr section article main header
    footer figure figcaption nav img style details summary center font tt kbd samp var ins del q cite address time
    wbr big label input
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
RUNS = frozenset(
    """
    script iframe frame frameset object embed applet form button select textarea canvas video audio source track
    portal marquee
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
LOADS = frozenset(("link", "base"))
_ATTRIBUTES = frozenset(
    """
    class id style border colspan rowspan scope align valign width height title alt lang dir href src charset name
    content cellpadding cellspacing start type role span bgcolor color size face value open datetime rel target
    xmlns property tabindex scoped for checked nowrap abbr summary loading decoding headers xml:lang
    integrity crossorigin
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
_TOLD = frozenset(("data-quarto-disable-processing", "data-quarto-bootstrap"))
_OF_PROGRAM = re.compile(
    r"data-(?:bs-[a-z-]{1,20}|anchor-id|number|toc-expanded|mode|scroll-target|clipboard-target|execution_count|mime-type|"
    r"tippy-[a-z]{1,12})"
)
_PLAIN_VALUE = re.compile(r"[A-Za-z_#./ -]{0,60}\d{0,3}(?:\.\d{1,2}){0,2}")
"""Attributes by which programs of documents steer a page, and what such a one says."""
_EMPTY = frozenset(
    """
    br hr img meta link col wbr base input source p li td th tr
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
"""Elements that have no end, or that are often written without it."""
_BLOCKS = frozenset(
    """
    tr p div li br table caption figcaption title h1 h2 h3 h4 h5 h6 blockquote dt dd section article header footer
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
"""Elements that stand in lines of their own."""
_WORDS = frozenset(("title", "alt", "value", "content", "href", "datetime", "name"))
_LONG_NUMBER = re.compile(r"\d{6}")
_HIDES = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0+)?\s*(?:[;}!]|$)|"
    r"font-size\s*:\s*0(?:\.0+)?\s*(?:(?:px|pt|em|rem|%)\s*)?(?:[;}!]|$)|"
    # A ground or a border without colour hides nothing; letters may take theirs from several properties.
    r"(?<![\w-])(?!(?:background|border(?:-[a-z]{1,9}){0,2})-color\b)[\w-]*color\s*:\s*transparent|"
    r"text-indent\s*:\s*-|"
    r"(?:left|top|right|bottom)\s*:\s*-\d{3,}|clip(?:-path)?\s*:",
    re.IGNORECASE,
)
_LOADS_CSS = re.compile(r"url\s*\(|@import|expression\s*\(|\\[0-9a-f]", re.IGNORECASE)
_DATA_URI = re.compile(r"\s*data:(image/(?:png|jpeg));base64,", re.IGNORECASE)
_SAFE_LINK = re.compile(r"\s*(?:https?://|mailto:|#|$)", re.IGNORECASE)


MOST_SPANNING = 4
"""Cells at the beginning of a row, its labels, that can stand in the rows below it as well."""
LONGEST_SPAN = 5
"""Digits of the number of rows of a cell: HTML lets it be 65534."""
MOST_NOTED = 600
"""Characters of all comments of a page up to which they are the marks of its author or of a program."""
MOST_WORDS = 120
_NUMBER = re.compile(
    r"\bv?\d{1,2}(?:\.\d{1,3}){1,3}\b|\b20\d\d(?:-\d\d-\d\d)?\b|"
    r"\b(?:section|table|figure|fig|step|part|chapter) ?\d{1,2}\b|"
    r"(?:표|그림|단계) ?\d{1,2}\b",
    re.IGNORECASE,
)
"""What a mark may have of numbers: a version, a day, the number of a section."""
_MARK = re.compile(r"[^\d<>|{}\[\]\\$%\"]*")
_OF_SOMEBODY = re.compile(
    r"환자|대상자|참여자|응답자|성명|이름|숨|삭제|\b(?:patients?|participants?|respondents?|subjects?|persons?|names?|mrn|"
    r"dob|died|born|hidden|removed?|suppressed|drop(?:ped)?)\b|@",
    re.IGNORECASE,
)


def _is_mark(comment: str) -> bool:
    """Whether a comment is one of the marks of an author or a program, such as `end of report`: it tells nothing."""
    return _MARK.fullmatch(_NUMBER.sub("", comment)) is not None and _OF_SOMEBODY.search(comment) is None


_FOLDED = frozenset(("hidden by style", "unknown attribute"))
"""What an output of a notebook may have, such as the folded parameters of a model."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page in pieces, and what of it is not to be seen."""

    prose: str
    """Everything the page says, a line for each row and block, with the words of its attributes."""
    tables: tuple[tuple[tuple[str, ...], ...], ...]
    styles: str
    """Style sheets and style attributes, which can carry words."""
    images: tuple[bytes, ...]
    """Pictures that stand in the page itself."""
    runs: tuple[str, ...]
    """Names of elements and handlers that a browser would run."""
    calm: frozenset[str]
    """Those of `runs` that hold no data and send nothing: libraries, short scripts, switches."""
    data: tuple[str, ...]
    """What scripts hand to figures, and other data in them, as JSON."""
    known: int
    """References to files of public libraries."""
    outside: int
    """References to something that a browser would load."""
    hidden: tuple[str, ...]
    """What the page holds and does not show, by its kind."""

    @property
    def plain(self) -> bool:
        """Whether the page is nothing but words and tables; what a style folds away is words too, and is read."""
        return not (self.images or self.runs or self.outside or self.known or set(self.hidden) - _FOLDED)


MOST_DRAWINGS = 50
_SVG = re.compile(r"<svg\b[^<]{0,4000}?>(?:(?!<svg\b).)*?</svg\s*>", re.DOTALL | re.IGNORECASE)
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|textarea|title|template)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE
)


def without_drawings(text: str) -> tuple[str, tuple[str, ...]]:
    """A page without the drawings that stand in it, and those, each to be examined as the file that it could be.

    Where one stands within a remark or a script, none is taken out: the page is then read as it is.
    """
    found = tuple(match[0] for match in _SVG.finditer(text)) if "<svg" in text else ()
    if not found or len(found) > MOST_DRAWINGS or len(_SVG.findall(_UNSEEN.sub(" ", text))) != len(found):
        return text, ()
    return _SVG.sub(" ", text), tuple(one if "xmlns=" in one[:400] else one.replace("<svg", _NAMED, 1) for one in found)


_NAMED = '<svg xmlns="http://www.w3.org/2000/svg"'


def read_page(text: str) -> Page:
    """A page from its source; every source is some page."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.page()


def _rows_of(attributes: Mapping[str, str | None]) -> int:
    """How many rows a cell stands in; a number that is none is one, as in a browser."""
    said = (attributes.get("rowspan") or "").strip()
    return int(said) if said.isdecimal() and len(said) <= LONGEST_SPAN else 1


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self._tables: list[list[list[str]]] = []
        self._words: list[str] = []
        self._styles: list[str] = []
        self._images: list[bytes] = []
        self._runs: dict[str, None] = {}
        self._wild: set[str] = set()
        """Those of what runs that are not known to hold no data."""
        self._data: list[str] = []
        self._known = 0
        self._script: list[str] = []
        self._script_type = ""
        self._hidden: dict[str, None] = {}
        self._outside = 0
        self._told: dict[str, str] = {}
        self._noted = 0
        self._cell: list[str] | None = None
        self._rows = 1
        """How many rows the cell stands in."""
        self._spanned: dict[int, tuple[int, str]] = {}
        """The cells of rows above that stand in this row too, by their places: in how many rows yet, and the text."""
        self._depth = 0
        self._kept = 0
        """How many elements are open in which spaces and lines count."""
        self._within = ""
        """`style` or `script` while its content is read."""

    def page(self) -> Page:
        self._end_script()
        styles = "\n".join(self._styles)
        if len(styles) > LONGEST_STYLE:
            self._hidden["long style"] = None
        if _HIDES.search(styles):
            self._hidden["hidden by style"] = None
        return Page(
            "".join(self._words),
            tuple(tuple(map(tuple, rows)) for rows in self._tables),
            styles,
            tuple(self._images),
            tuple(self._runs),
            frozenset(self._runs) - self._wild,
            tuple(self._data),
            self._known,
            self._outside + len(_LOADS_CSS.findall(styles)),
            tuple(self._hidden),
        )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in RUNS or (tag == "input" and dict(attrs).get("type") not in _SWITCHES):
            self._run(tag, calm=tag == "script")
        elif tag in LOADS:
            self._load(tag == "link" and is_known_place(dict(attrs).get("href") or ""))
        elif tag not in SHOWN:
            # An element that nobody knows may hold anything; its name may be data as well, so it is not repeated.
            self._hidden["svg" if tag == "svg" else "unknown element"] = None
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        self._depth += tag not in _EMPTY
        if self._depth > DEEPEST:
            self._hidden["nested without end"] = None
        if tag in ("style", "script"):
            self._within = tag
            self._script, self._script_type = [], dict(attrs).get("type") or ""
        elif tag in ("pre", "code"):
            self._kept += 1
        elif tag == "table":
            self._tables.append([])
            self._spanned = {}
        elif tag == "tr" and self._tables:
            self._tables[-1].append([])
            self._spanned = {at: (left - 1, text) for at, (left, text) in self._spanned.items() if left > 1}
            self._span()
        elif tag in ("td", "th") and self._tables and self._tables[-1]:
            self._cell = []
            self._rows = _rows_of(dict(attrs))
        elif tag == "sup" and self._cell:
            self._cell.append("^")  # The mark of a note is no letter of the word before it.

    def _run(self, what: str, *, calm: bool) -> None:
        self._runs[what] = None
        if not calm:
            self._wild.add(what)

    def _load(self, known: bool) -> None:
        self._known += known
        self._outside += not known

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on"):
            self._run("event handler", calm=is_plain_call(value))
            self._words.append(f" {value}\n")
        elif tag == "meta" and name == "http-equiv":
            if value.strip().lower() not in ("content-type", "x-ua-compatible"):
                self._run("meta", calm=False)
        elif name == "style":
            self._styles.append(value)
        elif name == "src":
            self._source(tag, value)
        elif name == "href" and tag not in LOADS and not _SAFE_LINK.match(value):
            self._run("link", calm=False)
        elif tag == "table" and name in _TOLD and self._says_once(name, value):
            return  # What a program of tables tells a program of documents; nothing but yes or no.
        elif _OF_PROGRAM.fullmatch(name) and _PLAIN_VALUE.fullmatch(value):
            self._words.append(f" {value}\n")
        elif name not in _ATTRIBUTES and not name.startswith("aria-"):
            self._hidden["data attribute" if name.startswith("data-") else "unknown attribute"] = None
            self._words.append(f" {value}\n")
        if name not in ("src", "style", "href") and not name.startswith("on") and holds_values(value):
            self._hidden["data in an attribute"] = None
        said = name in _WORDS or name.startswith("aria-") or len(value) > 40 or _LONG_NUMBER.search(value)
        if said and value and name not in ("src", "style"):
            self._words.append(f" {value}\n")

    def _says_once(self, name: str, value: str) -> bool:
        """Whether a switch says yes or no, and the same in the whole page: one that changes could spell anything."""
        return value in ("true", "false") and self._told.setdefault(name, value) == value

    def _source(self, tag: str, value: str) -> None:
        """A picture in the page is examined as one; everything else would be loaded."""
        match = _DATA_URI.match(value) if tag == "img" else None
        if match is None:
            self._load(tag == "script" and is_known_place(value))
            return
        try:
            data = base64.b64decode("".join(value[match.end() :].split()), validate=True)
        except (binascii.Error, ValueError):
            self._hidden["broken picture"] = None
            return
        if len(self._images) >= MOST_EMBEDDED:
            self._hidden["too many pictures"] = None
        else:
            self._images.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag not in _EMPTY
        if tag == self._within:
            self._within = ""
            self._end_script()
        elif tag in ("pre", "code"):
            self._kept = max(0, self._kept - 1)
        elif tag in ("td", "th") and self._cell is not None:
            self._end_cell(" ".join("".join(self._cell).split()))
            self._words.append("\t")
            self._cell = None
        elif tag in _BLOCKS:
            self._words.append("\n")

    def _end_script(self) -> None:
        """Judge a script by all that it says; its words are read as those of the page are."""
        if not self._script:
            return
        script = read_script("".join(self._script), self._script_type)
        self._script = []
        if not script.calm:
            self._wild.add("script")
        self._data += script.data
        self._words.append(f" {script.words}\n")

    def _end_cell(self, text: str) -> None:
        row = self._tables[-1][-1]
        if self._rows > 1 and len(row) < MOST_SPANNING:
            # A label is said again, a number is not: it would be counted twice.
            self._spanned[len(row)] = self._rows, "" if text.isdecimal() and row else text
        row.append(text)
        self._span()

    def _span(self) -> None:
        """Go on in the row with the cells of rows above that stand at this place."""
        row = self._tables[-1][-1]
        while len(row) in self._spanned:
            row.append(self._spanned[len(row)][1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in ("style", "script"):
            self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within == "style":
            self._styles.append(data)
            return
        if self._within == "script":
            self._script.append(data)
            return
        if self._cell is not None:
            self._cell.append(data)
        self._words.append(data if self._kept or not data.isspace() else " " if "\n" not in data else "")

    def handle_comment(self, data: str) -> None:
        self._noted += len(data)
        if self._noted > MOST_NOTED or len(data) > MOST_WORDS or not _is_mark(data):
            self._hidden["comment"] = None
        self._words.append(f" {data}\n")

    def handle_decl(self, decl: str) -> None:
        if decl.split()[:1] not in (["doctype"], ["DOCTYPE"]) or len(decl) > 200 or "[" in decl:
            self._hidden["declaration"] = None
            self._words.append(f" {decl}\n")

    def unknown_decl(self, data: str) -> None:
        self._hidden["declaration"] = None
        self._words.append(f" {data}\n")

    def handle_pi(self, data: str) -> None:
        self._hidden["declaration"] = None
        self._words.append(f" {data}\n")
