"""Break-glass: reading the record while it cannot be written. The only way around "no entry, no action".

A log that contradicts its checkpoints must not be written any more, and a log whose disk is full cannot be. Then nobody
can read it either, because a reading is itself recorded. Root on the zone's machine may break the glass: for a
limited time `ansim audit search`, `verify`, `export` and the rest of reading keep their own record in a file beside
the log. Everything in that file, and the breaking of the glass first of all, enters the log as soon as it can be
written.

It permits nothing else. No workspace starts, nobody sees a file, votes, releases, re-identifies or gets a role: the
code of those knows nothing of this.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from audit.body import moment, timestamp
from audit.durable import replace_file, sync_directory
from audit.errors import MalformedRequest, NotDurable
from audit.event import Event
from audit.wire import Request, parse_request, request_line

READINGS = frozenset({"log.searched", "log.viewed", "log.unsealed", "log.verified", "log.exported"})
OUTSIDE = -1
"""What stands in place of an index for a reading that is kept outside the log."""
DEFAULT_MINUTES, MOST_MINUTES = 60, 240

_GRANT_FILE = "break-glass.json"
_JOURNAL_FILE = "break-glass.journal"
_LOCK_FILE = ".break-glass.lock"


@dataclass(frozen=True, slots=True)
class Grant:
    """One breaking of the glass."""

    opened_at: datetime
    until: datetime
    event_id: str
    """The event that records it."""

    def document(self) -> dict[str, str]:
        """Return it as JSON values."""
        return {"opened_at": timestamp(self.opened_at), "until": timestamp(self.until), "event_id": self.event_id}


class BreakGlass:
    """The glass of one log, as its directory shows it."""

    def __init__(self, directory: Path, clock: Callable[[], datetime]) -> None:
        self._directory = directory
        self._clock = clock

    def grant(self) -> Grant | None:
        """Return what is open now; None if nothing is, or if its time is over."""
        try:
            said = json.loads((self._directory / _GRANT_FILE).read_text(encoding="utf-8"))
            found = Grant(moment(said["opened_at"]), moment(said["until"]), str(said["event_id"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            return None  # whatever it is, it opens nothing
        # A clock that was set back opens nothing either.
        return found if found.opened_at <= self._clock() < found.until else None

    def open(self, event: Event, minutes: int) -> Grant:
        """Break the glass; `event` says so and is the first line of the journal.

        Raises: NotDurable — if not even this can be kept.
        """
        now = self._clock()
        found = Grant(now, now + timedelta(minutes=min(max(minutes, 1), MOST_MINUTES)), event.id)
        self.keep([event])
        try:
            data = json.dumps(found.document()).encode("ascii")
            replace_file(self._directory / _GRANT_FILE, data, mode=0o600)
        except OSError as error:
            raise NotDurable(f"the break-glass file cannot be written: {error.strerror}") from error
        return found

    def close(self) -> None:
        """End what is open; the journal stays until it is in the log."""
        (self._directory / _GRANT_FILE).unlink(missing_ok=True)
        sync_directory(self._directory)

    def keep(self, events: Sequence[Event]) -> None:
        """Keep events durably in the journal, with the time that the log will not know.

        Raises: NotDurable — if they cannot be.
        """
        at = timestamp(self._clock())
        events = [replace(event, detail={**event.detail, "kept_at": at}) for event in events]
        with self.locked():
            self._write(events)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from the journal while the block runs."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._directory / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, events: Sequence[Event]) -> None:
        try:
            descriptor = os.open(self._directory / _JOURNAL_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, b"".join(request_line(Request(event)) for event in events))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            sync_directory(self._directory)
        except OSError as error:
            raise NotDurable(f"the break-glass journal cannot be written: {error.strerror}") from error

    def kept(self) -> list[Event]:
        """Return what waits to enter the log; a line that was cut off by a full disk was never acknowledged."""
        try:
            lines = (self._directory / _JOURNAL_FILE).read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        events = []
        for line in lines:
            try:
                events.append(parse_request(line).event)
            except MalformedRequest:
                continue
        return events

    def forget(self) -> None:
        """Remove the journal, once everything in it is in the log."""
        (self._directory / _JOURNAL_FILE).unlink(missing_ok=True)
        sync_directory(self._directory)
