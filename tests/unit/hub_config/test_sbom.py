"""The bill of materials: valid by the published schema, complete by the locks, and no more believed than it must be."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from hub_config.processes import REPOSITORY
from hub_config.sbom.application import application, read_lock
from hub_config.sbom.bom import Component, bill, licences, purl
from hub_config.sbom.debian_licences import named, read
from hub_config.sbom.image_contents import hashes_of, image_component, licences_of_debian, parse_licences
from images.manifest import ImageInfo

MADE = datetime(2026, 11, 22, tzinfo=UTC)
NOTEBOOK_LOCK = (REPOSITORY / "images" / "notebook" / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def program() -> tuple[Component, list[Component]]:
    """What this environment is made of; reading it takes a second."""
    return application(REPOSITORY)


def image(**changes: object) -> ImageInfo:
    (name, version), *_ = read_lock(NOTEBOOK_LOCK)
    given: dict[str, object] = {
        "name": "notebook",
        "reference": "ansim/notebook:0123456789ab",
        "id": "sha256:" + "1" * 64,
        "base_sha256": "2" * 64,
        "lock_sha256": "3" * 64,
        "source": "4" * 64,
        "size": 1,
        "built_at": "2026-11-22T00:00:00+00:00",
        "debian": (("libstdc++6", "12.2.0-14+deb12u1"),),
        "python": ((name, version),),
    }
    return ImageInfo(**{**given, **changes})  # type: ignore[arg-type]


def test_the_document_is_valid_by_the_published_schema_of_1_6(program: tuple[Component, list[Component]]) -> None:
    of, components = program
    inside = image_component(image(), hashes_of(Path("/nowhere"), REPOSITORY / "images", "notebook"), {})
    text = json.dumps(bill(of, [*components, inside], made=MADE))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_every_package_of_the_lock_is_in_it_with_its_hashes(program: tuple[Component, list[Component]]) -> None:
    of, components = program
    listed = {one.purl: one for one in components}
    locked = read_lock((REPOSITORY / "requirements.lock").read_text(encoding="utf-8"))
    assert len(locked) > 50
    for (name, version), hashes in locked.items():
        assert hashes
        assert listed[purl("pypi", name, version)].hashes == hashes
    used = [one for one in components if one.scope == "required"]
    assert [one.name for one in used if not one.licences] == [], "of everything that is used the licence is known"
    assert any("pkg:pypi/sqlalchemy@" in need for need in of.needs)


def test_what_an_image_holds_has_the_hash_of_its_lock_and_the_image_its_own() -> None:
    found = image_component(image(), hashes_of(Path("/nowhere"), REPOSITORY / "images", "notebook"), {})
    assert found.hashes == ("1" * 64,)
    debian, python = found.parts
    assert debian.purl == "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1"
    assert python.hashes == read_lock(NOTEBOOK_LOCK)[python.name, python.version]


def test_equal_things_make_an_equal_document_whenever_it_is_written() -> None:
    parts = [Component(name="b", version="1"), Component(name="a", version="1", needs=("library:b@1",))]
    of = Component(kind="application", name="x", version="1")
    first, second = bill(of, parts, made=MADE), bill(of, reversed(parts), made=datetime.now(UTC))
    assert first["serialNumber"] == second["serialNumber"]
    assert first["dependencies"][1] == {"ref": "library:a@1", "dependsOn": ["library:b@1"]}
    other = bill(of, [Component(name="a", version="2")], made=MADE)
    assert other["serialNumber"] != first["serialNumber"]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (("mit",), [{"expression": "MIT"}]),
        (("Apache-2.0 OR BSD-3-Clause",), [{"expression": "Apache-2.0 OR BSD-3-Clause"}]),
        (("BSD", "MIT License"), [{"license": {"name": "BSD"}}, {"license": {"name": "MIT License"}}]),
        (("my own\n words",), [{"license": {"name": "my own words"}}]),
    ],
)
def test_a_licence_is_an_spdx_expression_where_it_is_one_and_a_name_where_not(
    said: tuple[str, ...], written: list[object]
) -> None:
    assert licences(said) == written


@pytest.mark.parametrize("said", [b"", b"no", b"[]", b'{"python": 5, "debian": {}}', b'{"python": {"a": 5}}'])
def test_an_image_that_answers_otherwise_is_not_believed(said: bytes) -> None:
    assert parse_licences(said) == {}


def deb(cache: Path, copyright: str) -> str:
    """A Debian package with a copyright file, in the cache; its digest."""
    tree = cache / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr" / "share" / "doc" / "thing").mkdir(parents=True)
    (tree / "usr" / "share" / "doc" / "thing" / "copyright").write_text(copyright, encoding="utf-8")
    control = "Package: thing\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.org>\nDescription: a thing\n"
    (tree / "DEBIAN" / "control").write_text(control, encoding="utf-8")
    subprocess.run(["dpkg-deb", "--build", "-z1", str(tree), str(cache / "thing.deb")], check=True, capture_output=True)
    digest = hashlib.sha256((cache / "thing.deb").read_bytes()).hexdigest()
    (cache / "thing.deb").rename(cache / f"{digest}.deb")
    return digest


def test_the_licences_of_a_debian_package_are_read_from_the_package_once(tmp_path: Path) -> None:
    digest = deb(
        tmp_path, "Format: https://www.debian.org/doc/\n\nFiles: *\nLicense: GPL-2+\n\nFiles: x\nLicense: Expat\n"
    )
    info = image(debian=(("thing", "1"), ("other", "1")))
    hashes = {("deb thing", "1"): (digest,), ("deb other", "1"): ("0" * 64,)}
    said = licences_of_debian(info, hashes, tmp_path)
    assert said == {"thing": ("GPL-2.0-or-later AND MIT",)}
    (tmp_path / f"{digest}.deb").unlink()
    assert licences_of_debian(info, hashes, tmp_path) == said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("This package was debianised by hand; see the GPL.", ()),
        ("Format: x\nLicense: LGPL-2.1+\nLicense: GPL-3\n", ("GPL-3.0-only AND LGPL-2.1-or-later",)),
        ("Format: x\nLicense: GPL-2+ or Artistic\n", ("GPL-2.0-or-later OR Artistic-1.0",)),
        ("Format: x\nLicense: public-domain\nLicense: Expat\n", ("MIT", "public-domain")),
        ("Format: x\nLicense: my \x07 bell\n", ()),
        ("Format: x\n", ()),
    ],
)
def test_what_a_copyright_file_says_is_said_as_spdx_where_it_can_be(text: str, found: tuple[str, ...]) -> None:
    assert named(text) == found


def test_what_is_no_package_has_no_licence(tmp_path: Path) -> None:
    (tmp_path / "broken.deb").write_bytes(b"no archive")
    assert read(tmp_path / "broken.deb") == ()
