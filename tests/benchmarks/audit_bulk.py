"""Fills a log with a million entries in half a minute: row for row what appending them one by one would have left.

One event of each kind is composed as the log composes it; every further entry is that one with its own id, time,
number and sealed address. What makes this honest is the verifier, which finds every row as it should be.
"""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit.body import Body, build, check, timestamp
from audit.canonical import dump
from audit.columns import Columns, columns, links
from audit.db import Database
from audit.event import Actor, Event, Object, Source, Subjects
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.merkle import fold, leaf_hash
from audit.refs import new_ref
from audit.sealing import SALT_BYTES, Opening, seal
from audit.tables import metadata

ORIGIN = "bench.ansim.example/audit"
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 256 * 40
_NONCE = 12
_VALUE_LABEL = b"ansim-audit-sidecar/v1"
_ENTRY = f"INSERT INTO audit_entry VALUES ({', '.join('?' * 12)})"
_LINK = "INSERT INTO audit_link VALUES (?, ?, ?)"
_SIDECAR = "INSERT INTO audit_sidecar (commitment, key_id, nonce, ciphertext) VALUES (?, ?, ?, ?)"
_TILE = "INSERT INTO audit_tile VALUES (?, ?, ?, ?)"


def stories(people: int = 200, projects: int = 40, *, seed: int = 1) -> list[Event]:
    """Return one event of each kind that a zone of this size records, most of them executed cells."""
    chance = random.Random(seed)  # which event follows which is no secret
    names = [f"project-{n}" for n in range(projects)]
    found: list[Event] = []
    for n in range(people):
        person = Actor.person(new_ref("p"), ("researcher",), session=f"s{n}")
        project = names[n % projects]
        data = Subjects.datasets([(f"dataset-{n % 25}", 1 + n % 3, 2694)])
        source = Source("203.0.113.7", "zone", f"ws-{n}")
        workspace, request = Object("workspace", new_ref("ws"), project), Object("request", new_ref("er"), project)
        cell = Event("cell.sent", person, workspace, data, source, detail={"n": 0, "bytes": 311, "language": "python"})
        found += [cell] * 40
        found.append(Event("session.signed_in", person, Object("person", person.ref), Subjects.none(), source))
        found.append(Event("egress.submitted", person, request, data, source, detail={"n": 0, "files": ["ab" * 32]}))
        found.append(
            Event("gate.refused", person, workspace, Subjects.none(), source, outcome="denied", reason="raw_download")
        )
    chance.shuffle(found)
    return found


class _Template:
    """One composed event, of which further entries are made by replacing what is their own."""

    def __init__(self, event: Event) -> None:
        self.opening = seal(event.source.ip or "")
        body = build(event, at=BEGAN, component="gate", commitments={"source.ip": self.opening.commitment()})
        self.body: Body = check(body)
        text = dump(self.body)
        commitment = self.opening.commitment().hex().encode()
        marks = {b"%C": commitment, b"%I": event.id.encode(), b"%T": timestamp(BEGAN).encode(), b"%N": b'"n":0'}
        for mark, value in marks.items():
            text = text.replace(value, b'"n":%N' if mark == b"%N" else mark)
        self.parts = text
        self.columns: Columns = columns(self.body)
        self.links = sorted(links(self.body))

    def entry(self, index: int, at: str, event_id: str, commitment: str) -> tuple[bytes, Columns]:
        """Return body and columns of one more entry."""
        text = self.parts.replace(b"%C", commitment.encode()).replace(b"%I", event_id.encode())
        text = text.replace(b"%T", at.encode()).replace(b"%N", b"%d" % index)
        return text, self.columns._replace(ts=at, event_id=event_id)


def fill(home: Path, size: int, *, told: Callable[[int], None] = lambda done: None) -> AuditLog:
    """Make a log of `size` entries in a directory, with a checkpoint every tenth of it, and return it."""
    url = f"sqlite:///{home / 'ansim.db'}"
    db = Database.open(url)
    metadata.create_all(db.engine)
    keys = LogKeys.load_or_create(home / "keys")
    log = AuditLog(db, keys, component="gate", origin=ORIGIN, log_dir=home / "log")
    templates = [_Template(event) for event in stories()]
    key_id, key = _subject_key(db, keys)
    connection = sqlite3.connect(home / "ansim.db", isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")  # as it is loaded nothing is promised
    closed: list[list[bytes]] = []
    step = max(BATCH, size // 10)
    for start in range(0, size, BATCH):
        rows = _Rows(start, min(start + BATCH, size), templates, key_id, key)
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_ENTRY, rows.entries)
        connection.executemany(_LINK, rows.links)
        connection.executemany(_SIDECAR, rows.sidecar)
        connection.executemany(_TILE, _tiles(start, rows.hashes, closed))
        connection.execute("COMMIT")
        if (start + BATCH) // step != start // step:
            log.checkpoint()
        told(min(start + BATCH, size))
    connection.close()
    log.checkpoint()
    return log


class _Rows:
    """The rows of one batch of entries."""

    def __init__(self, start: int, end: int, templates: list[_Template], key_id: str, key: AESGCM) -> None:
        self.entries: list[tuple[Any, ...]] = []
        self.links: list[tuple[str, str, int]] = []
        self.sidecar: list[tuple[bytes, str, bytes, bytes]] = []
        self.hashes: list[bytes] = []
        noise = os.urandom((end - start) * (SALT_BYTES + _NONCE + 8))
        step = len(noise) // (end - start)
        for offset, index in enumerate(range(start, end)):
            random_part = noise[offset * step : (offset + 1) * step]
            template = templates[index % len(templates)]
            opening = Opening(random_part[:SALT_BYTES], template.opening.text)
            commitment, nonce = opening.commitment(), random_part[SALT_BYTES : SALT_BYTES + _NONCE]
            at = BEGAN + timedelta(seconds=index)
            event_id = _event_id(int(at.timestamp() * 1000), random_part[-8:])
            body, row = template.entry(index, timestamp(at), event_id, commitment.hex())
            leaf = leaf_hash(body)
            self.hashes.append(leaf)
            self.entries.append((index, leaf, body, *row))
            self.links += [(kind, ref, index) for kind, ref in template.links]
            sealed = key.encrypt(nonce, opening.to_bytes(), _VALUE_LABEL + commitment)
            self.sidecar.append((commitment, key_id, nonce, sealed))


def _tiles(start: int, hashes: list[bytes], closed: list[list[bytes]]) -> Iterator[tuple[int, int, bytes, bytes]]:
    for offset in range(0, len(hashes) - 255, 256):
        level, n, tile = 0, (start + offset) // 256, hashes[offset : offset + 256]
        while True:
            root = fold(tile)
            yield level, n, b"".join(tile), root
            if len(closed) == level:
                closed.append([])
            closed[level].append(root)
            if len(closed[level]) < 256:
                break
            tile, closed[level] = closed[level], []
            level, n = level + 1, n // 256


def _event_id(milliseconds: int, noise: bytes) -> str:
    digits, tail = f"{milliseconds:012x}", noise.hex()
    return f"{digits[:8]}-{digits[8:]}-7{tail[:3]}-8{tail[3:6]}-{tail[4:16]}"


def _subject_key(db: Database, keys: LogKeys) -> tuple[str, AESGCM]:
    """Return a key that sealed values of the benchmark lie under, made as the log makes them."""
    from audit.subject_keys import SubjectKeys

    with db.begin() as tx:
        key = SubjectKeys(keys.sidecar).live(tx, "zone", timestamp(BEGAN))
        return key.key_id, key.sealing
