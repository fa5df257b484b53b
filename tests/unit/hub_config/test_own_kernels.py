"""What `ansim doctor` says where projects are to have a kernel of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

import registry.tables
from audit.db import Database
from hub_config import doctor, own_kernels
from hub_config.machine_settings import MachineSettings
from hub_config.settings import Settings
from hub_config.workspace_settings import WorkspaceSettings
from registry import tables

HELPER = MachineSettings(engine_helper="/run/ansim-engine/engine.sock")


def settings(home: Path, *projects: str, machine: MachineSettings = HELPER) -> Settings:
    return Settings(home=home, machine=machine, workspace=WorkspaceSettings(gvisor_projects=projects))


@pytest.fixture
def engine_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "daemon.json"
    file.write_text('{"runtimes": {"runsc": {"path": "/usr/bin/runsc"}}}')
    monkeypatch.setattr(own_kernels, "ENGINE_SETTINGS", file)
    return file


def test_a_project_that_wants_gvisor_is_a_fault_where_the_engine_does_not_have_it(
    tmp_path: Path, engine_settings: Path
) -> None:
    assert doctor.of_kernels(settings(tmp_path, "study")).ok
    engine_settings.write_text('{"live-restore": true}')
    found = doctor.of_kernels(settings(tmp_path, "study"))
    assert not found.ok
    assert "study" in str(found.reason)
    assert "runsc" in str(found.hint)
    assert doctor.of_kernels(settings(tmp_path)).ok, "nobody asks for it"


def test_a_project_that_does_not_exist_is_a_fault_since_the_one_that_was_meant_is_not_kept_apart(
    tmp_path: Path, engine_settings: Path
) -> None:
    wanted = settings(tmp_path, "study", "studdy")
    db = Database.open(wanted.database_url())
    registry.tables.metadata.create_all(db.engine)
    now = datetime.now(UTC)
    with db.begin() as tx:
        tx.execute(
            insert(tables.project).values(
                id="study", title_ko="s", title_en="s", purpose="x", starts_at=now, ends_at=now + timedelta(days=1),
                status="active", memory_bytes=1, cpus=1.0, pids=1,
            )
        )  # fmt: skip
    db.close()
    found = doctor.of_kernels(wanted)
    assert not found.ok
    assert "studdy" in str(found.reason)
    assert "study," not in str(found.reason)
    assert doctor.of_kernels(settings(tmp_path, "study")).ok


def test_an_engine_that_does_not_answer_is_no_news_about_kernels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    assert own_kernels.runtimes(settings(tmp_path, "study", machine=MachineSettings())) is None
