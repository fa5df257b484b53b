"""Roles of a PostgreSQL database: one that can only append, one that sequences, one that can only read.

The zone's own migrations run as the owner of the tables; its processes need no more than these. An attacker who has
the password of a process can then add events, but neither change nor remove one, nor empty a table, nor drop a guard.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

APPEND, SEQUENCE, READ = "audit_append", "audit_sequence", "audit_read"

GRANTS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        # What a business process does: put events into the outbox, seal their values, sign nothing.
        APPEND: MappingProxyType(
            {
                "SELECT, INSERT": ("audit_pending", "audit_sidecar", "audit_key", "audit_digest"),
                "SELECT": ("audit_entry",),
            }
        ),
        # The one process that enters events into the tree and signs checkpoints. UPDATE is what locking rows takes;
        # the rows of the outbox are no entries yet, and what it enters is held against what was sealed.
        SEQUENCE: MappingProxyType(
            {
                "SELECT, UPDATE, DELETE": ("audit_pending",),
                "SELECT, INSERT": (
                    *("audit_entry", "audit_link", "audit_tile"),
                    *("audit_checkpoint", "audit_cosignature", "audit_timestamp", "audit_clock"),
                ),
            }
        ),
        READ: MappingProxyType(
            {
                "SELECT": (
                    *("audit_entry", "audit_link", "audit_tile", "audit_checkpoint", "audit_pending"),
                    *("audit_cosignature", "audit_timestamp", "audit_sidecar", "audit_key", "audit_digest"),
                    *("audit_pruning", "audit_clock"),
                ),
            }
        ),
    }
)
"""What each role may do; what is not here it may not."""


def role_statements(schema: str = "public") -> tuple[str, ...]:
    """Return the statements that make the roles and give them exactly their rights; running them again is harmless."""
    if not schema.isidentifier():
        raise ValueError("not the name of a schema")
    statements = []
    for role, grants in GRANTS.items():
        statements += [
            # Only where it is missing: the owner of the tables need not be one who may make roles.
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role}') THEN "
            f"CREATE ROLE {role} NOLOGIN; END IF; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
            f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
            f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {role}",
            f"REVOKE CREATE ON SCHEMA {schema} FROM {role}",
            f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        ]
        for rights, tables in grants.items():
            names = ", ".join(f"{schema}.{table}" for table in tables)
            statements.append(f"GRANT {rights} ON {names} TO {role}")
    statements.append(f"GRANT USAGE ON SEQUENCE {schema}.audit_pending_id_seq TO {APPEND}")
    return tuple(statements)
