"""Every duty of the worker, done once in a zone of its own; the hub and the gate are played by stand-ins."""

from __future__ import annotations

import io
import json
import socketserver
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import docker
import pytest

from audit.clock.reading import Reading
from audit.event import Actor, Event, Object, Source, Subjects
from audit.outward.target import Target
from audit.refs import new_ref
from audit.space import Thresholds
from deid.key_life import Use, note_use
from deid.keys import KeyStore
from egress_review.model import Draft
from egress_review.scanner import InProcessScanner
from egress_review.service import EgressDesk
from egress_review.vault import Vault
from hub_config import fingerprinting, zone_events
from hub_config import worker as worker_module
from hub_config.fingerprinting import watch_of
from hub_config.gate_control import SOCKET
from hub_config.settings import HubSettings, OutwardSettings
from hub_config.worker import Worker
from hub_config.zone import Zone, open_zone
from registry.desk import CLI
from tests.integration.house.house_people import HERE, at_work, make_zone
from tests.integration.house.house_uses import Act, Uses

TABLE = "drug,sex,patients\ncelecoxib,m,212\ncelecoxib,f,240\n"


@dataclass(frozen=True, slots=True)
class Office:
    """A worker in its zone, and what the gate says is open."""

    zone: Zone
    worker: Worker
    open_workspaces: dict[str, Any]
    patch: pytest.MonkeyPatch

    def duty(self, name: str) -> Act:
        return next(duty.run for duty in self.worker._duties if duty.name == name)


class Neighbour(BaseHTTPRequestHandler):
    """Plays the gate and the hub: says what is open, accepts every order."""

    answers: ClassVar[Any] = {}

    def do_GET(self) -> None:
        self._answer(json.dumps(self.answers).encode())

    def do_DELETE(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(b"{}")

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(b'{"workspaces": [], "sessions": 0}')

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "neighbour"

    def log_message(self, *_: object) -> None:
        return


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@contextmanager
def open_office(home: Path, patch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A zone with one target to send to, its worker and its neighbours."""
    make_zone(home)
    workspaces: dict[str, Any] = {}
    gate = UnixServer(str(home / SOCKET), type("Gate", (Neighbour,), {"answers": workspaces}))
    hub = ThreadingHTTPServer(("127.0.0.1", 0), type("Hub", (Neighbour,), {"answers": []}))
    for server in (gate, hub):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    made = open_zone(home, "worker")
    target = Target(name="siem", transport="file", path=str(home / "none" / "out"))
    hub_settings = HubSettings(port=hub.server_address[1])
    settings = replace(made.settings, hub=hub_settings, outward=OutwardSettings(targets=(target,)))
    zone = replace(made, settings=settings, desk=_desk(made))
    try:
        yield Office(zone, Worker(zone), workspaces, patch)
    finally:
        for server in (gate, hub):
            server.shutdown()
            server.server_close()
        zone.db.close()


def _desk(zone: Zone, **more: Any) -> EgressDesk:
    """The zone's desk with a scanner that needs no container."""
    return EgressDesk(
        zone.db,
        zone.log,
        zone.registry,
        vault=Vault(zone.home / "vault"),
        policy=zone.policy,
        scanner=InProcessScanner(),
        release_key=zone.keys.release_key,
        releases_dir=zone.home / "releases",
        workspaces_dir=zone.home / "workspaces",
        **more,
    )


USES: Uses[Office] = Uses(
    silent={
        "maintenance": "tells the gate what was announced, which was recorded then",
        "freezes at the gate": "tells the gate what is frozen; what that cut is recorded by the duty that ends it all",
        "freezes at the hub": "has the hub forget servers that a freeze has ended, which was recorded then",
        "sequencer": "gives events their place in the tree; what they record was recorded before",
        "checkpoint": "a checkpoint is the signature on the entries, not one of them",
        "break-glass": "enters what was kept in a file, as it was written down then, and leaves messages about it",
        "mail": "sends what moves of requests put into the outbox; they are recorded, and so is a mail that cannot go",
        "simulations": "does trials that were recorded when they were asked for, and changes no request",
        "hub_users": "removes from the hub whom the registry erased, which was recorded then",
    },
    elsewhere={
        "probe": ("functional/test_probe.py", '"zone.probed"'),
        "backup": ("integration/hub_config/test_backup.py", '"zone.backed_up"'),
        "idle": ("integration/egress_review/test_machine_tidying.py", '"egress.purged"'),
        "rechecks": ("integration/egress_review/test_egress_rechecks.py", '"egress.recheck_drawn"'),
        "homes": ("integration/home_helper/test_zone_homes.py", '"workspace.home_destroyed"'),
        "reviews": ("integration/audit/test_audit_review.py", '"review.overdue"'),
        "requests": ("integration/egress_review/test_egress_as_recorded.py", '"egress.not_as_recorded"'),
        "reminders": ("integration/egress_review/test_egress_reminders.py", '"egress.overdue"'),
    },
)


@USES.exercise("egress", "egress.scanned")
def act_on_requests(office: Office) -> Act:
    workspace = at_work(office.zone)
    outbox = office.zone.desk.outbox_of(workspace)
    outbox.mkdir(parents=True)
    (outbox / "table.csv").write_text(TABLE, encoding="utf-8")
    context = "Patients of the cohort by sex, counted once each; 452 people in all."
    draft = Draft(title="By sex", purpose="For a paper", context=context, controls="", files=("table.csv",))
    office.zone.desk.submit(office.zone.registry.person("minji"), workspace, draft, source=HERE)
    return office.duty("egress")


@USES.exercise("fingerprints", "egress.fingerprinted")
def keep_fingerprints(office: Office) -> Act:
    at_work(office.zone)
    watch = watch_of(office.zone.settings, office.zone.keys)
    patched = replace(office.zone, desk=_desk(office.zone, watch=watch))
    return lambda: fingerprinting.keep(patched)


@USES.exercise("endings", "workspace.cut")
def close_ended(office: Office) -> Act:
    workspace = at_work(office.zone)
    office.zone.registry.close_project("study", by=CLI, source=HERE)
    office.open_workspaces[workspace.ref] = {}
    return office.duty("endings")


@USES.exercise("freezes", "project.cut_off")
def carry_out_a_freeze(office: Office) -> Act:
    at_work(office.zone)
    office.zone.registry.freeze_project("study", "a leak is suspected", by=CLI, source=HERE)
    return office.duty("freezes")


@USES.exercise("warnings", "workspace.warned")
def warn_of_endings(office: Office) -> Act:
    at_work(office.zone, days=0.5)
    return office.duty("warnings")


@USES.exercise("orphans", "zone.reconciled")
def remove_orphans(office: Office) -> Act:
    office.patch.setattr(worker_module, "ORPHAN_AGE", timedelta(seconds=-60))
    client = docker.from_env()
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w"):
        pass
    image = json.loads(client.api.import_image_from_data(layer.getvalue()))["status"]
    labels = {"ansim.zone": office.zone.zone_id, "ansim.workspace": new_ref("ws")}
    client.containers.create(image, command="/none", labels=labels, network_mode="none")

    def act() -> None:
        office.duty("orphans")()
        left = client.containers.list(all=True, filters={"label": f"ansim.zone={office.zone.zone_id}"})
        client.images.remove(image)
        client.close()
        assert left == []

    return act


@USES.exercise("intents", "zone.reconciled")
def reconcile(office: Office) -> Act:
    office.patch.setattr(zone_events, "PATIENCE", timedelta(seconds=-60))
    office.zone.log.record(an_announcement())
    return office.duty("intents")


def an_announcement() -> Event:
    place = Object("workspace", new_ref("ws"), project="study")
    return Event("workspace.start", Actor.service("hub"), place, Subjects.none(), Source(None), outcome="intent")


@USES.exercise("space", "log.space_low")
def look_at_space(office: Office) -> Act:
    office.patch.setattr(office.zone.space, "_limits", Thresholds(low_percent=101))
    return office.duty("space")


@USES.exercise("clock", "log.clock_off")
def look_at_clock(office: Office) -> Act:
    office.patch.setattr(office.zone.time_source, "_sources", (Fast(),))
    return office.duty("clock")


class Fast:
    """A keeper of time that finds the clock two seconds fast."""

    def read(self) -> Reading:
        return Reading("chrony", synchronised=True, offset_us=2_000_000)


@USES.exercise("outward-siem", "log.delivery_failed")
def deliver(office: Office) -> Act:
    office.zone.log.record(an_announcement())
    return office.duty("outward-siem")


@USES.exercise("keys", "deid.key_destroyed?", "deid.key_destroyed")
def end_keys(office: Office) -> Act:
    store = KeyStore(office.zone.home / "additional")
    store.key("study", 1)
    note_use(store, Use("study", 1, "0" * 64, "omop", "study", datetime.now(UTC)))
    return office.duty("keys")


@USES.exercise("retention", "policy.loaded")
def announce_policy(office: Office) -> Act:
    return office.duty("retention")
