"""What the gate is told when it starts: parsed once, frozen, unknown keys refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub_config.gate.errors import GateConfigError

HostName = Literal["zone", "work", "preview"]
DEFAULT_PORT = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may pass; sizes in bytes, times in seconds."""

    session_bytes: int = 2_000_000_000  # to the browser, per start of a workspace
    message_bytes: int = 64_000_000  # one message of a workspace
    unread_bytes: int = 512_000_000  # of all workspaces: messages and bodies that are not whole, or not passed on yet
    form_bytes: int = 65_536  # one form of the hub, which strangers send too: a name, a password, a token of a provider
    form_seconds: float = 20.0  # until such a form has come as a whole
    write_bytes: int = 16_000_000  # what a browser saves into a workspace at once
    text_bytes: int = 1_000_000  # a file of text among it; a notebook holds what its cells gave, and may be larger
    setting_bytes: int = 256_000  # layouts and settings of Lab
    plain_bytes: int = 4_096  # every other body of a browser: which kernel, which notebook
    frame_bytes: int = 8_000_000  # one WebSocket message of a browser
    loose_bytes: int = 65_536  # one message of a browser that is not recorded, or its buffers
    response_bytes: int = 256_000_000  # one response of a workspace
    code_bytes: int = 1_000_000  # one cell
    page_bytes: int = 8_000_000  # one answer of the portal to a workspace
    call_bytes: int = 1_048_576  # one call of a workspace to the portal
    connections: int = 256  # dialled in by one workspace, idle and busy together
    accepts_per_second: int = 200  # dials of one workspace, so that it cannot keep the gate busy
    browsers: int = 4_096  # connections of browsers altogether, each with a request's header in memory at most
    browsers_of_one: int = 1_024  # from one address that is no front end: an institution may have one for everybody
    requests_of_one: int = 2_048  # under way with a session, WebSockets among them, from one address
    strangers_of_one: int = 256  # and without a session, also behind a front end
    quiet_seconds: float = 75.0  # a connection of a browser that asks nothing, or never ends its first line or header
    answer_seconds: float = 10.0  # until an idle connection of the workspace must be there
    validate_seconds: float = 20.0  # a session is asked about at the hub when its last answer is older
    grace_seconds: float = 60.0  # how long a session outlives the last good answer while the hub is away


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """The settings of one gate; made by `parse_config` only."""

    domain: str
    bind: str = "127.0.0.1"
    port: int = 8600
    scheme: Literal["http", "https"] = "http"
    hub_url: str = "http://127.0.0.1:8601"
    user: str = "ansim-gate"
    demo: bool = False
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Seoul"))  # the clocks of people in the zone
    front_ends: tuple[str, ...] = ()  # addresses of TLS servers whose X-Forwarded-For is believed
    workspace_origins: Literal["own", "one"] = "own"  # "one" serves all of them on the work host
    limits: Limits = field(default_factory=Limits)

    def host(self, name: HostName) -> str:
        """Return the exact Host header of one of the three hosts with a name for everybody."""
        return self.host_below(name)

    def host_below(self, label: str) -> str:
        """Return the exact Host header of a host below the zone's domain."""
        # People who come through a front server come to its port, which is that of the scheme.
        port = "" if self.front_ends or self.port == DEFAULT_PORT[self.scheme] else f":{self.port}"
        return f"{label}.{self.domain}{port}"

    def origin(self, name: HostName) -> str:
        """Return one of the three browser origins."""
        return f"{self.scheme}://{self.host(name)}"

    def socket_origin(self, host: str) -> str:
        """Return the origin of WebSockets to a host, for `connect-src`."""
        return f"{'wss' if self.scheme == 'https' else 'ws'}://{host}"


KINDS: Mapping[str, tuple[type, ...]] = {
    "domain": (str,),
    "bind": (str,),
    "port": (int,),
    "scheme": (str,),
    "hub_url": (str,),
    "user": (str, int),
    "demo": (bool,),
    "time_zone": (str,),
    "front_ends": (list,),
    "workspace_origins": (str,),
    "limits": (dict,),
}


def parse_config(text: str) -> GateConfig:
    """Turn the JSON of `ANSIM_GATE_CONFIG` into a frozen value; limits may stand at the top or under
    `limits`.

    Raises: GateConfigError — for anything but an object of known keys with values of the right type.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise GateConfigError(f"ANSIM_GATE_CONFIG is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise GateConfigError("ANSIM_GATE_CONFIG must be a JSON object")
    known = {f.name for f in fields(Limits)}
    limits = {key: document.pop(key) for key in list(document) if key in known}
    values: dict[str, Any] = {}
    for key, value in document.items():
        if key not in KINDS:
            raise GateConfigError(f"unknown setting {key!r}")
        if type(value) not in KINDS[key]:
            raise GateConfigError(f"setting {key!r} has the wrong type")
        values[key] = value
    limits |= values.pop("limits", {})
    values["front_ends"] = tuple(values.get("front_ends", ()))
    if not all(isinstance(address, str) for address in values["front_ends"]):
        raise GateConfigError("front_ends are addresses")
    if "domain" not in values or values.get("scheme", "http") not in DEFAULT_PORT:
        raise GateConfigError("settings need a domain, and http or https as scheme")
    if values.get("workspace_origins", "own") not in ("own", "one"):
        raise GateConfigError("workspace_origins is own or one")
    if "user" in values:
        values["user"] = str(values["user"])
    if "time_zone" in values:
        values["time_zone"] = _time_zone(values["time_zone"])
    return GateConfig(**values, limits=_limits(limits, known))


def _time_zone(name: str) -> ZoneInfo:
    """Read a time zone while its file can still be read."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise GateConfigError(f"there is no time zone {name!r}") from error


def _limits(values: Mapping[str, Any], known: set[str]) -> Limits:
    for key, value in values.items():
        if key not in known:
            raise GateConfigError(f"unknown limit {key!r}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
            raise GateConfigError(f"limit {key!r} must be a positive number")
    return Limits(**values)
