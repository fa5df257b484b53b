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
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
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
    Column("ts", String(27), nullable=False, index=True),
    Column("component", String(32), nullable=False),
    Column("action", String(64), nullable=False, index=True),
    Column("outcome", String(8), nullable=False),
    Column("actor_ref", String(64), nullable=False, index=True),
    Column("object_kind", String(16), nullable=False),
    Column("object_ref", String(256), nullable=False, index=True),
    Column("project", String(30), nullable=True),
    Column("event_id", String(36), nullable=False, unique=True),
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

for _dialect in ("sqlite", "postgresql"):
    for _statement in guard_statements(_dialect):
        _guard = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(metadata, "after_create", _guard.execute_if(dialect=_dialect))
