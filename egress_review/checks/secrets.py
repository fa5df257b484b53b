"""Passwords and keys that were left in a program or a text: whoever reads the output can open what they open."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deid.identifiers import Span
from egress_review.checks.listing import Listing
from egress_review.checks.stretches import lies_within
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

RULES = ("text.secret",)

MOST_TOLD = 20
PART = 1 << 16
"""Characters that are looked through at a time."""
_HINTS = re.compile(
    r"://[^\s/]{0,60}:|pass[wpc_ =:'\"]|pwd|pw=|secret|token|key['\" ]{0,3}[=:,<]|private key|identified by|bearer|"
    r"basic |비밀번호|암호|akia|asia[0-9a-z]{16}|gh[pousr]_|glpat|github_pat|xox|hf_|sk-|eyj|mysql|curl|wget"
)
"""Without one of these words, in small letters, a part of a text is not looked at any closer."""

_IN_ADDRESS = re.compile(r"://[^\s:/@'\"<>]{0,60}:(?P<value>[^\s/'\"<>]{3,100})@[\w\[]")
_ASSIGNED = re.compile(
    r"(?:pass(?:word|wd|phrase|code)?|pwd|비밀번호|암호)['\"]?\s{0,8}(?:=|:|=>|<-|,)\s{0,8}['\"](?P<value>[^'\"\s]{4,100})['\"]",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"(?:secret(?:[_-]?(?:access[_-]?)?key)?|(?:api|access|auth|private|service|account)[_-]?(?:key|secret|token)|(?:bearer|refresh|session|bot)[_-]?token)"
    r"['\"]?\s{0,8}(?:=|:|=>|<-|,)\s{0,8}['\"](?P<value>(?=[^'\"\s]{0,100}\d)[^'\"\s]{12,200})['\"]",
    re.IGNORECASE,
)
_IN_STRING = re.compile(
    r"(?:\b(?:uid|user ?id|user|username|server|data source|driver|host|dsn)\s?=[^=\n]{1,80}[;\s]\s?)"
    r"(?:pwd|password|passwd|pw)\s?=\s?(?P<value>(?!['\"])[^;'\"\s,)]{3,60})",
    re.IGNORECASE,
)
"""What drivers of databases and `libname` of SAS take: `UID=kim;PWD=…`, `user=kim password=…`."""
_IN_LINE = re.compile(
    r"^[ \t]{0,40}(?:[\w.-]{0,40}[._-])?(?:pass(?:word|wd|phrase)|pwd|secret|비밀번호|암호)[ \t]{0,8}[:=][ \t]{0,8}"
    r"(?P<value>(?=[^\s\d]{0,100}\d)(?=[^\sA-Za-z]{0,100}[A-Za-z])[^\s()\[\]{}'\"<>$,]{6,100})[ \t]{0,20}\r?$",
    re.IGNORECASE | re.MULTILINE,
)
"""A setting in a line of its own, as files of settings have them without quotes."""
_COMMANDED = re.compile(
    r"(?:(?<![\w.])(?:password|passwd|pwd)\(|--password[= ]|--pass[= ]|\bidentified by |"
    r"\b(?:curl|wget)\b[^\n]{0,120} (?:-u|--user)[= ][^\s:]{1,40}:|"
    r"\bmysql(?:dump)?\b[^\n]{0,120} -p|\bauthorization['\"]?\s?[:=,]\s?['\"]?(?:bearer|basic) )"
    r"['\"]?(?P<value>[^\s'\"]{4,200})",
    re.IGNORECASE,
)
_KNOWN = re.compile(
    r"-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY-----|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,60}\b|"
    r"\bgithub_pat_\w{20,90}\b|\bglpat-[\w-]{20,60}|\bxox[abprs]-[\w-]{10,80}|\bhf_[A-Za-z0-9]{30,40}\b|"
    r"\bsk-(?:[a-z]{2,8}-)?[A-Za-z0-9]{32,64}\b|\beyJ[\w-]{10,400}\.eyJ[\w-]{10,800}\.[\w-]{10,400}"
)
_NONE = re.compile(
    r"[$%&{<*#(\[].*|.*[{}<>].*|x{3,}|\.{3}|…|pass(?:word|wd|phrase)?|pwd|secret|token|none|null|true|false|"
    r"(?:my|your|the|db|new|old|some)[-_ ]?\w*|change[-_ ]?(?:me|it)|example.*|dummy|placeholder|redacted|removed|"
    r"hidden|masked|omitted|(?:os|sys|env|config|settings|secrets|getpass|keyring|args|self)\b.*|비밀번호|암호|생략|[-*•.]+|"
    r"required|optional|string|text|str|varchar.*|prompt|input|reset|forgot|policy",
    re.IGNORECASE,
)
"""What stands where the secret is not: the name of a variable, a gap, an example."""
_WRITTEN = frozenset(("EMAIL", "RRN", "FRN", "PERSON"))
"""What identifies somebody wherever it stands, for nobody takes it for a password."""

_FOUND = Text(
    ko="비밀번호나 접속 키로 보이는 값이 그대로 적혀 있습니다.",
    en="What looks like a password or a key is written out.",
)
_MEND = Text(
    ko="값을 지우고 환경 변수나 안심구역의 설정에서 읽도록 고치십시오. 이미 쓰던 값이면 운영자에게 알려 바꾸십시오.",
    en="Take it out and read it from the environment or the settings of the zone; if it is in use, tell an operator, "
    "who changes it.",
)


def check_secrets(subject: Subject, listing: Listing) -> None:
    """Flag the lines in which a password or a key is written out; the value is not repeated."""
    lines = sorted({subject.line_of(at) for at in _places(subject.text)})
    for line in lines[:MOST_TOLD]:
        listing.flag("text.secret", _FOUND, _MEND, where=Where(row=line), number=1)


def _places(text: str) -> Iterator[int]:
    """Where they stand; of a long text only the parts with a word for them are looked at closely."""
    at = 0
    while at < len(text):
        end = text.find("\n", at + PART) + 1 or len(text)
        part = text[at:end]
        if _HINTS.search(part.lower()):
            yield from (at + start for start in _within(part))
        at = end


def _within(text: str) -> Iterator[int]:
    for pattern in (_IN_ADDRESS, _ASSIGNED, _KEY, _IN_STRING, _IN_LINE, _COMMANDED):
        yield from (match.start() for match in pattern.finditer(text) if not _NONE.fullmatch(match["value"]))
    yield from (match.start() for match in _KNOWN.finditer(text))


def outside_passwords(found: list[Span], text: str) -> list[Span]:
    """Without the digits of the user and the password in an address, which are told here."""
    if not found or "://" not in text:
        return found
    matches = (match for match in _IN_ADDRESS.finditer(text) if not _NONE.fullmatch(match["value"]))
    places = [(match.start(), match.end("value")) for match in matches]
    return [s for s in found if s.label in _WRITTEN or not lies_within(places, s.start, s.end)]
