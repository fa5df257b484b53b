"""The tables of what the desk keeps an eye on: re-checks, sketches of files, pre-checks. They belong to the others."""

from __future__ import annotations

from sqlalchemy import DDL, Boolean, Column, Integer, String, Table, Text, event

from audit.db import UtcDateTime
from egress_review.tables import _of_request as of_request
from egress_review.tables import guard_statements, metadata

recheck = Table(
    "egress_recheck",
    metadata,
    Column("request_ref", String(32), primary_key=True),
    Column("round", Integer, nullable=False),
    Column("percent", Integer, nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    of_request(),
)
"""Releases that were drawn to be looked at again."""

recheck_answer = Table(
    "egress_recheck_answer",
    metadata,
    # One person looks again; whoever is second finds it answered.
    Column("request_ref", String(32), primary_key=True),
    Column("checker_ref", String(32), nullable=False),
    Column("agrees", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    of_request(),
)

sketch = Table(
    "egress_sketch",
    metadata,
    Column("request_ref", String(32), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), primary_key=True),
    Column("values", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    of_request(),
)
"""The least keyed hashes of the values of each file: how much two files share, and nothing of what."""

precheck = Table(
    "egress_precheck",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("author_ref", String(32), nullable=False, index=True),
    Column("project", String(30), nullable=False),
    Column("files", Integer, nullable=False),
    # Whether records of the source were among them; what is asked again and again is a question about the source.
    Column("stopped", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

ADDED_ONLY = ("egress_recheck", "egress_recheck_answer", "egress_sketch")
"""Tables whose rows are never changed and never removed."""

for _dialect in ("sqlite", "postgresql"):
    for _statement in guard_statements(_dialect, ADDED_ONLY):
        _guard = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(metadata, "after_create", _guard.execute_if(dialect=_dialect))
