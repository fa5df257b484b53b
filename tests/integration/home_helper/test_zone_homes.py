"""What the zone does with encrypted homes, and what its log says of them."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from audit.event import Actor, Subjects
from audit.search import Query, search
from egress_review.errors import OutboxRefused
from hub_config import home_endings
from hub_config.backup.contents import left_out
from hub_config.backup.key_set import KEY_DIRECTORIES, _key_files
from hub_config.doctor import of_homes
from hub_config.home_endings import SECONDS, Tries, keep
from hub_config.home_events import Life
from hub_config.home_helper.client import HomeClient
from hub_config.home_helper.errors import HelperAway, HomeRefused
from hub_config.homes import ZoneHomes, is_plain, shut_all
from hub_config.settings import BackupSettings, Settings
from hub_config.workspace_files import WorkspaceFilesError, make_places, make_workspace
from hub_config.workspace_settings import WorkspaceSettings
from hub_config.zone import Zone, open_zone
from registry.desk import CLI
from registry.model import Workspace
from tests.integration.home_helper.conftest import Keeper, unmount_all
from tests.integration.house.house_people import HERE, at_work, make_zone
from tests.patience import PATIENCE
from tests.rights import as_mounter

pytestmark = as_mounter
NOTE = "notes of a researcher"
GATE = 64_000


@dataclass(frozen=True, slots=True)
class House:
    """A zone with one workspace and the helper for its home."""

    zone: Zone
    homes: ZoneHomes
    keeper: Keeper
    workspace: Workspace

    @property
    def place(self) -> Path:
        return self.zone.home / "workspaces" / self.workspace.ref

    def made(self) -> Life:
        return Life(
            action="workspace.home_made",
            workspace=self.workspace.ref,
            project=self.workspace.project,
            actor=Actor.service("hub"),
            subjects=Subjects.datasets([("omop", 1, 2694)]),
            source=HERE,
            on_behalf_of=self.workspace.person_ref,
        )

    def started(self) -> None:
        """Do what a start does before there is a container."""
        ref, uid = self.workspace.ref, self.workspace.uid
        if self.homes.wanted(ref, uid):
            self.homes.make(ref, self.zone.log, self.made())
        encrypted = self.homes.open(ref, uid, gate_gid=GATE)
        make_workspace(
            self.zone.home,
            ref,
            uid=uid,
            gate_uid=GATE,
            gate_gid=GATE,
            seed=self.zone.home / "seed",
            encrypted=encrypted,
        )

    def said(self, action: str) -> list[dict[str, Any]]:
        self.zone.log.settle()
        with self.zone.db.read() as tx:
            return [dict(entry.body) for entry in search(tx, Query(action=action, newest_first=False))]


@pytest.fixture(scope="module")
def module_house(usual_databases: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("zone").resolve() / "home"
    make_zone(home)
    (home / "workspaces").mkdir()
    (home / "seed").mkdir()
    (home / "seed" / "start.ipynb").write_text("{}")
    opened = open_zone(home, "worker")
    settings = replace(opened.settings, workspace=WorkspaceSettings(homes="encrypted", home_gib=1))
    zone = replace(opened, settings=settings)
    workspace = at_work(zone)
    keeper = Keeper(home, HomeClient(home / "run" / "homes.sock"))
    keeper.start()
    yield House(zone, ZoneHomes(settings), keeper, workspace)
    keeper.process.terminate()
    keeper.process.wait(PATIENCE)
    unmount_all(home)
    zone.db.close()


def test_a_home_from_its_first_start_to_the_end_of_its_project(
    module_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, ref = module_house, module_house.workspace.ref
    house.started()
    assert (house.place / "home" / "start.ipynb").read_text() == "{}"
    assert (house.place / "home").stat().st_uid == house.workspace.uid
    assert not is_plain(house.zone.home, ref, house.workspace.uid)
    (house.place / "outbox" / "table.csv").write_text(NOTE)

    intent, outcome = house.said("workspace.home_made")
    key = house.keeper.client.status(ref).key
    assert (intent["outcome"], outcome["outcome"]) == ("intent", "ok")
    assert outcome["detail"] == {"key": key}
    assert outcome["object"] == {"kind": "workspace", "ref": ref, "project": "study"}
    assert outcome["on_behalf_of"] == house.workspace.person_ref

    # A second start makes nothing and keeps everything.
    house.homes.close(ref)
    house.started()
    assert (house.place / "outbox" / "table.csv").read_text() == NOTE
    assert len(house.said("workspace.home_made")) == 2

    # While it works the worker leaves it; when nobody does it is shut after a while, and woken for the portal.
    keep(house.zone, lambda: [])
    assert house.keeper.client.status(ref).state == "open", "opened a moment ago"
    monkeypatch.setattr(home_endings, "IDLE_SECONDS", 0)
    keep(house.zone, lambda: [ref])
    assert house.keeper.client.status(ref).state == "open"
    keep(house.zone, lambda: [])
    assert house.keeper.client.status(ref).state == "closed"
    assert [file.name for file in house.zone.desk.list_outbox(house.workspace)] == ["table.csv"]
    assert house.keeper.client.status(ref).state == "open"

    # The end of the project is the end of the key, and of what comes back with an old backup.
    kept = house.zone.home / "homes" / "keys" / f"{ref}.key"
    house.homes.close(ref)
    old = kept.read_bytes()
    house.zone.registry.close_project("study", by=CLI, source=HERE)
    house.keeper.client.open(ref)
    keep(house.zone, lambda: [ref])
    assert house.keeper.client.status(ref).state == "open", "its container is removed first"
    keep(house.zone, lambda: [])
    assert not house.keeper.client.status(ref).exists
    announced, done = house.said("workspace.home_destroyed")
    assert (announced["outcome"], done["outcome"]) == ("intent", "ok")
    assert (done["reason"], done["detail"]) == ("project_closed", {"key": key})
    assert done["object"]["project"] == "study"
    kept.write_bytes(old)
    keep(house.zone, lambda: [])
    assert not kept.exists()
    assert len(house.said("workspace.home_destroyed")) == 4


def test_a_plain_home_stays_plain_and_is_counted(module_house: House) -> None:
    ref, uid, home = "ws_" + "p" * 16, 200_123, module_house.zone.home
    make_workspace(home, ref, uid=uid, gate_uid=GATE, gate_gid=GATE, seed=None)
    (home / "workspaces" / ref / "home" / "notes.txt").write_text(NOTE)
    assert not module_house.homes.wanted(ref, uid)
    assert not module_house.homes.open(ref, uid, gate_gid=GATE)
    assert (home / "workspaces" / ref / "home" / "notes.txt").read_text() == NOTE
    assert module_house.homes.plain_left() == [ref]


def test_the_doctor_says_how_homes_stand(module_house: House, tmp_path: Path) -> None:
    settings = module_house.zone.settings
    assert of_homes(settings).ok
    plain = of_homes(Settings(home=tmp_path))
    assert (plain.ok, "plain" in str(plain.reason)) == (True, True)
    away = of_homes(replace(settings, home=tmp_path))
    assert (away.ok, "does not answer" in str(away.reason)) == (False, True)


def test_nothing_is_written_into_the_places_below_a_home_that_is_not_mounted(module_house: House) -> None:
    ref, home = "ws_" + "q" * 16, module_house.zone.home
    make_places(home, ref, gate_gid=GATE)
    with pytest.raises(WorkspaceFilesError, match="mounted"):
        make_workspace(home, ref, uid=200_124, gate_uid=GATE, gate_gid=GATE, seed=home / "seed", encrypted=True)
    assert list((home / "workspaces" / ref / "home").iterdir()) == []
    assert (home / "workspaces" / ref / "home").stat().st_mode & 0o777 == 0


def test_without_the_helper_nothing_starts_and_nothing_is_read(
    module_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub_config.homes.START_PATIENCE_SECONDS", 0.0)
    ref, home = "ws_" + "r" * 16, module_house.zone.home
    away = ZoneHomes(replace(module_house.zone.settings, home=home / "elsewhere"))
    with pytest.raises(HelperAway):
        away.wanted(ref, 200_125)
    with pytest.raises(HelperAway):
        away.open(ref, 200_125, gate_gid=GATE)
    make_places(home, ref, gate_gid=GATE)
    with pytest.raises(OutboxRefused):
        module_house.homes.wake(ref)


def test_the_place_below_a_home_that_is_gone_does_not_become_a_plain_home(module_house: House) -> None:
    ref, home = "ws_" + "t" * 16, module_house.zone.home
    make_places(home, ref, gate_gid=GATE)
    with pytest.raises(HomeRefused) as refused:
        module_house.homes.open(ref, 200_126, gate_gid=GATE)
    assert refused.value.code == "no_home"
    assert (home / "workspaces" / ref / "home").stat().st_mode & 0o777 == 0


def test_a_home_of_another_user_is_refused_and_nothing_in_it_is_lost(module_house: House) -> None:
    ref, home, client = "ws_" + "u" * 16, module_house.zone.home, module_house.keeper.client
    client.make(ref, 1)
    try:
        for uid in (200_127, 200_128):
            assert module_house.homes.open(ref, uid, gate_gid=GATE)
            note = home / "workspaces" / ref / "home" / "notes.txt"
            with contextlib.ExitStack() as stack:
                if uid == 200_128:
                    stack.enter_context(pytest.raises(WorkspaceFilesError, match="200127"))
                make_workspace(home, ref, uid=uid, gate_uid=GATE, gate_gid=GATE, seed=home / "seed", encrypted=True)
                note.write_text(NOTE)
        assert note.read_text() == NOTE
        assert note.parent.stat().st_uid == 200_127
    finally:
        client.destroy(ref)


def test_the_log_says_that_a_destroyed_home_lingers_and_the_worker_shuts_it_as_soon_as_it_can(
    module_house: House,
) -> None:
    ref, home, client = "ws_" + "v" * 16, module_house.zone.home, module_house.keeper.client
    client.make(ref, 1)
    module_house.homes.open(ref, 200_129, gate_gid=GATE)
    os.chown(home / "workspaces" / ref, GATE, GATE)
    (home / "workspaces" / ref).chmod(0o700)
    of = replace(module_house.made(), action="workspace.home_destroyed", subjects=Subjects.none(), workspace=ref)
    try:
        module_house.homes.destroy(ref, module_house.zone.log, of)
        said = of_homes(module_house.zone.settings)
        assert (said.ok, ref in str(said.reason)) == (False, True)
        now = [0.0]
        tries = Tries(lambda: now[0])
        keep(module_house.zone, list, tries)
        assert client.status(ref).tries == 1
        (home / "workspaces" / ref).chmod(0o755)
        keep(module_house.zone, list, tries)
        assert client.status(ref).stuck, "it is not time yet"
        now[0] += SECONDS
        keep(module_house.zone, list, tries)
        assert not client.status(ref).stuck
        assert of_homes(module_house.zone.settings).ok
    finally:
        unmount_all(home / "workspaces" / ref)
    assert [one["outcome"] for one in module_house.said("workspace.home_destroyed")[-2:]] == ["intent", "ok"]
    done = module_house.said("workspace.home_destroyed")[-1]
    assert (done["outcome"], done["object"]["ref"], done["detail"]["lingers"]) == ("ok", ref, True)


def test_a_home_that_cannot_be_ended_keeps_no_other_from_its_end(
    module_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs, client, home = ["ws_" + letter * 16 for letter in "jk"], module_house.keeper.client, module_house.zone.home
    for ref in refs:
        make_places(home, ref, gate_gid=GATE)
        client.make(ref, 1)
        client.open(ref)
    monkeypatch.setattr(home_endings, "IDLE_SECONDS", 0)
    tries = Tries()
    tries._next[refs[0]] = None  # type: ignore[assignment]  # whatever goes wrong with one
    keep(module_house.zone, list, tries)
    assert [client.status(ref).state for ref in refs] == ["open", "closed"]
    tries._next = {refs[0]: (9, 1e12)}
    keep(module_house.zone, lambda: refs, tries)
    assert tries.due(refs[0]), "somebody works in it: how often it could not be shut is past"
    for ref in refs:
        client.destroy(ref)


def test_a_helper_that_fails_does_not_end_the_worker(
    module_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path / "run")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("homes.sock")
        listening.listen()

        def fail() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b'{"refused": "failed"}\n')

        answering = threading.Thread(target=fail, daemon=True)
        answering.start()
        keep(replace(module_house.zone, settings=replace(module_house.zone.settings, home=tmp_path)), list)
        answering.join(PATIENCE)
        assert not answering.is_alive()


def test_what_fails_is_recorded_with_its_reason(module_house: House) -> None:
    large = ZoneHomes(
        replace(module_house.zone.settings, workspace=WorkspaceSettings(homes="encrypted", home_gib=1000))
    )
    before = len(module_house.said("workspace.home_made"))
    with pytest.raises(HomeRefused):
        large.make("ws_" + "s" * 16, module_house.zone.log, module_house.made())
    intent, outcome = module_house.said("workspace.home_made")[before:]
    assert (intent["outcome"], outcome["outcome"], outcome["reason"]) == ("intent", "failed", "size")


def test_a_backup_takes_ciphertext_that_nobody_writes_and_keys_go_another_way(module_house: House) -> None:
    refs = ["ws_" + letter * 16 for letter in "xy"]
    home, client = module_house.zone.home, module_house.keeper.client
    for ref in refs:
        make_places(home, ref, gate_gid=GATE)
        client.make(ref, 1)
    client.open(refs[0])
    try:
        plain = module_house.zone.settings
        taking = replace(plain, backup=BackupSettings(homes=True))
        images = home / "homes" / "images"
        assert home / "homes" in left_out(plain)
        assert images / f"{refs[0]}.img" in left_out(taking)
        assert not {home / "homes", images, images / f"{refs[1]}.img"} & set(left_out(taking))
        for settings in (plain, taking):
            assert home / "homes" / "keys" in left_out(settings)
        assert "homes/keys" in KEY_DIRECTORIES
        assert f"homes/keys/{refs[1]}.key" in {name for name, _ in _key_files(home)}
    finally:
        shut_all(home)
        assert client.status(refs[0]).state == "closed"
        for ref in refs:
            client.destroy(ref)
