"""Who asked for a start, read from what the portal said; and what a failed start is called."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2 as httpx
import pytest
from docker.errors import APIError

from audit.errors import NotDurable
from hub_config.spawn_failures import FAILURES, NotReady, RuntimeMissing, both, failure_code
from hub_config.spawn_request import SpawnRequest
from hub_config.workspace_events import Running
from hub_config.workspace_files import WorkspaceFilesError
from registry.text import Text


@pytest.mark.parametrize(
    ("options", "by", "address"),
    [
        ({}, None, None),
        ({"requested_by": "p_abc", "source_ip": "198.51.100.7"}, "p_abc", "198.51.100.7"),
        ({"requested_by": ["p_abc"], "source_ip": "here"}, None, None),
        ({"image": "evil:latest", "source_ip": 7}, None, None),
    ],
)
def test_options_that_are_not_what_they_should_be_count_as_not_said(
    options: dict[str, Any], by: str | None, address: str | None
) -> None:
    request = SpawnRequest.parse(options)
    assert (request.requested_by, request.source.ip) == (by, address)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (asyncio.CancelledError(), "timeout"),
        (NotReady("x"), "not_ready"),
        (RuntimeMissing("x"), "runtime_missing"),
        (NotDurable("x"), "log_unavailable"),
        (httpx.ConnectError("x"), "gate_unavailable"),
        (TimeoutError(), "gate_unavailable"),
        (APIError("x"), "engine_failed"),
        (WorkspaceFilesError("x"), "files"),
        (PermissionError(), "files"),
        (KeyError("x"), "internal"),
    ],
)
def test_every_failure_has_a_code_for_the_log(error: BaseException, code: str) -> None:
    assert failure_code(error) == code


def test_the_table_of_failures_ends_with_everything() -> None:
    assert FAILURES[-1][0] is BaseException


def test_a_reason_travels_in_both_languages() -> None:
    assert both(Text("가", "a")).splitlines() == ["가", "a"]


def test_a_restarted_hub_knows_a_workspace_as_it_was() -> None:
    running = Running(
        workspace="ws_aaaaaaaaaaaaaaaa",
        person="p_aaaaaaaaaaaaaaaa",
        handle="minsu",
        project="gibleed",
        prefix="/user/minsu/gibleed/",
        ends_at=None,
        language="ko",
        datasets=(("gibleed", 1, 2694),),
    )
    stored = {**running.state(), "datasets": [["gibleed", 1, 2694]]}  # as JSON gives it back
    assert Running.from_state(stored) == running
    assert running.payload()["datasets"] == [["gibleed", 1, 2694]]
