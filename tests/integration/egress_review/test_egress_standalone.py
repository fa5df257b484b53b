"""The verifier in a package agrees with ours, needs nothing of Ansim, and notices what ours notices."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from audit.note import Verifier
from egress_review.verify_package import verify_package
from tests.databases import database_in
from tests.integration.egress_review.egress_house import open_zone


@pytest.fixture(scope="module")
def released(usual_databases: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Verifier]:
    home = tmp_path_factory.mktemp("zone")
    zone = open_zone(database_in(home), home)
    return zone.desk.package_of(zone.released().ref), zone.log_key


@pytest.fixture
def package(released: tuple[Path, Verifier], tmp_path: Path) -> tuple[Path, Verifier]:
    copy = tmp_path / released[0].name
    shutil.copytree(released[0], copy)
    for path in copy.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy, released[1]


def run(program: Path, directory: Path, key: Verifier | None) -> tuple[int, dict[str, str]]:
    """Run the verifier alone: an isolated interpreter in an empty directory."""
    words = [sys.executable, "-I", str(program), str(directory), "--json"]
    if key is not None:
        file = directory.parent / "trusted"
        file.write_text(key.vkey() + "\n", encoding="utf-8")
        words += ["--key", str(file)]
    done = subprocess.run(words, cwd=directory.parent, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_it_finds_a_package_intact_and_leaves_it_as_it_was(package: tuple[Path, Verifier]) -> None:
    directory, key = package
    before = sorted(path.name for path in directory.rglob("*"))
    assert run(directory / "verify.py", directory, key)[0] == 0
    assert sorted(path.name for path in directory.rglob("*")) == before
    assert run(directory / "verify.py", directory, None)[0] == 12
    assert verify_package(directory, key).ok


def test_it_notices_a_changed_missing_and_added_file_as_ours_does(
    package: tuple[Path, Verifier], tmp_path: Path
) -> None:
    directory, key = package
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("verify.py", "ansim_verify.py"):
        shutil.copy(directory / name, programs / name)
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        original, name = path.read_bytes(), path.relative_to(directory).as_posix()
        path.write_bytes(original[:-2] + bytes([original[-2] ^ 1]) + original[-1:])
        code, said = run(programs / "verify.py", directory, key)
        assert (code, said["verdict"]) == (10, "tampered"), (name, said)
        if name in ("cover.pdf", "release.json", "files/table.csv"):
            path.unlink()
            assert run(programs / "verify.py", directory, key)[0] == 11, name
        path.write_bytes(original)
    (directory / "more.csv").write_text("a\n")
    assert run(programs / "verify.py", directory, key)[1]["file"] == "more.csv"
    (directory / "more.csv").rename(directory / "m\x1b[2J\udcff.csv")
    words = [sys.executable, "-I", str(programs / "verify.py"), str(directory), "--key", str(tmp_path / "trusted")]
    shown = subprocess.run(words, capture_output=True, timeout=60, check=False).stdout
    assert b"m\\x1b[2J\\udcff.csv" in shown
