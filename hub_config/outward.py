"""The systems that the record is sent to: the worker's duties, and how each target stands for `status` and `doctor`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from audit.outward.delivery import Outward
from audit.outward.standing import Standing, standings
from hub_config.glance import glance
from hub_config.settings import Settings

if TYPE_CHECKING:
    from hub_config.zone import Zone


def duties(zone: Zone, stop: Callable[[], bool]) -> list[tuple[str, Callable[[], None]]]:
    """Return what sends the record, by name: one for each target, so that a slow one delays no other."""
    home = zone.settings.home
    targets = zone.settings.outward.targets
    return [(f"outward-{one.name}", partial(_deliver, Outward(zone.log, one.below(home)), stop)) for one in targets]


def standings_of(settings: Settings) -> list[Standing]:
    """Return how each target stands, without changing anything; nothing while there is no usable database."""
    if not settings.outward.targets:
        return []
    return glance(settings, lambda tx: standings(tx, settings.outward.targets)) or []


def _deliver(outward: Outward, stop: Callable[[], bool]) -> None:
    outward.deliver(stop)
