"""The real hub behind the real gate, as over TLS: no other host can plant what signs people in or out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2 as httpx
import pytest
from tornado.web import create_signed_value, decode_signed_value

from hub_config.home import make_home
from hub_config.migrate import METADATA
from hub_config.preflight import ensure_gate_user
from hub_config.settings import HubSettings, ZoneSettings
from hub_config.zone import open_zone
from images.manifest import ImageInfo, write_manifest
from portal.hub import THIS_MOMENT, Hub
from tests.integration.hub.conftest import PASSWORD, RunningHub, World
from tests.integration.hub.test_hub_sign_in_pages import portal_token
from tests.ports import free_port

pytestmark = pytest.mark.long
SIGN_IN, SESSION = "__Host-jupyterhub-hub-login", "__Host-jupyterhub-session-id"
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@dataclass
class Jar:
    """A browser that keeps cookies as one does that speaks TLS; `planted` come from a page of another host."""

    client: httpx.Client
    kept: dict[str, str] = field(default_factory=dict)
    planted: dict[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        # The order in which they do most harm: servers that read two of one name keep the last.
        cookie = "; ".join(f"{name}={value}" for name, value in (*self.kept.items(), *self.planted.items()))
        self.client.cookies.clear()
        answer = self.client.request(method, path, headers={**(headers or {}), "Cookie": cookie}, **more)
        for line in answer.headers.get_list("set-cookie"):
            given, *attributes = [one.strip() for one in line.split(";")]
            name, _, value = given.partition("=")
            said = {one.partition("=")[0].lower(): one.partition("=")[2] for one in attributes}
            assert "secure" in said or not value.strip('"'), line
            if name.startswith("__Host-"):
                assert said["path"] == "/", line
                assert "domain" not in said, line
            self.kept[name] = value
            if not value.strip('"'):
                del self.kept[name]
        return answer

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A zone that believes it lies behind a TLS server."""
    ensure_gate_user("ansim-gate")
    home = tmp_path_factory.mktemp("zone")
    settings = ZoneSettings(demo=True, port=free_port(), scheme="https")
    make_home(home, settings, "ansim-gate", hub=HubSettings(port=free_port()))
    zone = open_zone(home, "cli")
    for metadata in METADATA:
        metadata.create_all(zone.db.engine)
    fields: dict[str, Any] = dict.fromkeys(("base_sha256", "lock_sha256", "source"), "0" * 64)
    about = ImageInfo(
        name="notebook", reference="test", id="sha256:0", size=1, built_at="", debian=(), python=(), **fields
    )
    write_manifest(home, about)
    running = RunningHub(World(zone))
    try:
        running.start("audit", "gate", "hub")
        yield running
    finally:
        running.close()
        zone.db.engine.dispose()


def as_client(jar: Jar) -> Any:
    """Return the browser for what only asks it for pages."""
    return jar


def signed_in(hub: Any, handle: str, **planted: str) -> Jar:
    jar = Jar(hub.browser(), planted=planted)
    answer = hub.sign_in(jar, handle, password=PASSWORD)
    assert answer.status_code == 302, answer.text
    assert {SIGN_IN, SESSION} <= jar.kept.keys()
    return jar


def test_a_planted_sign_in_makes_nobody_somebody_else(hub: Any) -> None:
    attacker, victim = (hub.world.person(projects=()) for _ in range(2))
    theirs = signed_in(hub, attacker).kept
    bare = {name.removeprefix("__Host-"): value for name, value in theirs.items() if name.startswith("__Host-")}
    jar = signed_in(hub, victim)
    jar.planted = bare
    api = hub.api(token=portal_token(hub, as_client(jar)))
    assert api.get("/user").json()["name"] == victim
    fresh = Jar(hub.browser(), planted=bare)
    assert fresh.get("/hub/login").status_code == 200, "a planted cookie signed somebody in"


def test_signing_out_ends_what_was_begun_whatever_was_planted_meanwhile(hub: Any) -> None:
    jar = signed_in(hub, hub.world.person(projects=()), **{"jupyterhub-session-id": "before"})
    api = hub.api(token=portal_token(hub, as_client(jar)))
    jar.planted = {"jupyterhub-session-id": "meanwhile"}
    assert jar.get("/hub/logout", headers=LINK).status_code == 403
    assert api.get("/user").status_code == 200, "a link of another site signed somebody out"
    assert jar.get("/hub/logout").status_code == 200
    assert api.get("/user").status_code == 403
    assert not {SIGN_IN, SESSION} & jar.kept.keys()
    assert jar.get("/hub/logout", headers=LINK).status_code == 200  # as a provider leads back
    query = urlencode({"client_id": "service-portal", "response_type": "code", "state": "s"})
    assert "code=" not in jar.get(f"/hub/api/oauth2/authorize?{query}").headers.get("Location", "")


def test_a_sign_in_that_is_older_than_what_is_demanded_asks_for_password_and_code_again(hub: Any) -> None:
    handle = hub.world.person(projects=())
    jar = signed_in(hub, handle)
    before = hub.api(token=portal_token(hub, as_client(jar)))
    settings = hub.world.zone.settings
    portal = Hub(settings.hub_url(), hub.world.zone.keys.hub_token("portal"), settings.origin("zone"))
    since = portal.signed_in_at(before.headers["Authorization"].removeprefix("token "))
    assert since is not None
    assert abs(datetime.now(UTC) - since) < timedelta(minutes=5)
    query = {"client_id": "service-portal", "redirect_uri": settings.origin("zone") + "/oauth_callback"}
    way = f"/hub/api/oauth2/authorize?{urlencode({**query, 'response_type': 'code', 'state': 's'})}"
    goal = f"{way}&max_age={THIS_MOMENT}"
    assert "code=" in jar.get(goal).headers["Location"], "it is young enough"
    for link in ("&max_age=0", "&max_age=1"):
        assert "code=" in jar.get(f"{way}{link}", headers=LINK).headers["Location"], "not the portal's demand"
    known = jar.kept = aged(hub, jar.kept, 2 * THIS_MOMENT)
    asked = jar.get(goal)
    assert asked.status_code == 302
    assert urlsplit(asked.headers["Location"]).path == "/hub/login"
    form = jar.get(asked.headers["Location"])
    assert (form.status_code, 'id="login"' in form.text) == (200, True), "the form is shown, and nobody is led on"
    assert {name: jar.kept[name] for name in (SIGN_IN, SESSION)} == {name: known[name] for name in (SIGN_IN, SESSION)}
    assert before.get("/user").status_code == 200, "nobody is signed out, and workspaces of this browser go on"
    # Whoever leaves the demand out is led on, but the date says how old it is.
    thief = Jar(hub.browser(), kept=dict(known))
    old = portal.signed_in_at(portal_token(hub, as_client(thief)))
    assert old is not None
    assert since - old > timedelta(seconds=THIS_MOMENT)
    # After password and code the cookie has a new date.
    answer = hub.sign_in(jar, handle, password=PASSWORD, code=hub.world.code(handle, 1), goal=goal)
    assert answer.headers["Location"].endswith("max_age=60")
    assert "code=" in jar.get(answer.headers["Location"]).headers["Location"]
    renewed = portal.signed_in_at(portal_token(hub, as_client(jar)))
    assert renewed is not None
    assert renewed >= since


def aged(hub: Any, kept: dict[str, str], seconds: int) -> dict[str, str]:
    """Return the cookies of a browser as if it had signed in some time before."""
    secret = hub.world.zone.keys.hub_cookie_secret
    value = decode_signed_value(secret, SIGN_IN, kept[SIGN_IN].strip('"'))
    assert value is not None
    signed = create_signed_value(secret, SIGN_IN, value, clock=lambda: time.time() - seconds)
    return {**kept, SIGN_IN: signed.decode()}
