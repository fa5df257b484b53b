"""The gate lets through what the zone answers a workspace, and nothing else: the two lists are kept apart."""

from __future__ import annotations

from typing import Any, cast

from starlette.routing import Route

from hub_config.gate.calls import CALLS
from portal.workspace_api import build_workspace_api

MIRROR = "/workspace/packages/"  # answered over a socket of its own: tests/integration/packages
REF = "er_" + "a" * 16


def answered() -> set[tuple[str, str]]:
    """Return method and an example of the path of every call that the portal answers."""
    application: Any = build_workspace_api(cast(Any, None))
    routes = cast(list[Route], application.app.routes)
    return {
        (method, route.path.replace("{ref}", REF))
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
        if not route.path.startswith(MIRROR)
    }


def test_every_call_that_the_portal_answers_passes_the_gate() -> None:
    stopped = {
        (method, path)
        for method, path in answered()
        if not any(call.method == method and call.pattern.fullmatch(path) for call in CALLS)
    }
    assert not stopped


def test_the_gate_passes_no_call_that_the_portal_does_not_answer() -> None:
    unanswered = [
        call.pattern.pattern
        for call in CALLS
        if not any(call.method == method and call.pattern.fullmatch(path) for method, path in answered())
    ]
    assert not unanswered
