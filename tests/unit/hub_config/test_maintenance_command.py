"""`ansim maintenance`: the end that a person types, and what the gate is told."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp.test_utils import make_mocked_request

from audit.text import Text
from hub_config.gate.announcement import LONGEST, Announcement
from hub_config.gate.answers import refusal
from hub_config.gate.config import GateConfig
from hub_config.gate.pages import bar_page
from hub_config.maintenance_commands import end_of

SAID = Text("안심구역 점검 중입니다 <1>", "The zone is under maintenance <1>")
CONFIG = GateConfig(domain="ansim.localhost")


@pytest.mark.parametrize(("given", "span"), [("90m", timedelta(minutes=90)), ("+2h", timedelta(hours=2))])
def test_a_span_counts_from_now(given: str, span: timedelta) -> None:
    begun = datetime.now(UTC)
    assert timedelta() <= end_of(given) - span - begun < timedelta(minutes=1)


def test_a_time_is_by_the_clocks_of_the_zone_unless_it_says_another() -> None:
    assert end_of("2027-03-01T18:00").isoformat() == "2027-03-01T18:00:00"
    assert end_of("2027-03-01 18:00+00:00") == datetime(2027, 3, 1, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize("given", ["", "soon", "0h", "2w", "2h30m", "2027-13-01", "99999999999d"])
def test_anything_else_is_refused_with_what_to_write(given: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="2026-11-22T18:00"):
        end_of(given)


def test_the_gate_explains_its_own_faults_with_it_and_no_refusal_that_is_the_persons() -> None:
    for code, explained in (("zone.away", True), ("hub.away", True), ("workspace.closed", False)):
        request = make_mocked_request("GET", "/", headers={"Sec-Fetch-Dest": "document"})
        text = refusal(code, request, CONFIG, notice=SAID).text or ""
        assert ("안심구역 점검 중입니다 &lt;1&gt;" in text) is explained
        assert ("The zone is under maintenance &lt;1&gt;" in text) is explained


def test_the_bar_above_a_workspace_says_it_in_the_language_of_the_workspace() -> None:
    given = {"ends_at": None, "closed": False, "portal": "https://z", "now": datetime.now(UTC), "notice": SAID}
    assert "안심구역 점검 중입니다 &lt;1&gt;" in bar_page(language="ko", **given)  # type: ignore[arg-type]
    assert "under maintenance &lt;1&gt;" in bar_page(language="en", **given)  # type: ignore[arg-type]


def test_the_gate_keeps_one_line_in_each_language_and_nothing_else() -> None:
    kept = Announcement()
    kept.tell({"said": {"ko": "점검", "en": "maintenance"}})
    assert kept.said == Text("점검", "maintenance")
    lines: list[object] = ["", "two\nlines", "x" * (LONGEST + 1), 5]
    for line in lines:
        with pytest.raises(ValueError, match="one line in each language"):
            kept.tell({"said": {"ko": line, "en": "fine"}})
    kept.tell({"said": None})
    assert kept.said is None
