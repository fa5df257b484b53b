"""The registry's tables. Names and addresses of people live here and nowhere else in clear."""

from __future__ import annotations

from sqlalchemy import BigInteger as Big
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from audit.db import UtcDateTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

REF = String(64)
SLUG = String(30)
HASH = String(64)

person = Table(
    "registry_person",
    metadata,
    Column("ref", REF, primary_key=True),
    Column("handle", SLUG, nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("email", String(254), nullable=False),
    Column("language", String(2), nullable=False),
    Column("status", String(16), nullable=False),
    Column("notice_version", String(32)),
    Column("password_hash", String(255)),
    Column("totp_secret", LargeBinary),
    Column("totp_last_step", Big),
    Column("sessions_from", UtcDateTime),
    Column("organisation", String(200), nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint("status in ('invited', 'active', 'suspended', 'closed')", name="status"),
)

person_role = Table(
    "registry_person_role",
    metadata,
    Column("person_ref", REF, ForeignKey("registry_person.ref"), primary_key=True),
    Column("role", String(32), primary_key=True),
)

link = Table(
    "registry_link",
    metadata,
    Column("token_sha256", HASH, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("person_ref", REF, ForeignKey("registry_person.ref"), nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    CheckConstraint("kind in ('invitation', 'second_factor', 'password')", name="kind"),
)

reset_request = Table(
    "registry_reset_request",
    metadata,
    Column("person_ref", REF, ForeignKey("registry_person.ref"), primary_key=True),
    Column("requested_by", REF, nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
)

password_request = Table(
    "registry_password_request",
    metadata,
    Column("person_ref", REF, ForeignKey("registry_person.ref"), primary_key=True),
    Column("requested_by", REF, nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
)

identity = Table(
    "registry_identity",
    metadata,
    Column("authority", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("person_ref", REF, ForeignKey("registry_person.ref"), nullable=False, index=True),
    Column("asked_by", REF, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("given_at", UtcDateTime),
)

emergency = Table(
    "registry_emergency",
    metadata,
    Column("person_ref", REF, ForeignKey("registry_person.ref"), primary_key=True),
    Column("sealed_at", UtcDateTime, nullable=False),
    Column("opened_at", UtcDateTime),
)

service_account = Table(
    "registry_service_account",
    metadata,
    Column("ref", REF, primary_key=True),
    Column("name", SLUG, nullable=False, unique=True),
    Column("purpose", String(200), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("owner_ref", REF, ForeignKey("registry_person.ref"), nullable=False),
    Column("project", SLUG, ForeignKey("registry_project.id")),
    Column("addresses", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("asked_by", REF, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Column("token_sha256", HASH, unique=True),
    Column("token_at", UtcDateTime),
    Column("used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)

service_request = Table(
    "registry_service_request",
    metadata,
    Column("account", REF, ForeignKey("registry_service_account.ref"), primary_key=True),
    # A request of egress review, which this package does not know.
    Column("request", REF, primary_key=True),
)

erasure_request = Table(
    "registry_erasure_request",
    metadata,
    Column("person_ref", REF, ForeignKey("registry_person.ref"), primary_key=True),
    Column("requested_by", REF, nullable=False),
    Column("reason", String(64), nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
)

attempts = Table(
    "registry_attempts",
    metadata,
    Column("key", HASH, primary_key=True),
    Column("failures", Text, nullable=False),
    Column("announced_at", UtcDateTime),
    Column("changed_at", UtcDateTime, nullable=False, index=True),
)

message = Table(
    "registry_message",
    metadata,
    Column("ref", REF, primary_key=True),
    Column("person_ref", REF, ForeignKey("registry_person.ref"), nullable=False, index=True),
    Column("code", String(64), nullable=False),
    Column("ko", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("read_at", UtcDateTime),
)

project = Table(
    "registry_project",
    metadata,
    Column("id", SLUG, primary_key=True),
    Column("title_ko", String(200), nullable=False),
    Column("title_en", String(200), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("status", String(16), nullable=False),
    Column("memory_bytes", Big, nullable=False),
    Column("cpus", Float, nullable=False),
    Column("pids", Integer, nullable=False),
    CheckConstraint("status in ('active', 'closed')", name="status"),
)

freeze = Table(
    "registry_freeze",
    metadata,
    Column("project", SLUG, ForeignKey("registry_project.id"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by_ref", REF, nullable=False),
    Column("why", Text, nullable=False),
)

maintenance = Table(
    "registry_maintenance",
    metadata,
    # One row or none.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("note", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("by_ref", REF, nullable=False),
    CheckConstraint("id = 1", name="one"),
)

membership = Table(
    "registry_membership",
    metadata,
    Column("ref", REF, primary_key=True),
    Column("project", SLUG, ForeignKey("registry_project.id"), nullable=False, index=True),
    Column("person_ref", REF, ForeignKey("registry_person.ref"), nullable=False, index=True),
    Column("role", String(32), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)

dataset = Table(
    "registry_dataset",
    metadata,
    Column("id", SLUG, primary_key=True),
    Column("title_ko", String(200), nullable=False),
    Column("title_en", String(200), nullable=False),
    Column("owner_org", String(200), nullable=False),
    Column("people", Big, nullable=False),
    Column("sensitive", Boolean, nullable=False),
    Column("demo", Boolean, nullable=False),
    CheckConstraint("people >= 0", name="people"),
)

dataset_version = Table(
    "registry_dataset_version",
    metadata,
    Column("dataset", SLUG, ForeignKey("registry_dataset.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("path", Text, nullable=False),
    Column("manifest_sha256", HASH, nullable=False),
    Column("registered_at", UtcDateTime, nullable=False),
    CheckConstraint("number >= 1", name="number"),
)

dataset_file = Table(
    "registry_dataset_file",
    metadata,
    Column("dataset", SLUG, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("path", String(1024), primary_key=True),
    Column("size", Big, nullable=False),
    Column("sha256", HASH, nullable=False),
    # How the file looked from outside when its bytes were last hashed: a mount skips what did not move.
    Column("stamp", String(128), nullable=False),
    ForeignKeyConstraint(
        ["dataset", "number"], ["registry_dataset_version.dataset", "registry_dataset_version.number"]
    ),
)

access_grant = Table(
    "registry_grant",
    metadata,
    Column("ref", REF, primary_key=True),
    Column("dataset", SLUG, nullable=False),
    Column("version", Integer, nullable=False),
    Column("project", SLUG, ForeignKey("registry_project.id"), nullable=False, index=True),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("approved_by", REF, ForeignKey("registry_person.ref"), nullable=False),
    Column("revoked_at", UtcDateTime),
    ForeignKeyConstraint(
        ["dataset", "version"], ["registry_dataset_version.dataset", "registry_dataset_version.number"]
    ),
)

workspace = Table(
    "registry_workspace",
    metadata,
    Column("ref", REF, primary_key=True),
    Column("person_ref", REF, ForeignKey("registry_person.ref"), nullable=False),
    Column("project", SLUG, ForeignKey("registry_project.id"), nullable=False),
    Column("uid", Integer, nullable=False, unique=True),
    UniqueConstraint("person_ref", "project"),
)

warning = Table(
    "registry_warning",
    metadata,
    Column("workspace", REF, ForeignKey("registry_workspace.ref"), primary_key=True),
    Column("ends_at", UtcDateTime, primary_key=True),
    Column("lead", String(8), primary_key=True),
)

package_request = Table(
    "registry_package_request",
    metadata,
    Column("ref", REF, primary_key=True),
    Column("project", SLUG, ForeignKey("registry_project.id"), nullable=False, index=True),
    Column("package", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("why", Text, nullable=False),
    Column("note", Text),
    # Nobody where an operator allowed it without being asked.
    Column("asked_by", REF),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("decided_by", REF),
    Column("decided_at", UtcDateTime),
    CheckConstraint("state in ('asked', 'approved', 'refused', 'revoked')", name="state"),
)
