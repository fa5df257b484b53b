"""A project that is to have a kernel of its own gets no other, whatever the engine does with the name of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest

from audit.refs import new_event_id
from hub_config.settings import Settings
from hub_config.spawn_failures import RuntimeMissing, sentence_of
from hub_config.workspace_container import WorkspaceContainer, container_for
from hub_config.workspace_runner import WorkspaceRunner
from tests.unit.hub.test_hub_workspace_container import a_permit

pytestmark = pytest.mark.engine

RUNTIME = "ansim-no-such-runtime"


@pytest.fixture
def container(small_image: str, tmp_path: Path) -> WorkspaceContainer:
    for place in ("home", "outbox", "inbox", "run"):
        (tmp_path / place).mkdir()
    permit = replace(a_permit(), mounts=())
    return container_for(
        permit,
        tmp_path,
        image=small_image,
        prefix="/user/minsu/gibleed/",
        language="ko",
        zone="0123456789ab",
        intent=new_event_id(),
        runtime=RUNTIME,
    )


def runner(engine: Any, home: Path, *, forgetful: bool = False) -> WorkspaceRunner:
    """A runner, on request with an engine that passes over what it does not know, as some that are not Docker do."""

    async def call(method: str, /, *arguments: Any, **named: Any) -> Any:
        if forgetful:
            named.pop("runtime", None)
        return await asyncio.to_thread(getattr(engine.api, method), *arguments, **named)

    return WorkspaceRunner(call, Settings(home=home))


async def test_an_engine_that_does_not_know_the_runtime_makes_nothing(
    engine: Any, container: WorkspaceContainer, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeMissing) as refusal:
        await runner(engine, tmp_path)._make(container)
    assert "gVisor" in sentence_of(refusal.value).en
    with pytest.raises(docker.errors.NotFound):
        engine.containers.get(container.name)


async def test_an_engine_that_quietly_takes_its_own_runtime_is_noticed_before_anything_starts(
    engine: Any, container: WorkspaceContainer, tmp_path: Path
) -> None:
    try:
        with pytest.raises(RuntimeMissing):
            await runner(engine, tmp_path, forgetful=True)._make(container)
        assert engine.containers.get(container.name).status == "created"
        # Positive control: who asks for nothing in particular gets the engine's own.
        engine.containers.get(container.name).remove(force=True, v=True)
        await runner(engine, tmp_path, forgetful=True)._make(replace(container, runtime=None))
    finally:
        engine.containers.get(container.name).remove(force=True, v=True)
