"""Calendar arithmetic of retention: until when, and from when. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

_KST = timezone(timedelta(hours=9), "KST")  # Korea keeps one offset all year


def day(at: datetime) -> str:
    """Return the day of a moment in Korea, as people write it."""
    return f"{at.astimezone(_KST):%Y-%m-%d}"


def years_later(at: datetime, years: int) -> datetime:
    """Return the moment that many calendar years later; from 29 February it is the beginning of 1 March."""
    try:
        return at.replace(year=at.year + years)
    except ValueError:
        # Rounded up: nothing may end a day before the law lets it.
        return at.replace(year=at.year + years, month=3, day=1, hour=0, minute=0, second=0, microsecond=0)


def years_earlier(at: datetime, years: int) -> datetime:
    """Return the moment that many calendar years earlier; for 29 February it is 28 February."""
    try:
        return at.replace(year=at.year - years)
    except ValueError:
        return at.replace(year=at.year - years, day=28)
