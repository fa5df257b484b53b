"""The playbook is written as ansible-lint's strictest profile wants it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub_config.processes import REPOSITORY

pytestmark = pytest.mark.long  # an environment of its own: the linter brings its own Ansible

#: Beside the locks: neither is part of the zone, and the linter's dependencies would hold ours back.
LINTER = ("ansible-lint==26.10.1", "ansible-core==2.19.14")


def test_the_strictest_profile_has_no_complaint(tmp_path: Path) -> None:
    linter, core = LINTER
    command = [sys.executable, "-m", "uv", "tool", "run", "--from", linter, "--with", core]
    command += ["ansible-lint", "--offline", "--profile", "production", "--nocolor", "-q"]
    environment = {**os.environ, "ANSIBLE_HOME": str(tmp_path)}
    done = subprocess.run(
        command, cwd=REPOSITORY / "ansible", env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
