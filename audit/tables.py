"""The tables of the log, the same on SQLite and PostgreSQL.

`audit_entry.body` is what is hashed; its other columns and `audit_link` only make it findable. `audit_tile`
holds full tiles (C2SP tlog-tiles) alone: a partial tile is the last rows of the level below.
`audit_checkpoint.tail` keeps the leaf hashes of the partial tile at that size, so that a later difference can
be pinned to one entry.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from audit.guards import guard_statements

metadata = MetaData()

# Only INTEGER makes the primary key of SQLite the row itself.
_Index = BigInteger().with_variant(Integer, "sqlite")

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("idx", _Index, primary_key=True, autoincrement=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("ts", String(27), nullable=False),
    Column("component", String(32), nullable=False),
    Column("action", String(64), nullable=False, index=True),
    Column("outcome", String(8), nullable=False),
    Column("actor_ref", String(64), nullable=False, index=True),
    Column("object_kind", String(16), nullable=False),
    Column("object_ref", String(256), nullable=False, index=True),
    Column("project", String(30), nullable=True),
    Column("event_id", String(36), nullable=False, unique=True),
)

# A review and a dashboard count who did what in a time, and a search finds the first and last entry of a period,
# without reading a single body.
Index(
    "ix_audit_entry_ts",
    *(audit_entry.c[name] for name in ("ts", "action", "outcome", "actor_ref", "component", "idx")),
)

# What did not simply succeed is what a review looks for, and little: an index of it alone costs an append nothing.
Index(
    "ix_audit_entry_outcome",
    audit_entry.c.outcome,
    audit_entry.c.idx,
    sqlite_where=audit_entry.c.outcome != "ok",
    postgresql_where=audit_entry.c.outcome != "ok",
)

audit_link = Table(
    "audit_link",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("ref", String(256), primary_key=True),
    Column("idx", BigInteger, primary_key=True, autoincrement=False),
    Index("ix_audit_link_idx", "idx"),
    sqlite_with_rowid=False,
)

# Events that are durable and wait for their place in the tree; used on PostgreSQL alone (`audit.pending`).
audit_pending = Table(
    "audit_pending",
    metadata,
    Column("id", _Index, primary_key=True),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
    Column("ts", String(27), nullable=False),
    Column("ts_at", Integer, nullable=False),
    Column("columns", Text, nullable=False),
    Column("links", Text, nullable=False),
)

audit_tile = Table(
    "audit_tile",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("root", LargeBinary, nullable=False),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("size", _Index, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("tail", LargeBinary, nullable=False),
    Column("created_at", String(27), nullable=False),
)

audit_sidecar = Table(
    "audit_sidecar",
    metadata,
    Column("commitment", LargeBinary, primary_key=True),
    Column("key_id", String(32), nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)

audit_key = Table(
    "audit_key",
    metadata,
    Column("key_id", String(32), primary_key=True),
    Column("subject", String(64), nullable=False),
    Column("wrapped", LargeBinary, nullable=True),
    Column("created_at", String(27), nullable=False),
    Column("shredded_at", String(27), nullable=True),
)
Index(
    "ix_audit_key_live",
    audit_key.c.subject,
    unique=True,
    sqlite_where=audit_key.c.wrapped.is_not(None),
    postgresql_where=audit_key.c.wrapped.is_not(None),
)

# How far the record was handed to each outside system; no evidence, so the one row of a system changes.
audit_outward = Table(
    "audit_outward",
    metadata,
    Column("target", String(32), primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("delivered_at", String(27), nullable=True),
    Column("tried_at", String(27), nullable=True),
    Column("failing_since", String(27), nullable=True),
    Column("failures", Integer, nullable=False),
    Column("error", String(64), nullable=True),
)

audit_cosignature = Table(
    "audit_cosignature",
    metadata,
    Column("size", _Index, primary_key=True, autoincrement=False),
    Column("key_id", String(8), primary_key=True),
    Column("line", Text, nullable=False),
    Column("created_at", String(27), nullable=False),
)

audit_timestamp = Table(
    "audit_timestamp",
    metadata,
    Column("size", _Index, primary_key=True, autoincrement=False),
    Column("tsa", String(256), primary_key=True),
    Column("token", LargeBinary, nullable=False),
    Column("created_at", String(27), nullable=False),
)

# How right the clock was when each checkpoint was signed (K-ISMS-P 2.9.6); `source` is "none" where nobody could say.
audit_clock = Table(
    "audit_clock",
    metadata,
    Column("size", _Index, primary_key=True, autoincrement=False),
    Column("source", String(16), nullable=False),
    Column("synchronised", Boolean, nullable=True),
    Column("offset_us", BigInteger, nullable=True),
    Column("error_us", BigInteger, nullable=True),
    Column("read_at", String(27), nullable=False),
)

# How it stands with those who attest from outside (witnesses, time-stamping authorities); it changes as they answer.
audit_attester = Table(
    "audit_attester",
    metadata,
    Column("kind", String(8), primary_key=True),
    Column("ref", String(256), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("tried_at", String(27), nullable=False),
    Column("answered_at", String(27), nullable=True),
    Column("failing_since", String(27), nullable=True),
    Column("reason", String(64), nullable=True),
    Column("alerted_at", String(27), nullable=True),
)

# Searches that officers keep by a name; no record, so they may be deleted. They hold no personal value.
audit_query = Table(
    "audit_query",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("name", String(80), nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("question", Text, nullable=False),
    Column("created_at", String(27), nullable=False),
    UniqueConstraint("owner", "name", name="uq_audit_query_owner_name"),
)

# An index of sealed values worth searching, under keys that die with their subject's: says nothing by itself.
audit_digest = Table(
    "audit_digest",
    metadata,
    Column("key_id", String(32), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("event_id", String(36), primary_key=True),
    # Many people share the address of their institution: a search by it asks entry by entry, not person by person.
    Index("ix_audit_digest_event_id", "event_id"),
    sqlite_with_rowid=False,
)

# Below the largest minimum the bodies may be gone; the event says who decided it and the root of what went.
audit_pruning = Table(
    "audit_pruning",
    metadata,
    Column("minimum", _Index, primary_key=True, autoincrement=False),
    Column("event_id", String(36), nullable=False),
    Column("declared_at", String(27), nullable=False),
)

# Sealed values that a pruning under way removes; empty before and after.
audit_discard = Table("audit_discard", metadata, Column("commitment", LargeBinary, primary_key=True))

# Reviews of the record; rows are only ever added, and where a review stands follows from its moves.
audit_review_report = Table(
    "audit_review_report",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

audit_review = Table(
    "audit_review",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("policy", String(64), nullable=False),
    Column("made_at", String(27), nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("event_id", String(36), nullable=False),
)

audit_review_move = Table(
    "audit_review_move",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), primary_key=True),
    Column("at", String(27), nullable=False),
    Column("by_ref", String(64), nullable=False),
    Column("event_id", String(36), nullable=False),
)

audit_review_finding = Table(
    "audit_review_finding",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("item", String(64), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("at", String(27), nullable=False),
    Column("by_ref", String(64), nullable=False),
    Column("event_id", String(36), nullable=False),
)

for _dialect in ("sqlite", "postgresql"):
    for _statement in guard_statements(_dialect):
        _guard = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(metadata, "after_create", _guard.execute_if(dialect=_dialect))
