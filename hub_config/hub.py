"""Everything the hub is told, as ten small settings; `jupyterhub_config.py` only calls `configure`."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub_config.authenticator import REFRESH_SECONDS, SESSION, RegistryAuthenticator
from hub_config.identity.desk import IdentityDesk
from hub_config.keys import HubService
from hub_config.log_lines import Lines
from hub_config.settings import Settings
from hub_config.spawner import SafeZoneSpawner, take_request

if TYPE_CHECKING:
    from hub_config.zone import Zone

TEMPLATES = Path(__file__).parent / "templates"
ENGINE_CALL_SECONDS = 120  # the engine is slow while many containers start on few cores
QUEUE_ROUNDS = 5  # 20 people, four at a time: the last one waits four starts and then has one of their own
POLL_SECONDS = 10
SERVERS_PER_PERSON = 50
NEVER_SECONDS = 100 * 365 * 24 * 3600

#: What each service may do in the hub. The gate needs nothing beyond signing people in. Erasure makes the hub forget
#: people, with a token that the worker takes for that duty alone: what it holds all day removes nobody.
SERVICE_SCOPES: dict[HubService, tuple[str, ...]] = {
    "portal": ("servers", "list:users"),
    "worker": ("read:servers", "delete:servers", "list:users"),
    "eraser": ("list:users", "delete:users"),
    "gate": (),
}

#: What a person may do in the hub: reach the two services, and be named to them. Not start a server or make a
#: token: the portal does what people may do, after asking the registry.
PERSON_SCOPES = (
    "access:services!service=portal",
    "access:services!service=gate",
    "read:users:name!user",
    "read:users:groups!user",
)


def configure(c: Any, zone: Zone) -> None:
    """Configure the hub of a zone."""
    for setting in (
        set_network,
        set_proxy,
        set_authenticator,
        set_spawner,
        set_services,
        set_roles,
        set_limits,
        set_pages,
        set_storage,
        set_logging,
    ):
        setting(c, zone)


def set_network(c: Any, zone: Zone) -> None:
    """Listen on loopback only; the gate is what people reach."""
    settings = zone.settings
    c.JupyterHub.base_url = "/"
    c.JupyterHub.bind_url = f"http://{settings.zone.bind}:{settings.zone.port}/"
    c.JupyterHub.hub_bind_url = settings.hub_url()
    c.JupyterHub.hub_connect_url = settings.hub_url()
    c.JupyterHub.public_url = settings.origin("zone") + "/"


def set_proxy(c: Any, zone: Zone) -> None:
    """Drive the gate; it is not the hub's child, so neither stops the other."""
    c.JupyterHub.proxy_class = "hub_config.proxy.GateProxy"
    c.JupyterHub.cleanup_proxy = False


def set_authenticator(c: Any, zone: Zone) -> None:
    """Ask the registry, at sign-in and again while a session lasts; nobody administers the hub."""
    authenticator = bound(RegistryAuthenticator, zone)
    authenticator.identity = IdentityDesk.of(zone.settings)
    c.JupyterHub.authenticator_class = authenticator
    c.JupyterHub.admin_access = False
    c.Authenticator.allow_all = True  # whoever the registry accepts
    c.Authenticator.admin_users = set()
    c.Authenticator.auth_refresh_age = REFRESH_SECONDS
    c.Authenticator.auth_refresh_strict = True  # tokens of an ended account stop working, not only cookies
    c.Authenticator.enable_auth_state = False


def set_spawner(c: Any, zone: Zone) -> None:
    """Start containers of our own image only, and wait long enough for twenty at once."""
    seconds = zone.settings.workspace.start_timeout_seconds
    c.JupyterHub.spawner_class = bound(SafeZoneSpawner, zone)
    c.JupyterHub.cleanup_servers = False  # a restarted hub takes running workspaces up again
    c.DockerSpawner.client_kwargs = {"timeout": ENGINE_CALL_SECONDS}
    c.DockerSpawner.pull_policy = "never"
    c.DockerSpawner.network_name = "none"
    c.DockerSpawner.remove = True
    c.Spawner.apply_user_options = take_request
    c.Spawner.start_timeout = seconds * QUEUE_ROUNDS
    c.Spawner.http_timeout = seconds
    c.Spawner.poll_interval = POLL_SECONDS
    c.Spawner.consecutive_failure_limit = 0  # one broken image must not end the hub for everybody


def set_services(c: Any, zone: Zone) -> None:
    """Let portal and gate sign people in, and let portal, worker and the duty of erasure call the API."""
    c.JupyterHub.services = [
        {
            "name": "portal",
            "api_token": zone.keys.hub_token("portal"),
            "oauth_client_id": "service-portal",
            "oauth_redirect_uri": zone.settings.origin("zone") + "/oauth_callback",
            "oauth_no_confirm": True,
            "display": False,
        },
        {
            "name": "gate",
            "api_token": zone.keys.hub_token("gate"),
            "oauth_client_id": "service-gate",
            "oauth_redirect_uri": zone.settings.origin("work") + "/_gate/callback",
            "oauth_no_confirm": True,
            "display": False,
        },
        {"name": "worker", "api_token": zone.keys.hub_token("worker"), "display": False},
        {"name": "eraser", "api_token": zone.keys.hub_token("eraser"), "display": False},
    ]


def set_roles(c: Any, zone: Zone) -> None:
    """Give people and services the least that works; `user` replaces the hub's wider default."""
    services = [
        {"name": f"zone-{name}", "scopes": list(scopes), "services": [name]}
        for name, scopes in SERVICE_SCOPES.items()
        if scopes
    ]
    c.JupyterHub.load_roles = [{"name": "user", "scopes": list(PERSON_SCOPES)}, *services]


def set_limits(c: Any, zone: Zone) -> None:
    """Allow named servers only, without a limit of the hub: over one it answers 429, whereas ours queue."""
    c.JupyterHub.allow_named_servers = True
    c.JupyterHub.named_server_limit_per_user = SERVERS_PER_PERSON
    c.JupyterHub.concurrent_spawn_limit = 0
    c.JupyterHub.active_server_limit = 0
    c.JupyterHub.implicit_spawn_seconds = 0
    c.JupyterHub.redirect_to_server = False
    c.JupyterHub.default_url = "/"


def set_pages(c: Any, zone: Zone) -> None:
    """Serve our own pages, with a policy that lets them load one style sheet and post to the zone."""
    settings = zone.settings
    https = settings.zone.scheme == "https"
    c.JupyterHub.template_paths = [str(TEMPLATES)]
    c.JupyterHub.template_vars = {"zone_name": settings.zone.name, "zone_demo": settings.zone.demo}
    # Else a script in a workspace could plant a sign-in of its own for every host below the domain. The hub lies at `/`
    # of a host that serves no workspace, so that the path of such a cookie, `/`, shows it to nobody else.
    c.JupyterHub.cookie_host_prefix_enabled = https
    c.JupyterHub.cookie_max_age_days = SESSION / timedelta(days=1)
    c.JupyterHub.tornado_settings = {
        "headers": page_headers(settings),
        # Without a date the browser forgets the cookie when it closes; the hub's own default is 30 days.
        "cookie_options": {"samesite": "Lax", "expires_days": None, **({"secure": True} if https else {})},
        "xsrf_cookie_kwargs": {"samesite": "Lax", **({"secure": True} if https else {})},
    }


def page_headers(settings: Settings) -> dict[str, str]:
    """Return the headers of every page of the hub.

    `form-action` names the workspaces' origin too: browsers apply it to where a form is redirected, and
    whoever opens a workspace's address while signed out is sent back there after the form.
    """
    work = settings.origin("work")
    policy = (
        f"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {work}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=(), usb=()",
        "Cache-Control": "no-store",
    }
    if settings.zone.scheme == "https":
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def set_storage(c: Any, zone: Zone) -> None:
    """Keep the hub's own state beside the zone's; its cookies are signed with the zone's key.

    When a token was used last is noted once: nobody reads it, and the hub takes a token for none where it cannot note
    it, so that a full disk would sign everybody out.
    """
    c.JupyterHub.db_url = f"sqlite:///{zone.home / 'hub.sqlite'}"
    c.JupyterHub.upgrade_db = True
    c.JupyterHub.activity_resolution = NEVER_SECONDS
    c.JupyterHub.cookie_secret = zone.keys.hub_cookie_secret


def set_logging(c: Any, zone: Zone) -> None:
    """Log what operators need and no secret.

    At level INFO the hub writes session and cookie ids (they go into its xsrf token), and its access log names
    people with their addresses; those are in the audit log, where they are sealed.
    """
    c.JupyterHub.log_level = logging.WARNING
    c.JupyterHub.logging_config = {"formatters": {"console": {"class": f"{Lines.__module__}.{Lines.__name__}"}}}
    logging.getLogger("tornado.access").setLevel(logging.ERROR)


def bound(kind: type[Any], zone: Zone) -> type[Any]:
    """Return a class of the hub's plug-in with the zone it works for.

    A class, not a value in the configuration, which copies its values deeply: a database has no copy.
    """
    return type(kind.__name__, (kind,), {"zone": zone, "__module__": kind.__module__})
