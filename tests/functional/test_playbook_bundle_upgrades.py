"""A newer bundle brings newer packages, on a server that has its updates from nowhere else; engine and database wait.

The server is a bare one without systemd, the tasks are the playbook's own, the bundle holds two small packages.
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub_config.bundle.debian_packages import index
from hub_config.bundle.making import DEBIAN
from hub_config.bundle.manifest import ABOUT, seal, signing_key
from hub_config.processes import REPOSITORY
from tests.functional.bare_server import BUNDLE, Server, image, run
from tests.functional.test_server_installation import changed

pytestmark = [pytest.mark.long, pytest.mark.engine]

ROLES = "/root/ansible/roles"
TINY, KEPT, NEW = "ansim-tiny", "postgresql-tiny", "ansim-not-there"
PLAY: list[dict[str, Any]] = [
    {
        "hosts": "localhost",
        "connection": "local",
        "vars_files": [f"{ROLES}/ansim/defaults/main.yml"],
        "tasks": [
            {"ansible.builtin.include_tasks": f"{ROLES}/bundle/tasks/main.yml"},
            {"ansible.builtin.include_tasks": f"{ROLES}/baseline/tasks/upgrade.yml"},
            {"ansible.builtin.include_tasks": f"{ROLES}/bundle/tasks/done.yml"},
        ],
    }
]
PAGES = sorted((REPOSITORY / "docs" / "how-to").glob("install-on-a-server*.md"))


def package(place: Path, name: str, version: str) -> Path:
    """Make a package with nothing in it."""
    tree = place / f"{name}-{version}" / "DEBIAN"
    tree.mkdir(parents=True)
    control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n"
    (tree / "control").write_text(control)
    tree.chmod(0o755)
    archive = place / f"{name}_{version}_all.deb"
    run(["dpkg-deb", "--root-owner-group", "--build", str(tree.parent), str(archive)])
    return archive


@dataclass(frozen=True)
class Upgraded(Server):
    """A server without systemd, on which the first versions are installed and a bundle of the second ones lies."""

    def version(self, name: str) -> str:
        return self.do("dpkg-query", "-W", "-f", "${Version}", name, check=False).stdout

    def versions(self) -> list[str]:
        return [self.version(name) for name in (TINY, KEPT, NEW)]

    def upgrade(self, *options: str, **given: bool) -> int:
        brought = {"ansim_bundle": BUNDLE, "ansim_bundle_key": self.key, **given}
        words = ("env", "ANSIBLE_NOCOLOR=1", "ansible-playbook", "-i", "localhost,", "/root/play.yml")
        return changed(self.do(*words, "-e", json.dumps(brought), *options).stdout)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    place = tmp_path_factory.mktemp("bundle")
    packages = place / "made" / DEBIAN
    packages.mkdir(parents=True)
    first = [package(place, name, "1") for name in (TINY, KEPT)]
    for name in (TINY, KEPT, NEW):
        package(place, name, "2").rename(packages / f"{name}_2_all.deb")
    index(packages)
    (place / "made" / ABOUT).write_text(json.dumps({"debian": "12"}))
    seal(place / "made", signing_key(place / "bundle.pem"))
    made = Upgraded(f"ansim-bare-{secrets.token_hex(4)}", (place / "bundle.pem.pub").read_text())
    run(["docker", "run", "-d", "--init", "--network", "none", "--name", made.name, image("12"), "sleep", "infinity"])
    try:
        run(["docker", "cp", f"{REPOSITORY}/ansible", f"{made.name}:/root/ansible"])
        run(["docker", "cp", f"{place}/made", f"{made.name}:{BUNDLE}"])
        for file in first:
            run(["docker", "cp", str(file), f"{made.name}:/root/{file.name}"])
            made.do("dpkg", "-i", f"/root/{file.name}")
        made.do("sh", "-c", f"chown -R root: {BUNDLE} && chmod -R go-w {BUNDLE}")
        made.write("/root/play.yml", yaml.safe_dump(PLAY))
        yield made
    finally:
        subprocess.run(["docker", "rm", "-f", "-v", made.name], capture_output=True, check=False)


# One story: each test goes on where the one before it ended.


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_the_page_install_from_a_bundle_that_was_signed_and_from_no_other(
    server: Upgraded, page: Path
) -> None:
    (commands,) = re.findall(r"```sh\n(set -e\ncd /opt/bundle.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    commands = commands.replace("ansible-core", NEW)
    server.write("/root/bundle.pem.pub", server.key)
    server.do("sh", "-c", f"cp -r {BUNDLE} /root/kept && echo >>{BUNDLE}/debian/Packages")
    assert server.do("sh", "-c", commands, check=False).returncode != 0
    assert server.version(NEW) == ""
    server.do("sh", "-c", f"rm -r {BUNDLE} && mv /root/kept {BUNDLE}")
    server.do("sh", "-c", commands)
    assert server.versions() == ["1", "1", "2"]
    server.do("dpkg", "--purge", NEW)


def test_a_look_says_that_packages_would_be_upgraded_and_leaves_them(server: Upgraded) -> None:
    assert server.upgrade("--check") == 1
    assert server.versions() == ["1", "1", ""]


def test_who_wants_nothing_newer_gets_nothing_newer() -> None:
    tasks = yaml.safe_load((REPOSITORY / "ansible/roles/baseline/tasks/main.yml").read_text(encoding="utf-8"))
    (asked,) = [task["when"] for task in tasks if task.get("ansible.builtin.include_tasks") == "upgrade.yml"]
    assert asked == "ansim_bundle | length > 0 and ansim_bundle_upgrade | bool"


def test_a_newer_bundle_upgrades_what_is_installed_but_neither_engine_nor_database_and_once(server: Upgraded) -> None:
    assert server.upgrade() == 1
    assert server.versions() == ["2", "1", ""]
    assert server.upgrade() == 0
    left = server.do("sh", "-c", "ls /etc/apt/sources.list.d /etc/apt/preferences.d").stdout
    assert "ansim" not in left


def test_the_database_is_upgraded_by_who_says_so(server: Upgraded) -> None:
    assert server.upgrade(ansim_bundle_upgrade_engine=True) == 1
    assert server.versions() == ["2", "2", ""]
