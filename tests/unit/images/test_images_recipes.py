"""Promises of the recipes: the name of an image follows from what goes into it, and from nothing else."""

import hashlib
import io
import json
import tarfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from images import sources
from images.engine_build import write_context
from images.errors import ImageError
from images.image_archive import write_image_archive
from images.manifest import ImageInfo, image_manifest, manifest_path, parse_dpkg_status, write_manifest
from images.recipes import Recipe, base_recipe, scanner_modules


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """A recipe of two files."""
    (tmp_path / "Dockerfile").write_text("FROM x\n", encoding="utf-8")
    (tmp_path / "start").write_text("#!/bin/sh\n", encoding="utf-8")
    return Recipe("toy", {name: tmp_path / name for name in ("Dockerfile", "start")}, {"base": "abc"})


def an_image(**changes: object) -> ImageInfo:
    """A manifest."""
    info = ImageInfo(
        name="notebook",
        reference="ansim/notebook:0123456789ab",
        id="sha256:" + "1" * 64,
        base_sha256="2" * 64,
        lock_sha256="3" * 64,
        source="4" * 64,
        size=950_000_000,
        built_at="2026-11-21T14:00:00+00:00",
        debian=(("tini", "0.19.0-1+b3"),),
        python=(("pandas", "2.3.3"),),
    )
    return replace(info, **changes)  # type: ignore[arg-type]


def test_equal_inputs_give_the_same_name(recipe: Recipe) -> None:
    assert recipe.reference() == Recipe(recipe.name, dict(recipe.files), {"base": "abc"}).reference()
    assert recipe.reference().startswith("ansim/toy:")


def test_a_changed_file_gives_another_name(recipe: Recipe) -> None:
    before = recipe.reference()
    recipe.files["start"].write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    assert recipe.reference() != before


def test_a_file_that_became_executable_gives_another_name(recipe: Recipe) -> None:
    before = recipe.reference()
    recipe.files["start"].chmod(0o755)
    assert recipe.reference() != before


def test_another_base_gives_another_name(recipe: Recipe) -> None:
    assert replace(recipe, values={"base": "def"}).reference() != recipe.reference()


def test_a_missing_file_is_named(recipe: Recipe) -> None:
    recipe.files["start"].unlink()
    with pytest.raises(ImageError, match=r"start is missing and belongs into the toy image"):
        recipe.digest()


def test_the_scanner_takes_nothing_from_outside_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = tmp_path / "scanner_manifest.txt"
    manifest.write_text("egress_review/findings.py\n../../etc/shadow\n", encoding="utf-8")
    monkeypatch.setattr(sources, "SCANNER_MANIFEST", manifest)
    with pytest.raises(ImageError, match="shadow"):
        scanner_modules()


def test_the_base_depends_on_its_lock_and_on_the_steps_that_make_it() -> None:
    assert {"base/packages.lock", "base/begin.sh", "base/finish.sh", "rootfs.py"} <= base_recipe().files.keys()


def test_a_build_context_holds_recipe_and_wheels_and_nothing_of_the_builder(recipe: Recipe, tmp_path: Path) -> None:
    wheel = tmp_path / "a-1-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    write_context(tmp_path / "context.tar", recipe, {"wheels/a.whl": wheel})
    with tarfile.open(tmp_path / "context.tar") as context:
        entries = {entry.name: entry for entry in context}
    assert entries.keys() == {"Dockerfile", "start", "wheels/a.whl"}
    assert all((entry.uid, entry.uname, entry.mtime) == (0, "", 0) for entry in entries.values())


def test_an_image_archive_depends_on_its_content_alone(tmp_path: Path) -> None:
    rootfs = tmp_path / "rootfs.tar"
    rootfs.write_bytes(b"not really a tar")
    digest = hashlib.sha256(rootfs.read_bytes()).hexdigest()
    archives = [tmp_path / "one.tar", tmp_path / "two.tar"]
    for archive in archives:
        write_image_archive(
            archive,
            rootfs,
            sha256=digest,
            reference="ansim/base:0123456789ab",
            labels={"ansim.image": "base"},
            created=datetime(2026, 11, 21, tzinfo=UTC),
        )
        rootfs.touch()
    assert archives[0].read_bytes() == archives[1].read_bytes()
    with tarfile.open(archives[0]) as content:
        manifest = json.load(content.extractfile("manifest.json") or io.BytesIO())[0]
        config = (content.extractfile(manifest["Config"]) or io.BytesIO()).read()
    assert manifest["Config"] == f"{hashlib.sha256(config).hexdigest()}.json"
    assert json.loads(config)["rootfs"]["diff_ids"] == [f"sha256:{digest}"]
    assert json.loads(config)["config"]["Labels"] == {"ansim.image": "base"}


def test_a_manifest_reads_back_as_it_was_written(tmp_path: Path) -> None:
    write_manifest(tmp_path, an_image())
    assert image_manifest(tmp_path, "notebook") == an_image()
    assert json.loads(manifest_path(tmp_path, "notebook").read_text(encoding="utf-8"))["packages"] == [
        ["tini", "0.19.0-1+b3"],
        ["pandas", "2.3.3"],
    ]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"packages": [], "debian": 1, "python": []}'])
def test_a_manifest_that_cannot_be_read_counts_as_absent(tmp_path: Path, content: str) -> None:
    path = manifest_path(tmp_path, "notebook")
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    assert image_manifest(tmp_path, "notebook") is None


def test_only_installed_packages_count_as_installed() -> None:
    status = (
        "Package: tini\nStatus: install ok installed\nVersion: 0.19.0-1+b3\nDescription: init\n a line: of text\n\n"
        "Package: perl-base\nStatus: deinstall ok config-files\nVersion: 5.36.0\n"
    )
    assert parse_dpkg_status(status) == (("tini", "0.19.0-1+b3"),)
