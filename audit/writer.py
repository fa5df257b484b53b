"""The append-only service: records events for processes that have no right to the database.

Who asks is taken from the kernel (SO_PEERCRED), never from the request: it decides the component that the
entry names and which actions it may record. The service adds time and host. Requests that arrive while a
transaction commits are recorded together in the next one, so many callers share one write to the disk.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from audit.cells import CellStore
from audit.errors import (
    AuditError,
    EventRefused,
    LogFull,
    MalformedRequest,
    NotDurable,
    NotPermitted,
    ServiceBusy,
    TooManyEvents,
)
from audit.event import Event
from audit.limits import COMPONENTS, Limits, check_schema
from audit.log import AuditLog
from audit.sealing import ZONE_SUBJECT
from audit.wire import CODE_DETAIL, MAX_LINE_BYTES, Request, error_line, index_line, parse_request

log_messages = logging.getLogger("ansim.audit")

MAX_BATCH = 256
# Requests that wait for the disk. What is over stays in the socket, where it holds up its sender and nobody else.
MAX_WAITING = 512
MAX_WAITING_BYTES = 16 * 1024 * 1024
MAX_CONNECTIONS = 128
_CELL_WRITERS = 8
_UNIX_PATH_BYTES = 107

COMPONENT_ACTIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {name: component.actions for name, component in COMPONENTS.items()}
)
"""What each component observes itself. What is not named is refused."""


class Recorder:
    """Records batches of requests: cells first, then all events in one transaction."""

    def __init__(self, log: AuditLog, cells: CellStore, limits: Limits | None = None) -> None:
        self._log = log
        self._cells = cells
        self._limits = limits or Limits()
        self._pool = ThreadPoolExecutor(_CELL_WRITERS, thread_name_prefix="cells")

    def record(self, batch: list[tuple[Request, str]]) -> list[int | AuditError | None]:
        """Return for each request, given with its component, the index of its entry or why it has none."""
        # In the order of arrival and in this thread: the limits count.
        checked = [self._check(item) for item in batch]
        work = [item for item in checked if not isinstance(item, AuditError)]
        stored = iter(self._pool.map(self._prepare, work) if len(work) > 1 else map(self._prepare, work))
        prepared = [item if isinstance(item, AuditError) else next(stored) for item in checked]
        good = [item for item in prepared if not isinstance(item, AuditError)]
        answers = iter(self._append(good))
        answered = [item if isinstance(item, AuditError) else next(answers) for item in prepared]
        self._tell_of_refusals(batch, answered)
        return answered

    def _check(self, item: tuple[Request, str]) -> tuple[Request, str] | AuditError:
        """Return a request that its component may make, and may make now.

        What a full disk refuses is refused here: before code is stored that nobody will run, and without those that
        came along and end something.
        """
        request, component = item
        try:
            check_schema(component, request.event)
            self._limits.check(component, request.event)
            if self._log.space is not None:
                self._log.space.admit(request.event)
        except AuditError as error:
            return error
        return item

    def _tell_of_refusals(self, batch: list[tuple[Request, str]], answers: list[int | AuditError | None]) -> None:
        """Record that a component sent too much: once per window, and whether or not anybody waits for it."""
        for (_request, component), answer in zip(batch, answers, strict=True):
            if isinstance(answer, TooManyEvents) and (event := self._limits.refused(component)) is not None:
                try:
                    self._log.record_all([(event, self._log.component)])
                except AuditError:
                    log_messages.exception("that %s sent too much could not be recorded", component)

    def _prepare(self, item: tuple[Request, str]) -> tuple[Event, str] | AuditError:
        """Return an event that may be recorded, with its cell stored."""
        request, component = item
        event = request.event
        try:
            if request.code is not None:
                if CODE_DETAIL in event.detail:
                    raise EventRefused(f"detail: {CODE_DETAIL} is the service's own field")
                name = self._cells.put(request.code, _whose(event))
                event = replace(event, detail={**event.detail, CODE_DETAIL: name})
        except AuditError as error:
            return error
        return event, component

    def _append(self, events: list[tuple[Event, str]]) -> list[int | AuditError | None]:
        if not events:
            return []
        try:
            return [appended.index for appended in self._log.record_all(events)]
        except AuditError as error:
            if len(events) == 1 or (isinstance(error, NotDurable) and not isinstance(error, LogFull)):
                return [error] * len(events)
        # One of them is refused by what the log already holds, or by a disk that has filled since `_check`; the others
        # must not share its fate.
        return [answer for event in events for answer in self._append([event])]


def _whose(event: Event) -> str:
    """Return the subject under whose key the code of an event is kept: the person who sent it."""
    return event.actor.ref if event.actor.kind == "person" else ZONE_SUBJECT


class Service:
    """Collects requests from all connections and records what arrived, once per turn of the loop."""

    def __init__(self, recorder: Recorder, components: Mapping[int, str]) -> None:
        self._recorder = recorder
        self._components = components
        self._waiting: list[tuple[Connection, Request]] = []
        self._waiting_bytes = 0
        self._held_up: set[Connection] = set()
        self._scheduled = False
        self.connections: set[Connection] = set()

    def connection(self) -> Connection:
        """Return the protocol of a new connection."""
        return Connection(self)

    def component_of(self, peer: socket.socket) -> str | None:
        """Return which component the process at the other end is, by its user."""
        credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _pid, uid, _gid = struct.unpack("3i", credentials)
        return self._components.get(uid)

    def submit(self, connection: Connection, request: Request) -> None:
        """Take a request; it is recorded together with all that arrived in this turn of the loop.

        When enough waits, no more is read from whoever sends, until the disk has caught up.
        """
        self._waiting.append((connection, request))
        self._waiting_bytes += len(request.code or b"")
        if len(self._waiting) >= MAX_WAITING or self._waiting_bytes >= MAX_WAITING_BYTES:
            self._held_up.add(connection)
            connection.hold_up()
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Record everything that waits.

        It blocks the loop on purpose: there is nothing else to do before the disk has answered, and what
        arrives meanwhile forms the next batch.
        """
        self._scheduled = False
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            for (connection, _), answer in zip(batch, self._answers(batch), strict=True):
                connection.answer(answer)
        self._waiting_bytes = 0
        while self._held_up:
            self._held_up.pop().go_on()

    def _answers(self, batch: list[tuple[Connection, Request]]) -> list[int | AuditError | None]:
        try:
            return self._recorder.record([(request, connection.component) for connection, request in batch])
        except Exception:
            # Whatever it was, no caller may take silence for success.
            log_messages.exception("a batch of %d could not be recorded", len(batch))
            return [NotDurable("the audit service failed")] * len(batch)


class Connection(asyncio.Protocol):
    """One caller: lines in, answers out, in the same order."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._unread = False
        self.component = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Find out who calls; a stranger is told so and left."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        component = self._service.component_of(transport.get_extra_info("socket"))
        self._service.connections.add(self)
        if component is None:
            self._leave(NotPermitted("this user may not record events"))
        elif len(self._service.connections) > MAX_CONNECTIONS:
            self._leave(ServiceBusy(f"more than {MAX_CONNECTIONS} callers at once"))
        else:
            self.component = component

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection; what it sent is still recorded."""
        self._transport = None
        self._service.connections.discard(self)

    def pause_writing(self) -> None:
        """Stop reading from a caller that does not read its answers."""
        self._unread = True
        self.hold_up()

    def resume_writing(self) -> None:
        """Read on."""
        self._unread = False
        self.go_on()

    def hold_up(self) -> None:
        """Stop reading: what the caller sends waits in the socket."""
        if self._transport is not None:
            self._transport.pause_reading()

    def go_on(self) -> None:
        """Read on, unless the caller does not read its answers."""
        if self._transport is not None and not self._unread and not self._transport.is_closing():
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Take every whole line as a request."""
        if self._transport is None or self._transport.is_closing():
            return
        self._buffer += data
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = rest
        for line in lines:
            try:
                self._service.submit(self, parse_request(bytes(line)))
            except MalformedRequest as error:
                # Answers are told apart by their order, so nothing more can be said on this connection.
                self._service.flush()
                self._leave(error)
                return
        if len(self._buffer) > MAX_LINE_BYTES:
            self._leave(MalformedRequest("a line longer than a request may be"))

    def answer(self, answer: int | AuditError | None) -> None:
        """Send one answer; a caller that is gone asks again with the same event id."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(error_line(answer) if isinstance(answer, AuditError) else index_line(answer))

    def close(self) -> None:
        """End the connection after the answers that are under way."""
        if self._transport is not None:
            self._transport.close()

    def _leave(self, error: AuditError) -> None:
        self.answer(error)
        self.close()


def serve(
    log: AuditLog,
    cells: CellStore,
    path: Path,
    components: Mapping[int, str],
    *,
    group: int | None = None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve at a socket until SIGTERM or SIGINT; what was received by then is recorded and answered.

    `components` names the component behind each user id; `group` may connect beside the owner.

    Raises: LogInconsistent — if the log was rolled back or rewritten since its last checkpoint. NotDurable —
    if another service is at the socket, or it cannot be made.
    """
    log.check_head()
    asyncio.run(_serve(log, Service(Recorder(log, cells), components), path, group, ready))


async def _serve(log: AuditLog, service: Service, path: Path, group: int | None, ready: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    listener = _listen(path, group)
    stop_sequencer = _sequence(log)
    server = await loop.create_unix_server(service.connection, sock=listener)
    try:
        ready()
        await stop.wait()
    finally:
        server.close()
        service.flush()
        for connection in tuple(service.connections):
            connection.close()
        stop_sequencer()
        _remove_socket(path)


def _sequence(log: AuditLog) -> Callable[[], None]:
    """Give events their indexes beside the service, where the database needs it; return how to stop."""
    if log.db.engine.dialect.name != "postgresql":
        return lambda: None
    stop = threading.Event()
    thread = threading.Thread(target=log.sequencer.run, args=(stop,), name="sequencer", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join()

    return end


def _remove_socket(path: Path) -> None:
    path.unlink(missing_ok=True)


def _listen(path: Path, group: int | None) -> socket.socket:
    if len(os.fsencode(path)) > _UNIX_PATH_BYTES:
        raise NotDurable(f"{path}: longer than the name of a socket may be; give it relative to the directory")
    _remove_dead_socket(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Nobody may connect before owner, group and mode are what they should be.
        previous = os.umask(0o177)
        try:
            listener.bind(os.fspath(path))
        finally:
            os.umask(previous)
        if group is not None:
            os.chown(path, -1, group)
            path.chmod(0o660)
    except OSError as error:
        listener.close()
        raise NotDurable(f"no socket at {path}: {error.strerror}") from error
    return listener


def _remove_dead_socket(path: Path) -> None:
    """Remove the socket that a killed service left behind."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        else:
            raise NotDurable(f"another audit service is at {path}")
