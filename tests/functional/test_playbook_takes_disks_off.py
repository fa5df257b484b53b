"""The teardown where the zone's directory is a disk of its own: that is emptied, what was only shown there stays."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.functional.test_playbook_inventories import ANSIBLE, run_ansible
from tests.rights import as_mounter

pytestmark = [pytest.mark.long, as_mounter]  # an environment of its own with Ansible


def run(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def mounted_below(place: Path) -> list[str]:
    return [line for line in run("findmnt", "-rno", "TARGET").splitlines() if line.startswith(str(place))]


def test_a_zones_own_disks_are_emptied_and_what_is_only_shown_there_is_not(tmp_path: Path) -> None:
    home, disk, vault = tmp_path / "zone", tmp_path / "disk", tmp_path / "vault"
    elsewhere, share = tmp_path / "of somebody else", home / "datasets" / "shown here"
    given_once, sealed = tmp_path / "given", home / "datasets" / "given"
    for image in (disk, vault):
        run("truncate", "-s", "8M", str(image))
        run("mkfs.ext4", "-q", str(image))
    for directory in (home, elsewhere):
        directory.mkdir()
    (elsewhere / "theirs.csv").write_text("theirs")
    run("truncate", "-s", "8M", str(given_once))
    run("mkfs.ext4", "-q", "-d", str(elsewhere), str(given_once))
    run("mount", "-o", "loop", str(disk), str(home))
    try:
        for directory in (share, sealed, home / "vault", home / "keys"):
            directory.mkdir(parents=True)
        run("mount", "-o", "loop", str(vault), str(home / "vault"))
        run("mount", "-o", "loop,ro", str(given_once), str(sealed))
        run("mount", "--bind", str(elsewhere), str(share))
        for secret in (home / "keys" / "log.pem", home / "vault" / "sealed"):
            secret.write_text("the zone's")
        given = {"ansim_home": str(home), "zone_places": [str(home), f"{home}-probe"]}
        said = play_gone(tmp_path, given)
        named = said.partition("Taken off, and not emptied: ")[2].partition("\n")[0]
        assert str(share) in named
        assert str(sealed) in named
        assert "vault" not in named
        for play in (said, play_gone(tmp_path, given)):  # one that broke off is played again
            assert "failed=0" in play
        assert not home.exists()
        assert (elsewhere / "theirs.csv").read_text() == "theirs"
        assert mounted_below(tmp_path) == []
        for image in (disk, vault):
            assert left_on(tmp_path, image) == []
        assert "theirs.csv" in {path.name for path in left_on(tmp_path, given_once)}
    finally:
        for place in reversed(mounted_below(tmp_path)):
            run("umount", "--lazy", place.replace("\\x20", " "))


def play_gone(tmp_path: Path, given: dict[str, Any]) -> str:
    """Play what the teardown plays for the zone's directories, on this machine and with others."""
    tasks = [{"ansible.builtin.import_tasks": f"{ANSIBLE}/roles/zone/tasks/gone.yml"}]
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    (tmp_path / "gone.yml").write_text(yaml.safe_dump([play]))
    words = ("ansible-playbook", "-i", "localhost,", str(tmp_path / "gone.yml"), "-e", json.dumps(given))
    done = run_ansible(tmp_path, *words)
    return done.stdout + done.stderr


def left_on(tmp_path: Path, image: Path) -> list[Path]:
    """Return what lies on a disk that nobody has mounted."""
    place = tmp_path / "again"
    place.mkdir(exist_ok=True)
    run("mount", "-o", "loop,ro", str(image), str(place))
    try:
        return sorted(place.rglob("*"))
    finally:
        run("umount", str(place))
