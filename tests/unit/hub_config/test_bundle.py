"""A bundle is taken as it was signed or not at all, by us and by the tools of a bare server."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub_config.bundle import manifest, wheels
from hub_config.bundle.debian_packages import index, wanted
from hub_config.bundle.making import RELEASES, Release
from hub_config.bundle.manifest import MANIFEST, SIGNATURE, BundleUnusable, judge, seal, signing_key, verifying_key
from hub_config.cli import main
from hub_config.processes import REPOSITORY

CHECKS = ("openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-sigfile", SIGNATURE, "-in", MANIFEST, "-inkey")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    made = tmp_path / "bundle"
    (made / "wheels").mkdir(parents=True)
    (made / "source.tar").write_bytes(b"program" * 1000)
    (made / "wheels" / "one-1.0-py3-none-any.whl").write_bytes(b"wheel")
    assert seal(made, signing_key(tmp_path / "key.pem")) == 2
    return made


def public(bundle: Path) -> Path:
    return bundle.parent / "key.pem.pub"


def outside(bundle: Path) -> bool:
    """What a bare server's own tools say, in the order in which the playbook asks them."""
    signed = subprocess.run([*CHECKS, str(public(bundle))], cwd=bundle, capture_output=True, check=False)
    words = ["sha256sum", "--check", "--strict", "--quiet", MANIFEST]
    summed = subprocess.run(words, cwd=bundle, capture_output=True, check=False)
    return signed.returncode == 0 and summed.returncode == 0


def test_what_was_signed_is_sound_to_us_and_to_the_tools_of_a_bare_server(bundle: Path) -> None:
    assert judge(bundle, verifying_key(public(bundle))).sound
    assert outside(bundle)


def _append(name: str) -> Callable[[Path], object]:
    return lambda at: (at / name).write_bytes((at / name).read_bytes() + b" ")


def _relisted(at: Path) -> None:
    (at / "source.tar").write_bytes(b"other")
    seal(at, signing_key(at.parent / "another.pem"))


ATTACKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file is changed": (_append("source.tar"), "changed"),
    "a file is missing": (lambda at: (at / "wheels" / "one-1.0-py3-none-any.whl").unlink(), "missing"),
    "the list is changed": (_append(MANIFEST), ""),
    "the signature is changed": (lambda at: (at / SIGNATURE).write_bytes(bytes(64)), ""),
    "somebody else signs other things": (_relisted, ""),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_anything_else_is_refused_by_both(bundle: Path, attack: str) -> None:
    change, named = ATTACKS[attack]
    change(bundle)
    found = judge(bundle, verifying_key(public(bundle)))
    assert not found.sound
    assert found.signed is bool(named)
    assert not named or getattr(found, named)
    assert not outside(bundle)


def test_a_file_that_nobody_listed_and_a_link_are_refused(bundle: Path) -> None:
    (bundle / "wheels" / "evil-1.0-py3-none-any.whl").write_bytes(b"evil")
    assert judge(bundle, verifying_key(public(bundle))).unlisted == ("wheels/evil-1.0-py3-none-any.whl",)
    (bundle / "wheels" / "evil-1.0-py3-none-any.whl").unlink()
    (bundle / "there").symlink_to("/etc/passwd")
    with pytest.raises(BundleUnusable, match="neither a file nor a directory"):
        judge(bundle, verifying_key(public(bundle)))


@pytest.mark.parametrize("line", [f"{'0' * 64}  ../x", f"{'0' * 64}  /etc/x", f"{'0' * 63}  x", "x", f"{'0' * 64} *x"])
def test_a_list_that_leads_out_or_cannot_be_read_is_refused(line: str) -> None:
    with pytest.raises(BundleUnusable):
        manifest.parse(line + "\n")


def test_the_command_says_what_is_wrong_and_ends_with_one(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bundle", "verify", str(bundle), "--key", str(public(bundle)), "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["sound"] is True
    (bundle / "source.tar").write_bytes(b"other")
    assert main(words) == 1
    assert json.loads(capsys.readouterr().out)["changed"] == ["source.tar"]
    assert main(["bundle", "verify", str(bundle.parent), "--key", str(public(bundle))]) == 2
    assert main(["bundle", "verify", str(bundle), "--key", str(bundle / "source.tar")]) == 2


def test_a_key_that_others_may_read_signs_nothing(tmp_path: Path) -> None:
    signing_key(tmp_path / "key.pem")
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    (tmp_path / "key.pem").chmod(0o640)
    with pytest.raises(BundleUnusable, match="Others may read"):
        signing_key(tmp_path / "key.pem")


@pytest.mark.parametrize("version", ["3.11", "3.13"])
def test_every_wheel_is_named_once_for_a_python_with_its_hashes(version: str) -> None:
    lock = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    lines = wheels.for_python(lock, version).splitlines()
    names = [line.partition("==")[0] for line in lines]
    assert len(names) == len(set(names)) > 50
    assert {"numpy", "aiohttp", "sqlalchemy"} <= set(names)
    assert "colorama" not in names, "what only Windows needs is left out"
    assert all("--hash=sha256:" in line and ";" not in line for line in lines)
    numpy = {one: next(ln for ln in wheels.for_python(lock, one).splitlines() if ln.startswith("numpy=="))
             for one in ("3.11", "3.13")}  # fmt: skip
    assert numpy["3.11"].split()[0] != numpy["3.13"].split()[0]


def test_apt_is_told_what_lies_there(tmp_path: Path) -> None:
    tree = tmp_path / "tree" / "DEBIAN"
    tree.mkdir(parents=True)
    tree.chmod(0o755)
    control = "Package: tiny\nVersion: 1:2.0-1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: tiny\n"
    (tree / "control").write_text(control)
    subprocess.run(
        ["dpkg-deb", "--build", str(tree.parent), str(tmp_path / "tiny.deb")], capture_output=True, check=True
    )
    assert index(tmp_path) == 1
    said = (tmp_path / "Packages").read_text()
    assert "Version: 1:2.0-1\n" in said
    assert "Filename: ./tiny.deb\n" in said
    assert f"SHA256: {manifest.digest(tmp_path / 'tiny.deb')}\n" in said


def installed_by(tasks: list[dict[str, Any]]) -> Iterator[str]:
    """What tasks have apt install; of a choice, everything."""
    for task in tasks:
        for block in ("block", "rescue", "always"):
            yield from installed_by(task.get(block, []))
        named = task.get("ansible.builtin.apt", {}).get("name", [])
        for name in [named] if isinstance(named, str) else named:
            yield from re.findall(r"'([a-z][a-z0-9.+-]+)'", name) if "{{" in name else [name]


@pytest.mark.parametrize("release", RELEASES.values(), ids=lambda release: release.suite)
def test_a_bundle_brings_every_package_that_a_role_installs_and_the_playbooks_own_program(release: Release) -> None:
    tasks = sorted((REPOSITORY / "ansible" / "roles").glob("*/tasks/*.yml"))
    installed = {name for file in tasks for name in installed_by(yaml.safe_load(file.read_text(encoding="utf-8")))}
    installed -= {"docker-cli"} if release.suite == "bookworm" else set()  # a package of its own since Debian 13
    assert len(installed) > 20
    assert installed | {"ansible-core", "sudo", "linux-image-amd64"} <= set(wanted(release.suite))


def test_the_zones_own_server_has_what_backups_take_wherever_the_database_is() -> None:
    tasks = REPOSITORY / "ansible" / "roles" / "zone" / "tasks" / "program.yml"
    assert {"restic", "age", "postgresql-client"} <= set(
        installed_by(yaml.safe_load(tasks.read_text(encoding="utf-8")))
    )
