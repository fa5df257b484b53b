"""Settings of one zone: parsed once from `ansim.yaml`, frozen, unknown keys refused with their line."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import yaml

from hub_config.errors import SettingsError

FILE_NAME = "ansim.yaml"
OriginName = Literal["zone", "work", "preview"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSettings:
    """Who this zone is and where people reach it."""

    name: str = "Ansim data safe zone"
    domain: str = "ansim.localhost"
    bind: str = "127.0.0.1"
    port: int = 8600
    scheme: Literal["http", "https"] = "http"
    demo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """JupyterHub, reached by the gate and the portal only."""

    port: int = 8601


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """Where the record lives; a relative SQLite path is below ANSIM_HOME."""

    url: str = "sqlite:///ansim.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSettings:
    """How many containers may start at once, and how long one may take."""

    concurrent_starts: int = 4
    start_timeout_seconds: int = 180
    ending_check_seconds: int = 15  # well below the 60 s within which an ended permit must bite


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """Limits of the one door; sizes in bytes."""

    user: str = "ansim-gate"
    session_bytes: int = 2_000_000_000
    message_bytes: int = 64_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressSettings:
    """Which output-checking policy is in force."""

    policy: str = "kr-default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a process of the zone may be told; made by `load_settings` only."""

    home: Path
    zone: ZoneSettings = field(default_factory=ZoneSettings)
    hub: HubSettings = field(default_factory=HubSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    workspace: WorkspaceSettings = field(default_factory=WorkspaceSettings)
    gate: GateSettings = field(default_factory=GateSettings)
    egress: EgressSettings = field(default_factory=EgressSettings)

    def host(self, name: OriginName) -> str:
        """Return the Host header of one of the three origins, with the port where it is not the default."""
        default = {"http": 80, "https": 443}[self.zone.scheme]
        port = "" if self.zone.port == default else f":{self.zone.port}"
        return f"{name}.{self.zone.domain}{port}"

    def origin(self, name: OriginName) -> str:
        """Return one of the three browser origins; scripts of one may not read another."""
        return f"{self.zone.scheme}://{self.host(name)}"

    def database_url(self) -> str:
        """Return the database URL with a relative SQLite path made absolute."""
        prefix = "sqlite:///"
        url = self.database.url
        if url.startswith(prefix) and not url.startswith(prefix + "/"):
            return prefix + str(self.home / url.removeprefix(prefix))
        return url

    def hub_url(self) -> str:
        """Return the hub's address on this machine."""
        return f"http://127.0.0.1:{self.hub.port}"


SECTIONS: dict[str, type[Any]] = {
    "zone": ZoneSettings,
    "hub": HubSettings,
    "database": DatabaseSettings,
    "workspace": WorkspaceSettings,
    "gate": GateSettings,
    "egress": EgressSettings,
}


def load_settings(home: Path) -> Settings:
    """Read `ansim.yaml` of a zone.

    Raises: SettingsError — for a missing file, unknown key, wrong type, or an address that is open to others.
    """
    home = home.resolve()
    path = home / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.", hint="Run `make up` first.") from error
    return parse_settings(text, home=home)


def parse_settings(text: str, *, home: Path) -> Settings:
    """Turn the text of a settings file into a frozen value.

    Raises: SettingsError — with the line of the key at fault.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise SettingsError(f"{FILE_NAME} is not YAML: {error}") from error
    sections: dict[str, Any] = {}
    for key, node in _pairs(root, "the file"):
        if key.value not in SECTIONS:
            raise SettingsError(f"{FILE_NAME} line {_line(key)}: unknown section {key.value!r}.")
        if key.value in sections:
            raise SettingsError(f"{FILE_NAME} line {_line(key)}: section {key.value!r} stands twice.")
        sections[key.value] = _section(key.value, SECTIONS[key.value], node)
    settings = Settings(home=home, **sections)
    refuse_open_address(settings.zone)
    return settings


def refuse_open_address(zone: ZoneSettings) -> None:
    """Refuse to listen beyond this machine without TLS.

    Raises: SettingsError — if the address is not loopback and the scheme is plain http.
    """
    try:
        loopback = ipaddress.ip_address(zone.bind).is_loopback
    except ValueError as error:
        raise SettingsError(f"zone.bind must be an IP address, not {zone.bind!r}.") from error
    if not loopback:
        raise SettingsError(
            f"zone.bind is {zone.bind}: the zone listens on loopback only, because it has no TLS of its own.",
            hint="Set zone.bind to 127.0.0.1 and put a TLS server in front of it on this machine.",
        )


def _section(name: str, kind: type[Any], node: yaml.Node) -> Any:
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for key, value in _pairs(node, name):
        if key.value not in {f.name for f in fields(kind)}:
            raise SettingsError(f"{FILE_NAME} line {_line(key)}: unknown key {name}.{key.value}.")
        if key.value in values:
            raise SettingsError(f"{FILE_NAME} line {_line(key)}: {name}.{key.value} stands twice.")
        values[key.value] = _typed(f"{name}.{key.value}", hints[key.value], value)
    return kind(**values)


def _typed(name: str, kind: Any, node: yaml.Node) -> Any:
    value = yaml.safe_load(yaml.serialize(node))
    choices = get_args(kind)
    right = value in choices if choices else type(value) is kind
    if not right:
        wanted = " or ".join(map(str, choices)) if choices else kind.__name__
        raise SettingsError(f"{FILE_NAME} line {_line(node)}: {name} must be {wanted}.")
    if kind is int and value <= 0:
        raise SettingsError(f"{FILE_NAME} line {_line(node)}: {name} must be positive.")
    return value


def _pairs(node: yaml.Node | None, where: str) -> list[tuple[Any, yaml.Node]]:
    if node is None:
        return []
    if not isinstance(node, yaml.MappingNode):
        raise SettingsError(f"{FILE_NAME} line {_line(node)}: {where} must hold `key: value` lines.")
    return list(node.value)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def settings_text(zone: ZoneSettings, hub: HubSettings) -> str:
    """Return the first settings file of a zone: every key with its value, so that nothing is hidden."""
    given = {"zone": zone, "hub": hub}
    document = {
        name: {f.name: getattr(given.get(name, kind()), f.name) for f in fields(kind)}
        for name, kind in SECTIONS.items()
    }
    header = "# Settings of this zone; docs/reference/settings.md lists every key. An unknown key is an error.\n"
    return header + yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
