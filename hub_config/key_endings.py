"""The worker's duty about the additional information: what no extract needs any more is destroyed unasked."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from audit.event import Actor, Source
from audit.search import Query, search

if TYPE_CHECKING:
    from deid.keys import KeyStore
    from hub_config.zone import Zone

log = logging.getLogger("ansim.keys")
SECONDS = 600.0
WORKER = Actor.service("worker")
HERE = Source(ip=None)
ENDED = "추출본의 이용기간이 끝남 · the period of its extracts is over"
REVIVED = "파기한 키가 백업에서 되살아남 · destroyed before, came back with a backup"


def end_keys(zone: Zone) -> None:
    """Destroy every key whose users have ended or two people gave up, and again each that a backup brought back.

    First the linkages that were decided on are carried out, everything is noted that the audit log says of users, and
    what was cut off is finished.
    """
    directory = zone.home / "additional"
    if not _has_keys(directory) and not _linked(zone):
        return
    # Loaded here: a zone that pseudonymises nothing has no use for the table libraries in its worker.
    from deid.errors import KeyInUse, KeyStoreError
    from deid.key_adoption import adopt
    from deid.key_ends import KeyEnds
    from deid.key_life import lives, sweep
    from deid.keys import KeyStore
    from deid.linkage.service import LinkageDesk
    from deid.people import RegisteredPeople
    from deid.service import DeidDesk

    store = KeyStore(directory)
    LinkageDesk(zone.log, RegisteredPeople(zone.registry), store).carry_out()
    desk, now = DeidDesk(zone.log, store), datetime.now(UTC)
    adopt(zone.log, store, now)
    sweep(store, zone.settings.dataset_roots())
    desk.finish_destructions(by=WORKER, source=HERE)
    for domain, version in sorted(_revived(zone, store)):
        desk.destroy_key(domain, version, REVIVED, by=WORKER, source=HERE, again=True)
    for life in lives(store):
        if life.due(now):
            with suppress(KeyInUse):  # somebody began to use it at this very moment
                desk.destroy_key(life.domain, life.version, ENDED, by=WORKER, source=HERE)
    for agreed, why in KeyEnds(zone.log, RegisteredPeople(zone.registry)).due():
        try:
            desk.destroy_key(agreed.domain, agreed.version, why, by=WORKER, source=HERE, agreed=agreed)
        except KeyStoreError as error:  # a key that this store never had holds up no other
            log.warning("%s cannot be carried out: %s", agreed.ref, error)


def _has_keys(directory: Path) -> bool:
    from deid.key_database import DATABASE_FILE

    return (directory / DATABASE_FILE).exists()


def _linked(zone: Zone) -> bool:
    with zone.db.read() as tx:
        return bool(search(tx, Query(action="deid.linkage_approved", outcome="ok", limit=1)))


def _revived(zone: Zone, store: KeyStore) -> set[tuple[str, int]]:
    """Return the keys that live although the log says that they were destroyed."""
    living = {(record.domain, record.version) for record in store.records() if record.destroyed_at is None}
    if not living:
        return set()
    zone.log.settle()
    with zone.db.read() as tx:
        found = search(tx, Query(action="deid.key_destroyed", outcome="ok", limit=1000))
    gone = {(str(e.body["detail"]["linkage_domain"]), int(e.body["detail"]["key_version"])) for e in found}
    return living & gone
