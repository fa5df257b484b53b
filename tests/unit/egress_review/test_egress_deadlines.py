"""A deadline counts the days on which people work, by the calendar of the zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.review.working_hours import WorkingHours
from egress_review.deadlines import KOREAN_HOURS, business_day_after, due_at, is_near

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.mark.parametrize(
    ("begins", "days", "ends"),
    [
        ("2026-10-06", 2, "2026-10-08"),  # Tuesday, and nothing between
        ("2026-10-07", 2, "2026-10-12"),  # Hangeul Day (Friday) and a weekend lie between
        ("2026-09-23", 1, "2026-09-28"),  # Chuseok: Thursday to Saturday, then Sunday
        ("2026-02-13", 1, "2026-02-19"),  # Friday before the Lunar New Year, Monday to Wednesday
        ("2026-05-22", 1, "2026-05-26"),  # Buddha's Birthday is a Sunday, so Monday is free instead
        ("2026-02-27", 1, "2026-03-03"),  # 1 March is a Sunday, so Monday is free instead
        ("2026-08-14", 1, "2026-08-18"),  # Liberation Day is a Saturday, so Monday is free instead
        ("2026-10-02", 1, "2026-10-06"),  # National Foundation Day is a Saturday, so Monday is free instead
        ("2026-12-31", 1, "2027-01-04"),
    ],
)
def test_the_korean_calendar_with_its_substitute_holidays(begins: str, days: int, ends: str) -> None:
    assert business_day_after(KOREAN_HOURS, date.fromisoformat(begins), days) == date.fromisoformat(ends)


def test_the_day_is_that_of_the_zone_and_what_is_due_is_due_at_its_close() -> None:
    late = datetime(2026, 10, 5, 23, 30, tzinfo=UTC)  # Tuesday morning in Seoul
    due = due_at(KOREAN_HOURS, late, 1)
    assert due == datetime(2026, 10, 7, 20, 0, tzinfo=SEOUL)
    assert due is not None
    assert due.tzinfo is UTC
    assert not is_near(KOREAN_HOURS, due, datetime(2026, 10, 6, 14, 59, tzinfo=UTC))
    assert is_near(KOREAN_HOURS, due, datetime(2026, 10, 6, 15, 0, tzinfo=UTC))
    london = WorkingHours(ZoneInfo("Europe/London"), country="GB", closes=time(17))
    assert due_at(london, datetime(2026, 12, 24, 9, tzinfo=UTC), 1) == datetime(2026, 12, 29, 17, tzinfo=UTC)


def test_no_deadline_is_none_and_a_calendar_without_work_is_refused() -> None:
    assert due_at(KOREAN_HOURS, datetime.now(UTC), 0) is None
    with pytest.raises(ValueError, match="no business days"):
        business_day_after(WorkingHours(SEOUL, weekdays=frozenset()), date(2026, 1, 1), 1)


@given(st.dates(date(2024, 1, 1), date(2028, 12, 31)), st.integers(1, 15))
def test_a_deadline_is_a_working_day_and_as_many_of_them_lie_between(begins: date, days: int) -> None:
    end = business_day_after(KOREAN_HOURS, begins, days)
    between = [date.fromordinal(n) for n in range(begins.toordinal() + 1, end.toordinal() + 1)]
    assert KOREAN_HOURS.is_working_day(end)
    assert sum(map(KOREAN_HOURS.is_working_day, between)) == days
