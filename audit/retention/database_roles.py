"""Roles of a PostgreSQL database: one that can only append, one that sequences, one that can only read.

The zone's own migrations run as the owner of the tables; its processes need no more than these. An attacker who has
the password of a process can then add events, but neither change nor remove one, nor empty a table, nor drop a guard.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from audit.errors import AuditError
from audit.text import Text

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

PERMITTED: Final = """
SELECT has_table_privilege('audit_pruning', 'INSERT') AND has_table_privilege('audit_entry', 'DELETE')
"""
"""Whether a role may prune; of the roles above none may, only the owner of the tables."""


class OwnerNeeded(AuditError):
    """The tables belong to another role of the database, which alone may remove entries."""

    summary = Text(
        "이 데이터베이스에서는 테이블의 소유자만 기록을 파기할 수 있고, 소유자로는 root만 접속합니다.",
        "In this database the owner of the tables alone may remove entries, and only root connects as that owner.",
    )
    hint = Text(
        "구역의 서버에서 root로 실행하십시오: `sudo ansim audit prune …`. 데이터베이스가 다른 서버에 있으면"
        " `--owner-from-stdin`을 붙이고 소유자의 주소를 표준 입력으로 주십시오.",
        "Run it as root on the zone's machine: `sudo ansim audit prune …`; for a database on another server add"
        " `--owner-from-stdin` and give the owner's address on standard input.",
    )


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
