"""The desk of monthly reviews of a zone, and what every page says when one is overdue."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from audit.errors import AuditError
from audit.review.policy import OWN_FILE, ReviewPolicy, load_review_policy
from audit.review.service import ReviewDesk
from audit.review.working_hours import Month
from portal.zone import ZoneLike
from registry.text import Text


def policy_of(home: Path) -> ReviewPolicy:
    """Return the policy of a zone; it is read again when its file changes.

    Raises: ReviewPolicyUnusable.
    """
    own = home / OWN_FILE
    return _policy(home, own.stat().st_mtime_ns if own.exists() else 0)


@functools.lru_cache(maxsize=4)
def _policy(home: Path, _changed: int) -> ReviewPolicy:
    return load_review_policy(home)


def desk_of(zone: ZoneLike, clock: Callable[[], datetime]) -> ReviewDesk:
    """Return the desk of reviews of a zone.

    Raises: ReviewPolicyUnusable.
    """
    return ReviewDesk(zone.db, zone.log, policy_of(zone.settings.home), clock=clock)


def overdue(zone: ZoneLike, clock: Callable[[], datetime]) -> tuple[Text, ...]:
    """Return the months whose review is overdue; none while that cannot be said, which the page of reviews explains."""
    try:
        return tuple(month_name(month) for month in desk_of(zone, clock).standing().overdue)
    except AuditError:
        return ()


def month_name(month: Month) -> Text:
    """Return how a month is called."""
    return Text(f"{month.year}년 {month.number}월", f"{month.first:%B} {month.year}")
