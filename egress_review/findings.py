"""What a check found. An outcome is a type, so that "not checked" can never pass for "passed"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias, assert_never

from registry.text import Text

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"
Number: TypeAlias = "int | float | None"


class Severity(StrEnum):
    """How much a flagged finding weighs; `warn` and `note` never change a verdict."""

    BLOCK = "block"
    FAIL = "fail"
    WARN = "warn"
    NOTE = "note"

    @property
    def decides(self) -> bool:
        """Whether findings of this severity can keep a file from passing."""
        return self in (Severity.BLOCK, Severity.FAIL)


class Verdict(StrEnum):
    """What all findings on one file come to."""

    PASSED = "passed"
    FLAGGED = "flagged"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file, counted from 1 as a spreadsheet shows it; never what stands there."""

    page: int = 0
    sheet: str = ""
    row: int = 0
    column: int = 0
    path: str = ""

    def as_json(self) -> dict[str, JSON]:
        """The parts that are set."""
        parts: dict[str, JSON] = {
            "page": self.page,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "path": self.path,
        }
        return {key: value for key, value in parts.items() if value}


WHOLE_FILE = Where()


@dataclass(frozen=True, slots=True)
class Passed:
    """The rule was applied to the whole file and found nothing."""

    rule: str
    severity: Severity
    source: str


@dataclass(frozen=True, slots=True)
class Flagged:
    """The rule found something: where, how much, and how to mend it."""

    rule: str
    severity: Severity
    source: str
    where: Where
    number: Number
    message: Text
    fix: Text


@dataclass(frozen=True, slots=True)
class NotChecked:
    """The rule could not be applied, and why."""

    rule: str
    severity: Severity
    source: str
    message: Text
    fix: Text


Finding: TypeAlias = Passed | Flagged | NotChecked
Status = Literal["passed", "flagged", "not_checked"]


def status_of(finding: Finding) -> Status:
    """The word for a finding's type in machine-readable output."""
    match finding:
        case Passed():
            return "passed"
        case Flagged():
            return "flagged"
        case NotChecked():
            return "not_checked"
        case _:
            assert_never(finding)


@dataclass(frozen=True, slots=True)
class FileReport:
    """All findings on one file."""

    path: str
    sha256: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """Flagged if a deciding rule is flagged, else not checked if one is, else passed."""
        deciding = [f for f in self.findings if f.severity.decides]
        if any(isinstance(f, Flagged) for f in deciding):
            return Verdict.FLAGGED
        if any(isinstance(f, NotChecked) for f in deciding) or not self.findings:
            return Verdict.NOT_CHECKED
        return Verdict.PASSED

    @property
    def blocked(self) -> bool:
        """Whether something was found that no reviewer may wave through."""
        return any(isinstance(f, Flagged) and f.severity is Severity.BLOCK for f in self.findings)


@dataclass(frozen=True, slots=True)
class Report:
    """What one policy says about a set of files."""

    policy: str
    policy_digest: str
    files: tuple[FileReport, ...]
    compared: str = ""
    """Digest of what had left before and was compared with (`egress_review.left_meanwhile`); "" for nothing."""

    @property
    def passed(self) -> bool:
        """Whether there are files and every one passed."""
        return bool(self.files) and all(f.verdict is Verdict.PASSED for f in self.files)

    def as_json(self, language: str = "en") -> dict[str, JSON]:
        """The report as `ansim egress check --json` prints it."""
        return {
            "policy": {"name": self.policy, "digest": self.policy_digest},
            "files": [
                {
                    "path": file.path,
                    "sha256": file.sha256,
                    "verdict": file.verdict.value,
                    "findings": [_finding_json(f, language) for f in sorted(file.findings, key=_order)],
                }
                for file in sorted(self.files, key=lambda f: f.path)
            ],
        }


def _order(finding: Finding) -> tuple[str, Where, str]:
    where = finding.where if isinstance(finding, Flagged) else WHOLE_FILE
    return finding.rule, where, status_of(finding)


def _finding_json(finding: Finding, language: str) -> dict[str, JSON]:
    common: dict[str, JSON] = {
        "rule": finding.rule,
        "status": status_of(finding),
        "severity": finding.severity.value,
        "where": {},
        "number": None,
        "message": "",
        "fix": "",
        "source": finding.source,
    }
    if isinstance(finding, Passed):
        return common
    common |= {"message": finding.message.text(language), "fix": finding.fix.text(language)}
    if isinstance(finding, Flagged):
        common |= {"where": finding.where.as_json(), "number": finding.number}
    return common
