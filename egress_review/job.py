"""What a scanner is given and what it must give back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from egress_review.engine_version import engine_version
from egress_review.errors import ScanFailed
from egress_review.findings import Report
from egress_review.previews import Preview, preview_from_wire
from egress_review.terms import Policy
from egress_review.wire import MalformedReportError, report_from_wire
from registry.text import Text


@dataclass(frozen=True, slots=True)
class JobFile:
    """One file: the name it was handed in under, its hash, where it lies."""

    name: str
    sha256: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanJob:
    """One request to look into files."""

    files: tuple[JobFile, ...]
    policy: Policy
    controls: Mapping[str, Any] | None = None
    context: str | None = None
    previous: tuple[JobFile, ...] = ()
    """Files that were released before, for differencing."""
    evidence: bool = False
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
            "files": [_entry(file, paths) for file in self.files],
            "previous": [_entry(file, paths) for file in self.previous],
        }


def _entry(file: JobFile, paths: Mapping[Path, str] | None) -> dict[str, str]:
    path = str(file.path) if paths is None else paths[file.path]
    return {"name": file.name, "sha256": file.sha256, "path": path}


@dataclass(frozen=True, slots=True)
class ScanResult:
    """A complete report, and the previews that were asked for by hash."""

    report: Report
    previews: Mapping[str, Preview] = field(default_factory=dict)


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
    report: Report | None = None
    previews: dict[str, Preview] = {}
    complete = False
    try:
        for line in lines:
            if complete:
                raise scan_failed("too_much")
            if "report" in line and report is None:
                report = report_from_wire(line["report"])
            elif "preview" in line:
                previews[str(line["sha256"])] = preview_from_wire(line["preview"])
            else:
                complete = line == {"end": True}
    except MalformedReportError:
        raise scan_failed("malformed") from None
    if report is None or not complete:
        raise scan_failed("incomplete")
    asked = sorted((file.name, file.sha256) for file in job.files)
    if report.policy_digest != job.policy.digest or sorted((f.path, f.sha256) for f in report.files) != asked:
        raise scan_failed("other_files")
    if job.previews and set(previews) != {file.sha256 for file in job.files}:
        raise scan_failed("incomplete")
    return ScanResult(report, previews)


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
    "crashed": Text("검사 프로그램이 중단되었습니다.", "The scanner's program stopped."),
}


def scan_failed(code: str) -> ScanFailed:
    """The error for one way in which a scan can fail."""
    return ScanFailed(f"scan_{code}", _WHY[code])
