"""Rows drawn again from the model that lies in a reviewed extract: the source is not opened, nothing new is learnt."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from audit.canonical import JSON
from audit.errors import AuditError
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

USABLE = (State.ADEQUATE, State.MOUNTABLE)


def _quiet(_stage: str, _done: int, _every: int | None) -> None:
    return


class Drawing(Desk):
    """What is done with kept models."""

    def draw_again(self, ref: str, target: Path, rows: int, *, by: Acting, progress: Progress = _quiet) -> str:
        """Write so many new rows from the model of an extract; return the digest of the file.

        Raises: NotFound, Denied. Conflict — without a model, a positive review, or files as they were reviewed.
        DataError. NotDurable — if it cannot be recorded; nothing is written then.
        """
        from deid.records.processing import sha256_of
        from deid.synth.model import read_model
        from deid.targets import refuse_target

        refuse_target(target)
        extract = self.get(ref)
        self._log.settle()
        with self._refusals("deid.synthetic", extract, by), self._db.begin() as tx:
            extract = store.load(tx, ref)
            rules.check_maker(self._standing(tx, extract, by))
            data = self._reviewed_model(tx, extract)
        model, draft = read_model(data), extract.draft
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
        digest = sha256_of(target)
        try:
            announced.record("ok", replace(about, sha256=digest), intent_id=intent, detail=facts)
        except AuditError:
            # What is not recorded must not be there.
            target.unlink(missing_ok=True)
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


def _write(model: Model, ref: str, target: Path, rows: int, progress: Progress) -> None:
    from deid.synth.engine import fresh_random
    from deid.synth.kept import drawn_again
    from deid.targets import extract_file

    policy = model.policy
    described = {"synthetic": True, "policy": policy.name, "policy_digest": policy.digest, "extract": ref}
    with extract_file(target, described) as writer:
        for batch in drawn_again(model, rows, fresh_random(), lambda done, every: progress("draw", done, every)):
            writer.write(batch)


def _model_in(run: Run, wanted: str) -> bytes:
    from deid.synth.kept import SUFFIX

    for path in sorted(run.directory.glob(f"*{SUFFIX}")):
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() == wanted:
            return data
    raise Conflict("files_changed", Text("모형 파일이 바뀌었습니다.", "The file of the model changed."))
