"""Where files are looked into: a container without network and rights, or this process.

A scanner gives a complete result or raises ScanFailed; there is nothing between, so a scan that crashed,
ran out of time or said too much is never taken for a clean one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from egress_review.container import ContainerScanner
from egress_review.job import JobFile, ScanJob, Scanner, ScanResult, collect_result, lines_of, scan_failed
from egress_review.scan_main import run

__all__ = ["ContainerScanner", "InProcessScanner", "JobFile", "ScanJob", "ScanResult", "Scanner"]


class InProcessScanner:
    """Runs the scanner's program in this process: for the command line and tests, never for a zone."""

    def scan(self, job: ScanJob) -> ScanResult:
        """The findings on every file of the job.

        Raises: ScanFailed — if the program fails.
        """
        return collect_result(job, _lines(job))


def _lines(job: ScanJob) -> Iterator[Mapping[str, Any]]:
    """The program's lines as they would come over the pipe; whatever stops it is a failed scan."""
    try:
        for line in run(job.as_json()):
            yield from lines_of(json.dumps(line).encode())
    except Exception as error:
        raise scan_failed("crashed") from error
