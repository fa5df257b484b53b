"""Settings of one zone: parsed once from `ansim.yaml`, frozen, unknown keys refused with their line."""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import yaml

from audit.outward.target import Target
from audit.text import Text
from audit.yaml_file import Node, read_yaml
from hub_config.errors import EnvironmentMissing, SettingsError
from hub_config.identity.directory_settings import DirectorySettings
from hub_config.identity.settings import OidcSettings
from hub_config.machine_settings import MachineSettings
from hub_config.mail_settings import MailSettings
from hub_config.runtimes import RUNC, RUNTIMES
from hub_config.settings_rules import (
    refuse_open_address,
    refuse_unknown_time_zone,
    refuse_unsafe_roots,
    refuse_unusable_front_ends,
    refuse_unusable_helper,
    refuse_unusable_targets,
)
from hub_config.workspace_settings import WorkspaceSettings
from registry.access_policy import AccessPolicy, chosen, problem_of

FILE_NAME = "ansim.yaml"
OriginName = Literal["zone", "work", "preview"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSettings:
    """Who this zone is and where people reach it.

    `time_zone` is a name of the IANA list, such as Europe/London: by its clocks the portal shows times and reads days.
    """

    name: str = "Ansim data safe zone"
    domain: str = "ansim.localhost"
    bind: str = "127.0.0.1"
    port: int = 8600
    scheme: Literal["http", "https"] = "http"
    time_zone: str = "Asia/Seoul"
    demo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """JupyterHub, reached by the gate and the portal only."""

    port: int = 8601


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """Where the record lives; a relative SQLite path is below ANSIM_HOME.

    `owner_url` is the same PostgreSQL database under the role that owns its tables: root migrates with it, and the
    processes, under `url`, can then append to the audit log and change nothing in it.
    """

    url: str = "sqlite:///ansim.db"
    owner_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """Limits of the one door, sizes in bytes, and who stands in front of it.

    `front_ends` are the addresses of TLS servers: only theirs is believed what they say about the browser's address,
    and people reach the zone at the port of the scheme instead of `zone.port`.

    `workspace_origins` gives every workspace a browser origin of its `own`, a host below `zone.domain`, so the
    certificate and the name service must know `*.<domain>`; `one` serves all of them on `work.<domain>`.
    """

    user: str = "ansim-gate"
    front_ends: tuple[str, ...] = ()
    workspace_origins: Literal["own", "one"] = "own"
    session_bytes: int = 2_000_000_000
    message_bytes: int = 64_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSettings:
    """How people reach their workspaces, by project: a list of policies, each under a name of its own."""

    policies: tuple[AccessPolicy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressSettings:
    """Which output-checking policy is in force, and whether an author's first release takes a senior checker.

    `policy` is a shipped policy by name, a file ending in .yaml, relative to ANSIM_HOME, or several joined by `+`. In
    a demo zone a first release is only said to be one. `incoming_bytes` is how large a file may be that somebody
    brings in; the size that a policy sets for a file is a finding there, which takes a senior checker.
    """

    policy: str = "kr-default"
    first_release: Literal["senior", "note"] = "senior"
    incoming_bytes: int = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSettings:
    """Where data may lie that workspaces see; a relative directory is below ANSIM_HOME.

    With `treated_outside` the zone also takes data that was de-identified before it came, without an adequacy review
    of its own: each registration then gives the reason, which is recorded.
    """

    roots: tuple[str, ...] = ("datasets",)
    treated_outside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutwardSettings:
    """The systems that the record is sent to, such as a SIEM; each under a name of its own."""

    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """How long the record is kept: a shipped policy by name, or a file ending in .yaml, relative to ANSIM_HOME."""

    policy: str = "kr-default"


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessSettings:
    """Who confirms that the log only grows: a C2SP trust policy with the keys and addresses, relative to ANSIM_HOME."""

    policy: str = ""
    alert_minutes: int = 60  # a witness that fails for longer is recorded, which alerts


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampSettings:
    """An RFC 3161 time-stamping authority, and the certificates (PEM, relative to ANSIM_HOME) it is checked with."""

    url: str = ""
    certificates: str = "tsa.pem"
    alert_minutes: int = 720


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceSettings:
    """How much room on the disk of the zone is little, and how much is too little to begin anything; in MiB."""

    low_mib: int = 1024
    low_percent: int = 5
    exhausted_mib: int = 256
    reserve_mib: int = 64  # kept by a file, so that the refusals themselves can be recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings:
    """Whether, and at which port of 127.0.0.1, Prometheus reads the zone's gauges."""

    on: bool = False
    port: int = 9464


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSettings:
    """Where backups go, and who may open the keys that belong to them; relative directories are below ANSIM_HOME.

    `repository` is one of restic: a directory, `sftp:…`, `s3:…`. `keys_directory` is where the closed keys are put, to
    be taken elsewhere; `recipients` are public keys of age, whose private halves never come to this machine. `homes`
    takes the images of encrypted homes too, as ciphertext; their keys are among the closed keys in any case.
    """

    repository: str = ""
    recipients: tuple[str, ...] = ()
    keys_directory: str = ""
    datasets: bool = False
    homes: bool = False
    every_hours: int = 24
    keep_days: int = 35


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSettings:
    """How often the zone attacks its own walls, and what a broken one does beside the alert.

    With `stop_starts` no workspace is started until a probe finds every wall standing again. With `freeze` every
    project is frozen too: connections cut, workspaces ended, requests held, until somebody lifts it. `advisories` says
    where it learns what is known against the packages of the images: from files in `ANSIM_HOME/advisories`, from the
    network, or nowhere.
    """

    every_hours: int = 24
    on_broken: Literal["report", "stop_starts", "freeze"] = "report"
    advisories: Literal["none", "file", "network"] = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a process of the zone may be told; made by `load_settings` only."""

    home: Path
    zone: ZoneSettings = field(default_factory=ZoneSettings)
    hub: HubSettings = field(default_factory=HubSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    workspace: WorkspaceSettings = field(default_factory=WorkspaceSettings)
    gate: GateSettings = field(default_factory=GateSettings)
    access: AccessSettings = field(default_factory=AccessSettings)
    egress: EgressSettings = field(default_factory=EgressSettings)
    datasets: DatasetSettings = field(default_factory=DatasetSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    space: SpaceSettings = field(default_factory=SpaceSettings)
    outward: OutwardSettings = field(default_factory=OutwardSettings)
    witness: WitnessSettings = field(default_factory=WitnessSettings)
    timestamp: TimestampSettings = field(default_factory=TimestampSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    probe: ProbeSettings = field(default_factory=ProbeSettings)
    backup: BackupSettings = field(default_factory=BackupSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    oidc: OidcSettings = field(default_factory=OidcSettings)
    directory: DirectorySettings = field(default_factory=DirectorySettings)
    machine: MachineSettings = field(default_factory=MachineSettings)

    def retention_policy(self) -> str:
        """Return the name of the retention policy, a file relative to the home made absolute."""
        given = self.retention.policy
        return str(self.home / given) if given.endswith((".yaml", ".yml")) else given

    def egress_policy(self) -> str:
        """Return the name of the egress policy; of several joined by `+`, each file is made absolute."""
        parts = self.egress.policy.split("+")
        return "+".join(str(self.home / one) if one.endswith((".yaml", ".yml")) else one for one in parts)

    def access_of(self, project: str) -> AccessPolicy:
        """Return how the people of a project reach their workspaces."""
        return chosen(self.access.policies, project)

    def own_kernel(self, project: str) -> bool:
        """Say whether the workspaces of a project have a kernel of their own, gVisor's."""
        return project in self.workspace.gvisor_projects

    def runtimes(self) -> tuple[str, ...]:
        """Return the runtimes under which workspaces start, the engine's own first: each has walls to be probed."""
        return RUNTIMES if self.workspace.gvisor_projects else (RUNC,)

    def dataset_roots(self) -> tuple[Path, ...]:
        """Return the directories below which datasets lie, made absolute."""
        return tuple(self.home / root for root in self.datasets.roots)

    def host(self, name: OriginName) -> str:
        """Return the Host header of one of the three origins, with the port where it is not the default."""
        default = {"http": 80, "https": 443}[self.zone.scheme]
        port = "" if self.gate.front_ends or self.zone.port == default else f":{self.zone.port}"
        return f"{name}.{self.zone.domain}{port}"

    def origin(self, name: OriginName) -> str:
        """Return one of the three browser origins; scripts of one may not read another."""
        return f"{self.zone.scheme}://{self.host(name)}"

    def database_url(self) -> str:
        """Return the database URL with a relative SQLite path made absolute."""
        prefix, url = "sqlite:///", self.database.url
        if url.startswith(prefix) and not url.startswith(prefix + "/"):
            return prefix + str(self.home / url.removeprefix(prefix))
        return url

    def has_database(self) -> bool:
        """Return whether there may be a database: a file that exists, or a server; opening SQLite would make a file."""
        prefix, url = "sqlite:///", self.database_url()
        return not url.startswith(prefix) or Path(url.removeprefix(prefix)).exists()

    def hub_url(self) -> str:
        """Return the hub's address on this machine."""
        return f"http://127.0.0.1:{self.hub.port}"


SECTIONS: dict[str, type[Any]] = {
    "zone": ZoneSettings,
    "hub": HubSettings,
    "database": DatabaseSettings,
    "workspace": WorkspaceSettings,
    "gate": GateSettings,
    "access": AccessSettings,
    "egress": EgressSettings,
    "datasets": DatasetSettings,
    "retention": RetentionSettings,
    "space": SpaceSettings,
    "outward": OutwardSettings,
    "witness": WitnessSettings,
    "timestamp": TimestampSettings,
    "mail": MailSettings,
    "probe": ProbeSettings,
    "backup": BackupSettings,
    "metrics": MetricsSettings,
    "oidc": OidcSettings,
    "directory": DirectorySettings,
    "machine": MachineSettings,
}


def load_settings(home: Path) -> Settings:
    """Read `ansim.yaml` of a zone.

    Raises: EnvironmentMissing — for a file that is not there. SettingsError — for an unknown key, wrong type, or an
    address that is open to others.
    """
    home = home.resolve()
    path = home / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = Text("읽을 수 없는 파일: {path} ({why}).", "{path} cannot be read: {why}.")
        raise EnvironmentMissing(
            reason.format(path=path, why=error.strerror),
            hint=Text("먼저 `make up`을 실행하십시오.", "Run `make up` first."),
        ) from error
    return parse_settings(text, home=home)


def parse_settings(text: str, *, home: Path) -> Settings:
    """Turn the text of a settings file into a frozen value.

    Raises: SettingsError — with the line of the key at fault.
    """
    sections: dict[str, Any] = {}
    if text.strip():  # an empty file leaves everything as it is
        given = read_yaml(text, FILE_NAME, _refused).fields((), tuple(SECTIONS))
        sections = {name: _section(SECTIONS[name], node) for name, node in given.items()}
    settings = Settings(home=home, **sections)
    refuse_open_address(settings.zone)
    refuse_unknown_time_zone(settings.zone.time_zone)
    refuse_unusable_front_ends(settings)
    refuse_unsafe_roots(settings)
    refuse_unusable_helper("engine_helper", settings.machine.engine_helper)
    refuse_unusable_helper("home_helper", settings.machine.home_helper)
    refuse_unusable_targets(settings.outward.targets)
    for problem, page in (
        (problem_of(settings.access.policies), "choose-an-access-policy"),
        (settings.mail.problem(), "send-email"),
        (settings.oidc.problem() or settings.directory.problem(), "sign-in-with-your-organisation"),
    ):
        if problem is not None:
            hint = Text("docs/how-to/{page}.ko.md를 보십시오.", "See docs/how-to/{page}.md.")
            raise SettingsError(_sentence(problem), hint=hint.format(page=page))
    return settings


def _refused(reason: Text) -> SettingsError:
    return SettingsError(_sentence(reason))


def _sentence(reason: Text) -> Text:
    return Text(f"{reason.ko}.", f"{reason.en}.")


def _section(kind: type[Any], node: Node) -> Any:
    hints = get_type_hints(kind)
    given = node.fields((), tuple(f.name for f in fields(kind)))
    return kind(**{key: _typed(hints[key], value) for key, value in given.items()})


def _typed(kind: Any, node: Node) -> Any:
    """Return a value of the type that a field has."""
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        return tuple(_text(one) if item is str else _section(item, one) for one in node.elements())
    if choices := get_args(kind):
        return node.one_of(choices)
    match kind:
        case builtins.int:
            return node.whole(lowest=1)
        case builtins.bool:
            return node.truth()
        case _:
            return _text(node)


def _text(node: Node) -> str:
    """Return a text, which may be empty: an empty path is one that is not set."""
    value = node.scalar()
    if not isinstance(value, str):
        node.words()  # refuses in words what is no text
    return str(value)


def settings_text(zone: ZoneSettings, hub: HubSettings) -> str:
    """Return the first settings file of a zone: every key with its value, so that nothing is hidden."""
    given = {"zone": zone, "hub": hub}
    document = {
        name: {f.name: getattr(given.get(name, kind()), f.name) for f in fields(kind)}
        for name, kind in SECTIONS.items()
    }
    header = "# Settings of this zone; docs/reference/settings.md lists every key. An unknown key is an error.\n"
    return header + yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
