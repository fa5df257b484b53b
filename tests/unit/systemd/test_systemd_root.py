"""Root works in a directory of the zone's user: it follows nothing that this user put there."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hub_config.errors import EnvironmentMissing, SettingsError
from hub_config.home import hand_over, make_for, make_home
from hub_config.keys import load_or_create_keys
from hub_config.settings import HubSettings, ZoneSettings
from hub_config.systemd import installing
from hub_config.systemd.trusted_settings import load_coming_settings, load_trusted_settings
from images.manifest import write_note
from tests.rights import as_root

ATTACKER = "nobody"  # any user of the machine but root stands for the zone's


def attempt(home: Path) -> None:
    make_home(home, ZoneSettings(), "nogroup", hub=HubSettings(), owner=ATTACKER)


def owned(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_uid, stat.S_IMODE(found.st_mode)


@as_root
@pytest.mark.parametrize("name", ["run", "keys", "images", "log", "workspaces"])
def test_root_gives_away_no_directory_that_a_link_leads_to(tmp_path: Path, name: str) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "etc"
    home.mkdir()
    elsewhere.mkdir(mode=0o755)
    before = owned(elsewhere)
    (home / name).symlink_to(elsewhere)
    with pytest.raises(OSError, match="directory"):
        attempt(home)
    assert owned(elsewhere) == before


@as_root
def test_root_writes_no_settings_through_a_link(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "passwd"
    home.mkdir()
    elsewhere.write_text("root")
    (home / "ansim.yaml.new").symlink_to(elsewhere)
    attempt(home)
    assert elsewhere.read_text() == "root"
    assert not (home / "ansim.yaml").is_symlink()
    assert owned(home / "ansim.yaml") == (owned(home)[0], 0o600)


@as_root
def test_root_gives_the_helper_nothing_that_the_zones_user_planted(tmp_path: Path) -> None:
    planted = tmp_path / "homes" / "keys" / "ws_aaaaaaaaaaaaaaaa.key"
    planted.parent.mkdir(parents=True)
    planted.write_text("known to the attacker")
    for path in (planted, planted.parent, tmp_path / "homes"):
        os.chown(path, 65534, 65534)
    with pytest.raises(EnvironmentMissing, match="neither to root nor to daemon"):
        make_for(tmp_path, "homes", "daemon")
    assert {owned(path)[0] for path in (planted, planted.parent, tmp_path / "homes")} == {65534}
    os.chown(tmp_path / "homes", 0, 0)  # as root lays keys out after a restore
    for _ in range(2):
        make_for(tmp_path, "homes", "daemon")
    assert owned(planted)[0] == owned(tmp_path / "homes")[0] == pwd.getpwnam("daemon").pw_uid


@as_root
def test_who_breaks_the_glass_as_root_goes_on_as_the_zones_user(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    code = (
        "import os, sys; from pathlib import Path; from audit.break_glass_cli import become_owner;"
        "become_owner(Path(sys.argv[1])); print(*os.getresuid(), *os.getresgid(), 0 in os.getgroups(),"
        " os.stat('/proc/self/mem').st_uid)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    # Its memory stays root's: other processes of that user see nothing of what root read before.
    assert done.stdout.split() == [*["65534"] * 6, "False", "0"]


@as_root
def test_the_keys_are_read_by_a_process_of_their_own_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "ZONE_USER", "root")  # who else may run the program of a checkout
    made = installing.as_zone_user(tmp_path)
    keys = load_or_create_keys(tmp_path / "keys")
    assert (made.zone_id, made.token) == (keys.zone_id, keys.hub_token("gate"))
    (tmp_path / "keys" / "zone.id").write_text("0123456789ab\n/etc")
    with pytest.raises(EnvironmentMissing, match="cannot be read as user"):
        installing.as_zone_user(tmp_path)


@as_root
def test_a_home_is_made_twice_with_the_same_owners(tmp_path: Path) -> None:
    for _ in range(2):
        attempt(tmp_path / "home")
    found = {path.name: owned(path) for path in (tmp_path / "home").iterdir()}
    assert {user for user, _ in found.values()} == {owned(tmp_path / "home")[0]}
    assert found["run"][1] == 0o1770
    assert found["keys"][1] == 0o700


@as_root
def test_after_a_restore_the_zone_is_its_users_and_what_helpers_take_over_is_roots(tmp_path: Path) -> None:
    for name in ("keys/audit.key", "homes/images/ws_aaaaaaaaaaaaaaaa.img", "homes/keys/k", "vault/ab"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("restored")
    for name in ("ansim.yaml", "ansim.db"):
        (tmp_path / name).write_text("restored")
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "x").write_text("somebody else's")
    (tmp_path / "vault" / "link").symlink_to(outside)
    modes = {"datasets/omop/1": 0o755, "packages/shelf": 0o755, "vault/deep": 0o700}
    for name, mode in modes.items():
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name).chmod(mode)
    for path in (tmp_path / "homes", *(tmp_path / "homes").rglob("*")):
        os.chown(path, 64_999, 64_999)  # the helper's number on the machine that is lost
    hand_over(tmp_path, ATTACKER, roots=("homes", "ansim.yaml"))
    zone_user = pwd.getpwnam(ATTACKER).pw_uid
    for path in tmp_path.rglob("*"):
        roots = "homes" in path.parts or path.name == "ansim.yaml"
        assert path.lstat().st_uid == (0 if roots else zone_user), path
    assert owned(outside)[0] == owned(outside / "x")[0] == 0
    assert {name: owned(tmp_path / name)[1] for name in modes} == modes, "workspaces read data as other users"
    make_for(tmp_path, "homes", "daemon")
    assert owned(tmp_path / "homes" / "keys" / "k")[0] == pwd.getpwnam("daemon").pw_uid
    assert owned(tmp_path / "homes" / "keys")[1] == 0o700


def test_a_note_on_an_image_follows_no_link(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    images = tmp_path / "images"
    images.mkdir()
    for name in ("base.json.new", "base.json"):
        (images / name).symlink_to(target)
    write_note(images / "base.json", b"{}")
    assert (target.read_text(), (images / "base.json").read_text()) == ("mine", "{}")
    (tmp_path / "link").symlink_to(images)
    with pytest.raises(OSError, match="directory"):
        write_note(tmp_path / "link" / "base.json", b"{}")


def test_settings_are_taken_from_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "ansim.yaml"
    file.write_text("zone: {name: A}")
    file.chmod(0o640)
    us = os.geteuid()
    assert load_trusted_settings(tmp_path, owner=us).zone.name == "A"
    with pytest.raises(EnvironmentMissing, match="written by others"):
        load_trusted_settings(tmp_path, owner=us + 1)
    for mode in (0o660, 0o642):
        file.chmod(mode)
        with pytest.raises(EnvironmentMissing, match="written by others"):
            load_trusted_settings(tmp_path, owner=us)
    file.chmod(0o640)
    (tmp_path / "second").hardlink_to(file)
    with pytest.raises(EnvironmentMissing, match="written by others"):
        load_trusted_settings(tmp_path, owner=us)
    (tmp_path / "second").unlink()
    file.rename(tmp_path / "aside")
    file.symlink_to(tmp_path / "aside")
    with pytest.raises(EnvironmentMissing, match="cannot be read"):
        load_trusted_settings(tmp_path, owner=us)
    file.unlink()
    os.mkfifo(file)  # would hold root for ever
    with pytest.raises(EnvironmentMissing, match="written by others"):
        load_trusted_settings(tmp_path, owner=us)


def test_root_acts_from_its_own_copy_and_from_no_file_that_was_made_to_look_like_its_own(tmp_path: Path) -> None:
    home, copy, us = tmp_path / "home", tmp_path / "etc" / "ansim.yaml", os.geteuid()
    for path in (home / "ansim.yaml", copy):
        path.parent.mkdir()
        path.write_text("zone: {name: A}")
        path.chmod(0o640)
    assert load_trusted_settings(home, owner=us, copy=copy).zone.name == "A"
    forged = home / "forged"
    forged.write_text("zone: {name: A}\nmachine: {home_helper: /tmp/theirs.sock}")
    forged.chmod(0o640)  # and given to root, as the hub and the worker can
    forged.replace(home / "ansim.yaml")
    with pytest.raises(EnvironmentMissing, match="is not as root's copy"):
        load_trusted_settings(home, owner=us, copy=copy)
    copy.chmod(0o666)
    with pytest.raises(EnvironmentMissing, match="written by others"):
        load_trusted_settings(home, owner=us, copy=copy)
    copy.unlink()
    copy.symlink_to(home / "ansim.yaml")
    with pytest.raises(EnvironmentMissing, match="cannot be read"):
        load_trusted_settings(home, owner=us, copy=copy)


def test_a_migration_takes_the_settings_that_come_from_a_file_that_root_alone_writes(tmp_path: Path) -> None:
    home, coming, us = tmp_path / "home", tmp_path / "next.yaml", os.geteuid()
    home.mkdir()
    (home / "ansim.yaml").write_text("zone: {name: of this version}\nunknown: to the next")
    coming.write_text("zone: {name: of the next version}")
    coming.chmod(0o600)
    settings = load_coming_settings(coming, home, owner=us)
    assert (settings.zone.name, settings.home) == ("of the next version", home)
    with pytest.raises(EnvironmentMissing, match="written by others"):
        load_coming_settings(coming, home, owner=us + 1)
    coming.chmod(0o622)
    with pytest.raises(EnvironmentMissing, match="written by others"):
        load_coming_settings(coming, home, owner=us)
    coming.write_text("gate: {user: root}")
    coming.chmod(0o600)
    with pytest.raises(SettingsError, match=r"gate\.user"):
        load_coming_settings(coming, home, owner=us)


@pytest.mark.parametrize("user", ["root", "docker", "ansim"])
def test_the_gates_user_is_no_choice_of_the_settings(tmp_path: Path, user: str) -> None:
    file = tmp_path / "ansim.yaml"
    file.write_text(f"gate: {{user: {user}}}")
    file.chmod(0o600)
    with pytest.raises(SettingsError, match=r"gate\.user"):
        load_trusted_settings(tmp_path, owner=os.geteuid())
