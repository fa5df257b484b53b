"""The fingerprints of source data as the zone's processes see them: where they are kept, and who makes them when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import AuditError
from audit.review.policy import load_review_policy
from audit.review.working_hours import WorkingHours
from egress_review.errors import EgressError
from egress_review.fingerprints import Fingerprints
from egress_review.watching import Watch

if TYPE_CHECKING:
    from hub_config.keys import ZoneKeys
    from hub_config.settings import Settings
    from hub_config.zone import Zone

SECONDS = 30.0


def watch_of(settings: Settings, keys: ZoneKeys) -> Watch:
    """Return what the desk of a zone watches with; in a demo zone a first release is only said to be one."""
    return Watch(
        Fingerprints(settings.home / "fingerprints", keys.fingerprint_secret),
        _hours(settings.home),
        first_needs_senior=settings.egress.first_release == "senior" and not settings.zone.demo,
    )


def keep(zone: Zone) -> None:
    """Make the fingerprints of every dataset version that has none, and remove those of data that is gone.

    A version that was registered a moment ago is met here as one that was there before the zone kept fingerprints.
    """
    fingerprints = watch_of(zone.settings, zone.keys).fingerprints
    fingerprints.tidy()
    held = set()
    for dataset in zone.registry.datasets():
        for version in zone.registry.versions(dataset.id):
            if not version.path.is_dir():
                continue
            held.add((version.dataset, version.number))
            if fingerprints.manifest(version) is None:
                try:
                    zone.desk.fingerprint(version.dataset, version.number)
                except EgressError:
                    continue  # another process is at it, or the files went away: the next round sees
    for dataset_id, number in fingerprints.kept():
        if (dataset_id, number) not in held:
            fingerprints.drop(dataset_id, number)


def _hours(home: Path) -> WorkingHours | None:
    """Return the working hours of the zone; None while its review policy cannot be used, which `doctor` explains."""
    try:
        return load_review_policy(home).hours
    except AuditError:
        return None
