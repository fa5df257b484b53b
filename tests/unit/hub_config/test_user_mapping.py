"""The doctor says whose numbers users of containers have, and whether workspaces can start with them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from hub_config.machine_settings import MachineSettings
from hub_config.probe.range import UIDS
from hub_config.processes import REPOSITORY
from hub_config.settings import Settings
from hub_config.user_mapping import PROBED, Stretch, found, judged, kernels, outside, stretches
from registry.access import FIRST_UID

ROOT = 1_879_048_192
OURS = f"minsu:100000:65536\ndockremap:{ROOT}:200000\ndockremap:200000:1800000\n"


def engine(*options: str, place: str = f"/var/lib/docker/{ROOT}.{ROOT}") -> dict[str, Any]:
    return {"SecurityOptions": ["name=seccomp,profile=default", *options], "DockerRootDir": place}


def test_the_numbers_of_the_playbook_leave_workspaces_theirs_and_make_root_nobody() -> None:
    tasks = (REPOSITORY / "ansible" / "roles" / "docker" / "tasks" / "users.yml").read_text(encoding="utf-8")
    lines = "\n".join(re.findall(r'"(dockremap:\d+:\d+)"', tasks))
    mapping = stretches(lines, ROOT)
    assert mapping == [Stretch(0, ROOT, FIRST_UID), Stretch(FIRST_UID, FIRST_UID, 1_800_000)]
    assert [outside(n, mapping) for n in (0, 65_534, FIRST_UID, *UIDS, 2_000_000)] == [
        *(ROOT, ROOT + 65_534, FIRST_UID, *UIDS, None),
    ]
    ok, said, hint = judged(engine("name=userns"), (lines, lines))
    assert (ok, hint) == (True, "")
    assert str(ROOT) in said.en


def test_the_kernels_own_table_says_who_root_is() -> None:
    table = f"         0 {ROOT}     200000\n    200000     200000    1800000\n"
    assert outside(0, kernels(table)) == ROOT
    assert outside(0, kernels("     65534      65534          1\n")) is None  # gVisor's sandbox knows no root
    assert outside(0, kernels("         0          0 4294967295\n")) == 0


def test_that_users_are_not_mapped_is_told_and_no_fault() -> None:
    ok, said, hint = judged(engine(place="/var/lib/docker"), (OURS, OURS))
    assert ok
    assert "root on the server" in said.en
    assert hint


@pytest.mark.parametrize(
    ("users", "groups", "place"),
    [
        ("dockremap:100000:65536\n", "dockremap:100000:65536\n", "/var/lib/docker/100000.100000"),
        (OURS, "dockremap:100000:65536\n", f"/var/lib/docker/{ROOT}.100000"),
        (OURS, OURS, "/var/lib/docker"),  # rootless: the numbers are those of a person
        ("", "", f"/var/lib/docker/{ROOT}.{ROOT}"),
        (f"dockremap:{ROOT}:65536\ndockremap:200000:1800000\n",) * 2 + (f"/var/lib/docker/{ROOT}.{ROOT}",),
        ("dockremap:0:500000\n", "dockremap:0:500000\n", "/var/lib/docker/0.0"),
        ("dockremap:words:1\n:::\n", "", f"/var/lib/docker/{ROOT}.{ROOT}"),
    ],
)
def test_a_mapping_under_which_no_workspace_starts_or_root_stays_root_is_a_fault(
    users: str, groups: str, place: str
) -> None:
    ok, said, hint = judged(engine("name=userns", place=place), (users, groups))
    assert not ok
    assert str(FIRST_UID) in said.en
    assert hint


def test_behind_the_helper_the_engine_is_not_asked(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, machine=MachineSettings(engine_helper="/run/ansim-engine/engine.sock"))
    assert found(settings) == (True, PROBED, "")
