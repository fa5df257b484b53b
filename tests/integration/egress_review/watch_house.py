"""A zone whose desk keeps fingerprints of a source with people in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from egress_review import watching_tables
from egress_review.fingerprints import Fingerprints
from egress_review.watching import Watch
from registry.desk import CLI
from tests.integration.egress_review.egress_house import HERE, Zone
from tests.unit.egress_review.source_house import Row, as_csv, people

assert watching_tables.precheck is not None
KEY = b"a key of this zone, 32 bytes long"[:32]
PEOPLE = 400


def watch_in(home: Path, **changes: Any) -> Watch:
    """What a desk watches with, in a home."""
    return replace(Watch(Fingerprints(home / "fingerprints", KEY)), **changes)


def give_source(zone: Zone, rows: Sequence[Row]) -> int:
    """Register a version of the zone's dataset with these records, and grant it; return its number."""
    directory = zone.home / "datasets" / f"cohort-{len(rows)}"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "person.csv").write_bytes(as_csv(rows))
    version = zone.house.registry.add_version("omop", directory, by=CLI, source=HERE)
    registry = zone.house.registry
    for grant in registry.grants():
        if grant.revoked_at is None:
            registry.revoke_grant(grant.ref, by=CLI, source=HERE)
    zone.house.grant(zone.house.accounts["sunhee"], version=version.number)
    return version.number


def watched(zone: Zone, **changes: Any) -> list[Row]:
    """Let the zone's desk watch a source of some hundred people, and return its records."""
    rows = people(PEOPLE)
    give_source(zone, rows)
    zone.options["watch"] = watch_in(zone.home, **changes)
    zone.desk = zone.reopened()
    return rows
