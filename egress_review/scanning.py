"""The machine's side before the review: scan what was handed in, and never let a failed scan pass for a clean one."""

from __future__ import annotations

import queue
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from egress_review import store
from egress_review.desk import HERE, WORKER, Record
from egress_review.errors import Conflict, NotFound, ScanFailed
from egress_review.findings import FileReport, Flagged, NotChecked, Passed, Report, Severity
from egress_review.job import JobFile, ScanJob, ScanResult, scan_failed
from egress_review.left_meanwhile import LeftMeanwhile, compared, left_meanwhile
from egress_review.model import Request, declared
from egress_review.preview_store import PreviewStore
from egress_review.terms import Policy
from egress_review.watching import Watching
from egress_review.workflow import Party, State
from registry.text import Text

FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
"""Waits between attempts of the machine: doubling from the first to the longest, for as long as it takes."""

TO_SCAN = frozenset((State.SCANNING, State.SCAN_FAILED))


def wait_after(attempts: int) -> timedelta:
    """How long the machine waits after that many failed attempts."""
    doubled: timedelta = FIRST_RETRY * int(2 ** min(attempts, 20))
    return min(LONGEST_RETRY, doubled)


LEAVING = frozenset({State.APPROVED, State.RELEASING, State.RELEASE_FAILED})


class Scanning(Watching, LeftMeanwhile):
    """What the machine does before people read."""

    scan_seconds = 900.0
    """Longest wait for the scanner, whose own limits are far below: one that hangs fails, and holds up nobody."""

    @property
    def _previews(self) -> PreviewStore:
        return PreviewStore(self._vault.previews)

    def scan(self, ref: str) -> Request:
        """Scan the files of a request: it goes into review, is blocked, or waits for another attempt.

        A request that is not waiting for a scan stays as it is, so the call can be repeated.
        """
        with self._db.read() as tx:
            request = store.load(tx, ref)
            policy = self._policy_of(tx, request)
            earlier = self._earlier(tx, request)
        if request.state not in TO_SCAN:
            return request
        try:
            result = self._within(self._scan_job(request, policy, earlier))
            for sha256, preview in result.previews.items():
                self._previews.keep(sha256, preview)
        except (ScanFailed, NotFound, OSError) as error:
            return self._scan_failed(request, error.code if isinstance(error, ScanFailed | NotFound) else "scan_io")
        return self._scanned(request, policy, result, compared(request, [file.sha256 for file in earlier]))

    def _compared_again(self, ref: str) -> str | None:
        """Compare a request that is to leave with what left since its check; return the digest of all that is by now.

        None if that finds more than the checkers saw. "" where nothing left meanwhile, or nothing is to leave.
        Raises: ScanFailed, NotFound, OSError — the request stays as it is.
        """
        with self._db.read() as tx:
            request = store.load(tx, ref)
            report = store.report_of(tx, request)
            if request.state not in LEAVING or report is None or not left_meanwhile(tx, request):
                return ""
            policy = self._policy_of(tx, request)
            earlier = self._earlier(tx, request)
        result = self._within(replace(self._scan_job(request, policy, earlier), previews=False))
        more = _pointed_out(result.report) - _pointed_out(report)
        return None if more or result.alarms else compared(request, [file.sha256 for file in earlier])

    def _within(self, job: ScanJob) -> ScanResult:
        """The result of the scanner, if it gives one in time.

        A scanner that hangs cannot be interrupted from here; its thread is left behind, and what it says is not heard.
        Raises: ScanFailed, NotFound, OSError.
        """
        given: queue.SimpleQueue[ScanResult | BaseException] = queue.SimpleQueue()

        def work() -> None:
            try:
                given.put(self._scanner.scan(job))
            except BaseException as error:
                given.put(error)

        threading.Thread(target=work, name="scan", daemon=True).start()
        try:
            outcome = given.get(timeout=self.scan_seconds)
        except queue.Empty:
            raise scan_failed("timeout") from None
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _scan_job(self, request: Request, policy: Policy, earlier: tuple[JobFile, ...]) -> ScanJob:
        return ScanJob(
            files=tuple(JobFile(f.name, f.sha256, self._vault.path(f.sha256)) for f in request.outputs),
            supporting=tuple(JobFile(f.name, f.sha256, self._vault.path(f.sha256)) for f in request.supporting),
            policy=policy,
            controls=declared(request),
            context=request.context,
            previous=earlier,
            sources=self._sources(request.datasets, submitted=True, attempts=request.attempts),
            previews=True,
            scratch=self._vault.scratch,
        )

    def _scanned(self, request: Request, policy: Policy, result: ScanResult, left: str) -> Request:
        report = result.report
        blocked = any(file.blocked for file in report.files)
        event, target = ("egress.blocked", State.BLOCKED) if blocked else ("egress.scanned", State.IN_REVIEW)
        with self._db.begin() as tx:
            current = self._same(tx, request)
            if compared(current, [file.sha256 for file in self._earlier(tx, current)]) != left:
                return current  # Something left while the scanner worked: the machine's next look scans it again.
            self._alarmed(tx, current, result.alarms)
            report, now = self._beside_others(tx, current, policy, result), self._clock()
            report = replace(report, compared=left)
            digest = store.insert_report(tx, current, report, policy, now)
            record = Record(
                actor=WORKER,
                source=HERE,
                outcome="denied" if blocked else "ok",
                reason=_first_block(report) if blocked else None,
                detail={"report": digest, "verdicts": {file.sha256: file.verdict.value for file in report.files}},
            )
            # The event names the policy that was checked under, which may be another one than when it was handed in.
            columns: dict[str, Any] = {"policy_name": policy.name, "policy_digest": policy.digest}
            held = replace(current, **columns)
            moved, _ = self._move(tx, held, event, Party.SYSTEM, record, target=target, at=now, **columns)
            return moved

    def _scan_failed(self, request: Request, code: str) -> Request:
        record = Record(actor=WORKER, source=HERE, outcome="failed", reason=code)
        attempts = request.attempts + 1
        with self._db.begin() as tx:
            current = self._same(tx, request)
            later: dict[str, Any] = {"attempts": attempts, "retry_at": self._clock() + wait_after(request.attempts)}
            moved, _ = self._move(tx, current, "egress.scan_failed", Party.SYSTEM, record, **later)
            return moved

    def _same(self, tx: Connection, request: Request) -> Request:
        """The request, locked, if nobody changed it while the scanner worked.

        Raises: Conflict
        """
        current = store.load(tx, request.ref, lock=True)
        if current.version != request.version:
            raise Conflict(
                "changed_meanwhile",
                Text(ko="점검하는 사이 신청이 바뀌었습니다.", en="The request changed while it was scanned."),
            )
        return current


def _pointed_out(report: Report) -> set[tuple[str, Flagged | NotChecked]]:
    """What a report says of files, by their hashes: all that decides, and warnings about cells.

    That something left before also warns of a description that does not mention it, which is no disclosure.
    """
    said = ((file.sha256, one) for file in report.files for one in file.findings if not isinstance(one, Passed))
    return {
        (sha256, one)
        for sha256, one in said
        if one.severity.decides or (one.severity is Severity.WARN and one.rule.startswith("cells."))
    }


def _first_block(report: Report) -> str:
    """The rule that blocks, as a code."""
    return next(_blocking(file) for file in report.files if file.blocked)


def _blocking(file: FileReport) -> str:
    return next(f.rule for f in file.findings if isinstance(f, Flagged) and f.severity is Severity.BLOCK)
