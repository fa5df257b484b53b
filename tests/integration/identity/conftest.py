"""A zone whose people sign in at an OpenID provider that somebody else wrote, and that provider."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import oidc_provider_mock
import pytest
import werkzeug.serving
from joserfc import jwt
from joserfc.jwk import RSAKey

from audit.event import Source
from hub_config.home import make_home
from hub_config.identity.tokens import LOGOUT_EVENT
from hub_config.migrate import METADATA
from hub_config.preflight import ensure_gate_user
from hub_config.settings import FILE_NAME, HubSettings, ZoneSettings
from hub_config.zone import open_zone
from registry.desk import CLI, as_actor
from registry.model import Role
from tests.integration.hub.conftest import RunningHub, World
from tests.ports import free_port

HERE = Source(None)
CLIENT, SECRET = "ansim-zone", "a-secret-of-the-client"


@dataclass(slots=True)
class Hospital:
    """The provider, as its administrator has it."""

    server: Any
    keys: list[Any] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        """Its name."""
        return f"http://localhost:{self.server.server_port}"

    def logout_token(self, subject: str, message: str) -> str:
        """What it sends when somebody signs out there; it has none of its own."""
        key = RSAKey.import_key(self.keys[-1])
        now = int(datetime.now(UTC).timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": message, "sub": subject}
        return jwt.encode({"alg": "RS256", "typ": "logout+jwt"}, {**claims, "events": {LOGOUT_EVENT: {}}}, key)


@pytest.fixture(scope="session")
def hospital() -> Iterator[Hospital]:
    """A provider that knows a doctor with a second factor, one without, and a stranger."""
    from oidc_provider_mock import _app, _storage

    before = os.environ.get("AUTHLIB_INSECURE_TRANSPORT")
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # of the provider: it listens on this machine alone
    people = (
        _storage.User(sub="24400320", claims={"amr": ["pwd", "mfa"]}),
        _storage.User(sub="24400777", claims={"amr": ["pwd", "mfa"]}),
        _storage.User(sub="24400999", claims={"amr": ["pwd"]}),
    )
    app = oidc_provider_mock.app(user_claims=people)
    keys: list[Any] = []

    def remember(response: Any) -> Any:
        keys[:] = [_app.storage.jwk.as_dict(is_private=True)]
        return response

    app.after_request(remember)

    server = werkzeug.serving.make_server("localhost", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    yield Hospital(server, keys)
    server.shutdown()
    thread.join()
    if before is None:
        del os.environ["AUTHLIB_INSECURE_TRANSPORT"]


@pytest.fixture(scope="session")
def vouched_hub(hospital: Hospital, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """Audit writer, gate, hub and portal of a zone that asks the hospital."""
    if os.geteuid() != 0:
        pytest.fail("a zone's directories belong to several users, which only root can make")
    ensure_gate_user("ansim-gate")
    home = tmp_path_factory.mktemp("vouched")
    make_home(home, ZoneSettings(port=free_port()), "ansim-gate", hub=HubSettings(port=free_port()))
    set_provider(home, hospital.issuer)
    zone = open_zone(home, "cli")
    for metadata in METADATA:
        metadata.create_all(zone.db.engine)
    world = World(zone)
    give(world, "minji", "24400320", hospital)
    give(world, "jisu", "24400999", hospital)
    running = RunningHub(world)
    try:
        running.start("audit", "gate", "hub", "portal")
        yield running
    finally:
        running.close()
        zone.db.engine.dispose()


def set_provider(home: Path, issuer: str) -> None:
    """Write what the operator writes."""
    path = home / FILE_NAME
    text = path.read_text(encoding="utf-8")
    text = text.replace("  issuer: ''\n", f"  issuer: {issuer}\n").replace(
        "  client_id: ''\n", f"  client_id: {CLIENT}\n"
    )
    text = text.replace("  name_ko: ''\n", "  name_ko: 서울병원\n").replace(
        "  name_en: ''\n", "  name_en: Seoul Hospital\n"
    )
    path.write_text(text.replace("  contact: ''\n", "  contact: 데이터안심구역 운영팀 1234\n"), encoding="utf-8")
    secret = home / "keys" / "oidc-client.secret"
    secret.parent.mkdir(mode=0o700, exist_ok=True)
    secret.write_text(SECRET + "\n", encoding="utf-8")
    secret.chmod(0o600)


def give(world: World, handle: str, subject: str, hospital: Hospital) -> None:
    """Invite somebody whom the hospital knows."""
    registry = world.zone.registry
    operator = world.person(Role.OPERATOR, projects=())
    by = as_actor(registry.person(operator))
    registry.invite(handle, handle, f"{handle}@x.org", {Role.RESEARCHER}, "ko", by=CLI, source=HERE)
    registry.give_identity(handle, hospital.issuer, subject, by=by, source=HERE)
