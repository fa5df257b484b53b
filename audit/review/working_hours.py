"""When people of the zone are expected to work: its time zone, its hours, its working days, public holidays.

Entries carry UTC. Whether half past eight in the evening is late is a question of where the zone is, so every
rule about time asks here and nowhere else.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month, such as 2026-10."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Return the month written as 2026-10.

        Raises: ValueError — if it is not one.
        """
        if len(text) != 7 or text[4] != "-" or not (text[:4] + text[5:]).isdecimal() or not text.isascii():
            raise ValueError(text)
        return cls.of(date(int(text[:4]), int(text[5:]), 1))

    @classmethod
    def of(cls, day: date) -> Month:
        """Return the month of a day."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def first(self) -> date:
        """The first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """The last day."""
        return self.next().first - DAY

    def next(self) -> Month:
        """Return the month after this one."""
        return Month.of((self.first + 31 * DAY).replace(day=1))

    def previous(self) -> Month:
        """Return the month before this one."""
        return Month.of(self.first - DAY)


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment to before another, both aware."""

    since: datetime
    until: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.since <= moment < self.until


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The hours in which work is expected."""

    zone: ZoneInfo
    opens: time = time(8)
    closes: time = time(20)
    weekdays: frozenset[int] = frozenset(range(5))
    """Monday is 0."""
    country: str | None = "KR"
    """Whose public holidays are free, by its ISO 3166 code."""
    extra: frozenset[date] = field(default_factory=frozenset)
    """Further free days: those of the institution, and those that a government declares late."""

    def local(self, moment: datetime) -> datetime:
        """Return a moment as the clocks of the zone show it."""
        return moment.astimezone(self.zone)

    def span(self, first: date, last: date) -> Span:
        """Return the time from the first day's beginning to the last day's end, in UTC."""
        begin, end = (datetime.combine(day, time(), self.zone) for day in (first, last + DAY))
        return Span(begin.astimezone(UTC), end.astimezone(UTC))

    def month(self, month: Month) -> Span:
        """Return the time of a calendar month, in UTC."""
        return self.span(month.first, month.last)

    def is_working_day(self, day: date) -> bool:
        """Say whether people are expected to work on a day."""
        return day.weekday() in self.weekdays and day not in self.extra and day not in self._public(day.year)

    def outside(self, moment: datetime) -> bool:
        """Say whether a moment lies outside the working hours."""
        here = self.local(moment)
        return not (self.opens <= here.time() < self.closes) or not self.is_working_day(here.date())

    def free_days(self, first: date, last: date) -> tuple[date, ...]:
        """Return the holidays from one day to another: public ones and those of the institution."""
        days = (first + n * DAY for n in range((last - first).days + 1))
        return tuple(day for day in days if day in self.extra or day in self._public(day.year))

    def _public(self, year: int) -> frozenset[date]:
        return public_holidays(self.country, year) if self.country else frozenset()


@functools.cache
def public_holidays(country: str, year: int) -> frozenset[date]:
    """Return the public holidays of a country in a year, substitute holidays included.

    Raises: ValueError — if nothing is known of the country.
    """
    import holidays  # 80 ms, and only whoever reviews needs it

    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        raise ValueError(country) from None
