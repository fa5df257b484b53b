"""What an operator's monitoring reads: gauges in Prometheus' text format, on this machine only, about nobody.

Every gauge has a row below with its meaning; labels are names of processes, states and targets, never of people,
projects or files. What cannot be read is left out rather than called zero: an alert rule asks for the absence of what
every zone serves.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.request import urlopen

import httpx2 as httpx
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select

from audit.body import moment
from audit.clock.keeping import last_kept
from audit.clock.reading import MICROSECONDS
from audit.event import Outcome
from audit.search import Query, search
from audit.store import log_size
from audit.tables import audit_checkpoint, audit_entry, audit_pending
from egress_review.tables import mail, request
from egress_review.workflow import State
from hub_config.certificates import Shown, shown
from hub_config.engine import engine_answers
from hub_config.gate_control import GateControl
from hub_config.home_helper.errors import HomeError
from hub_config.homes import ZoneHomes
from hub_config.outward import standings_of
from hub_config.probe.standing import read_standing
from hub_config.reviewing import standing_of
from hub_config.room import log_space, rooms
from hub_config.status import status

if TYPE_CHECKING:
    from hub_config.settings import MetricsSettings
    from hub_config.zone import Zone

log = logging.getLogger("ansim.metrics")

KEPT_SECONDS = 10.0
"""How long an answer is kept, so that asking often costs nothing."""
ANSWER_SECONDS = 10
BRIEF_SECONDS = 2
"""How long gate, engine and helper are waited for, each: a scrape has ten seconds for all."""
LEVELS: Mapping[str, int] = MappingProxyType({"ample": 0, "low": 1, "exhausted": 2})
WAITING = (State.SCANNING, State.SCAN_FAILED, State.IN_REVIEW, State.REVIEWED, State.APPROVED, State.RELEASING)

Sample = tuple[Mapping[str, str], float]


@dataclass(slots=True)
class Scrape:
    """One reading of all gauges: what several of them say is asked for once."""

    zone: Zone
    _shown: list[Shown] | None = None

    def shown(self) -> list[Shown]:
        """Return the certificates as they are shown now: a server that says nothing takes seconds, of which a scrape
        has few.
        """
        if self._shown is None:
            self._shown = shown(self.zone.settings)
        return self._shown


@dataclass(frozen=True, slots=True)
class Gauge:
    """One gauge: its name, what it says, its labels, and what reads it."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    read: Callable[[Scrape, datetime], Iterable[Sample]]


def _in_database(
    count: Callable[[Connection, datetime], Iterable[Sample]],
) -> Callable[[Scrape, datetime], list[Sample]]:
    def read(scrape: Scrape, now: datetime) -> list[Sample]:
        with scrape.zone.db.read() as tx:
            return list(count(tx, now))

    return read


def _processes(scrape: Scrape, now: datetime) -> Iterator[Sample]:
    for process in status(scrape.zone.home).processes:
        yield {"process": process.name}, float(process.answers)


def _restarts(scrape: Scrape, now: datetime) -> Iterator[Sample]:
    for process in status(scrape.zone.home).processes:
        yield {"process": process.name}, float(process.restarts)


def _entries(tx: Connection, now: datetime) -> Iterator[Sample]:
    yield {}, float(log_size(tx))


def _pending(tx: Connection, now: datetime) -> Iterator[Sample]:
    yield {}, float(tx.scalar(select(func.count()).select_from(audit_pending)) or 0)


def _unsigned(tx: Connection, now: datetime) -> Iterator[Sample]:
    signed = tx.scalar(select(func.max(audit_checkpoint.c.size))) or 0
    yield {}, float(max(0, log_size(tx) - signed))


def _unsigned_seconds(tx: Connection, now: datetime) -> Iterator[Sample]:
    signed = tx.scalar(select(func.max(audit_checkpoint.c.size))) or 0
    first = tx.scalar(select(audit_entry.c.ts).where(audit_entry.c.idx == signed))
    yield {}, 0.0 if first is None else max(0.0, (now - moment(first)).total_seconds())


def _clock_right(tx: Connection, now: datetime) -> Iterator[Sample]:
    for one in last_kept(tx):
        if one.reading.state != "unknown":
            yield {}, float(one.reading.state == "right")


def _clock_offset(tx: Connection, now: datetime) -> Iterator[Sample]:
    for one in last_kept(tx):
        if one.reading.offset_us is not None:
            yield {}, one.reading.offset_us / MICROSECONDS


def _requests(tx: Connection, now: datetime) -> Iterator[Sample]:
    rows = tx.execute(select(request.c.state, request.c.direction, func.count()).group_by("state", "direction"))
    for state, direction, count in rows:
        yield {"state": str(state), "direction": str(direction)}, float(count)


def _oldest(tx: Connection, now: datetime) -> Iterator[Sample]:
    unpacked = (request.c.state == State.RELEASED.value) & request.c.packaged.is_(False)  # no room, no witness
    waiting = request.c.state.in_([state.value for state in WAITING]) | unpacked
    rows = tx.execute(select(request.c.state, func.min(request.c.changed_at)).where(waiting).group_by("state"))
    for state, since in rows:
        yield {"state": str(state)}, max(0.0, (now - since).total_seconds())


def _mails(tx: Connection, now: datetime) -> Iterator[Sample]:
    for ended, count in tx.execute(select(mail.c.ended, func.count()).group_by(mail.c.ended)):
        yield {"state": str(ended or "waiting")}, float(count)


def _room(scrape: Scrape, now: datetime) -> Iterator[Sample]:
    yield {}, float(log_space(scrape.zone.settings).look().free)


def _room_level(scrape: Scrape, now: datetime) -> Iterator[Sample]:
    yield {}, float(LEVELS[log_space(scrape.zone.settings).look().level])


def _disks_free(scrape: Scrape, now: datetime) -> Iterator[Sample]:
    yield from (({"place": place}, float(room.free)) for place, room in rooms(scrape.zone.settings))


def _disk_levels(scrape: Scrape, now: datetime) -> Iterator[Sample]:
    yield from (({"place": place}, float(LEVELS[room.level])) for place, room in rooms(scrape.zone.settings))


def _outward(scrape: Scrape, now: datetime) -> Iterator[Sample]:
    for one in standings_of(scrape.zone.settings):
        yield {"target": one.target.name}, float(one.behind)


def _gate_ended(scrape: Scrape, now: datetime) -> list[Sample]:
    gate = GateControl(scrape.zone.home, timeout=BRIEF_SECONDS)
    try:
        return [({}, float(gate.ended()))]
    except httpx.HTTPError:
        return []  # `ansim_process_up` says that it is away
    finally:
        gate.close()


def _engine_up(scrape: Scrape, now: datetime) -> Iterator[Sample]:
    yield {}, float(engine_answers(BRIEF_SECONDS))


def _homes_up(scrape: Scrape, now: datetime) -> list[Sample]:
    homes = ZoneHomes(scrape.zone.settings)
    if not homes.kept():
        return []
    try:
        homes.client(seconds=BRIEF_SECONDS).every()
    except HomeError:
        return [({}, 0.0)]
    return [({}, 1.0)]


def _overdue(scrape: Scrape, now: datetime) -> Iterator[Sample]:
    if (standing := standing_of(scrape.zone.settings)) is not None:
        yield {}, float(len(standing.overdue))


def _walls(scrape: Scrape, now: datetime) -> Iterator[Sample]:
    if (standing := read_standing(scrape.zone.settings)) is not None:
        yield {}, float(len(standing.broken))


def _certificates(scrape: Scrape, now: datetime) -> Iterator[Sample]:
    soonest: dict[str, float] = {}
    for one in scrape.shown():
        if (left := one.left(now)) is not None:
            soonest[one.name] = min(left.total_seconds(), soonest.get(one.name, math.inf))
    yield from (({"certificate": name}, left) for name, left in soonest.items())


def _certificates_unread(scrape: Scrape, now: datetime) -> Iterator[Sample]:
    yield {}, float(sum(one.ends is None for one in scrape.shown()))


def _age(ts: str, now: datetime) -> Sample:
    return {}, max(0.0, (now - moment(ts)).total_seconds())


def _since(action: str, outcome: Outcome) -> Callable[[Scrape, datetime], list[Sample]]:
    def count(tx: Connection, now: datetime) -> Iterator[Sample]:
        found = search(tx, Query(action=action, outcome=outcome, limit=1))
        if found:
            yield _age(found[0].body["ts"], now)

    return _in_database(count)


def _glass(scrape: Scrape, now: datetime) -> list[Sample]:
    """What the log cannot take yet lies beside it, and is newer than anything in it."""
    waiting = [
        str(event.detail["kept_at"]) for event in scrape.zone.log.glass.kept() if event.action == "log.break_glass"
    ]
    return [_age(waiting[-1], now)] if waiting else _since("log.break_glass", "ok")(scrape, now)


GAUGES: tuple[Gauge, ...] = (
    Gauge("ansim_process_up", "1 while a process of the zone answers.", ("process",), _processes),
    Gauge("ansim_process_restarts", "Restarts of a process since the zone was started.", ("process",), _restarts),
    Gauge(
        "ansim_engine_up",
        "1 while the container engine answers; on a server it is asked through its helper, as for every workspace.",
        (),
        _engine_up,
    ),
    Gauge("ansim_homes_up", "1 while the helper for encrypted homes answers, where there are any.", (), _homes_up),
    Gauge("ansim_log_entries", "Entries of the audit log.", (), _in_database(_entries)),
    Gauge("ansim_log_pending", "Events that wait for their place in the audit log.", (), _in_database(_pending)),
    Gauge("ansim_log_unsigned", "Entries that no checkpoint covers yet.", (), _in_database(_unsigned)),
    Gauge(
        "ansim_log_unsigned_seconds",
        "Seconds that the oldest entry waits that no checkpoint covers; 0 while all are covered.",
        (),
        _in_database(_unsigned_seconds),
    ),
    Gauge("ansim_log_disk_free_bytes", "Bytes free on the disk of the audit log.", (), _room),
    Gauge("ansim_log_disk_level", "0 ample, 1 low, 2 exhausted: nothing new begins.", (), _room_level),
    Gauge(
        "ansim_disk_free_bytes",
        "Bytes free on each disk that the zone fills, by the first place on it.",
        ("place",),
        _disks_free,
    ),
    Gauge("ansim_disk_level", "0 ample, 1 low, 2 exhausted, of each of these disks.", ("place",), _disk_levels),
    Gauge(
        "ansim_clock_right", "1 while the clock is synchronised and near its reference.", (), _in_database(_clock_right)
    ),
    Gauge(
        "ansim_clock_offset_seconds", "Seconds that the clock is fast (+) or slow (-).", (), _in_database(_clock_offset)
    ),
    Gauge(
        "ansim_gate_connections_ended",
        "Connections to workspaces that the gate ended since it started, as there was no room for their messages.",
        (),
        _gate_ended,
    ),
    Gauge("ansim_outward_behind", "Entries that a target (SIEM) does not have yet.", ("target",), _outward),
    Gauge("ansim_reviews_overdue", "Monthly reviews that were not signed in time.", (), _overdue),
    Gauge("ansim_requests", "Requests by state and direction.", ("state", "direction"), _in_database(_requests)),
    Gauge(
        "ansim_request_oldest_seconds",
        "Seconds that the longest waiting request of a state has been in it.",
        ("state",),
        _in_database(_oldest),
    ),
    Gauge("ansim_mails", "E-mails by what became of them.", ("state",), _in_database(_mails)),
    Gauge(
        "ansim_backup_age_seconds", "Seconds since the last backup that came back.", (), _since("zone.backed_up", "ok")
    ),
    Gauge(
        "ansim_certificate_seconds_left",
        "Seconds until a certificate ends, the first of several; negative once it has.",
        ("certificate",),
        _certificates,
    ),
    Gauge("ansim_certificates_unread", "Certificates that nobody showed when asked.", (), _certificates_unread),
    Gauge("ansim_break_glass_age_seconds", "Seconds since somebody last broke the glass of the log.", (), _glass),
    Gauge(
        "ansim_emergency_account_age_seconds",
        "Seconds since somebody last signed in with the emergency account.",
        (),
        _since("session.emergency_used", "ok"),
    ),
    Gauge("ansim_probe_age_seconds", "Seconds since the walls last held a probe.", (), _since("zone.probed", "ok")),
    Gauge("ansim_walls_broken", "Walls that the last probe found broken.", (), _walls),
)


class ZoneCollector(Collector):
    """Reads every gauge when it is asked, at most every ten seconds."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._lock = threading.Lock()
        self._kept: tuple[float, list[GaugeMetricFamily]] = (-KEPT_SECONDS, [])

    def collect(self) -> list[GaugeMetricFamily]:
        """Return the gauges; one that cannot be read now is left out."""
        with self._lock:
            if time.monotonic() - self._kept[0] >= KEPT_SECONDS:
                scrape = Scrape(self._zone)
                self._kept = (time.monotonic(), [found for gauge in GAUGES if (found := _family(gauge, scrape))])
            return self._kept[1]

    def describe(self) -> list[GaugeMetricFamily]:
        """Return no descriptions: registering must read nothing."""
        return []


def _family(gauge: Gauge, scrape: Scrape) -> GaugeMetricFamily | None:
    family = GaugeMetricFamily(gauge.name, gauge.meaning, labels=gauge.labels)
    try:
        for labels, value in gauge.read(scrape, datetime.now(UTC)):
            family.add_metric([labels[name] for name in gauge.labels], value)
    except Exception as error:
        # Monitoring must answer while a part of the zone is away: absence is the alarm, and the log says why.
        log.warning("%s cannot be read: %s", gauge.name, type(error).__name__)
        return None
    return family


def serve_metrics(zone: Zone) -> None:
    """Answer scrapes on 127.0.0.1 from a thread that ends with the process, where the settings switch them on.

    Raises: OSError — if the port is taken.
    """
    if zone.settings.metrics.on:
        registry = CollectorRegistry()
        registry.register(ZoneCollector(zone))
        start_http_server(zone.settings.metrics.port, addr="127.0.0.1", registry=registry)


def read_metrics(settings: MetricsSettings) -> bytes | None:
    """Return what a scrape of this machine reads; None where the gauges are switched off or do not answer."""
    if not settings.on:
        return None
    try:
        with urlopen(f"http://127.0.0.1:{settings.port}/metrics", timeout=ANSWER_SECONDS) as answer:
            text: bytes = answer.read()
    except OSError:
        return None
    return text
