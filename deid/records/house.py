"""What the records of extracts need of the registry; who joins the two packages provides it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from audit.event import Actor, Source
from deid.records.model import Extract, Run
from deid.records.rules import Standing


@dataclass(frozen=True, slots=True)
class Usage:
    """One grant of an extract to a project: the use history of the record."""

    project: str
    starts_at: datetime
    ends_at: datetime
    approved_by: str
    revoked_at: datetime | None

    def in_force(self, at: datetime) -> bool:
        """Return whether the project may use it at that time."""
        return self.revoked_at is None and self.starts_at <= at < self.ends_at


class House(Protocol):
    """People, projects and datasets."""

    def standing(self, tx: Connection, ref: str, *, project: str, dataset: str) -> Standing:
        """Return what is known of somebody, holding off a change of the project's members until the end of `tx`."""

    def refuse_unknown_project(self, project: str) -> None:
        """Raise what the registry raises if there is no such project."""

    def manifest(self, directory: Path) -> tuple[str, int]:
        """Return the digest of the manifest of the files below a directory, and how many there are."""

    def register(self, extract: Extract, run: Run, *, by: Actor, source: Source) -> int:
        """Register the files of a run as a version of its dataset, which asks `intake.admit`; return its number."""

    def usages(self, dataset: str, version: int) -> tuple[Usage, ...]:
        """Return every grant of a version, past and present."""
