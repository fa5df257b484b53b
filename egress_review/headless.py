"""Checking files on disk without a zone: what `ansim egress check` does.

    report = check_paths([Path("out")], load_policy("kr-default"), None, scanner)

A file on which the scanner fails is not checked, and the others still are.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from audit.text import Text as Words
from audit.yaml_file import Node, plain, read_yaml
from egress_review.claims import ClaimError, parse_claims
from egress_review.errors import Invalid, ScanFailed
from egress_review.findings import FileReport, NotChecked, Report
from egress_review.in_words import printable
from egress_review.job import JobFile, ScanJob, Scanner
from egress_review.own_source import sources_of
from egress_review.rules import RULE
from egress_review.terms import Policy
from registry.text import Text

HOPELESS = frozenset(("scan_no_engine", "scan_no_image", "scan_other_version"))
"""Failures that no other file of the job would escape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """What a request file says beside the files to check."""

    context: str | None = None
    controls: Mapping[str, Any] | None = None
    previous: tuple[Path, ...] = ()
    supporting: tuple[Path, ...] = ()
    """Files and folders of evidence, which the checks compare with."""
    source: tuple[Path, ...] = ()
    """Files and folders of the microdata that the outputs were made from; they are compared by fingerprints."""


_KEYS = ("context", "controls", "evidence", "previous", "source")


def load_request(path: Path) -> RequestFacts:
    """The request written in a YAML file; folders are relative to it.

    Raises: Invalid — for a file that cannot be read, an unknown key, controls that cannot be understood.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unread("request_unreadable", path, error) from None
    given = read_yaml(text, str(path), _request_refused).fields((), _KEYS)
    controls = plain(given["controls"]) if "controls" in given else None
    try:
        parse_claims(controls)
    except ClaimError as error:
        given["controls"].refuse(Words(error.reason.ko, error.reason.en))
    context = given["context"].scalar() if "context" in given else None
    previous = given["previous"].elements() if "previous" in given else ()
    return RequestFacts(
        context=None if context is None else str(context),
        controls=controls,
        previous=tuple(path.parent / folder.words() for folder in previous),
        supporting=tuple(path.parent / name for name in _names(given.get("evidence"))),
        source=tuple(path.parent / name for name in _names(given.get("source"))),
    )


def _names(node: Node | None) -> list[str]:
    """The file names under a key: one, or a list of them."""
    if node is None or not _filled(node):
        return []
    return [one.words() for one in node.elements()] if isinstance(plain(node), list) else [node.words()]


def _filled(node: Node | None) -> bool:
    """Say whether a key is there and says something."""
    return node is not None and bool(plain(node))


def _request_refused(reason: Words) -> Invalid:
    return Invalid("request_invalid", Text(ko=reason.ko, en=reason.en))


def files_below(paths: Sequence[Path]) -> tuple[JobFile, ...]:
    """The ordinary files at and below the paths, each named as it was reached; none is followed through a link.

    Raises: Invalid — for a path that does not exist or is no ordinary file, and if there are no files at all.
    """
    found: dict[str, JobFile] = {}
    for path in paths:
        entries = sorted(path.rglob("*")) if path.is_dir() and not path.is_symlink() else [path]
        for entry in entries:
            if entry.is_dir() and not entry.is_symlink():
                continue
            found[entry.as_posix()] = _file(entry)
    if not found:
        raise Invalid("no_files", Text("점검할 파일이 없습니다.", "There are no files to check."), hint=_NAME_FILES)
    return tuple(found[name] for name in sorted(found))


def _file(path: Path) -> JobFile:
    try:
        kind = path.lstat().st_mode
        if not stat.S_ISREG(kind):
            named = printable(str(path))
            reason = Text(f"{named}: 일반 파일이 아닙니다.", f"{named}: not an ordinary file.")
            raise Invalid("not_ordinary", reason, hint=_NAME_FILES)
        with path.open("rb") as stream:
            return JobFile(path.as_posix(), hashlib.file_digest(stream, "sha256").hexdigest(), path.resolve())
    except OSError as error:
        raise _unread("unreadable", path, error) from None


def check_paths(paths: Sequence[Path], policy: Policy, request: RequestFacts | None, scanner: Scanner) -> Report:
    """What the policy says about the files; with a request they are held to its limits together.

    Raises: Invalid — for paths that cannot be read. ScanFailed — if the scanner cannot work at all.
    """
    facts = request or RequestFacts()
    previous = files_below(facts.previous) if facts.previous else ()
    supporting = files_below(facts.supporting) if facts.supporting else ()
    apart = {file.path for file in supporting}
    job = ScanJob(
        files=tuple(file for file in files_below(paths) if file.path not in apart),
        policy=policy,
        controls=facts.controls,
        context=facts.context,
        previous=previous,
        supporting=supporting,
        together=request is not None,
    )
    with sources_of(files_below(facts.source) if facts.source else ()) as sources:
        return Report(policy.name, policy.digest, tuple(_each(replace(job, sources=sources), scanner)))


def _each(job: ScanJob, scanner: Scanner) -> list[FileReport]:
    """Reports on all files; the scan goes on behind a file that stopped it."""
    reports: list[FileReport] = []
    left = job.files
    while left:
        try:
            return [*reports, *scanner.scan(replace(job, files=left)).report.files]
        except ScanFailed as error:
            if error.code in HOPELESS:
                raise
            reports += error.done
            stopper = left[len(error.done)] if len(error.done) < len(left) else left[-1]
            reports = [one for one in reports if one.path != stopper.name]
            reports.append(_not_checked(stopper, error))
            if job.sources is None:
                left = left[len(error.done) + 1 :]
                continue
            # Files are compared with the source together, so those that were done are looked at again without it.
            reports = [one for one in reports if one.path == stopper.name or one not in error.done]
            left = tuple(file for file in left if file is not stopper)
    return reports


def _not_checked(file: JobFile, error: ScanFailed) -> FileReport:
    rule = RULE["file.type"]
    finding = NotChecked(rule.id, rule.severity, "Ansim: a scan that fails is never a pass", error.reason, error.hint)
    return FileReport(file.name, file.sha256, (finding,))


_NAME_FILES = Text(
    "점검할 파일이나, 파일이 든 폴더를 지정하십시오. 링크는 따라가지 않습니다.",
    "Name files, or folders with files in them; links are not followed.",
)
_UNREAD: tuple[tuple[type[Exception], Text], ...] = (
    (FileNotFoundError, Text("없는 파일이나 폴더입니다.", "no such file or folder.")),
    (PermissionError, Text("읽을 권한이 없습니다.", "you may not read it.")),
    (UnicodeDecodeError, Text("UTF-8로 쓰인 글이 아닙니다.", "not a text in UTF-8.")),
    (Exception, Text("읽을 수 없습니다.", "cannot be read.")),
)


def _unread(code: str, path: Path, error: Exception) -> Invalid:
    why = next(text for kind, text in _UNREAD if isinstance(error, kind))
    named = printable(str(path))
    return Invalid(code, Text(f"{named}: {why.ko}", f"{named}: {why.en}"))
