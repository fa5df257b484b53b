"""What came before a request: the last version of each of its files, and what its project has released."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select

from audit.event import Source
from egress_review import store, tables
from egress_review.code_behind import CodeBehind
from egress_review.comparing import Comparison, compare
from egress_review.desk import Record, as_actor
from egress_review.errors import Denied, NotFound
from egress_review.model import Request
from egress_review.reading import CONTENT_STATES
from egress_review.standing import independent
from registry.model import Person, Role
from registry.text import Text

MOST_RELEASES = 50
"""Earlier releases that a screen lists, the latest."""


@dataclass(frozen=True, slots=True)
class Version:
    """A file of another request of the project, or of an earlier round of the same one."""

    ref: str
    round: int
    title: str
    name: str
    sha256: str
    size: int
    at: datetime
    """When it was handed in."""

    @property
    def key(self) -> str:
        """What names it in an address."""
        return f"{self.ref}/{self.round}/{self.sha256}"


@dataclass(frozen=True, slots=True)
class Release:
    """An earlier release of the project."""

    ref: str
    title: str
    released_at: datetime
    files: tuple[Version, ...]


class Earlier(CodeBehind):
    """What a result is held against."""

    def comparison(self, checker: Person, ref: str, sha256: str, key: str, *, source: Source) -> Comparison:
        """A file of a request side by side with another version; both looks are audit events.

        Raises: NotFound, Denied.
        """
        request = self.content_of(checker, ref)
        file = request.file(sha256)
        with self._db.read() as tx:
            _check_reviewer(tx, checker, request)
            version = next((one for one in _versions(tx, request) if one.key == key), None)
            if file is None or version is None:
                raise NotFound("file_unknown", Text(ko="그런 파일이 없습니다.", en="There is no such file."))
            other = store.load(tx, version.ref)
        compared = {"compared": [file.sha256, version.sha256]}
        with self._db.begin() as tx:
            for one, shown in ((request, file.sha256), (other, version.sha256)):
                record = Record(actor=as_actor(checker), source=source, detail=compared)
                self._record(tx, one, "egress.viewed", record, sha256=shown)
        return compare(self._preview(version.sha256), self._preview(file.sha256))


def _check_reviewer(tx: Connection, person: Person, request: Request) -> None:
    """Refuse whoever neither reviews the request nor reads everything.

    Raises: Denied
    """
    if person.ref == request.author_ref:
        raise Denied("own_request", Text(ko="심사자의 화면입니다.", en="This is for reviewers."))
    if not person.has(Role.COMPLIANCE_OFFICER):
        independent(tx, person, request)


def last_versions(tx: Connection, request: Request) -> dict[str, Version]:
    """The last version of each file of a request by its name, by the hash of the present one; none where it is new."""
    found: dict[str, Version] = {}
    for version in _versions(tx, request, tables.file.c.name.in_({file.name for file in request.files})):
        found.setdefault(version.name, version)
    return {file.sha256: found[file.name] for file in request.files if file.name in found}


def _versions(tx: Connection, request: Request, *conditions: object) -> Iterable[Version]:
    """Files that the project handed in before the present round and that a reviewer may look into, latest first."""
    table, file, said = tables.request.c, tables.file.c, tables.said.c
    rows = tx.execute(
        select(file.request_ref, file.round, said.title, file.name, file.sha256, file.size, said.at)
        .join_from(tables.file, tables.request, table.ref == file.request_ref)
        .join(tables.said, and_(said.request_ref == file.request_ref, said.round == file.round))
        .where(
            table.project == request.project,
            table.state.in_([state.value for state in CONTENT_STATES]),
            or_(said.at < request.submitted_at, and_(file.request_ref == request.ref, file.round < request.round)),
            *conditions,  # type: ignore[arg-type]
        )
        .order_by(said.at.desc(), file.request_ref, file.round.desc(), file.name)
    )
    return [Version(*row) for row in rows]


def releases(tx: Connection, request: Request) -> Iterable[Release]:
    """What the project released before, the latest first, with its files."""
    table, file = tables.request.c, tables.file.c
    rows = tx.execute(
        select(table.ref, table.title, table.round, table.released_at, table.submitted_at)
        .where(table.project == request.project, table.released_at.is_not(None), table.ref != request.ref)
        .order_by(table.released_at.desc(), table.ref)
        .limit(MOST_RELEASES)
    ).all()
    rounds = {row.ref: row for row in rows}
    files: dict[str, list[Version]] = {}
    for one in tx.execute(select(tables.file).where(file.request_ref.in_(rounds), file.kind == "output")):
        row = rounds[one.request_ref]
        if one.round == row.round:
            version = Version(row.ref, row.round, row.title, one.name, one.sha256, one.size, row.submitted_at)
            files.setdefault(row.ref, []).append(version)
    for row in rows:
        yield Release(row.ref, row.title, row.released_at, tuple(files.get(row.ref, ())))
