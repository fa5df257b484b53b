"""What the hub is told, on a plain configuration object."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub.roles import get_default_roles
from jupyterhub.scopes import scope_definitions
from traitlets.config import Config

from hub_config import hub
from hub_config.keys import HUB_SERVICES, load_or_create_keys
from hub_config.settings import Settings, ZoneSettings
from portal.hub import CLIENT_ID
from portal.signin import CALLBACK


@pytest.fixture
def zone(tmp_path: Path) -> Any:
    """The parts of a zone that are values."""
    return SimpleNamespace(
        settings=Settings(home=tmp_path, zone=ZoneSettings(name="시험 구역", demo=True)),
        home=tmp_path,
        keys=load_or_create_keys(tmp_path / "keys"),
    )


def configured(setting: Any, zone: Any) -> Any:
    c = Config()
    setting(c, zone)
    return c


def test_the_hub_listens_on_loopback_and_is_reached_at_the_zone(zone: Any) -> None:
    c = configured(hub.set_network, zone).JupyterHub
    assert c.hub_bind_url == c.hub_connect_url == "http://127.0.0.1:8601"
    assert c.bind_url == "http://127.0.0.1:8600/"
    assert c.public_url == "http://zone.ansim.localhost:8600/"
    assert c.base_url == "/"


def test_the_gate_is_the_proxy_and_outlives_the_hub(zone: Any) -> None:
    c = configured(hub.set_proxy, zone).JupyterHub
    assert c.proxy_class == "hub_config.proxy.GateProxy"
    assert c.cleanup_proxy is False


def test_nobody_administers_the_hub(zone: Any) -> None:
    c = configured(hub.set_authenticator, zone)
    assert c.JupyterHub.admin_access is False
    assert c.Authenticator.admin_users == set()


def test_an_ended_account_is_out_within_a_minute_even_with_a_token(zone: Any) -> None:
    c = configured(hub.set_authenticator, zone).Authenticator
    assert 0 < c.auth_refresh_age <= 30
    assert c.auth_refresh_strict is True


def test_plugins_know_their_zone_and_survive_the_copying_of_a_configuration(zone: Any) -> None:
    c = Config()
    hub.set_authenticator(c, zone)
    hub.set_spawner(c, zone)
    copied: Any = c.copy()
    assert copied.JupyterHub.authenticator_class.zone is zone
    assert copied.JupyterHub.spawner_class.zone is zone


def test_twenty_people_who_start_at_once_are_queued_and_not_refused(zone: Any) -> None:
    c = Config()
    hub.set_limits(c, zone)
    hub.set_spawner(c, zone)
    assert c.JupyterHub.concurrent_spawn_limit == c.JupyterHub.active_server_limit == 0
    rounds = 20 / zone.settings.workspace.concurrent_starts
    assert c.Spawner.start_timeout >= rounds * zone.settings.workspace.start_timeout_seconds
    assert c.Spawner.http_timeout >= 150


def test_failed_starts_never_end_the_hub(zone: Any) -> None:
    assert configured(hub.set_spawner, zone).Spawner.consecutive_failure_limit == 0


def test_images_are_never_pulled(zone: Any) -> None:
    c = configured(hub.set_spawner, zone).DockerSpawner
    assert c.pull_policy == "never"
    assert c.network_name == "none"


def test_only_named_servers_exist_and_the_portal_is_the_first_page(zone: Any) -> None:
    c = configured(hub.set_limits, zone).JupyterHub
    assert c.allow_named_servers is True
    assert c.redirect_to_server is False
    assert c.default_url == "/"


def test_services_come_back_to_their_own_origin_without_a_question(zone: Any) -> None:
    services = {s["name"]: s for s in configured(hub.set_services, zone).JupyterHub.services}
    assert set(services) == set(HUB_SERVICES)
    assert services["portal"]["oauth_client_id"] == CLIENT_ID
    assert services["portal"]["oauth_redirect_uri"] == "http://zone.ansim.localhost:8600" + CALLBACK
    assert services["gate"]["oauth_client_id"] == "service-gate"
    assert services["gate"]["oauth_redirect_uri"] == "http://work.ansim.localhost:8600/_gate/callback"
    assert services["portal"]["oauth_no_confirm"] is services["gate"]["oauth_no_confirm"] is True
    assert "oauth_client_id" not in services["worker"]
    assert not [s for s in services.values() if s.get("admin") or s.get("url")]


def test_every_role_is_made_of_scopes_that_the_hub_knows(zone: Any) -> None:
    for role in configured(hub.set_roles, zone).JupyterHub.load_roles:
        for scope in role["scopes"]:
            assert scope.partition("!")[0] in scope_definitions


def test_people_may_neither_start_servers_nor_make_tokens(zone: Any) -> None:
    roles = {r["name"]: set(r["scopes"]) for r in configured(hub.set_roles, zone).JupyterHub.load_roles}
    assert not roles["user"] & {"self", "servers", "start:servers", "tokens", "access:servers"}
    assert {"self"} == set(get_default_roles()[0]["scopes"]), "the default that we replace"


def test_no_service_can_make_people_or_read_their_secrets(zone: Any) -> None:
    held = {scope for scopes in hub.SERVICE_SCOPES.values() for scope in scopes}
    assert not [s for s in held if s.startswith(("admin:", "tokens", "shutdown", "proxy", "access:servers"))]
    assert "start:servers" not in hub.SERVICE_SCOPES["worker"]
    assert [name for name, scopes in hub.SERVICE_SCOPES.items() if "delete:users" in scopes] == ["eraser"]
    assert hub.SERVICE_SCOPES["gate"] == ()


def test_pages_run_no_script_and_post_to_the_zone_only(zone: Any) -> None:
    policy = hub.page_headers(zone.settings)["Content-Security-Policy"]
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["form-action"] == "'self' http://work.ansim.localhost:8600"
    assert directives["frame-ancestors"] == "'none'"
    assert "script-src" not in directives


def test_cookies_end_with_the_browser_and_are_secure_where_the_zone_is(zone: Any) -> None:
    plain = configured(hub.set_pages, zone).JupyterHub.tornado_settings
    assert plain["cookie_options"] == {"samesite": "Lax", "expires_days": None}
    assert configured(hub.set_pages, zone).JupyterHub.cookie_host_prefix_enabled is False
    zone.settings = replace(zone.settings, zone=replace(zone.settings.zone, scheme="https"))
    secure = configured(hub.set_pages, zone).JupyterHub.tornado_settings
    assert secure["cookie_options"]["secure"] is secure["xsrf_cookie_kwargs"]["secure"] is True
    assert "Strict-Transport-Security" in secure["headers"]
    # No page of another host can plant a sign-in; a browser takes the prefix only for `/` of the host itself.
    assert configured(hub.set_pages, zone).JupyterHub.cookie_host_prefix_enabled is True
    assert configured(hub.set_network, zone).JupyterHub.base_url == "/"


def test_pages_know_that_the_zone_is_a_demo(zone: Any) -> None:
    assert configured(hub.set_pages, zone).JupyterHub.template_vars == {
        "zone_name": "시험 구역",
        "zone_demo": True,
    }


def test_the_hub_keeps_its_state_in_the_zone(zone: Any, tmp_path: Path) -> None:
    c = configured(hub.set_storage, zone).JupyterHub
    assert c.db_url == f"sqlite:///{tmp_path}/hub.sqlite"
    assert c.cookie_secret == zone.keys.hub_cookie_secret
    assert len(c.cookie_secret) == 32


def test_session_ids_and_addresses_stay_out_of_the_log(zone: Any) -> None:
    assert configured(hub.set_logging, zone).JupyterHub.log_level >= logging.WARNING
    assert not logging.getLogger("tornado.access").isEnabledFor(logging.WARNING)


def test_the_configuration_file_has_at_most_twenty_lines() -> None:
    text = (Path(hub.__file__).parent / "jupyterhub_config.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 20
