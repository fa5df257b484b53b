"""The values of the registry: people, projects, datasets, grants, workspaces, permits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from registry.text import Language, Text


class Role(StrEnum):
    """What a person may do. Which roles are held by the person and which in a project: `registry.roles`."""

    RESEARCHER = "researcher"
    PROJECT_LEAD = "project_lead"
    CHECKER = "checker"
    SENIOR_CHECKER = "senior_checker"
    DATA_CONTROLLER = "data_controller"
    DEID_OPERATOR = "deid_operator"
    ADEQUACY_REVIEWER = "adequacy_reviewer"
    COMPLIANCE_OFFICER = "compliance_officer"
    OPERATOR = "operator"


class PersonStatus(StrEnum):
    """Where a person's account is in its life."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class ProjectStatus(StrEnum):
    """Whether a project is open; its period is a separate condition."""

    ACTIVE = "active"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account. Audit entries name `ref` only; handle, name and e-mail stay here."""

    ref: str
    handle: str
    name: str
    email: str
    language: Language
    status: PersonStatus
    roles: frozenset[Role]
    notice_version: str | None
    """Version of the notice that the person accepted last; None before the first time."""
    sessions_from: datetime | None = None
    """Sessions that were opened before this moment have ended; None if none was ever ended so."""
    organisation: str = ""
    """Where the person works, as an operator entered it; empty where nobody did."""

    def has(self, *roles: Role) -> bool:
        """Whether the person is active and holds one of `roles`."""
        return self.status is PersonStatus.ACTIVE and not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one workspace of a project may use."""

    memory_bytes: int = 2 * 1024**3
    cpus: float = 1.0
    pids: int = 512


#: Between these a project's limits may lie; the helper of the engine starts what lies between them, and nothing more.
LEAST = Limits(memory_bytes=256 * 1024**2, cpus=0.1, pids=64)
MOST = Limits(memory_bytes=1024**4, cpus=256.0, pids=65_536)


@dataclass(frozen=True, slots=True)
class Project:
    """One approved piece of research with its period [starts_at, ends_at)."""

    id: str
    title_ko: str
    title_en: str
    purpose: str
    starts_at: datetime
    ends_at: datetime
    status: ProjectStatus
    limits: Limits

    @property
    def title(self) -> Text:
        """The title in both languages."""
        return Text(ko=self.title_ko, en=self.title_en)


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's part in a project for [starts_at, ends_at); kept afterwards, for conflicts of interest."""

    ref: str
    project: str
    person_ref: str
    role: Role
    starts_at: datetime
    ends_at: datetime
    revoked_at: datetime | None

    def in_force(self, at: datetime) -> bool:
        """Whether the membership holds at that time."""
        return self.revoked_at is None and self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class Dataset:
    """Data that the zone holds for an owner. `people` is the number of data subjects in it."""

    id: str
    title_ko: str
    title_en: str
    owner_org: str
    people: int
    sensitive: bool
    demo: bool

    @property
    def title(self) -> Text:
        """The title in both languages."""
        return Text(ko=self.title_ko, en=self.title_en)


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file of a dataset version: its path below the version's directory, size in bytes, SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """One immutable state of a dataset on disk, named by the hash of its manifest."""

    dataset: str
    number: int
    path: Path
    manifest_sha256: str
    files: tuple[ManifestFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class DatasetCheck:
    """What differs between a version's manifest and the disk. Not readable counts as changed."""

    dataset: str
    version: int
    manifest_sha256: str
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the disk is exactly what was registered."""
        return not (self.missing or self.changed or self.added)


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave for a project to use one dataset version during [starts_at, ends_at)."""

    ref: str
    dataset: str
    version: int
    project: str
    starts_at: datetime
    ends_at: datetime
    approved_by: str
    """Reference of the person who approved it."""
    revoked_at: datetime | None

    def in_force(self, at: datetime) -> bool:
        """Whether the grant holds at that time."""
        return self.revoked_at is None and self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class Workspace:
    """The place of one person in one project; `uid` is the numeric user that owns its files."""

    ref: str
    person_ref: str
    project: str
    uid: int


@dataclass(frozen=True, slots=True)
class Mount:
    """One dataset version as a workspace sees it, read-only, at `/data/<dataset>`."""

    dataset: str
    version: int
    path: Path
    manifest_sha256: str
    people: int


@dataclass(frozen=True, slots=True)
class WorkPermit:
    """The registry's yes: who works where, on what, within which limits, until when at the latest."""

    workspace: Workspace
    project: Project
    mounts: tuple[Mount, ...]
    limits: Limits
    ends_at: datetime
    """Earliest end that is known now of the project, the membership and the grants."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something the zone tells a person on their next visit."""

    ref: str
    person_ref: str
    code: str
    content: Text
    at: datetime
    read_at: datetime | None
