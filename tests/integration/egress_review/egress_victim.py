"""A worker that kills itself in the middle of a step: a release, a scan, a vote, a draft handed in, tidying up.

It sends itself SIGKILL at the Nth thing that touches the disk or the database; N = 0 lets it live.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import event

from audit.db import Database
from audit.keys import LogKeys
from audit.log import AuditLog
from egress_review.model import Choice
from egress_review.policy import load_policy
from egress_review.scanner import InProcessScanner
from egress_review.service import EgressDesk
from egress_review.vault import Vault
from registry.service import Registry
from tests.integration.egress_review.egress_house import HERE
from tests.integration.registry.registry_house import NOTICE, Clock

LATER = 400
"""Days after which everything that can be given up or removed is."""
TOUCHES = frozenset(("open", "os.rename", "os.mkdir", "os.remove", "os.link", "os.chmod", "shutil.rmtree"))


def url_of(home: Path) -> str:
    """Where the database of a zone is: what the file `url` says, else a SQLite file beside it."""
    kept = home / "url"
    return kept.read_text() if kept.exists() else f"sqlite:///{home / 'ansim.db'}"


def open_desk(home: Path, database: Database | None = None) -> EgressDesk:
    """The desk of a zone that another process made."""
    db = database or Database.open(url_of(home))
    log = AuditLog(
        db,
        LogKeys.load_or_create(home / "keys"),
        component="worker",
        origin="ansim.example/audit",
        log_dir=home / "log",
    )
    registry = Registry(db, log, secrets_key=bytes(32), demo=False, notice_version=NOTICE, clock=Clock())
    return EgressDesk(
        db,
        log,
        registry,
        vault=Vault(home / "vault"),
        releases_dir=home / "releases",
        workspaces_dir=home / "workspaces",
        policy=load_policy("kr-default"),
        scanner=InProcessScanner(),
        release_key=Ed25519PrivateKey.from_private_bytes((home / "release.key").read_bytes()),
        clock=Clock(),
    )


def act(desk: EgressDesk, step: str, ref: str, checker: str) -> None:
    """Do the step."""
    if step == "release":
        desk.release(ref)
    elif step == "scan":
        desk.scan(ref)
    elif step == "hand in":
        desk.submit_draft(desk._registry.person("minji"), ref, source=HERE)
    elif step in ("give up", "purge"):
        desk._clock = Clock(Clock().now + timedelta(days=LATER))
        desk.sweep_seconds = -1.0
        desk.tidy()
    elif step == "step back":
        desk.recuse(desk._registry.person("hana"), ref, "a friend of mine", source=HERE)
    else:
        person = desk._registry.person(checker)
        request = desk.view(person, ref).request
        votes = {file.sha256: Choice.APPROVE for file in request.files}
        desk.vote(person, ref, votes, "", 1, request.confirm_code, source=HERE)


def die_at(home: Path, ref: str, step: str, last: int, says: Connection) -> None:
    """Count what touches disk or database, and die at the chosen one; whoever lives says how many there were."""
    desk = open_desk(home)
    count = 0

    def touched(*_: Any) -> None:
        nonlocal count
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)

    engine = desk._db.engine
    for name in ("before_cursor_execute", "commit"):
        event.listen(engine, name, touched)
    sys.addaudithook(lambda name, _: touched() if name in TOUCHES else None)
    act(desk, step, ref, "duri")
    says.send(count)
