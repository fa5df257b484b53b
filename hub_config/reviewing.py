"""The monthly review as the zone's processes see it: the worker's duty, and how it stands for `status` and `doctor`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit.review.due import Standing, standing
from audit.review.errors import ReviewPolicyUnusable
from audit.review.policy import load_review_policy
from audit.review.service import ReviewDesk
from audit.text import Text
from hub_config.glance import glance
from hub_config.settings import Settings

if TYPE_CHECKING:
    from hub_config.zone import Zone

SECONDS = 3600.0


def announce_overdue(zone: Zone) -> None:
    """Record each review that was not signed in time, once."""
    ReviewDesk(zone.db, zone.log, load_review_policy(zone.home)).announce_overdue()


def standing_of(settings: Settings) -> Standing | None:
    """Return where the reviews of a zone stand, without changing anything; None while there is no usable database.

    Raises: ReviewPolicyUnusable — if the policy file of the zone cannot be used.
    """
    if not settings.has_database():
        return None
    policy = load_review_policy(settings.home)
    return glance(settings, lambda tx: standing(tx, policy, datetime.now(UTC)))


_LATE = Text("기한 안에 서명하지 않은 달: {months}", "not signed in time: {months}")
_SIGN = Text(
    "준법감시 담당자가 포털의 월 점검에서 서명합니다.",
    "A compliance officer signs it in the portal (Monthly review).",
)


def fault_of(settings: Settings) -> tuple[Text, Text] | None:
    """Return what is wrong with the reviews of a zone and what to do about it, or None."""
    try:
        now = standing_of(settings)
    except ReviewPolicyUnusable as error:
        return error.reason, error.hint
    if now is None or not now.overdue:
        return None
    months = ", ".join(map(str, now.overdue))
    return _LATE.format(months=months), _SIGN
