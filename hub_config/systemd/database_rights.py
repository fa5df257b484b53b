"""What the zone's role may do in a PostgreSQL database that another role owns.

The tables of the tree only ever grow: the role appends to them and can change nothing, whoever holds its password. What
the law has erased, wrapped keys and sealed values, lies in tables beside it, from which the role does remove.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from audit.retention.database_roles import GRANTS, role_statements

#: Entries, links, tiles, checkpoints and what others signed on them; and the notes of what was ever pruned.
GROWS: Final = (
    *("audit_entry", "audit_link", "audit_tile", "audit_checkpoint", "audit_cosignature", "audit_timestamp"),
    *("audit_clock", "audit_pruning"),
)
#: Of these, what the processes write; notes of a pruning are the owner's, as pruning is.
APPENDED: Final = tuple(name for name in GROWS if name != "audit_pruning")


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
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    )
