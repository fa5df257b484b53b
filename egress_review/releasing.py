"""The release: the one way out, taken by the machine, that can be cut off anywhere and taken up again.

    APPROVED --(votes still hold)--> RELEASING --(they do still; every byte re-hashed; record signed)--> RELEASED
        --(in the tree; cosigned, where the policy of witnesses asks for it)--> package on disk

The release is decided in one transaction with its audit event and its signed record; the package is made from that
record afterwards. So nothing lies in the releases that is not in the log, and a crash between the two is repaired
by calling again. Keys may be replaced between any two steps: each step takes those of its own moment, and says which.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Row, insert, select

from audit.canonical import JSON
from audit.errors import AuditError, NotWitnessed
from audit.note import Verifier, sign_note
from audit.proof import parse_proof
from egress_review import package, store, tables
from egress_review.choosing import assigned
from egress_review.desk import HERE, WORKER, Record
from egress_review.errors import Conflict, Denied, EgressError, NoRoom, NotAsRecorded, ReleaseFailed
from egress_review.for_readers import for_readers
from egress_review.left_meanwhile import compared, left_by_now
from egress_review.model import Message, Request
from egress_review.release_keys import verifier_of
from egress_review.release_record import release_document
from egress_review.review import Binding, Decision, ballots, decide
from egress_review.reviewing import Reviewing
from egress_review.scanning import FIRST_RETRY, TO_SCAN, Scanning, wait_after
from egress_review.showing import shown_in_votes
from egress_review.standing import check_standing, demands_of, excluded
from egress_review.vault import needing_room
from egress_review.verify_package import verify_package
from egress_review.workflow import Party, State
from registry.errors import RegistryError
from registry.text import Text

_VOID = Text(
    ko="승인 뒤에 조건이 바뀌어 반출하지 않았습니다: {why} 다시 제출하면 새로 심사합니다.",
    en="Not released, because something changed after the approval: {why} Submit it again for a new review.",
)
_NO_ROOM = Text(
    ko="반출 꾸러미를 쓸 디스크가 가득 찼습니다. 반출 결정은 그대로이며, 공간이 생기면 저절로 이어집니다.",
    en="The disk of the releases is full. The release stands, and its package is made once there is room.",
)

WITNESS_RETRY = timedelta(seconds=15)


class Releasing(Reviewing, Scanning):
    """What the machine does after people decided."""

    witness_seconds = 5.0
    """How long the first attempt to pack waits for witnesses; those after it look and leave the machine to others."""

    def pending(self) -> list[str]:
        """References of requests that wait for the machine, the oldest first."""
        now = self._clock()
        with self._db.read() as tx:
            days = min([self.policy.collect_days, *(one.policy.collect_days for one in assigned(tx) if one.policy)])
            due = store.due(tx, now, now - timedelta(days=days))
            # What lies longer than the strictest owner allows is not over yet for everybody.
            known = due if days == self.policy.collect_days else [ref for ref in due if self._has_work(tx, ref)]
        return [ref for ref in known if not self._was_refused(ref)]

    def act(self, ref: str) -> Request:
        """Do what the machine has to do with a request now; nothing if there is nothing, or it is not as recorded."""
        with self._db.read() as tx:
            request = store.load(tx, ref)
            over = self._is_over(tx, request)
        if request.state in TO_SCAN:
            return self.scan(ref)
        if request.state is State.RELEASED and request.packaged and over:
            return self._expire(ref)
        try:
            return self.release(ref)
        except NotAsRecorded:
            return request

    def release(self, ref: str) -> Request:
        """Release an approved request; a call on one that is under way or done continues or changes nothing.

        Raises: NotAsRecorded — if the request, or its release, is not what the log tells of it. ScanFailed — if what
        left since its check cannot be compared with it.
        """
        with self._refusing(ref, "release"):
            return self._release(ref)

    def _release(self, ref: str) -> Request:
        again = self._compared_again(ref)
        request = self._begin(ref, again)
        if request.state is State.RELEASING:
            try:
                request = self._record_release(request, again)
            except (EgressError, RegistryError, OSError) as error:
                if isinstance(error, NotAsRecorded):
                    raise
                return self._release_failed(request, "storage" if isinstance(error, OSError) else error.code)
        if request.state is not State.RELEASED or request.packaged:
            return request
        try:
            self._await_witnesses(request)
        except NotWitnessed:
            return self._unwitnessed(request)
        with package.only_one(self._releases):
            with self._db.read() as tx:
                request = store.load(tx, ref)
            return request if request.packaged else self._packed(request)

    def package_of(self, ref: str) -> Path:
        """The directory of a released package."""
        return self._releases / ref

    def zip_of(self, ref: str) -> Path:
        """The same package as one file."""
        return self._releases / f"{ref}.zip"

    def _begin(self, ref: str, again: str | None = "") -> Request:
        """Start the release if the votes still hold; give the request back to its author if they do not."""
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            if request.state not in (State.APPROVED, State.RELEASE_FAILED):
                return request
            self._check_as_recorded(tx, ref)
            try:
                self._check_votes(tx, request, again)
            except (EgressError, RegistryError) as error:
                return self._void(tx, request, error.code, error.reason)
            files = [file.sha256 for file in request.outputs]
            moved, _ = self._move(
                tx,
                request,
                "egress.releasing",
                Party.SYSTEM,
                Record(actor=WORKER, source=HERE, detail={"files": files}),
            )
            return moved

    def _check_votes(self, tx: Connection, request: Request, again: str | None = "") -> None:
        """Hold the request to the decision again, with what the registry knows now (invariants I1, I2, I10).

        Raises: Denied, Conflict.
        """
        check_standing(tx, request)
        policy = self._policy_of(tx, request)
        if request.policy_digest != policy.digest:
            raise Conflict("policy_changed", Text(ko="반출 기준이 바뀌었습니다.", en="The policy was changed."))
        self._check_compared(tx, request, again)
        votes = store.votes_of(tx, request.ref)
        binding = Binding.of(request, exceptions=self._exceptions(tx, request))
        cast = ballots(votes, binding)
        barred, demands = excluded(tx, request, votes), demands_of(tx, policy, request, votes)
        if decide(cast, binding, policy.required_votes, barred, demands) is not Decision.APPROVED:
            raise Denied(
                "votes_void",
                Text(ko="유효한 승인이 모자랍니다.", en="There are not enough votes that still hold."),
            )

    def _void(self, tx: Connection, request: Request, code: str, why: Text) -> Request:
        record = Record(actor=WORKER, source=HERE, reason=code)
        moved, _ = self._move(tx, request, "egress.returned", Party.SYSTEM, record)
        text = _VOID.ko.format(why=why.ko) + "\n" + _VOID.en.format(why=why.en)
        message = Message(
            round=request.round,
            by_ref=None,
            by_role="system",
            kind="egress.returned",
            text=text,
            at=self._clock(),
        )
        store.insert_message(tx, request, message)
        return moved

    def _record_release(self, request: Request, again: str | None) -> Request:
        """Re-hash every byte, hold the request to the votes once more, sign the record, and release: one transaction.

        Raises: ReleaseFailed — if a file is not the one that was voted on. Denied, Conflict — if votes hold no more.
        """
        for file in request.outputs:
            if hash_of(self._vault.path(file.sha256)) != (file.sha256, file.size):
                reason = Text("보관된 파일이 승인된 것과 다릅니다.", "A stored file is not the one that was approved.")
                raise ReleaseFailed("bytes_changed", reason)
        assert request.approved_event is not None, "a release without an approval"
        # The votes came before it, so they are in the tree too.
        approved_index = self._log.wait(request.approved_event)
        # No release is decided while its key is replaced.
        with package.only_one(self._releases), self._db.begin() as tx:
            key = self._release_keys.now()
            current = store.load(tx, request.ref, lock=True)
            if current.state is not State.RELEASING:
                return current
            self._check_as_recorded(tx, current.ref)
            # Hours may have passed since the release began.
            self._check_votes(tx, current, again)
            votes = store.votes_of(tx, current.ref)
            cast = ballots(votes, Binding.of(current, exceptions=self._exceptions(tx, current)))
            void = excluded(tx, current, votes)
            report = store.report_of(tx, current)
            if report is None:
                raise ReleaseFailed("no_report", Text(ko="점검 결과가 없습니다.", en="There is no report."))
            document = package.dump(
                release_document(
                    current,
                    report=report,
                    policy=store.policy_of(tx, current),
                    ballots=[one for one in cast if one.checker_ref not in void],
                    vote_indexes=store.vote_indexes(tx, current),
                    shown=shown_in_votes(tx, current),
                    approved_index=approved_index,
                    origin=self._log.origin,
                    package=[package.key_part(verifier_of(key, self._log.origin))],
                )
            )
            return self._released(tx, current, document, key)

    def _released(self, tx: Connection, request: Request, document: bytes, key: Ed25519PrivateKey) -> Request:
        digest = hashlib.sha256(document).hexdigest()
        verifier = verifier_of(key, self._log.origin)
        key_digest = hashlib.sha256(verifier.vkey().encode()).hexdigest()
        files, left = [file.sha256 for file in request.outputs], compared(request, left_by_now(tx, request))
        detail: dict[str, JSON] = {"release": digest, "key": key_digest, "files": files, "compared": left}
        record = Record(actor=WORKER, source=HERE, detail=detail)
        moved, event_id = self._move(tx, request, "egress.released", Party.SYSTEM, record, packaged=False)
        note = sign_note(package.signed_text(request.ref, digest), verifier.name, key)
        tx.execute(
            insert(tables.release).values(
                request_ref=request.ref,
                document=document.decode(),
                signature=note,
                sha256=digest,
                event_id=event_id,
                at=moved.changed_at,
            )
        )
        return store.load(tx, moved.ref)

    def _await_witnesses(self, request: Request) -> None:
        """Return when a checkpoint over the release has the cosignatures that the policy asks for, if it asks.

        Raises: NotWitnessed — if they do not come in time.
        """
        if not self._log.witnesses.asks:
            return
        with self._db.read() as tx:
            event_id = _release_row(tx, request.ref).event_id
        self._log.wait(event_id)
        self._log.wait(event_id, "witnessed", self.witness_seconds if request.retry_at is None else 0.0)

    def _unwitnessed(self, request: Request) -> Request:
        """Leave a release unpacked until its witnesses have signed; that it waits is recorded once, and tried again."""
        record = Record(actor=WORKER, source=HERE, outcome="failed", reason="not_witnessed")
        with self._db.begin() as tx:
            current = store.load(tx, request.ref, lock=True)
            if current.state is not State.RELEASED or current.packaged:
                return current
            if current.attempts == 0:
                self._record(tx, current, "egress.unwitnessed", record)
            later = self._clock() + WITNESS_RETRY
            store.change(tx, current, attempts=current.attempts + 1, retry_at=later)
            return store.load(tx, request.ref)

    def _packed(self, request: Request) -> Request:
        """Make the package; where it cannot be written the release stands, and the package is tried again in a while.

        Raises: NoRoom — with nothing of the package left. OSError.
        """
        try:
            with needing_room(_NO_ROOM):
                return self._pack(request)
        except (NoRoom, OSError):
            with self._db.begin() as tx:
                current = store.load(tx, request.ref, lock=True)
                if current.state is State.RELEASED and not current.packaged:
                    store.change(tx, current, retry_at=self._clock() + FIRST_RETRY)
            raise

    def _pack(self, request: Request) -> Request:
        """Make the package from the record, with the keys and witnesses of now; a call after a crash makes it again."""
        with self._db.read() as tx:
            self._check_as_recorded(tx, request.ref)
            row = _release_row(tx, request.ref)
            kept = _receipt(tx, request.ref)
        # Nothing leaves before the tree has the release and its receipt is signed.
        index = self._log.wait(row.event_id)
        receipt = self._log.receipt(index) if kept is None or not self._suffices(kept) else kept
        signing = self._release_keys.that_signed(row.signature, self._log.origin)
        verifier = verifier_of(signing, self._log.origin)
        # In this order: a key that comes into force in between is in the list that is read after it.
        log_key, trusted = self._log_verifier(), self._log._keys.trusted(self._log.origin)
        receipt = package.carried(receipt, trusted, self._log.witnesses)
        small = package.keys_and_guides(request.ref, log_key, trusted=trusted, witnesses=self._log.witnesses)
        fonts = [self._releases.parent / "fonts"]
        beside = {**small, package.RELEASE_KEY: package.key_file(verifier)}
        small |= for_readers(row.document, row.sha256, row.at, index, beside, fonts)
        packed = [package.Part.of(name, data) for name, data in small.items()]
        signature = sign_note(package.signed_text(request.ref, row.sha256, packed), verifier.name, signing)
        directory = self.package_of(request.ref)
        package.write_package(
            directory,
            files={file.name: self._vault.path(file.sha256) for file in request.outputs},
            small={
                **small,
                package.RELEASE_KEY: package.key_file(verifier),
                package.DOCUMENT: row.document.encode(),
                package.SIGNATURE: signature.encode(),
                package.RECEIPT: receipt.encode(),
            },
            scratch=self._releases,
        )
        check = verify_package(directory, trusted)
        if not check.ok:
            raise ReleaseFailed("package_invalid", check.reason)
        package.write_zip(directory, self.zip_of(request.ref))
        with self._db.begin() as tx:
            current = store.load(tx, request.ref, lock=True)
            if not current.packaged:
                if kept is None:
                    values = {"request_ref": request.ref, "content": receipt, "at": self._clock()}
                    tx.execute(insert(tables.receipt).values(**values))
                store.change(tx, current, packaged=True, release_index=index, attempts=0, retry_at=None)
                if current.state is State.RELEASED:
                    self._tell(tx, current, "egress.released")
            done, needed = store.load(tx, request.ref), store.waits_for_package(tx)
        if not needed:
            self._release_keys.forget()
        return done

    def _suffices(self, receipt: str) -> bool:
        """Whether a receipt that was stored before still has what keys and witnesses of now ask for."""
        note = parse_proof(receipt).checkpoint
        try:
            self._log._keys.trusted(self._log.origin).open(note)
        except AuditError:
            return False
        return self._log.witnesses.satisfied_by(note)

    def _release_failed(self, request: Request, code: str) -> Request:
        record = Record(actor=WORKER, source=HERE, outcome="failed", reason=code)
        with self._db.begin() as tx:
            current = store.load(tx, request.ref, lock=True)
            if current.state is not State.RELEASING:
                return current
            moved, _ = self._move(
                tx,
                current,
                "egress.release_failed",
                Party.SYSTEM,
                record,
                attempts=current.attempts + 1,
                retry_at=self._clock() + wait_after(current.attempts),
            )
            return moved

    def _has_work(self, tx: Connection, ref: str) -> bool:
        request = store.load(tx, ref)
        return request.state is not State.RELEASED or not request.packaged or self._is_over(tx, request)

    def _is_over(self, tx: Connection, request: Request) -> bool:
        # From when there is something to collect: a package may wait for its witnesses long after the decision.
        since = store.collectable_since(tx, request.ref) if request.released_at is not None else None
        return since is not None and since + timedelta(days=self._policy_of(tx, request).collect_days) <= self._clock()

    def _expire(self, ref: str) -> Request:
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            moved, _ = self._move(tx, request, "egress.expired", Party.SYSTEM, Record(actor=WORKER, source=HERE))
            return moved

    def _log_verifier(self) -> Verifier:
        return self._log._keys.verifier(self._log.origin)


def _release_row(tx: Connection, ref: str) -> Row[Any]:
    return tx.execute(select(tables.release).where(tables.release.c.request_ref == ref)).one()


def _receipt(tx: Connection, ref: str) -> str | None:
    content: str | None = tx.execute(
        select(tables.receipt.c.content).where(tables.receipt.c.request_ref == ref)
    ).scalar()
    return content


def hash_of(path: Path) -> tuple[str, int]:
    """The SHA-256 and the size of a file as it is now."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest(), stream.tell()
