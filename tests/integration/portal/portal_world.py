"""A whole portal on real files and a database: our own registry, desk and log; only JupyterHub is a stand-in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import httpx2 as httpx
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

import audit.tables
import deid.records.tables
import egress_review.tables
import registry.tables
from audit.cells import CellStore
from audit.db import Database
from audit.event import Actor, Source
from audit.log import AuditLog, LogKeys
from audit.retention.policy import RetentionPolicy
from audit.search import Entry, Query, search
from egress_review.policy import load_policy
from egress_review.scanner import InProcessScanner
from egress_review.service import EgressDesk
from egress_review.vault import Vault
from hub_config.probe.standing import report_path
from portal.app import build, build_portal
from portal.extract_desk import ExtractReviews
from portal.hub import Hub
from portal.visit import Portal
from portal.workspace_api import build_workspace_api
from registry.access_policy import AccessPolicy
from registry.model import Role, Workspace
from registry.notice import NOTICE_VERSION
from registry.service import Registry
from tests.databases import copy_home, database_in, on_postgresql

HERE = Source("127.0.0.1")
CLI = Actor.service("cli")
PASSWORD = "quiet harbour under seven lanterns"
SMALL = "drug,age,patients\ncelecoxib,20-39,4\ncelecoxib,40-64,452\n"
LARGE = "drug,sex,patients\ncelecoxib,m,212\ncelecoxib,f,240\ndiclofenac,m,187\ndiclofenac,f,203\n"
CONTEXT = "New users of two painkillers aged 40 to 64, counted as people by sex; 842 people in all."

PEOPLE: dict[str, frozenset[Role]] = {
    "minji": frozenset(),
    "junho": frozenset({Role.CHECKER}),
    "seoyeon": frozenset({Role.CHECKER}),
    "haneul": frozenset({Role.CHECKER}),
    "jiwoo": frozenset({Role.COMPLIANCE_OFFICER}),
    "taeyang": frozenset({Role.OPERATOR}),
    "sunhee": frozenset({Role.DATA_CONTROLLER}),
    "nari": frozenset({Role.DEID_OPERATOR}),
    "dohyun": frozenset({Role.ADEQUACY_REVIEWER}),
    "nobody": frozenset(),
}


class Clock:
    """The time of the whole world of a test."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class ZoneSettings:
    name: str = "Test zone"
    demo: bool = True
    scheme: Literal["http", "https"] = "http"
    time_zone: str = "Asia/Seoul"


@dataclass
class Settings:
    home: Path
    zone: ZoneSettings = field(default_factory=ZoneSettings)
    gvisor_projects: tuple[str, ...] = ()

    def host(self, name: str) -> str:
        return f"{name}.ansim.localhost:8600"

    def origin(self, name: str) -> str:
        return f"{self.zone.scheme}://{self.host(name)}"

    def hub_url(self) -> str:
        return "http://hub"

    def access_of(self, project: str) -> AccessPolicy:
        return AccessPolicy()

    def own_kernel(self, project: str) -> bool:
        return project in self.gvisor_projects

    def runtimes(self) -> tuple[str, ...]:
        return ("runc", "runsc")


class Keys:
    preview_secret = b"p" * 32

    def hub_token(self, service: str) -> str:
        return f"token-of-{service}"


@dataclass
class Zone:
    settings: Settings
    db: Database
    log: AuditLog
    cells: CellStore
    registry: Registry
    desk: EgressDesk
    keys: Keys
    retention: RetentionPolicy = field(default_factory=RetentionPolicy.load)

    def probe_report(self, runtime: str) -> Path:
        return report_path(self.settings.home, runtime)


class StandInHub:
    """Answers as JupyterHub 6 does to the calls that the portal makes; a code is the handle of its person."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.known_since: dict[str, datetime] = {}
        """Since when the browser of a person is signed in; the hub asks whoever is not here, as of now."""
        self.signed_in_at: dict[str, datetime] = {}
        self.servers: dict[tuple[str, str], str] = {}
        self.steps: list[dict[str, Any]] = []
        self.refusal: tuple[int, str] | None = None
        self.down = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("refused")
        path = request.url.path.removeprefix("/hub/api")
        if path == "/oauth2/token":
            return self._token(parse_qs(request.content.decode()))
        if path == "/":
            return httpx.Response(200, json={"version": "6.1.1"})
        if path == "/hub/session-began":
            at = self.signed_in_at.get(request.headers["authorization"].removeprefix("Bearer "))
            return httpx.Response(200, json={"at": int(at.timestamp())}) if at else httpx.Response(404, json={})
        if path == "/user":
            name = self.tokens.get(request.headers["authorization"].removeprefix("Bearer "))
            return httpx.Response(200, json={"kind": "user", "name": name}) if name else httpx.Response(403, json={})
        _, _, handle, _, project, *rest = path.split("/")
        assert request.headers["authorization"] == "Bearer token-of-portal"
        return self._server(request.method, (handle, project), rest)

    def _token(self, form: dict[str, list[str]]) -> httpx.Response:
        if form["client_secret"] != ["token-of-portal"] or not form["code_verifier"][0] or form["code"] == ["wrong"]:
            return httpx.Response(400, json={"error": "invalid_grant"})
        token = f"{form['code'][0]}-{len(self.tokens)}"
        self.tokens[token] = form["code"][0]
        self.signed_in_at[token] = self.known_since.get(form["code"][0], self.clock())
        return httpx.Response(200, json={"access_token": token})

    def _server(self, method: str, key: tuple[str, str], rest: list[str]) -> httpx.Response:
        if rest == ["progress"]:
            return httpx.Response(200, text="".join(f"data: {json.dumps(step)}\n\n" for step in self.steps))
        if method == "POST":
            if self.refusal:
                return httpx.Response(self.refusal[0], json={"message": self.refusal[1]})
            self.servers[key] = "spawn"
            return httpx.Response(202)
        if method == "DELETE":
            return httpx.Response(204 if self.servers.pop(key, None) else 404)
        state = self.servers.get(key)
        if state is None:
            return httpx.Response(404, json={})
        model = {"ready": state == "ready", "pending": "spawn" if state == "spawn" else None, "started": None}
        return httpx.Response(200, json=model)


class Browser(TestClient):
    """One person's browser in front of the zone's origin; it says truthfully where its requests come from."""

    before: Callable[[], None]
    """What the worker did since the last click: what was recorded has its place in the log."""

    def get(self, *given: Any, **named: Any) -> httpx.Response:
        self.before()
        return super().get(*given, **named)

    def post(self, *given: Any, **named: Any) -> httpx.Response:
        self.before()
        return super().post(*given, **named)

    def page(self, path: str, status: int = 200) -> str:
        answer = self.get(path, follow_redirects=False)
        assert answer.status_code == status, (
            path,
            answer.status_code,
            answer.headers.get("location"),
            answer.text[:500],
        )
        return str(answer.text)

    def fill(self, path: str, status: int = 303, /, **fields: Any) -> httpx.Response:
        answer: httpx.Response = self.post(path, data=fields, follow_redirects=False)
        assert answer.status_code == status, (path, answer.status_code, answer.text[-2500:])
        return answer


@dataclass
class World:
    zone: Zone
    portal: Portal
    hub: StandInHub
    clock: Clock
    secrets: dict[str, str]

    def browser(self, *, host: str = "zone") -> Browser:
        """A browser that has not signed in."""
        settings = self.zone.settings
        headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": "192.0.2.7", "Accept-Language": "en"}
        browser = Browser(build(self.portal), base_url=settings.origin(host), headers=headers)
        browser.before = self.zone.log.settle if on_postgresql() else lambda: None
        return browser

    def signed_in(self, handle: str) -> Browser:
        """A browser of a person, signed in the way that people do."""
        browser = self.browser()
        begun = browser.get("/sign-in", follow_redirects=False)
        state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
        done = browser.get(f"/oauth_callback?code={handle}&state={state}", follow_redirects=False)
        assert done.status_code in (200, 303), done.text
        return browser

    def workspace(self, project: str = "study") -> Workspace:
        return self.zone.registry.may_work("minji", project).workspace

    def outbox(self, **files: str) -> Path:
        """Write files into the researcher's outbox."""
        outbox = self.zone.settings.home / "workspaces" / self.workspace().ref / "outbox"
        outbox.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (outbox / f"{name}.csv").write_text(content, encoding="utf-8")
        return outbox

    def workspace_client(self, ref: str) -> TestClient:
        return TestClient(build_workspace_api(self.zone), headers={"Ansim-Workspace": ref})

    def entries(self, action: str) -> list[Entry]:
        self.zone.log.settle()
        with self.zone.db.read() as tx:
            return search(tx, Query(action=action, limit=1000))

    def submitted(self, **files: str) -> str:
        """A request of the researcher's, scanned and waiting for review."""
        self.outbox(**(files or {"table": LARGE}))
        names = [f"{name}.csv" for name in files or {"table": LARGE}]
        answer = self.signed_in("minji").fill("/requests/new", **request_form(files=names))
        ref = answer.headers["location"].rsplit("/", 1)[1]
        self.zone.desk.scan(ref)
        return ref

    def vote(
        self, handle: str, ref: str, choice: str = "approve", comment: str = "", status: int = 303
    ) -> httpx.Response:
        """Vote on every file as the form does."""
        browser = self.signed_in(handle)
        page = browser.page(f"/review/{ref}")
        names = set(re.findall(r'name="(vote-[0-9a-f]{64})"', page))
        assert names, page[-3000:]
        fields = dict.fromkeys(names, choice) | {"unseen": "yes"}
        return browser.fill(f"/review/{ref}/vote", status, round="1", confirm=ref[-4:], comment=comment, **fields)


def request_form(**changes: Any) -> dict[str, Any]:
    form = {
        "project": "study",
        "title": "Painkillers by sex",
        "purpose": "Table 2 of a paper",
        "context": CONTEXT,
        "controls": "",
        "files": ["table.csv"],
        "do": "submit",
    }
    return form | changes


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def first_world(usual_databases: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A world as it begins, made once: joining hashes passwords slowly on purpose."""
    home, clock = tmp_path_factory.mktemp("portal-world"), Clock()
    zone = open_zone(home, clock)
    for module in (audit.tables, registry.tables, egress_review.tables, deid.records.tables):
        module.metadata.create_all(zone.db.engine)
    secrets = {handle: _join(zone.registry, handle, roles, clock) for handle, roles in PEOPLE.items()}
    _study(zone.registry, home, clock)
    zone.log.settle()
    zone.db.engine.dispose()
    return home, secrets


@pytest.fixture
def world(
    first_world: tuple[Path, dict[str, str]], usual_database: None, tmp_path: Path, clock: Clock
) -> Iterator[World]:
    """A world of a test's own, with real files, databases and keys."""
    home, secrets = tmp_path / "home", first_world[1]
    copy_home(first_world[0], home)
    zone, hub = open_zone(home, clock), StandInHub()
    hub.clock = clock
    stand_in = Hub("http://hub", "token-of-portal", "http://zone/oauth_callback", transport=httpx.MockTransport(hub))
    yield World(zone, build_portal(zone, hub=stand_in, clock=clock), hub, clock, dict(secrets))
    zone.db.engine.dispose()


def open_zone(home: Path, clock: Clock) -> Zone:
    """Put a zone together from our own parts, as the composition root does."""
    db = Database.open(database_in(home))
    keys = LogKeys.load_or_create(home / "keys")
    log = AuditLog(db, keys, component="portal", origin="ansim.localhost/audit", log_dir=home / "log", clock=clock)
    reviews, notice = ExtractReviews(log), NOTICE_VERSION
    people = Registry(
        db,
        log,
        secrets_key=b"k" * 32,
        demo=True,
        notice_version=notice,
        reviews=reviews,
        time_zone=ZoneInfo("Asia/Seoul"),
        clock=clock,
    )
    desk = EgressDesk(
        db,
        log,
        people,
        vault=Vault(home / "vault"),
        releases_dir=home / "releases",
        workspaces_dir=home / "workspaces",
        policy=load_policy("kr-default"),
        scanner=InProcessScanner(),
        release_key=Ed25519PrivateKey.from_private_bytes(b"r" * 32),
        clock=clock,
    )
    return Zone(Settings(home), db, log, CellStore(home / "cells", keys.cells, log.cell_keys()), people, desk, Keys())


def _join(people: Registry, handle: str, roles: frozenset[Role], clock: Clock) -> str:
    secret = pyotp.random_base32(32)
    token = people.invite(handle, handle.title(), f"{handle}@ansim.example", roles, "en", by=CLI, source=HERE)
    code = pyotp.TOTP(secret).at(clock())
    person = people.accept_invitation(token, PASSWORD, secret, code, source=HERE)
    people.accept_notice(person, NOTICE_VERSION, source=HERE)
    return secret


def _study(people: Registry, home: Path, clock: Clock) -> None:
    data = home / "datasets" / "gibleed"
    data.mkdir(parents=True)
    (data / "person.csv").write_text("id,born\n1,1950\n", encoding="utf-8")
    about = ("gibleed", "합성 진료기록", "Synthetic records", "OHDSI", 2694)
    people.register_dataset(*about, data, sensitive=True, demo=True, by=CLI, source=HERE)
    starts, ends = clock() - timedelta(days=3), clock() + timedelta(days=20)
    people.add_project("study", "과제", "Study", "Compare two painkillers.", starts, ends, by=CLI, source=HERE)
    for handle in ("minji", "haneul"):
        people.add_member("study", handle, Role.RESEARCHER, starts, ends, by=CLI, source=HERE)
    controller = Actor.person(people.person("sunhee").ref)
    people.grant("gibleed", 1, "study", starts, ends, approver=controller, source=HERE)
