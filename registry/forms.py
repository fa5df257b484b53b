"""What people type in, checked once at the entrance: names, ids, periods, sizes."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import datetime

from registry.errors import Invalid
from registry.model import LEAST, MOST, Limits
from registry.text import LANGUAGES, Language, Text

SLUG = re.compile(r"[a-z][a-z0-9-]{1,28}")
"""User names, project ids and dataset ids: they appear in addresses and in file names."""

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


def check_slug(field: str, value: str) -> str:
    """A name of 2 to 29 small letters, digits and hyphens that begins with a letter.

    Raises: Invalid.
    """
    if not SLUG.fullmatch(value):
        raise _invalid(
            field,
            "영문 소문자로 시작하고 소문자, 숫자, 붙임표로 된 2~29자여야 합니다",
            "2 to 29 small letters, digits or hyphens, beginning with a letter",
        )
    return value


def check_line(field: str, value: str, *, longest: int = 200) -> str:
    """One line of text that is not empty, in NFC, without control characters.

    Raises: Invalid.
    """
    line = unicodedata.normalize("NFC", value).strip()
    if not line or len(line) > longest or _has_controls(line, allowed=""):
        raise _invalid(field, f"{longest}자 이하의 한 줄이어야 합니다", f"one line of at most {longest} characters")
    return line


def check_paragraphs(field: str, value: str, *, longest: int = 4000) -> str:
    """Text of one or more lines that is not empty.

    Raises: Invalid.
    """
    text = unicodedata.normalize("NFC", value).replace("\r\n", "\n").strip()
    if not text or len(text) > longest or _has_controls(text, allowed="\n\t"):
        raise _invalid(field, f"{longest}자 이하의 글이어야 합니다", f"text of at most {longest} characters")
    return text


def check_email(value: str) -> str:
    """Something that has the shape of an e-mail address; whether it exists is found out by writing to it.

    Raises: Invalid.
    """
    address = check_line("email", value, longest=254)
    if not _EMAIL.fullmatch(address):
        raise _invalid("email", "이메일 주소여야 합니다", "an e-mail address")
    return address


def check_language(value: str) -> Language:
    """One of the zone's languages.

    Raises: Invalid.
    """
    found = next((language for language in LANGUAGES if language == value), None)
    if found is None:
        raise _invalid("language", "ko 또는 en이어야 합니다", "ko or en")
    return found


def check_period(starts_at: datetime, ends_at: datetime) -> None:
    """A period with time zones that ends after it starts.

    Raises: Invalid.
    """
    if starts_at.tzinfo is None or ends_at.tzinfo is None:
        raise _invalid("period", "시간대가 있는 시각이어야 합니다", "times with a time zone")
    if ends_at <= starts_at:
        raise _invalid("period", "끝이 시작보다 뒤여야 합니다", "an end after its start")


def check_limits(limits: Limits) -> Limits:
    """Limits within which a workspace can live at all.

    Raises: Invalid.
    """
    if not LEAST.memory_bytes <= limits.memory_bytes <= MOST.memory_bytes:
        raise _invalid("memory_bytes", "256 MiB 이상 1 TiB 이하여야 합니다", "from 256 MiB to 1 TiB")
    if not math.isfinite(limits.cpus) or not LEAST.cpus <= limits.cpus <= MOST.cpus:
        raise _invalid("cpus", "0.1 이상 256 이하여야 합니다", "from 0.1 to 256")
    if not LEAST.pids <= limits.pids <= MOST.pids:
        raise _invalid("pids", "64 이상 65536 이하여야 합니다", "from 64 to 65536")
    return limits


def check_people(people: int) -> int:
    """A number of people.

    Raises: Invalid.
    """
    if not 0 <= people < 2**53:
        raise _invalid("people", "0 이상의 수여야 합니다", "a number that is not negative")
    return people


def _has_controls(text: str, *, allowed: str) -> bool:
    return any(unicodedata.category(letter).startswith("C") and letter not in allowed for letter in text)


def _invalid(field: str, ko: str, en: str) -> Invalid:
    return Invalid(f"invalid_{field}", Text(ko=f"{field}: {ko}.", en=f"{field}: must be {en}."))
