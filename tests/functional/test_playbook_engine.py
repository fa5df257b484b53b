"""What the playbook does to an engine: hardens its own, keeps what an operator gave that, leaves anybody else's alone.

The tasks that settle it are played on this machine, in a name space of their own in which `/etc/docker` and
`/var/lib/docker` are empty; its engine goes on as it was.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub_config.own_kernels import ENGINE_SETTINGS
from tests.functional.test_gvisor import ARGUMENTS
from tests.functional.test_playbook_inventories import ANSIBLE
from tests.functional.test_playbook_style import LINTER
from tests.rights import as_mounter

pytestmark = [pytest.mark.long, as_mounter]  # an environment of its own with Ansible

ROLES = ANSIBLE / "roles"
DOCKER = ROLES / "docker"
RESTARTS = "RESTARTS THE ENGINE"
LABEL = "ansim.engine=zone"


STORE = "/var/lib/docker/image"
MAPPING_STORE = "/var/lib/docker/1879048192.1879048192/image"
#: Of a zone, and of whoever gave the numbers by hand: docs/how-to/run-the-probe.md.
NUMBERS = "dockremap:1879048192:200000\ndockremap:200000:1800000\n"


def settled(
    place: Path,
    before: dict[str, Any] | None,
    *,
    ran: str | None = None,
    again: bool = False,
    numbers: str = "",
    **given: Any,
) -> tuple[dict[str, Any] | None, str]:
    """Play the tasks over an engine's settings, and return what they are then and what was said.

    The engine has run with images in `ran`, and `numbers` are those of subuid(5).
    """
    defaults = yaml.safe_load((ROLES / "ansim" / "defaults" / "main.yml").read_text())
    variables = {name: defaults[name] for name in ("ansim_settings", "ansim_docker_storage_driver", "ansim_gvisor")}
    tasks = {"name": "Settle", "ansible.builtin.import_tasks": str(DOCKER / "tasks" / "settings.yml")}
    play = {
        "name": "Engine",
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(DOCKER / "vars" / "main.yml")],
        "vars": {**variables, **given, "ansible_python_interpreter": sys.executable},
        "tasks": [tasks],
        "handlers": [{"name": "Restart the engine", "ansible.builtin.debug": {"msg": RESTARTS}}],
    }
    (place / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    (place / "before.json").write_text("" if before is None else json.dumps(before))
    command = f"{sys.executable} -m uv tool run --from {LINTER[1]} ansible-playbook -c local -i localhost, play.yml"
    steps = ["mkdir -p /etc/docker /var/lib/docker", "mount -t tmpfs none /etc/docker"]
    steps += ["mount -t tmpfs none /var/lib/docker"]
    (place / "subuid").write_text(numbers)
    steps += ["test -e /etc/subuid", "mount --bind subuid /etc/subuid"]
    steps += [f"mkdir -p {ran}"] if ran else []
    steps += [] if before is None else [f"cp before.json {ENGINE_SETTINGS}"]
    steps += [f"{command} >/dev/null", f"mkdir -p {MAPPING_STORE}"] if again else []
    steps += [command, f"cp {ENGINE_SETTINGS} after.json || true"]
    environment = {**os.environ, "ANSIBLE_HOME": str(place / "ansible"), "ANSIBLE_NOCOLOR": "1"}
    apart = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", "\n".join(steps)]
    done = subprocess.run(apart, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    after = place / "after.json"
    return (json.loads(after.read_text()) if after.exists() else None), done.stdout


def test_a_new_engine_is_hardened_maps_users_and_bears_the_label_of_the_zone(tmp_path: Path) -> None:
    after, said = settled(tmp_path, None)
    assert after is not None
    assert after["labels"] == [LABEL]
    assert after["userns-remap"] == "dockremap"
    assert (after["bridge"], after["no-new-privileges"], after["live-restore"]) == ("none", True, True)
    assert "runtimes" not in after
    assert RESTARTS in said


def test_a_second_play_changes_nothing(tmp_path: Path) -> None:
    after, said = settled(tmp_path, None, again=True)
    assert after is not None
    assert after["userns-remap"] == "dockremap"
    assert "changed=0" in said
    assert RESTARTS not in said


def test_what_an_operator_gave_the_zones_engine_stays_beside_what_hardens_it(tmp_path: Path) -> None:
    runtimes = {"kata": {"path": "/usr/bin/kata"}}
    given = {"labels": ["rack=7", LABEL], "runtimes": runtimes, "data-root": "/srv/docker", "live-restore": False}
    after, _ = settled(tmp_path, given, ran=STORE)
    assert after is not None
    assert (after["runtimes"], after["data-root"]) == (runtimes, "/srv/docker")
    assert sorted(after["labels"]) == [LABEL, "rack=7"]
    assert after["live-restore"] is True
    assert "userns-remap" not in after, "an engine that ran without would no longer know its images"


def test_an_engine_of_a_zone_from_before_there_was_a_label_gets_one(tmp_path: Path) -> None:
    older = {"bridge": "none", "iptables": False, "userns-remap": "dockremap"}
    after, _ = settled(tmp_path, older, ran=MAPPING_STORE, numbers=NUMBERS)
    assert after is not None
    assert (after["labels"], after["userns-remap"]) == ([LABEL], "dockremap")


MAPPING = {"userns-remap": "dockremap"}


@pytest.mark.parametrize(
    ("before", "ran", "numbers"),
    [
        (None, STORE, ""),
        ({"registry-mirrors": ["https://mirror"]}, STORE, ""),
        ({"data-root": "/srv/docker"}, None, ""),
        ({"userns-remap": "default"}, "/var/lib/docker/100000.100000/image", "dockremap:100000:65536\n"),
        (MAPPING, MAPPING_STORE, NUMBERS),  # changed over by hand, as the documents say
        ({**MAPPING, "bridge": "none"}, "/var/lib/docker/100000.100000/image", "dockremap:100000:65536\n"),
        ({"bridge": "none"}, STORE, NUMBERS),
    ],
)
def test_an_engine_that_was_here_before_is_never_reconfigured(
    tmp_path: Path, before: dict[str, Any] | None, ran: str | None, numbers: str
) -> None:
    after, said = settled(tmp_path, before, ran=ran, numbers=numbers)
    assert after == before
    assert "changed=0" in said
    assert "its settings stay as they are" in said


def test_a_zone_whose_projects_want_gvisor_gets_it_from_the_playbook(tmp_path: Path) -> None:
    wanted = {"workspace": {"gvisor_projects": ["study"]}}
    after, _ = settled(tmp_path, None, ansim_settings=wanted)
    assert after is not None
    assert after["runtimes"] == {"runsc": {"path": "/usr/bin/runsc", "runtimeArgs": list(ARGUMENTS)}}
