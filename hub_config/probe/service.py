"""Probes a zone: attack, keep the report, record it, and say what follows from a broken wall."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from audit.event import Actor, Event, Object, Source, Subjects
from audit.text import Text
from hub_config.engine import connect
from hub_config.errors import ZoneError
from hub_config.probe.freezing import freeze_all
from hub_config.probe.host.base import RealZone
from hub_config.probe.model import Finding, Report, Verdict
from hub_config.probe.standing import report_path, standing_under
from hub_config.probe.table import PROBES, WALLS
from hub_config.runtimes import RUNC, asked_for
from hub_config.workspace_image import notebook_image
from hub_config.zone import Zone

KEPT = 400  # reports: more than a year of daily ones
FIRST = timedelta(hours=1)
AGAIN = timedelta(hours=1)  # after a probe that could not be made: it costs a minute of the server's time


class ProbeBusy(ZoneError):
    """A probe runs already."""

    hint = Text(
        "끝날 때까지 기다리십시오. 점검에는 1분쯤 걸립니다.",
        "Wait until it has ended: a probe takes about a minute.",
    )


class HelperRefuses(ZoneError):
    """The zone has no engine to attack with: its helper makes what the zone describes, and no attack."""

    hint = Text(
        "서버에서 root로 `ansim probe`를 실행하십시오. docs/how-to/run-the-probe.ko.md를 보십시오.",
        "Run `ansim probe` as root on the server; see docs/how-to/run-the-probe.md.",
    )


_BEHIND = Text(
    "이 구역은 엔진 도우미 뒤에 있어 스스로 점검하지 못합니다.",
    "A zone behind the engine helper does not probe itself.",
)


def probe(zone: Zone, actor: Actor, told: Callable[[Finding], None], *, runtime: str = RUNC) -> Report:
    """Attack workspaces made as a researcher's, keep the report, record it, and return it.

    Raises: ProbeBusy, ProbeFailed, and other ZoneErrors — if nothing can be said of the walls.
    """
    if zone.settings.machine.engine_helper:
        raise HelperRefuses(_BEHIND)
    with alone(zone.home / "probe"):
        report = asyncio.run(run(zone, told, runtime))
    keep_and_record(zone, actor, report)
    return report


def keep_and_record(zone: Zone, actor: Actor, report: Report) -> None:
    """Keep a report as the last one, record it, and let every project stand still where the settings want that."""
    with alone(zone.home / "probe"):
        _keep(zone.home, report)
    zone.log.record(_event(zone, actor, report), wait="durable")
    if not report.held and zone.settings.probe.on_broken == "freeze":
        freeze_all(zone, actor, report)
    zone.log.checkpoint()


async def run(zone: Zone, told: Callable[[Finding], None], runtime: str, real: RealZone | None = None) -> Report:
    """Attack workspaces made as a researcher's and return what was seen; nothing is kept.

    With `real` this is not the researchers' zone but one beside it, and that one's workspaces are looked at too.
    """
    # Imported here: it brings the story's browser along, which a start of `ansim` does not wait for.
    from hub_config.probe.attacking import attack_all
    from hub_config.probe.range import opened

    began = datetime.now(UTC)
    with contextlib.closing(connect(timeout=60)) as engine:
        version, image = str(engine.version()["Version"]), notebook_image(zone.home)
    async with opened(zone.settings, image, f"probe-{zone.zone_id}", asked_for(runtime), real) as place:
        findings = await attack_all(place, zone.keys, told)
    return Report(
        began=began,
        ended=datetime.now(UTC),
        zone=zone.zone_id,
        image=image.removeprefix("sha256:"),
        runtime=runtime,
        engine=version,
        findings=findings,
    )


@contextlib.contextmanager
def alone(place: Path) -> Iterator[None]:
    """Hold the place of probes, and clear what one that was killed left there."""
    place.mkdir(mode=0o710, exist_ok=True)
    lock = os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ProbeBusy("Another probe of this zone runs.") from error
        for left in place.glob("range-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(lock)


def _keep(home: Path, report: Report) -> None:
    """Keep the report whole or not at all; the newest is the last by name."""
    folder = report_path(home).parent / "reports"
    folder.mkdir(mode=0o700, exist_ok=True)
    document = {**report.document(), "sha256": report.digest(), "walls": described()}
    text = json.dumps(document, ensure_ascii=False, indent=1)
    kept = folder / f"{report.began:%Y%m%dT%H%M%S}-{report.runtime}.json"
    for path in (kept, report_path(home, report.runtime)):
        fresh = path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.chmod(0o600)
        fresh.replace(path)
    for old in sorted(folder.glob("*.json"))[:-KEPT]:
        old.unlink()


def described() -> list[dict[str, Any]]:
    """Return the table for readers that do not have it: every wall with its probes, in both languages."""

    def said(text: Text) -> dict[str, str]:
        return {"ko": text.ko, "en": text.en}

    return [
        {
            "id": wall.id,
            "title": said(wall.title),
            "probes": [
                {"id": p.id, "tried": said(p.tried), "held": said(p.held), "covers": list(p.covers)}
                for p in PROBES
                if p.wall == wall.id
            ],
        }
        for wall in WALLS
    ]


def _event(zone: Zone, actor: Actor, report: Report) -> Event:
    detail: dict[str, Any] = {
        "report": report.digest(),
        "runtime": report.runtime,
        "image": report.image,
        "counts": report.counts(),
        "broken": list(report.broken),
        "lacking": [f.probe for f in report.findings if f.verdict is Verdict.LACKING],
    }
    return replace(
        _about(zone, actor),
        object=Object("zone", zone.zone_id, sha256=report.digest()),
        outcome="ok" if report.held else "failed",
        reason=None if report.held else "wall_broken",
        detail=detail,
    )


def _about(zone: Zone, actor: Actor) -> Event:
    return Event("zone.probed", actor, Object("zone", zone.zone_id), Subjects.none(), Source(ip=None))


def keep_probing(zone: Zone, actor: Actor, now: datetime | None = None) -> bool:
    """Probe each runtime whose last probe is older than the settings allow; say whether any probe was made.

    A new zone is probed first when its keys are an hour old, so that a first start is not followed by a probe.
    """
    if zone.settings.machine.engine_helper:
        return False  # a probe attacks with containers that the helper, rightly, does not make
    now = now or datetime.now(UTC)
    tried = zone.home / "probe" / "tried"
    wanted = [runtime for runtime in zone.settings.runtimes() if now >= due(zone, runtime)]
    if not wanted or (tried.exists() and now < datetime.fromtimestamp(tried.stat().st_mtime, UTC) + AGAIN):
        return False
    tried.parent.mkdir(mode=0o710, exist_ok=True)
    tried.touch()
    with contextlib.ExitStack() as rest:
        for runtime in reversed(wanted):  # one that cannot be probed keeps no other from it
            rest.callback(_probe_or_say, zone, actor, runtime)
    return True


def _probe_or_say(zone: Zone, actor: Actor, runtime: str) -> None:
    try:
        probe(zone, actor, lambda finding: None, runtime=runtime)
    except ProbeBusy:
        return
    except Exception:
        # Whatever it was: that nothing is known of the walls is for an officer to hear of.
        detail = {"runtime": runtime}
        event = replace(_about(zone, actor), outcome="failed", reason="not_probed", detail=detail)
        zone.log.record(event, wait="durable")
        raise


def due(zone: Zone, runtime: str = RUNC) -> datetime:
    """Return when the next probe of a runtime is due."""
    every = timedelta(hours=zone.settings.probe.every_hours)
    last = standing_under(zone.home, runtime)
    if last is None:
        began = (zone.home / "keys" / "zone.id").stat().st_mtime
        return datetime.fromtimestamp(began, UTC) + min(FIRST, every)
    return last.ended + every
