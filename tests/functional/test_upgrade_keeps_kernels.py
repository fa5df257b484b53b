"""An upgrade under a running kernel: the zone's services start anew on a newer revision, and a variable is still there.

Alone: `pytest -m long tests/functional/test_upgrade_keeps_kernels.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub_config.demo.people import RESEARCHER
from hub_config.migrate import head_of, revision_of
from hub_config.processes import REPOSITORY
from hub_config.settings import load_settings
from hub_config.story.kernel import Workspace, execute
from hub_config.story.steps import start_workspace
from hub_config.story.visitor import Visitor
from hub_config.supervisor import read_state
from hub_config.up import stop_supervisor
from hub_config.zone import open_zone
from tests.functional.conftest import RunningZone, accounts_of, run_ansim, zone_port
from tests.functional.zone_under_fault import containers, log_of, proven, put_away, workspace_ref

pytestmark = [pytest.mark.long, pytest.mark.engine, pytest.mark.asyncio]

PROJECT = "gibleed-study"
NEWER = "9999"
MIGRATION = f'''"""A table of the revision after this one."""

import sqlalchemy as sa
from alembic import op

revision = "{NEWER}"
down_revision = "{head_of()}"


def upgrade() -> None:
    op.create_table("of_the_newer_revision", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table("of_the_newer_revision")
'''


def newer_revision(place: Path) -> Path:
    """The program as it might be next: elsewhere on the disk, and with one migration more."""
    left_out = shutil.ignore_patterns(".git", ".venv", "build", "var", "tests", "__pycache__", ".*_cache")
    shutil.copytree(REPOSITORY, place, ignore=left_out)
    (place / "hub_config" / "migrations" / "versions" / f"{NEWER}_newer.py").write_text(MIGRATION, encoding="utf-8")
    return place


def python(program: Path, *words: str) -> None:
    """Run Python with the program of a revision."""
    environment = {**os.environ, "PYTHONPATH": str(program), "PYTHONSAFEPATH": "1"}
    done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def upgrade(zone: RunningZone, program: Path) -> None:
    """Do what the playbook does: migrate, then start the services anew from the newer revision."""
    code = "import sys; from hub_config.migrate import migrate; migrate(sys.argv[1])"
    python(program, "-c", code, zone.settings.database_url())
    stop_supervisor(zone.home)
    code = (
        "import sys; from pathlib import Path; from hub_config.settings import load_settings;"
        "from hub_config.up import spawn_supervisor, wait_until_up; settings = load_settings(Path(sys.argv[1]));"
        "spawn_supervisor(settings); wait_until_up(settings)"
    )
    python(program, "-c", code, str(zone.home))


def programs(home: Path) -> set[str]:
    """From where the zone's processes run, as the kernel of the machine says it."""
    found = set()
    for pid in read_state(home)["children"].values():
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        found |= {one.partition(b"=")[2].decode() for one in environment if one.startswith(b"PYTHONPATH=")}
    return found


async def kernel_socket(visitor: Visitor, workspace: Workspace) -> Any:
    """The channel to the one kernel that runs in the workspace, as a browser takes it up again."""
    base = f"{workspace.origin}/user/{RESEARCHER}/{PROJECT}/"
    (session,) = await visitor.json("GET", f"{base}api/sessions")
    kernel = session["kernel"]["id"]
    return await visitor.socket(f"{base.replace('http', 'ws', 1)}api/kernels/{kernel}/channels?session_id=again")


async def test_a_variable_of_a_kernel_outlives_an_upgrade(tmp_path: Path) -> None:
    home = tmp_path / "zone"
    run_ansim(home, "up", "--demo", "--no-story", "--port", zone_port())
    running = RunningZone(home, load_settings(home), accounts_of(home))
    visitor = Visitor(running.settings)
    try:
        zone = open_zone(home, "cli")
        await visitor.sign_in(*running.account(RESEARCHER))
        workspace = await start_workspace(visitor, RESEARCHER, PROJECT)
        _, socket = await workspace.open_kernel("held.ipynb")
        before = await execute(socket, "import os; held = list(range(1_000_000)); print(os.getpid(), sum(held))")
        assert before.error is None
        await socket.close()
        ref = workspace_ref(zone, RESEARCHER, PROJECT)
        container, processes = containers(zone)[ref].id, read_state(home)["children"]
        last = log_of(zone, limit=1)[0].index
        zone.db.close()

        program = newer_revision(tmp_path / "newer")
        upgrade(running, program)

        assert programs(home) == {str(program)}
        assert not set(processes.values()) & set(read_state(home)["children"].values()), "every service is a new one"
        assert revision_of(running.settings.database_url()) == NEWER
        zone = open_zone(home, "cli")
        assert containers(zone)[ref].id == container
        await workspace.enter()
        socket = await kernel_socket(visitor, workspace)
        after = await execute(socket, "print(os.getpid(), sum(held))")
        await socket.close()
        assert after.error is None
        assert after.text == before.text
        assert not log_of(zone, object=ref, action="workspace.stop", after=last, newest_first=False)
        sent = log_of(zone, object=ref, action="cell.sent", after=last, newest_first=False)
        assert len(sent) == 1, "and cells are still recorded"
        assert proven(zone).ok
        await put_away(visitor, PROJECT)
    finally:
        await visitor.close()
        run_ansim(home, "down", check=False)
