"""The space that the workspaces of a project share: one for each project, of a group that no other project has."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config.home_helper.kinds import shown_of
from hub_config.shared_space import SharedSpace, shared_ref, shared_space, space_of
from hub_config.workspace_container import Bind, container_for, create_arguments, event_detail, host_arguments
from hub_config.workspace_files import WorkspaceFilesError, make_places, make_shared
from hub_config.workspace_settings import WorkspaceSettings
from registry.model import Workspace
from tests.rights import as_root
from tests.unit.hub.test_hub_workspace_container import a_container, a_permit

PROJECTS = st.from_regex(r"[a-z][a-z0-9-]{0,28}", fullmatch=True)
EVERY = [Workspace(f"ws_{n}", f"p_{n}", project, 200_000 + n) for n, project in enumerate(["a", "b", "a", "b"])]
GATE, GID = 64_000, 310_001


@given(st.sets(PROJECTS, min_size=2, max_size=20))
def test_no_two_projects_have_the_same_space(projects: set[str]) -> None:
    assert len({shared_ref(project) for project in projects}) == len(projects)
    assert {shown_of(shared_ref(project)) for project in projects} == {("shared",)}


def test_the_group_is_the_number_of_the_first_workspace_and_no_other_projects() -> None:
    settings = WorkspaceSettings()
    assert shared_space(settings, "a", EVERY) == SharedSpace("a", 200_000)
    assert shared_space(settings, "b", reversed(EVERY)) == SharedSpace("b", 200_001)
    more = [*EVERY, Workspace("ws_5", "p_5", "a", 200_005)]
    assert space_of("a", more) == space_of("a", EVERY), "who comes later changes no group"


def test_a_zone_or_a_project_can_do_without() -> None:
    assert shared_space(WorkspaceSettings(shared=False), "a", EVERY) is None
    one = WorkspaceSettings(unshared_projects=("a",))
    assert shared_space(one, "a", EVERY) is None
    assert shared_space(one, "b", EVERY) is not None


def test_members_see_one_directory_and_another_project_sees_another() -> None:
    def shown(project: str, number: int) -> tuple[list[Bind], list[str]]:
        permit, space = a_permit(project, person=f"p_{number}", number=number), SharedSpace(project, GID)
        container = container_for(
            permit,
            Path("/srv/zone/workspaces") / permit.workspace.ref,
            **dict.fromkeys(("image", "prefix", "language", "zone", "intent"), "x"),
            shared=space,
        )
        assert event_detail(container, permit)["shared"] == space.ref
        assert ["/shared", "rw"] in event_detail(container, permit)["mounts"]
        groups: list[str] = host_arguments(container)["group_add"]
        return [bind for bind in container.binds if bind.target == "/shared"], groups

    first, second, stranger = shown("gibleed", 1), shown("gibleed", 2), shown("other", 3)
    assert (
        first
        == second
        == ([Bind(Path("/srv/zone/workspaces", shared_ref("gibleed"), "shared"), "/shared", False)], [str(GID)])
    )
    assert stranger[0] != first[0]


def test_without_a_space_a_workspace_is_in_no_group() -> None:
    alone = a_container()
    assert "group_add" not in host_arguments(alone)
    assert create_arguments(alone) == create_arguments(replace(alone, shared=SharedSpace("gibleed", GID)))


def test_what_one_member_makes_another_can_change_whatever_the_umask_is(tmp_path: Path) -> None:
    ref = shared_ref("study")
    (tmp_path / "workspaces").mkdir()
    for _ in range(2):  # a second start changes nothing
        make_shared(tmp_path, ref, gid=GID, gate_gid=GATE, encrypted=False)
    place = tmp_path / "workspaces" / ref / "shared"
    assert (place.stat().st_uid, place.stat().st_gid) == (os.geteuid(), GID)
    assert stat.S_IMODE(place.stat().st_mode) == 0o2770
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o710
    before = os.umask(0o077)
    try:
        (place / "deep").mkdir()
        (place / "deep" / "table.csv").write_text("a,b\n")
    finally:
        os.umask(before)
    assert stat.S_IMODE((place / "deep").stat().st_mode) == 0o2770
    made = (place / "deep" / "table.csv").stat()
    assert (stat.S_IMODE(made.st_mode), made.st_gid) == (0o660, GID)


@as_root
@pytest.mark.parametrize("walled_in", [False, True], ids=["root", "as under systemd"])
def test_two_members_change_each_others_files_and_nobody_else_does(
    monkeypatch: pytest.MonkeyPatch, walled_in: bool
) -> None:
    """Under `RestrictSUIDSGID=` of systemd the kernel refuses the bit that hands a group on."""
    true = os.fchmod

    def refused(file: int, mode: int) -> None:
        if mode & stat.S_ISGID:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        true(file, mode)

    if walled_in:
        monkeypatch.setattr(os, "fchmod", refused)
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        home.chmod(0o711)
        (home / "workspaces").mkdir(mode=0o711)
        make_shared(home, shared_ref("study"), gid=GID, gate_gid=GATE, encrypted=False)
        place = home / "workspaces" / shared_ref("study") / "shared"
        place.parent.chmod(0o711)  # as a bind of it, which is reached without what lies above
        assert as_somebody(310_002, GID, f"mkdir {place}/deep && echo one > {place}/deep/table.csv") == 0
        assert as_somebody(310_003, GID, f"echo two >> {place}/deep/table.csv && echo x > {place}/deep/more") == 0
        assert as_somebody(310_002, GID, f"echo y >> {place}/deep/more") == 0
        assert as_somebody(310_004, 310_004, f"cat {place}/deep/table.csv") != 0
        assert (place / "deep" / "table.csv").read_text(encoding="utf-8") == "one\ntwo\n"


def as_somebody(uid: int, group: int, command: str) -> int:
    """Run a command as a workspace would: with a number and a group of its own, and in one more group."""
    become = ("setpriv", "--reuid", str(uid), "--regid", str(uid), "--groups", str(group))
    return subprocess.run([*become, "sh", "-c", f"umask 007; {command}"], capture_output=True, check=False).returncode


def test_the_space_of_another_group_and_a_place_without_its_mount_are_refused(tmp_path: Path) -> None:
    ref = shared_ref("study")
    (tmp_path / "workspaces").mkdir()
    make_places(tmp_path, ref, gate_gid=GATE)
    with pytest.raises(WorkspaceFilesError, match="mounted"):
        make_shared(tmp_path, ref, gid=GID, gate_gid=GATE, encrypted=True)
    make_shared(tmp_path, ref, gid=GID, gate_gid=GATE, encrypted=False)
    with pytest.raises(WorkspaceFilesError, match=str(GID)):
        make_shared(tmp_path, ref, gid=GID + 1, gate_gid=GATE, encrypted=False)


def test_a_link_in_the_place_of_a_space_is_not_followed(tmp_path: Path) -> None:
    ref = shared_ref("study")
    (tmp_path / "workspaces" / ref).mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "workspaces" / ref / "shared").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WorkspaceFilesError):
        make_shared(tmp_path, ref, gid=GID, gate_gid=GATE, encrypted=False)
    assert (tmp_path / "elsewhere").stat().st_gid == os.getegid()
