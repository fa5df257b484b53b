"""Use cases of packages: what a project may install, asking for more, deciding, and the record of what was taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Row, insert, select, update

from audit.canonical import JSON
from audit.db import Database
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.refs import new_ref
from registry import forms, queries, tables
from registry.desk import Desk, as_actor, utc_now
from registry.errors import Conflict, Denied, NotFound
from registry.model import Person, Workspace
from registry.packages.model import Allowance, PackageRequest, State
from registry.packages.names import check_name
from registry.packages.policy import load_package_policy
from registry.packages.shelf import Shelf, Wheel, with_what_they_require
from registry.service import Registry
from registry.text import Text

OPEN_REQUESTS = 10
"""Undecided requests of one project at a time: what a person reads is read by somebody."""
_TABLE = tables.package_request
_DECIDED = {
    State.APPROVED: ("package_approved", Text("패키지 {name}: 허용되었습니다.", "The package {name} is now allowed.")),
    State.REFUSED: (
        "package_refused",
        Text("패키지 {name}: 허용되지 않았습니다.", "The package {name} is not allowed."),
    ),
}


class PackageDesk(Desk):
    """Which packages which project may use. Every change and every file taken is an event."""

    def __init__(
        self,
        db: Database,
        log: AuditLog,
        registry: Registry,
        home: Path,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Opens the desk of the zone in `home`, where policy and shelf lie."""
        super().__init__(db, log, clock=clock)
        self._registry = registry
        self._home = home
        self.shelf = Shelf(home)

    def allowance(self, project: str) -> Allowance:
        """What a project may install now. Raises: Invalid — the policy; Conflict — the shelf cannot be read."""
        policy, wheels = load_package_policy(self._home), self.shelf.wheels()
        tier = policy.tier(project)
        with self._db.read() as tx:
            granted = _approved(tx, project)
        named = tier.packages | granted | ({one.package for one in wheels} if tier.everything else set())
        return Allowance(tier, policy.digest, frozenset(named), with_what_they_require(named, wheels))

    def requests(self, project: str | None = None) -> list[PackageRequest]:
        """Every request, or those of one project, the newest first."""
        wanted = select(_TABLE).order_by(_TABLE.c.asked_at.desc(), _TABLE.c.ref)
        if project is not None:
            wanted = wanted.where(_TABLE.c.project == project)
        with self._db.read() as tx:
            return [_request(row) for row in tx.execute(wanted)]

    def ask(
        self, person: Person, project: str, package: str, why: str, *, source: Source, by: Actor | None = None
    ) -> PackageRequest:
        """Asks for a package; `by` is the person with a session, where there is one.

        Raises: Invalid, Denied — not somebody who works in the project, or too many are undecided; Conflict — it is
        allowed or asked for already.
        """
        name, reason = check_name(package), forms.check_paragraphs("why", why, longest=2000)
        allowed = name in self.allowance(forms.check_slug("project", project)).packages
        refusal = self._refusal(person, project)  # before the transaction: it may make the name of a first workspace
        with self._changing(
            "package.asked", Object("project", project, project), by=by or as_actor(person), source=source, own=True
        ) as change:
            if refusal is not None:
                raise refusal
            if allowed:
                raise Conflict("package_allowed", _ALLOWED.fill(name=name))
            _check_may_ask(change.tx, project, name)
            new = PackageRequest(
                new_ref("pkg"), project, name, State.ASKED, reason, None, person.ref, change.now, None, None
            )
            _keep(change.tx, new)
            change.detail.update(request=new.ref)
            change.sealed.update(package=name, why=reason)
        return new

    def decide(self, ref: str, state: State, note: str = "", *, by: Actor, source: Source) -> PackageRequest:
        """Allows or refuses what was asked for, and tells who asked.

        Raises: NotFound, Invalid, Denied, Conflict — it was decided already.
        """
        said = forms.check_paragraphs("note", note, longest=2000) if note.strip() else None
        found = self._found(ref)
        about = Object("project", found.project, found.project)
        with self._changing(f"package.{_verdict(state)}", about, by=by, source=source) as change:
            moved = change.tx.execute(
                update(_TABLE)
                .where(_TABLE.c.ref == ref, _TABLE.c.state == State.ASKED.value)
                .values(state=state.value, note=said, decided_by=change.actor.ref, decided_at=change.now)
            )
            if moved.rowcount != 1:
                raise Conflict("package_decided", _DECIDED_ALREADY)
            change.detail.update(request=ref)
            change.sealed.update(package=found.package, **({"note": said} if said else {}))
            if found.asked_by is not None:
                code, text = _DECIDED[state]
                self.tell(change.tx, found.asked_by, code, text.fill(name=found.package))
        return self._found(ref)

    def allow(self, project: str, package: str, *, by: Actor, source: Source) -> PackageRequest:
        """Allows a project a package that nobody asked for. Raises: Invalid, NotFound, Denied, Conflict."""
        name, about = check_name(package), Object("project", forms.check_slug("project", project), project)
        with self._changing("package.approved", about, by=by, source=source) as change:
            queries.project(change.tx, project, lock=True)
            if name in _approved(change.tx, project):
                raise Conflict("package_allowed", _ALLOWED.fill(name=name))
            now, who = change.now, change.actor.ref
            new = PackageRequest(new_ref("pkg"), project, name, State.APPROVED, "", None, None, now, who, now)
            _keep(change.tx, new)
            change.detail.update(request=new.ref)
            change.sealed.update(package=name)
        return new

    def revoke(self, ref: str, *, by: Actor, source: Source) -> PackageRequest:
        """Takes back what was allowed; what is installed in workspaces stays there. Raises: NotFound, Denied,
        Conflict.
        """
        found = self._found(ref)
        about = Object("project", found.project, found.project)
        with self._changing("package.revoked", about, by=by, source=source) as change:
            moved = change.tx.execute(
                update(_TABLE)
                .where(_TABLE.c.ref == ref, _TABLE.c.state == State.APPROVED.value)
                .values(state=State.REVOKED.value, decided_by=change.actor.ref, decided_at=change.now)
            )
            if moved.rowcount != 1:
                raise Conflict("package_not_allowed", _NOT_ALLOWED)
            change.detail.update(request=ref)
            change.sealed.update(package=found.package)
        return self._found(ref)

    def record_taken(self, person: Person, workspace: Workspace, wheel: Wheel, policy: str, *, source: Source) -> None:
        """Records that a workspace takes a file, before its first byte goes."""
        about = Object("workspace", workspace.ref, workspace.project, wheel.sha256)
        detail: dict[str, JSON] = {"package": wheel.package, "version": _parts(wheel), "bytes": wheel.size}
        self._log.record(
            Event("package.taken", as_actor(person), about, Subjects.none(), source, policy=policy, detail=detail),
            wait="durable",
        )

    def record_missed(self, person: Person, workspace: Workspace, package: str, *, source: Source) -> None:
        """Records that a workspace looked for a package that its project may not use."""
        about = Object("workspace", workspace.ref, workspace.project)
        event = Event(
            *("package.missed", as_actor(person), about, Subjects.none(), source),
            outcome="denied", reason="package_not_allowed", sealed={"package": package},
        )  # fmt: skip
        self._log.record(event, wait="durable")

    def shelve(self, wheels: list[Wheel], *, by: Actor, source: Source) -> None:
        """Puts wheels on the list, whose files lie on the shelf already; one of the same name is replaced.

        Raises: Denied, Conflict — the list cannot be read.
        """
        files = {one.file for one in wheels}
        with self.shelf.changing():
            with self._changing("package.shelved", Object("zone", "packages"), by=by, source=source) as change:
                change.detail.update(wheels=[[one.package, _parts(one), one.sha256] for one in wheels])
                kept = [one for one in self.shelf.wheels() if one.file not in files]
            self.shelf.write([*kept, *wheels])  # what no event says was never on the list

    def unshelve(self, package: str, *, by: Actor, source: Source) -> int:
        """Takes every wheel of a package off the shelf; returns how many. Raises: Invalid, NotFound, Denied."""
        name = check_name(package)
        with self.shelf.changing():
            with self._changing("package.unshelved", Object("zone", "packages"), by=by, source=source) as change:
                gone = self.shelf.of(name)
                if not gone:
                    raise NotFound("package_unknown", _NOT_ON_SHELF.fill(name=name))
                change.detail.update(wheels=[[one.package, _parts(one), one.sha256] for one in gone])
                kept = [one for one in self.shelf.wheels() if one.package != name]
            self.shelf.write(kept)
        for wheel in gone:
            self.shelf.path(wheel).unlink(missing_ok=True)
            self.shelf.metadata_path(wheel).unlink(missing_ok=True)
        return len(gone)

    def _refusal(self, person: Person, project: str) -> Denied | None:
        try:
            self._registry.may_work(person.handle, project)
        except Denied as refusal:
            return refusal
        return None

    def _found(self, ref: str) -> PackageRequest:
        with self._db.read() as tx:
            row = tx.execute(select(_TABLE).where(_TABLE.c.ref == ref)).one_or_none()
        if row is None:
            raise NotFound("package_request_unknown", _UNKNOWN)
        return _request(row)


_ALLOWED = Text("이미 쓸 수 있는 패키지입니다: {name}", "The project may use this package already: {name}")
_ASKED = Text("이미 신청되어 결정을 기다리는 패키지입니다: {name}", "This package is asked for already: {name}")
_TOO_MANY = Text(
    f"결정을 기다리는 신청이 {OPEN_REQUESTS}건입니다. 결정된 뒤에 다시 신청하십시오.",
    f"{OPEN_REQUESTS} requests of this project wait for a decision. Ask again when some are decided.",
)
_DECIDED_ALREADY = Text("이미 결정된 신청입니다.", "This request is decided already.")
_NOT_ALLOWED = Text("허용되어 있지 않은 신청입니다.", "This request is not an allowance in force.")
_NOT_ON_SHELF = Text("보관함에 없는 패키지입니다: {name}", "The shelf holds no such package: {name}")
_UNKNOWN = Text("이런 패키지 신청이 없습니다.", "There is no such package request.")


def _verdict(state: State) -> str:
    if state not in _DECIDED:
        raise Conflict("package_decided", _DECIDED_ALREADY)
    return state.value


def _check_may_ask(tx: Connection, project: str, name: str) -> None:
    """Raises: Conflict — asked for already. Denied — too many wait."""
    queries.project(tx, project, lock=True)
    waiting = select(_TABLE.c.package).where(_TABLE.c.project == project, _TABLE.c.state == State.ASKED.value)
    known = [row.package for row in tx.execute(waiting)]
    if name in known:
        raise Conflict("package_asked", _ASKED.fill(name=name))
    if len(known) >= OPEN_REQUESTS:
        raise Denied("too_many_package_requests", _TOO_MANY)


def _approved(tx: Connection, project: str) -> frozenset[str]:
    wanted = select(_TABLE.c.package).where(_TABLE.c.project == project, _TABLE.c.state == State.APPROVED.value)
    return frozenset(row.package for row in tx.execute(wanted))


def _keep(tx: Connection, new: PackageRequest) -> None:
    values = {name: getattr(new, name) for name in PackageRequest.__slots__}
    tx.execute(insert(_TABLE).values(**{**values, "state": new.state.value}))


def _parts(wheel: Wheel) -> list[JSON]:
    """The version part by part: with its dots it may look like a network address, which the log keeps sealed."""
    return list(wheel.version.split("."))


def _request(row: Row[tuple[object, ...]]) -> PackageRequest:
    values = dict(row._mapping)
    return PackageRequest(**{**values, "state": State(values["state"])})
