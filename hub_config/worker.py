"""The loops that nobody waits for: scans and releases, ended permits, warnings, checkpoints, reconciliation.

Each duty runs in a thread of its own, so that a long scan never delays the closing of a workspace whose grant has
ended. A duty that fails is logged and tried again; what it had done is in the database.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import docker
import httpx2 as httpx
from docker.errors import DockerException
from requests.exceptions import RequestException

from audit.break_glass_log import take_in
from audit.clock.keeping import ClockWatch
from audit.event import Actor, Event, Object, Source, Subjects
from audit.space_watch import SpaceWatch
from egress_review.vault import Vault
from hub_config import (
    attesting,
    fingerprinting,
    freezing,
    home_endings,
    key_endings,
    mailing,
    maintaining,
    outward,
    retention,
    reviewing,
    synthetic_making,
)
from hub_config.backup import duty as backup_duty
from hub_config.gate_control import GateControl
from hub_config.hub_api import HubApi
from hub_config.metrics import serve_metrics
from hub_config.probe.service import keep_probing
from hub_config.requests_check import SECONDS as DAILY
from hub_config.requests_check import compare
from hub_config.scan_leftovers import remove_scans
from hub_config.troubles import Troubles
from hub_config.zone import Zone
from hub_config.zone_events import reconcile_intents
from registry.errors import Denied, NotFound
from registry.text import Text

log = logging.getLogger("ansim.worker")
WORKER = Actor.service("worker")
UNKNOWN_WORKSPACE = Denied(
    "workspace_unknown",
    Text(ko="등록되지 않은 분석환경입니다.", en="The registry does not know this workspace."),
)
HUB_SECONDS = 15.0  # longer than the hub takes to answer a stop (10 s), well below the 60 s for an ended permit
ORPHAN_AGE = timedelta(minutes=5)  # longer than any start may take, so a starting container is never an orphan


@dataclass(frozen=True, slots=True)
class Duty:
    """One loop: what it does and how many seconds lie between two runs."""

    name: str
    seconds: float
    run: Callable[[], object]


class Worker:
    """The worker process of one zone."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._stop = threading.Event()
        self._gate = GateControl(zone.home)
        self._hub = HubApi(zone.settings.hub_url(), zone.keys.hub_token("worker"), timeout=HUB_SECONDS)
        self._troubles = Troubles(log)
        # A connection of their own: orders of other duties may wait for long.
        gate = GateControl(zone.home, timeout=freezing.GATE_SECONDS)
        self._freezer = freezing.Freezer(zone, gate, self._hub, WORKER)
        self._duties = (
            Duty("freezes at the gate", freezing.SECONDS, self._freezer.tell),
            Duty("freezes", freezing.SECONDS, self._freezer.look),
            Duty("freezes at the hub", freezing.TIDY_SECONDS, self._freezer.tidy),
            Duty("maintenance", maintaining.SECONDS, maintaining.Announcer(zone, self._gate).look),
            Duty("egress", 0.5, self.act_on_requests),
            Duty("idle", 60, zone.desk.tidy),
            Duty("endings", zone.settings.workspace.ending_check_seconds, self.close_ended),
            Duty("warnings", 60, self.warn_of_endings),
            Duty("sequencer", 0.25, zone.log.sequencer.drain),
            Duty("checkpoint", 10, self.sign_checkpoint),
            Duty("break-glass", 30, self.watch_glass),
            Duty("space", 10, SpaceWatch(zone.log, zone.space).look),
            Duty("clock", 60, ClockWatch(zone.log, zone.time_source).look),
            Duty("orphans", 60, self.remove_orphans),
            Duty("intents", 60, self.reconcile),
            Duty("retention", 60, lambda: retention.keep(zone, WORKER)),
            Duty("keys", key_endings.SECONDS, lambda: key_endings.end_keys(zone)),
            Duty(
                "homes", home_endings.SECONDS, partial(home_endings.keep, zone, self._containers, home_endings.Tries())
            ),
            Duty("extracts", 60, self.end_extracts),
            Duty("synthetic", synthetic_making.SECONDS, lambda: synthetic_making.make_waiting(zone, self._stop.is_set)),
            Duty("fingerprints", fingerprinting.SECONDS, lambda: fingerprinting.keep(zone)),
            Duty("rechecks", 60, zone.desk.draw_rechecks),
            Duty("requests", DAILY, lambda: compare(zone)),
            Duty("reminders", 60, zone.desk.remind),
            Duty("simulations", 5, zone.desk.run_simulations),
            Duty("mail", mailing.SECONDS, lambda: mailing.deliver(zone)),
            Duty("reviews", reviewing.SECONDS, lambda: reviewing.announce_overdue(zone)),
            Duty("hub_users", 3600, self.forget_hub_users),
            Duty("probe", 300, lambda: keep_probing(zone, WORKER)),
            Duty("backup", backup_duty.SECONDS, lambda: backup_duty.keep(zone)),
            *(Duty(name, 5, run) for name, run in outward.duties(zone, self._stop.is_set)),
            *(Duty(name, seconds, run) for name, seconds, run in attesting.duties(zone)),
        )

    def run(self) -> None:
        """Run every duty until a signal says stop."""
        logging.getLogger("httpx2").setLevel(logging.WARNING)  # one line per call would hide what matters
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        serve_metrics(self._zone)
        threads = [threading.Thread(target=self._loop, args=(d,), name=d.name) for d in self._duties]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _loop(self, duty: Duty) -> None:
        while not self._stop.is_set():
            try:
                duty.run()
            except httpx.HTTPError as error:
                self._troubles.away(duty.name, error)
            except Exception as error:
                # The edge of the process: whatever it was, the next round starts from the database.
                self._troubles.failed(duty.name, error)
            else:
                self._troubles.worked(duty.name)
            self._stop.wait(duty.seconds)

    def act_on_requests(self) -> None:
        """Scan what was submitted and release what was approved."""
        for ref in self._zone.desk.pending():
            if self._stop.is_set():
                return
            try:
                self._zone.desk.act(ref)
            except Exception as error:
                # One request that cannot be moved on must not hold up those behind it; it stays pending.
                self._troubles.failed(ref, error)
            else:
                self._troubles.worked(ref)

    def close_ended(self) -> None:
        """Cut every workspace that the registry no longer allows, then stop its container.

        Neither waits for the other: an engine that is away keeps no connection open, nor a gate a container.
        """
        gate = known_to("the gate", self._gate.workspaces, self._troubles)
        for ref in gate | known_to("the engine", self._containers, self._troubles):
            reason = self._ended(ref)
            if reason is not None:
                self._close(ref, reason)

    def _ended(self, ref: str) -> Denied | None:
        try:
            workspace = self._zone.registry.workspace_by_ref(ref)
            self._zone.registry.running_allowed(workspace.person_ref, workspace.project)
        except Denied as reason:
            return reason
        except NotFound:
            return UNKNOWN_WORKSPACE
        return None

    def _close(self, ref: str, reason: Denied) -> None:
        # The gate first: connections end at once even where the hub or the engine is slow.
        cut = True
        try:
            self._gate.cut(ref, reason.code)
        except httpx.HTTPError as error:
            cut = False
            # Whether such a gate still forwards is not known; its container ends all the same, and it is told again.
            log.warning("%s is not known to be cut at the gate (%s)", ref, type(error).__name__)
        self._record("workspace.cut", ref, reason=reason.code, done=cut)
        owner = self._owner(ref)
        try:
            if owner is not None and owner in {(s.handle, s.name) for s in self._hub.servers()}:
                self._hub.stop(*owner)
                return
        except httpx.HTTPError as error:
            # An ended permit does not wait for a hub: it finds out by itself that the container has ended.
            log.warning("%s is removed without the hub (%s)", ref, type(error).__name__)
        self._remove(ref)

    def warn_of_endings(self) -> None:
        """Tell people a day and an hour before an end that is known."""
        self._zone.registry.ending_soon(datetime.now(UTC))

    def watch_glass(self) -> None:
        """Take in what was read while the log could not be written, and tell who must know that it was opened."""
        take_in(self._zone.log)
        self._zone.registry.tell_of_broken_glass()

    def sign_checkpoint(self) -> None:
        """Sign the log's head if it grew."""
        self._zone.log.checkpoint()

    def remove_orphans(self) -> None:
        """Remove containers of this zone that nobody waits for, so that a crash leaves none behind."""
        vault = self._zone.home / "vault"
        remove_scans(vault, datetime.now(UTC) - ORPHAN_AGE)
        Vault(vault).clear_incoming()
        known = {(s.handle, s.name) for s in self._hub.servers()}
        for ref, started in self._containers().items():
            if datetime.now(UTC) - started < ORPHAN_AGE or self._owner(ref) in known:
                continue
            self._record("zone.reconciled", ref, reason="orphan_container")
            self._gate.cut(ref, "orphan_container")
            self._remove(ref)

    def end_extracts(self) -> None:
        """End the extracts whose processing period is over, and the records whose retention is."""
        self._zone.extracts.expire()
        self._zone.extracts.forget(self._zone.retention.periods["pseudonymisation"].years)

    def reconcile(self) -> None:
        """Close announcements whose outcome never came."""
        reconcile_intents(self._zone)

    def forget_hub_users(self) -> None:
        """Make the hub forget whom the registry does not know any more, with the one token that can."""
        token = self._zone.keys.hub_token("eraser")
        with HubApi(self._zone.settings.hub_url(), token, timeout=HUB_SECONDS) as hub:
            retention.forget_hub_users(self._zone, hub)

    def _owner(self, ref: str) -> tuple[str, str] | None:
        try:
            workspace = self._zone.registry.workspace_by_ref(ref)
            return self._zone.registry.person_by_ref(workspace.person_ref).handle, workspace.project
        except NotFound:
            return None

    def _containers(self) -> dict[str, datetime]:
        """Return this zone's workspace containers by workspace reference, with the time they were made."""
        client = docker.from_env()
        try:
            found = client.api.containers(all=True, filters={"label": f"ansim.zone={self._zone.zone_id}"})
        finally:
            client.close()
        return {
            c["Labels"]["ansim.workspace"]: datetime.fromtimestamp(c["Created"], UTC)
            for c in found
            if "ansim.workspace" in c["Labels"]
        }

    def _remove(self, ref: str) -> None:
        client = docker.from_env()
        try:
            for container in client.containers.list(all=True, filters={"label": f"ansim.workspace={ref}"}):
                container.remove(force=True, v=True)
        finally:
            client.close()

    def _record(self, action: str, ref: str, *, reason: str, done: bool = True) -> None:
        self._zone.log.record(
            Event(
                action=action,
                actor=WORKER,
                object=Object("workspace", ref),
                subjects=Subjects.none(),
                source=Source(ip=None),
                outcome="ok" if done else "failed",
                reason=reason,
            ),
            wait="durable",
        )


def known_to(neighbour: str, ask: Callable[[], Iterable[str]], troubles: Troubles) -> set[str]:
    """Return the workspaces that a neighbour knows; one that does not answer knows none for now."""
    try:
        found = set(ask())
    except (httpx.HTTPError, DockerException, RequestException) as error:
        troubles.away(neighbour, error)
        return set()
    troubles.worked(neighbour)
    return found
