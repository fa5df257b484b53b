"""ClamAV is asked where it is; where it is not, or says nothing, that is no pass."""

from __future__ import annotations

import hashlib
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from egress_review.antivirus import Antivirus, Daemon, Program, WithAntivirus, verdict_of
from egress_review.errors import ScanFailed
from egress_review.findings import FileReport, Flagged, NotChecked, Passed, Severity, Verdict
from egress_review.job import JobFile, ScanJob, ScanResult, scan_failed
from egress_review.scanner import InProcessScanner
from tests.unit.egress_review.egress_files import DEFAULT

EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def job(folder: Path, *contents: str) -> ScanJob:
    files = []
    for number, content in enumerate(contents):
        path = folder / f"{number}.txt"
        path.write_text(content)
        files.append(JobFile(path.name, hashlib.sha256(content.encode()).hexdigest(), path))
    return ScanJob(files=tuple(files), policy=DEFAULT, together=False)


def outcome(report: FileReport) -> type:
    (finding,) = [one for one in report.findings if one.rule == "file.malware"]
    return type(finding)


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[Callable[[bytes], Daemon]]:
    """A daemon that takes what it is sent and answers as told; `FOUND` where the file is the test file of EICAR."""
    stopped: list[socket.socket] = []

    def start(answer: bytes) -> Daemon:
        path = tmp_path / "clamd.ctl"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        stopped.append(listener)
        threading.Thread(target=_serve, args=(listener, answer), daemon=True).start()
        return Daemon(path, seconds=10.0)

    yield start
    for listener in stopped:
        listener.close()


def _serve(listener: socket.socket, answer: bytes) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as stream:
            if stream.read(10) != b"zINSTREAM\0":
                continue
            content = b""
            while length := int.from_bytes(stream.read(4), "big"):
                content += stream.read(length)
            found = b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if EICAR.encode() in content else b"stream: OK\0"
            connection.sendall(answer or found)


def test_the_daemon_finds_the_test_file_and_nothing_else(tmp_path: Path, clamd: Callable[[bytes], Daemon]) -> None:
    daemon = clamd(b"")
    asked = job(tmp_path, "All counts are rounded.\n", EICAR, "x" * 200_000)
    reports = WithAntivirus(InProcessScanner(), lambda: daemon).scan(asked).report.files
    assert [outcome(report) for report in reports] == [Passed, Flagged, Passed]
    assert reports[1].blocked


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b"\0", b"nonsense"])
def test_a_daemon_that_says_anything_else_has_not_checked(
    tmp_path: Path, clamd: Callable[[bytes], Daemon], answer: bytes
) -> None:
    daemon = clamd(answer)
    (report,) = WithAntivirus(InProcessScanner(), lambda: daemon).scan(job(tmp_path, "fine\n")).report.files
    assert outcome(report) is NotChecked
    assert report.verdict is Verdict.NOT_CHECKED


def test_a_daemon_that_is_gone_has_not_checked(tmp_path: Path) -> None:
    gone = Daemon(tmp_path / "nobody", seconds=1.0)
    (report,) = WithAntivirus(InProcessScanner(), lambda: gone).scan(job(tmp_path, "fine\n")).report.files
    assert report.verdict is Verdict.NOT_CHECKED


def test_without_a_virus_scanner_it_is_a_note_and_never_a_pass(tmp_path: Path) -> None:
    (report,) = WithAntivirus(InProcessScanner(), lambda: None).scan(job(tmp_path, "fine\n")).report.files
    (finding,) = [one for one in report.findings if one.rule == "file.malware"]
    assert isinstance(finding, NotChecked)
    assert finding.severity is Severity.NOTE
    assert report.verdict is Verdict.PASSED


def test_files_that_were_done_before_a_scan_failed_are_looked_at_too(tmp_path: Path) -> None:
    asked = job(tmp_path, "fine\n")
    done = InProcessScanner().scan(asked).report.files

    class Stops:
        def scan(self, job: ScanJob) -> ScanResult:
            raise scan_failed("timeout", done)

    with pytest.raises(ScanFailed) as failed:
        WithAntivirus(Stops(), lambda: None).scan(asked)
    assert [outcome(report) for report in failed.value.done] == [NotChecked]


@pytest.mark.parametrize(
    ("line", "name"),
    [("stream: A.B-1 FOUND", "A.B-1"), ("/a: b/c: Eicar FOUND", "Eicar"), ("x: 한글 <b> FOUND", "?")],
)
def test_the_name_of_a_signature_is_a_plain_word(line: str, name: str) -> None:
    assert (verdict_of(line).outcome, verdict_of(line).name) == ("found", name)


def test_clamscan_finds_what_its_signatures_name(tmp_path: Path) -> None:
    database = tmp_path / "db"
    database.mkdir()
    digest = hashlib.md5(EICAR.encode(), usedforsecurity=False).hexdigest()
    (database / "test.hdb").write_text(f"{digest}:{len(EICAR)}:Eicar-Test\n")
    program: Antivirus = Program(str(shutil.which("clamscan")), database)
    asked = job(tmp_path, "fine\n", EICAR, "")
    reports = WithAntivirus(InProcessScanner(), lambda: program).scan(asked).report.files
    assert [outcome(report) for report in reports] == [Passed, Flagged, Passed]
    broken: Antivirus = Program(str(shutil.which("clamscan")), tmp_path / "none")
    (report,) = WithAntivirus(InProcessScanner(), lambda: broken).scan(job(tmp_path, "fine\n")).report.files
    assert report.verdict is Verdict.NOT_CHECKED
