"""What programs make of a text that they pass on: entities, escapes of addresses, of JSON and of mail, tags, LaTeX.

Each escape becomes the character that it means, as an edit of the text. An escape that also is ordinary text, as the
`=20` of a mail or the `%20` of an address, is read only where it stands between two characters of a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from deid.spelt_numbers import Edit

_ENTITY = re.compile("&(?:amp;)?(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});")
_OCTET = "%(?:25)?[0-9A-Fa-f]{2}"
# One character of UTF-8 in escapes of its bytes; what is ASCII and no mark of a number only among other escapes.
_BYTES = (
    "%(?:25)?(?:[Cc][2-9A-Fa-f]|[Dd][0-9A-Fa-f])%(?:25)?[89ABab][0-9A-Fa-f]"
    "|%(?:25)?[Ee][0-9A-Fa-f](?:%(?:25)?[89ABab][0-9A-Fa-f]){2}|%(?:25)?[Ff][0-4](?:%(?:25)?[89ABab][0-9A-Fa-f]){3}"
)
_ESCAPED = re.compile(
    f"{_BYTES}|%(?<=[0-9A-Za-z가-힣].)(?:25)?(?:09|0[AaDd]|20|2[B-Fb-f]|3[Aa]|40|5[Ff])(?=[0-9A-Za-z가-힣(])"
)
_ANY_ESCAPED = re.compile(_OCTET)
_ESCAPED_RUN = re.compile(f"(?:{_OCTET}){{3,}}")
_ONE_ESCAPED = re.compile(f"{_BYTES}|%(?:25)?[2-7][0-9A-Fa-f]")
_CODE = re.compile(r"\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}")
_LINE = re.compile(r"\\(?<=[0-9].)[nrt](?=[0-9])")
_LINES = {"n": "\n", "r": "\n", "t": "\t"}
_COMMAND = re.compile(r"\\(?<=[0-9} -].)[a-zA-Z]{2,12} ?(?=[{0-9-])")
_MAIL = re.compile(r"=(?<=[0-9A-Z가-힣].)(?:2[0D]|3A|\r?\n)(?=[0-9가-힣])")
_JOINED = re.compile(
    "(?<![0-9=])(?:0[0-9]{1,2}=[0-9]{3,4}=[0-9]{4}|[0-9]{6}=[0-9]{7})(?![0-9=]|[OoIlSB][0-9OoIlSB](?![A-Za-z]))"
)
"""A telephone or resident number whose joints are that mark: mail would make 010=5511 27 of 010=5511=2027.

One that goes on with a letter in the place of a digit is not whole; a bar behind it parts it from the next cell.
"""
_FEWEST_MAIL = 2
"""One `=20` between digits may be an equation, unless many digits surround it; a mail has one for every mark."""
_MANY_DIGITS = 9
_TAG = "(?:</?[A-Za-z][A-Za-z0-9]{0,9}(?: [^<>]{0,100})?/?>|<!--[^<>]{0,60}-->)"
_TAGS = re.compile(rf"{_TAG}(?:\s{{0,4}}{_TAG}){{0,3}}")
_TAGS_AROUND = re.compile(rf"(?P<before>{_TAG}(?:\s{{0,4}}{_TAG}){{0,3}})(?P<mark> ?[-.~/·] ?)(?P<after>{_TAG}{{1,3}})")
_IN_NUMBER = re.compile("[0-9A-Z][-0-9A-Z가-힣 .]|[-0-9A-Z가-힣 .][0-9A-Z]")
_CELL = re.compile("</?(?:td|th|tr|br|p|div|li|wbr)")


def unescaped(text: str) -> list[Edit]:
    """Return the edits, in order and apart, that give the escapes of a text their meaning; mostly none."""
    edits: list[Edit] = []
    if "&" in text:
        edits += _entities(text)
    if "%" in text:
        edits += _of_addresses(text)
    if "\\" in text:
        edits += _of_programs(text)
    if "=" in text:
        edits += _of_mail(text)
    if "<" in text:
        edits += _tags(text)
    return _apart(edits) if len(edits) > 1 else edits


def _of_mail(text: str) -> list[Edit]:
    """Return what mail writes for spaces and marks, unless the number around is whole with the sign as its joint."""
    joined = [match.span() for match in _JOINED.finditer(text)]
    mail = [
        (*match.span(), "-" if match[0] == "=2D" else " ")
        for match in _MAIL.finditer(text)
        if not any(start < match.start() < end for start, end in joined)
    ]
    return mail if len(mail) >= _FEWEST_MAIL or any(_amid_digits(text, *edit[:2]) for edit in mail) else []


def _amid_digits(text: str, start: int, end: int) -> bool:
    around = text[max(0, start - 8) : start] + text[end : end + 10]
    return sum(map(str.isdigit, around)) >= _MANY_DIGITS


def _apart(edits: list[Edit]) -> list[Edit]:
    """Return edits in order, without those that overlap the one before."""
    edits.sort()
    kept: list[Edit] = []
    for edit in edits:
        if not kept or edit[0] >= kept[-1][1]:
            kept.append(edit)
    return kept


def _entities(text: str) -> Iterator[Edit]:
    for match in _ENTITY.finditer(text):
        plain = unescape(match[0])
        if plain.startswith("&") and len(plain) > 1:
            plain = unescape(plain)
        if len(plain) == 1:
            yield *match.span(), plain


def _of_addresses(text: str) -> Iterator[Edit]:
    """Yield the characters that an address on the web escapes; all of a run, of ASCII else only marks of numbers."""
    if _ANY_ESCAPED.search(text) is None:
        return
    for match in _ESCAPED.finditer(text):
        yield *match.span(), _decoded(match[0])
    for run in _ESCAPED_RUN.finditer(text):
        for match in _ONE_ESCAPED.finditer(text, *run.span()):
            yield *match.span(), _decoded(match[0])


def _decoded(escaped: str) -> str:
    octets = bytes.fromhex(escaped.replace("%25", "%").replace("%", ""))
    return octets.decode(errors="replace")[:1]


def _of_programs(text: str) -> Iterator[Edit]:
    """Yield what strings of programs and commands of LaTeX stand for."""
    for match in _CODE.finditer(text):
        yield *match.span(), chr(int(match[0][2:], 16))
    for match in _LINE.finditer(text):
        yield *match.span(), _LINES[match[0][1]]
    for match in _COMMAND.finditer(text):
        yield *match.span(), ""


def _tags(text: str) -> Iterator[Edit]:
    """Yield the tags inside a number: the border of a cell or the end of a line where they are one, else nothing."""
    for match in _TAGS_AROUND.finditer(text):
        if _joins(text, *match.span()):
            yield *match.span("before"), ""
            yield *match.span("after"), ""
    for match in _TAGS.finditer(text):
        if _joins(text, *match.span()):
            yield *match.span(), "\t" if _CELL.search(match[0]) and "wbr" not in match[0] else ""


def _joins(text: str, start: int, end: int) -> bool:
    return _IN_NUMBER.fullmatch(text[start - 1 : start] + text[end : end + 1]) is not None
