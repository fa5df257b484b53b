"""Engines of SDV behind the port, each run in a process of its own from an optional extra.

SDV and its parts are under the Business Source Licence 1.1: free to use, except to offer synthetic data to third
parties as a commercial service. Nothing of it is imported here. Its process gets the learnt columns and gives rows back
in files without a name; its model, which holds rows of the source, dies with it. `sdv_given` says what it is shown.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audit.text import Text
from deid.errors import DataError, MissingExtraError
from deid.synth.coding import people_in
from deid.synth.policy import SynthPolicy
from deid.synth.port import Drawn, Progress
from deid.synth.sdv_given import given

PYTHON = "ANSIM_SDV_PYTHON"
"""The environment variable that names the Python of an environment with SDV, where it is not the zone's own."""
PROGRAM = Path(__file__).with_name("sdv_process.py")
LONGEST = 6 * 3600.0
"""Seconds after which the process is ended: CTGAN took 17 minutes for 24,000 rows on one core."""
POLL = 0.5
"""Seconds between two looks at how far it has come."""
Told = Callable[[float], None]
LICENCE = Text(
    "SDV는 BUSL-1.1 라이선스입니다. 합성데이터를 제3자에게 상업 서비스로 제공하려면 별도 계약이 필요합니다.",
    "SDV is under BUSL-1.1: offering synthetic data to others as a commercial service takes a licence of its own.",
)


@dataclass(frozen=True, slots=True)
class SdvEngine:
    """One engine of SDV by its name."""

    name: str

    def make(
        self, learnt: pa.Table, policy: SynthPolicy, rows: int, random: np.random.Generator, progress: Progress
    ) -> Drawn:
        """Return rows that SDV drew."""
        shown = given(learnt, policy.learnt, policy.together, policy.least_cell, people_in(learnt, policy.person))
        kinds = {"rows": shown.kinds}
        job = {"engine": self.name, "kinds": kinds, "rows": rows, "seed": int(random.integers(2**31))}
        progress(0, rows)
        drawn, said = run_sdv(job, {"rows": shown.rows}, lambda part: progress(int(rows * part), rows))
        progress(rows, rows)
        try:
            table = shown.back(drawn["rows"], random)
        except (pa.ArrowException, IndexError, KeyError, ValueError) as error:
            raise DataError(Text("SDV의 결과를 읽을 수 없습니다.", "what SDV drew cannot be read.")) from error
        return Drawn(iter([table]), {"engine": self.name, "licence": LICENCE.en, **said})


def run_sdv(
    job: dict[str, Any], tables: Mapping[str, pa.Table], told: Told = lambda _part: None
) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Have SDV learn from tables; return the tables it drew and the versions of its parts.

    `told` is given the part that is done, by engines that learn by epochs and by HMA, which learns by parents.

    Raises: MissingExtraError — if SDV is not there. DataError — if it fails.
    """
    python = _python()
    with ExitStack() as stack:
        learnt, drawn = ({name: stack.enter_context(tempfile.TemporaryFile()) for name in tables} for _ in range(2))
        asked, said, reached = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        for name, rows in tables.items():
            pq.write_table(rows, learnt[name])
            learnt[name].seek(0)
        files = {
            "learnt": {name: file.fileno() for name, file in learnt.items()},
            "drawn": {name: file.fileno() for name, file in drawn.items()},
            "said": said.fileno(),
            "reached": reached.fileno(),
        }
        asked.write(json.dumps({"job": {**job, "parent": os.getpid()}, "files": files}).encode("ascii"))
        asked.seek(0)
        opened = [file.fileno() for file in (asked, *learnt.values(), *drawn.values(), said, reached)]
        _run([python, "-I", str(PROGRAM), str(asked.fileno())], opened, told)
        try:
            said.seek(0)
            return {name: pq.read_table(file) for name, file in drawn.items()}, dict(json.load(said))
        except (pa.ArrowException, OSError, TypeError, ValueError) as error:
            raise DataError(Text("SDV의 결과를 읽을 수 없습니다.", "what SDV drew cannot be read.")) from error


def available() -> bool:
    """Return whether SDV is there, without loading it."""
    return bool(os.environ.get(PYTHON)) or find_spec("sdv") is not None


def refuse_missing(engine: str) -> None:
    """Refuse an engine of SDV where it is not installed, before anything is read. Raises: MissingExtraError."""
    if engine != "marginals" and not available():
        error = MissingExtraError(
            Text(
                "SDV가 설치되어 있지 않습니다. marginals 엔진은 그대로 됩니다.",
                "SDV is not installed; marginals works.",
            )
        )
        error.hint = Text(
            f"ansim[sdv]를 설치하거나, sdv>=2,<3이 있는 환경의 Python을 {PYTHON}에 지정하십시오.",
            f"Install the extra ansim[sdv], or set {PYTHON} to the Python of an environment with sdv>=2,<3.",
        )
        raise error


def _python() -> str:
    refuse_missing("sdv")
    return os.environ.get(PYTHON) or sys.executable


def _run(command: list[str], opened: list[int], told: Told) -> None:
    """Run SDV's process with open files, the last of which says how far it is; nothing that it prints is shown.

    It may quote data.
    """
    environment = {"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": str(os.cpu_count() or 1)}
    quiet: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    begun = time.monotonic()
    with subprocess.Popen(command, env=environment, pass_fds=opened, **quiet) as process:
        try:
            while process.poll() is None and time.monotonic() - begun < LONGEST:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=POLL)
                told(_part(os.pread(opened[-1], 64, 0)))
        finally:
            # Also where somebody pressed Ctrl-C: what it holds is of the source.
            process.kill()
    ended = process.returncode
    if ended != 0:
        raise DataError(
            Text(
                f"SDV가 이 자료로 합성하지 못했습니다(종료 코드 {ended}). marginals 엔진을 써 보십시오.",
                f"SDV could not learn from this data (exit code {ended}); try the engine marginals.",
            )
        )


def _part(reached: bytes) -> float:
    """Return the part that is done; what SDV's environment wrote is not trusted to be numbers."""
    try:
        done, every = reached.splitlines()[0].split()
        return min(1.0, max(0.0, int(done) / int(every)))
    except (IndexError, ValueError, ZeroDivisionError):
        return 0.0
