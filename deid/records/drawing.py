"""Rows drawn again from the model that lies in a reviewed extract: the source is not opened, nothing new is learnt."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from audit.canonical import JSON
from audit.event import Object, Subjects
from audit.text import Text
from deid.announced import Announced
from deid.errors import DeidError
from deid.records import rules, store
from deid.records.desk import Acting, Desk
from deid.records.errors import Conflict
from deid.records.intake import found_adequate
from deid.records.model import Extract, Run
from deid.records.workflow import State

if TYPE_CHECKING:
    from deid.records.processing import Progress
    from deid.synth.model import Model
    from deid.synth.related_model import RelatedModel

USABLE = (State.ADEQUATE, State.MOUNTABLE)


def _quiet(_stage: str, _done: int, _every: int | None) -> None:
    return


class Drawing(Desk):
    """What is done with kept models."""

    def draw_again(self, ref: str, target: Path, rows: int, *, by: Acting, progress: Progress = _quiet) -> str:
        """Write so many new rows from the model of an extract; return the digest of the file.

        Where the extract has several tables the target is a new folder, `rows` is a number of people, and the digest
        is that of the files' digests in the order of the tables.

        Raises: NotFound, Denied. Conflict — without a model, a positive review, or files as they were reviewed.
        DataError. NotDurable — if it cannot be recorded; nothing is written then.
        """
        from deid.synth.kept import files_drawn, opened_model, remove_drawn
        from deid.synth.service import digest_of

        extract = self.get(ref)
        self._log.settle()
        with self._refusals("deid.synthetic", extract, by), self._db.begin() as tx:
            extract = store.load(tx, ref)
            rules.check_maker(self._standing(tx, extract, by))
            data = self._reviewed_model(tx, extract)
        model, draft = opened_model(data), extract.draft
        files = files_drawn(model, target)
        about = Object("dataset", draft.dataset, project=draft.project)
        subjects = Subjects.datasets([(draft.dataset, extract.version or 0, draft.people)])
        announced = Announced(
            self._log, "deid.synthetic", model.policy.digest, by.actor, subjects, by.source, by.on_behalf_of
        )
        facts: dict[str, JSON] = {"extract": ref, "model": hashlib.sha256(data).hexdigest(), "rows": rows}
        intent = announced.record("intent", about, detail=facts)
        try:
            _write(model, ref, target, rows, progress)
        except BaseException as error:
            reason = error.reason_code if isinstance(error, DeidError) else "interrupted"
            announced.record("failed", about, intent_id=intent, reason=reason)
            raise
        digest = digest_of(files)
        try:
            announced.record("ok", replace(about, sha256=digest), intent_id=intent, detail=facts)
        except BaseException:
            # What is not recorded must not be there, whether the log failed or somebody pressed Ctrl-C just now.
            remove_drawn(files, target)
            raise
        return digest

    def _reviewed_model(self, tx: Connection, extract: Extract) -> bytes:
        """Return the model of an extract that was found adequate and has not ended, with files and log as then."""
        run, review = extract.run, extract.review
        wanted = None if run is None or run.synthetic is None else run.synthetic.get("model")
        if run is None or wanted is None:
            raise Conflict(
                "no_model",
                Text(
                    "이 추출본에는 모형이 없습니다. 합성 정책에 save_model: true를 적고 다시 만드십시오.",
                    "This extract keeps no model. Write save_model: true into its synthetic policy and make it anew.",
                ),
            )
        if extract.state not in USABLE or review is None or not found_adequate(tx, run, review):
            raise Conflict(
                "not_reviewed",
                Text(
                    "적정성 검토에서 적정으로 판정된 추출본의 모형만 쓸 수 있습니다.",
                    "Only the model of an extract that a review found adequate may be used.",
                ),
            )
        if self._clock() >= extract.draft.ends_at:
            raise Conflict(
                "extract_ended", Text("이 추출본의 처리 기간이 끝났습니다.", "The period of this extract has ended.")
            )
        rules.check_bytes(run, self._house.manifest(run.directory)[0])
        rules.check_gate(run)
        return _model_in(run, wanted)


def _write(model: Model | RelatedModel, ref: str, target: Path, rows: int, progress: Progress) -> None:
    from deid.synth.engine import fresh_random
    from deid.synth.kept import write_drawn

    policy = model.policy
    described = {"synthetic": True, "policy": policy.name, "policy_digest": policy.digest, "extract": ref}
    write_drawn(model, target, rows, described, fresh_random(), lambda done, every: progress("draw", done, every))


def _model_in(run: Run, wanted: str) -> bytes:
    from deid.synth.kept import SUFFIX

    for path in sorted(run.directory.glob(f"*{SUFFIX}")):
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() == wanted:
            return data
    raise Conflict("files_changed", Text("모형 파일이 바뀌었습니다.", "The file of the model changed."))
