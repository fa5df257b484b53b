"""Texts without what identifies: the same person, and the same number, is the same token in a whole set of documents.

A token is a keyed hash (BLAKE2b) of what was found, in one spelling: 010-1234-5678 and ０１０ 1234 5678 are one. A
given name alone, or a surname with 씨, takes the token of the one person it can mean: of the only one in its document
who is called so, else of the only one in the set; where it could mean two people it is a token of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from ipaddress import ip_address
from typing import NamedTuple

from deid.identifiers import REASONED, Span, detect
from deid.normalise import normalise, one_to_one
from deid.number_windows import Rules
from deid.spelt_emails import plain_email

Detector = Callable[[str, frozenset[str]], list[Span]]
"""Finds in one text, given the names that the rest of the set has shown."""

_CALLING = frozenset("씨군양님")
_PLAIN_NAME = re.compile("[가-힣]{1,8}")
"""Whole syllables and too few for a number that is read out: normalising would change nothing."""
_PLAIN_PLATE = re.compile("[0-9]{2,3}[가-힣] ?[0-9]{4}")
"""Too few digits for a number that is read out, whatever the syllable."""
_PLAIN_ADDRESS = re.compile("[가-힣0-9A-Za-z ,.()·-]*")
"""As nearly every address is written: nothing to normalise, as nobody reads out nine digits in one."""
_PLAIN_NUMBER = re.compile("[-0-9./]+|[0-9]{4}년 ?[0-9]{1,2}월 ?[0-9]{1,2}일")
"""As nearly every number and date is written: nothing to normalise either."""
_PLAIN_EMAIL = re.compile("(?!(?:[^0-9]*[0-9]){5})[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")
"""With so few digits no part of it can be a number with letters in it."""
_FROM_ABROAD = re.compile("(?:00[127]?)?820?(?=[1-9][0-9]{7,9}$)")
_BETWEEN_NUMBERS = re.compile("(?<=[0-9])[^0-9A-Za-z가-힣]+(?=[0-9])")
_NUMBERS = re.compile("[0-9]+")
_PARTED_DATE = re.compile("(?:[0-9]{2}){1,2}[-./] ?[0-9]{1,2}[-./] ?[0-9]{1,2}(?![0-9])")
_MARKS = re.compile("[^0-9A-Za-z가-힣]")
_TOKEN_BYTES = 4
_SHORTEST_FULL_NAME = 3


class Scrubbed(NamedTuple):
    """A text without identifiers, and where they stood in the text as given."""

    text: str
    spans: tuple[Span, ...]
    marks: tuple[str, ...]
    """What stands now in the place of each span."""


def scrub_set(
    texts: Sequence[str], key: bytes | None, *, more: Rules = (), detector: Detector | None = None
) -> list[Scrubbed]:
    """Return texts with every direct identifier replaced: by its label and a token under `key`, or by the label alone.

    All texts are held in memory: who is named in one is looked for in the others.
    """
    find = detector or (lambda text, known: detect(text, more=more, known=known))
    first = [find(text, frozenset()) for text in texts]
    people = [frozenset(_full_names(text, spans)) for text, spans in zip(texts, first, strict=True)]
    everybody = frozenset[str]().union(*people)
    scrubbed = []
    for text, spans, own in zip(texts, first, people, strict=True):
        known = spans if everybody <= own else find(text, everybody)
        scrubbed.append(_replaced(text, known, key, own, everybody))
    return scrubbed


def scrub_text(text: str, key: bytes | None = None, *, more: Rules = ()) -> str:
    """Return one text with every direct identifier replaced."""
    return scrub_set([text], key, more=more)[0].text


def identity(label: str, value: str, own: frozenset[str] = frozenset(), everybody: frozenset[str] = frozenset()) -> str:
    """Return what is the same in all spellings of one identifier."""
    if label == "PERSON":
        return _person(value, own, everybody)
    if label == "EMAIL":
        return plain_email(value if _PLAIN_EMAIL.fullmatch(value) else normalise(value).text)
    if label in _WITH_MARKS:
        return _WITH_MARKS[label](value)
    bare = _bare(value)
    if label == "PHONE":
        bare = _at_home(bare if bare.isdigit() else _MARKS.sub("", normalise(value).text))
    return bare.upper()


def _address(value: str) -> str:
    """Return an address of a place without spaces; what parts two numbers stays, as 1-23 is not 12-3."""
    plain = value if _PLAIN_ADDRESS.fullmatch(value) else normalise(value).text
    return _MARKS.sub("", _BETWEEN_NUMBERS.sub("n", plain)).upper()


def _machine(value: str) -> str:
    """Return an address of a machine as programs write it, whatever stands for its dots."""
    plain = normalise(value).text
    try:
        return str(ip_address(plain))
    except ValueError:
        return ".".join(_NUMBERS.findall(plain))


def _birth(value: str) -> str:
    """Return a date of birth as digits, the month and the day as two: 1985-1-11 is not 1985-11-1."""
    plain = value if _PLAIN_NUMBER.fullmatch(value) else normalise(value).text
    first, *rest = _NUMBERS.findall(plain) or [""]
    return "".join([first, *(part.zfill(2) for part in rest)])


def _resident(value: str) -> str:
    """Return a number of a resident as its digits, also where the date of birth is written out before it."""
    plain = value if _PLAIN_NUMBER.fullmatch(value) else normalise(value).text
    if "월" not in plain and _PARTED_DATE.match(plain) is None:
        return _bare(value).upper()
    year, month, day, *rest = _NUMBERS.findall(plain)
    return f"{year[-2:]}{month.zfill(2)}{day.zfill(2)}{''.join(rest)}"


_WITH_MARKS: Mapping[str, Callable[[str], str]] = {
    "ADDRESS": _address,
    "IP": _machine,
    "BIRTH_DATE": _birth,
    "RRN": _resident,
    "FRN": _resident,
}
"""Identifiers of which the marks or the words say what their digits mean."""


def _at_home(digits: str) -> str:
    """Return a telephone number as it is dialled within Korea: +82 10-… and 010-… are one."""
    abroad = _FROM_ABROAD.match(digits)
    return f"0{digits[abroad.end() :]}" if abroad else digits


def _person(value: str, own: frozenset[str], everybody: frozenset[str]) -> str:
    """Return the full name of the one person whom a name can mean, else the name itself."""
    bare = value if value in own else _bare(value)
    if bare in own:
        return bare
    for people in (own, everybody):
        called = _called(bare, people)
        if len(called) == 1:
            return called[0]
        if called:
            break
    return bare


def _called(bare: str, people: Iterable[str]) -> list[str]:
    """Return the people of whom a short form can speak."""
    if bare[-1:] not in _CALLING:
        return [name for name in people if name == bare or (name[1:] == bare and len(bare) > 1)]
    short = bare[:-1]
    return [
        name
        for name in people
        if name in (bare, short) or (len(short) > 1 and name[1:] == short) or name[: len(short)] == short
    ]


def _full_names(text: str, spans: Iterable[Span]) -> Iterable[str]:
    for span in spans:
        if span[2] == "PERSON" and span[3] >= REASONED:
            name = _bare(text[span[0] : span[1]])
            if len(name) >= _SHORTEST_FULL_NAME and name[-1] not in _CALLING:
                yield name


def _bare(value: str) -> str:
    """Return a value in plain spelling, without marks and spaces."""
    if value.isascii():
        return _without_marks(value)
    if _PLAIN_NAME.fullmatch(value):
        return value  # as nearly every name is written
    if _PLAIN_PLATE.fullmatch(value):
        return value.replace(" ", "")
    digits = _without_marks(one_to_one(value))
    return digits if digits.isdigit() and digits.isascii() else _MARKS.sub("", normalise(value).text)


def _without_marks(value: str) -> str:
    """Return a value in plain spelling without marks: mostly two marks are all that it has."""
    rest = value.replace("-", "").replace(" ", "")
    return rest if rest.isalnum() else _MARKS.sub("", rest)


def _replaced(
    text: str, spans: Sequence[Span], key: bytes | None, own: frozenset[str], everybody: frozenset[str]
) -> Scrubbed:
    parts: list[str] = []
    marks: list[str] = []
    made: dict[tuple[str, str], str] = {}
    keyed = None if key is None else blake2b(key=key, digest_size=_TOKEN_BYTES)
    position = 0
    for start, end, label, _, _ in spans:
        value = text[start:end]
        mark = made.get((label, value))
        if mark is None:
            mark = f"[{label}]" if keyed is None else _token(label, identity(label, value, own, everybody), keyed)
            made[label, value] = mark
        parts += (text[position:start], mark)
        marks.append(mark)
        position = end
    return Scrubbed("".join(parts) + text[position:], tuple(spans), tuple(marks))


def _token(label: str, same: str, keyed: blake2b) -> str:
    of_this = keyed.copy()
    of_this.update(f"{label} {same}".encode(errors="surrogatepass"))
    return f"[{label}_{of_this.hexdigest()}]"
