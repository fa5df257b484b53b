"""What the portal needs of a zone; the composition root passes the real one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from audit.cells import CellStore
    from audit.db import Database
    from audit.log import AuditLog
    from audit.retention.policy import RetentionPolicy
    from egress_review.service import EgressDesk
    from registry.access_policy import AccessPolicy
    from registry.service import Registry


class ZoneSettingsLike(Protocol):
    """Who the zone is."""

    @property
    def name(self) -> str: ...
    @property
    def demo(self) -> bool: ...
    @property
    def scheme(self) -> Literal["http", "https"]: ...
    @property
    def time_zone(self) -> str: ...


class SettingsLike(Protocol):
    """Where the zone is reached."""

    @property
    def home(self) -> Path: ...
    @property
    def zone(self) -> ZoneSettingsLike: ...
    def host(self, name: Literal["zone", "work", "preview"], /) -> str: ...
    def origin(self, name: Literal["zone", "work", "preview"], /) -> str: ...
    def hub_url(self) -> str: ...
    def access_of(self, project: str, /) -> AccessPolicy: ...
    def own_kernel(self, project: str, /) -> bool: ...


class KeysLike(Protocol):
    """The secrets that the portal may use."""

    @property
    def preview_secret(self) -> bytes: ...
    def hub_token(self, service: Literal["portal"], /) -> str: ...


class ZoneLike(Protocol):
    """One zone: its settings, its stores and its use cases."""

    @property
    def settings(self) -> SettingsLike: ...
    @property
    def db(self) -> Database: ...
    @property
    def log(self) -> AuditLog: ...
    @property
    def cells(self) -> CellStore: ...
    @property
    def registry(self) -> Registry: ...
    @property
    def retention(self) -> RetentionPolicy: ...
    @property
    def desk(self) -> EgressDesk: ...
    @property
    def keys(self) -> KeysLike: ...
