"""An engine or a hub that hangs keeps no freeze from the gate."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from audit.errors import LogFull
from audit.event import Actor
from audit.refs import new_ref
from audit.search import Query, search
from audit.space import Space, Thresholds
from hub_config import freezing
from hub_config.freezing import Freezer
from hub_config.gate_control import SOCKET, GateControl
from hub_config.hub_api import HubApi
from hub_config.zone import Zone, open_zone
from registry.desk import CLI
from tests.databases import accept_entries, refuse_entries
from tests.integration.house.house_people import HERE, at_work, make_zone
from tests.patience import PATIENCE

pytestmark = pytest.mark.long  # zones of their own

WHY = "a leak is suspected"


class Gate(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Plays the gate: notes what it is told is frozen, and may not answer."""

    daemon_threads = True
    away = False

    def __init__(self, path: Path) -> None:
        self.told: list[list[str]] = []
        self.cut: list[str] = []
        super().__init__(str(path), Order)


class Order(BaseHTTPRequestHandler):
    server: Gate

    def do_PUT(self) -> None:
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.told.append(document["projects"])
        body = json.dumps({"workspaces": self.server.cut, "sessions": 0}).encode()
        self.server.cut = []
        self.send_response(500 if self.server.away else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "zone"

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def zone(usual_database: None, tmp_path: Path) -> Iterator[Zone]:
    home = tmp_path / "home"
    make_zone(home)
    made = open_zone(home, "worker")
    yield made
    made.db.close()


@pytest.fixture
def gate(zone: Zone) -> Iterator[Gate]:
    server = Gate(zone.home / SOCKET)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """An engine that takes connections and says nothing until it is closed."""
    engine = socket.socket(socket.AF_UNIX)
    engine.bind(str(tmp_path / "engine.sock"))
    engine.listen()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'engine.sock'}")
    yield engine
    engine.close()


@pytest.fixture
def freezer(zone: Zone, gate: Gate, hanging: socket.socket) -> Iterator[Freezer]:
    with HubApi("http://127.0.0.1:9", "none") as hub:
        control = GateControl(zone.home)
        yield Freezer(zone, control, hub, Actor.service("worker"))
        control.close()


def freeze(zone: Zone, project: str) -> None:
    zone.registry.freeze_project(project, WHY, by=CLI, source=HERE)


def test_the_gate_hears_of_the_next_freeze_while_the_engine_hangs_on_the_one_before(
    zone: Zone, gate: Gate, freezer: Freezer, hanging: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "ENGINE_SECONDS", PATIENCE)
    workspace = at_work(zone)
    gate.cut = [workspace.ref]
    freeze(zone, "study")
    ending = threading.Thread(target=freezer.look)
    ending.start()
    asked, _ = hanging.accept()  # the engine has been asked, and does not answer
    freezer.tell()
    assert gate.told == [["study"]]  # once, whichever duty came first
    zone.registry.unfreeze_project("study", "it was a mistake", by=CLI, source=HERE)
    freezer.tell()
    freeze(zone, "study")
    freezer.tell()
    assert gate.told == [["study"], [], ["study"]]
    assert ending.is_alive()
    asked.close()
    hanging.close()
    ending.join(PATIENCE)
    [outcome] = said(zone)
    assert (outcome["outcome"], outcome["reason"]) == ("failed", "engine")
    assert outcome["detail"]["workspaces"] == 1  # what the gate has cut, whoever told it


def said(zone: Zone) -> list[dict[str, Any]]:
    zone.log.settle()
    with zone.db.read() as tx:
        return [dict(one.body) for one in search(tx, Query(action="project.cut_off", limit=10))]


def test_an_engine_that_says_nothing_is_waited_for_a_few_seconds(
    zone: Zone, gate: Gate, freezer: Freezer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert freezing.ENGINE_SECONDS <= 10  # the engine's own client waits for a minute
    at_work(zone)
    monkeypatch.setattr(freezing, "ENGINE_SECONDS", 0.2)
    freeze(zone, "study")
    freezer.look()
    assert gate.told == [["study"]]
    assert said(zone)[0]["reason"] == "engine"


def test_a_gate_that_did_not_carry_it_out_is_told_again_also_that_nothing_is_frozen(
    zone: Zone, gate: Gate, freezer: Freezer
) -> None:
    at_work(zone)
    freeze(zone, "study")
    gate.away = True
    with pytest.raises(httpx.HTTPError):
        freezer.tell()
    gate.away = False
    freezer.tell()
    zone.registry.unfreeze_project("study", "it was a mistake", by=CLI, source=HERE)
    gate.away = True
    with pytest.raises(httpx.HTTPError):
        freezer.tell()
    gate.away = False
    freezer.tell()
    freezer.tell()
    assert gate.told == [["study"], ["study"], [], []]


def test_a_log_that_refuses_one_project_holds_up_no_other_and_names_its_workspaces_later_and_once(
    zone: Zone, freezer: Freezer, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work(zone)
    found = zone.registry.project("study")
    period = (found.starts_at, found.ends_at)
    zone.registry.add_project("alpha", "과제", "Alpha", "목적", *period, by=CLI, source=HERE)
    first, second, later = (new_ref("ws") for _ in range(3))
    running = [{"alpha": [first], "study": [second]}, {"alpha": [later]}]
    monkeypatch.setattr(freezing, "kill_containers", lambda *_: running.pop(0) if running else {})
    for project in ("alpha", "study"):
        freeze(zone, project)
    zone.log.settle()
    with zone.db.begin() as tx:
        refuse_entries(tx, "alpha")
    freezer.look()
    assert (cuts(zone), [one["object"]["ref"] for one in said(zone)]) == ([second], ["study"])
    freezer.look()
    freezer.look()
    assert list(freezer._untidy) == [first, second, later]  # the hub hears of each once, whatever the log does
    assert cuts(zone) == [second]
    with zone.db.begin() as tx:
        accept_entries(tx)
    freezer.look()
    assert cuts(zone) == sorted([first, second, later])
    freezer.look()
    assert cuts(zone) == sorted([first, second, later])
    workspaces = {one["object"]["ref"]: one["detail"]["workspaces"] for one in said(zone)}
    assert (workspaces, len(said(zone))) == ({"alpha": 2, "study": 1}, 2)


def test_a_workspace_that_ends_late_is_named_though_the_log_refuses_it_at_first(
    zone: Zone, freezer: Freezer, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work(zone)
    late = new_ref("ws")
    running: list[dict[str, list[str]]] = [{}, {"study": [late]}]
    monkeypatch.setattr(freezing, "kill_containers", lambda *_: running.pop(0) if running else {})
    monkeypatch.setattr(freezing, "REMIND_SECONDS", 0)
    freeze(zone, "study")
    freezer.look()
    with zone.db.begin() as tx:
        refuse_entries(tx, "workspace.cut")
    freezer.look()
    with zone.db.begin() as tx:
        accept_entries(tx)
    freezer.look()
    freezer.look()
    assert cuts(zone) == [late]


def test_a_project_is_frozen_and_cut_off_while_the_disk_is_full_and_not_let_go_on(
    zone: Zone, freezer: Freezer, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work(zone)
    ended = new_ref("ws")
    running = [{"study": [ended]}]
    monkeypatch.setattr(freezing, "kill_containers", lambda *_: running.pop(0) if running else {})
    zone.log.space = Space(zone.log.directory, Thresholds(exhausted_bytes=2**60))
    freeze(zone, "study")
    freezer.look()
    assert cuts(zone) == [ended]
    assert [entry["outcome"] for entry in said(zone)] == ["ok"]
    with pytest.raises(LogFull):
        zone.registry.unfreeze_project("study", "it was a mistake", by=CLI, source=HERE)


def cuts(zone: Zone) -> list[str]:
    zone.log.settle()
    with zone.db.read() as tx:
        return sorted(one.body["object"]["ref"] for one in search(tx, Query(action="workspace.cut", limit=10)))


def test_a_worker_that_comes_late_or_starts_anew_says_once_that_nothing_is_left(
    zone: Zone, gate: Gate, freezer: Freezer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "kill_containers", lambda *_: {})  # an engine where nothing of the project runs

    def anew() -> Freezer:
        return Freezer(zone, freezer.gate, freezer.hub, freezer.actor)

    at_work(zone)
    freeze(zone, "study")
    [one] = zone.registry.freezes()
    long_ago = replace(one, at=one.at - timedelta(hours=1))
    gate.away = True
    freezer.carry_out([long_ago])
    assert [entry["outcome"] for entry in said(zone)] == ["failed"]
    gate.away = False
    for worker in (anew(), anew()):
        worker.carry_out([long_ago])
        assert sorted(entry["outcome"] for entry in said(zone)) == ["failed", "ok"]
    zone.registry.unfreeze_project("study", "it was a mistake", by=CLI, source=HERE)
    freeze(zone, "study")
    anew().look()
    assert len(said(zone)) == 3  # the next freeze has a word of its own
