"""The tables of extracts. Rows are written once: triggers refuse to change or remove them, as in the audit log.

The record of pseudonymisation is kept until three years after destruction (PIPA art. 28-4(3)), or as long as the zone's
retention policy says. Then a row of `deid_extract_removal` declares that it goes, and the guards let go of it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import DDL, Boolean, Column, ForeignKey, Integer, MetaData, String, Table, Text, UniqueConstraint, event
from sqlalchemy import BigInteger as Big

from audit.db import UtcDateTime
from audit.guards import guard_statements

metadata = MetaData()

REF, SLUG, HASH, EVENT = String(64), String(30), String(64), String(36)

extract = Table(
    "deid_extract",
    metadata,
    Column("ref", REF, primary_key=True),
    Column("dataset", SLUG, nullable=False, index=True),
    Column("project", SLUG, nullable=False, index=True),
    Column("title_ko", String(200), nullable=False),
    Column("title_en", String(200), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("people", Big, nullable=False),
    Column("sensitive", Boolean, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("need", Text, nullable=False),
    Column("use", String(16), nullable=False),
    Column("recipients", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("by_ref", REF, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

run = Table(
    "deid_extract_run",
    metadata,
    Column("ref", REF, ForeignKey("deid_extract.ref"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("directory", Text, nullable=False),
    Column("manifest_sha256", HASH, nullable=False, index=True),
    Column("files", Integer, nullable=False),
    Column("policy_sha256", HASH, nullable=False),
    Column("linkage_domain", REF, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("tables", Text, nullable=False),
    Column("levels", Text, nullable=False),
    Column("risk", Text, nullable=False),
    Column("binding", HASH, nullable=False),
    Column("by_ref", REF, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("event_id", EVENT, nullable=False),
)

move = Table(
    "deid_extract_move",
    metadata,
    Column("ref", REF, ForeignKey("deid_extract.ref"), primary_key=True),
    # Two people who move one extract at the same moment want the same number: one of them is refused.
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("by_ref", REF, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("event_id", EVENT, nullable=False),
)

review = Table(
    "deid_extract_review",
    metadata,
    Column("ref", REF, ForeignKey("deid_extract.ref"), primary_key=True),
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("verdict", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("conditions", Text, nullable=False),
    Column("checked", Text, nullable=False),
    Column("binding", HASH, nullable=False),
    Column("by_ref", REF, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("event_id", EVENT, nullable=False),
)

destruction = Table(
    "deid_extract_destruction",
    metadata,
    Column("ref", REF, ForeignKey("deid_extract.ref"), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("key_record", Text),
    Column("by_ref", REF, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

version = Table(
    "deid_extract_version",
    metadata,
    Column("ref", REF, ForeignKey("deid_extract.ref"), primary_key=True),
    Column("dataset", SLUG, nullable=False),
    Column("number", Integer, nullable=False),
    Column("event_id", EVENT, nullable=False),
    UniqueConstraint("dataset", "number", name="uq_deid_extract_version_dataset_number"),
)

removal = Table(
    "deid_extract_removal",
    metadata,
    # No foreign key: it is what remains when the others are gone.
    Column("ref", REF, primary_key=True),
    Column("dataset", SLUG, nullable=False),
    Column("number", Integer),
    Column("destroyed_at", UtcDateTime, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("event_id", EVENT, nullable=False),
)

synthetic_job = Table(
    "deid_synthetic_job",
    metadata,
    Column("ref", REF, primary_key=True),
    Column("extract", REF, ForeignKey("deid_extract.ref"), nullable=False, index=True),
    Column("policy", Text, nullable=False),
    Column("sources", Text, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("stage", String(16)),
    Column("done", Big, nullable=False, server_default="0"),
    Column("total", Big, nullable=False, server_default="0"),
    Column("reason", Text),
    Column("report", Text),
    Column("by_ref", REF, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("stage_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("event_id", EVENT, nullable=False),
)
"""Work under way, and how it ended: not a record. What was made is a run of its extract, as every other."""

RECORD = (destruction, review, run, move, version, extract)
"""The tables of one record, in the order in which its rows are removed."""

_DECLARED = "EXISTS (SELECT 1 FROM deid_extract_removal d WHERE d.ref = OLD.ref)"
REMOVABLE: Mapping[str, str] = MappingProxyType({table.name: _DECLARED for table in RECORD})
"""When a row may be removed after all."""

GUARDED = (
    "deid_extract_removal",
    "deid_extract",
    "deid_extract_run",
    "deid_extract_move",
    "deid_extract_review",
    "deid_extract_destruction",
    "deid_extract_version",
)


def guards(dialect: str) -> tuple[str, ...]:
    """Return what makes the guards of these tables, without those of the log's own keys."""
    return tuple(line for line in guard_statements(dialect, GUARDED, REMOVABLE) if "audit_key" not in line)


for _dialect in ("sqlite", "postgresql"):
    for _statement in guards(_dialect):
        _guard = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(metadata, "after_create", _guard.execute_if(dialect=_dialect))
