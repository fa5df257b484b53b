"""How times, sizes and spans are written for a person; stored in UTC, shown in Korean time."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal

from portal.i18n import Language

KOREAN_TIME = ZoneInfo("Asia/Seoul")
LOCALES: dict[Language, str] = {"ko": "ko_KR", "en": "en_GB"}
PATTERNS: dict[Language, str] = {"ko": "y. M. d. HH:mm", "en": "d MMM y, HH:mm"}


def day(moment: datetime, language: Language) -> str:
    """Write the calendar day in Korean time."""
    return format_date(moment.astimezone(KOREAN_TIME), format="medium", locale=LOCALES[language])


def minute(moment: datetime, language: Language) -> str:
    """Write day and minute in Korean time."""
    return format_datetime(moment.astimezone(KOREAN_TIME), PATTERNS[language], locale=LOCALES[language])


def clock(moment: datetime) -> str:
    """Write hour, minute and second in Korean time, below a heading that names the day."""
    return f"{moment.astimezone(KOREAN_TIME):%H:%M:%S}"


def second(moment: datetime, language: Language) -> str:
    """Write day and second in Korean time, for the timelines of the compliance officer."""
    return format_datetime(moment.astimezone(KOREAN_TIME), PATTERNS[language] + ":ss", locale=LOCALES[language])


def span(length: timedelta, language: Language) -> str:
    """Write a length of time by its largest unit: three days, 2시간."""
    return format_timedelta(length, locale=LOCALES[language], threshold=1.2)


def days_left(until: datetime, now: datetime) -> int:
    """Count the calendar days in Korean time until a period ends; 0 on its last day, negative after it."""
    return (until.astimezone(KOREAN_TIME).date() - now.astimezone(KOREAN_TIME).date()).days


def number(value: float, language: Language) -> str:
    """Write a number with the separators of the language."""
    return format_decimal(value, locale=LOCALES[language])


def size(octets: int) -> str:
    """Write a size in bytes with a decimal unit (SI: 1 kB = 1000 bytes)."""
    amount = float(octets)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError("the last unit always returns")
