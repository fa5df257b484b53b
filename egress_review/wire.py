"""Reports as JSON in both languages, on their way out of the scanner and into the database.

The scanner has read hostile bytes, so what comes out of it is parsed as strictly as anything from outside.
"""

from __future__ import annotations

from typing import Any

from egress_review.findings import (
    JSON,
    FileReport,
    Finding,
    Flagged,
    NotChecked,
    Passed,
    Report,
    Severity,
    Where,
    status_of,
)
from egress_review.rules import RULE
from registry.text import Text

LONGEST_TEXT = 1000
MOST_FINDINGS = 20_000
LARGEST_NUMBER = 1e300
"""What a page or a table can still write; whole numbers know no end."""


class MalformedReportError(ValueError):
    """Anything but a report as `report_to_wire` writes it."""


def report_to_wire(report: Report) -> dict[str, JSON]:
    """A report as JSON with its texts in both languages."""
    return {
        "policy": report.policy,
        "policy_digest": report.policy_digest,
        "files": [file_to_wire(file) for file in report.files],
        "compared": report.compared,
    }


def file_to_wire(file: FileReport) -> dict[str, JSON]:
    """The findings on one file as JSON."""
    findings: list[JSON] = [_finding_to_wire(one) for one in file.findings]
    return {"path": file.path, "sha256": file.sha256, "findings": findings}


def report_from_wire(content: Any) -> Report:
    """The report that `report_to_wire` wrote.

    Raises: MalformedReportError — for any other content.
    """
    try:
        return Report(
            _string(content["policy"]),
            _string(content["policy_digest"]),
            tuple(file_from_wire(file) for file in _list(content["files"])),
            _string(content.get("compared", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedReportError(type(error).__name__) from None


def file_from_wire(content: Any) -> FileReport:
    """The findings that `file_to_wire` wrote.

    Raises: MalformedReportError — for any other content.
    """
    try:
        findings = tuple(_finding_from_wire(one) for one in _list(content["findings"]))
        return FileReport(_string(content["path"]), _string(content["sha256"]), findings)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedReportError(type(error).__name__) from None


def _finding_to_wire(finding: Finding) -> dict[str, JSON]:
    wire: dict[str, JSON] = {
        "rule": finding.rule,
        "status": status_of(finding),
        "severity": finding.severity.value,
        "source": finding.source,
    }
    if isinstance(finding, Passed):
        return wire
    wire |= {"message": _text_to_wire(finding.message), "fix": _text_to_wire(finding.fix)}
    if isinstance(finding, Flagged):
        wire |= {"where": finding.where.as_json(), "number": finding.number}
    return wire


def _finding_from_wire(wire: Any) -> Finding:
    rule, severity, source = RULE[wire["rule"]].id, Severity(wire["severity"]), _string(wire["source"])
    if wire["status"] == "passed":
        return Passed(rule, severity, source)
    message, fix = _text_from_wire(wire["message"]), _text_from_wire(wire["fix"])
    if wire["status"] == "not_checked":
        return NotChecked(rule, severity, source, message, fix)
    if wire["status"] != "flagged":
        raise MalformedReportError("unknown status")
    number = wire["number"]
    if number is not None and (isinstance(number, bool) or not isinstance(number, int | float)):
        raise MalformedReportError("number")
    if number is not None and not abs(number) < LARGEST_NUMBER:  # nor anything that is no number at all
        raise MalformedReportError("number")
    return Flagged(rule, severity, source, _where(wire["where"]), number, message, fix)


def _where(wire: Any) -> Where:
    if not set(wire) <= {"page", "sheet", "row", "column", "path"}:
        raise MalformedReportError("where")
    return Where(
        page=_whole(wire.get("page", 0)),
        sheet=_string(wire.get("sheet", "")),
        row=_whole(wire.get("row", 0)),
        column=_whole(wire.get("column", 0)),
        path=_string(wire.get("path", "")),
    )


def _text_to_wire(text: Text) -> dict[str, JSON]:
    return {"ko": text.ko, "en": text.en}


def _text_from_wire(wire: Any) -> Text:
    return Text(ko=_string(wire["ko"]), en=_string(wire["en"]))


def _string(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise MalformedReportError("text")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise MalformedReportError("position")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_FINDINGS:
        raise MalformedReportError("list")
    return value
