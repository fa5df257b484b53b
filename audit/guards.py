"""Triggers that refuse to change what was written.

They stop accidents and careless programs, not a database administrator: whoever can drop a trigger is caught
by the tree and by checkpoints kept elsewhere. `metadata.create_all` makes them; a migration runs
`guard_statements` itself.
"""

from __future__ import annotations

from collections.abc import Sequence

APPEND_ONLY_TABLES = ("audit_entry", "audit_link", "audit_tile", "audit_checkpoint", "audit_sidecar")
MESSAGE = "the audit log is append-only"

# The only change a key row may undergo is its destruction.
_KEY_ROW_KEPT = (
    "NEW.key_id = OLD.key_id AND NEW.subject = OLD.subject AND NEW.created_at = OLD.created_at"
    " AND NEW.wrapped IS NULL AND NEW.shredded_at IS NOT NULL AND OLD.shredded_at IS NULL"
)


def guard_statements(dialect: str, tables: Sequence[str] = APPEND_ONLY_TABLES) -> tuple[str, ...]:
    """Return what makes the guards of tables on "sqlite" or "postgresql"; running it again changes nothing.

    A migration names the tables that exist at its step.
    """
    return {"sqlite": _sqlite, "postgresql": _postgresql}[dialect](tables)


def _sqlite(tables: Sequence[str]) -> tuple[str, ...]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    every = [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{act.lower()} BEFORE {act} ON {table} {refuse}"
        for table in tables
        for act in ("UPDATE", "DELETE")
    ]
    key_delete = f"CREATE TRIGGER IF NOT EXISTS audit_key_no_delete BEFORE DELETE ON audit_key {refuse}"
    key_update = (
        "CREATE TRIGGER IF NOT EXISTS audit_key_no_update BEFORE UPDATE ON audit_key"
        f" WHEN NOT ({_KEY_ROW_KEPT}) {refuse}"
    )
    return (*every, key_delete, key_update)


def _postgresql(tables: Sequence[str]) -> tuple[str, ...]:
    function = (
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$"
    )
    rows = [
        f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        for table in tables
    ]
    whole = [
        f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        for table in (*tables, "audit_key")
    ]
    key_delete = (
        "CREATE OR REPLACE TRIGGER audit_key_no_delete BEFORE DELETE ON audit_key"
        " FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
    )
    key_update = (
        "CREATE OR REPLACE TRIGGER audit_key_no_update BEFORE UPDATE ON audit_key"
        f" FOR EACH ROW WHEN (NOT ({_KEY_ROW_KEPT})) EXECUTE FUNCTION audit_refuse()"
    )
    return (function, *rows, *whole, key_delete, key_update)
