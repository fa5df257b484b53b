"""Makes the record of processing activities of a zone; that it was read or taken along is an entry first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.log import AuditLog
from audit.processing.declared import Declared, load
from audit.processing.facts import gather
from audit.processing.record import TITLE, Register, Row, rows
from audit.retention.policy import RetentionPolicy
from audit.searching.asking import Officer
from audit.searching.copies import Column, Copy
from audit.text import Text

QUESTION = {"report": "processing"}

COLUMNS: tuple[Column[Row], ...] = (
    Column(Text("대상", "Of what"), lambda row, language: row.part.say(language), 16),
    Column(Text("GDPR 제30조 제1항", "GDPR art. 30(1)"), lambda row, _: f"({row.letter})", 6),
    Column(Text("항목", "Field"), lambda row, language: row.name.say(language), 20),
    Column(Text("내용", "What is known"), lambda row, language: row.value.say(language), 40),
    Column(Text("출처", "Known from"), lambda row, language: row.origin.value.say(language), 12),
    Column(Text("기록 번호", "Entries"), lambda row, _: " ".join(map(str, row.entries)), 8),
)


@dataclass(frozen=True, slots=True)
class Zone:
    """What the record is made from."""

    log: AuditLog
    home: Path
    register: Register
    policy: RetentionPolicy | None


def register_of(registry: Any) -> Register:
    """Return what a register says; one without projects says nothing."""
    if registry is None:
        return Register()
    return Register({one.id: one for one in registry.projects()}, {one.id: one for one in registry.datasets()})


def show(zone: Zone, officer: Officer) -> tuple[Row, ...]:
    """Return the record for a screen; that it was read is recorded first.

    Raises: QuestionRefused — if the declarations cannot be read.
    """
    record, _, _ = _record(zone)
    officer.read("processing", len(record), QUESTION)
    return record


def copy(zone: Zone, officer: Officer, form: str, reason: str) -> Copy:
    """Return the record to take along; that it is, and why, is recorded first.

    Raises: QuestionRefused — as `show`, and without a reason.
    """
    record, declared, size = _record(zone)
    question = QUESTION if declared.digest is None else {**QUESTION, "declared": declared.digest}
    officer.downloaded(reason, question, form, len(record))
    log = zone.log
    return Copy(TITLE, record, False, log.origin, size, log.head(), log.note(), log.now(), COLUMNS)


def _record(zone: Zone) -> tuple[tuple[Row, ...], Declared, int]:
    """Return the record, what was declared for it, and of how many entries of the log it was made."""
    declared = load(zone.home)
    with zone.log.db.read() as tx:
        facts = gather(tx, zone.log.size(tx))
    return rows(facts, zone.register, declared, zone.policy), declared, facts.size
