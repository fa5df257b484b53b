"""The release: the one way out, taken by the machine, that can be cut off anywhere and taken up again.

    APPROVED --(votes still hold)--> RELEASING --(every byte re-hashed; record signed)--> RELEASED --> package on disk

The release is decided in one transaction with its audit event and its signed record; the package is made from that
record afterwards. So nothing lies in the releases that is not in the log, and a crash between the two is repaired
by calling again.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, select

from audit.note import Verifier, sign_note
from egress_review import package, store, tables
from egress_review.desk import HERE, WORKER, Record
from egress_review.errors import Conflict, Denied, EgressError, NotFound, ReleaseFailed
from egress_review.model import Message, Request, Visibility
from egress_review.release_record import release_document
from egress_review.review import Binding, Decision, ballots, decide
from egress_review.reviewing import Reviewing
from egress_review.scanning import TO_SCAN, Scanning, wait_after
from egress_review.standing import check_standing, excluded
from egress_review.verify_package import verify_package
from egress_review.workflow import Party, State
from registry.errors import RegistryError
from registry.text import Text

_VOID = Text(
    ko="승인 뒤에 조건이 바뀌어 반출하지 않았습니다: {why} 다시 제출하면 새로 심사합니다.",
    en="Not released, because something changed after the approval: {why} Submit it again for a new review.",
)


class Releasing(Reviewing, Scanning):
    """What the machine does after people decided."""

    def pending(self) -> list[str]:
        """References of requests that wait for the machine, the oldest first."""
        now = self._clock()
        with self._db.read() as tx:
            return store.due(tx, now, now - timedelta(days=self.policy.collect_days))

    def act(self, ref: str) -> Request:
        """Do what the machine has to do with a request now; nothing if there is nothing."""
        with self._db.read() as tx:
            request = store.load(tx, ref)
        if request.state in TO_SCAN:
            return self.scan(ref)
        if request.state is State.RELEASED and request.packaged and self._is_over(request):
            return self._expire(ref)
        return self.release(ref)

    def release(self, ref: str) -> Request:
        """Release an approved request; a call on one that is under way or done continues or changes nothing."""
        request = self._begin(ref)
        if request.state is State.RELEASING:
            try:
                request = self._record_release(request)
            except (ReleaseFailed, NotFound, OSError) as error:
                code = error.code if isinstance(error, EgressError) else "storage"
                return self._release_failed(request, code)
        if request.state is not State.RELEASED or request.packaged:
            return request
        with package.only_one(self._releases):
            with self._db.read() as tx:
                request = store.load(tx, ref)
            return request if request.packaged else self._pack(request)

    def package_of(self, ref: str) -> Path:
        """The directory of a released package."""
        return self._releases / ref

    def zip_of(self, ref: str) -> Path:
        """The same package as one file."""
        return self._releases / f"{ref}.zip"

    def _begin(self, ref: str) -> Request:
        """Start the release if the votes still hold; give the request back to its author if they do not."""
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            if request.state not in (State.APPROVED, State.RELEASE_FAILED):
                return request
            try:
                self._check_votes(tx, request)
            except (EgressError, RegistryError) as error:
                return self._void(tx, request, error.code, error.reason)
            files = [file.sha256 for file in request.files]
            moved, _ = self._move(
                tx,
                request,
                "egress.releasing",
                Party.SYSTEM,
                Record(actor=WORKER, source=HERE, detail={"files": files}),
            )
            return moved

    def _check_votes(self, tx: Connection, request: Request) -> None:
        """Hold the request to the decision again, with what the registry knows now (invariants I1, I2, I10).

        Raises: Denied, Conflict.
        """
        check_standing(tx, request)
        if request.policy_digest != self.policy.digest:
            raise Conflict("policy_changed", Text(ko="반출 기준이 바뀌었습니다.", en="The policy was changed."))
        votes = store.votes_of(tx, request.ref)
        binding = Binding.of(request, exceptions=self._exceptions(tx, request))
        cast = ballots(votes, binding)
        if decide(cast, binding, self.policy.required_votes, excluded(tx, request, votes)) is not Decision.APPROVED:
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
        store.insert_message(tx, request, message, Visibility.ALL)
        return moved

    def _record_release(self, request: Request) -> Request:
        """Re-hash every byte, sign the record, and release: one transaction.

        Raises: ReleaseFailed — if a file is not the one that was voted on.
        """
        for file in request.files:
            if _hash_of(self._vault.path(file.sha256)) != (file.sha256, file.size):
                raise ReleaseFailed(
                    "bytes_changed",
                    Text(
                        ko="보관된 파일이 승인된 것과 다릅니다.", en="A stored file is not the one that was approved."
                    ),
                )
        assert request.approved_event is not None, "a release without an approval"
        # The votes came before it, so they are in the tree too.
        approved_index = self._log.wait(request.approved_event)
        parts = [package.Part.of(name, data) for name, data in sorted(self._small(request.ref).items())]
        with self._db.begin() as tx:
            current = store.load(tx, request.ref, lock=True)
            if current.state is not State.RELEASING:
                return current
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
                    approved_index=approved_index,
                    origin=self._log.origin,
                    package=parts,
                )
            )
            return self._released(tx, current, document)

    def _released(self, tx: Connection, request: Request, document: bytes) -> Request:
        digest = hashlib.sha256(document).hexdigest()
        key_digest = hashlib.sha256(self._release_verifier().vkey().encode()).hexdigest()
        now = self._clock()
        moved, event_id = self._move(
            tx,
            request,
            "egress.released",
            Party.SYSTEM,
            Record(
                actor=WORKER,
                source=HERE,
                detail={"release": digest, "key": key_digest, "files": [file.sha256 for file in request.files]},
            ),
            released_at=now,
            packaged=False,
        )
        note = sign_note(package.signed_text(request.ref, digest), self._release_verifier().name, self._release_key)
        tx.execute(
            insert(tables.release).values(
                request_ref=request.ref,
                document=document.decode(),
                signature=note,
                sha256=digest,
                event_id=event_id,
                at=now,
            )
        )
        return store.load(tx, moved.ref)

    def _pack(self, request: Request) -> Request:
        """Make the package from the record; the same call after a crash makes the same package."""
        with self._db.read() as tx:
            row = tx.execute(select(tables.release).where(tables.release.c.request_ref == request.ref)).one()
            receipt = _receipt(tx, request.ref)
        # Nothing leaves before the tree has the release and its receipt is signed.
        index = self._log.wait(row.event_id)
        if receipt is None:
            receipt = self._keep_receipt(request, self._log.receipt(index))
        directory = self.package_of(request.ref)
        package.write_package(
            directory,
            files={file.name: self._vault.path(file.sha256) for file in request.files},
            small={
                **self._small(request.ref),
                package.DOCUMENT: row.document.encode(),
                package.SIGNATURE: row.signature.encode(),
                package.RECEIPT: receipt.encode(),
            },
            scratch=self._releases,
        )
        check = verify_package(directory, self._log_verifier())
        if not check.ok:
            raise ReleaseFailed("package_invalid", check.reason)
        package.write_zip(directory, self.zip_of(request.ref))
        with self._db.begin() as tx:
            current = store.load(tx, request.ref, lock=True)
            if not current.packaged:
                store.change(tx, current, packaged=True, release_index=index)
            return store.load(tx, request.ref)

    def _keep_receipt(self, request: Request, content: str) -> str:
        """Store a receipt once; of two workers the first one's counts."""
        with self._db.begin() as tx:
            store.load(tx, request.ref, lock=True)
            known = _receipt(tx, request.ref)
            if known is None:
                values = {"request_ref": request.ref, "content": content, "at": self._clock()}
                tx.execute(insert(tables.receipt).values(**values))
            return known or content

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

    def _is_over(self, request: Request) -> bool:
        until = timedelta(days=self.policy.collect_days)
        return request.released_at is not None and request.released_at + until <= self._clock()

    def _expire(self, ref: str) -> Request:
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            moved, _ = self._move(tx, request, "egress.expired", Party.SYSTEM, Record(actor=WORKER, source=HERE))
            return moved

    def _small(self, ref: str) -> dict[str, bytes]:
        log = self._log
        return package.keys_and_guides(
            ref,
            self._log_verifier(),
            self._release_verifier(),
            trusted=log._keys.trusted(log.origin),
            witnesses=log.witnesses,
        )

    def _log_verifier(self) -> Verifier:
        return self._log._keys.verifier(self._log.origin)

    def _release_verifier(self) -> Verifier:
        return Verifier(f"{self._log.origin}/release", self._release_key.public_key().public_bytes_raw())


def _receipt(tx: Connection, ref: str) -> str | None:
    content: str | None = tx.execute(
        select(tables.receipt.c.content).where(tables.receipt.c.request_ref == ref)
    ).scalar()
    return content


def _hash_of(path: Path) -> tuple[str, int]:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest(), stream.tell()
