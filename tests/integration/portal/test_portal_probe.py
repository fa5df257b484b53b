"""The page of the walls: what the last probe found, for officers and operators alone."""

from __future__ import annotations

from datetime import UTC, datetime

from hub_config.probe import service
from hub_config.probe.model import Finding, Probe, Report, Verdict
from hub_config.probe.table import PROBES, WALLS
from tests.integration.portal.portal_world import World

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BROKEN = "kern.io_uring"
FORBIDDEN = 403


def advised(probe: Probe) -> Verdict:
    return Verdict.LACKING if probe.advice else Verdict.HELD


def keep(world: World, runtime: str = "runc", *, broken: bool = True, seen: str = "EPERM <x>") -> Report:
    """Keep a report, with one broken wall where nothing else is said, as the probe does."""
    home = world.zone.settings.home
    (home / "probe").mkdir(exist_ok=True)
    findings = tuple(Finding(p.id, Verdict.BROKEN if broken and p.id == BROKEN else advised(p), seen) for p in PROBES)
    report = Report(began=NOW, ended=NOW, zone="z", image="i" * 64, runtime=runtime, engine="27.1", findings=findings)
    service._keep(home, report)
    return report


def test_an_officer_and_an_operator_see_every_wall_and_what_broke(world: World) -> None:
    report = keep(world)
    for handle in ("jiwoo", "taeyang"):
        page = world.signed_in(handle).page("/walls")
        assert BROKEN in page
        assert report.digest() in page
        assert "&lt;x&gt;" in page
        assert "<x>" not in page
        assert all(wall.title.en.replace("'", "&#39;") in page for wall in WALLS)
        assert page.count("<title>") > len(PROBES)  # a tile for each, drawn for wide and for narrow screens


def test_the_page_speaks_korean_and_needs_no_script(world: World) -> None:
    keep(world)
    browser = world.signed_in("jiwoo")
    browser.headers["Accept-Language"] = "ko"
    browser.cookies.set("language", "ko")
    page = browser.page("/walls")
    assert "<script" not in page
    assert "style=" not in page


def test_why_something_was_not_seen_is_told_in_the_readers_language(world: World) -> None:
    keep(world, seen="auditd is not installed")
    browser = world.signed_in("jiwoo")
    assert "auditd is not installed" in browser.page("/walls")
    browser.fill("/language", language="ko", next="/")
    page = browser.page("/walls")
    assert "auditd가 설치되어 있지 않음" in page
    assert "auditd is not installed" not in page


def test_each_runtime_has_its_own_report_on_the_page(world: World) -> None:
    reports = [keep(world, runtime) for runtime in ("runc", "runsc")]
    page = world.signed_in("jiwoo").page("/walls")
    assert all(report.digest() in page for report in reports)
    assert page.index("Under runc") < page.index("Under runsc")


def test_a_runtime_that_was_never_probed_is_not_said_to_stand(world: World) -> None:
    browser = world.signed_in("jiwoo")
    keep(world, broken=False)
    assert "Under runsc: not probed yet" in browser.page("/walls")
    assert "A probe under runsc is awaited" in browser.page("/")
    keep(world, "runsc", broken=False)
    assert "not probed yet" not in browser.page("/walls")
    assert "Every wall stands" in browser.page("/")
    (world.zone.settings.home / "probe" / "last-runsc.json").write_text("half a rep")  # nobody can read it
    assert "Every wall stands" not in browser.page("/")


def test_without_a_report_the_page_says_how_to_make_one(world: World) -> None:
    assert "ansim probe" in world.signed_in("jiwoo").page("/walls")


def test_a_researcher_does_not_see_the_walls(world: World) -> None:
    keep(world)
    world.signed_in("minji").page("/walls", FORBIDDEN)
