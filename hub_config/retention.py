"""The zone's part in retention: saying which policy is in force, and finishing what erasures and prunings began."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit.canonical import JSON
from audit.event import Actor, Event, Object, Source, Subjects
from audit.retention import cleaning, pruning
from audit.search import Query, search

if TYPE_CHECKING:
    from hub_config.hub_api import HubApi
    from hub_config.zone import Zone

log = logging.getLogger("ansim.retention")
POLICY = Object("policy", "retention")
HERE = Source(ip=None)


def keep(zone: Zone, by: Actor) -> None:
    """Do what retention asks of a zone that runs."""
    announce_policy(zone, by)
    finish_erasures(zone)


def announce_policy(zone: Zone, by: Actor) -> bool:
    """Record the retention policy if it is another than the last one recorded; return whether it was.

    Raises: RetentionPolicyInvalid — if the policy does not fit the data that the zone holds.
    """
    policy, datasets = zone.retention, zone.registry.datasets()
    policy.check_scope(
        sensitive=any(dataset.sensitive for dataset in datasets),
        people=max((dataset.people for dataset in datasets), default=0),
    )
    with zone.db.read() as tx:
        last = search(tx, Query(action="policy.loaded", object=POLICY.ref, limit=1))
    if last and last[0].body.get("policy") == policy.digest:
        return False
    years: dict[str, JSON] = {name: period.years for name, period in policy.periods.items()}
    detail: dict[str, JSON] = {"name": policy.name, "years": years}
    zone.log.record(Event("policy.loaded", by, POLICY, Subjects.none(), HERE, policy=policy.digest, detail=detail))
    return True


def finish_erasures(zone: Zone) -> None:
    """Remove what destroyed keys and declared prunings left behind, and erase again whom an old backup brought back.

    The rest of a pruning waits for `ansim audit prune` where the zone's role may not remove entries.
    """
    directory = zone.log.directory
    revived = cleaning.revived(zone.db, directory)
    for person_ref in revived:
        log.warning("%s was erased before and came back with an old backup; erased again", person_ref)
        zone.registry.repeat_erasure(person_ref, source=HERE)
    pruned = pruning.left_over(zone.db) and pruning.permitted(zone.db)
    if revived or cleaning.due(zone.db, directory) or pruned:
        tables = zone.registry.personal_tables
        done = cleaning.finish(zone.db, directory, zone.cells, datetime.now(UTC), rewrite=tables)
        log.info("finished: %d keys, %d entries, %d cells", len(done.keys), done.entries, done.cells)


def forget_hub_users(zone: Zone, hub: HubApi) -> None:
    """Remove from the hub whoever the registry does not know by that user name any more."""
    known = {person.handle for person in zone.registry.people()}
    for handle in hub.users():
        if handle not in known:
            hub.remove_user(handle)
