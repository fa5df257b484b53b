"""Writes one entry about a mend, as the zone's user: `python -m hub_config.mending.note HOME CODE OUTCOME [EVENT]`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

from audit.event import Outcome
from hub_config.zone import open_zone
from hub_config.zone_events import about_zone


def main(home: str, code: str, outcome: str, intent: str | None = None) -> str:
    """Record what became of a mend, and return the id of the event."""
    zone = open_zone(Path(home), "cli")
    event = about_zone(zone, "zone.mended", mend=code)
    event = replace(event, outcome=cast("Outcome", outcome), intent_id=intent)
    zone.log.record(event)
    zone.db.close()
    return event.id


if __name__ == "__main__":
    sys.stdout.write(main(*sys.argv[1:]) + "\n")
