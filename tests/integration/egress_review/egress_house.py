"""A desk with a registry, a log, a vault and a workspace, and short words for the steps of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.event import Source
from audit.note import Verifier
from audit.witness.policy import WitnessPolicy
from audit.witness.service import Witness
from egress_review import tables
from egress_review.model import Choice, Draft, Request
from egress_review.policy import load_policy
from egress_review.scanner import InProcessScanner
from egress_review.service import EgressDesk
from egress_review.vault import Vault
from registry.model import Person, Role, Workspace
from tests.databases import copy_home, database_in
from tests.integration.registry.registry_house import House, open_house

HERE = Source("203.0.113.9")
SAFE = "sex,n\nF,120\nM,130\n"
SMALL = "sex,n\nF,120\nM,3\n"
CONTEXT = "Patients of the cohort by sex, counted once each; n is the number of people."


@dataclass(slots=True)
class Zone:
    """Everything around one desk."""

    house: House
    desk: EgressDesk
    author: Person
    workspace: Workspace
    checkers: Mapping[str, Person]
    home: Path
    key: Ed25519PrivateKey
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def outbox(self) -> Path:
        return self.desk.outbox_of(self.workspace)

    @property
    def log_key(self) -> Verifier:
        return self.house.log._keys.verifier(self.house.log.origin)

    def write(self, name: str, content: str | bytes) -> str:
        data = content.encode() if isinstance(content, str) else content
        (self.outbox / name).write_bytes(data)
        return name

    def draft(self, *names: str, **changes: Any) -> Draft:
        given = {"title": "Cohort by sex", "purpose": "For a paper", "context": CONTEXT, "controls": ""} | changes
        return Draft(files=tuple(names) or ("table.csv",), **given)

    def submit(self, content: str | bytes = SAFE, name: str = "table.csv", **changes: Any) -> Request:
        self.write(name, content)
        return self.desk.submit(self.author, self.workspace, self.draft(name, **changes), source=HERE)

    def in_review(self, content: str | bytes = SAFE, **changes: Any) -> Request:
        return self.desk.scan(self.submit(content, **changes).ref)

    def vote(self, who: str, request: Request, choice: Choice = Choice.APPROVE, **changes: Any) -> Request:
        given: dict[str, Any] = {
            "comment": "" if choice is Choice.APPROVE else "please round the counts",
            "round": request.round,
            "confirm": request.confirm_code,
            "votes": {file.sha256: choice for file in request.outputs},
        } | changes
        return self.desk.vote(
            self.checkers[who],
            request.ref,
            given["votes"],
            given["comment"],
            given["round"],
            given["confirm"],
            source=HERE,
        )

    def approved(self, **changes: Any) -> Request:
        request = self.in_review(**changes)
        self.vote("hana", request)
        return self.vote("duri", request)

    def released(self, **changes: Any) -> Request:
        return self.desk.release(self.approved(**changes).ref)

    def actions(self, ref: str) -> list[str]:
        """The audit actions on one request, in order."""
        return [str(body["action"]) for body in self.house.entries() if body["object"]["ref"] == ref]

    def reopened(self, **changes: Any) -> EgressDesk:
        """Another desk on the same database and directories, as after a restart."""
        return EgressDesk(self.house.db, self.house.log, self.house.registry, **(self.options | changes))


def open_zone(url: str, home: Path, **changes: Any) -> Zone:
    """A zone with one researcher at work and three checkers, one of them a member of the project."""
    house = open_house(url, home)
    tables.metadata.create_all(house.db.engine)
    author = house.at_work().person
    checkers = {name: house.join(name, Role.CHECKER).person for name in ("hana", "duri", "member")}
    checkers["senior"] = house.join("senior", Role.SENIOR_CHECKER).person
    house.member("member")
    workspace = house.registry.workspace(author.ref, "gibleed")
    return _put_together(house, home, author, workspace, checkers, Ed25519PrivateKey.generate(), changes)


def copied_zone(first: Zone, home: Path) -> Zone:
    """Another zone as one was when it was closed; joining hashes passwords slowly on purpose."""
    copy_home(first.home, home)
    house = open_house(database_in(home), home)
    house.accounts.update(first.house.accounts)
    return _put_together(house, home, first.author, first.workspace, dict(first.checkers), first.key, {})


def _put_together(
    house: House,
    home: Path,
    author: Person,
    workspace: Workspace,
    checkers: Mapping[str, Person],
    key: Ed25519PrivateKey,
    changes: Mapping[str, Any],
) -> Zone:
    options: dict[str, Any] = {
        "vault": Vault(home / "vault"),
        "releases_dir": home / "releases",
        "workspaces_dir": home / "workspaces",
        "policy": load_policy("kr-default"),
        "scanner": InProcessScanner(),
        "release_key": key,
        "clock": house.clock,
    } | dict(changes)
    desk = EgressDesk(house.db, house.log, house.registry, **options)
    desk.outbox_of(workspace).mkdir(parents=True, exist_ok=True)
    return Zone(house, desk, author, workspace, checkers, home, key, options)


def ask_for(zone: Zone, home: Path, port: int) -> Witness:
    """Let a zone ask for the signature of a witness at a port where nobody answers yet."""
    log = zone.house.log
    witness = Witness.create(home / "witness", "witness.example/1")
    witness.trust(log._keys.trusted(log.origin))
    zone.desk.witness_seconds = 0.05
    text = f"witness w {witness.verifiers[1].vkey()} http://127.0.0.1:{port}\nquorum w\n"
    log.witnesses = WitnessPolicy.parse(text)
    log._waits._policy = log.witnesses
    return witness
