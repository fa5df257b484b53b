"""What the zone records about itself: that it was set up, started and stopped, and which images it runs."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from audit.canonical import JSON
from audit.event import Actor, Event, Object, Source, Subjects
from audit.search import Query, open_intents, search
from hub_config.retention import announce_policy
from hub_config.settings import FILE_NAME
from hub_config.zone import Zone
from images.manifest import ImageInfo, image_manifest

IMAGES = ("base", "notebook", "scanner")
CLI = Actor.service("cli")
WORKER = Actor.service("worker")
HERE = Source(ip=None)
PATIENCE = timedelta(minutes=15)  # longer than the longest start; an outcome that late will not come


def record_start(zone: Zone) -> None:
    """Record a start with the digests of what is in force; the first one also records that the zone was set up."""
    settings = hashlib.sha256((zone.home / FILE_NAME).read_bytes()).hexdigest()
    if not known(zone, Query(action="zone.setup", limit=1)):
        zone.log.record(about_zone(zone, "zone.setup"))
    for name in IMAGES:
        if (info := image_manifest(zone.home, name)) is not None:
            record_image(zone, info)
    announce_policy(zone, CLI)
    zone.log.record(about_zone(zone, "zone.started", settings=settings, demo=zone.settings.zone.demo))


def record_stop(zone: Zone) -> None:
    """Record that a person stopped the zone."""
    zone.log.record(about_zone(zone, "zone.stopped"))


def record_image(zone: Zone, info: ImageInfo) -> None:
    """Record an image once: what it was built from, and the SHA-256 of the root file system below it."""
    digest = info.id.removeprefix("sha256:")
    if known(zone, Query(action="image.built", object=digest, limit=1)):
        return
    detail: dict[str, JSON] = {
        "name": info.name,
        "base": info.base_sha256,
        "lock": info.lock_sha256,
        "packages": len(info.packages),
    }
    image = Object("image", digest, sha256=digest)
    zone.log.record(Event("image.built", CLI, image, Subjects.none(), HERE, detail=detail))


def reconcile_intents(zone: Zone) -> None:
    """Close every announcement whose outcome never came: whoever announced it died on the way."""
    zone.log.settle()  # an outcome that is durable may still wait for its place in the tree
    with zone.db.read() as tx:
        forgotten = open_intents(tx, datetime.now(UTC) - PATIENCE)
    for entry in forgotten:
        place = entry.body["object"]
        zone.log.record(
            Event(
                "zone.reconciled",
                WORKER,
                Object(place["kind"], place["ref"], project=place.get("project")),
                Subjects.none(),
                HERE,
                outcome="failed",
                reason="no_outcome",
                intent_id=entry.id,
                detail={"action": entry.body["action"]},
            )
        )


def about_zone(zone: Zone, action: str, **detail: str | bool) -> Event:
    """Return an event about the zone as a whole."""
    return Event(
        action, CLI, Object("zone", zone.zone_id), Subjects.none(), HERE, policy=zone.policy.digest, detail=detail
    )


def known(zone: Zone, query: Query) -> bool:
    """Say whether the log holds an entry of this kind."""
    zone.log.settle()
    with zone.db.read() as tx:
        return bool(search(tx, query))
