"""What breaking the glass writes into the log, as soon as the log can be written."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from audit.break_glass import Grant
from audit.errors import AuditError
from audit.event import Event
from audit.log import AuditLog


def open_glass(log: AuditLog, event: Event, minutes: int) -> Grant:
    """Break the glass: let the record be read for some minutes although it cannot be written.

    Raises: NotDurable — if not even the journal can be written.
    """
    grant = log.glass.open(event, minutes)
    take_in(log)
    return grant


def close_glass(log: AuditLog, event: Event) -> None:
    """End the emergency access, and record what was read meanwhile if the log can be written.

    Raises: NotDurable — if the journal cannot be written.
    """
    if log.glass.grant() is not None:
        log.glass.keep([event])
    log.glass.close()
    take_in(log)


def take_in(log: AuditLog) -> bool:
    """Record what the journal of the glass holds; return whether nothing is left in it."""
    with log.glass.locked():
        events = log.glass.kept()
        if not events:
            return True
        try:
            log.check_head()
            # The ids of the events make sure that whoever is killed in between records nothing twice.
            log.record_all([(event, "cli") for event in events], from_glass=True)
        except (AuditError, SQLAlchemyError):
            return False  # that is what the glass was broken for
        log.glass.forget()
    return True
