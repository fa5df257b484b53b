"""The maker's side: draft, make, hand in. What is made is on disk only if it is recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.refs import new_event_id, new_ref
from audit.text import Text
from deid.records import rules, store
from deid.records.desk import Acting, Desk, Writing, meanwhile
from deid.records.errors import Conflict
from deid.records.model import Draft, Extract, Run, Step
from deid.records.workflow import Party, State, move_for

if TYPE_CHECKING:
    from deid.records.order import Order
    from deid.records.processing import Progress

_REPLACED = "다시 처리함 · made anew"


def _quiet(_table: str, _done: int, _every: int | None) -> None:
    return


class Making(Desk):
    """What makers do."""

    def draft(self, draft: Draft, *, by: Acting) -> Extract:
        """Write down what is asked for.

        Raises: Invalid, Denied, and what the registry raises for an unknown project.
        """
        rules.check_draft(draft, self._clock())
        self._house.refuse_unknown_project(draft.project)
        ref, event_id, now = new_ref("x"), new_event_id(), self._clock()
        start = Step(1, State.DRAFT, by.ref, now, event_id)
        new = Extract(ref, draft, by.ref, now, (), (), (start,), None, None)
        with self._refusals("extract.drafted", new, by), self._db.begin() as tx:
            rules.check_maker(self._standing(tx, new, by))
            store.insert_draft(tx, ref, draft, by.ref, now)
            store.insert_step(tx, ref, start)
            writing = Writing(tx, new, now, event_id)
            writing.detail.update(purpose=draft.kind.value, use=draft.use)
            writing.sealed["purpose"] = draft.purpose
            self._append(writing, "extract.drafted", by)
        return new

    def process(self, ref: str, order: Order, *, by: Acting, progress: Progress = _quiet) -> Extract:
        """Make the files of an extract by its policies and measure them; after a negative review this is a new run.

        Raises: NotFound, Denied, Conflict, Invalid, and what making raises; no files are left behind then.
        """
        from deid.key_users import of_owner
        from deid.records.processing import Workshop, make_tables, remove
        from deid.records.synthesising import make_synthetic
        from deid.service import DeidDesk

        extract = self._admitted(ref, order, by)
        number = len(extract.runs) + 1
        directory = self._directory / extract.draft.dataset / f"{ref}.{number}"
        keys = self._keys()
        desk = DeidDesk(self._log, keys)
        making = Workshop(desk, by.actor, by.source, progress, self._recognisers(), ref, by.on_behalf_of)
        replaced = of_owner(keys, ref, rules.digests_of(extract))
        remove(directory)
        made = (make_synthetic if order.synthetic else make_tables)(making, extract.draft, order.items, directory)
        try:
            manifest, files = self._house.manifest(directory)
            run = Run(
                ref=ref,
                number=number,
                directory=directory,
                manifest_sha256=manifest,
                files=files,
                policy_sha256=made.policy_sha256,
                linkage_domain=made.linkage_domain,
                key_version=made.key_version,
                tables=made.tables,
                levels=made.levels,
                risk=made.risk,
                binding="",
                by_ref=by.ref,
                at=self._clock(),
                event_id=new_event_id(),
            )
            done = self._processed(replace(run, binding=rules.binding_of(run)), by)
        except BaseException:
            # What is not recorded must not be there.
            remove(directory)
            raise
        for earlier in extract.runs:
            remove(earlier.directory)
        for use in replaced:
            desk.end_use(
                use.ref, _REPLACED, by=by.actor, source=by.source, on_behalf_of=by.on_behalf_of, of_extract=ref
            )
        return done

    def _admitted(self, ref: str, order: Order, by: Acting) -> Extract:
        """The extract, which may be made now, by this person, as it was asked for."""
        extract = self.get(ref)
        with self._refusals("extract.processed", extract, by), self._db.begin() as tx:
            extract = store.load(tx, ref)
            move_for(extract.state, "extract.processed")
            rules.check_maker(self._standing(tx, extract, by))
        if order.draft != extract.draft:
            raise Conflict(
                "other_order",
                Text(
                    "목적이나 대상이 처음 신청과 다릅니다. 새 추출본으로 만드십시오.",
                    "The order asks for something else than the draft. Make a new extract of it.",
                ),
            )
        return extract

    def _processed(self, run: Run, by: Acting) -> Extract:
        with self._moving(run.ref, "extract.processed", by, Party.MAKER, event_id=run.event_id) as writing:
            if len(writing.extract.runs) + 1 != run.number:
                raise meanwhile()
            writing.sha256, writing.policy = run.manifest_sha256, run.policy_sha256
            store.insert_run(writing.tx, run)
            suppressed = sum(int(table["suppressed"]) for table in run.tables)
            writing.detail.update(
                run=run.number,
                binding=run.binding,
                tables=len(run.tables),
                rows=run.rows,
                suppressed=suppressed,
                risk=rules.digest(run.risk),
            )
            if run.synthetic is None:
                writing.detail.update(key_version=run.key_version, linkage_domain=run.linkage_domain)
            else:
                writing.detail["synthetic"] = True
        return self.get(run.ref)

    def submit(self, ref: str, *, by: Acting) -> Extract:
        """Ask for the adequacy review of the latest run.

        Raises: NotFound, Denied, Conflict — also if a file changed since the run.
        """
        with self._moving(ref, "extract.submitted", by, Party.MAKER) as writing:
            run = self._sound_run(writing)
            writing.sha256, writing.policy = run.manifest_sha256, run.policy_sha256
            writing.detail.update(run=run.number, binding=run.binding)
        return self.get(ref)
