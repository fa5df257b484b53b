"""Saved queries and what searches of the record need."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

#: The derivation of links to files at this step; what a later step adds, it writes itself.
FILE_FIELDS = ("files", "verdicts", "votes")
SHA256 = re.compile("[0-9a-f]{64}")
BATCH = 5_000


def upgrade() -> None:
    """Make the change, and write the links to files of the entries there are: the verifier expects them of all."""
    op.create_table(
        "audit_query",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner", "name", name="uq_audit_query_owner_name"),
    )
    op.create_index(
        "ix_audit_entry_outcome",
        "audit_entry",
        ["outcome", "idx"],
        sqlite_where=sa.text("outcome != 'ok'"),
        postgresql_where=sa.text("outcome != 'ok'"),
    )
    _link_files(op.get_bind())


def downgrade() -> None:
    """Undo it; an earlier verifier would report the links to files as ones that no body says."""
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        guard = "FROM sqlite_master WHERE type = 'trigger' AND name = 'audit_link_no_delete'"
        kept = bind.exec_driver_sql(f"SELECT sql {guard}").scalar_one()
        op.execute("DROP TRIGGER audit_link_no_delete")
        op.execute("DELETE FROM audit_link WHERE kind = 'file'")
        bind.exec_driver_sql(kept)
    else:
        op.execute("ALTER TABLE audit_link DISABLE TRIGGER USER")
        op.execute("DELETE FROM audit_link WHERE kind = 'file'")
        op.execute("ALTER TABLE audit_link ENABLE TRIGGER USER")
    op.drop_index("ix_audit_entry_outcome", table_name="audit_entry")
    op.drop_table("audit_query")


def _link_files(bind: sa.Connection) -> None:
    entry = sa.table("audit_entry", *(sa.column(name) for name in ("idx", "body", "action", "object_kind")))
    link = sa.table("audit_link", *(sa.column(name) for name in ("kind", "ref", "idx")))
    named = sa.or_(sa.and_(entry.c.action >= "egress.", entry.c.action < "egress/"), entry.c.object_kind == "file")
    last = -1
    while True:
        page = sa.select(entry.c.idx, entry.c.body).where(named, entry.c.idx > last).order_by(entry.c.idx).limit(BATCH)
        rows = bind.execute(page).all()
        found = [{"kind": "file", "ref": ref, "idx": idx} for idx, body in rows for ref in sorted(set(files(body)))]
        if found:
            bind.execute(link.insert(), found)
        if len(rows) < BATCH:
            return
        last = rows[-1].idx


def files(data: bytes) -> Iterator[str]:
    """Yield the hashes of the files that a body names; of a body that is none, nothing: the verifier names it."""
    try:
        body: Any = json.loads(bytes(data))
        thing, detail = body["object"], body.get("detail", {})
        named = [thing["ref"]] if thing["kind"] == "file" else []
        if body["action"].startswith("egress."):
            named.append(thing.get("sha256"))
            for field in FILE_FIELDS:
                listed = detail.get(field)
                named.extend(listed if isinstance(listed, list | dict) else ())
    except (ValueError, KeyError, TypeError, AttributeError):
        return
    for value in named:
        sha256 = value.get("sha256") if isinstance(value, dict) else value
        if isinstance(sha256, str) and SHA256.fullmatch(sha256):
            yield sha256
