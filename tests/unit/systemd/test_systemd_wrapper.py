"""The `ansim` that operators type on a server: it runs as root only what sees to its rights itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import jinja2
import pytest

from hub_config.processes import REPOSITORY

TEMPLATE = REPOSITORY / "ansible" / "roles" / "zone" / "templates" / "ansim.sh.j2"


@pytest.fixture
def wrapper(tmp_path: Path) -> Path:
    """The wrapper of a server whose programs say only how they were called."""
    programs = {"release/.venv/bin/ansim": "as its caller", "bin/setpriv": "as another user"}
    for name, said in programs.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{said}, HOME=$HOME"\n')
        (tmp_path / name).chmod(0o755)
    given = {"ansible_managed": "", "ansim_home": "/var/lib/ansim", "ansim_database_host": ""}
    given["zone_release"] = str(tmp_path / "release")
    template = jinja2.Template(TEMPLATE.read_text(encoding="utf-8"), trim_blocks=True, undefined=jinja2.StrictUndefined)
    (tmp_path / "ansim").write_text(template.render(given))
    return tmp_path / "ansim"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("units --write", "as its caller, HOME=/root"),
        ("audit prune --before 2026-01-01", "as its caller, HOME=/root"),
        ("audit break-glass --reason x", "as its caller, HOME=/var/lib/ansim"),
        ("audit accept-head --reason x", "as its caller, HOME=/var/lib/ansim"),
        ("audit verify", "as another user, HOME=/var/lib/ansim"),
        ("registry person list", "as another user, HOME=/var/lib/ansim"),
    ],
)
def test_a_command_runs_as_the_zones_user_unless_it_goes_on_as_that_by_itself(
    wrapper: Path, words: str, said: str
) -> None:
    environment = {"PATH": f"{wrapper.parent / 'bin'}:/usr/bin:/bin", "HOME": "/root"}
    done = subprocess.run(["sh", wrapper, *words.split()], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == said
