"""Who asked for a workspace and from where, as the portal says it in the hub's `user_options`.

Only the zone's own services hold the scope that starts servers, so one of them wrote what stands here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.event import Actor, Source
from registry.desk import as_actor
from registry.errors import NotFound
from registry.model import Person

if TYPE_CHECKING:
    from registry.service import Registry


@dataclass(frozen=True, slots=True)
class SpawnRequest:
    """`requested_by` is the reference of the person who asked, if that is not the workspace's own."""

    requested_by: str | None
    source: Source

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> SpawnRequest:
        """Read the hub's options; anything that is not what it should be counts as not said."""
        by = options.get("requested_by")
        return cls(by if isinstance(by, str) else None, Source(ip=_address(options.get("source_ip"))))

    def actor(self, registry: Registry, person: Person) -> Actor:
        """Return who acts: whom the request names, if the registry knows them, else the workspace's own."""
        asking = person
        if self.requested_by is not None and self.requested_by != person.ref:
            try:
                asking = registry.person_by_ref(self.requested_by)
            except NotFound:
                asking = person
        return as_actor(asking)


def _address(value: Any) -> str | None:
    try:
        return str(ipaddress.ip_address(value)) if isinstance(value, str) else None
    except ValueError:
        return None
