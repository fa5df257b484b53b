"""What the zone's role may do in a PostgreSQL database that another role owns.

The tables of the tree only ever grow: the role appends to them and can change nothing, whoever holds its password. What
the law has erased, wrapped keys and sealed values, lies in tables beside it, from which the role does remove.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from audit.retention.cleaning import REWRITER, REWRITTEN
from audit.retention.database_roles import GRANTS, role_statements
from registry.erasure import PERSONAL_TABLES

#: Entries, links, tiles, checkpoints and what others signed on them; and the notes of what was ever pruned.
GROWS: Final = (
    *("audit_entry", "audit_link", "audit_tile", "audit_checkpoint", "audit_cosignature", "audit_timestamp"),
    *("audit_clock", "audit_pruning"),
)
#: Of these, what the processes write; notes of a pruning are the owner's, as pruning is.
APPENDED: Final = tuple(name for name in GROWS if name != "audit_pruning")
#: What an erasure changes and rewrites, so that no old row keeps what it said.
PERSONAL: Final = (*REWRITTEN, *PERSONAL_TABLES)


def rights_statements(role: str, tables: Iterable[str], *, schema: str = "public") -> Sequence[str]:
    """Return the statements, run by the owner, after which the role has exactly its rights; harmless again.

    Raises: ValueError — for a role whose name would have to be quoted.
    """
    if not role.isidentifier() or not role.isascii():
        raise ValueError("not the plain name of a role")
    member = " AND ".join(f"pg_has_role('{role}', '{name}', 'MEMBER')" for name in GRANTS)
    others = [f"{schema}.{name}" for name in tables if name not in GROWS]
    return (
        *role_statements(schema),
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}, PUBLIC",
        f"REVOKE CREATE ON SCHEMA {schema} FROM {role}, PUBLIC",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        # Whoever made the three may have granted them already; the owner of the tables need not be able to.
        f"DO $$ BEGIN IF NOT ({member}) THEN GRANT {', '.join(GRANTS)} TO {role}; END IF; END $$",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(others)} TO {role}",
        f"GRANT SELECT, INSERT ON {', '.join(f'{schema}.{name}' for name in APPENDED)} TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}",
        # SELECT is what a backup reads them with.
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        *_erasing_statements(role, schema),
    )


def _erasing_statements(role: str, schema: str) -> Sequence[str]:
    """Return what lets the role have the personal tables rewritten, and keeps samples of them out of the statistics.

    Only the owner may rewrite a table, and VACUUM runs in no function; CLUSTER does, and drops old rows as well.
    """
    names = ", ".join(f"'{name}'" for name in PERSONAL)
    function = f"{schema}.{REWRITER}(text)"
    # The names are constants of ours.
    return (
        f"CREATE OR REPLACE FUNCTION {function} RETURNS void LANGUAGE plpgsql SECURITY DEFINER"  # noqa: S608
        " SET search_path = pg_catalog, pg_temp AS $$ DECLARE key name; BEGIN"
        f" IF $1 NOT IN ({names}) THEN RAISE EXCEPTION 'not a table that an erasure rewrites'; END IF;"
        " SELECT c.relname INTO STRICT key FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        f" WHERE i.indisprimary AND i.indrelid = ('{schema}.' || $1)::regclass;"
        f" EXECUTE 'CLUSTER {schema}.' || $1 || ' USING ' || quote_ident(key); END $$",
        f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {function} TO {role}",
        "DO $$ DECLARE one record; BEGIN FOR one IN"  # noqa: S608
        " SELECT a.attrelid::regclass AS of, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " WHERE a.attnum > 0 AND NOT a.attisdropped AND coalesce(a.attstattarget, -1) <> 0"
        f" AND c.relnamespace = '{schema}'::regnamespace AND c.relname IN ({names}) LOOP"
        " EXECUTE 'ALTER TABLE ' || one.of || ' ALTER COLUMN ' || quote_ident(one.attname) || ' SET STATISTICS 0';"
        " END LOOP; END $$",
    )
