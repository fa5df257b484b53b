"""A zone, put together: settings, database, log, registry and egress desk of one ANSIM_HOME."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from audit.cells import CellStore
from audit.clock.sources import TimeSource, of_this_machine
from audit.db import Database
from audit.log import AuditLog, LogKeys
from audit.note import parse_vkey
from audit.retention.policy import RetentionPolicy
from audit.review.errors import ReviewPolicyUnusable
from audit.review.policy import load_review_policy
from audit.review.working_hours import WorkingHours
from audit.space import Space
from audit.timestamps.stamping import TimestampRounds
from audit.witness.asking import WitnessRounds
from deid.records.service import ExtractDesk
from egress_review.antivirus import WithAntivirus
from egress_review.deadlines import KOREAN_HOURS
from egress_review.policy import Policy, load_policy, with_recognisers
from egress_review.release_keys import publish
from egress_review.scanner import ContainerScanner
from egress_review.service import EgressDesk
from egress_review.vault import Vault
from hub_config import attesting, key_replacing
from hub_config.fingerprinting import watch_of
from hub_config.homes import ZoneHomes
from hub_config.key_replacing import Facts
from hub_config.keys import ZoneKeys, load_or_create_keys
from hub_config.probe.standing import report_path
from hub_config.room import log_space
from hub_config.settings import Settings, load_settings
from images.manifest import image_manifest
from portal.extract_desk import ExtractReviews, desk_of
from portal.package_desk import packages_of
from registry.directory import Directory
from registry.notice import NOTICE_VERSION
from registry.packages.desk import PackageDesk
from registry.service import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """What every process of a zone shares; `component` names the process in the audit log."""

    settings: Settings
    db: Database
    log: AuditLog
    space: Space
    time_source: TimeSource
    cells: CellStore
    keys: ZoneKeys
    registry: Registry
    policy: Policy
    retention: RetentionPolicy
    desk: EgressDesk
    component: str
    owner: Database | None = None
    """The database as the owner of its tables, where root connected so (`hub_config.systemd.owning`)."""

    @property
    def zone_id(self) -> str:
        """The name of this zone on container labels: 12 hexadecimal digits, whatever keys are replaced."""
        return self.keys.zone_id

    @property
    def witness_policy_text(self) -> str:
        """The policy that says which witnesses a checkpoint needs, as it stands in its file."""
        return attesting.witness_policy_text(self.settings)

    @property
    def witnesses(self) -> WitnessRounds:
        """The duty that has checkpoints cosigned."""
        return attesting.witness_rounds(self.log, self.settings)

    @property
    def timestamps(self) -> TimestampRounds | None:
        """The duty that has checkpoints stamped, where an authority is set."""
        return attesting.timestamp_rounds(self.log, self.settings)

    @property
    def extracts(self) -> ExtractDesk:
        """The desk of extracts: how raw data becomes a version of a dataset."""
        return desk_of(self)

    @property
    def packages(self) -> PackageDesk:
        """The desk of packages: what projects may install, and requests for more."""
        return packages_of(self)

    @property
    def replacements(self) -> Mapping[str, Callable[[Path | None], Facts]]:
        """What replaces each key of the zone but those that sign the log."""
        return key_replacing.replacements(self)

    @property
    def home(self) -> Path:
        """The directory that holds everything mutable of this zone."""
        return self.settings.home

    def probe_report(self, runtime: str) -> Path:
        """Return where the last report of the probe about a runtime lies."""
        return report_path(self.home, runtime)


def log_origin(settings: Settings) -> str:
    """Return the name under which the log signs: fixed when the log began, whatever the domain is today."""
    try:
        return parse_vkey((settings.home / "keys" / "log.vkey").read_text(encoding="ascii").strip()).name
    except FileNotFoundError:
        return f"{settings.zone.domain}/audit"


def scanner_image(home: Path) -> str:
    """Return the scanner that this zone was built with; the tag `latest` may since name another."""
    info = image_manifest(home, "scanner")
    return "ansim/scanner:latest" if info is None else info.id


def calendar_of(home: Path) -> WorkingHours:
    """Return when people work here: the calendar of the monthly review, or the Korean one while that cannot be read."""
    try:
        return load_review_policy(home).hours
    except ReviewPolicyUnusable:
        return KOREAN_HOURS


def passwords_of(settings: Settings) -> Directory | None:
    """Return who checks passwords; the libraries for it are loaded where somebody else does."""
    if not settings.directory.on:
        return None
    from hub_config.identity.directory import directory_of

    return directory_of(settings.directory, settings.home)


def open_zone(home: Path, component: str, *, owner: Database | None = None) -> Zone:
    """Open the zone kept in `home`; `owner` is its database as another role.

    Raises: SettingsError — if its settings cannot be used.
    """
    settings = load_settings(home)
    keys = load_or_create_keys(settings.home / "keys")
    log_keys = LogKeys.load_or_create(settings.home / "keys")
    db = Database.open(settings.database_url())
    # A disk that cannot be asked admits nothing, not even the first event; so the place is made before it.
    (settings.home / "log").mkdir(mode=0o700, parents=True, exist_ok=True)
    space = log_space(settings)
    time_source = of_this_machine()
    log = AuditLog(
        db,
        log_keys,
        component=component,
        origin=log_origin(settings),
        log_dir=settings.home / "log",
        space=space,
        witnesses=attesting.witness_policy(settings),
        time_source=time_source,
    )
    publish(settings.home / "keys", keys.release_key, log.origin)
    registry = _registry(settings, db, log, keys)
    policy = with_recognisers(load_policy(settings.egress_policy(), settings.home / "policies"), settings.home)
    return Zone(
        settings=settings,
        db=db,
        log=log,
        space=space,
        time_source=time_source,
        cells=CellStore(settings.home / "cells", log_keys.cells, log.cell_keys()),
        retention=RetentionPolicy.load(settings.retention_policy()),
        keys=keys,
        registry=registry,
        policy=policy,
        desk=_desk(settings, db, log, keys, registry, policy),
        component=component,
        owner=owner,
    )


def _registry(settings: Settings, db: Database, log: AuditLog, keys: ZoneKeys) -> Registry:
    return Registry(
        db,
        log,
        secrets_key=keys.registry_secret,
        demo=settings.zone.demo,
        notice_version=NOTICE_VERSION,
        dataset_roots=settings.dataset_roots(),
        treated_outside=settings.datasets.treated_outside,
        reviews=ExtractReviews(log),
        directory=passwords_of(settings),
        time_zone=ZoneInfo(settings.zone.time_zone),
    )


def _desk(
    settings: Settings, db: Database, log: AuditLog, keys: ZoneKeys, registry: Registry, policy: Policy
) -> EgressDesk:
    scanner = ContainerScanner(scanner_image(settings.home), labels={"ansim.zone": keys.zone_id})
    return EgressDesk(
        db,
        log,
        registry,
        vault=Vault(settings.home / "vault"),
        releases_dir=settings.home / "releases",
        workspaces_dir=settings.home / "workspaces",
        policy=policy,
        scanner=WithAntivirus(scanner),
        release_key=keys.release_key,
        policies_dir=settings.home / "policies",
        hours=calendar_of(settings.home),
        watch=watch_of(settings, keys),
        incoming_bytes=settings.egress.incoming_bytes,
        wake=ZoneHomes(settings).wake,
    )
