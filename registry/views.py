"""The registry's values as plain documents, as `ansim registry --json` prints them."""

from __future__ import annotations

from datetime import datetime

from audit.body import timestamp
from audit.canonical import JSON
from registry.model import (
    Dataset,
    DatasetCheck,
    DatasetVersion,
    Grant,
    Membership,
    Person,
    Project,
)

Document = dict[str, JSON]


def person(one: Person) -> Document:
    """A person, with everything the registry may show to an operator."""
    return {
        "handle": one.handle,
        "ref": one.ref,
        "name": one.name,
        "email": one.email,
        "language": one.language,
        "status": one.status.value,
        "roles": sorted(role.value for role in one.roles),
        "notice_version": one.notice_version,
        "organisation": one.organisation,
    }


def project(one: Project) -> Document:
    """A project with its period and the limits of its workspaces."""
    return {
        "id": one.id,
        "title_ko": one.title_ko,
        "title_en": one.title_en,
        "purpose": one.purpose,
        "status": one.status.value,
        "starts_at": timestamp(one.starts_at),
        "ends_at": timestamp(one.ends_at),
        "memory_bytes": one.limits.memory_bytes,
        "cpu_thousandths": round(one.limits.cpus * 1000),
        "pids": one.limits.pids,
    }


def membership(one: Membership, handle: str, now: datetime) -> Document:
    """A membership; `in_force` says whether it counts now."""
    return {
        "project": one.project,
        "handle": handle,
        "role": one.role.value,
        "starts_at": timestamp(one.starts_at),
        "ends_at": timestamp(one.ends_at),
        "revoked_at": None if one.revoked_at is None else timestamp(one.revoked_at),
        "in_force": one.in_force(now),
        "ref": one.ref,
    }


def dataset(one: Dataset, versions: int) -> Document:
    """A dataset and how many versions it has."""
    return {
        "id": one.id,
        "title_ko": one.title_ko,
        "title_en": one.title_en,
        "owner_org": one.owner_org,
        "people": one.people,
        "sensitive": one.sensitive,
        "demo": one.demo,
        "versions": versions,
    }


def version(one: DatasetVersion) -> Document:
    """One version of a dataset, named by the hash of its manifest."""
    return {
        "dataset": one.dataset,
        "version": one.number,
        "path": str(one.path),
        "manifest_sha256": one.manifest_sha256,
        "files": len(one.files),
        "bytes": one.size,
    }


def check(one: DatasetCheck) -> Document:
    """What a comparison of disk and manifest found."""
    return {
        "dataset": one.dataset,
        "version": one.version,
        "ok": one.ok,
        "manifest_sha256": one.manifest_sha256,
        "missing": list(one.missing),
        "changed": list(one.changed),
        "added": list(one.added),
    }


def grant(one: Grant, now: datetime) -> Document:
    """A grant; `in_force` says whether it counts now."""
    return {
        "ref": one.ref,
        "dataset": one.dataset,
        "version": one.version,
        "project": one.project,
        "starts_at": timestamp(one.starts_at),
        "ends_at": timestamp(one.ends_at),
        "approved_by": one.approved_by,
        "revoked_at": None if one.revoked_at is None else timestamp(one.revoked_at),
        "in_force": one.in_force(now),
    }
