"""Builds the images of a zone and keeps their manifests: `python -m hub_config.images --home var`.

Every image is named by the digest of its inputs, so one that is there is not built again, and a build that fails
leaves the zone with the images it had.
"""

from __future__ import annotations

import argparse
import datetime as dt
import fcntl
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from docker import DockerClient
from docker.models.images import Image
from rich.console import Console

from audit.cli_context import language_of
from audit.text import Text
from hub_config.engine import apt_install, connect
from hub_config.errors import EnvironmentMissing, ZoneError
from hub_config.full_disk import DiskFull, is_disk_full, is_full
from images import debian_archive, engine_build, recipes, rootfs, sources, wheelhouse
from images.debian_lock import DebianLock, parse_debian_lock, without
from images.errors import ImageError, NoSpace
from images.image_archive import write_image_archive
from images.manifest import ImageInfo, image_manifest, read_packages, write_manifest, write_note
from images.recipes import Recipe
from images.wheel_lock import parse_wheel_lock

__all__ = ["ImageBuildFailed", "ImageInfo", "build_all", "image_manifest"]

Say = Callable[[str], None]
Step = Callable[[Text], AbstractContextManager[None]]

_SCRATCH_BYTES: Final = 1_500_000_000
_ENGINE_BYTES: Final = 4_000_000_000
_USED_LOCK: Final = "/usr/share/ansim/packages.lock"
_SCRATCH_PREFIX: Final = ".build-"
#: What a base build needs on the host, and the package of the distribution that brings it.
_TOOLS: Final = {Path("/usr/bin/mmdebstrap"): "mmdebstrap", debian_archive.KEYRING: "debian-archive-keyring"}


class ImageBuildFailed(EnvironmentMissing):
    """The images could not be built; those that were there before are untouched."""

    hint = Text(
        "원인을 없앤 뒤 `make up`을 다시 실행하십시오. 이미 내려받은 것은 남아 있습니다.",
        "Run `make up` again when the cause is gone; what has been downloaded is kept.",
    )


@dataclass(frozen=True, slots=True)
class Build:
    """One run: where the manifests go, which engine builds, and how the person is told."""

    home: Path
    engine: DockerClient
    say: Say
    step: Step
    locked: bool


def build_all(
    home: Path,
    engine: DockerClient | None = None,
    *,
    say: Say,
    step: Step | None = None,
    locked: bool = False,
) -> dict[str, ImageInfo]:
    """Build what is missing of base, notebook and scanner, and return the manifests of all three.

    `step` shows a title while its block runs; with `locked` a package version that the archive no longer holds is
    an error instead of a substitution.

    Raises:
        ImageBuildFailed: disk, network, tool or engine; nothing half-made is left.
    """
    run = Build(home, engine or connect(), say, step or _plain_steps(say), locked)
    try:
        with _only_one_build(say):
            base = _ensure_base(run)
            notebook = _ensure_notebook(run, base)
            scanner = _ensure_scanner(run, base)
    except ImageError as error:
        raise ImageBuildFailed(str(error), hint=error.hint) from error
    except OSError as error:
        if is_disk_full(error):
            full = next((place for place in (home, sources.cache_root()) if is_full(place)), home)
            raise DiskFull(full) from error
        raise ImageBuildFailed(
            Text("이미지를 만들 수 없습니다: {error}", "The images could not be built: {error}").format(error=error)
        ) from error
    finally:
        if engine is None:
            run.engine.close()
    return {info.name: info for info in (base, notebook, scanner)}


def _ensure_base(run: Build) -> ImageInfo:
    """The base image, built from its lock if it is not there."""
    recipe = recipes.base_recipe()
    if image := engine_build.find(run.engine, recipe):
        return _recorded(run, recipe, image)
    _check_space(sources.cache_root(), _SCRATCH_BYTES)
    lock = parse_debian_lock(sources.BASE_LOCK.read_text(encoding="utf-8"))
    include, debs = sources.base_packages(), sources.deb_cache()
    if missing := sorted({package for path, package in _TOOLS.items() if not path.exists()}):
        apt_install(missing, run.say)
    with run.step(Text("기본 이미지의 Debian 패키지 받기", "Fetching the Debian packages of the base image")):
        now = dt.datetime.now(dt.UTC)
        used = debian_archive.obtain(lock, include, debs, locked=run.locked, now=now, say=run.say)
    with run.step(Text("기본 이미지 만들기", "Building the base image")), _scratch() as scratch:
        tar = rootfs.build_rootfs(used, include, debs, scratch)
        sha256 = debian_archive.sha256_of(tar)
        labels = _labels(recipe, base=sha256, lock=used.sha256())
        archive = scratch / "image.tar"
        write_image_archive(
            archive, tar, sha256=sha256, reference=recipe.reference(), labels=labels, created=used.snapshot
        )
        image = engine_build.load(run.engine, archive, recipe.reference())
        engine_build.name(image, recipe)
        engine_build.forget_old(run.engine, recipe.repository(), str(image.id))
    return _recorded(run, recipe, image)


def _ensure_notebook(run: Build, base: ImageInfo) -> ImageInfo:
    """The notebook image: the locked wheels on the base."""
    recipe = recipes.notebook_recipe(base.base_sha256)
    if image := engine_build.find(run.engine, recipe):
        return _recorded(run, recipe, image)
    _check_space(sources.cache_root(), _SCRATCH_BYTES)
    _check_space(_engine_root(run.engine), _ENGINE_BYTES)
    locks = [
        parse_wheel_lock(recipe.files[name].read_text(encoding="utf-8"), name=name)
        for name in ("build.lock", "requirements.lock")
    ]
    with run.step(Text("노트북 이미지의 Python 패키지 받기", "Fetching the Python wheels of the notebook image")):
        wheels = [file for lock in locks for file in wheelhouse.fill(lock, sources.wheel_cache(), run.say).values()]
    extra = {f"wheels/{file.name}": file for file in wheels}
    return _build(run, recipe, base, lock_sha256=locks[1].sha256(), extra=extra)


def _ensure_scanner(run: Build, base: ImageInfo) -> ImageInfo:
    """The scanner image: our rules on the base, and what reads PDF, words in pictures and drawings."""
    recipe = recipes.scanner_recipe(base.base_sha256)
    if image := engine_build.find(run.engine, recipe):
        return _recorded(run, recipe, image)
    _check_space(sources.cache_root(), _SCRATCH_BYTES)
    with run.step(Text("검사기 이미지의 패키지 받기", "Fetching the packages of the scanner image")):
        debs = _scanner_debs(run)
        wheels = wheelhouse.fill(
            parse_wheel_lock(recipe.files["requirements.lock"].read_text(encoding="utf-8")),
            sources.wheel_cache(),
            run.say,
        )
    extra = {f"debs/{package.name}.deb": sources.deb_cache() / f"{package.sha256}.deb" for package in debs.packages}
    extra |= {f"wheels/{file.name}": file for file in wheels.values()}
    return _build(run, recipe, base, lock_sha256=debs.sha256(), extra=extra)


def _scanner_debs(run: Build) -> DebianLock:
    """The packages that the scanner adds to the base, in the cache; current ones where the archive moved on."""
    lock = parse_debian_lock(sources.SCANNER_LOCK.read_text(encoding="utf-8"))
    base = parse_debian_lock(sources.BASE_LOCK.read_text(encoding="utf-8"))
    include, now = [*sources.base_packages(), *sources.scanner_packages()], dt.datetime.now(dt.UTC)
    used = debian_archive.obtain(lock, include, sources.deb_cache(), locked=run.locked, now=now, say=run.say)
    return without(used, base)


def _build(run: Build, recipe: Recipe, base: ImageInfo, *, lock_sha256: str, extra: Mapping[str, Path]) -> ImageInfo:
    """Build a Dockerfile on the base, without network, and name the result when it is complete."""
    with (
        run.step(Text("{name} 이미지 만들기", "Building the {name} image").format(name=recipe.name)),
        _scratch() as scratch,
    ):
        context = scratch / "context.tar"
        engine_build.write_context(context, recipe, extra)
        labels = _labels(recipe, base=base.base_sha256, lock=lock_sha256)
        image = engine_build.build(run.engine, context, base=base.reference, labels=labels)
        engine_build.name(image, recipe)
        engine_build.forget_old(run.engine, recipe.repository(), str(image.id))
    return _recorded(run, recipe, image)


def _labels(recipe: Recipe, *, base: str, lock: str) -> dict[str, str]:
    """What an image says about itself, wherever it is copied to."""
    return {
        "ansim.image": recipe.name,
        "ansim.base.sha256": base,
        "ansim.lock.sha256": lock,
        engine_build.SOURCE_LABEL: recipe.digest(),
    }


def _recorded(run: Build, recipe: Recipe, image: Image) -> ImageInfo:
    """The manifest of an image that is there; written anew if the zone's is of another image."""
    known = image_manifest(run.home, recipe.name)
    if known is not None and known.id == image.id and known.reference == recipe.reference():
        return known
    debian, python = read_packages(run.engine, image)
    info = ImageInfo(
        name=recipe.name,
        reference=recipe.reference(),
        id=str(image.id),
        base_sha256=image.labels["ansim.base.sha256"],
        lock_sha256=image.labels["ansim.lock.sha256"],
        source=image.labels[engine_build.SOURCE_LABEL],
        size=int(image.attrs["Size"]),
        built_at=_built_at(recipe, image),
        debian=debian,
        python=python,
    )
    write_manifest(run.home, info)
    if recipe.name == "base":
        used = engine_build.read_file(run.engine, image, _USED_LOCK)
        write_note(run.home / "images" / "base.packages.lock", used)
    return info


def _built_at(recipe: Recipe, image: Image) -> str:
    """When an image was made, in UTC; the base carries the date of its lock instead, equal on every machine."""
    if recipe.name == "base":
        return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return f"{str(image.attrs['Created'])[:19]}+00:00"


def _engine_root(engine: DockerClient) -> Path:
    """The directory in which the engine keeps its images."""
    return Path(str(engine.info().get("DockerRootDir", "/")))


def _check_space(where: Path, needed: int) -> None:
    """Find a full disk before anything is begun.

    Raises:
        NoSpace: fewer than `needed` bytes are free.
    """
    place = next(path for path in (where, *where.parents) if path.exists())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise NoSpace(str(place), needed, free)


@contextmanager
def _scratch() -> Iterator[Path]:
    """A directory for one build that vanishes with it; in the cache, because /tmp is often memory."""
    root = sources.cache_root()
    root.mkdir(parents=True, exist_ok=True)
    for old in root.glob(f"{_SCRATCH_PREFIX}*"):  # of a build that was killed: we hold the lock, so it is nobody's
        shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=_SCRATCH_PREFIX) as path:
        yield Path(path)


@contextmanager
def _only_one_build(say: Say) -> Iterator[None]:
    """Hold the lock on the cache: two builds at once would only take each other's disk and cores."""
    root = sources.cache_root()
    root.mkdir(parents=True, exist_ok=True)
    with (root / "build.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another build of the images is running: waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _plain_steps(say: Say) -> Step:
    """Steps for a caller that has only lines of text."""

    @contextmanager
    def step(title: Text) -> Iterator[None]:
        words, began = title.say(language_of()), time.monotonic()
        say(f"{words} …")
        yield
        say(f"{words}: {time.monotonic() - began:.1f} s")

    return step


def _spinning_steps(console: Console) -> Step:
    """Steps with a spinner while they run and their time when they are done."""

    @contextmanager
    def step(title: Text) -> Iterator[None]:
        words, began = title.say(language_of()), time.monotonic()
        with console.status(f"{words} …"):
            yield
        console.print(f"[green]✓[/] {words} [dim]{time.monotonic() - began:.1f} s[/]")

    return step


def main(arguments: Sequence[str] | None = None) -> int:
    """Build all images of a zone and print what stands."""
    parser = argparse.ArgumentParser(prog="python -m hub_config.images", description="Build the images of a zone.")
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("ANSIM_HOME", "var")))
    parser.add_argument("--locked", action="store_true", help="refuse any version that the lock does not name")
    parser.add_argument("--json", action="store_true", help="print the manifests")
    options = parser.parse_args(arguments)
    console = Console(highlight=False, stderr=bool(options.json))
    try:
        built = build_all(
            options.home.absolute(), say=console.print, step=_spinning_steps(console), locked=options.locked
        )
    except ZoneError as error:
        console.print(f"ansim: {error}\n       {error.hint}", markup=False)
        return error.exit_code
    if options.json:
        sys.stdout.write(json.dumps({name: info.document() for name, info in built.items()}) + "\n")
    for info in built.values():
        console.print(f"{info.reference}  {info.id[:19]}  {info.size / 1e6:.0f} MB  {len(info.packages)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
