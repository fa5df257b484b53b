"""What goes into an order for a bundle: what the zone's register knows of the project, and its keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

from audit.event import Actor, Source
from audit.export.layout import VKEY_FILE
from audit.outward.bundle import Order
from audit.text import Text
from audit.trusted import TRUSTED_KEYS_FILE, TrustedKeys

_KST = timezone(timedelta(hours=9), "KST")


def order_for(zone: Any, project_id: str, *, reason: str, names: bool, by: Actor, source: Source) -> Order:
    """Return what to bundle, with what the register knows of the project.

    Raises: the register's own error for a project that it does not know.
    """
    project = zone.registry.project(project_id)
    days = (project.starts_at.astimezone(_KST), (project.ends_at - timedelta(seconds=1)).astimezone(_KST))
    return Order(
        project=project.id,
        title=Text(project.title.ko, project.title.en),
        period=f"{days[0]:%Y-%m-%d} – {days[1]:%Y-%m-%d}",
        reason=reason,
        by=by,
        source=source,
        releases=zone.settings.home / "releases",
        names=_names(zone) if names else None,
    )


def trusted_keys(home: Path) -> TrustedKeys:
    """Return the keys of the log, as its reader trusts them.

    Raises: NotTrusted, MalformedNote — as `TrustedKeys.load`.
    """
    every = home / "keys" / TRUSTED_KEYS_FILE
    return TrustedKeys.load(every if every.exists() else home / "keys" / VKEY_FILE)


def _names(zone: Any) -> Mapping[str, str]:
    return {person.ref: person.name for person in zone.registry.people()}
