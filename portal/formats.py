"""How times, sizes and spans are written for a person; stored in UTC, shown in the time zone of the zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta, get_timezone_name
from babel.numbers import format_decimal

from portal.i18n import Language

KOREAN_TIME = ZoneInfo("Asia/Seoul")
"""Where a zone is that says nothing else: its setting `zone.time_zone`."""
LOCALES: dict[Language, str] = {"ko": "ko_KR", "en": "en_GB"}
PATTERNS: dict[Language, str] = {"ko": "y. M. d. HH:mm", "en": "d MMM y, HH:mm"}


def day(moment: datetime, language: Language, zone: ZoneInfo = KOREAN_TIME) -> str:
    """Write the calendar day."""
    return format_date(moment.astimezone(zone), format="medium", locale=LOCALES[language])


def minute(moment: datetime, language: Language, zone: ZoneInfo = KOREAN_TIME) -> str:
    """Write day and minute."""
    return format_datetime(moment.astimezone(zone), PATTERNS[language], locale=LOCALES[language])


def clock(moment: datetime, zone: ZoneInfo = KOREAN_TIME) -> str:
    """Write hour, minute and second, below a heading that names the day."""
    return f"{moment.astimezone(zone):%H:%M:%S}"


def second(moment: datetime, language: Language, zone: ZoneInfo = KOREAN_TIME) -> str:
    """Write day and second, for the timelines of the compliance officer."""
    return format_datetime(moment.astimezone(zone), PATTERNS[language] + ":ss", locale=LOCALES[language])


def zone_name(zone: ZoneInfo, language: Language) -> str:
    """Write the name of a time zone as people call it, and its IANA name: Korean Time (Asia/Seoul)."""
    if zone.key in ("UTC", "Etc/UTC"):
        return "UTC"
    return f"{get_timezone_name(zone, locale=LOCALES[language])} ({zone.key})"


def span(length: timedelta, language: Language) -> str:
    """Write a length of time by its largest unit: three days, 2시간."""
    return format_timedelta(length, locale=LOCALES[language], threshold=1.2)


def days_left(until: datetime, now: datetime, zone: ZoneInfo = KOREAN_TIME) -> int:
    """Count the calendar days until a period ends; 0 on its last day, negative after it."""
    return (until.astimezone(zone).date() - now.astimezone(zone).date()).days


def number(value: float, language: Language) -> str:
    """Write a number with the separators of the language."""
    return format_decimal(value, locale=LOCALES[language])


def size(octets: int) -> str:
    """Write a size in bytes with a decimal unit (SI: 1 kB = 1000 bytes)."""
    amount = float(octets)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.5 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError("the last unit always returns")
