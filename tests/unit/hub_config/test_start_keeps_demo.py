"""A directory that holds a demo zone is never taken for an empty one."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from hub_config.settings import HubSettings, ZoneSettings, settings_text
from hub_config.up import Start, StaysDemo, up


def test_an_empty_zone_is_refused_where_a_demo_lies_and_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "ansim.yaml").write_text(settings_text(ZoneSettings(demo=True), HubSettings()), encoding="utf-8")
    with pytest.raises(StaysDemo, match="stays one") as refusal:
        up(Start(home=tmp_path, demo=False, port=8600, story=False), Console())
    assert refusal.value.exit_code == 2
    assert "ANSIM_HOME" in str(refusal.value.hint)
    assert [p.name for p in tmp_path.iterdir()] == ["ansim.yaml"]
