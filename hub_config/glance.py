"""One question to the zone's database, for who looks at a zone that may not be up: `ansim status`, `ansim doctor`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from audit.db import Database
from audit.errors import AuditError

if TYPE_CHECKING:
    from hub_config.settings import Settings

T = TypeVar("T")


def glance(settings: Settings, question: Callable[[Connection], T]) -> T | None:
    """Return the answer; None where there is no database yet, which looking must not make, or it cannot be asked."""
    if not settings.has_database():
        return None
    try:
        db = Database.open(settings.database_url())
        try:
            with db.read() as tx:
                return question(tx)
        finally:
            db.close()
    except (SQLAlchemyError, AuditError):
        return None
