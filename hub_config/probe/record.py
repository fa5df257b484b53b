"""The record of a probe's own gate: `python -m hub_config.probe.record UID GID`, in the directory of the range.

The real append-only service with keys of its own: a probe stops it and floods it, which it must not do to the zone's.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from audit.cells import CellStore
from audit.db import Database
from audit.log import AuditLog, LogKeys
from audit.tables import metadata
from audit.writer import serve
from hub_config.gate.privileges import end_with

ORIGIN = "probe.invalid/audit"


def open_record(place: Path) -> AuditLog:
    """Open the log of the range in `place`."""
    keys = LogKeys.load_or_create(place / "keys")
    db = Database.open(f"sqlite:///{place / 'record.db'}")
    return AuditLog(db, keys, component="audit", origin=ORIGIN, log_dir=place / "log")


def main() -> None:
    """Serve at run/audit.sock."""
    gate, group, place = int(sys.argv[1]), int(sys.argv[2]), Path.cwd()
    if not end_with(os.getppid()):  # a probe that is killed leaves nothing running
        return
    log = open_record(place)
    metadata.create_all(log.db.engine)
    cells = CellStore(place / "cells", LogKeys.load_or_create(place / "keys").cells)
    serve(log, cells, Path("run/audit.sock"), {gate: "gate", 0: "hub"}, group=group)


if __name__ == "__main__":
    main()
