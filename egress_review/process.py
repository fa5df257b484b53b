"""The scanner as a child process with limits, for a command line on a machine without a container engine.

Weaker than the container, and the command says which of the two it used.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from egress_review.child import Limits, run_module
from egress_review.job import ScanJob, ScanResult, collect_result, finished, lines_of, scan_failed


@dataclass(frozen=True, slots=True)
class ProcessScanner:
    """Runs the scanner's program in a child process, without network where the kernel lets us."""

    seconds: float = 120.0
    memory_bytes: int = 1024**3
    output_bytes: int = 256 * 1024**2

    def scan(self, job: ScanJob) -> ScanResult:
        """The findings on every file of the job.

        Raises: ScanFailed — if there is no complete result within the limits.
        """
        limits = Limits(self.seconds, self.memory_bytes, self.output_bytes)
        done = run_module("egress_review.scan_main", json.dumps(job.as_json()).encode() + b"\n", limits)
        if done.end != "done":
            raise scan_failed(done.end, finished(job, done.output))
        return collect_result(job, lines_of(done.output))
