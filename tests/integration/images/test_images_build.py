"""Promises of the build: repeatable to the byte, repeatable at once, and nothing half-made."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from hub_config.images import build_all
from images import debian_archive, engine_build, rootfs, sources
from images.debian_lock import DebianLock, parse_debian_lock
from images.errors import ImageError
from images.manifest import ImageInfo
from images.recipes import Recipe

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def lock() -> DebianLock:
    """The lock of the base image."""
    return parse_debian_lock(sources.BASE_LOCK.read_text(encoding="utf-8"))


def test_images_that_are_there_are_not_built_again(built_images: dict[str, ImageInfo], tmp_path: Path) -> None:
    said: list[str] = []
    again = build_all(tmp_path, say=said.append)
    assert said == []  # no step was taken
    for name, info in built_images.items():
        assert (again[name].id, again[name].packages) == (info.id, info.packages)
        assert (tmp_path / "images" / f"{name}.json").exists()
    assert (tmp_path / "images" / "base.packages.lock").exists()


def test_images_say_where_they_come_from(built_images: dict[str, ImageInfo]) -> None:
    client = docker.from_env()
    for name, info in built_images.items():
        labels = client.images.get(info.reference).labels
        assert labels["ansim.image"] == name
        assert labels["ansim.base.sha256"] == built_images["base"].base_sha256
        assert labels["ansim.lock.sha256"] == info.lock_sha256
        assert info.reference.endswith(labels["ansim.source"][:12])


def test_a_build_that_fails_says_why_and_leaves_nothing(tmp_path: Path, built_images: dict[str, ImageInfo]) -> None:
    dockerfile = "ARG BASE\nFROM ${BASE}\nLABEL ansim.stage=final ansim.toy=failing\nRUN echo the reason >&2; exit 3\n"
    (tmp_path / "Dockerfile").write_text(dockerfile, encoding="utf-8")
    recipe = Recipe("toy", {"Dockerfile": tmp_path / "Dockerfile"}, {})
    engine_build.write_context(tmp_path / "context.tar", recipe, {})
    client = docker.from_env()
    with pytest.raises(ImageError, match="the reason"):
        engine_build.build(client, tmp_path / "context.tar", base=built_images["base"].reference, labels={})
    assert engine_build.find(client, recipe) is None
    assert not client.images.list(all=True, filters={"label": "ansim.toy=failing"})


def test_a_step_of_a_build_has_no_network(tmp_path: Path, built_images: dict[str, ImageInfo]) -> None:
    dockerfile = 'ARG BASE\nFROM ${BASE}\nLABEL ansim.stage=final\nRUN test "$(ls /sys/class/net)" = lo\n'
    (tmp_path / "Dockerfile").write_text(dockerfile, encoding="utf-8")
    recipe = Recipe("toy", {"Dockerfile": tmp_path / "Dockerfile"}, {})
    engine_build.write_context(tmp_path / "context.tar", recipe, {})
    client = docker.from_env()
    image = engine_build.build(client, tmp_path / "context.tar", base=built_images["base"].reference, labels={})
    client.images.remove(str(image.id))


def test_a_version_that_no_source_holds_is_an_error_where_the_lock_binds(lock: DebianLock, tmp_path: Path) -> None:
    gone = replace(lock.packages[0], version="0.0.1", path="pool/main/g/gone_0.0.1_all.deb", sha256="0" * 64)
    with pytest.raises(ImageError, match=r"No source gives 1 of the locked Debian packages \(base-files 0\.0\.1\)"):
        debian_archive.obtain(
            replace(lock, packages=(gone,)), [], tmp_path, locked=True, now=dt.datetime.now(dt.UTC), say=print
        )
    assert not list(tmp_path.glob("*"))


@pytest.mark.long
def test_two_builds_of_the_base_are_identical_to_the_byte(lock: DebianLock, tmp_path: Path) -> None:
    debs = sources.deb_cache()
    assert not debian_archive.fetch_locked(lock, debs, print)
    digests = []
    for name in ("one", "another-place"):
        (tmp_path / name).mkdir()
        tar = rootfs.build_rootfs(lock, sources.base_packages(), debs, tmp_path / name)
        digests.append(debian_archive.sha256_of(tar))
        tar.unlink()
    assert digests[0] == digests[1]


def test_the_scanner_runs_without_network_and_without_rights(built_images: dict[str, ImageInfo]) -> None:
    client = docker.from_env()
    said = client.containers.run(
        built_images["scanner"].id,
        ["python3", "-c", "import egress_review.scan_main, os, sys; print(os.getuid(), os.listdir('/sys/class/net'))"],
        remove=True,
        network_mode="none",
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges:true"],
    )
    assert said.decode().split() == ["65534", "['lo']"]
