"""The notebooks run as a whole in the image that researchers use, with their figures and Korean labels."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hub_config.demo.seed import seed_directory
from tests.integration.demo.demo_zone import World

IMAGE = "ansim/notebook:latest"
# Everything but the calls to the zone, which need a workspace's socket.
RUNNER = """
import json, pathlib, sys, nbformat
from nbclient import NotebookClient
[path] = pathlib.Path("/seed").glob("*.ipynb")
notebook = nbformat.read(path, as_version=4)
nbformat.validate(notebook)
notebook.cells = [c for c in notebook.cells if "zone" not in c.metadata.get("tags", [])]
NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd="/tmp")
outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
json.dump({
    "figures": [o.data["image/png"] for o in outputs if "image/png" in o.get("data", {})],
    "errors": [o.text for o in outputs if o.get("name") == "stderr"],
}, sys.stdout)
"""

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", autouse=True)
def image() -> None:
    """The notebook image, built before the suite."""
    found = subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True)
    if found.returncode != 0:
        pytest.fail("no container engine answers, or the notebook image is not built")


def run_in_image(world: World, project: str, outbox: Path) -> dict[str, Any]:
    seed = seed_directory(project)
    assert seed is not None
    mounts = world.zone.registry.may_work("minji", project).mounts
    outbox.chmod(0o777)
    result = subprocess.run(
        [
            *("docker", "run", "--rm", "--interactive", "--network", "none", "--read-only", "--cap-drop", "ALL"),
            *("--tmpfs", "/tmp", "--env", "HOME=/tmp"),
            *("--volume", f"{seed}:/seed:ro", "--volume", f"{outbox}:/outbox"),
            *(arg for mount in mounts for arg in ("--volume", f"{mount.path}:/data/{mount.dataset}:ro")),
            *("--entrypoint", "/opt/venv/bin/python", IMAGE, "-"),
        ],
        input=RUNNER,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert result.returncode == 0, result.stderr
    outcome: dict[str, Any] = json.loads(result.stdout)
    return outcome


@pytest.mark.parametrize(
    ("project", "table"),
    [("gibleed-study", "gi_bleed_by_age.csv"), ("floating-pop", "hourly_population.csv")],
)
def test_a_notebook_runs_from_top_to_bottom_and_draws_its_figure(
    world: World, tmp_path: Path, project: str, table: str
) -> None:
    outcome = run_in_image(world, project, tmp_path)
    # matplotlib warns on standard error about every letter that its font does not have.
    assert [line for line in outcome["errors"] if "Glyph" in line] == []
    assert len(outcome["figures"]) == 1
    assert base64.b64decode(outcome["figures"][0]).startswith(b"\x89PNG")
    (tmp_path / "figure.png").write_bytes(base64.b64decode(outcome["figures"][0]))
    assert (tmp_path / table).stat().st_size > 100
