"""Requests held against the audit log: the worker's duty, and how it stands for `status` and `doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from audit.db import Database
from audit.errors import AuditError
from egress_review.looking import open_alarms
from hub_config.settings import Settings

if TYPE_CHECKING:
    from hub_config.zone import Zone

SECONDS = 24 * 3600.0
"""Between two runs over all requests; the first is made when the worker starts."""
HINT = "Run `ansim egress verify`; two people look into it in the portal (Not as recorded)."


def compare(zone: Zone) -> None:
    """Hold every request against the log, and raise an alarm about each that is not as recorded."""
    zone.desk.watch_requests()


def fault_of(settings: Settings) -> tuple[str, str] | None:
    """Return what is wrong and what to do about it, or None: what was found and nobody has settled, by the log."""
    url = settings.database_url()
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return None
    try:
        db = Database.open(url)
        try:
            with db.read() as tx:
                waiting = open_alarms(tx)
        finally:
            db.close()
    except (SQLAlchemyError, AuditError):
        return None
    if not waiting:
        return None
    return f"not as the audit log has them: {', '.join(waiting)}", HINT
