"""The tables of egress review. Rows of votes, files, reports and messages are added and never changed.

A new round adds rows; what was said about an earlier one stays as it was. Triggers refuse anything else, so that a
careless program cannot hide a vote; whoever can drop a trigger is caught by the audit log.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from audit.db import UtcDateTime

metadata = MetaData()

request = Table(
    "egress_request",
    metadata,
    Column("ref", String(32), primary_key=True),
    Column("project", String(30), nullable=False, index=True),
    Column("author_ref", String(32), nullable=False, index=True),
    Column("workspace_ref", String(32), nullable=False),
    Column("title", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("controls", Text, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("policy_name", String(64), nullable=False),
    Column("policy_digest", String(64), nullable=False),
    Column("datasets", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("submitted_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("released_at", UtcDateTime),
    Column("release_index", Integer),
    Column("approved_event", String(36)),
    Column("packaged", Boolean, nullable=False, default=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("retry_at", UtcDateTime),
    Column("version", Integer, nullable=False, default=0),
)


def _of_request(*columns: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["request_ref"], [request.c.ref])


said = Table(
    "egress_said",
    metadata,
    Column("request_ref", String(32), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("controls", Text, nullable=False),
    Column("context_hash", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    _of_request(),
)

file = Table(
    "egress_file",
    metadata,
    Column("request_ref", String(32), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("name", String(255), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    _of_request(),
)

report = Table(
    "egress_report",
    metadata,
    Column("request_ref", String(32), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("policy_name", String(64), nullable=False),
    Column("policy_digest", String(64), nullable=False),
    Column("policy", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    _of_request(),
)

vote = Table(
    "egress_vote",
    metadata,
    Column("request_ref", String(32), nullable=False),
    Column("round", Integer, nullable=False),
    Column("checker_ref", String(32), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("choice", String(8), nullable=False),
    Column("context_hash", String(64), nullable=False),
    Column("policy_digest", String(64), nullable=False),
    Column("roles", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # Two clicks, two tabs, two threads: one ballot.
    UniqueConstraint("request_ref", "round", "checker_ref", "sha256", "revision", name="egress_one_vote"),
    _of_request(),
)

message = Table(
    "egress_message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request_ref", String(32), nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("by_ref", String(32)),
    Column("by_role", String(32), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("visibility", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    _of_request(),
)

release = Table(
    "egress_release",
    metadata,
    Column("request_ref", String(32), primary_key=True),
    Column("document", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    _of_request(),
)

receipt = Table(
    "egress_receipt",
    metadata,
    Column("request_ref", String(32), primary_key=True),
    Column("content", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    _of_request(),
)

ADDED_ONLY = (
    *("egress_said", "egress_file", "egress_report", "egress_vote"),
    *("egress_message", "egress_release", "egress_receipt"),
)
"""Tables whose rows are never changed and never removed."""

_REFUSED = "rows of egress review are never changed"


def guard_statements(dialect: str) -> tuple[str, ...]:
    """What makes the guards on "sqlite" or "postgresql"; running it again changes nothing."""
    if dialect == "sqlite":
        return tuple(
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_{act.lower()} BEFORE {act} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
            for table in ADDED_ONLY
            for act in ("UPDATE", "DELETE")
        )
    function = (
        "CREATE OR REPLACE FUNCTION egress_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
    )
    triggers = (
        f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION egress_refuse()"
        for table in ADDED_ONLY
    )
    return (function, *triggers)


for _dialect in ("sqlite", "postgresql"):
    for _statement in guard_statements(_dialect):
        _guard = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(metadata, "after_create", _guard.execute_if(dialect=_dialect))
