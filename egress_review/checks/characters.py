"""Text as it is seen against text as it is: characters that hide, blobs that nobody can read."""

from __future__ import annotations

import json
import re
from itertools import chain
from string import ascii_letters, digits, hexdigits

from egress_review.checks.decoding import decode
from egress_review.checks.listing import Listing
from egress_review.checks.stretches import Alphabet, stretches
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

# C0 and C1 controls but tab, line feed, form feed and carriage return.
_CONTROL = "\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f"
_DIRECTION = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u206a-\u206f\ufe00-\ufe0e\ufeff\uffa0"
    "\U000e0000-\U000e0fff"
)
_HIDDEN = re.compile(
    f"[{_CONTROL}{_DIRECTION}{_INVISIBLE}]|(?<=[0-9A-Za-z가-힣])[\u200c\u200d](?=[0-9A-Za-z가-힣])"
    "|(?<=[0-9A-Za-z가-힣 .,\ufe0f])\ufe0f(?!\u20e3)"
)
"""Also a selector of the shape of a sign behind what has no other shape: a row of them is a row of bits."""

_MAY_HIDE = re.compile(f"[{_CONTROL}{_DIRECTION}{_INVISIBLE}\u200c\u200d\ufe0f]")
"""One set of characters is looked for ten times as fast as a choice of patterns."""

# Each begins where a run begins: trying every place in a run would cost its square.
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])(?:(?:[A-Za-z0-9+/]{60,80}\r?\n){3,}|[A-Za-z0-9+/_-]{160,}={0,2})")
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[ :]?){100,}")
_IN_BASE64 = Alphabet.of(f"{ascii_letters}{digits}+/_=-\r\n")
_IN_HEX = Alphabet.of(f"{hexdigits} :")
_LONG = ((_BASE64, _IN_BASE64, 160), (_HEX, _IN_HEX, 200))
"""Each pattern with the characters that it consists of, and the fewest of them in a match."""
_VARIED = 20
"""Distinct characters that a run must have to be an encoding; a line of dashes has one."""

FEWEST_ENDS = 3
"""Lines that end in spaces and tabs, from which they are more than an untidy hand."""
_ENDS = re.compile(r"(?<![ \t])[ \t]{6,}(?=\r?$)", re.MULTILINE)
_TURNS = re.compile(r" \t+ |\t +\t")
_IN_SPACES = Text(
    ko="줄 끝마다 빈칸과 탭이 섞여 있습니다. 보이지 않는 자료일 수 있습니다.",
    en="Lines end in spaces and tabs that take turns; data can hide in them.",
)
_DOUBLED = Text(
    ko="같은 이름의 키가 한 객체에 두 번 있습니다. 프로그램은 마지막 값만 보여 줍니다.",
    en="A key stands twice in one object; programs show the last value only.",
)
_ONE_KEY = Text(ko="키마다 값을 하나만 남기십시오.", en="Keep one value for each key.")
_REMOVE = Text(ko="해당 문자를 지우고 다시 저장하십시오.", en="Remove the characters and save the file again.")
_EXPLAIN = Text(
    ko="인코딩된 내용을 지우거나 읽을 수 있는 표나 글로 바꾸십시오.",
    en="Remove the encoded content or write it as a table or text that people can read.",
)
_ENCODING = Text(ko="문자 인코딩을 알 수 없습니다.", en="The encoding of the text is not known.")
_SAVE_UTF8 = Text(ko="UTF-8로 저장하십시오.", en="Save the file as UTF-8.")


def check_encoding(subject: Subject, listing: Listing) -> None:
    """A text must decode completely, or what a reviewer sees is not what leaves."""
    if decode(subject.data) is None:
        listing.flag("text.encoding", _ENCODING, _SAVE_UTF8)


def check_hidden(subject: Subject, listing: Listing) -> None:
    """Characters that do not show let text look like other text; so do bits in spaces and double keys."""
    _check_ends(subject, listing)
    if subject.type == "json" and (key := _doubled_key(subject.text)):
        listing.flag("text.hidden", _DOUBLED, _ONE_KEY, number=key)
    if not _MAY_HIDE.search(subject.text):
        return
    for match in _HIDDEN.finditer(subject.text):
        if match[0] == "\ufeff" and match.start() == 0:
            continue
        message = Text(ko="보이지 않는 문자 U+{code:04X}가 있습니다.", en="The character U+{code:04X} does not show.")
        where = Where(row=subject.line_of(match.start()))
        listing.flag("text.hidden", message.fill(code=ord(match[0])), _REMOVE, where=where)


def _check_ends(subject: Subject, listing: Listing) -> None:
    """Ends of lines in which spaces and tabs take turns: bits that no reader sees."""
    if " \t" not in subject.text and "\t " not in subject.text:
        return
    found = [match for match in _ENDS.finditer(subject.text) if _TURNS.search(match[0])]
    if len(found) >= FEWEST_ENDS:
        where = Where(row=subject.line_of(found[0].start()))
        listing.flag("text.hidden", _IN_SPACES, _REMOVE, where=where, number=len(found))


def _doubled_key(text: str) -> int:
    """How many keys of a JSON text stand twice in one object; a program keeps the last and shows no other."""
    doubled = 0

    def keep(pairs: list[tuple[str, object]]) -> None:
        nonlocal doubled
        doubled += len(pairs) - len({key for key, _ in pairs})

    try:
        json.loads(text, object_pairs_hook=keep)
    except (ValueError, RecursionError):
        return 0
    return doubled


def check_encoded(subject: Subject, listing: Listing) -> None:
    """Long runs of base64 or hexadecimal can carry anything past a reader."""
    for pattern, alphabet, least in _LONG:
        found = (pattern.finditer(subject.text, *at) for at in stretches(subject.letters, alphabet, least))
        for match in chain.from_iterable(found):
            if len(set(match[0])) < (_VARIED if pattern is _BASE64 else 8):
                continue
            message = Text(
                ko="인코딩된 것으로 보이는 문자 {length}자가 이어집니다.",
                en="A run of {length} characters looks encoded.",
            )
            where = Where(row=subject.line_of(match.start()))
            filled = message.fill(length=len(match[0]))
            listing.flag("text.encoded", filled, _EXPLAIN, where=where, number=len(match[0]))
