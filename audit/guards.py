"""Triggers that refuse to change what was written.

They stop accidents and careless programs, not a database administrator: whoever can drop a trigger is caught
by the tree and by checkpoints kept elsewhere. `metadata.create_all` makes them; a migration runs
`guard_statements` itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

APPEND_ONLY_TABLES = (
    "audit_entry",
    "audit_link",
    "audit_tile",
    "audit_checkpoint",
    "audit_sidecar",
    "audit_cosignature",
    "audit_timestamp",
    "audit_digest",
    "audit_pruning",
    "audit_review_report",
    "audit_review",
    "audit_review_move",
    "audit_review_finding",
    "audit_clock",
)
MESSAGE = "the audit log is append-only"

# The only change a key row may undergo is its destruction.
_KEY_ROW_KEPT = (
    "NEW.key_id = OLD.key_id AND NEW.subject = OLD.subject AND NEW.created_at = OLD.created_at"
    " AND NEW.wrapped IS NULL AND NEW.shredded_at IS NOT NULL AND OLD.shredded_at IS NULL"
)

# When a row may be removed after all: below a declared minimum, or once its key is destroyed. Everything else
# stays for ever, and nothing is ever changed.
REMOVABLE: Mapping[str, str] = MappingProxyType(
    {
        "audit_entry": "OLD.idx < coalesce((SELECT max(minimum) FROM audit_pruning), 0)",
        "audit_link": "OLD.idx < coalesce((SELECT max(minimum) FROM audit_pruning), 0)",
        "audit_sidecar": (
            "EXISTS (SELECT 1 FROM audit_key k WHERE k.key_id = OLD.key_id AND k.wrapped IS NULL)"
            " OR EXISTS (SELECT 1 FROM audit_discard d WHERE d.commitment = OLD.commitment)"
        ),
        "audit_digest": (
            "EXISTS (SELECT 1 FROM audit_key k WHERE k.key_id = OLD.key_id AND k.wrapped IS NULL)"
            " OR EXISTS (SELECT 1 FROM audit_entry e WHERE e.event_id = OLD.event_id"
            " AND e.idx < coalesce((SELECT max(minimum) FROM audit_pruning), 0))"
        ),
    }
)


def guard_statements(
    dialect: str, tables: Sequence[str] = APPEND_ONLY_TABLES, removable: Mapping[str, str] = REMOVABLE
) -> tuple[str, ...]:
    """Return what makes the guards of tables on "sqlite" or "postgresql"; running it again changes nothing.

    A migration names the tables that exist at its step, and drops the guards that it makes anew.
    """
    return {"sqlite": _sqlite, "postgresql": _postgresql}[dialect](tables, removable)


def _sqlite(tables: Sequence[str], removable: Mapping[str, str]) -> tuple[str, ...]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    every = [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{act.lower()} BEFORE {act} ON {table}{when} {refuse}"
        for table in tables
        for act, when in (("UPDATE", ""), ("DELETE", f" WHEN NOT ({removable[table]})" if table in removable else ""))
    ]
    key_delete = f"CREATE TRIGGER IF NOT EXISTS audit_key_no_delete BEFORE DELETE ON audit_key {refuse}"
    key_update = (
        "CREATE TRIGGER IF NOT EXISTS audit_key_no_update BEFORE UPDATE ON audit_key"
        f" WHEN NOT ({_KEY_ROW_KEPT}) {refuse}"
    )
    return (*every, key_delete, key_update)


def _postgresql(tables: Sequence[str], removable: Mapping[str, str]) -> tuple[str, ...]:
    function = (
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$"
    )
    rows = [
        f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE {'UPDATE' if table in removable else 'UPDATE OR DELETE'}"
        f" ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        for table in tables
    ]
    # The condition of a trigger may not ask other tables on PostgreSQL, so these have functions of their own.
    conditional = [
        statement
        for table in tables
        if table in removable
        for statement in (
            f"CREATE OR REPLACE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN IF {removable[table]} THEN RETURN OLD; END IF; RAISE EXCEPTION '{MESSAGE}'; END $$",
            f"CREATE OR REPLACE TRIGGER {table}_no_delete BEFORE DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_keep()",
        )
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
    return (function, *rows, *conditional, *whole, key_delete, key_update)
