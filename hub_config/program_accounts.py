"""Accounts of programs that end soon, for `ansim doctor`: none is extended, so somebody has to make the next one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from audit.text import Text
from hub_config.glance import glance
from registry.service_accounts import accounts_in

if TYPE_CHECKING:
    from hub_config.settings import Settings

SOON = timedelta(days=14)


def fault_of(settings: Settings, now: datetime | None = None) -> tuple[Text, Text] | None:
    """Return which accounts end soon, and what to do; None where none does, or the database cannot be asked."""
    at = now or datetime.now(UTC)
    ending = [
        one for one in glance(settings, accounts_in) or () if one.state(at) == "active" and one.expires_at - at < SOON
    ]
    if not ending:
        return None
    names = ", ".join(f"{one.name} ({one.expires_at:%Y-%m-%d})" for one in ending)
    return _ENDING.format(names=names), _NEXT


_ENDING = Text("곧 만료됨: {names}", "ends soon: {names}")
_NEXT = Text(
    "연장할 수 없습니다. `ansim registry service add`로 다음 계정을 만드십시오.",
    "None is extended: make the next one with `ansim registry service add`.",
)
