"""The scanner as a child process with limits, for a command line on a machine without a container engine.

Weaker than the container, and the command says which of the two it used.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from egress_review.job import ScanJob, ScanResult, collect_result, finished, lines_of, scan_failed

_NO_NETWORK = ("unshare", "--map-root-user", "--net", "--")


@dataclass(frozen=True, slots=True)
class ProcessScanner:
    """Runs the scanner's program in a child process, without network where the kernel lets us."""

    seconds: float = 120.0
    memory_bytes: int = 1024**3

    def scan(self, job: ScanJob) -> ScanResult:
        """The findings on every file of the job.

        Raises: ScanFailed — if there is no complete result within the limits.
        """
        program = [sys.executable, "-m", "egress_review.scan_main"]
        try:
            done = subprocess.run(
                [*_without_network(), *program],
                input=json.dumps(job.as_json()).encode() + b"\n",
                capture_output=True,
                timeout=self.seconds,
                cwd=Path(__file__).parent.parent,
                env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"},
                preexec_fn=self._limit,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise scan_failed("timeout", finished(job, error.stdout or b"")) from None
        if done.returncode != 0:
            raise scan_failed("crashed", finished(job, done.stdout))
        return collect_result(job, lines_of(done.stdout))

    def _limit(self) -> None:
        resource.setrlimit(resource.RLIMIT_AS, (self.memory_bytes, self.memory_bytes))
        resource.setrlimit(resource.RLIMIT_CPU, (int(self.seconds), int(self.seconds) + 5))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@cache
def _without_network() -> tuple[str, ...]:
    """The words that start a program without network; none where that is not possible."""
    if shutil.which(_NO_NETWORK[0]) is None:
        return ()
    tried = subprocess.run([*_NO_NETWORK, "true"], capture_output=True, check=False)
    return _NO_NETWORK if tried.returncode == 0 else ()
