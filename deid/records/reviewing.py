"""The reviewer's verdict, and the registration that nothing but a positive one opens."""

from __future__ import annotations

from collections.abc import Iterable

from audit.text import Text
from deid.records import rules, store
from deid.records.desk import Acting, Desk
from deid.records.errors import Conflict, RecordError
from deid.records.intake import positively_reviewed
from deid.records.model import Extract, Review, Verdict
from deid.records.workflow import Party, State, move_for


class Reviewing(Desk):
    """What reviewers and stewards do."""

    def review(
        self,
        ref: str,
        verdict: Verdict,
        *,
        binding: str,
        reason: str,
        conditions: str = "",
        checked: Iterable[str] = (),
        by: Acting,
    ) -> Extract:
        """Find an extract adequate or not; `binding` names what was looked at.

        Only a person who acts in their own name reviews.
        Raises: NotFound, Denied, Conflict — other bytes, another run or an altered record. Invalid.
        """
        chosen = tuple(dict.fromkeys(checked))
        rules.check_verdict(verdict, reason, conditions, chosen)
        target = State.ADEQUATE if verdict is Verdict.ADEQUATE else State.INADEQUATE
        with self._moving(ref, "extract.reviewed", by, Party.REVIEWER, target=target) as writing:
            run = self._sound_run(writing, given=binding)
            writing.sha256, writing.policy = run.manifest_sha256, run.policy_sha256
            writing.detail.update(run=run.number, binding=run.binding, verdict=verdict.value, checked=list(chosen))
            writing.sealed["reason"] = reason.strip()
            if conditions.strip():
                writing.sealed["conditions"] = conditions.strip()
            found = Review(
                run=run.number,
                verdict=verdict,
                reason=reason.strip(),
                conditions=conditions.strip(),
                checked=chosen,
                binding=run.binding,
                by_ref=by.ref,
                at=writing.now,
                event_id=writing.event_id,
            )
            store.insert_review(writing.tx, ref, found)
        return self.get(ref)

    def why_not(self, extract: Extract, *, by: Acting) -> RecordError | None:
        """Return why somebody may not review an extract now; None if they may."""
        try:
            move_for(extract.state, "extract.reviewed")
            with self._db.begin() as tx:
                self._check(tx, extract, by, Party.REVIEWER)
        except RecordError as refusal:
            return refusal
        return None

    def register(self, ref: str, *, by: Acting) -> Extract:
        """Make a positively reviewed extract a version of its dataset, which projects may then be granted.

        The registry hashes every file again and asks `intake.admit`, in the transaction of the version.
        Raises: NotFound, Denied, Conflict, and what the registry raises.
        """
        extract = self.get(ref)
        move_for(extract.state, "extract.admitted")
        self._log.settle()
        with self._refusals("extract.admitted", extract, by), self._db.begin() as tx:
            rules.check_party(Party.STEWARD, self._standing(tx, extract, by))
            reviewed = positively_reviewed(tx, extract)
        if reviewed is None or extract.run is None:
            raise Conflict(
                "record_altered",
                Text(
                    "검토 기록이 감사 기록과 맞지 않아 등록할 수 없습니다.",
                    "The review does not agree with the audit log: it cannot be registered.",
                ),
            )
        rules.check_admission(extract, by.ref)
        rules.check_bytes(extract.run, self._house.manifest(extract.run.directory)[0])
        self._house.register(extract, extract.run, by=by.actor, source=by.source)
        return self.get(ref)
