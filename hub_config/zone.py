"""A zone, put together: settings, database, log, registry and egress desk of one ANSIM_HOME."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from audit.cells import CellStore
from audit.db import Database
from audit.log import AuditLog, LogKeys
from audit.note import parse_vkey
from egress_review.policy import Policy, load_policy
from egress_review.scanner import ContainerScanner
from egress_review.service import EgressDesk
from egress_review.vault import Vault
from hub_config.keys import ZoneKeys, load_or_create_keys
from hub_config.settings import Settings, load_settings
from images.manifest import image_manifest
from registry.notice import NOTICE_VERSION
from registry.service import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """What every process of a zone shares; `component` names the process in the audit log."""

    settings: Settings
    db: Database
    log: AuditLog
    cells: CellStore
    keys: ZoneKeys
    registry: Registry
    policy: Policy
    desk: EgressDesk
    component: str

    @property
    def zone_id(self) -> str:
        """The name of this zone on container labels: 12 hexadecimal digits, stable as long as its keys."""
        public = self.keys.release_key.public_key().public_bytes_raw()
        return hashlib.sha256(public).hexdigest()[:12]

    @property
    def home(self) -> Path:
        """The directory that holds everything mutable of this zone."""
        return self.settings.home


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


def open_zone(home: Path, component: str) -> Zone:
    """Open the zone kept in `home`.

    Raises: SettingsError — if its settings cannot be used.
    """
    settings = load_settings(home)
    keys = load_or_create_keys(settings.home / "keys")
    log_keys = LogKeys.load_or_create(settings.home / "keys")
    db = Database.open(settings.database_url())
    log = AuditLog(db, log_keys, component=component, origin=log_origin(settings), log_dir=settings.home / "log")
    registry = Registry(
        db, log, secrets_key=keys.registry_secret, demo=settings.zone.demo, notice_version=NOTICE_VERSION
    )
    policy = load_policy(settings.egress.policy)
    desk = EgressDesk(
        db,
        log,
        registry,
        vault=Vault(settings.home / "vault"),
        releases_dir=settings.home / "releases",
        workspaces_dir=settings.home / "workspaces",
        policy=policy,
        scanner=ContainerScanner(scanner_image(settings.home)),
        release_key=keys.release_key,
    )
    return Zone(
        settings=settings,
        db=db,
        log=log,
        cells=CellStore(settings.home / "cells", log_keys.cells),
        keys=keys,
        registry=registry,
        policy=policy,
        desk=desk,
        component=component,
    )
