"""The desk of packages of a zone, as pages and calls of workspaces use it."""

from __future__ import annotations

from portal.zone import ZoneLike
from registry.packages.desk import PackageDesk


def packages_of(zone: ZoneLike) -> PackageDesk:
    """Return the desk of packages of a zone."""
    return PackageDesk(zone.db, zone.log, zone.registry, zone.settings.home)
