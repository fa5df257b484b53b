"""Datasets that the zone holds: registered in versions, each compared with the disk before it is used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Connection, func, insert, select, update

from audit.event import Actor, Object, Source, Subjects
from registry import datasets, forms, queries, tables
from registry.datasets import Known, Seen
from registry.desk import Desk, Writing
from registry.errors import Conflict, Denied, Invalid
from registry.intake import Arrival, Reviews, basis
from registry.model import Dataset, DatasetCheck, DatasetVersion, Mount, WorkPermit
from registry.text import Text


class Holdings(Desk):
    """Use cases about datasets and their versions."""

    _demo: bool
    _dataset_roots: tuple[Path, ...]
    _reviews: Reviews
    _treated_outside: bool

    def dataset(self, dataset_id: str) -> Dataset:
        """The dataset with that id. Raises: NotFound."""
        with self._db.read() as tx:
            return queries.dataset(tx, dataset_id)

    def datasets(self) -> list[Dataset]:
        """All datasets, by id."""
        with self._db.read() as tx:
            return queries.datasets(tx)

    def versions(self, dataset_id: str) -> list[DatasetVersion]:
        """All versions of a dataset, the first first."""
        with self._db.read() as tx:
            return queries.versions(tx, dataset_id)

    def version(self, dataset_id: str, number: int) -> DatasetVersion:
        """One version of a dataset with its manifest. Raises: NotFound."""
        with self._db.read() as tx:
            return queries.version(tx, dataset_id, number)

    def register_dataset(
        self,
        dataset_id: str,
        title_ko: str,
        title_en: str,
        owner_org: str,
        people: int,
        directory: Path,
        *,
        sensitive: bool,
        demo: bool,
        outside: str = "",
        by: Actor,
        source: Source,
    ) -> DatasetVersion:
        """Registers a dataset with the files below `directory` as version 1; `people` are its data subjects.

        `outside` says who treated the data before it came, where the zone takes such data.
        Raises: Invalid — input or files cannot be used. Denied — also for real data in a demo zone, demo data in a
        real one, and data that was not reviewed. Conflict — the id is taken.
        """
        new = Dataset(
            id=forms.check_slug("dataset", dataset_id),
            title_ko=forms.check_line("title_ko", title_ko),
            title_en=forms.check_line("title_en", title_en),
            owner_org=forms.check_line("owner_org", owner_org),
            people=forms.check_people(people),
            sensitive=sensitive,
            demo=demo,
        )
        seen = datasets.scan(directory)
        version = _as_version(new.id, 1, directory, seen)
        with self._changing(
            "dataset.registered",
            Object("dataset", new.id, sha256=version.manifest_sha256),
            by=by,
            source=source,
            subjects=Subjects.datasets([(new.id, 1, new.people)]),
        ) as change:
            self._check_zone(new)
            datasets.check_place(directory, self._dataset_roots)
            _insert(change.tx, new)
            _keep(change, version, seen)
            self._take_in(change, version, source, demo=new.demo, outside=outside)
            change.detail.update(sensitive=new.sensitive, demo=new.demo)
        return version

    def add_version(
        self, dataset_id: str, directory: Path, *, outside: str = "", by: Actor, source: Source
    ) -> DatasetVersion:
        """Registers the files below `directory` as the next version of a dataset; earlier ones stay.

        `outside` is as for the first.
        Raises: NotFound, Invalid, Denied, Conflict — the files are those of a version that exists.
        """
        about = self.dataset(dataset_id)
        seen = datasets.scan(directory)
        digest = datasets.manifest_digest(tuple(one.file for one in seen))
        with self._changing(
            "dataset.version_added", Object("dataset", about.id, sha256=digest), by=by, source=source
        ) as change:
            self._check_zone(about)
            datasets.check_place(directory, self._dataset_roots)
            table = tables.dataset_version
            change.tx.execute(select(tables.dataset).where(tables.dataset.c.id == about.id).with_for_update())
            same = select(table.c.number).where(table.c.dataset == about.id, table.c.manifest_sha256 == digest)
            if change.tx.execute(same).first() is not None:
                raise Conflict(
                    "version_exists",
                    Text(
                        ko="같은 파일로 된 버전이 이미 있습니다.",
                        en="There is a version with exactly these files already.",
                    ),
                )
            last = change.tx.execute(select(func.max(table.c.number)).where(table.c.dataset == about.id)).scalar_one()
            version = _as_version(about.id, int(last) + 1, directory, seen)
            change.subjects = Subjects.datasets([(about.id, version.number, about.people)])
            _keep(change, version, seen)
            self._take_in(change, version, source, demo=about.demo, outside=outside)
        return version

    def check_dataset(
        self, dataset_id: str, number: int, *, by: Actor, source: Source, rehash: bool = True
    ) -> DatasetCheck:
        """Compares a version on disk with its manifest; the result is an event either way.

        With `rehash` false a file whose inode, size and change time are those of its last hashing is not read
        again, so that a start does not wait for gigabytes.
        Raises: NotFound, Denied. Invalid — the directory holds what no dataset may hold, or cannot be read.
        """
        with self._db.read() as tx:
            about = queries.dataset(tx, dataset_id)
            version = queries.version(tx, dataset_id, number)
            known = {} if rehash else _known(tx, version)
        seen, trouble = _look(version, known)
        with self._changing(
            "dataset.checked",
            Object("dataset", version.dataset, sha256=version.manifest_sha256),
            by=by,
            source=source,
            subjects=Subjects.datasets([(about.id, version.number, about.people)]),
        ) as change:
            change.detail.update(version=version.number, files=len(version.files), rehash=rehash)
            check = datasets.compare(version, tuple(one.file for one in seen))
            if trouble is not None:
                change.outcome, change.reason = "failed", trouble.code
            elif check.ok:
                _keep_stamps(change.tx, version, seen)
            else:
                change.outcome, change.reason = "failed", "differs"
                change.detail.update(missing=len(check.missing), changed=len(check.changed), added=len(check.added))
        if trouble is not None:
            raise trouble
        return check

    def check_mounts(self, permit: WorkPermit, *, by: Actor, source: Source) -> None:
        """Compares every dataset that a workspace is about to see with its manifest.

        Raises: Denied — one of them is not what was registered and granted.
        """
        for mount in permit.mounts:
            self._refuse_ended(mount, by=by, source=source)
            try:
                check = self.check_dataset(mount.dataset, mount.version, by=by, source=source, rehash=False)
            except Invalid as trouble:
                raise _not_as_registered(mount.dataset) from trouble
            if not check.ok or check.manifest_sha256 != mount.manifest_sha256:
                raise _not_as_registered(mount.dataset)

    def _take_in(self, change: Writing, version: DatasetVersion, source: Source, *, demo: bool, outside: str) -> None:
        """Raises: Denied — the files may not become a version."""
        arrival = Arrival(version.dataset, version.number, version.manifest_sha256, change.actor, source, change.now)
        reviewed = self._reviews.admit(change.tx, arrival)
        found = basis(reviewed=reviewed, demo=demo, outside_allowed=self._treated_outside, outside_reason=outside)
        change.detail["basis"] = found.value
        if outside.strip():
            change.sealed["treated_outside"] = outside.strip()

    def _refuse_ended(self, mount: Mount, *, by: Actor, source: Source) -> None:
        """Raises: Denied — the extract behind a mount has ended; that somebody wanted it is recorded."""
        with self._db.read() as tx:
            try:
                self._reviews.refuse_mount(tx, mount.dataset, mount.version, self._clock())
                return
            except Denied as ended:
                refusal = ended
        about = Object("dataset", mount.dataset, sha256=mount.manifest_sha256)
        whose = Subjects.datasets([(mount.dataset, mount.version, mount.people)])
        with self._changing("dataset.checked", about, by=by, source=source, subjects=whose):
            raise refusal

    def _check_zone(self, dataset: Dataset) -> None:
        if dataset.demo is self._demo:
            return
        if self._demo:
            raise Denied(
                "demo_zone",
                Text(
                    ko="시범 구역에는 시범 데이터만 등록할 수 있습니다.",
                    en="This is a demo zone: it takes demo data only.",
                ),
                hint=Text(
                    ko="실제 데이터는 `make up DEMO=no`로 만든 구역에 등록하십시오.",
                    en="Real data belongs into a zone made with `make up DEMO=no`.",
                ),
            )
        raise Denied(
            "not_a_demo_zone",
            Text(
                ko="실제 구역에는 시범 데이터를 등록할 수 없습니다.",
                en="This is not a demo zone: it takes no demo data.",
            ),
        )


def _insert(tx: Connection, new: Dataset) -> None:
    """Raises: Conflict — the id is taken."""
    known = select(tables.dataset.c.id).where(tables.dataset.c.id == new.id)
    if tx.execute(known).first() is not None:
        raise Conflict(
            "dataset_exists",
            Text(ko="이미 있는 데이터셋입니다.", en="There is a dataset with this id already."),
            hint=Text(
                ko="바뀐 파일은 새 버전으로 등록하십시오.",
                en="Register changed files as a new version.",
            ),
        )
    tx.execute(
        insert(tables.dataset).values(
            id=new.id,
            title_ko=new.title_ko,
            title_en=new.title_en,
            owner_org=new.owner_org,
            people=new.people,
            sensitive=new.sensitive,
            demo=new.demo,
        )
    )


def _look(version: DatasetVersion, known: Mapping[str, Known]) -> tuple[tuple[Seen, ...], Invalid | None]:
    try:
        return datasets.scan(version.path, known), None
    except Invalid as trouble:
        return (), trouble


def _as_version(dataset_id: str, number: int, directory: Path, seen: tuple[Seen, ...]) -> DatasetVersion:
    files = tuple(one.file for one in seen)
    return DatasetVersion(dataset_id, number, directory.absolute(), datasets.manifest_digest(files), files)


def _keep(change: Writing, version: DatasetVersion, seen: tuple[Seen, ...]) -> None:
    change.tx.execute(
        insert(tables.dataset_version).values(
            dataset=version.dataset,
            number=version.number,
            path=str(version.path),
            manifest_sha256=version.manifest_sha256,
            registered_at=change.now,
        )
    )
    change.tx.execute(
        insert(tables.dataset_file),
        [
            {
                "dataset": version.dataset,
                "number": version.number,
                "path": one.file.path,
                "size": one.file.size,
                "sha256": one.file.sha256,
                "stamp": one.stamp,
            }
            for one in seen
        ],
    )
    change.detail.update(version=version.number, files=len(version.files), bytes=version.size)


def _known(tx: Connection, version: DatasetVersion) -> dict[str, Known]:
    table = tables.dataset_file
    wanted = select(table.c.path, table.c.sha256, table.c.stamp).where(
        table.c.dataset == version.dataset, table.c.number == version.number
    )
    return {row.path: Known(row.sha256, row.stamp) for row in tx.execute(wanted)}


def _keep_stamps(tx: Connection, version: DatasetVersion, seen: tuple[Seen, ...]) -> None:
    table = tables.dataset_file
    known = _known(tx, version)
    for one in seen:
        if known[one.file.path].stamp != one.stamp:
            tx.execute(
                update(table)
                .where(
                    table.c.dataset == version.dataset,
                    table.c.number == version.number,
                    table.c.path == one.file.path,
                )
                .values(stamp=one.stamp)
            )


def _not_as_registered(dataset_id: str) -> Denied:
    return Denied(
        "dataset_changed",
        Text(
            ko="데이터셋 파일이 등록된 것과 다릅니다: {id}",
            en="The files of dataset {id} are not those that were registered.",
        ).fill(id=dataset_id),
        hint=Text(
            ko="운영자에게 알리십시오. `ansim registry dataset check`로 무엇이 다른지 볼 수 있습니다.",
            en="Tell an operator; `ansim registry dataset check` shows what differs.",
        ),
    )
