"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import audit.db
from audit.guards import guard_statements as audit_guards
from egress_review.tables import guard_statements as egress_guards

revision = "0001"
down_revision = None

#: The tables of the record at this step.
APPEND_ONLY = ("audit_entry", "audit_link", "audit_tile", "audit_checkpoint", "audit_sidecar")
#: Those of egress review.
EGRESS = (
    *("egress_said", "egress_file", "egress_report", "egress_vote"),
    *("egress_message", "egress_release", "egress_receipt"),
)


def upgrade() -> None:
    """Make the change; there is no way back, since the record is append-only."""
    op.create_table(
        "audit_checkpoint",
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("tail", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("size"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("ts", sa.String(length=27), nullable=False),
        sa.Column("component", sa.String(length=32), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("actor_ref", sa.String(length=64), nullable=False),
        sa.Column("object_kind", sa.String(length=16), nullable=False),
        sa.Column("object_ref", sa.String(length=256), nullable=False),
        sa.Column("project", sa.String(length=30), nullable=True),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("idx"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_index(op.f("ix_audit_entry_action"), "audit_entry", ["action"], unique=False)
    op.create_index(op.f("ix_audit_entry_actor_ref"), "audit_entry", ["actor_ref"], unique=False)
    op.create_index(op.f("ix_audit_entry_object_ref"), "audit_entry", ["object_ref"], unique=False)
    op.create_index(op.f("ix_audit_entry_ts"), "audit_entry", ["ts"], unique=False)
    op.create_table(
        "audit_key",
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("shredded_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_index(
        "ix_audit_key_live",
        "audit_key",
        ["subject"],
        unique=True,
        sqlite_where=sa.text("wrapped IS NOT NULL"),
        postgresql_where=sa.text("wrapped IS NOT NULL"),
    )
    op.create_table(
        "audit_link",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.String(length=256), nullable=False),
        sa.Column("idx", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("kind", "ref", "idx"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_audit_link_idx", "audit_link", ["idx"], unique=False)
    op.create_table(
        "audit_sidecar",
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("commitment"),
    )
    op.create_table(
        "audit_tile",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "n"),
    )
    op.create_table(
        "registry_attempts",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Text(), nullable=False),
        sa.Column("announced_at", audit.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("changed_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_registry_attempts")),
    )
    op.create_index(op.f("ix_registry_attempts_changed_at"), "registry_attempts", ["changed_at"], unique=False)
    op.create_table(
        "registry_dataset",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("title_ko", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("owner_org", sa.String(length=200), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint("people >= 0", name=op.f("ck_registry_dataset_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_dataset")),
    )
    op.create_table(
        "registry_person",
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("handle", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("notice_version", sa.String(length=32), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.Column("created_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status in ('invited', 'active', 'suspended', 'closed')", name=op.f("ck_registry_person_status")
        ),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_registry_person")),
        sa.UniqueConstraint("handle", name=op.f("uq_registry_person_handle")),
    )
    op.create_table(
        "registry_project",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("title_ko", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("starts_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("cpus", sa.Float(), nullable=False),
        sa.Column("pids", sa.Integer(), nullable=False),
        sa.CheckConstraint("status in ('active', 'closed')", name=op.f("ck_registry_project_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_project")),
    )
    op.create_table(
        "registry_dataset_version",
        sa.Column("dataset", sa.String(length=30), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("registered_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_registry_dataset_version_number")),
        sa.ForeignKeyConstraint(["dataset"], ["registry_dataset.id"], name=op.f("fk_registry_dataset_version_dataset")),
        sa.PrimaryKeyConstraint("dataset", "number", name=op.f("pk_registry_dataset_version")),
    )
    op.create_table(
        "registry_link",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("expires_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", audit.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('invitation', 'second_factor')", name=op.f("ck_registry_link_kind")),
        sa.ForeignKeyConstraint(["person_ref"], ["registry_person.ref"], name=op.f("fk_registry_link_person_ref")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_registry_link")),
    )
    op.create_index(op.f("ix_registry_link_person_ref"), "registry_link", ["person_ref"], unique=False)
    op.create_table(
        "registry_membership",
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("project", sa.String(length=30), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("starts_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", audit.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_ref"], ["registry_person.ref"], name=op.f("fk_registry_membership_person_ref")
        ),
        sa.ForeignKeyConstraint(["project"], ["registry_project.id"], name=op.f("fk_registry_membership_project")),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_registry_membership")),
    )
    op.create_index(op.f("ix_registry_membership_person_ref"), "registry_membership", ["person_ref"], unique=False)
    op.create_index(op.f("ix_registry_membership_project"), "registry_membership", ["project"], unique=False)
    op.create_table(
        "registry_message",
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("ko", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("read_at", audit.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_ref"], ["registry_person.ref"], name=op.f("fk_registry_message_person_ref")),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_registry_message")),
    )
    op.create_index(op.f("ix_registry_message_person_ref"), "registry_message", ["person_ref"], unique=False)
    op.create_table(
        "registry_person_role",
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_ref"], ["registry_person.ref"], name=op.f("fk_registry_person_role_person_ref")
        ),
        sa.PrimaryKeyConstraint("person_ref", "role", name=op.f("pk_registry_person_role")),
    )
    op.create_table(
        "registry_reset_request",
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.String(length=64), nullable=False),
        sa.Column("requested_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_ref"], ["registry_person.ref"], name=op.f("fk_registry_reset_request_person_ref")
        ),
        sa.PrimaryKeyConstraint("person_ref", name=op.f("pk_registry_reset_request")),
    )
    op.create_table(
        "registry_workspace",
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("project", sa.String(length=30), nullable=False),
        sa.Column("uid", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_ref"], ["registry_person.ref"], name=op.f("fk_registry_workspace_person_ref")),
        sa.ForeignKeyConstraint(["project"], ["registry_project.id"], name=op.f("fk_registry_workspace_project")),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_registry_workspace")),
        sa.UniqueConstraint("person_ref", "project", name=op.f("uq_registry_workspace_person_ref_project")),
        sa.UniqueConstraint("uid", name=op.f("uq_registry_workspace_uid")),
    )
    op.create_table(
        "registry_dataset_file",
        sa.Column("dataset", sa.String(length=30), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=1024), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("stamp", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset", "number"],
            ["registry_dataset_version.dataset", "registry_dataset_version.number"],
            name=op.f("fk_registry_dataset_file_dataset_number"),
        ),
        sa.PrimaryKeyConstraint("dataset", "number", "path", name=op.f("pk_registry_dataset_file")),
    )
    op.create_table(
        "registry_grant",
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("project", sa.String(length=30), nullable=False),
        sa.Column("starts_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=False),
        sa.Column("revoked_at", audit.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["approved_by"], ["registry_person.ref"], name=op.f("fk_registry_grant_approved_by")),
        sa.ForeignKeyConstraint(
            ["dataset", "version"],
            ["registry_dataset_version.dataset", "registry_dataset_version.number"],
            name=op.f("fk_registry_grant_dataset_version"),
        ),
        sa.ForeignKeyConstraint(["project"], ["registry_project.id"], name=op.f("fk_registry_grant_project")),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_registry_grant")),
    )
    op.create_index(op.f("ix_registry_grant_project"), "registry_grant", ["project"], unique=False)
    op.create_table(
        "registry_warning",
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("ends_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lead", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["workspace"], ["registry_workspace.ref"], name=op.f("fk_registry_warning_workspace")),
        sa.PrimaryKeyConstraint("workspace", "ends_at", "lead", name=op.f("pk_registry_warning")),
    )
    op.create_table(
        "egress_request",
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("project", sa.String(length=30), nullable=False),
        sa.Column("author_ref", sa.String(length=32), nullable=False),
        sa.Column("workspace_ref", sa.String(length=32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("controls", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("policy_name", sa.String(length=64), nullable=False),
        sa.Column("policy_digest", sa.String(length=64), nullable=False),
        sa.Column("datasets", sa.Text(), nullable=False),
        sa.Column("created_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("released_at", audit.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("release_index", sa.Integer(), nullable=True),
        sa.Column("approved_index", sa.Integer(), nullable=True),
        sa.Column("packaged", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", audit.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.create_index(op.f("ix_egress_request_author_ref"), "egress_request", ["author_ref"], unique=False)
    op.create_index(op.f("ix_egress_request_project"), "egress_request", ["project"], unique=False)
    op.create_index(op.f("ix_egress_request_state"), "egress_request", ["state"], unique=False)
    op.create_table(
        "egress_file",
        sa.Column("request_ref", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_ref"],
            ["egress_request.ref"],
        ),
        sa.PrimaryKeyConstraint("request_ref", "round", "name"),
    )
    op.create_table(
        "egress_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_ref", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("by_ref", sa.String(length=32), nullable=True),
        sa.Column("by_role", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_ref"],
            ["egress_request.ref"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_egress_message_request_ref"), "egress_message", ["request_ref"], unique=False)
    op.create_table(
        "egress_receipt",
        sa.Column("request_ref", sa.String(length=32), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_ref"],
            ["egress_request.ref"],
        ),
        sa.PrimaryKeyConstraint("request_ref"),
    )
    op.create_table(
        "egress_release",
        sa.Column("request_ref", sa.String(length=32), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("event_index", sa.Integer(), nullable=False),
        sa.Column("at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_ref"],
            ["egress_request.ref"],
        ),
        sa.PrimaryKeyConstraint("request_ref"),
    )
    op.create_table(
        "egress_report",
        sa.Column("request_ref", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("policy_name", sa.String(length=64), nullable=False),
        sa.Column("policy_digest", sa.String(length=64), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_ref"],
            ["egress_request.ref"],
        ),
        sa.PrimaryKeyConstraint("request_ref", "round"),
    )
    op.create_table(
        "egress_said",
        sa.Column("request_ref", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("controls", sa.Text(), nullable=False),
        sa.Column("context_hash", sa.String(length=64), nullable=False),
        sa.Column("at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_ref"],
            ["egress_request.ref"],
        ),
        sa.PrimaryKeyConstraint("request_ref", "round"),
    )
    op.create_table(
        "egress_vote",
        sa.Column("request_ref", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("checker_ref", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("choice", sa.String(length=8), nullable=False),
        sa.Column("context_hash", sa.String(length=64), nullable=False),
        sa.Column("policy_digest", sa.String(length=64), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("event_index", sa.Integer(), nullable=False),
        sa.Column("at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_ref"],
            ["egress_request.ref"],
        ),
        sa.UniqueConstraint("request_ref", "round", "checker_ref", "sha256", "revision", name="egress_one_vote"),
    )
    dialect = op.get_bind().dialect.name
    for statement in (*audit_guards(dialect, APPEND_ONLY, removable={}), *egress_guards(dialect, EGRESS)):
        op.execute(sa.text(statement.replace(":", "\\:")))
