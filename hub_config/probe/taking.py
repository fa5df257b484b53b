"""Reports that root made beside the zone, taken over into the zone's record: `ansim probe --take FILE`.

A zone behind the engine helper cannot attack itself: the helper, rightly, does not make the containers of an attack.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from audit.event import Actor
from audit.text import Text
from hub_config.errors import ZoneError
from hub_config.probe.model import Finding, Report, Verdict
from hub_config.probe.service import keep_and_record
from hub_config.probe.table import PROBES
from hub_config.workspace_image import notebook_image
from hub_config.zone import Zone

OLDEST = timedelta(days=1)
AHEAD = timedelta(minutes=5)
LARGEST = 4_000_000  # characters; a report has some ten thousand


class ReportRefused(ZoneError):
    """What was handed over is no report of this zone's walls."""

    exit_code = 2
    hint = Text(
        "root로 `ansim probe`를 다시 실행하십시오. 점검과 기록을 함께 합니다.",
        "Run `ansim probe` as root again: it probes and records at once.",
    )


def take(zone: Zone, actor: Actor, text: str, now: datetime | None = None) -> tuple[Report, ...]:
    """Keep and record reports, one behind the other in a text, as if the zone had made them.

    Raises: ReportRefused — for what is no whole report of today about the image that this zone starts workspaces from;
    then none is kept.
    """
    reports = tuple(parsed(text))
    for report in reports:
        _check(zone, report, now or datetime.now(UTC))
    for report in reports:
        keep_and_record(zone, actor, report)
    return reports


def _check(zone: Zone, report: Report, now: datetime) -> None:
    if f"sha256:{report.image}" != notebook_image(zone.home):
        raise ReportRefused(
            Text("다른 이미지를 점검한 보고서입니다.", "The report is about another image than this zone's.")
        )
    if not now - OLDEST <= report.ended <= now + AHEAD:
        raise ReportRefused(
            Text("하루 안에 끝난 점검의 보고서가 아닙니다.", "The report is not of a probe of the last day.")
        )


def parsed(text: str) -> list[Report]:
    """Return the reports that `ansim probe --json` wrote, at least one. Raises: ReportRefused — if one is not whole."""
    reports: list[Report] = []
    rest = text.strip()
    try:
        if len(text) > LARGEST:
            raise ValueError("too large")
        while rest or not reports:
            document, end = json.JSONDecoder().raw_decode(rest)
            reports.append(_report(document))
            rest = rest[end:].lstrip()
    except (ValueError, RecursionError) as error:
        raise ReportRefused(Text("점검 보고서가 아닙니다.", "This is no report of a probe.")) from error
    return reports


def _report(document: dict[str, Any]) -> Report:
    try:
        findings = tuple(
            Finding(str(one["probe"]), Verdict(one["verdict"]), str(one["seen"])) for one in document["findings"]
        )
        report = Report(
            began=_moment(document["began"]),
            ended=_moment(document["ended"]),
            findings=findings,
            **{name: str(document[name]) for name in ("zone", "image", "runtime", "engine")},
        )
        whole = report.digest() == document["sha256"] and [one.probe for one in findings] == [one.id for one in PROBES]
    except (KeyError, TypeError) as error:
        raise ValueError("no report") from error
    if not whole:
        raise ReportRefused(
            Text("보고서가 온전하지 않거나 다른 버전의 것입니다.", "The report is not whole, or of another version.")
        )
    return report


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
