"""The real append-only service for a zone under test: `python audit_service.py <uid of the gate>`."""

from __future__ import annotations

import sys
from pathlib import Path

from audit.cells import CellStore
from audit.db import Database
from audit.log import AuditLog, LogKeys
from audit.tables import metadata
from audit.writer import serve


def main() -> None:
    """Serve at run/audit.sock of the current directory."""
    gate = int(sys.argv[1])
    keys = LogKeys.load_or_create(Path("keys"))
    db = Database.open("sqlite:///ansim.db")
    metadata.create_all(db.engine)
    log = AuditLog(db, keys, component="audit", origin="test.example/audit", log_dir=Path("log"))
    serve(log, CellStore(Path("cells"), keys.cells), Path("run/audit.sock"), {gate: "gate", 0: "hub"}, group=gate)


if __name__ == "__main__":
    main()
