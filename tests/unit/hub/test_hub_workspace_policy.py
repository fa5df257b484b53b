"""A policy that was changed since a workspace started is what its gate is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hub_config.settings import parse_settings
from hub_config.spawner import SafeZoneSpawner
from hub_config.workspace_events import Running
from registry.access_policy import AccessPolicy
from tests.unit.hub_config.test_settings import HOME

STRICT = "access:\n  policies:\n    - {name: strict, projects: [study], pictures: hold, shown_bytes: 5000}\n"


def test_a_gate_is_told_the_policy_of_now_and_not_that_of_the_start() -> None:
    began = Running(
        workspace="ws_" + "a" * 16,
        person="p_" + "a" * 16,
        handle="minji",
        project="study",
        prefix="/user/minji/study/",
        ends_at=None,
        language="ko",
        datasets=(),
        access=AccessPolicy().payload(),
    )
    kept = Running.from_state(began.state())
    spawner: Any = SimpleNamespace(_running=kept, zone=SimpleNamespace(settings=parse_settings(STRICT, home=HOME)))
    told = SafeZoneSpawner.workspace_payload(spawner)
    assert (told["access"]["pictures"], told["access"]["shown_bytes"]) == (False, 5000)
    assert told["handle"] == "minji"
