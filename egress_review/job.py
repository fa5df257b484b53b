"""What a scanner is given and what it must give back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from egress_review.engine_version import engine_version
from egress_review.errors import ScanFailed
from egress_review.findings import FileReport, Report
from egress_review.previews import Preview, preview_from_wire
from egress_review.terms import Policy
from egress_review.wire import MalformedReportError, file_from_wire
from registry.text import Text


@dataclass(frozen=True, slots=True)
class JobFile:
    """One file: the name it was handed in under, its hash, where it lies."""

    name: str
    sha256: str
    path: Path
    controls: Mapping[str, Any] | None = None
    """Of a file that has left before: what was declared of it when it left."""


class Sources(Protocol):
    """Data that outputs are compared with; see `egress_review.source_check`."""

    def amend(self, result: ScanResult) -> ScanResult:
        """The result with what the comparison found.

        Raises: ScanFailed — if what the scanner sent cannot be read.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanJob:
    """One request to look into files."""

    files: tuple[JobFile, ...]
    policy: Policy
    controls: Mapping[str, Any] | None = None
    context: str | None = None
    previous: tuple[JobFile, ...] = ()
    """Files that were released before, for differencing."""
    supporting: tuple[JobFile, ...] = ()
    """Files that speak for the others and never leave: what the checks compare with."""
    sources: Sources | None = None
    """What the hashed rows of the files are compared with, here and never in the scanner."""
    evidence: bool = False
    """Whether there is more to compare with that the checks cannot read, such as the source."""
    together: bool = True
    """Whether the files are one request, held to the limits of one."""
    previews: bool = False
    scratch: Path | None = None
    """Where the files may be laid out for a container; on their file system it costs nothing."""

    def as_json(self, paths: Mapping[Path, str] | None = None) -> dict[str, Any]:
        """The job as the scanner's program reads it; `paths` says where each file lies for the program."""
        return {
            "engine": engine_version(),
            "together": self.together,
            "policy": self.policy.as_json(),
            "controls": self.controls,
            "context": self.context,
            "evidence": self.evidence,
            "previews": self.previews,
            "rows": self.sources is not None,
            "files": [_entry(file, paths) for file in self.files],
            "previous": [_entry(file, paths) for file in self.previous],
            "supporting": [_entry(file, paths) for file in self.supporting],
        }


def _entry(file: JobFile, paths: Mapping[Path, str] | None) -> dict[str, Any]:
    path = str(file.path) if paths is None else paths[file.path]
    said = {} if file.controls is None else {"controls": file.controls}
    return {"name": file.name, "sha256": file.sha256, "path": path, **said}


@dataclass(frozen=True, slots=True)
class Alarm:
    """Canaries that stand in a file: for the officer, never for the author."""

    sha256: str
    dataset: str
    count: int


@dataclass(frozen=True, slots=True)
class ScanResult:
    """A complete report, and the previews that were asked for by hash."""

    report: Report
    previews: Mapping[str, Preview] = field(default_factory=dict)
    rows: tuple[Mapping[str, Any], ...] = ()
    """The hashed rows of each file, where the job asked for them."""
    alarms: tuple[Alarm, ...] = ()


class Scanner(Protocol):
    """Looks into files."""

    def scan(self, job: ScanJob) -> ScanResult:
        """The findings on every file of the job.

        Raises: ScanFailed — if there is no complete result.
        """


def collect_result(job: ScanJob, lines: Iterable[Mapping[str, Any]]) -> ScanResult:
    """The result in the lines of the scanner's program, held to the job it was given.

    Raises: ScanFailed — for anything but the complete and matching answer.
    """
    files: list[FileReport] = []
    previews: dict[str, Preview] = {}
    rows: list[Mapping[str, Any]] = []
    complete = False
    try:
        for line in lines:
            if complete:
                raise scan_failed("too_much", files)
            if "file" in line:
                files.append(_expected(job, len(files), file_from_wire(line["file"])))
            elif "rows" in line:
                rows.append(line["rows"])
            elif "preview" in line:
                previews[str(line.get("sha256"))] = preview_from_wire(line["preview"])
            else:
                complete = line == {"end": True}
    except MalformedReportError:
        raise scan_failed("malformed", files) from None
    except ScanFailed as error:
        raise scan_failed(error.code.removeprefix("scan_"), files) from None
    if not complete or len(files) != len(job.files):
        raise scan_failed("incomplete", files)
    if job.previews and set(previews) != {file.sha256 for file in (*job.files, *job.supporting)}:
        raise scan_failed("incomplete", files)
    if len(rows) != (len(files) if job.sources else 0):
        raise scan_failed("incomplete", files)
    result = ScanResult(Report(job.policy.name, job.policy.digest, tuple(files)), previews, tuple(rows))
    return job.sources.amend(result) if job.sources else result


def finished(job: ScanJob, output: bytes) -> tuple[FileReport, ...]:
    """The reports in the output of a scan that did not come to its end."""
    try:
        return collect_result(job, lines_of(output)).report.files
    except ScanFailed as error:
        return error.done


def lines_of(output: bytes) -> Iterator[Mapping[str, Any]]:
    """The JSON objects in the output of the scanner's program.

    Raises: ScanFailed — for a line that is none, or one with a number or a text that no database takes.
    """
    for line in output.splitlines():
        try:
            text = line.decode()
            content = json.loads(text, parse_constant=_no_number)
            if _HALF.search(text):
                json.dumps(content, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise scan_failed("malformed") from None
        if not isinstance(content, dict):
            raise scan_failed("malformed")
        yield content


_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""Half of a pair that JSON writes one character with; without its other half it is none."""


def _no_number(name: str) -> float:
    raise ValueError(name)


def _expected(job: ScanJob, position: int, report: FileReport) -> FileReport:
    """The report, if it is on the file that comes next in the job.

    Raises: ScanFailed
    """
    if position < len(job.files):
        file = job.files[position]
        if (file.name, file.sha256) == (report.path, report.sha256):
            return report
    raise scan_failed("other_files")


_WHY: dict[str, Text] = {
    "incomplete": Text("검사가 끝까지 되지 않았습니다.", "The scan did not come to its end."),
    "malformed": Text("검사 결과를 읽을 수 없습니다.", "The result of the scan cannot be read."),
    "too_much": Text("검사 결과가 한도를 넘었습니다.", "The scan gave more output than it may."),
    "other_files": Text("검사 결과가 다른 파일의 것입니다.", "The result is of other files."),
    "timeout": Text("검사가 제한 시간을 넘었습니다.", "The scan ran out of time."),
    "no_engine": Text("컨테이너 엔진이 응답하지 않습니다.", "The container engine does not answer."),
    "no_image": Text("검사용 이미지가 없습니다.", "There is no scanner image."),
    "other_version": Text(
        "검사용 이미지의 버전이 다릅니다. `make up`으로 다시 만드십시오.",
        "The scanner image is of another version; `make up` builds it anew.",
    ),
    "no_fingerprints": Text(
        "원자료의 지문을 만드는 중입니다. 끝나면 자동으로 점검합니다.",
        "Fingerprints of the source data are being made; the check follows by itself.",
    ),
    "crashed": Text("검사 프로그램이 중단되었습니다.", "The scanner's program stopped."),
}


def scan_failed(code: str, done: Sequence[FileReport] = ()) -> ScanFailed:
    """The error for one way in which a scan can fail; `done` are the files that were finished before."""
    error = ScanFailed(f"scan_{code}", _WHY[code])
    error.done = tuple(done)
    return error
