"""The tables of egress review. Rows of votes, files, reports and messages are added and never changed.

A new round adds rows; what was said about an earlier one stays as it was. Triggers refuse anything else, so that a
careless program cannot hide a vote; whoever can drop a trigger is caught by the audit log.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    DDL,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
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
    Column("salt", String(32), nullable=False, server_default=""),
    Column("direction", String(8), nullable=False, server_default="egress"),
    Column("state", String(16), nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("policy_name", String(64), nullable=False),
    Column("policy_digest", String(64), nullable=False),
    Column("datasets", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("submitted_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("idle_since", UtcDateTime),
    Column("warned_at", UtcDateTime),
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
    Column("kind", String(16), nullable=False, server_default="output"),
    Column("group_name", String(64), nullable=False, server_default=""),
    _of_request(),
)

group = Table(
    "egress_group",
    metadata,
    Column("request_ref", String(32), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("name", String(64), primary_key=True),
    Column("context", Text, nullable=False),
    Column("controls", Text, nullable=False),
    _of_request(),
)

draft = Table(
    "egress_draft",
    metadata,
    Column("request_ref", String(32), primary_key=True),
    Column("content", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    _of_request(),
)
"""What an author has kept and not handed in: the one table beside the requests whose rows change."""

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
    Column("group_name", String(64), nullable=False, server_default=""),
    Column("file_name", String(255), nullable=False, server_default=""),
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

interest = Table(
    "egress_interest",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_ref", String(32), nullable=False, index=True),
    Column("project", String(30), nullable=False, index=True),
    Column("request_ref", String(32)),
    Column("kind", String(16), nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    _of_request(),
)
"""Who may not review a project, or one request of it, for ever; why, is sealed in the log, where it can be erased."""

purged = Table(
    "egress_purged",
    metadata,
    Column("request_ref", String(32), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("event_id", String(36), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    _of_request(),
)
"""Files of ended requests that the vault no longer holds for them."""

policy_choice = Table(
    "egress_policy_choice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", String(8), nullable=False),
    Column("target", String(30), nullable=False),
    Column("policy_name", String(64), nullable=False),
    Column("policy_digest", String(64), nullable=False),
    # Null: from then on nothing is asked beyond the policy of the zone.
    Column("policy", Text),
    Column("by_ref", String(64), nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_egress_policy_choice_target", "scope", "target"),
)
"""Which policy somebody set for a dataset or a project; the last row on each holds."""

mail = Table(
    "egress_mail",
    metadata,
    Column("id", Integer, primary_key=True),
    # Unique: what is told once is told once, whoever finds it due.
    Column("once", String(160), nullable=False, unique=True),
    Column("person_ref", String(64), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("request_ref", String(32)),
    Column("made_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("ended", String(16)),
    Column("ended_at", UtcDateTime),
    Index("ix_egress_mail_waiting", "ended", "due_at"),
)
"""E-mail to be sent: whom it is for and what it is about, never an address, a title or a file."""

mail_choice = Table(
    "egress_mail_choice",
    metadata,
    Column("person_ref", String(64), primary_key=True),
    Column("wanted", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"""Who does not want e-mail about what is no duty of theirs."""

reminder = Table(
    "egress_reminder",
    metadata,
    Column("request_ref", String(32), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    _of_request(),
)
"""What checkers were reminded of: each once in a round."""

simulation = Table(
    "egress_simulation",
    metadata,
    Column("ref", String(32), primary_key=True),
    Column("policy_name", String(64), nullable=False),
    Column("policy_digest", String(64), nullable=False),
    Column("policy", Text, nullable=False),
    Column("since", UtcDateTime),
    Column("by_ref", String(64), nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer, nullable=False, server_default="0"),
    Column("result", Text),
    Column("ended_at", UtcDateTime),
)
"""Trials of a policy on past requests, asked for in the portal and done by the worker."""

seen = Table(
    "egress_seen",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request_ref", String(32), nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("person_ref", String(32), nullable=False),
    Column("page", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    _of_request(),
)
"""Every page of a preview that was served to somebody; the same page twice is two rows."""

shown = Table(
    "egress_shown",
    metadata,
    Column("request_ref", String(32), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("checker_ref", String(32), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("pages", Integer, nullable=False),
    Column("unseen", Text, nullable=False),
    # How long the pages took (`showing.reading_seconds`); null for somebody who was served none.
    Column("seconds", Integer),
    _of_request(),
)
"""What a checker had been shown of a file when the ballot was cast, as the server knows it."""

taken = Table(
    "egress_taken",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request_ref", String(32), nullable=False, index=True),
    Column("checker_ref", String(32), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    _of_request(),
)
"""Who took a request upon themselves, and who gave it back."""

collection = Table(
    "egress_collection",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request_ref", String(32), nullable=False, index=True),
    Column("by_ref", String(32), nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    _of_request(),
)
"""Every time that a package was collected, counted by the zone alone."""

ADDED_ONLY = (
    *("egress_said", "egress_file", "egress_report", "egress_vote"),
    *("egress_message", "egress_release", "egress_receipt"),
    *("egress_group", "egress_interest", "egress_purged", "egress_policy_choice"),
    *("egress_seen", "egress_shown", "egress_taken", "egress_collection"),
)
"""Tables whose rows are never changed and never removed."""

_REFUSED = "rows of egress review are never changed"


def guard_statements(dialect: str, tables: Sequence[str] = ADDED_ONLY) -> tuple[str, ...]:
    """What makes the guards on "sqlite" or "postgresql"; running it again changes nothing."""
    if dialect == "sqlite":
        return tuple(
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_{act.lower()} BEFORE {act} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
            for table in tables
            for act in ("UPDATE", "DELETE")
        )
    function = (
        "CREATE OR REPLACE FUNCTION egress_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
    )
    triggers = (
        f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION egress_refuse()"
        for table in tables
    )
    return (function, *triggers)


for _dialect in ("sqlite", "postgresql"):
    for _statement in guard_statements(_dialect):
        _guard = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(metadata, "after_create", _guard.execute_if(dialect=_dialect))
