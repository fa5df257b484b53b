"""The teardown of the playbook tells volumes of the zone's workspaces from others by what the zone wrote of them."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2.nativetypes import NativeEnvironment

from hub_config.processes import REPOSITORY
from hub_config.workspace_container import layered

HOME = "/srv/an.sim"
OURS = (
    f"{HOME}/workspaces/ws_a",
    f"{HOME}-probe/workspaces/ws_a",
    f"{HOME}/probe/range-0a1b/workspaces/ws_a",
    f"{HOME}-probe/probe/range-0a1b/workspaces/ws_a",
)
OTHERS = ("/srv/an_sim/workspaces/ws_a", f"{HOME}-other/workspaces/ws_a", f"/mnt{HOME}/workspaces/ws_a", f"{HOME}/x")
VOLUMES = [
    {"Name": place, "Options": {"type": "overlay", "o": layered(Path("/data/lab"), Path(place, "empty"))}}
    for place in (*OURS, *OTHERS)
]


def task(name: str) -> dict[str, Any]:
    """Return a task of the teardown."""
    plays = yaml.safe_load((REPOSITORY / "ansible" / "teardown.yml").read_text(encoding="utf-8"))
    (found,) = (one for play in plays for one in play["tasks"] if one["name"] == name)
    return dict(found)


def rendered(text: str, values: Mapping[str, Any]) -> Any:
    """Return what Ansible makes of a template, as far as these tasks go."""
    templates = NativeEnvironment()
    templates.filters |= {"from_json": json.loads, "quote": shlex.quote, "regex_escape": re.escape}
    templates.tests["search"] = lambda text, pattern: re.search(pattern, text) is not None
    return templates.from_string(text).render(values)


def test_what_workspaces_saw_data_through_is_removed_and_nothing_of_anybody_else() -> None:
    removing = task("Remove those of the zone")
    pattern = rendered(removing["vars"]["teardown_layers"], {"ansim_home": HOME})
    values = {"teardown_layers": pattern, "teardown_volumes": {"stdout": json.dumps([*VOLUMES, {"Options": None}])}}
    assert tuple(rendered(removing["loop"], values)) == OURS


def test_what_was_left_of_it_is_found_and_nothing_of_anybody_else(tmp_path: Path) -> None:
    looking = task("Look for anything of the zone")
    pattern = rendered(looking["vars"]["teardown_layers"], {"ansim_home": HOME})
    (line,) = (one for one in looking["ansible.builtin.shell"].splitlines() if one.startswith("docker volume ls"))
    engine = tmp_path / "docker"
    engine.write_text('#!/bin/sh\n[ "$2" = ls ] && echo name || cat "$(dirname "$0")/inspected"\n')
    engine.chmod(0o755)
    (tmp_path / "inspected").write_text(json.dumps(VOLUMES, indent=4))
    said = subprocess.run(
        ["bash", "-c", f"set -o pipefail\n{rendered(line, {'teardown_layers': pattern})}"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stderr == ""
    assert [re.findall(r"[^:]+(?=/empty)", one)[0] for one in said.stdout.splitlines()] == list(OURS)
