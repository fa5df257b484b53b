"""Recognisers of identifiers that every country shares: e-mail, addresses of machines, cards, phones."""

from __future__ import annotations

import ipaddress
import re

from deid.korean import PHONE_WORDS
from deid.korean_numbers import luhn_check
from deid.recogniser import AFTER, JOIN, NEVER, Recogniser, digits_of, fixed
from deid.spelt_emails import SPELT_EMAILS

_VERSION = re.compile(r"(?:버전|version|ver\.?|v|release|firmware|펌웨어) ?$", re.IGNORECASE)
_LARGEST_IN_VERSIONS = 31
"""Addresses whose numbers are all small are more often versions or chapters; they need a word beside them."""


def _card(match: re.Match[str]) -> float:
    digits = digits_of(match)
    if len(set(digits)) < 2 or not re.match(r"[3-69]|2[2-7]", digits):
        return NEVER
    grouped = len(match[0]) > len(digits)
    if luhn_check(digits):
        return 0.95 if grouped else 0.6
    return 0.3 if grouped else 0.1


def _machine(match: re.Match[str]) -> float:
    return _address(match, match[0])


def _machine_apart(match: re.Match[str]) -> float:
    """Score an address with other marks for its dots; they are the same mark each time."""
    return _address(match, ".".join(_RUNS.findall(match[0])))


def _address(match: re.Match[str], written: str) -> float:
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return NEVER
    if _VERSION.search(match.string[max(0, match.start() - 12) : match.start()]):
        return NEVER
    if address.is_loopback or address.is_unspecified:
        return 0.3
    if address.version == 4 and max(address.packed) <= _LARGEST_IN_VERSIONS:
        return 0.4
    return 0.7 if address.version == 4 else 0.8


def _international(match: re.Match[str]) -> float:
    digits = digits_of(match)
    if not 9 <= len(digits) <= 15:
        return NEVER
    return 0.7 if len(match[0]) > len(digits) + 1 else 0.4


_ADDRESS_PART = r"(?:[A-Za-z0-9가-힣](?:[A-Za-z0-9가-힣-]{0,61}[A-Za-z0-9가-힣])?\.)"

_RUNS = re.compile("[0-9]+")
_IP_WORDS = ("ip", "address", "host", "주소", "접속", "서버")
_DOT_SIGNS = (
    ("[.]", r"\[\.\]"),
    (" . ", r" \. "),
    ("dot", r"\[dot\]|\(dot\)| dot "),
)
"""What is written for the dots of an address of a machine, so that no program may follow it: a hint, and a pattern."""

INTERNATIONAL_NUMBERS: tuple[Recogniser, ...] = (
    Recogniser(
        "ipv4",
        "IP",
        re.compile(r"(?<![0-9A-Za-z.-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9A-Za-z-])(?!\.[0-9])"),
        _machine,
        _IP_WORDS,
        0.9,
    ),
    Recogniser(
        "phone-international",
        "PHONE",
        re.compile(r"(?<![0-9A-Za-z+])\+(?!82)[1-9][0-9]{0,2}(?:[- .]?\(?[0-9]{1,4}\)?){2,4}(?![0-9.])"),
        _international,
        PHONE_WORDS,
        0.9,
    ),
    Recogniser(
        "phone-north-america",
        "PHONE",
        re.compile(
            r"(?<![0-9-])(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}-)[2-9][0-9]{2}-[0-9]{4}(?![0-9-])",
        ),
        fixed(0.55),
        PHONE_WORDS,
        0.9,
    ),
    Recogniser(
        "card",
        "CARD",
        re.compile(
            rf"(?<![0-9-])(?<![0-9]\.)(?:[0-9]{{4}}{JOIN}[0-9]{{4}}{JOIN}[0-9]{{4}}{JOIN}[0-9]{{4}}"
            rf"|3[47][0-9]{{2}}{JOIN}[0-9]{{6}}{JOIN}[0-9]{{5}})(?![0-9-]){AFTER}"
        ),
        _card,
        ("카드", "card", "visa", "master", "amex"),
        0.95,
    ),
)
"""What begins with digits or marks of numbers; read in stretches of digits only."""

INTERNATIONAL: tuple[Recogniser, ...] = (
    Recogniser(
        "email",
        "EMAIL",
        re.compile(
            r"[A-Za-z0-9](?<![A-Za-z0-9._%+-].)(?:[A-Za-z0-9._%+'-]{0,62}[A-Za-z0-9_+-])?"
            rf"@{_ADDRESS_PART}{{1,8}}(?:[A-Za-z]{{2,24}}|한국)(?![A-Za-z0-9])"
        ),
        fixed(0.95),
        hint="@",
    ),
    *SPELT_EMAILS,
    *(
        Recogniser(
            "ipv4-apart",
            "IP",
            re.compile(
                rf"[0-9](?<![0-9A-Za-z.-].)[0-9]{{0,2}}(?P<sign>{sign})"
                r"[0-9]{1,3}(?P=sign)[0-9]{1,3}(?P=sign)[0-9]{1,3}(?![0-9A-Za-z-])"
            ),
            _machine_apart,
            _IP_WORDS,
            0.9,
            hint=hint,
        )
        for hint, sign in _DOT_SIGNS
    ),
    *(
        Recogniser(
            "url-defused",
            "URL",
            re.compile(
                r"h(?:[tx]{2}ps?)(?:://|\[:\]//|\[://\]|:\[//\])[^\s<>\"'`{}|\\^가-힣]{3,2000}(?<![.,;:!?)])",
                re.IGNORECASE,
            ),
            fixed(0.9),
            hint=sign,
        )
        for sign in ("xxp", "[:")
    ),
    Recogniser(
        "url",
        "URL",
        re.compile(r"[hf](?:ttps?|tp)://[^\s<>\"'`{}|\\^가-힣]{3,2000}(?<![.,;:!?)\]])", re.IGNORECASE),
        fixed(0.95),
        hint="://",
    ),
    Recogniser(
        "url-www",
        "URL",
        re.compile(
            r"w(?<![\w/.@].)ww\.[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,24}"
            r"(?:[/?#][^\s<>\"']{0,2000})?(?<![.,;:!?)\]])",
            re.ASCII,
        ),
        fixed(0.8),
        hint="www.",
    ),
    Recogniser(
        "ipv6",
        "IP",
        re.compile(r"[0-9A-Fa-f:](?<![0-9A-Za-z:.].)[0-9A-Fa-f]{0,3}:[0-9A-Fa-f:]{4,35}(?![0-9A-Za-z:])"),
        lambda match: _machine(match) if match[0].count(":") > 1 else NEVER,
        gate=re.compile(":[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]"),
    ),
)
