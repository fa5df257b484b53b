"""Looking for malicious software with ClamAV, where it is installed; where it is not, that is said and is no pass.

    scanner = WithAntivirus(ContainerScanner(image))

The zone reads none of the bytes itself: it hands them to the daemon over its Unix socket, or names the files to
`clamscan`, a child process with limits. What neither can look at is not checked.
"""

from __future__ import annotations

import re
import resource
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from egress_review.errors import ScanFailed
from egress_review.findings import WHOLE_FILE, FileReport, Finding, Flagged, NotChecked, Passed, Severity
from egress_review.job import JobFile, ScanJob, Scanner, ScanResult
from egress_review.rules import RULE
from registry.text import Text

RULE_ID = "file.malware"
SOCKETS = (Path("/run/clamav/clamd.ctl"), Path("/var/run/clamav/clamd.ctl"), Path("/run/clamd.scan/clamd.sock"))
DATABASES = (Path("/var/lib/clamav"), Path("/usr/share/clamav"))
_SIGNATURES = ("*.cvd", "*.cld", "*.hdb", "*.hsb", "*.ndb", "*.ldb")
_CHUNK = 1 << 16
SECONDS = 120.0
"""Time for all files of a request; `clamscan` alone reads its signatures for about 15 seconds."""
MEMORY_BYTES = 4 * 1024**3

_NAME = re.compile(r"[A-Za-z0-9._-]{1,80}")

_ABSENT = Text(
    "바이러스 검사기(ClamAV)가 없어 확인하지 않았습니다.", "Not checked: there is no virus scanner (ClamAV)."
)
_INSTALL = Text(
    "운영자가 clamav-daemon과 서명 자료를 설치하면 검사합니다.",
    "It is checked once an operator installs clamav-daemon and its signatures.",
)
_FAILED = Text("바이러스 검사가 끝까지 되지 않았습니다.", "The virus scan did not come to its end.")
_AGAIN = Text("다시 점검하거나 운영자에게 알리십시오.", "Check it again, or tell an operator.")
_FOUND = Text("악성코드로 알려진 내용입니다: {name}.", "It is known as malicious software: {name}.")
_REMOVE = Text("이 파일은 반출할 수 없습니다. 운영자에게 알리십시오.", "The file cannot leave. Tell an operator.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the virus scanner says of one file."""

    outcome: Literal["clean", "found", "failed"]
    name: str = ""
    """Name of the signature."""


_FAILURE = Verdict("failed")


class Antivirus(Protocol):
    """A virus scanner."""

    def look(self, files: Sequence[JobFile]) -> Mapping[Path, Verdict]:
        """What it says of each file; of one that it says nothing about, nothing is known."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """clamd, which has its signatures loaded; files are sent to it, so it need not be able to read them."""

    socket: Path
    seconds: float = SECONDS

    def look(self, files: Sequence[JobFile]) -> Mapping[Path, Verdict]:
        """What the daemon says of each file."""
        return {file.path: self._one(file.path) for file in files}

    def _one(self, path: Path) -> Verdict:
        try:
            with socket.socket(socket.AF_UNIX) as connection, path.open("rb") as data:
                connection.settimeout(self.seconds)
                connection.connect(str(self.socket))
                connection.sendall(b"zINSTREAM\0")
                while part := data.read(_CHUNK):
                    connection.sendall(len(part).to_bytes(4, "big") + part)
                connection.sendall(b"\0\0\0\0")
                return verdict_of(_answer(connection))
        except OSError:
            return _FAILURE


def _answer(connection: socket.socket) -> str:
    answer = b""
    while len(answer) < 4096 and not answer.endswith(b"\0"):
        part = connection.recv(4096)
        if not part:
            break
        answer += part
    return answer.rstrip(b"\0").decode("ascii", "replace")


def verdict_of(answer: str) -> Verdict:
    """The verdict in a line such as `stream: OK` or `stream: Eicar-Test-Signature FOUND`."""
    said = answer.rpartition(": ")[2].strip()
    if said == "OK":
        return Verdict("clean")
    if not said.endswith(" FOUND"):
        return _FAILURE
    name = said.removesuffix(" FOUND")
    return Verdict("found", name if _NAME.fullmatch(name) else "?")


@dataclass(frozen=True, slots=True)
class Program:
    """clamscan, which reads its signatures anew for every request."""

    program: str
    database: Path
    seconds: float = SECONDS

    def look(self, files: Sequence[JobFile]) -> Mapping[Path, Verdict]:
        """What the program says of each file."""
        paths = list(dict.fromkeys(str(file.path) for file in files))
        command = [self.program, "--no-summary", "--stdout", f"--database={self.database}", "--", *paths]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=self.seconds, check=False, preexec_fn=_limit, text=True
            )
        except (OSError, subprocess.SubprocessError):
            return {}
        if done.returncode not in (0, 1):
            return {}
        lines = done.stdout.splitlines()
        return {
            Path(path): verdict_of(line)
            for path in paths
            for line in lines
            if line.startswith(f"{path}: ") and line != f"{path}: Empty file"
        } | {Path(path): Verdict("clean") for path in paths if f"{path}: Empty file" in lines}


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def installed() -> Antivirus | None:
    """The virus scanner of this machine, if it has one with signatures; the daemon rather than the program."""
    if found := next((path for path in SOCKETS if path.is_socket()), None):
        return Daemon(found)
    program = shutil.which("clamscan")
    database = next((path for path in DATABASES if any(any(path.glob(name)) for name in _SIGNATURES)), None)
    return Program(program, database) if program and database else None


@dataclass(frozen=True, slots=True)
class WithAntivirus:
    """A scanner whose reports say too what the virus scanner of this machine found."""

    scanner: Scanner
    antivirus: Callable[[], Antivirus | None] = installed

    def scan(self, job: ScanJob) -> ScanResult:
        """As the scanner within.

        Raises: ScanFailed — as the scanner within.
        """
        try:
            result = self.scanner.scan(job)
        except ScanFailed as error:
            error.done = tuple(self._judged(job, error.done))
            raise
        files = tuple(self._judged(job, result.report.files))
        return replace(result, report=replace(result.report, files=files))

    def _judged(self, job: ScanJob, reports: Iterable[FileReport]) -> list[FileReport]:
        reports = list(reports)
        if not reports:
            return []
        antivirus = self.antivirus()
        by_hash = {file.sha256: file for file in job.files}
        asked = [by_hash[report.sha256] for report in reports if report.sha256 in by_hash]
        said = antivirus.look(asked) if antivirus else None
        return [replace(one, findings=(*one.findings, _finding(by_hash.get(one.sha256), said))) for one in reports]


def _finding(file: JobFile | None, said: Mapping[Path, Verdict] | None) -> Finding:
    rule = RULE[RULE_ID]
    if said is None:
        return NotChecked(rule.id, Severity.NOTE, rule.source, _ABSENT, _INSTALL)
    verdict = said.get(file.path, _FAILURE) if file else _FAILURE
    match verdict.outcome:
        case "clean":
            return Passed(rule.id, rule.severity, rule.source)
        case "found":
            message = _FOUND.fill(name=verdict.name)
            return Flagged(rule.id, rule.severity, rule.source, WHOLE_FILE, None, message, _REMOVE)
        case _:
            return NotChecked(rule.id, rule.severity, rule.source, _FAILED, _AGAIN)
